"""The gate opens a version with evidence, and without it never."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.verdict import ConfiguredWaiver
from sagemaker_monitor.analysis.documents.verdict_json import to_json
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import read, split_uri
from sagemaker_monitor.operations.gating import evidence_of
from sagemaker_monitor.registry.chain import Evidence, parse_execution_arn
from sagemaker_monitor.registry.gate import DESCRIPTION_LIMIT, apply, describe_opening, description, judge
from sagemaker_monitor.registry.versions import find_version
from sagemaker_monitor.settings import Model
from tests.operations.emulated import (
    approve,
    bind,
    definition,
    deploy,
    fail_step,
    make_verdict,
    put_verdict,
    register_step,
    register_version,
    start,
    verdict_place,
    wait,
)

pytestmark = pytest.mark.long


@pytest.fixture
def opened(aws: Aws) -> str:
    """A version whose evidence is whole; the ARN of the execution it came from."""
    arn = register_version(aws)
    put_verdict(aws, make_verdict(aws.environment, arn))
    return arn


def gathered(aws: Aws, model: Model, **kwargs: Any) -> Evidence:
    """Return the evidence of the newest version."""
    return evidence_of(aws, model, None, **kwargs)


def broken(evidence: Evidence) -> dict[str, str]:
    """Return the links that do not hold, and what was found."""
    return {link.name: link.detail for link in evidence.links if not link.holds}


def overwrite(aws: Aws, uri: str, content: bytes) -> None:
    """Write an object, as somebody with access to the bucket could."""
    bucket, key = split_uri(uri)
    aws.call("s3", "put_object", Bucket=bucket, Key=key, Body=content)


def status(aws: Aws) -> str:
    """Return the newest version's approval status."""
    return find_version(aws, "mortgage", None).approval


def set_metadata(aws: Aws, **metadata: str) -> None:
    """Change the newest version's metadata, as somebody with access to the registry could."""
    arn = find_version(aws, "mortgage", None).arn
    aws.call("sagemaker", "update_model_package", ModelPackageArn=arn, CustomerMetadataProperties=metadata)


def test_whole_evidence_opens_the_version_once(aws: Aws, model: Model, opened: str) -> None:
    """The version is approved with its evidence as description; the second time nothing is written."""
    first = apply(aws, gathered(aws, model), "Approved")
    aws.writes.clear()
    second = apply(aws, gathered(aws, model), "Approved")

    version = find_version(aws, "mortgage", None)
    assert (first.changed, first.opened) == (True, True)
    assert (second.changed, second.opened) == (False, True)
    assert "unchanged" in second.message
    assert aws.writes == []
    assert version.approval == "Approved"
    assert opened in version.approval_description


def test_a_person_approves_where_the_environment_says_so(aws: Aws, model: Model, opened: str) -> None:
    """With PendingManualApproval the evidence is noted, once, and the version stays closed to judge()."""
    first = apply(aws, gathered(aws, model), "PendingManualApproval")
    second = apply(aws, gathered(aws, model), "PendingManualApproval")

    assert (first.changed, second.changed) == (True, False)
    assert "a person approves" in first.message
    assert opened in find_version(aws, "mortgage", None).approval_description
    assert not judge(gathered(aws, model)).opened


def test_looking_changes_nothing(aws: Aws, model: Model, opened: str) -> None:
    """Without --apply whole evidence is not enough: the version is not approved."""
    aws.writes.clear()

    opening = judge(gathered(aws, model))

    assert not opening.opened
    assert "PendingManualApproval: not approved" in opening.message
    assert aws.writes == []


def test_an_approved_version_with_evidence_is_open(aws: Aws, model: Model, opened: str) -> None:
    """Approved and evidence whole: open."""
    approve(aws, 1)

    assert judge(gathered(aws, model)).opened


def test_a_rejection_is_not_overruled(aws: Aws, model: Model, opened: str) -> None:
    """A version that a person rejected stays so, however good its evidence is."""
    arn = find_version(aws, "mortgage", None).arn
    aws.call("sagemaker", "update_model_package", ModelPackageArn=arn, ModelApprovalStatus="Rejected")

    opening = apply(aws, gathered(aws, model), "Approved")

    assert not opening.opened
    assert status(aws) == "Rejected"


