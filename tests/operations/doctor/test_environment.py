"""What doctor says of an environment whose parts were broken on purpose, over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.doctor.bucket import encryption, kms_key, owner, region
from sagemaker_monitor.operations.doctor.identity import identity
from sagemaker_monitor.operations.doctor.role import trust, trusted
from tests.operations.doctor.looking import context, edit, look, make_role
from tests.operations.faults import Faults

ACCOUNT, ROLE = "111122223333", "arn:aws:iam::111122223333:role/r"
SERVICE = "sagemaker.amazonaws.com"


def test_a_bucket_in_another_region(aws: Aws, conf: Path) -> None:
    """Both regions are told, and the keys to correct with file and line; it is the configuration's."""
    aws.call("s3", "create_bucket", Bucket="elsewhere")
    edit(conf, "bucket: sagemaker-monitor-local", "bucket: elsewhere")

    (found,) = region(context(conf))

    assert (found.status, found.side) == ("problem", "configuration")
    assert "elsewhere is in us-east-1, environment 'local' in eu-west-1" in found.seen
    assert f"storage.bucket ({conf}/environments/local.yaml:9)" in found.fix
    assert f"region ({conf}/environments/base.yaml:4)" in found.fix


def test_a_bucket_that_does_not_exist(aws: Aws, conf: Path) -> None:
    """The fix is what makes it; nothing more is said of it under other names."""
    edit(conf, "bucket: sagemaker-monitor-local", "bucket: nowhere-to-be-found")

    (found,) = region(context(conf))

    assert (found.status, found.seen) == ("problem", "there is no bucket nowhere-to-be-found")
    assert found.fix.startswith("sagemaker-monitor local up")
    assert list(owner(context(conf))) == []


def test_a_role_that_another_service_may_assume(aws: Aws, conf: Path) -> None:
    """SageMaker is not among those whom the role trusts: the statement to add is the fix."""
    make_role(aws, conf, "glue.amazonaws.com")

    (found,) = trust(context(conf))

    assert found.status == "problem"
    assert '{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}' in found.fix


@pytest.mark.parametrize(
    ("statement", "status", "said"),
    [
        ({"Principal": {"Service": SERVICE}}, "ok", "may assume r"),
        ({"Principal": {"Service": ["glue.amazonaws.com", SERVICE]}}, "ok", "may assume r"),
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}, "problem", "does not let"),
        ({"Principal": {"Service": SERVICE}, "Effect": "Deny"}, "problem", "denies"),
        ({"Principal": {"Service": SERVICE}, "Action": "sts:TagSession"}, "problem", "does not let"),
        (
            {
                "Principal": {"Service": SERVICE},
                "Condition": {"StringEquals": {"aws:SourceAccount": "444455556666"}},
            },
            "problem",
            "for other accounts",
        ),
        (
            {
                "Principal": {"Service": SERVICE},
                "Condition": {"StringEquals": {"aws:SourceAccount": [ACCOUNT]}},
            },
            "ok",
            "may assume r",
        ),
        (
            {
                "Principal": {"Service": SERVICE},
                "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:*:pipeline/x"}},
            },
            "warning",
            "aws:SourceArn",
        ),
    ],
)
def test_trust_policies(statement: dict[str, object], status: str, said: str) -> None:
    """Who may assume the role is read from its policy: services, denials, actions and conditions."""
    policy = {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", **statement}}

    found = trusted(policy, SERVICE, ACCOUNT, ROLE)

    assert (found.status, said in found.seen) == (status, True)


def test_a_kms_key_that_is_disabled_or_missing(aws: Aws, conf: Path) -> None:
    """A key that nobody made, then one that is disabled, then one that the bucket does not use by default."""
    edit(
        conf, "  bucket: sagemaker-monitor-local", "  bucket: sagemaker-monitor-local\n  kms_key: alias/ours"
    )
    (missing,) = kms_key(context(conf))
    key = aws.call("kms", "create_key")["KeyMetadata"]["KeyId"]
    aws.call("kms", "create_alias", AliasName="alias/ours", TargetKeyId=key)
    (fine,) = kms_key(context(conf))
    (default,) = encryption(context(conf))
    aws.call("kms", "disable_key", KeyId=key)
    (disabled,) = kms_key(context(conf))

    assert (missing.status, "there is no key alias/ours" in missing.seen) == ("problem", True)
    assert fine.status == "ok"
    assert (default.status, "AES256 by default, not alias/ours" in default.seen) == ("warning", True)
    assert (disabled.status, disabled.fix) == ("problem", f"aws kms enable-key --key-id {key}")


def test_nothing_is_looked_at_without_the_account(
    aws: Aws, conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An emulator that does not answer, credentials that are missing: one problem, and nothing after it."""
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(conf / "none"))
    edit(conf, aws.environment.endpoint_url or "", "http://127.0.0.1:1")
    (prod,) = identity(context(conf, "prod"))

    found = look(conf)

    assert list(found) == ["identity", "everything-else"]
    assert found["identity"].fix == "sagemaker-monitor local up"
    assert "no usable AWS credentials for 'prod'" in prod.seen


def test_what_may_not_be_looked_at_is_not_known(emulator: Server, aws: Aws, conf: Path) -> None:
    """Two operations are denied: their checks say which, with the statement, and the others are made."""
    arn = "arn:aws:sagemaker:eu-west-1:000000000000:pipeline/mortgage-register-local"
    said = f"User: x is not authorized to perform: sagemaker:DescribePipeline on resource: {arn}"
    Faults(emulator, seed=1).denied = {"DescribePipeline": said, "ListModelPackages": "no"}

    found = look(conf)

    unknown = {name for name, each in found.items() if each.status == "not known"} - {"quotas"}
    assert {"pipelines", "version"} <= unknown
    assert found["pipelines"].seen == "these credentials may not call sagemaker:DescribePipeline"
    assert f'"Action": "sagemaker:DescribePipeline", "Resource": "{arn}"' in found["pipelines"].fix
    assert {"role-trust", "role-permissions", "bucket-region", "images", "endpoint", "batch"} <= set(
        found
    ) - unknown
