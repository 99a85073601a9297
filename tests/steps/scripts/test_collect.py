"""Collecting what was captured in a window: which objects, in which hours, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from steps.scripts import collect
from tests.steps.scripts.test_join import ADDED, SPEC, bucket

pytestmark = pytest.mark.long

__all__ = ["bucket"]

CAPTURE = "s3://data/mortgage/capture"


class Job:
    """A collect job's folders, and the captures that it may find."""

    def __init__(self, root: Path, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.output, self.message, self.s3 = root / "output", root / "message", s3
        self.spec = root / "spec.json"
        self.spec.write_text(json.dumps(SPEC))
        monkeypatch.setenv("OUTPUT_MESSAGE_PATH", str(self.message))

    def store(self, key: str, text: str) -> None:
        """Write an object."""
        self.s3.put_object(Bucket="data", Key=key, Body=text.encode())

    def capture(self, hour: str, *names: str, prefix: str = "s3://data/out/", file: str = "a.json") -> None:
        """Write an output manifest in AWS's form."""
        text = json.dumps([{"prefix": prefix}, *names], indent=4)
        self.store(f"mortgage/capture/output/{hour}/{file}", text)

    def run(
        self, start: str = "2026-03-01T09:00:00Z", end: str = "2026-03-01T11:00:00Z", uri: str = CAPTURE
    ) -> int:
        """Run the script as the container does."""
        arguments = [f"--capture-uri={uri}", f"--window-start={start}", f"--window-end={end}"]
        return collect.main(["--spec", str(self.spec), *arguments, "--output", str(self.output)])

    @property
    def summary(self) -> dict[str, Any]:
        """Return collect.json."""
        return dict(json.loads((self.output / "summary" / "collect.json").read_text()))

    def parts(self) -> dict[str, str]:
        """Return the collected files by name."""
        return {
            path.name: path.read_bytes().decode() for path in sorted((self.output / "transform").iterdir())
        }

    @property
    def reason(self) -> str:
        """Return why the job failed."""
        return self.message.read_text()


@pytest.fixture
def job(tmp_path: Path, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A collect job without captures."""
    return Job(tmp_path, bucket, monkeypatch)


def test_the_hours_of_the_window_are_collected_as_they_stand(job: Job) -> None:
    """The start's hour is in, the end's is not; rows come in the order of the hours, byte for byte."""
    for hour in ("08", "09", "10", "11"):
        job.store(f"out/{hour}.out", f'{hour},1.0,"x, y",0,{ADDED}\r\n')
        job.capture(f"2026/03/01/{hour}", f"{hour}.out")
    job.capture("2026/03/02/09", "absent.out")
    job.capture("2025/03/01/09", "absent.out")

    assert job.run() == 0
    assert job.parts() == {
        "part-00000.csv": f'09,1.0,"x, y",0,{ADDED}\r\n',
        "part-00001.csv": f'10,1.0,"x, y",0,{ADDED}\r\n',
    }
    assert job.summary == {
        "schema_version": 1,
        "window": {"start": "2026-03-01T09:00:00Z", "end": "2026-03-01T11:00:00Z"},
        "manifests": 2,
        "objects": 2,
        "rows": 2,
        "status": "captured",
    }


def test_a_manifest_may_name_one_object_or_many(job: Job) -> None:
    """An empty name is the prefix itself; a batch of several files has several names."""
    for name in ("a", "b", "c"):
        job.store(f"out/{name}.out", f"{name},1,2,0,{ADDED}\n")
    job.capture("2026/03/01/09", "a.out", "b.out", file="1.json")
    job.capture("2026/03/01/09", "", prefix="s3://data/out/c.out", file="2.json")

    assert job.run(uri=f"{CAPTURE}/") == 0
    assert [text[0] for text in job.parts().values()] == ["a", "b", "c"]
    assert (job.summary["manifests"], job.summary["objects"]) == (2, 3)


def test_a_transform_captured_twice_is_read_once(job: Job) -> None:
    """Two manifests that name one object do not double its rows."""
    job.store("out/a.out", f"a,1,2,0,{ADDED}\n")
    job.capture("2026/03/01/09", "a.out")
    job.capture("2026/03/01/10", "out/a.out", prefix="s3://data/")

    assert job.run() == 0
    assert (job.summary["manifests"], job.summary["objects"], job.summary["rows"]) == (2, 1, 1)


def test_an_empty_window_is_a_status(job: Job) -> None:
    """Nothing captured is no failure; other files below the root are no manifests."""
    job.store("mortgage/capture/input/2026/03/01/09/a.json", "not read")
    job.store("mortgage/capture/output/2026/03/01/09/a.txt", "not read")
    job.store("mortgage/capture/output/2026/03/01/09/deeper/a.json", "not read")
    job.store("mortgage/capture-register/output/2026/03/01/09/a.json", "not read")

    assert job.run() == 0
    assert job.parts() == {}
    assert (job.summary["status"], job.summary["rows"]) == ("window-empty", 0)


def test_captures_without_a_row_are_an_empty_window(job: Job) -> None:
    """An empty output object is no input for the join."""
    job.store("out/a.out", "")
    job.capture("2026/03/01/09", "a.out")

    assert job.run() == 0
    assert (job.parts(), job.summary["status"]) == ({}, "window-empty")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-01", "2026-03-02"),
        ("2026-03-01T09:00", "2026-03-01T10:00:00.000Z"),
        ("2026-03-01T10:00:00+01:00", "2026-03-01T10:00:00z"),
        ("2026-02-28", "2026-05-01"),  # 62 days
    ],
)
def test_windows_may_be_dates_or_times(job: Job, start: str, end: str) -> None:
    """Dates are midnights of UTC, times without a zone are UTC, and others are converted."""
    job.store("out/a.out", f"a,1,2,0,{ADDED}\n")
    job.capture("2026/03/01/09", "a.out")

    assert job.run(start, end) == 0
    assert job.summary["rows"] == 1


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        ("2026-03-01T09:30:00Z", "2026-03-02", "--window-start '2026-03-01T09:30:00Z' is not on the hour"),
        ("2026-03-01T09:30:00Z", "2026-03-02", "give 2026-03-01T09:00:00Z"),
        ("2026-03-01", "2026-03-01T23:30:00Z", "give 2026-03-02T00:00:00Z"),
        ("2026-03-01T00:00+05:30", "2026-03-02", "is not on the hour"),
        ("2026-03-02", "2026-03-01", "its end is excluded, and must be later than its start"),
        ("2026-03-01", "2026-03-01", "has no hour in it"),
        ("2026-03-01", "2026-05-02T01:00", "is longer than the 62 days that are collected at once"),
        ("", "2026-05-03", "--window-start '' is no date or time; write 2026-03-01"),
        ("2026-03-01", "next week", "--window-end 'next week' is no date or time"),
        ("0001-01-01T00:00+10:00", "2026-03-01", "is no date or time"),
    ],
)
def test_windows_that_are_refused(job: Job, start: str, end: str, reason: str) -> None:
    """A window that is no whole hours, ends before it begins, or is too long, fails with the fix."""
    assert job.run(start, end) == 1
    assert reason in job.reason


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ("{", "a.json is no capture manifest"),
        ("[]", "a.json is no capture manifest"),
        ("{}", "a.json is no capture manifest"),
        ('[{"prefix": "s3://data/"}]', "a.json is no capture manifest"),
        ('[{"prefix": "s3://data/"}, 1]', "a.json is no capture manifest"),
        ('[{"prefix": "/etc/"}, "passwd"]', "a.json is no capture manifest"),
        ('[{"prefix": "s3://data/"}, "gone.out"]', "names s3://data/gone.out, which does not exist"),
        ('[{"prefix": "s3://nowhere/"}, "gone.out"]', "names s3://nowhere/gone.out, which does not exist"),
    ],
)
def test_manifests_that_lead_nowhere(job: Job, manifest: str, reason: str) -> None:
    """A broken manifest, or one that names an absent object, fails the job with its name; nothing is left."""
    job.store("out/a.out", f"a,1,2,0,{ADDED}\n")
    job.capture("2026/03/01/09", "a.out", file="0.json")
    job.store("mortgage/capture/output/2026/03/01/09/a.json", manifest)

    assert job.run() == 1
    assert reason in job.reason
    assert "s3://data/mortgage/capture/output/2026/03/01/09/a.json" in job.reason
    assert [path for path in job.output.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (
            f"a,1,2,0,{ADDED}\nb,1,2,{ADDED}\n",
            "s3://data/out/a.out line 2 has 6 columns; the first row has 7",
        ),
        (f"a,1,2,{ADDED}\n", "line 1 has 6 columns; expected 7, or 8 with the label"),
        ("a,1,2,0,secret,0.7,0.8\n", "line 1 does not end with an inference id and time"),
        (f'a,"1,2,0,{ADDED}\n', "is not CSV"),
    ],
)
def test_output_that_is_no_captured_transform(job: Job, rows: str, reason: str) -> None:
    """Rows that the join could not read are named by their object and line, not by a part's number."""
    job.store("out/a.out", rows)
    job.capture("2026/03/01/09", "a.out")

    assert job.run() == 1
    assert reason in job.reason
    assert "secret" not in job.reason
    assert list((job.output / "transform").iterdir()) == []


@pytest.mark.parametrize(
    ("uri", "reason"),
    [("s3://absent/capture", "NoSuchBucket"), ("/opt/ml/capture", "'/opt/ml/capture' is not an S3 URI")],
)
def test_a_capture_root_that_is_none(job: Job, uri: str, reason: str) -> None:
    """A bucket that does not exist, or a path, is told as it is."""
    assert job.run(uri=uri) == 1
    assert reason in job.reason


def test_the_log_tells_which_object_each_part_is(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    """What a later step says of a part can be traced to its object."""
    job.store("out/a.out", f"a,1,2,0,{ADDED}\n")
    job.capture("2026/03/01/09", "a.out")
    job.run()

    assert "part-00000.csv: 1 rows of s3://data/out/a.out" in capsys.readouterr().out
