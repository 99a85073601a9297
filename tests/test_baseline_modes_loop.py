"""Baseline modes on the mortgage example: what each carries, what is compared later, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.test_loop import JSON, Loop, approved, loop

__all__ = ["approved", "loop"]

pytestmark = pytest.mark.slow

Printed = pytest.CaptureFixture[str]
HONEST = ("batch-honest.csv", "labels-honest.csv")
SHIFTED = ("batch-shifted.csv", "labels-shifted.csv")


def version(loop: Loop, number: int) -> dict[str, Any]:
    """Return what SageMaker says of one version."""
    arn = next(each["ModelPackageArn"] for each in loop.versions() if each["ModelPackageVersion"] == number)
    return dict(loop.aws.call("sagemaker", "describe_model_package", ModelPackageName=arn))


def baselines(found: dict[str, Any]) -> dict[str, str]:
    """Return which execution computed each document of the baselines that a version carries."""
    return {
        f"{section}.{part}": source["S3Uri"].split("/mortgage/")[1].split("/")[1]
        for section, parts in found["DriftCheckBaselines"].items()
        for part, source in parts.items()
    }


def run_batch(
    loop: Loop, capsys: Printed, batch: tuple[str, ...], *options: str
) -> tuple[int, dict[str, Any]]:
    """Return exit code and verdict of monitor-batch on *batch*: its rows, and its labels if there are any."""
    capsys.readouterr()
    labels = ("--labels", loop.file(batch[1])) if len(batch) > 1 else ()
    files = ("--input", loop.file(batch[0]), *labels)
    code = loop("run", "monitor-batch", "--model", "mortgage", *files, *options, *JSON)
    return code, json.loads(capsys.readouterr().out)["verdict"]


def test_every_mode_from_run_to_the_next_run(approved: Loop, capsys: Printed) -> None:
    """Refresh compares and renews all, accept renews one without comparing, and the next run has both."""
    first = version(approved, 1)

    code, verdict = run_batch(approved, capsys, SHIFTED, "--mode", "refresh")
    assert (code, verdict["decision"]) == (10, "refused")
    assert len(approved.versions()) == 1

    code, verdict = run_batch(approved, capsys, HONEST, "--mode", "refresh")
    assert (code, {each["mode"] for each in verdict["checks"]}) == (0, {"refresh"})
    second = version(approved, 2)
    refreshed = verdict["execution_arn"].rsplit("/", 1)[1]
    assert second["ModelApprovalStatus"] == "PendingManualApproval"
    assert set(baselines(second).values()) == {refreshed}
    assert second["InferenceSpecification"]["Containers"] == first["InferenceSpecification"]["Containers"]
    assert approved("gate", "mortgage", "--version", "2", "--apply") == 0

    code, verdict = run_batch(approved, capsys, HONEST)
    assert (code, verdict["decision"], verdict["baseline"]["rows"]) == (0, "pass", 600)

    drifted = ("batch-drifted.csv",)
    assert run_batch(approved, capsys, drifted)[0] == 10
    reason = ("--reason", "new source of incomes")
    code, verdict = run_batch(approved, capsys, drifted, "--mode", "data_quality=accept", *reason)
    accepted = verdict["execution_arn"].rsplit("/", 1)[1]
    third = version(approved, 3)
    of_inputs = {"ModelDataQuality.Statistics", "ModelDataQuality.Constraints"}
    assert (code, verdict["checks"][0]["accept_reason"]) == (0, "new source of incomes")
    assert {part for part, execution in baselines(third).items() if execution == accepted} == of_inputs
    assert third["CustomerMetadataProperties"]["AcceptReason"] == "new source of incomes"
    assert "data_quality=accept" in third["CustomerMetadataProperties"]["BaselineModes"]
    assert approved("gate", "mortgage", "--version", "3", "--apply") == 0

    # The inputs are compared with the drifted batch now, outcomes still with the honest one.
    code, verdict = run_batch(approved, capsys, HONEST)
    refused = {each["monitor"] for each in verdict["findings"] if each["severity"] == "refuse"}
    assert (code, refused) == (10, {"data_quality"})
    assert {each["status"] for each in verdict["checks"]} == {"compared"}


def test_labels_are_needed_for_what_rests_on_them(approved: Loop, capsys: Printed) -> None:
    """A batch without labels accepts no baseline of bias, and registers nothing."""
    known = len(approved.versions())
    options = ("--mode", "bias=accept", "--reason", "policy changed", "--version", "2")
    code, verdict = run_batch(approved, capsys, ("batch-late.csv",), *options)

    assert (code, verdict["decision"]) == (10, "labels-missing")
    assert len(approved.versions()) == known


def test_a_candidate_may_be_accepted_in_part(approved: Loop, capsys: Printed) -> None:
    """Of a more biased candidate bias is accepted; model quality is compared all the same."""
    known = len(approved.versions())
    files = ("--artifact", approved.file("worse-model.tar.gz"))
    data = ("--baseline-data", approved.file("validation.csv"))
    modes = ("--mode", "bias=accept", "--mode", "data_quality=accept", "--reason", "agreed: minute 11")
    capsys.readouterr()
    code = approved("run", "register", "--model", "mortgage", *files, *data, *modes, *JSON)
    verdict = json.loads(capsys.readouterr().out)["verdict"]
    modes_of = {each["check_type"]: each["mode"] for each in verdict["checks"]}

    assert modes_of["DATA_BIAS"] == modes_of["MODEL_BIAS"] == modes_of["DATA_QUALITY"] == "accept"
    assert modes_of["MODEL_QUALITY"] == "check"
    assert not [each for each in verdict["findings"] if each["monitor"] == "bias" and each["limit"]]
    assert (code == 0) == (verdict["gate"] == "open") == (len(approved.versions()) == known + 1)


def test_a_window_renews_what_it_judges(approved: Loop, capsys: Printed) -> None:
    """monitor-ground-truth carries new baselines of outcomes, and those of inputs as they were."""
    approved.forget_captures()
    before, newest = version(approved, 2), len(approved.versions())
    batch = ("--input", approved.file(HONEST[0]), "--version", "2")
    assert approved("run", "monitor-batch", "--model", "mortgage", *batch) == 0
    capsys.readouterr()
    modes = ("--mode", "accept", "--reason", "seen and agreed", "--version", "2")
    labels = ("--labels", approved.file(HONEST[1]))
    code = approved("run", "monitor-ground-truth", "--model", "mortgage", *labels, *modes, *JSON)
    verdict = json.loads(capsys.readouterr().out)["verdict"]

    assert (code, verdict["decision"]) == (0, "baseline-established")
    renewed = version(approved, newest + 1)
    execution = verdict["execution_arn"].rsplit("/", 1)[1]
    now, then = baselines(renewed), baselines(before)
    outcomes = {
        "ModelQuality.Statistics",
        "ModelQuality.Constraints",
        "Bias.PreTrainingConstraints",
        "Bias.PostTrainingConstraints",
    }
    assert {part for part, where in now.items() if where == execution} == outcomes
    assert {**now, **dict.fromkeys(outcomes, "")} == {**then, **dict.fromkeys(outcomes, "")}
    assert approved("gate", "mortgage", "--version", str(newest + 1), "--apply") == 0
