"""A version goes to the next environment with all that it was judged by, or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.verdict import Check, ConfiguredWaiver
from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.aws.storage import list_objects, put, read
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.gating import evidence_of, origin_of
from sagemaker_monitor.operations.local import prepare as make_bucket
from sagemaker_monitor.operations.promotion import promote as operation
from sagemaker_monitor.operations.promotion.package import image_for
from sagemaker_monitor.operations.promotion.promote import Promoted
from sagemaker_monitor.operations.promotion.weighing import Weighed, check_route, weigh
from sagemaker_monitor.registry.chain import Evidence
from sagemaker_monitor.registry.lineage import KEYS
from sagemaker_monitor.registry.promoted import read_promotion
from sagemaker_monitor.registry.versions import find_version, list_versions
from sagemaker_monitor.settings import Environment, Model, load_environment

from .emulated import (
    BASELINE,
    BASELINE_DIGEST,
    IMAGE,
    approve,
    definition,
    deploy,
    make_verdict,
    put_verdict,
    register_step,
    register_version,
    start,
    wait,
)

PROD = """schema_version: 1
account: "444455556666"
endpoint_url: {url}
roles:
  execution: arn:aws:iam::444455556666:role/sagemaker-monitor-execution
storage: {{bucket: monitor-{name}}}
approval: {{on_pass: PendingManualApproval}}
"""


def environment_at(conf: Path, name: str, url: str) -> Environment:
    """Write an environment at an emulator, and return it."""
    (conf / "environments" / f"{name}.yaml").write_text(PROD.format(url=url, name=name))
    return load_environment(name, conf)


@pytest.fixture
def prod(conf: Path, tmp_path: Path) -> Iterator[Aws]:
    """Another account on an emulator of its own, with a bucket and the model's group."""
    config = EmulatorConfig(state_dir=tmp_path / "prod", port=0, account="444455556666")
    with Server(config) as server:
        found = connect(environment_at(conf, "local-prod", server.url))
        make_bucket(found)
        found.call("sagemaker", "create_model_package_group", ModelPackageGroupName="mortgage")
        found.writes.clear()
        yield found


@pytest.fixture
def approved(aws: Aws) -> Aws:
    """The first environment, with one version that is approved on whole evidence."""
    put_verdict(aws, make_verdict(aws.environment, register_version(aws)))
    approve(aws, 1)
    return aws


def with_approval(aws: Aws, **approval: Any) -> Aws:
    """Return the environment's AWS with another policy of approval."""
    found = aws.environment.approval.model_copy(update=approval)
    return connect(aws.environment.model_copy(update={"approval": found}))


def promoted(source: Aws, target: Aws, model: Model, weighed: Weighed | None = None) -> Promoted:
    """Promote the newest version."""
    source.require_writable()
    target.require_writable()
    found = weighed or weigh(source, target, model, None)
    assert found.is_open, broken(found.evidence)
    packed = operation.prepare(source, target, model, found)
    return operation.promote(source, target, model, found, packed, tell=lambda _: None)


def broken(evidence: Evidence) -> dict[str, str]:
    """Return the links that do not hold, and what was found."""
    return {link.name: link.detail for link in evidence.links if not link.holds}


def objects(aws: Aws) -> list[str]:
    """Return what lies in the environment's storage."""
    return [each.uri for each in list_objects(aws, f"{aws.environment.storage.root}/")]


def described(aws: Aws, number: int) -> dict[str, Any]:
    """Return a version as SageMaker has it."""
    arn = find_version(aws, "mortgage", number).arn
    return aws.call("sagemaker", "describe_model_package", ModelPackageName=arn)


