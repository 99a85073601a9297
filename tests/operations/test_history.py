"""Which executions and versions a report of a model over time is made from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import put_if_missing
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.history import gather_history, read_since
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


def test_runs_of_all_pipelines_come_oldest_first_with_what_they_left(aws: Aws, model: Model) -> None:
    """A verdict, none with the step that broke, one that is no JSON; and the version that was registered."""
    first = register_version(aws, AcceptReason="a new product line")
    put_verdict(aws, make_verdict(aws.environment, first))
    second = register_version(aws)
    put_if_missing(aws, verdict_place(aws.environment, second), b"{")
    deploy(aws, "mortgage-monitor-batch-local", definition(fail_step("no rows")))
    third = start(aws, "mortgage-monitor-batch-local")
    wait(aws, third)

    found = gather_history(aws, model)
    assert [(run.execution_arn, run.pipeline, run.status) for run in found.runs] == [
        (first, "register", "Succeeded"),
        (second, "register", "Succeeded"),
        (third, "monitor-batch", "Failed"),
    ]
    assert [run.verdict is not None for run in found.runs] == [True, False, False]
    assert [bool(run.unreadable) for run in found.runs] == [False, True, False]
    assert found.runs[2].reason == "Refuse failed: no rows"
    assert [(each.number, each.execution_arn) for each in found.versions] == [(2, second), (1, first)]
    assert found.versions[1].accept_reason == "a new product line"
    assert not found.older
    assert found.details["Inventory"] == "MR-0417"


def test_the_newest_runs_are_kept(aws: Aws, model: Model) -> None:
    """Of more runs than asked for the oldest are left out, which is said; a bound in time excludes too."""
    register_version(aws)
    newest = register_version(aws)

    found = gather_history(aws, model, last=1)
    assert [run.execution_arn for run in found.runs] == [newest]
    assert found.older
    later = gather_history(aws, model, since=datetime.now(UTC) + timedelta(hours=1))
    assert (later.runs, later.older) == ([], False)


def test_a_model_that_never_ran_has_no_history(aws: Aws, model: Model) -> None:
    """Nothing deployed, nothing run: a usage error says so."""
    with pytest.raises(UsageError, match="'mortgage' has not run in 'local'"):
        gather_history(aws, model, last=5)


def test_since_is_a_date_or_a_time() -> None:
    """UTC where it says nothing else; anything else is refused with an example."""
    assert read_since("2026-03-01") == datetime(2026, 3, 1, tzinfo=UTC)
    assert read_since("2026-03-01T07:00+01:00") == datetime(2026, 3, 1, 6, tzinfo=UTC)
    with pytest.raises(UsageError, match="write 2026-03-01"):
        read_since("last week")
