"""Collecting a window of an endpoint's captures: which rows there are, whose they are, and what is told."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from steps.scripts import collect_endpoint
from steps.scripts.captured_window import hours_of
from steps.scripts.collect import CollectError, Window, stamp
from steps.scripts.scheduled import scheduled_window
from tests.analysis.invocations.test_records import line
from tests.steps.scripts.test_serving import GROUP, VERSION_1, VERSION_2, account

ENDPOINT: dict[str, Any] = {
    "variants": [],
    "window": [-2, 0],
    "request_type": "text/csv",
    "features": None,
    "record_key": None,
    "answer_type": "text/csv",
    "prediction": None,
    "needs_answers": True,
    "maximum_unusable": 0.0,
}
SPEC: dict[str, Any] = {
    "columns": {"record_key": "id", "features": ["a", "b"], "facet_columns": ["sex"], "label": "y"},
    "prediction": {"probability": 0, "values": 1},
    "monitors": ["data_quality", "bias"],
}
DEPLOYED = datetime(2026, 3, 1, 7, tzinfo=UTC)


class Objects:
    """Objects by key, listed and read as S3 does it."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def get_paginator(self, name: str) -> Objects:
        assert name == "list_objects_v2"
        return self

    def paginate(self, **request: str) -> Iterator[Mapping[str, Any]]:
        prefix, delimiter = request["Prefix"], request.get("Delimiter")
        below = sorted(
            key for key in self.texts if key.startswith(prefix) and key > request.get("StartAfter", "")
        )
        if delimiter:
            heads = dict.fromkeys(key[len(prefix) :].partition(delimiter)[0] for key in below)
            yield {"CommonPrefixes": [{"Prefix": f"{prefix}{head}{delimiter}"} for head in heads]}
            return
        for start in range(0, len(below), 2):
            yield {"Contents": [{"Key": key, "Size": 1} for key in below[start : start + 2]]}

    def get_object(self, **request: str) -> Any:
        content = self.texts[request["Key"]].encode()
        return {"Body": Namespace(read=lambda: content)}


class Job:
    """A collect job over one endpoint's captures."""

    def __init__(self, root: Path) -> None:
        self.root, self.s3 = root, Objects()
        self.ask = account(VERSION_1, modified=DEPLOYED)

    def capture(self, hour: str, *lines: str, variant: str = "v0", name: str = "00-00-000-x.jsonl") -> None:
        """Put captured lines under an hour."""
        self.s3.texts[f"capture/live/{variant}/2026/03/01/{hour}/{name}"] = "".join(
            f"{each}\n" for each in lines
        )

    def run(
        self, version: int | None = 1, *, spec: dict[str, Any] | None = None, **given: Any
    ) -> dict[str, Any]:
        """Collect 08 and 09 o'clock as the script does, and return collect.json."""
        endpoint = {**ENDPOINT, **given.pop("endpoint", {})}
        path = self.root / "spec.json"
        path.write_text(json.dumps({**SPEC, **(spec or {}), "endpoint": endpoint}))
        options = {
            "spec": path,
            "output": self.root / "output",
            "endpoint": "live",
            "capture_uri": "",
            "window_start": "2026-03-01T08:00:00Z",
            "window_end": "2026-03-01T10:00:00Z",
            "scheduled_time": "",
            "model_package_arn": f"{GROUP}/{version}" if version else "",
            "model_package_group": "loans",
            "served_by": "endpoint",
        }
        collect_endpoint.run(Namespace(**{**options, **given}), self.s3, self.ask)
        return dict(json.loads((self.root / "output" / "summary" / "collect.json").read_text()))

    def text(self, name: str) -> str:
        """Return a file that was written."""
        return (self.root / "output" / name).read_text()

    @property
    def rows(self) -> str:
        """Return the collected rows."""
        return self.text("transform/part-00000.csv")

    def files(self) -> set[str]:
        """Return which files there are."""
        output = self.root / "output"
        return {str(path.relative_to(output)) for path in output.rglob("*") if path.is_file()}


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job without captures; version 1 is served since seven o'clock."""
    return Job(tmp_path)


def at(hour: str, sent: str = "1,2", answered: str = "0.5", **more: Any) -> str:
    """A captured request of an hour."""
    return line(sent, answered, inferenceTime=f"2026-03-01T{hour}:30:00Z", **more)


def notes(summary: dict[str, Any]) -> dict[str, str]:
    """What else the verdict is told, by what it is about."""
    return {each["name"]: each["why"] for each in summary["notes"]}