def test_a_version_arrives_whole_and_says_where_it_comes_from(approved: Aws, prod: Aws, model: Model) -> None:
    """Everything that it refers to lies in the target, by the same bytes; its chain holds there by itself."""
    found = promoted(approved, prod, model)

    version, source = described(prod, 1), described(approved, 1)
    said = version["CustomerMetadataProperties"]
    folder = f"{prod.environment.storage.root}/mortgage/promoted/{said['PromotionSha256']}"
    assert found.evidence.is_open, broken(found.evidence)
    assert found.opening.status == "PendingManualApproval"
    assert said["PromotedFromVersionArn"] == source["ModelPackageArn"]
    assert said["PipelineExecutionArn"] == source["CustomerMetadataProperties"]["PipelineExecutionArn"]
    assert (said["PromotedFromEnvironment"], said["Environment"]) == ("local", "local-prod")
    assert said["PromotedBy"] == prod.caller
    assert f"promoted from local: {source['ModelPackageArn']};" in version["ApprovalDescription"]
    document = json.dumps(version, default=str)
    assert "sagemaker-monitor-local" not in document
    assert f"{folder}/" in document
    for part, there in version["DriftCheckBaselines"]["Bias"].items():
        here = source["DriftCheckBaselines"]["Bias"][part]
        assert there["ContentDigest"] == here["ContentDigest"]
        assert read(prod, there["S3Uri"]) == read(approved, here["S3Uri"])
    containers = version["InferenceSpecification"]["Containers"]
    assert read(prod, containers[0]["ModelDataUrl"]) == b"a model"


@pytest.mark.long
def test_looking_writes_nothing(approved: Aws, prod: Aws, model: Model) -> None:
    """What would be brought is found out by reading alone, on both sides."""
    approved.writes.clear()

    weighed = weigh(approved, prod, model, None)
    packed = operation.prepare(approved, prod, model, weighed)

    assert {each.path for each in packed.luggage.record.files} >= {
        "model.tar.gz",
        "pre.json",
        "_execution.json",
    }
    assert approved.writes + prod.writes == []


@pytest.mark.long
def test_the_second_time_it_is_found(approved: Aws, prod: Aws, model: Model) -> None:
    """Promoted again, nothing is written and no second version registered; what is there is told."""
    promoted(approved, prod, model)
    prod.writes.clear()

    again = weigh(approved, prod, model, None)
    assert again.existing is not None
    found = operation.look_again(approved, prod, model, again)

    assert again.existing.number == 1
    assert found.opening.opened
    assert prod.writes == []


class DyingError(Exception):
    """The process is gone."""


class Dying(Aws):
    """An AWS whose caller is killed after its first write."""

    def call(self, service: str, operation: str, /, **request: Any) -> dict[str, Any]:
        """Send it, and be gone if it wrote."""
        before = len(self.writes)
        answer = super().call(service, operation, **request)
        if len(self.writes) > before:
            raise DyingError
        return answer


@pytest.mark.long
def test_killed_after_each_write_it_converges(approved: Aws, prod: Aws, model: Model) -> None:
    """Files come first and the version last: no kill leaves a version that refers to what is not there."""
    deaths = 0
    while True:
        weighed = weigh(approved, prod, model, None)
        if weighed.existing is not None:
            break
        packed = operation.prepare(approved, prod, model, weighed)
        with pytest.raises(DyingError):
            operation.promote(approved, Dying(prod.environment), model, weighed, packed, tell=lambda _: None)
        deaths += 1
        assert deaths < 50
    found = operation.look_again(approved, prod, model, weighed)

    record = json.loads(read(prod, next(uri for uri in objects(prod) if uri.endswith("/promotion.json"))))
    assert deaths == len(record["files"]) + 2  # each file, the record, the version
    assert len(objects(prod)) == len(record["files"]) + 1
    assert len(list(list_versions(prod, "mortgage"))) == 1
    assert found.evidence.is_open, broken(found.evidence)
    assert found.opening.status == "PendingManualApproval"


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "link"), [("pre.json", "baselines"), ("model.tar.gz", "model"), ("verdict.json", "verdict")]
)
def test_what_was_altered_stays_where_it_is(
    approved: Aws, prod: Aws, model: Model, name: str, link: str
) -> None:
    """One byte of a baseline, the artifact or the verdict, and nothing is promoted."""
    uri = next(uri for uri in objects(approved) if uri.endswith(f"/{name}"))
    put(approved, uri, read(approved, uri) + b" ")

    weighed = weigh(approved, prod, model, None)

    assert link in broken(weighed.evidence)
    assert prod.writes == []


