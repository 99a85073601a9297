"""Labels and answers that are numbers or classes: what is joined and cut, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.steps.scripts import test_inputs, test_join
from tests.steps.scripts.test_join import SPEC, bucket

__all__ = ["bucket"]

MULTICLASS, REGRESSION = "MulticlassClassification", "Regression"
STAMPS = "7b0c,2026-01-01T00:00:00Z"


def specification(problem_type: str, label: int = 0, values: int = 1) -> str:
    """Return spec.json of a model of *problem_type*."""
    left = {key: value for key, value in SPEC.items() if key != "favourable"}
    return json.dumps(
        {**left, "problem_type": problem_type, "prediction": {"label": label, "values": values}}
    )


class Job(test_join.Job):
    """A join job's folders."""

    def joined(self, rows: list[str], problem_type: str, **prediction: int) -> int:
        """Run the script on *rows*: label, then what the model answers."""
        self.spec.write_text(specification(problem_type, **prediction))
        self.scored("".join(f"k{n},1,2,0,{row},{STAMPS}\n" for n, row in enumerate(rows)))
        return self.run()

    @property
    def said(self) -> str:
        """Return why the job failed."""
        return self.message.read_text()


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A join job without input."""
    return Job(tmp_path, monkeypatch)


@pytest.mark.usefixtures("bucket")
def test_any_number_of_numbers_is_joined_as_it_stands(job: Job) -> None:
    """Labels of a regression have as many values as there are rows."""
    assert job.joined(["1.50,1.4", "-2e3,0", "7,7.000"], REGRESSION) == 0
    assert job.text("scored") == "prediction,label\n1.4,1.50\n0,-2e3\n7.000,7\n"


@pytest.mark.usefixtures("bucket")
def test_classes_may_be_texts_and_answers_other_classes(job: Job) -> None:
    """A class that no label ever had is a wrong prediction, and nothing else."""
    assert job.joined(["cat,dog", "dog,dog", "cow,unicorn"], MULTICLASS) == 0
    assert job.text("scored") == "prediction,label\ndog,cat\ndog,dog\nunicorn,cow\n"


@pytest.mark.usefixtures("bucket")
def test_the_answer_is_the_value_that_the_specification_names(job: Job) -> None:
    """Of several values one is held against the label."""
    assert job.joined(["1,0.2,1,0.8", "0,0.9,0,0.1"], MULTICLASS, label=1, values=3) == 0
    assert job.text("scored") == "prediction,label\n1,1\n0,0\n"


@pytest.mark.parametrize(
    ("rows", "problem_type", "said"),
    [
        (["1,2", "many,2"], REGRESSION, "line 2: the label is no number, but regression needs numbers"),
        (["1,2", "inf,2"], REGRESSION, "line 2: the label is no number"),
        (["1,2", "3,none"], REGRESSION, "line 2: the model's answer is no number; a predicted number is"),
        (["a,b", "a, "], MULTICLASS, "line 2: the model's answer is empty; a class is expected"),
        (
            ["1,0", "0,nan"],
            MULTICLASS,
            "line 2: the model's answer is not a number (NaN) or infinite; a class",
        ),
        (["1,0", "NaN,1"], MULTICLASS, "line 2: the label is not a number (NaN) or infinite, which is no"),
        (["cat,0", "dog,1"], MULTICLASS, "the labels are texts and the model answers numbers"),
        (["0,cat", "1,dog"], MULTICLASS, "the labels are numbers and the model answers texts"),
        ([f"{n},0" for n in range(1_001)], MULTICLASS, "more than 1000 different values"),
    ],
)
@pytest.mark.usefixtures("bucket")
def test_what_cannot_be_meant_is_refused(job: Job, rows: list[str], problem_type: str, said: str) -> None:
    """The message says where and what is expected, and nothing is left half written."""
    assert job.joined(rows, problem_type) == 1
    assert said in job.said
    assert not list(job.output.rglob("data.csv"))


@pytest.mark.parametrize(
    ("problem_type", "labels", "fits"),
    [
        (REGRESSION, [str(n / 7) for n in range(50)], True),
        (REGRESSION, ["", "3"], True),
        (REGRESSION, ["3", "many"], False),
        (MULTICLASS, ["cat", "dog", "cow", ""], True),
        (MULTICLASS, [str(n) for n in range(1_001)], False),
        ("BinaryClassification", ["0", "1", "2"], False),
    ],
)
def test_the_last_column_is_a_label_where_it_can_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem_type: str, labels: list[str], fits: bool
) -> None:
    """A batch with its label has one cell more; one that is no label is a column too many."""
    job = test_inputs.Job(tmp_path, monkeypatch)
    if problem_type != "BinaryClassification":
        job.spec.write_text(specification(problem_type))
    job.batch("".join(f"k{n},1.5,2,0,{label}\n" for n, label in enumerate(labels)))

    assert job.run() == 0
    assert job.columns == ("fit" if fits else "do-not-fit")


def test_specifications_of_earlier_versions_are_binary(job: Job) -> None:
    """Without a problem type labels have two values, as before."""
    from steps.scripts.joining.columns import read_columns

    columns: Any = read_columns(SPEC)

    assert (columns.problem_type, columns.numeric_label, columns.prediction) == (
        "BinaryClassification",
        True,
        0,
    )