def test_no_verdict_no_opening(aws: Aws, model: Model) -> None:
    """A version whose verdict is missing stays closed, and the missing link is named."""
    register_version(aws)

    evidence = gathered(aws, model)

    assert list(broken(evidence)) == ["verdict"]
    assert "does not exist" in broken(evidence)["verdict"]
    assert not apply(aws, evidence, "Approved").opened
    assert status(aws) == "PendingManualApproval"


@pytest.mark.parametrize("decision", ["refused", "inconclusive", "labels-missing", "no-evidence"])
def test_a_closed_verdict_keeps_it_closed(aws: Aws, model: Model, decision: str) -> None:
    """Whatever the reason, a closed verdict opens nothing, not even an approved version."""
    arn = register_version(aws)
    put_verdict(aws, make_verdict(aws.environment, arn, decision))
    approve(aws, 1)

    evidence = gathered(aws, model)

    assert list(broken(evidence)) == ["verdict"]
    assert not judge(evidence).opened


@pytest.mark.parametrize(
    ("changes", "link", "found"),
    [
        ({"execution_arn": "arn:other"}, "subject", "execution_arn is 'arn:other'"),
        ({"model": "payroll"}, "subject", "model is 'payroll'"),
        ({"environment": "dev"}, "subject", "environment is 'dev'"),
        ({"pipeline": "monitor-batch"}, "subject", "pipeline is 'monitor-batch'"),
        ({"bundle_sha256": "c" * 64}, "bundle", "the verdict cccc"),
        ({"checks": ()}, "baselines", "the verdict names no check"),
    ],
)
def test_a_verdict_about_something_else_opens_nothing(
    aws: Aws, model: Model, changes: dict[str, Any], link: str, found: str
) -> None:
    """An open verdict of another run, model, environment or bundle is foreign evidence."""
    arn = register_version(aws)
    put_verdict(aws, replace(make_verdict(aws.environment, arn), **changes), of=arn)

    evidence = gathered(aws, model)

    assert list(broken(evidence)) == [link]
    assert found in broken(evidence)[link]
    assert not apply(aws, evidence, "Approved").opened


@pytest.mark.parametrize("content", [b" ", b"{", b"null", b'{"gate": "open"}', b"\xff", b"[" * 100_000])
def test_what_is_no_verdict_opens_nothing(aws: Aws, model: Model, content: bytes) -> None:
    """A broken file is a link that does not hold, and no exception."""
    arn = register_version(aws)
    overwrite(aws, verdict_place(aws.environment, arn), content)
    bind(aws, arn, content)

    assert "is not a verdict" in broken(gathered(aws, model))["verdict"]


def test_a_verdict_that_contradicts_itself_opens_nothing(aws: Aws, model: Model) -> None:
    """A refused verdict whose gate was edited to open is no verdict."""
    arn = register_version(aws)
    document = to_json(make_verdict(aws.environment, arn, "refused")) | {"gate": "open"}
    content = json.dumps(document).encode()
    overwrite(aws, verdict_place(aws.environment, arn), content)
    bind(aws, arn, content)

    assert "is not a verdict" in broken(gathered(aws, model))["verdict"]


def test_an_altered_verdict_opens_nothing(aws: Aws, model: Model) -> None:
    """A refused verdict that somebody turned into a pass is not the one that the version is bound to."""
    arn = register_version(aws)
    put_verdict(aws, make_verdict(aws.environment, arn, "refused"))
    forged = json.dumps(to_json(make_verdict(aws.environment, arn))).encode()
    overwrite(aws, verdict_place(aws.environment, arn), forged)

    found = broken(gathered(aws, model))

    assert list(found) == ["verdict"]
    assert "was altered: its SHA-256 is " in found["verdict"]


def test_the_same_bytes_again_are_no_alteration(aws: Aws, model: Model, opened: str) -> None:
    """A verdict that was copied back, as after a restore, is the verdict still."""
    place = verdict_place(aws.environment, opened)
    overwrite(aws, place, read(aws, place))

    assert gathered(aws, model).is_open


@pytest.mark.parametrize(
    ("created", "found"),
    [
        (timedelta(hours=1), "after the version was registered"),
        (timedelta(hours=-1), "before its execution started"),
    ],
)
def test_a_verdict_of_another_time_opens_nothing(
    aws: Aws, model: Model, created: timedelta, found: str
) -> None:
    """A verdict is made while its execution runs: clocks that disagree, or a foreign verdict, are told."""
    arn = register_version(aws)
    moment = f"{datetime.now(UTC) + created:%Y-%m-%dT%H:%M:%SZ}"
    put_verdict(aws, make_verdict(aws.environment, arn, created=moment))

    assert found in broken(gathered(aws, model))["age"]