@pytest.mark.long
def test_a_refused_verdict_goes_nowhere(aws: Aws, prod: Aws, model: Model) -> None:
    """An approved version whose verdict is closed is not promoted."""
    put_verdict(aws, make_verdict(aws.environment, register_version(aws), "refused"))
    approve(aws, 1)

    assert list(broken(weigh(aws, prod, model, None).evidence)) == ["verdict"]


@pytest.mark.long
def test_evidence_is_as_young_as_the_target_wants(approved: Aws, prod: Aws, model: Model) -> None:
    """What the source approved in time may be too old for the target today."""
    strict = with_approval(prod, evidence_max_age=timedelta(hours=1))
    later = datetime.now(UTC) + timedelta(hours=2)

    assert weigh(approved, prod, model, None, now=later).is_open
    assert list(broken(weigh(approved, strict, model, None, now=later).evidence)) == ["age"]


@pytest.mark.long
def test_a_waiver_that_is_over_promotes_nothing(aws: Aws, prod: Aws, model: Model) -> None:
    """A verdict that rests on a waiver is worth nothing after the waiver's last day."""
    today = datetime.now(UTC)
    waiver = ConfiguredWaiver("bias/DI/*", "31 applicants", "risk", f"{today:%Y-%m-%d}", "applied", 1)
    verdict = make_verdict(aws.environment, register_version(aws), waivers=(waiver,))
    put_verdict(aws, verdict)

    day = timedelta(days=1)
    assert weigh(aws, prod, model, None, now=today).is_open
    assert list(broken(weigh(aws, prod, model, None, now=today + day).evidence)) == ["waived"]


@pytest.mark.long
def test_only_what_is_approved_there_where_that_is_required(aws: Aws, prod: Aws, model: Model) -> None:
    """With require_promotion_from a person, or the gate, has to have opened the version in the source."""
    put_verdict(aws, make_verdict(aws.environment, register_version(aws)))
    strict = with_approval(prod, require_promotion_from="local")

    assert weigh(aws, prod, model, None).is_open
    assert broken(weigh(aws, strict, model, None).evidence) == {"approval": "PendingManualApproval in local"}


@pytest.mark.long
def test_a_rejected_version_is_not_promoted(approved: Aws, prod: Aws, model: Model) -> None:
    """What a person rejected is not opened elsewhere, whatever the policy."""
    arn = find_version(approved, "mortgage", 1).arn
    approved.call("sagemaker", "update_model_package", ModelPackageArn=arn, ModelApprovalStatus="Rejected")

    assert list(broken(weigh(approved, prod, model, None).evidence)) == ["approval"]


def test_a_route_that_cannot_be_meant_is_told(environment: Environment) -> None:
    """Which environments belong together is configuration: nothing is asked or written."""
    prod = environment.model_copy(update={"name": "local-prod"})
    account = environment.model_copy(update={"name": "prod", "endpoint_url": None})
    elsewhere = prod.model_copy(update={"endpoint_url": "http://127.0.0.1:9"})
    strict = elsewhere.model_copy(
        update={"approval": prod.approval.model_copy(update={"require_promotion_from": "staging"})}
    )
    told = {
        "are both 'local'": environment,
        "share the model package group 'mortgage'": prod,
        "what the emulator found is a rehearsal": account,
        "takes versions from 'staging' only": strict,
    }

    for message, target in told.items():
        with pytest.raises(UsageError, match=message):
            check_route(environment, target, "mortgage")
    check_route(environment, elsewhere, "mortgage")


@pytest.mark.long
def test_without_a_group_upsert_is_named(approved: Aws, prod: Aws, model: Model) -> None:
    """The group is upsert's to make, with its tags."""
    prod.call("sagemaker", "delete_model_package_group", ModelPackageGroupName="mortgage")

    with pytest.raises(UsageError, match="upsert --model mortgage --env local-prod"):
        weigh(approved, prod, model, None)


