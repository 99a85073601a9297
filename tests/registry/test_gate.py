"""The gate opens a version with evidence, and without it never."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.verdict_json import to_json
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import split_uri
from sagemaker_monitor.operations.gating import evidence_of
from sagemaker_monitor.registry.evidence import Evidence, parse_execution_arn
from sagemaker_monitor.registry.gate import DESCRIPTION_LIMIT, apply, describe_opening, judge
from sagemaker_monitor.registry.versions import find_version
from sagemaker_monitor.settings import Model
from tests.operations.emulated import (
    approve,
    definition,
    deploy,
    fail_step,
    make_verdict,
    put_verdict,
    register_version,
    start,
    verdict_place,
    wait,
)


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
    verdict = make_verdict(aws.environment, arn, **changes)
    overwrite(aws, verdict_place(aws.environment, arn), json.dumps(to_json(verdict)).encode())

    evidence = gathered(aws, model)

    assert list(broken(evidence)) == [link]
    assert found in broken(evidence)[link]
    assert not apply(aws, evidence, "Approved").opened


@pytest.mark.parametrize("content", [b" ", b"{", b"null", b'{"gate": "open"}', b"\xff", b"[" * 100_000])
def test_what_is_no_verdict_opens_nothing(aws: Aws, model: Model, content: bytes) -> None:
    """A broken file is a link that does not hold, and no exception."""
    arn = register_version(aws)
    overwrite(aws, verdict_place(aws.environment, arn), content)

    assert "is not a verdict" in broken(gathered(aws, model))["verdict"]


def test_a_verdict_that_contradicts_itself_opens_nothing(aws: Aws, model: Model) -> None:
    """A refused verdict whose gate was edited to open is no verdict."""
    arn = register_version(aws)
    document = to_json(make_verdict(aws.environment, arn, "refused")) | {"gate": "open"}
    overwrite(aws, verdict_place(aws.environment, arn), json.dumps(document).encode())

    assert "is not a verdict" in broken(gathered(aws, model))["verdict"]


def test_a_verdict_written_again_later_is_altered(aws: Aws, model: Model) -> None:
    """A verdict that is younger than the version it is evidence for opens nothing."""
    arn = register_version(aws)
    put_verdict(aws, make_verdict(aws.environment, arn))
    version = find_version(aws, "mortgage", None)
    from dataclasses import replace

    from sagemaker_monitor.operations import gating
    from sagemaker_monitor.registry.evidence import Origin, gather

    older = replace(version, created=version.created - timedelta(minutes=1))
    origin = Origin(
        "mortgage", "local", "mortgage-register-local", lambda _: verdict_place(aws.environment, arn)
    )
    evidence = gather(aws, older, origin, max_age=timedelta(days=7), now=datetime.now(UTC))

    assert gating.evidence_of(aws, model, None).is_open
    assert "was written again after the version was registered" in broken(evidence)["verdict"]


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
        "metadata": "it lacks BundleSha256, VerdictUri: it was not registered by one of these pipelines"
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

    assert "the baseline of ModelBias is gone" in broken(gathered(aws, model))["baselines"]


def test_the_description_fits_the_api(aws: Aws, model: Model, opened: str) -> None:
    """However long the names are, the description has at most the characters that the API takes."""
    evidence = gathered(aws, model)
    from dataclasses import replace

    long = replace(
        evidence.version, metadata={**evidence.version.metadata, "VerdictUri": "s3://" + "k" * 2000}
    )

    assert len(describe_opening(replace(evidence, version=long))) == DESCRIPTION_LIMIT


@pytest.mark.parametrize(
    "arn", ["", "arn", "arn:aws:s3:::b", "arn:aws:sagemaker:r:a:pipeline/p/execution/", "x" * 9999]
)
def test_other_arns_name_no_execution(arn: str) -> None:
    """Only pipeline/<name>/execution/<id> of SageMaker is an execution."""
    assert parse_execution_arn(arn) == ("", "")
