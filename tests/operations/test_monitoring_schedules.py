"""Monitoring schedules are deployed from the model's file, changed, repaired, and taken away."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws, NotFoundError, connect
from sagemaker_monitor.aws.storage import delete, read
from sagemaker_monitor.cli.render.status import print_status
from sagemaker_monitor.emulator.lifecycle import fire
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations import ledger
from sagemaker_monitor.operations.destroy import destroy, look_at_model
from sagemaker_monitor.operations.firing import wait_for
from sagemaker_monitor.operations.plan import Plan, make_plan
from sagemaker_monitor.operations.resources.monitoring_schedules import MONITORING_SCHEDULES
from sagemaker_monitor.operations.resources.resource import Change
from sagemaker_monitor.operations.status import read_status
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.registry.versions import find_version
from sagemaker_monitor.settings import Environment, Model, load_environment
from tests.operations.emulated import approve, register_version
from tests.operations.faults import Cut, CutOffError
from tests.operations.monitored import INPUTS, bundle_of, make_endpoint, register_baselines, scheduled

NAME = "mortgage-inputs-local"


@pytest.fixture
def environment(conf: Path) -> Environment:
    """The environment `local`, with its schedules enabled."""
    return load_environment("local", conf).model_copy(update={"schedules": "enabled"})


def bring(aws: Aws, model: Model) -> list[Change]:
    """Upsert the model's bundle and return what was done but for what stayed as it was."""
    changes = list(upsert(aws, bundle_of(model, aws.environment), model))
    return [change for change in changes if change.done != "unchanged"]


def plan(aws: Aws, model: Model) -> Plan:
    """Return what an upsert would do."""
    return make_plan(aws, bundle_of(model, aws.environment), model)


def schedule(aws: Aws, name: str = NAME) -> dict[str, Any]:
    """Return a deployed schedule."""
    return aws.call("sagemaker", "describe_monitoring_schedule", MonitoringScheduleName=name)


def told(found: Plan) -> list[tuple[str, str, Any, Any]]:
    """Return sign, subject and both sides of what a plan tells."""
    return [(each.sign, each.subject, each.before, each.after) for each in found.differences]


def definitions(aws: Aws, kind: str = "data_quality") -> list[str]:
    """Return the names of the job definitions there are."""
    listed = aws.pages("sagemaker", f"list_{kind}_job_definitions", "JobDefinitionSummaries")
    return [each["MonitoringJobDefinitionName"] for each in listed]


def test_a_schedule_waits_for_an_approved_version(aws: Aws, model: Model) -> None:
    """Without one nothing of it is deployed and the plan says why; with one it is, with its baseline."""
    watched = scheduled(model, inputs=INPUTS)
    waiting = plan(aws, watched)
    bring(aws, watched)

    assert any("waits for an approved version of mortgage" in note for note in waiting.notes)
    assert not any("monitoring" in each.subject for each in waiting.differences)
    with pytest.raises(NotFoundError):
        schedule(aws)
    assert not plan(aws, watched).pending
    assert not plan(aws, watched).drift


def test_a_schedule_is_created_with_its_job_definition(aws: Aws, model: Model) -> None:
    """With the approved version's documents, the script that leaves the features, and marks on both."""
    register_baselines(aws, 1)
    watched = scheduled(model, inputs=INPUTS)
    first = plan(aws, watched)
    changes = bring(aws, watched)

    assert [
        (each.kind, each.done) for each in changes if "asset" not in each.kind and "group" not in each.kind
    ] == [
        ("pipeline", "created"),
        ("data quality job definition", "created"),
        ("monitoring schedule", "created"),
    ]
    created = next(each for each in first.differences if each.subject == f"monitoring schedule {NAME}")
    assert "data_quality of batches" in created.text
    assert "against the baseline of version 1" in created.text
    config = schedule(aws)["MonitoringScheduleConfig"]
    found = aws.call(
        "sagemaker",
        "describe_data_quality_job_definition",
        JobDefinitionName=config["MonitoringJobDefinitionName"],
    )
    root = aws.environment.storage.root
    assert found["DataQualityBaselineConfig"] == {
        "ConstraintsResource": {
            "S3Uri": f"{root}/mortgage/register/version-1/ModelDataQuality-Constraints.json"
        },
        "StatisticsResource": {
            "S3Uri": f"{root}/mortgage/register/version-1/ModelDataQuality-Statistics.json"
        },
    }
    assert found["DataQualityAppSpecification"]["RecordPreprocessorSourceUri"].endswith("/features_only.py")
    for arn in (found["JobDefinitionArn"], schedule(aws)["MonitoringScheduleArn"]):
        tags = {
            tag["Key"]: tag["Value"] for tag in aws.call("sagemaker", "list_tags", ResourceArn=arn)["Tags"]
        }
        assert (tags["sagemaker-monitor:model"], tags["sagemaker-monitor:environment"]) == (
            "mortgage",
            "local",
        )