@pytest.mark.long
def test_where_promotion_is_required_nothing_else_is_opened(approved: Aws, prod: Aws, model: Model) -> None:
    """A version that was registered there stays closed, one that was promoted from elsewhere too."""
    strict = with_approval(prod, require_promotion_from="local")
    prod.call("sagemaker", "delete_model_package_group", ModelPackageGroupName="mortgage")
    put_verdict(prod, make_verdict(prod.environment, register_version(prod)))
    assert broken(evidence_of(strict, model, None)) == {
        "promotion": "it was registered here, and only versions of 'local' are opened"
    }

    promoted(approved, prod, model)
    assert broken(evidence_of(strict, model, None)) == {}
    other = with_approval(prod, require_promotion_from="staging")
    assert broken(evidence_of(other, model, None)) == {
        "promotion": "it was promoted from 'local', not from 'staging'"
    }


@pytest.mark.long
@pytest.mark.parametrize("name", ["promotion.json", "pre.json", "verdict.json", "model.tar.gz"])
def test_what_came_along_is_bound_there(approved: Aws, prod: Aws, model: Model, name: str) -> None:
    """Whoever alters a copy closes the version, and promoting again opens nothing and makes no second one."""
    promoted(approved, prod, model)
    uri = next(uri for uri in objects(prod) if uri.endswith(f"/{name}"))
    put(prod, uri, read(prod, uri) + b" ")

    again = weigh(approved, prod, model, None)
    assert again.existing is not None
    opening = operation.look_again(approved, prod, model, again).opening

    assert not opening.opened
    assert "closed" in opening.message
    if name == "promotion.json":
        assert "not looked at" in opening.message


@pytest.mark.long
def test_a_lineage_that_was_written_by_hand_closes_the_version(
    approved: Aws, prod: Aws, model: Model
) -> None:
    """Metadata that name another source, or half of one, contradict the record."""
    promoted(approved, prod, model)
    whole = find_version(prod, "mortgage", 1)
    said = {key: value for key, value in whole.metadata.items() if key in KEYS}
    arn = find_version(prod, "mortgage", 1).arn
    for metadata, message in (
        ({"PromotedFromEnvironment": "staging"}, "differ in the environment: staging, local"),
        ({"PromotedFromEnvironment": "local", "RegisteredAt": "2020-01-01T00:00:00Z"}, "in the registration"),
        ({"RegisteredAt": "long ago"}, "metadata cannot be read"),
    ):
        prod.call(
            "sagemaker", "update_model_package", ModelPackageArn=arn, CustomerMetadataProperties=metadata
        )
        assert message in broken(evidence_of(prod, model, 1))["promotion"]
    prod.call(
        "sagemaker",
        "update_model_package",
        ModelPackageArn=arn,
        CustomerMetadataPropertiesToRemove=["PromotedBy"],
    )
    assert "it lacks PromotedBy" in broken(evidence_of(prod, model, 1))["promotion"]
    bare = replace(find_version(prod, "mortgage", 1), metadata={**said, "PromotedFromEnvironment": "local"})
    found = read_promotion(prod, bare, origin_of(bare, "mortgage", prod.environment))
    assert found is not None
    assert "differ in the execution" in found.link.detail


@pytest.mark.long
def test_a_rejection_there_is_not_got_round(approved: Aws, prod: Aws, model: Model) -> None:
    """Promoted again, a version that a person rejected stays rejected, and gets no twin."""
    promoted(approved, prod, model)
    arn = find_version(prod, "mortgage", 1).arn
    prod.call("sagemaker", "update_model_package", ModelPackageArn=arn, ModelApprovalStatus="Rejected")

    again = weigh(approved, prod, model, None)
    assert again.existing is not None
    opening = operation.look_again(approved, prod, model, again).opening

    assert (opening.opened, opening.status) == (False, "Rejected")


