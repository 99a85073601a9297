"""Which run is reported, and what belongs to it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import put_if_missing
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.reporting import choose_execution, gather, quality_statistics
from sagemaker_monitor.settings import Model
from tests.operations.emulated import (
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


def test_the_newest_run_of_any_pipeline_is_reported(aws: Aws, model: Model) -> None:
    """Without a choice it is the model's last run, whichever pipeline it was of."""
    register_version(aws)
    deploy(aws, "mortgage-monitor-batch-local", definition(fail_step()))
    newest = start(aws, "mortgage-monitor-batch-local")
    wait(aws, newest)

    assert choose_execution(aws, model, execution_arn=None, version=None) == newest


def test_a_version_is_reported_by_the_run_that_registered_it(aws: Aws, model: Model) -> None:
    """The version's own metadata says which run that was."""
    first = register_version(aws)
    register_version(aws)

    assert choose_execution(aws, model, execution_arn=None, version=1) == first


def test_a_model_that_never_ran_has_no_report(aws: Aws, model: Model) -> None:
    """Nothing deployed, nothing run: a usage error says so."""
    with pytest.raises(UsageError, match="'mortgage' has not run in 'local'"):
        choose_execution(aws, model, execution_arn=None, version=None)


def test_a_report_has_verdict_steps_and_provenance(aws: Aws, model: Model) -> None:
    """The documents of the run are gathered as they are."""
    arn = register_version(aws)
    put_verdict(aws, make_verdict(aws.environment, arn))

    found = gather(aws, model, arn)

    assert found.verdict is not None
    assert found.verdict["execution_arn"] == arn
    assert [step["StepName"] for step in found.steps] == ["Register"]
    assert found.details["Inventory"] == "MR-0417"


def test_an_execution_that_is_none_is_a_mistake_in_use(aws: Aws, model: Model) -> None:
    """An ARN of a pipeline that there is, with an id that is none, is told as following it would."""
    arn = register_version(aws)

    with pytest.raises(UsageError, match="there is no execution"):
        gather(aws, model, f"{arn.rpartition('/')[0]}/{'x' * 12}")


def test_the_violations_that_a_verdict_names_are_gathered(aws: Aws, model: Model) -> None:
    """They stand in the report by step, with the place that has all of them; no other text is fetched."""
    arn = register_version(aws)
    uri = f"{aws.environment.storage.root}/constraint_violations.json"
    put_if_missing(aws, uri, b'{"violations": []}')
    made = make_verdict(aws.environment, arn)
    check = replace(made.checks[0], step="Register", violations_uri=uri)
    put_verdict(
        aws, replace(made, checks=(check, replace(check, step="Other", violations_uri="/etc/passwd")))
    )

    assert gather(aws, model, arn).violations == {"Register": (uri, {"violations": []})}


def test_a_run_without_a_verdict_still_has_a_report(aws: Aws, model: Model) -> None:
    """What broke before deciding is shown too."""
    arn = register_version(aws)

    assert gather(aws, model, arn).verdict is None


@pytest.mark.parametrize("content", [b"{", b"[1]", b"[" * 100_000])
def test_a_document_that_is_none_is_named(aws: Aws, model: Model, content: bytes) -> None:
    """A broken verdict.json is named by its URI, and the rest of the run is reported."""
    arn = register_version(aws)
    put_if_missing(aws, verdict_place(aws.environment, arn), content)

    found = gather(aws, model, arn)
    assert found.verdict is None
    assert "decide/verdict.json is" in found.unreadable["verdict"]
    assert [step["StepName"] for step in found.steps] == ["Register"]


def test_a_run_of_another_model_is_refused(aws: Aws, model: Model) -> None:
    """A report of one model is not made from another's run."""
    deploy(aws, "payroll-register-local", definition(fail_step()))
    arn = start(aws, "payroll-register-local")
    wait(aws, arn)

    with pytest.raises(UsageError, match="is of model 'payroll', not of 'mortgage'"):
        gather(aws, model, arn)


def _checked(**metadata: str) -> list[dict[str, object]]:
    return [
        {"StepName": "DataQuality", "Metadata": {"QualityCheck": {"CheckType": "DATA_QUALITY", **metadata}}}
    ]


def test_statistics_of_the_inputs_come_with_the_baseline_they_were_held_against(aws: Aws) -> None:
    """Both documents are those that the check's step names; one that was never written is none."""
    root = aws.environment.storage.root
    now, before = f"{root}/now/statistics.json", f"{root}/before/statistics.json"
    put_if_missing(aws, now, b'{"version": 1}')
    put_if_missing(aws, before, b'{"version": 2}')
    steps = _checked(CalculatedBaselineStatistics=now, BaselineUsedForDriftCheckStatistics=before)

    assert quality_statistics(aws, steps) == {"baseline": {"version": 2}, "batch": {"version": 1}}
    gone = _checked(CalculatedBaselineStatistics=f"{root}/gone", BaselineUsedForDriftCheckStatistics=before)
    assert quality_statistics(aws, gone) == {"baseline": {"version": 2}, "batch": None}


def test_an_established_baseline_is_not_compared_with_itself(aws: Aws) -> None:
    """Where the run's own statistics became the baseline, and where no inputs were checked, there is none."""
    now = f"{aws.environment.storage.root}/now/statistics.json"
    put_if_missing(aws, now, b"{}")
    steps = _checked(CalculatedBaselineStatistics=now, BaselineUsedForDriftCheckStatistics=now)

    assert quality_statistics(aws, steps) == {"baseline": None, "batch": {}}
    assert quality_statistics(aws, [{"StepName": "Join"}]) == {"baseline": None, "batch": None}