def test_an_unchanged_schedule_writes_nothing(aws: Aws, model: Model) -> None:
    """Neither to SageMaker nor to the ledger."""
    register_baselines(aws, 1)
    watched = scheduled(model, inputs=INPUTS)
    bring(aws, watched)
    aws.writes.clear()

    assert bring(aws, watched) == []
    assert aws.writes == []
    assert not plan(aws, watched).pending
    assert not plan(aws, watched).differences


def test_a_changed_window_is_another_job_definition(aws: Aws, model: Model) -> None:
    """The schedule is updated to it, the former is deleted afterwards, and the plan tells the key alone."""
    register_baselines(aws, 1)
    bring(aws, scheduled(model, inputs=INPUTS))
    (before,) = definitions(aws)
    wider = scheduled(model, inputs={**INPUTS, "window": {"start": "-PT6H"}})
    would = plan(aws, wider)
    changes = bring(aws, wider)

    key = "monitoring_schedules.inputs.window.start"
    assert told(would) == [("~", key, "-PT1H", "-PT6H")]
    (after,) = definitions(aws)
    assert after != before
    assert [(each.kind, each.name, each.done) for each in changes] == [
        ("data quality job definition", after, "created"),
        ("monitoring schedule", NAME, "updated"),
        ("data quality job definition", before, "deleted"),
    ]
    assert [(each.kind, each.name, each.done) for each in changes] == [
        (each.kind, each.name, each.done) for each in would.pending
    ]


def test_the_next_approved_version_is_told_as_that(aws: Aws, model: Model) -> None:
    """Another baseline is one line, and upsert pins it."""
    register_baselines(aws, 1)
    watched = scheduled(model, inputs=INPUTS)
    bring(aws, watched)
    register_baselines(aws, 2)
    would = plan(aws, watched)
    bring(aws, watched)

    assert told(would) == [("~", f"monitoring schedule {NAME}: baseline version", 1, 2)]
    assert not plan(aws, watched).pending
    assert not would.drift


def test_what_a_hand_changed_is_told_and_put_back(aws: Aws, model: Model) -> None:
    """A stopped schedule is started, another cron is the configured one again."""
    register_baselines(aws, 1)
    watched = scheduled(model, inputs=INPUTS)
    bring(aws, watched)
    config = schedule(aws)["MonitoringScheduleConfig"]
    daily = {**config, "ScheduleConfig": {"ScheduleExpression": "cron(0 5 ? * * *)"}}
    aws.call(
        "sagemaker", "update_monitoring_schedule", MonitoringScheduleName=NAME, MonitoringScheduleConfig=daily
    )
    aws.call("sagemaker", "stop_monitoring_schedule", MonitoringScheduleName=NAME)
    would = plan(aws, watched)
    bring(aws, watched)

    assert told(would) == [
        ("~", "monitoring_schedules.inputs.expression", "cron(0 5 ? * * *)", "cron(0 * ? * * *)"),
        ("~", f"monitoring schedule {NAME}: status", "Stopped", "Scheduled"),
    ]
    (drift,) = would.drift
    assert set(drift.fields) == {"expression", "status"}
    assert schedule(aws)["MonitoringScheduleStatus"] == "Scheduled"
    assert schedule(aws)["MonitoringScheduleConfig"] == config
    aws.call("sagemaker", "stop_monitoring_schedule", MonitoringScheduleName=NAME)
    bring(aws, watched)
    assert schedule(aws)["MonitoringScheduleStatus"] == "Scheduled"