def test_a_clock_that_is_behind_opens_nothing(aws: Aws, model: Model, opened: str) -> None:
    """To a clock that is a day behind old evidence would look young."""
    found = broken(gathered(aws, model, now=datetime.now(UTC) - timedelta(days=1)))

    assert "24 h ahead of this machine's clock: set the clock" in found["age"]


def test_old_evidence_opens_nothing(aws: Aws, model: Model, opened: str) -> None:
    """After evidence_max_age a verdict is too old; the environment's limit is named."""
    later = datetime.now(UTC) + timedelta(days=8)

    evidence = gathered(aws, model, now=later)

    assert list(broken(evidence)) == ["age"]
    assert "8 d old; at most 7 d" in broken(evidence)["age"]


def test_an_approved_version_does_not_grow_old(aws: Aws, model: Model, opened: str) -> None:
    """What was opened in time stays open: the age counts until the approval."""
    approve(aws, 1)

    assert judge(gathered(aws, model, now=datetime.now(UTC) + timedelta(days=800))).opened


def test_metadata_of_another_version_opens_nothing(aws: Aws, model: Model, opened: str) -> None:
    """A version that claims another version's run is found out: that run registered another."""
    evidence_of_first = find_version(aws, "mortgage", 1).metadata
    register_version(aws)
    set_metadata(aws, **evidence_of_first)

    assert list(broken(gathered(aws, model))) == ["registration"]


def test_a_run_that_failed_opens_nothing(aws: Aws, model: Model, opened: str) -> None:
    """An execution that did not succeed is no evidence, and neither is one of another pipeline."""
    deploy(aws, "payroll", definition(fail_step()))
    foreign = start(aws, "payroll")
    wait(aws, foreign)

    set_metadata(aws, PipelineExecutionArn=foreign)

    assert "is no execution of mortgage-register-local" in broken(gathered(aws, model))["execution"]


def test_a_run_that_never_was_opens_nothing(aws: Aws, model: Model, opened: str) -> None:
    """An execution that does not exist is a link that does not hold."""
    set_metadata(aws, PipelineExecutionArn=opened[:-4] + "none")

    assert "does not exist" in broken(gathered(aws, model))["execution"]


def test_a_version_registered_by_hand_opens_nothing(aws: Aws, model: Model, opened: str) -> None:
    """Without the metadata that `register` writes there is no chain to follow."""
    arn = find_version(aws, "mortgage", None).arn
    keys = ["VerdictUri", "BundleSha256"]
    aws.call(
        "sagemaker", "update_model_package", ModelPackageArn=arn, CustomerMetadataPropertiesToRemove=keys
    )

    assert broken(gathered(aws, model)) == {
        "metadata": "it lacks BundleSha256, VerdictUri: only `run register` and `promote` register versions "
        "with evidence"
    }


def test_a_verdict_elsewhere_opens_nothing(aws: Aws, model: Model, opened: str) -> None:
    """Only the place where that execution writes its verdict counts."""
    elsewhere = f"{aws.environment.storage.root}/mine/verdict.json"
    overwrite(aws, elsewhere, json.dumps(to_json(make_verdict(aws.environment, opened))).encode())
    set_metadata(aws, VerdictUri=elsewhere)

    assert "is not where that execution writes its verdict" in broken(gathered(aws, model))["verdict"]


def test_a_baseline_that_is_gone_opens_nothing(aws: Aws, model: Model, opened: str) -> None:
    """A version whose baseline was deleted cannot be what later runs compare with."""
    bucket, key = split_uri(f"{aws.environment.storage.root}/post.json")
    aws.call("s3", "delete_object", Bucket=bucket, Key=key)

    assert "ModelBias: the baseline is gone" in broken(gathered(aws, model))["baselines"]


def test_an_altered_baseline_opens_nothing(aws: Aws, model: Model, opened: str) -> None:
    """A baseline with other content than was registered is found out by its digest."""
    uri = f"{aws.environment.storage.root}/pre.json"
    overwrite(aws, uri, b'{"wider": "limits"}')

    assert f"DataBias: {uri} was altered" in broken(gathered(aws, model))["baselines"]


