"""Facets and predicted labels from files of their own: joined by row or by key, and kept from the model."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import Container, serve

ROWS = [
    [f"k{index:03d}", 20 + index % 50, (index * 37) % 100 / 10, int(index % 3 > 0)] for index in range(120)
]
FACETS = [[row[0], index % 2, f"town {index % 4}"] for index, row in enumerate(ROWS)]
GUESSES = [[row[0], int(index % 5 > 1)] for index, row in enumerate(ROWS)]
FACET_URI, GUESS_URI = "s3://bucket/facets", "s3://bucket/guesses.csv"
CONFIG: dict[str, Any] = {
    "dataset_type": "text/csv",
    "headers": ["id", "age", "income", "approve"],
    "label": "approve",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "sex", "value_or_threshold": [1]}],
    "group_variable": "town",
    "joinsource_name_or_index": "id",
    "facet_dataset_uri": FACET_URI,
    "facet_headers": ["id", "sex", "town"],
    "predicted_label_dataset_uri": GUESS_URI,
    "predicted_label_headers": ["id", "guess"],
    "methods": {"pre_training_bias": {"methods": "all"}, "post_training_bias": {"methods": "all"}},
}


def csv(rows: list[list[Any]]) -> str:
    """Return *rows* as CSV without a header."""
    return "".join(",".join(map(str, row)) + "\n" for row in rows)


def without(*keys: str, **changes: Any) -> dict[str, Any]:
    """Return the configuration without *keys* and with *changes*."""
    return {key: each for key, each in {**CONFIG, **changes}.items() if key not in keys}


def placed(
    container: Container, *, facets: list[list[Any]] = FACETS, guesses: list[list[Any]] = GUESSES
) -> Container:
    """Put the dataset and both side files in place."""
    container.add("d.csv", csv(ROWS))
    container.add("f.csv", csv(facets), input_name="facet_dataset")
    return container.add("g.csv", csv(guesses), input_name="predicted_label_dataset")


@pytest.fixture
def expected(container: Container) -> Any:
    """The analysis of one file that has all columns."""
    rows = [[*row, *facet[1:], guess[1]] for row, facet, guess in zip(ROWS, FACETS, GUESSES, strict=True)]
    config = without(
        *("facet_dataset_uri", "facet_headers", "predicted_label_dataset_uri", "predicted_label_headers"),
        headers=["id", "age", "income", "approve", "sex", "town", "guess"],
        predicted_label="guess",
    )
    done = Container(container.root.parent / "whole").add("d.csv", csv(rows)).run(config)
    assert done.code == 0, done.message
    return done.document("analysis.json")


@pytest.mark.parametrize("order", [1, -1])
def test_rows_are_joined_by_the_key(container: Container, expected: Any, order: int) -> None:
    """Whatever the order of the rows, each gets its own facet and predicted label."""
    done = placed(container, facets=FACETS[::order], guesses=GUESSES[::order]).run(CONFIG)

    assert done.code == 0, done.message
    assert expected == done.document("analysis.json")


def test_key_joins_several_files(container: Container, expected: Any) -> None:
    """With a key each side may be in several files."""
    container.add("1.csv", csv(ROWS[:50])).add("2.csv", csv(ROWS[50:]))
    container.add("a.csv", csv(FACETS[70:]), input_name="facet_dataset")
    container.add("b.csv", csv(FACETS[:70]), input_name="facet_dataset")
    container.add("g.csv", csv(GUESSES), input_name="predicted_label_dataset")

    assert expected == container.run(CONFIG).document("analysis.json")


def test_single_files_without_a_key_are_joined_by_row(container: Container, expected: Any) -> None:
    """As many rows in one file each belong together in their order."""
    container.add("d.csv", csv(ROWS))
    container.add("f.csv", csv([row[1:] for row in FACETS]), input_name="facet_dataset")
    container.add("g.csv", csv([row[1:] for row in GUESSES]), input_name="predicted_label_dataset")

    done = container.run(without(facet_headers=["sex", "town"], predicted_label_headers=["guess"]))

    assert done.code == 0, done.message
    assert expected == done.document("analysis.json")


def test_files_are_found_among_the_jobs_inputs(container: Container, expected: Any) -> None:
    """An input of the job with the URI is the side file, wherever it was put."""
    container.add("d.csv", csv(ROWS))
    container.add("f.csv", csv(FACETS), input_name="mine")
    container.add("g.csv", csv(GUESSES), input_name="yours")
    inputs = [
        {"InputName": name, "S3Input": {"S3Uri": uri, "LocalPath": f"/opt/ml/processing/input/{name}"}}
        for name, uri in (("mine", f"{FACET_URI}/"), ("yours", GUESS_URI))
    ]
    job = container.root / "config" / "processingjobconfig.json"
    job.parent.mkdir()
    job.write_text(json.dumps({"ProcessingInputs": inputs}))

    assert expected == container.run(CONFIG).document("analysis.json")


def test_model_never_sees_what_the_facet_file_has(container: Container) -> None:
    """Columns of the facet dataset are kept from the model, also one that the dataset has itself."""
    facets = [[*row, 99] for row in FACETS]
    config = without(
        "predicted_label_dataset_uri",
        "predicted_label_headers",
        facet_headers=["id", "sex", "town", "income"],
        predictor={"model_name": "m", "instance_type": "ml.m5.large", "initial_instance_count": 1},
    )
    with serve(lambda rows: [int(row[0]) / 50 for row in rows]) as model:
        done = placed(container, facets=facets).run(config, endpoint=model.url)

    assert done.code == 0, done.message
    assert model.requests[0][:3] == [["20"], ["21"], ["22"]]


@pytest.mark.parametrize(
    ("config", "facets", "guesses", "text"),
    [
        (
            CONFIG,
            FACETS[:-2],
            GUESSES,
            "the facet dataset has no row for 2 of 120 rows of the dataset (by 'id')",
        ),
        (CONFIG, [*FACETS, FACETS[0]], GUESSES, "the facet dataset has several rows for one value of 'id'"),
        (CONFIG, FACETS, GUESSES[1:], "the predicted label dataset has no row for 1 of 120"),
        (
            without("joinsource_name_or_index", predicted_label="guess"),
            FACETS[1:],
            GUESSES,
            "the facet dataset has 119 rows, the dataset has 120",
        ),
        (without(predicted_label_headers=["id", "approve"]), FACETS, GUESSES, "both have a column 'approve'"),
        (without(predicted_label="wrong"), FACETS, GUESSES, "predicted_label 'wrong' is no column"),
        (without(predicted_label="id"), FACETS, GUESSES, "predicted_label 'id' is joinsource_name_or_index"),
        (CONFIG, FACETS, [[*row, 1] for row in GUESSES], "Headers in config do not match"),
        (
            without("predicted_label_headers", "joinsource_name_or_index"),
            FACETS,
            GUESSES,
            "has 2 columns (column_0, column_1); give predicted_label",
        ),
        (CONFIG, [], GUESSES, f"facet_dataset {FACET_URI}: the dataset is empty"),
    ],
)
def test_side_files_that_do_not_fit_are_refused(
    container: Container, config: dict[str, Any], facets: list[list[Any]], guesses: list[list[Any]], text: str
) -> None:
    """Missing, repeated and surplus rows are counted, and nothing is written."""
    done = placed(container, facets=facets, guesses=guesses).run(config)

    assert text in done.message
    assert (done.code, done.files) == (1, []), done.log


def test_side_files_that_are_nowhere_are_named(container: Container) -> None:
    """The URI, and the two ways to bring its files, are told."""
    done = container.add("d.csv", csv(ROWS)).run(CONFIG)

    assert f"predicted_label_dataset_uri {GUESS_URI} is not among the job's inputs" in done.message
    assert done.code == 1


def test_several_files_without_a_key_are_refused(container: Container) -> None:
    """Rows of several files have no number to be joined by."""
    container.add("1.csv", csv(ROWS[:50]))
    config = without("joinsource_name_or_index")

    assert "in several files: give joinsource_name_or_index" in placed(container).run(config).message