def test_a_schedule_that_is_removed_is_deleted(aws: Aws, model: Model) -> None:
    """First the schedule, then its job definition; the plan says so."""
    register_baselines(aws, 1)
    bring(aws, scheduled(model, inputs=INPUTS))
    would = plan(aws, scheduled(model))
    changes = bring(aws, scheduled(model))

    assert ("-", f"monitoring schedule {NAME}") in [(sign, subject) for sign, subject, *_ in told(would)]
    assert [(each.kind, each.done) for each in changes] == [
        ("monitoring schedule", "deleted"),
        ("data quality job definition", "deleted"),
    ]
    assert definitions(aws) == []
    assert not plan(aws, scheduled(model)).pending


def parts(aws: Aws) -> list[str]:
    """Return the names of all schedules, job definitions and models there are."""
    kinds = ("data_quality", "model_quality", "model_bias", "model_explainability")
    schedules = aws.pages("sagemaker", "list_monitoring_schedules", "MonitoringScheduleSummaries")
    models = aws.pages("sagemaker", "list_models", "Models")
    return sorted(
        [
            *(each["MonitoringScheduleName"] for each in schedules),
            *(name for kind in kinds for name in definitions(aws, kind)),
            *(each["ModelName"] for each in models),
        ]
    )


def test_bias_is_compared_with_both_analyses_of_the_version(aws: Aws, model: Model) -> None:
    """Live data is analysed before and after training at once: the two baselines become one document."""
    register_baselines(aws, 1)
    watched = scheduled(model, bias={**INPUTS, "monitor": "bias"})
    bring(aws, watched)
    config = schedule(aws, "mortgage-bias-local")["MonitoringScheduleConfig"]
    found = aws.call(
        "sagemaker",
        "describe_model_bias_job_definition",
        JobDefinitionName=config["MonitoringJobDefinitionName"],
    )
    uri = found["ModelBiasBaselineConfig"]["ConstraintsResource"]["S3Uri"]
    document = json.loads(read(aws, uri))

    assert f"/assets/{hashlib.sha256(read(aws, uri)).hexdigest()}/analysis.json" in uri
    assert set(document) >= {"post_training_bias_metrics", "pre_training_bias_metrics"}
    analysis = json.loads(read(aws, found["ModelBiasAppSpecification"]["ConfigUri"]))
    assert [each["name_or_index"] for each in analysis["facet"]] == ["black", "hispan", "male", "old"]
    uploaded = json.loads(read(aws, uri))
    delete(aws, uri)
    assert [(each.kind, each.done) for each in plan(aws, watched).pending] == [("asset", "uploaded")]
    bring(aws, watched)
    assert json.loads(read(aws, uri)) == uploaded


def test_explainability_asks_a_model_of_the_approved_version(aws: Aws, model: Model) -> None:
    """It is made with the schedule, another one with the next version, and goes with the schedule."""
    register_baselines(aws, 1)
    watched = scheduled(model, why={**INPUTS, "monitor": "explainability"})
    bring(aws, watched)
    (first,) = (each["ModelName"] for each in aws.pages("sagemaker", "list_models", "Models"))
    register_baselines(aws, 2)
    would = plan(aws, watched)
    changes = bring(aws, watched)
    (second,) = (each["ModelName"] for each in aws.pages("sagemaker", "list_models", "Models"))

    assert told(would) == [("~", "monitoring schedule mortgage-why-local: baseline version", 1, 2)]
    assert first != second
    container = aws.call("sagemaker", "describe_model", ModelName=second)["PrimaryContainer"]
    assert container["ModelPackageName"].endswith("/mortgage/2")
    assert ("model", first, "deleted") in [(each.kind, each.name, each.done) for each in changes]
    bring(aws, scheduled(model))
    assert parts(aws) == []