def test_the_hours_of_the_window_become_rows_of_a_scored_batch(job: Job) -> None:
    """Key, features, empty facet columns, answer, id, time; hours in order, and features under a header."""
    for hour in ("07", "08", "09", "10"):
        job.capture(hour, at(hour, f"{hour},2.50", "0.5\n", inferenceId=f"i{hour}"))
    job.capture("09", at("09", "x,y\nz,w", "0.1\n0.2\n"), name="59-00-000-x.jsonl")
    job.s3.texts["capture/live/v0/2026/03/01/09/readme.txt"] = "not read"
    job.s3.texts["capture/live-2/v0/2026/03/01/09/a.jsonl"] = "not read"

    summary = job.run()

    assert (summary["status"], summary["rows"], summary["requests"], summary["columns"]) == (
        "captured",
        4,
        3,
        "fit",
    )
    assert job.rows.splitlines() == [
        "i08,08,2.50,,0.5,i08,2026-03-01T08:30:00Z",
        "i09,09,2.50,,0.5,i09,2026-03-01T09:30:00Z",
        "e1/0,x,y,,0.1,e1/0,2026-03-01T09:30:00Z",
        "e1/1,z,w,,0.2,e1/1,2026-03-01T09:30:00Z",
    ]
    assert job.text("features/data.csv") == "a,b\n08,2.50\n09,2.50\nx,y\nz,w\n"
    assert notes(summary)["inference ids"].startswith("1 of 3 requests came without an inference id")
    assert notes(summary)["sampling"] == "the endpoint captures 20 % of its requests"


def test_without_a_version_it_is_the_one_that_is_served(job: Job) -> None:
    """A scheduled run names none."""
    job.capture("08", at("08"))

    assert job.run(None)["model_package_arn"] == f"{GROUP}/1"


@pytest.mark.parametrize(("approved", "judged"), [(3, 3), (4, 1), (None, 1)])
def test_a_served_version_with_a_new_baseline_is_judged_by_that(
    job: Job, approved: int | None, judged: int
) -> None:
    """Registered once more and approved, it need not be deployed anew; another artifact must."""
    job.ask = account(VERSION_1, modified=DEPLOYED, approved=approved)
    job.capture("08", at("08"))

    summary = job.run(None)

    assert (summary["status"], summary["model_package_arn"]) == ("captured", f"{GROUP}/{judged}")


def test_an_hour_without_captures_is_told(job: Job) -> None:
    """A window that is partly empty is judged by what there is, and the verdict says how little that is."""
    job.capture("09", at("09"))

    assert notes(job.run())["hours"] == "nothing was captured in 1 of 2 hours: 2026-03-01T08:00:00Z"


def test_an_empty_window_is_a_status(job: Job) -> None:
    """Nothing captured is no failure, and leaves no file of rows."""
    summary = job.run()

    assert (summary["status"], summary["reason"]) == ("window-empty", "looked below s3://data/capture/live/")
    assert job.files() == {"summary/collect.json"}


@pytest.mark.parametrize("served", [(VERSION_2,), ({"Image": "x", "ModelDataUrl": "s3://data/two.tar.gz"},)])
def test_answers_of_another_version_are_no_evidence(job: Job, served: Any) -> None:
    """The endpoint serves another version than the run judges."""
    job.ask = account(*served, modified=DEPLOYED)
    job.capture("08", at("08"))

    summary = job.run()

    assert summary["status"] == "unusable"
    assert summary["reason"].startswith("baseline-version-mismatch: the window was answered by ")
    assert summary["reason"].endswith("(variant v0), and the run judges version 1")


def test_of_several_variants_those_of_the_version_are_judged(job: Job) -> None:
    """A canary's answers are left to the run that judges its version, and told."""
    job.ask = account(VERSION_1, VERSION_2, modified=DEPLOYED)
    job.capture("08", at("08"), at("08"))
    job.capture("08", at("08"), variant="v1")

    summary = job.run()

    assert (summary["status"], summary["rows"]) == ("captured", 2)
    assert notes(summary)["variant v1"] == "1 of 3 requests were answered by another version"
    assert "serves versions 1, 2: name one" in job.run(None)["reason"]
    assert job.run(None, endpoint={"variants": ["v1"]})["model_package_arn"] == f"{GROUP}/2"
    assert "has no variant v7; it has: v0, v1" in job.run(None, endpoint={"variants": ["v7"]})["reason"]


def test_what_was_answered_before_the_deployment_needs_somebody_s_word(job: Job) -> None:
    """An endpoint that was updated within the window cannot tell; a version that the run names is told so."""
    job.ask = account(VERSION_1, modified=datetime(2026, 3, 1, 9, tzinfo=UTC))
    job.capture("08", at("08"))
    job.capture("09", at("09"))

    summary = job.run()
    stated = job.run(served_by="stated")

    assert (summary["status"], summary["rows"]) == ("unusable", 1)
    assert summary["reason"].startswith(
        "1 of 2 requests were answered before 2026-03-01T09:00:00Z, and which"
    )
    assert (stated["status"], stated["rows"]) == ("captured", 2)
    assert notes(stated)["version"].startswith("that version 1 answered 1 of 2 requests is the run's word")


def test_the_version_before_is_judged_by_what_it_answered(job: Job) -> None:
    """After an update to version 2, a run that names version 1 takes what came before it alone."""
    job.ask = account(VERSION_2, modified=datetime(2026, 3, 1, 9, tzinfo=UTC))
    job.capture("08", at("08"))
    job.capture("09", at("09"))

    summary = job.run(served_by="stated")

    assert (summary["status"], summary["rows"]) == ("captured", 1)
    assert notes(summary)["variant v0"] == "1 of 2 requests were answered by another version"


