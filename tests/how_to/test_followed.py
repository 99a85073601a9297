"""Pages of docs/how-to, followed: every file and command of each, on one endpoint that was asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from tests.how_to.watched import Watched, watched

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """An endpoint with 600 captured requests, for all pages."""
    folder = tmp_path_factory.mktemp("how-to")
    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server:
        yield watched(folder, server)


def test_scripts_reshape_drop_sample_and_log(endpoint: Watched) -> None:
    """A code becomes a missing value, a product is left out, a quarter stays, and one request is told."""
    followed = endpoint.follow("preprocessing-scripts.md")

    followed.check()


def test_a_script_runs_after_the_analysis(endpoint: Watched) -> None:
    """It reads what the analysis left, and says it in the job's log, or fails the execution."""
    followed = endpoint.follow("postprocessing-script.md")

    followed.check()


def test_labels_that_come_days_later_are_judged_by_day(endpoint: Watched) -> None:
    """Due today the window holds nothing; due in three days, requests and the labels of their hours."""
    followed = endpoint.follow("late-ground-truth.md")

    followed.check()


def test_edited_constraints_take_the_place_of_the_versions(endpoint: Watched) -> None:
    """Missing values that the version's own would report are allowed by the edited document."""
    followed = endpoint.follow("custom-baseline.md")

    followed.check()


def test_violations_are_read_where_they_lie(endpoint: Watched) -> None:
    """The status says that there are some, the document which and how far, and the alarm on it goes off."""
    followed = endpoint.follow("reading-violations.md")

    followed.check()


def test_a_check_runs_right_now(endpoint: Watched) -> None:
    """The pipeline judges the present hour and passes; a schedule that says NOW is made."""
    followed = endpoint.follow("on-demand-and-now.md")

    followed.check()


def test_a_watched_endpoint_is_deleted_after_its_schedules(endpoint: Watched) -> None:
    """The refusal names the schedule; once the schedules are gone the endpoint goes."""
    followed = endpoint.follow("deleting-a-watched-endpoint.md")

    followed.check()