@pytest.mark.long
def test_an_upsert_that_is_cut_off_at_any_call_is_completed(
    aws: Aws, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a schedule that becomes another one, before or after each call: what one whole run leaves."""
    monkeypatch.setattr(ledger, "is_gone", lambda _holder: True)  # as of a process that was killed
    register_baselines(aws, 1)
    given = {**INPUTS, "monitor": "explainability"}
    wanted = [scheduled(model, why={**given, "window": {"start": start}}) for start in ("-PT9H", "-PT2H")]
    left = []
    for each in wanted:
        bring(aws, each)
        left.append(parts(aws))
    looking = Cut(aws, after=1000, sent=True)
    make_plan(looking, bundle_of(wanted[0], aws.environment), wanted[0])
    writes = 0
    for calls in range(1000 - looking.left - 12, 100):
        number = calls % 2
        bundle = bundle_of(wanted[number], aws.environment)
        cut = Cut(aws, after=calls, sent=calls % 4 < 2)
        try:
            list(upsert(cut, bundle, wanted[number]))
        except CutOffError:
            bring(aws, wanted[number])
            writes += len(cut.writes)
        else:
            break
        assert parts(aws) == left[number]

    assert calls < 90
    assert writes > 30
    assert not plan(aws, wanted[calls % 2]).pending


def test_what_a_stopped_upsert_left_without_its_schedule_goes(aws: Aws, model: Model) -> None:
    """A job definition whose schedule was never made, and is configured no more, is found by its mark."""
    register_baselines(aws, 1)
    changes = upsert(
        aws, bundle_of(scheduled(model, inputs=INPUTS), aws.environment), scheduled(model, inputs=INPUTS)
    )
    while next(changes).kind != "data quality job definition":
        pass
    changes.close()  # type: ignore[attr-defined]
    assert len(parts(aws)) == 1

    bring(aws, scheduled(model))

    assert parts(aws) == []


def test_another_monitor_under_the_same_name_is_another_schedule(aws: Aws, model: Model) -> None:
    """SageMaker lets no schedule become another type's: the former goes, with its parts."""
    register_baselines(aws, 1)
    bring(aws, scheduled(model, inputs=INPUTS))
    other = scheduled(model, inputs={**INPUTS, "monitor": "model_quality"})
    would = plan(aws, other)
    changes = bring(aws, other)

    assert [(each.kind, each.done) for each in changes] == [
        ("monitoring schedule", "deleted"),
        ("data quality job definition", "deleted"),
        ("model quality job definition", "created"),
        ("monitoring schedule", "created"),
    ]
    assert [(each.kind, each.done) for each in would.pending] == [(each.kind, each.done) for each in changes]
    assert not plan(aws, other).pending


def test_a_schedule_whose_version_is_no_longer_approved_stays(aws: Aws, model: Model) -> None:
    """It goes on as it is, and the plan says that it would wait."""
    register_baselines(aws, 1)
    watched = scheduled(model, inputs=INPUTS)
    bring(aws, watched)
    arn = find_version(aws, "mortgage", 1).arn
    aws.call("sagemaker", "update_model_package", ModelPackageArn=arn, ModelApprovalStatus="Rejected")
    before = parts(aws)
    found = plan(aws, watched)

    assert (bring(aws, watched), parts(aws)) == ([], before)
    assert not found.pending
    assert any("waits for an approved version" in note for note in found.notes)


def test_a_version_without_the_monitor_s_baseline_is_waited_out(aws: Aws, model: Model) -> None:
    """It was registered before the model had the monitor."""
    register_version(aws)
    approve(aws, 1)
    (note,) = (each for each in plan(aws, scheduled(model, inputs=INPUTS)).notes if "waits" in each)

    assert "with a baseline of DATA_QUALITY, which the approved version 1 has not" in note


def test_documents_of_one_s_own_need_no_version(aws: Aws, model: Model) -> None:
    """They lie below the environment's storage, and the plan tells where."""
    own = {"baseline": {"constraints": "own/constraints.json", "statistics": "own/statistics.json"}}
    bring(aws, scheduled(model, inputs={**INPUTS, **own}))
    own["baseline"]["statistics"] = "own/other.json"
    would = plan(aws, scheduled(model, inputs={**INPUTS, **own}))

    root = aws.environment.storage.root
    assert told(would) == [
        (
            "~",
            "monitoring_schedules.inputs.baseline.statistics",
            f"{root}/own/statistics.json",
            f"{root}/own/other.json",
        )
    ]


def test_an_endpoint_that_captures_nothing_is_waited_for(aws: Aws, model: Model) -> None:
    """Neither one that is not there, nor one whose configuration captures no input, can be watched."""
    register_baselines(aws, 1)
    watched = scheduled(model, inputs={**INPUTS, "of": "endpoint"})
    absent = [each for each in plan(aws, watched).notes if "waits" in each]
    make_endpoint(aws, "Output")
    silent = [each for each in plan(aws, watched).notes if "waits" in each]
    make_endpoint(aws, "Input", "Output")
    bring(aws, watched)

    assert absent == [
        f"monitoring schedule {NAME} waits for the endpoint mortgage-local: deploy it, then upsert again"
    ]
    assert "the endpoint mortgage-local captures no input" in silent[0]
    assert schedule(aws)["EndpointName"] == "mortgage-local"


def test_captures_in_another_region_are_told_and_nothing_is_sent(aws: Aws, model: Model) -> None:
    """SageMaker's schedules take data from their own region only: the plan says where the captures are."""
    register_baselines(aws, 1)
    aws.call("s3", "create_bucket", Bucket="far-away")
    make_endpoint(aws, "Input", "Output", root="s3://far-away/captures")
    watched = scheduled(model, inputs={**INPUTS, "of": "endpoint"})
    (said,) = [each for each in plan(aws, watched).notes if "waits" in each]
    bring(aws, watched)

    assert "captures below s3://far-away/captures, and the bucket is in us-east-1" in said
    with pytest.raises(NotFoundError):
        schedule(aws)


def test_destroy_takes_the_schedule_before_its_parts(aws: Aws, model: Model) -> None:
    """SageMaker refuses the other order, and to delete an endpoint that a schedule watches."""
    register_baselines(aws, 1)
    bring(aws, scheduled(model, why={**INPUTS, "monitor": "explainability"}, inputs=INPUTS))
    changes = [each.kind for each in destroy(aws, look_at_model(aws, "mortgage"))]

    assert changes[:5] == [
        "monitoring schedule",
        "model explainability job definition",
        "model",
        "monitoring schedule",
        "data quality job definition",
    ]
    assert parts(aws) == []


def test_a_schedule_of_somebody_else_is_left_alone(aws: Aws, model: Model) -> None:
    """Its name begins as the model's do, and it bears no mark."""
    register_baselines(aws, 1)
    bring(aws, scheduled(model, inputs=INPUTS))
    config = schedule(aws)["MonitoringScheduleConfig"]
    aws.call(
        "sagemaker",
        "create_monitoring_schedule",
        MonitoringScheduleName="mortgage-by-hand-local",
        MonitoringScheduleConfig=config,
    )

    assert not plan(aws, scheduled(model, inputs=INPUTS)).pending
    assert list(MONITORING_SCHEDULES.owned(aws, "mortgage")) == [NAME]


def test_status_says_how_the_last_execution_ended(
    aws: Aws, emulator: Server, model: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    """And that another version is approved than the one that it compares with."""
    register_baselines(aws, 1)
    bring(aws, scheduled(model, inputs=INPUTS))
    fire(emulator.url, aws.environment.region, NAME, "2026-03-01T12:00:00Z")
    ended = datetime(2026, 3, 1, 12, tzinfo=UTC)
    wait_for(aws, NAME, ended)
    (first,) = read_status(aws, {"mortgage": None})
    register_baselines(aws, 2)
    later = read_status(aws, {"mortgage": None})
    print_status("local", later)

    (found,) = first.monitoring
    assert (found.name, found.monitor, found.status, found.baseline_version) == (
        NAME,
        "DataQuality",
        "Scheduled",
        1,
    )
    assert found.last is not None
    assert (found.last.status, found.last.scheduled) == ("Failed", ended)
    said = " ".join(capsys.readouterr().out.split())
    assert f"{NAME}: DataQuality, Scheduled, Failed for 2026-03-01T12:00:00Z, Job inputs had no data" in said
    assert "compares with version 1, and 2 is approved: upsert" in said


def test_where_schedules_are_disabled_none_is_deployed(aws: Aws, model: Model) -> None:
    """Those there are go, and the plan says why there are none."""
    register_baselines(aws, 1)
    watched = scheduled(model, inputs=INPUTS)
    bring(aws, watched)
    off = connect(aws.environment.model_copy(update={"schedules": "disabled"}))
    would = plan(off, watched)
    changes = bring(off, watched)

    assert [(each.kind, each.done) for each in changes] == [
        ("monitoring schedule", "deleted"),
        ("data quality job definition", "deleted"),
    ]
    assert any("monitoring_schedules.inputs: not deployed, because" in note for note in would.notes)