@pytest.mark.long
def test_it_goes_on_from_there(approved: Aws, prod: Aws, conf: Path, model: Model) -> None:
    """From the second environment to a third, the evidence is the first one's, under the same paths."""
    promoted(approved, prod, model)
    approve(prod, 1)
    url = prod.environment.endpoint_url
    assert url is not None
    file = conf / "environments" / "local-dr.yaml"
    file.write_text(PROD.format(url=url, name="dr") + 'registry: {model_package_group: "{model}-dr"}\n')
    third = connect(load_environment("local-dr", conf))
    make_bucket(third)
    third.call("sagemaker", "create_model_package_group", ModelPackageGroupName="mortgage-dr")

    found = promoted(prod, with_approval(third, require_promotion_from="local-prod"), model)

    said = found.evidence.version.metadata
    assert found.evidence.is_open, broken(found.evidence)
    assert (said["PromotedFromEnvironment"], said["RegisteredInEnvironment"]) == ("local-prod", "local")
    before = described(prod, 1)["CustomerMetadataProperties"]
    assert said["RegisteredAt"] == before["RegisteredAt"]
    tails = [each["VerdictUri"].partition("/promoted/")[2].partition("/")[2] for each in (before, said)]
    assert tails[0] == tails[1]


@pytest.mark.long
def test_a_place_that_is_too_long_is_told_before_anything_is_copied(
    approved: Aws, prod: Aws, model: Model
) -> None:
    """SageMaker takes 256 characters of metadata; which setting to shorten stands in the message."""
    storage = prod.environment.storage.model_copy(update={"prefix": "p" * 200})
    far = connect(prod.environment.model_copy(update={"storage": storage}))

    with pytest.raises(UsageError, match=r"VerdictUri would have \d+ characters.*storage\.prefix"):
        promoted(approved, far, model)

    assert objects(far) == []


@pytest.mark.long
def test_the_image_is_the_target_s(environment: Environment, prod: Aws) -> None:
    """AWS's image stays in its region, one's own becomes the target's, another region's is named there."""
    own = environment.model_copy(update={"account": "111111111111"})
    assert image_for(IMAGE, own, prod, "mortgage-register-local-prod") == IMAGE
    team = "111111111111.dkr.ecr.us-east-1.amazonaws.com/team/scorer:3"
    assert image_for(team, own, prod, "x") == "444455556666.dkr.ecr.eu-west-1.amazonaws.com/team/scorer:3"
    far = IMAGE.replace("141502667606", "683313688378").replace("eu-west-1", "us-east-1")
    with pytest.raises(UsageError, match="names none called sagemaker-xgboost"):
        image_for(far, own, prod, "mortgage-register-local-prod")
    prod.call(
        "sagemaker",
        "create_pipeline",
        PipelineName="mortgage-register-local-prod",
        RoleArn=prod.environment.roles.execution,
        PipelineDefinition=json.dumps(definition(register_step(prod.environment))),
    )
    assert image_for(far, own, prod, "mortgage-register-local-prod") == IMAGE


@pytest.mark.long
def test_a_team_s_own_baselines_come_along(aws: Aws, prod: Aws, model: Model) -> None:
    """What DriftCheckBaselines have no place for lies in a folder that the metadata name, there too."""
    folder = f"{aws.environment.storage.root}/mortgage/register/x/custom-words"
    for name in ("statistics.json", "constraints.json"):
        put(aws, f"{folder}/{name}", BASELINE)
    sha256 = BASELINE_DIGEST.removeprefix("sha256:")
    own = {"CustomBaseline.words": folder, "CustomBaselineSha256.words": f"{sha256} {sha256}"}
    others = {"TrainingData": "s3://lake/rows.csv"}
    verdict = make_verdict(aws.environment, register_version(aws, **own, **others))
    check = Check("CustomWords", "CUSTOM:words", "compared", None, None, None, 0)
    put_verdict(aws, replace(verdict, checks=(*verdict.checks, check)))

    found = promoted(aws, prod, model)

    said = found.evidence.version.metadata
    assert found.evidence.is_open, broken(found.evidence)
    assert said["CustomBaseline.words"].startswith(f"{prod.environment.storage.root}/mortgage/promoted/")
    assert read(prod, f"{said['CustomBaseline.words']}/constraints.json") == BASELINE
    assert said["TrainingData"] == "s3://lake/rows.csv"