@pytest.mark.parametrize(("content", "found"), [(b"another", "was written again"), (None, "is gone")])
def test_another_artifact_opens_nothing(
    aws: Aws, model: Model, opened: str, content: bytes | None, found: str
) -> None:
    """The artifact that the version serves must be the one that was scored."""
    uri = f"{aws.environment.storage.root}/model.tar.gz"
    bucket, key = split_uri(uri)
    if content is None:
        aws.call("s3", "delete_object", Bucket=bucket, Key=key)
    else:
        overwrite(aws, uri, content)

    assert found in broken(gathered(aws, model))["model"]


def test_a_run_of_another_account_opens_nothing(aws: Aws, model: Model, opened: str) -> None:
    """An execution elsewhere proves nothing here."""
    set_metadata(aws, PipelineExecutionArn=opened.replace("000000000000", "999999999999"))

    assert "is of account 999999999999 in eu-west-1" in broken(gathered(aws, model))["execution"]


def test_a_bundle_that_never_ran_opens_nothing(aws: Aws, model: Model, opened: str) -> None:
    """Version and verdict may be made to agree on a bundle; the definition that ran does not."""
    content = json.dumps(to_json(make_verdict(aws.environment, opened, bundle_sha256="d" * 64))).encode()
    overwrite(aws, verdict_place(aws.environment, opened), content)
    bind(aws, opened, content)
    set_metadata(aws, BundleSha256="d" * 64)

    found = broken(gathered(aws, model))

    assert list(found) == ["bundle"]
    assert "is not in the definition that the execution ran" in found["bundle"]


def test_a_version_of_another_tool_opens_nothing(aws: Aws, model: Model) -> None:
    """A version that has neither metadata nor baselines is told both, and what registers with them."""
    aws.call("sagemaker", "create_model_package_group", ModelPackageGroupName="mortgage")
    specification = register_step(aws.environment)["Arguments"]["InferenceSpecification"]
    aws.call(
        "sagemaker",
        "create_model_package",
        ModelPackageGroupName="mortgage",
        InferenceSpecification=specification,
    )

    found = broken(gathered(aws, model))

    assert "only `run register` and `promote` register versions with evidence" in found["metadata"]
    assert "no later run can compare with it" in found["baselines"]


def test_who_let_what_pass_is_told_and_noted(aws: Aws, model: Model) -> None:
    """The chain and the version's description name each waiver under which the verdict opened it."""
    arn = register_version(aws)
    assert "waived" not in {link.name for link in gathered(aws, model).links}
    waiver = ConfiguredWaiver("bias/DI/*", "31 applicants", "committee", "2999-03-31", "applied", 1)
    idle = replace(waiver, match="bias/AD/*", status="unused", findings=0)
    put_verdict(aws, make_verdict(aws.environment, arn, waivers=(waiver, idle)))

    evidence = gathered(aws, model)

    told = {link.name: link.detail for link in evidence.links}["waived"]
    assert told == "bias/DI/* through 2999-03-31, approved by committee: 31 applicants"
    assert describe_opening(evidence).endswith("waived bias/DI/* through 2999-03-31 by committee")


def test_the_description_fits_the_api(aws: Aws, model: Model, opened: str) -> None:
    """However long a name is, the description keeps to the limit, and what it has it has whole."""
    evidence = gathered(aws, model)
    metadata = {**evidence.version.metadata, "VerdictUri": "s3://" + "k" * 2000}
    told = describe_opening(replace(evidence, version=replace(evidence.version, metadata=metadata)))

    assert len(told) <= DESCRIPTION_LIMIT
    assert "kkk" not in told
    assert told.endswith(f"; bundle {'b' * 64}")
    assert description("word " * 300).endswith("word…")


@pytest.mark.parametrize(
    "arn", ["", "arn", "arn:aws:s3:::b", "arn:aws:sagemaker:r:a:pipeline/p/execution/", "x" * 9999]
)
def test_other_arns_name_no_execution(arn: str) -> None:
    """Only pipeline/<name>/execution/<id> of SageMaker is an execution."""
    assert parse_execution_arn(arn) == ("", "")


def test_an_accepted_baseline_has_the_reason_that_its_verdict_has(
    aws: Aws, model: Model, opened: str
) -> None:
    """A version that says that its baselines were accepted, and whose verdict does not, is not believed."""
    set_metadata(aws, AcceptReason="none")
    assert "accepted" not in {link.name for link in gathered(aws, model).links}

    set_metadata(aws, AcceptReason="agreed by nobody")
    assert "give different reasons" in broken(gathered(aws, model))["accepted"]