def test_a_deleted_endpoint_s_captures_need_version_and_place(job: Job) -> None:
    """Deleted or renamed: which version answered is not known, nor where it captured."""
    job.capture("08", at("08"))
    job.ask = lambda operation, **request: None
    place = "s3://data/capture"

    assert "endpoint.capture does not say where" in job.run(served_by="stated")["reason"]
    assert "was it deleted or renamed?" in job.run(capture_uri=place)["reason"]
    assert "the run names no version" in job.run(None, capture_uri=place)["reason"]
    assert job.run(capture_uri=place, served_by="stated")["status"] == "captured"


def test_an_endpoint_that_captures_nothing_says_so(job: Job) -> None:
    """Without a DataCaptureConfig there is nowhere to look."""
    described = dict(job.ask("describe_endpoint", EndpointName="live"), DataCaptureConfig=None)
    known = job.ask
    job.ask = lambda operation, **request: (
        described if operation == "describe_endpoint" else known(operation, **request)
    )

    assert job.run()["reason"] == "endpoint live captures nothing: its configuration has no DataCaptureConfig"


def test_a_line_that_is_no_record_is_no_evidence_unless_it_may_be_left_out(job: Job) -> None:
    """The first is named by object and line; a share that is allowed is told instead."""
    job.capture("08", at("08"), "{", at("08"), at("08"))

    summary = job.run()
    allowed = job.run(endpoint={"maximum_unusable": 0.25})

    where = "s3://data/capture/live/v0/2026/03/01/08/00-00-000-x.jsonl line 2 is not JSON"
    assert summary["status"] == "unusable"
    assert summary["reason"].startswith(f"1 of 4 captured requests cannot be used, such as {where}")
    assert (allowed["status"], allowed["rows"]) == ("captured", 3)
    assert notes(allowed)["unusable"].startswith(f"1 of 4 captured requests were left out, such as {where}")


@pytest.mark.parametrize(
    ("captured", "why"),
    [
        (line(None, "0.5", inferenceTime="2026-03-01T08:00:00Z"), "CaptureMode Input"),
        (line("1,2", None, inferenceTime="2026-03-01T08:00:00Z"), "CaptureMode Output"),
    ],
)
def test_half_a_capture_is_no_evidence(job: Job, captured: str, why: str) -> None:
    """An endpoint that captures inputs or outputs alone is told which CaptureMode it lacks."""
    job.capture("08", captured)

    assert why in job.run()["reason"]


def test_inputs_alone_will_do_where_no_answer_is_needed(job: Job) -> None:
    """Data quality and attributions need no captured answer."""
    job.capture("08", line("1,2", None, inferenceTime="2026-03-01T08:00:00Z"))

    assert job.run(endpoint={"needs_answers": False})["status"] == "captured"


def test_records_with_other_columns_are_what_is_checked(job: Job) -> None:
    """A column too many, even of one record, is told by the check of inputs; without that, no evidence."""
    job.capture("08", at("08"), at("08", "1,2,3"), at("08", "4,5,6"), at("08", "1"))

    summary = job.run()

    assert (summary["status"], summary["columns"]) == ("captured", "do-not-fit")
    assert job.text("features/data.csv") == "a,b,extra_1\n1,2,3\n4,5,6\n"
    assert job.files() == {"summary/collect.json", "features/data.csv"}
    assert notes(summary)["columns"].startswith("3 of 4 records have other columns than the model, the first")
    assert job.run(spec={"monitors": ["bias"]})["status"] == "unusable"


def test_a_scheduled_run_judges_the_hours_before_its_time() -> None:
    """Offsets count from the hour of the scheduled time; without one from the time of the run."""
    now = datetime(2026, 3, 2, 6, 40, tzinfo=UTC)

    window = scheduled_window("2026-03-02T06:20:00Z", (-24, 0), now)
    of_now = scheduled_window("", (-1, 0), now)

    assert (stamp(window.start), stamp(window.end)) == ("2026-03-01T06:00:00Z", "2026-03-02T06:00:00Z")
    assert (stamp(of_now.start), stamp(of_now.end)) == ("2026-03-02T05:00:00Z", "2026-03-02T06:00:00Z")
    with pytest.raises(CollectError, match="'soon' is no time"):
        scheduled_window("soon", (-1, 0), now)


def test_hours_that_have_not_begun_are_not_empty() -> None:
    """A window that goes on beyond now has the hours until now."""
    window = Window(datetime(2026, 3, 1, 22, tzinfo=UTC), datetime(2026, 3, 2, 2, tzinfo=UTC))

    assert hours_of(window, datetime(2026, 3, 1, 23, 10, tzinfo=UTC)) == ["2026/03/01/22", "2026/03/01/23"]
    assert hours_of(window, datetime(2026, 3, 1, 22, tzinfo=UTC)) == []
