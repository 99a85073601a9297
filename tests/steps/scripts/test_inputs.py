"""Cutting a raw batch down to its features: what comes out, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from steps.scripts import inputs
from tests.steps.scripts.test_join import SPEC


class Job:
    """An inputs job's folders."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.input, self.output, self.message = root / "input", root / "output", root / "message"
        self.input.mkdir()
        self.spec = root / "spec.json"
        self.spec.write_text(json.dumps(SPEC))
        monkeypatch.setenv("OUTPUT_MESSAGE_PATH", str(self.message))

    def batch(self, text: str, name: str = "batch.csv") -> None:
        """Add a file of the batch."""
        path = self.input / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def run(self) -> int:
        """Run the script as the container does."""
        options = ("--spec", self.spec, "--input", self.input, "--output", self.output)
        return inputs.main([str(option) for option in options])

    @property
    def features(self) -> str:
        """Return what was written for data quality."""
        return (self.output / "features" / "data.csv").read_text()

    @property
    def columns(self) -> str:
        """Return whether the columns fit, as inputs.json says."""
        return str(json.loads((self.output / "summary" / "inputs.json").read_text())["columns"])

    def files(self) -> list[str]:
        """Return every file that was written."""
        return sorted(str(path.relative_to(self.output)) for path in self.output.rglob("*") if path.is_file())


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """An inputs job with an empty batch."""
    return Job(tmp_path, monkeypatch)


@pytest.mark.parametrize("label", ["", ",1", ","])
def test_only_features_are_left_as_they_stand(job: Job, label: str) -> None:
    """The key, the facet columns and the label go; cells stay what they were, below a header."""
    job.batch(f'a,1.0,007,1{label}\r\nb,1,"x, y", 0{label}\r\n')

    assert job.run() == 0
    assert job.features == 'income,term\n1.0,007\n1,"x, y"\n'
    assert job.columns == "fit"
    assert job.files() == ["features/data.csv", "summary/inputs.json"]


def test_all_files_of_a_batch_are_read_in_the_order_of_their_names(job: Job) -> None:
    """A batch may be many files; empty ones and blank lines are no rows."""
    job.batch("c,5,6,1\n\n", "2/b.csv")
    job.batch("\ufeffa,1,2,1\n", "1/a.csv")
    job.batch("", "_SUCCESS")

    assert job.run() == 0
    assert job.features == "income,term\n1,2\n5,6\n"


@pytest.mark.parametrize(
    ("rows", "features"),
    [
        ("a,1,2,3,4,1\nb,1,2,3,4,0\n", "income,term,extra_1,extra_2\n1,2,3,4\n1,2,3,4\n"),
        ("a,1,1\nb,1,0\n", "income\n1\n1\n"),
        ("a,1,2,x,1.5\nb,1,2,y,2.5\nc,1,2,y,3.5\n", "income,term,extra_1\n1,2,x\n1,2,y\n1,2,y\n"),
        ("a,1,2,x,yes\nb,1,2,y,no\n", "income,term,extra_1\n1,2,x\n1,2,y\n"),
    ],
)
def test_another_number_of_columns_reaches_the_check(job: Job, rows: str, features: str) -> None:
    """Too many cells are extra columns, too few leave names out; a last column that is no label is extra."""
    job.batch(rows)

    assert job.run() == 0
    assert (job.features, job.columns) == (features, "do-not-fit")


def test_three_thousand_columns_are_cut_in_a_moment(job: Job) -> None:
    """A wide batch is one line of names and its cells."""
    spec = {**SPEC, "columns": {**SPEC["columns"], "features": [f"f{n}" for n in range(3000)]}}  # type: ignore[dict-item]
    job.spec.write_text(json.dumps(spec))
    job.batch("".join(f"{row},{','.join('1' * 3000)},1\n" for row in range(100)))

    assert job.run() == 0
    assert job.features.count("\n") == 101
    assert job.columns == "fit"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("", "there are no rows: is the batch empty?"),
        ("a,1,2,1\nb,1,2\n", "batch.csv line 2 has 3 cells; the first row has 4"),
        ("a,1\n", "the rows have 2 cells; with id and 1 facet columns there are at least 3, and 4 with all"),
        ("id,income,term,black,approve\na,1,2,1,1\n", "batch.csv line 1 holds the column names"),
        ("id,income,term,black\na,1,2,1\n", "batch.csv line 1 holds the column names"),
        ("id, income ,extra,term,black\na,1,2,3,1\n", "batch.csv line 1 holds the column names"),
        ("id,income,black\na,1,1\n", "batch.csv line 1 holds the column names"),
        ('a,"1,2,1\n', "is not CSV"),
    ],
)
def test_batches_that_cannot_be_read(job: Job, rows: str, reason: str) -> None:
    """A ragged, empty or headed batch fails the job with file and line, and nothing is half-written."""
    job.batch(rows)

    assert job.run() == 1
    assert reason in job.message.read_text()
    assert job.files() == []


def test_a_header_in_a_later_file_is_found(job: Job) -> None:
    """Each file's first row is looked at."""
    job.batch("a,1,2,1\n", "a.csv")
    job.batch("id,income,term,black\nb,1,2,1\n", "b.csv")

    assert job.run() == 1
    assert "b.csv line 1 holds the column names" in job.message.read_text()


def test_columns_called_by_numbers_are_no_header(job: Job) -> None:
    """Where columns are called 0, 1, 2, a row of such numbers in other places is data."""
    columns = {"record_key": "0", "features": ["1", "2"], "facet_columns": ["3"], "label": "4"}
    job.spec.write_text(json.dumps({**SPEC, "columns": columns}))
    job.batch("7,1,2,1\n")

    assert job.run() == 0
    assert job.features == "1,2\n1,2\n"


def test_files_of_different_width_are_ragged(job: Job) -> None:
    """A batch has one width, over all of its files."""
    job.batch("a,1,2,1\n", "a.csv")
    job.batch("b,1,2,3,1,1\n", "b.csv")

    assert job.run() == 1
    assert "b.csv line 1 has 6 cells; the first row has 4" in job.message.read_text()


def test_text_in_another_encoding_is_refused_without_its_values(job: Job) -> None:
    """Bytes that are no UTF-8 are named by their file, and no cell is shown."""
    (job.input / "batch.csv").write_bytes(b"secret,\xff,2,1\n")

    assert job.run() == 1
    assert "batch.csv is not UTF-8" in job.message.read_text()
    assert "secret" not in job.message.read_text()