@pytest.mark.long
def test_a_promoted_version_with_renewed_baselines_is_opened(approved: Aws, prod: Aws, model: Model) -> None:
    """A monitoring run there registers it once more: the same artifact. With another one it is none of it."""
    promoted(approved, prod, model)
    strict = with_approval(prod, require_promotion_from="local")
    first = find_version(prod, "mortgage", 1)
    step = register_step(prod.environment, VerdictUri="")
    container = step["Arguments"]["InferenceSpecification"]["Containers"][0]
    for name in ("pre", "post"):
        put(prod, f"{prod.environment.storage.root}/{name}.json", BASELINE)
    put(prod, f"{prod.environment.storage.root}/model.tar.gz", b"a model")
    place = {
        "Std:Join": {
            "On": "/",
            "Values": ["ROOT", {"Get": "Execution.PipelineExecutionId"}, "decide/verdict.json"],
        }
    }
    place["Std:Join"]["Values"][0] = f"{prod.environment.storage.root}/mortgage/monitor-batch"
    step["Arguments"]["CustomerMetadataProperties"]["VerdictUri"] = place
    name = "mortgage-monitor-batch-local-prod"
    for url, expected in ((first.model_data_url, True), (container["ModelDataUrl"], False)):
        container["ModelDataUrl"] = url
        deploy(prod, name, definition(step))
        execution = start(prod, name)
        assert wait(prod, execution) == "Succeeded"
        verdict = make_verdict(
            prod.environment, execution, pipeline="monitor-batch", model_package_arn=first.arn
        )
        put_verdict(prod, verdict, pipeline="monitor-batch")

        link = next(each for each in evidence_of(strict, model, None).links if each.name == "promotion")

        assert link.holds == expected, link.detail
        assert ("renews version 1" if expected else "has another group or artifact") in link.detail
        prod.call("sagemaker", "delete_pipeline", PipelineName=name)


@pytest.mark.long
def test_a_made_up_promotion_is_found_by_who_reads_both(approved: Aws, prod: Aws, model: Model) -> None:
    """The target's gate believes a record that is consistent; promote holds it against the source itself."""
    promoted(approved, prod, model)
    version = described(prod, 1)
    old = version["CustomerMetadataProperties"]["PromotionSha256"]
    root = f"{prod.environment.storage.root}/mortgage/promoted"
    record = json.loads(read(prod, f"{root}/{old}/promotion.json"))
    other, digest = b"[]", hashlib.sha256(b"[]").hexdigest()
    for each in record["files"]:
        if each["path"] == "pre.json":
            each.update(sha256=digest, size=len(other))
    content = (json.dumps(record, indent=1, sort_keys=True) + "\n").encode()
    new = hashlib.sha256(content).hexdigest()
    for each in record["files"]:
        whole = other if each["path"] == "pre.json" else read(prod, f"{root}/{old}/{each['path']}")
        put(prod, f"{root}/{new}/{each['path']}", whole)
    put(prod, f"{root}/{new}/promotion.json", content)
    forged = json.loads(json.dumps(version, default=str).replace(old, new))
    forged["DriftCheckBaselines"]["Bias"]["PreTrainingConstraints"]["ContentDigest"] = f"sha256:{digest}"
    prod.call("sagemaker", "delete_model_package", ModelPackageName=version["ModelPackageArn"])
    wanted = ("InferenceSpecification", "DriftCheckBaselines", "CustomerMetadataProperties")
    request = {key: forged[key] for key in wanted}
    prod.call("sagemaker", "create_model_package", ModelPackageGroupName="mortgage", **request)
    assert evidence_of(prod, model, None).is_open

    again = weigh(approved, prod, model, None)
    assert again.existing is not None
    found = operation.look_again(approved, prod, model, again)

    assert not found.opening.opened
    assert list(broken(found.evidence)) == ["source"]
    assert "carries other baselines, by their digests" in broken(found.evidence)["source"]
