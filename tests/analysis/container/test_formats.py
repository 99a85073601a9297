"""The same rows give the same analysis in every format, and what cannot be read is refused by place."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from .conftest import Container, Finished, respond

NAMES = ["age", "income", "sex"]
ROWS: list[list[Any]] = [[20 + index % 50, (index * 37) % 101 / 8, index % 2] for index in range(240)]
LABELS = [int(index % 3 > 0) for index in range(240)]
GUESSES = [int(index % 5 > 1) for index in range(240)]
BOTH = {"pre_training_bias": {"methods": "all"}, "post_training_bias": {"methods": "all"}}
COMMON = {
    "label_values_or_threshold": [1],
    "facet": [
        {"name_or_index": "sex", "value_or_threshold": [1]},
        {"name_or_index": 0, "value_or_threshold": [40]},
    ],
    "group_variable": "age",
    "methods": BOTH,
}
HEADERS = [*NAMES, "approve", "guess"]


def whole() -> list[list[Any]]:
    """Features, label and predicted label of each row."""
    return [[*row, label, guess] for row, label, guess in zip(ROWS, LABELS, GUESSES, strict=True)]


def csv_text() -> str:
    """All columns as CSV without a header."""
    return "".join(",".join(map(str, row)) + "\n" for row in whole())


def json_records() -> list[dict[str, Any]]:
    """All rows as nested records."""
    return [{"data": {"values": row[:3]}, "label": row[3], "out": {"guess": row[4]}} for row in whole()]


def json_lines() -> str:
    """All rows as JSON Lines."""
    return "".join(f"{json.dumps(each)}\n" for each in json_records())


def parquet(frame: pl.DataFrame | None = None) -> bytes:
    """All columns as Parquet."""
    sink = io.BytesIO()
    (pl.DataFrame(whole(), schema=HEADERS, orient="row") if frame is None else frame).write_parquet(sink)
    return sink.getvalue()


LINES = {
    "dataset_type": "application/jsonlines",
    "features": "data.values",
    "label": "label",
    "predicted_label": "out.guess",
}
DOCUMENT = {
    "dataset_type": "application/json",
    "features": "instances[*].data.values",
    "label": "instances[*].label",
    "predicted_label": "instances[*].out.guess",
}
TABLE = {"label": "approve", "predicted_label": "guess"}
FORMATS: dict[str, tuple[dict[str, Any], Callable[[], str | bytes]]] = {
    "csv": ({"dataset_type": "text/csv", **TABLE}, csv_text),
    "jsonlines": (LINES, json_lines),
    "json": (DOCUMENT, lambda: json.dumps({"instances": json_records()})),
    "parquet": ({"dataset_type": "application/x-parquet", **TABLE}, parquet),
}


def run(container: Container, name: str, **changes: Any) -> Finished:
    """Analyse all rows in the format *name*."""
    config, content = FORMATS[name]
    document = {"headers": HEADERS, **COMMON, **config, **changes}
    return container.add("data", content()).run(
        {key: each for key, each in document.items() if each is not None}
    )


@pytest.fixture
def expected(container: Container) -> Any:
    """The analysis of the rows as CSV."""
    done = run(Container(container.root.parent / "csv"), "csv")
    assert done.code == 0, done.message
    return done.document("analysis.json")


@pytest.mark.parametrize("name", ["jsonlines", "json", "parquet"])
def test_every_format_gives_the_same_analysis(container: Container, expected: Any, name: str) -> None:
    """Numbers, names and texts do not depend on how the rows are written."""
    done = run(container, name)

    assert done.code == 0, done.message
    assert expected == done.document("analysis.json")


@pytest.mark.parametrize(
    ("name", "label", "facet"), [("jsonlines", "label0", "column_2"), ("parquet", "approve", "sex")]
)
def test_names_without_headers(
    container: Container, expected: Any, name: str, label: str, facet: str
) -> None:
    """JSON gets placeholders, Parquet has names of its own; values are the same."""
    facets = [{"name_or_index": 2, "value_or_threshold": [1]}]
    done = run(container, name, headers=None, facet=facets, group_variable=0)

    section = done.document("analysis.json")["post_training_bias_metrics"]
    assert section["label"] == label
    assert section["facets"][facet] == expected["post_training_bias_metrics"]["facets"]["sex"]


def test_several_files_are_one_dataset(container: Container, expected: Any) -> None:
    """Files of JSON Lines, documents and Parquet are read in order of their names."""
    lines = json_lines().splitlines(keepends=True)
    container.add("b/2.jsonl", "".join(lines[100:]) + "\n\n").add(
        "a/1.jsonl", "\ufeff" + "".join(lines[:100])
    )
    halves = Container(container.root.parent / "json")
    for part, records in enumerate((json_records()[:7], json_records()[7:])):
        halves.add(f"{part}.json", json.dumps({"instances": records}))
    frame = pl.DataFrame(whole(), schema=HEADERS, orient="row")
    tables = Container(container.root.parent / "parquet")
    tables.add("1.parquet", parquet(frame[:50])).add("2.parquet", parquet(frame[50:]))

    for place, config in ((container, LINES), (halves, DOCUMENT), (tables, FORMATS["parquet"][0])):
        done = place.run({"headers": HEADERS, **COMMON, **config})
        assert done.code == 0, done.message
        assert expected == done.document("analysis.json")


def test_lines_may_be_the_features_themselves(container: Container) -> None:
    """Without an expression for the features, a line is the list of them."""
    container.add("d.jsonl", "".join(f"{json.dumps(row)}\n" for row in whole()))

    done = container.run(
        {
            **COMMON,
            "dataset_type": "application/jsonlines",
            "headers": [*HEADERS, "label"],
            "label": "[3]",
            "methods": {"pre_training_bias": {"methods": ["CI"]}},
        }
    )

    assert done.code == 0, done.message
    assert done.document("analysis.json")["pre_training_bias_metrics"]["label"] == "label"


def test_texts_stay_texts_in_json(container: Container) -> None:
    """A text that spells a number is compared as a text, as in a data frame; gaps and truth values count."""
    records = [
        {"x": [f"{index % 2}", None if index % 7 == 0 else index / 4, index % 3 == 0], "y": index % 4 // 2}
        for index in range(200)
    ]
    container.add("d.jsonl", "".join(f"{json.dumps(each)}\n" for each in records))

    done = container.run(
        {
            "dataset_type": "application/jsonlines",
            "headers": ["group", "n", "flag", "y"],
            "features": "x",
            "label": "y",
            "label_values_or_threshold": [1],
            "facet": [
                {"name_or_index": "group"},
                {"name_or_index": "flag"},
                {"name_or_index": "n", "value_or_threshold": [9]},
            ],
            "methods": {"pre_training_bias": {"methods": ["CI"]}},
        }
    )
    facets = done.document("analysis.json")["pre_training_bias_metrics"]["facets"]

    assert [each["value_or_threshold"] for each in facets["group"]] == ["0", "1"]
    assert [each["value_or_threshold"] for each in facets["flag"]] == ["True", "False"]
    assert [each["value_or_threshold"] for each in facets["n"]] == ["(9.0, 49.75]"]


def test_model_is_asked_with_the_types_of_the_dataset(container: Container) -> None:
    """Rows of CSV become numbers and texts in JSON; label, facet-only and identifier columns stay here."""
    rows = [["id-1", "41", "0.50", "x", "1", "1"], ["id-2", "", "1e3", "2", "0", "0"]] * 60
    container.add("d.csv", "".join(f"{','.join(row)}\n" for row in rows))
    config = {
        "dataset_type": "text/csv",
        "headers": ["id", "age", "pay", "job", "sex", "y"],
        "label": "y",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "sex", "value_or_threshold": [1]}],
        "excluded_columns": ["sex"],
        "joinsource_name_or_index": "id",
        "methods": {"post_training_bias": {"methods": ["DPPL"]}},
        "predictor": {
            "model_name": "m",
            "instance_type": "ml.m5.large",
            "initial_instance_count": 1,
            "content_type": "application/json",
            "accept_type": "application/jsonlines",
            "content_template": '{"rows":$records}',
            "record_template": "$features_kvp",
            "probability": "p",
        },
    }

    def answer(body: bytes) -> bytes:
        return b"".join(b'{"p":%d}\n' % (row["age"] is None) for row in json.loads(body)["rows"])

    with respond(answer) as model:
        done = container.run(config, endpoint=model.url)

    assert done.code == 0, done.message
    assert json.loads(model.bodies[0])["rows"][:2] == [
        {"age": 41.0, "pay": 0.5, "job": "x"},
        {"age": None, "pay": 1000.0, "job": "2"},
    ]


# --- what is refused ---------------------------------------------------------------------------

LINE = '{"data":{"values":[1,2.5,0]},"label":1,"out":{"guess":1}}\n'


@pytest.mark.parametrize(
    ("config", "content", "text"),
    [
        (LINES, "", "the dataset is empty"),
        (LINES, LINE + "{\n", "'data' line 2 is not JSON"),
        (LINES, LINE.encode() + b"\xff", "'data' is not UTF-8: byte"),
        (
            LINES,
            LINE + '{"label":1}\n',
            "Data must contain features. 'data' line 2: features 'data.values' finds nothing",
        ),
        (
            LINES,
            LINE + '{"data":{"values":[1]},"label":1}',
            "record 2 of the dataset has 1 features, record 1 has 3",
        ),
        (LINES, '{"data":{"values":[[1],2,0]},"label":1}', "'age' has a list or an object"),
        (LINES, r'{"data":{"values":[1,"\ud800",0]},"label":1}', r"'income' has \ud800, half of a character"),
        (LINES, '{"data":{"values":[1,2,0]},"label":[1]}', "label 'label' finds a"),
        (LINES | {"features": None}, LINE, "the line is an object; give a JMESPath expression in features"),
        (LINES | {"features": "a["}, LINE, "analysis_config.json.features 'a[' is no JMESPath expression"),
        (
            LINES | {"label": 3},
            LINE,
            "analysis_config.json.label is 3: for application/jsonlines it is a JMESPath",
        ),
        (
            LINES | {"headers": NAMES},
            LINE,
            "the records have 3 features and label and predicted label, the headers name 3",
        ),
        (DOCUMENT, "[", "'data' is not JSON"),
        (DOCUMENT, '{"instances":[]}', "the dataset is empty"),
        (DOCUMENT, "{}", "features 'instances[*].data.values' finds nothing; it must find a list"),
        (
            DOCUMENT | {"label": "label"},
            '{"label":[1],"instances":[]}',
            "label 'label' finds 1 labels for 0 records",
        ),
        (DOCUMENT | {"features": None}, "{}", "features JMESPath is required for application/json"),
        (DOCUMENT | {"features": "length(@)"}, "3", "features 'length(@)' cannot be evaluated"),
        (FORMATS["parquet"][0], "no parquet", "'data' cannot be read as Parquet"),
        (
            FORMATS["parquet"][0],
            parquet(pl.DataFrame({"a": [1]})),
            "the files have 1 columns, the headers name 5",
        ),
        (
            FORMATS["parquet"][0] | {"headers": ["sex", "label"], "label": "label"},
            parquet(pl.DataFrame({"a": [[1]], "b": [1]})),
            "column 'sex' of the dataset holds List",
        ),
        (FORMATS["parquet"][0], parquet(pl.DataFrame(schema=HEADERS)), "the dataset is empty"),
    ],
)
def test_bad_data_is_refused(
    container: Container, config: dict[str, Any], content: str | bytes, text: str
) -> None:
    """The file, the line and what was looked for are told, and nothing is written."""
    document = {"headers": HEADERS, **COMMON, **config}
    done = container.add("data", content).run(
        {key: each for key, each in document.items() if each is not None}
    )

    assert text in done.message
    assert (done.code, done.files) == (1, []), done.log
    assert "Traceback" not in done.log


def test_parquet_files_with_other_types_are_refused(container: Container) -> None:
    """Whole numbers beside fractions are numbers; beside texts they would be texts."""
    frame = pl.DataFrame(whole(), schema=HEADERS, orient="row")
    setting = {**COMMON, **FORMATS["parquet"][0]}
    container.add("1.parquet", parquet(frame)).add("2.parquet", parquet(frame.cast({"sex": pl.Float64})))
    fractions = container.run(setting)
    container.add("2.parquet", parquet(frame.cast({"sex": pl.String})))
    texts = container.run(setting)

    assert fractions.code == 0, fractions.message
    assert "the Parquet files have 'sex' as Int64 and as String; give files" in texts.message


def test_markers_beside_the_data_are_not_read(container: Container) -> None:
    """Spark leaves _SUCCESS and checksums, whose names begin with a dot, where it writes."""
    setting = {**COMMON, **FORMATS["parquet"][0]}
    container.add("part-0.parquet", parquet()).add("_SUCCESS", b"").add(".part-0.parquet.crc", b"crc\x00")

    assert container.run(setting).code == 0


def test_parquet_files_with_other_columns_are_refused(container: Container) -> None:
    """Files are one table only with the same columns."""
    container.add("1.parquet", parquet()).add("2.parquet", parquet(pl.DataFrame({"a": [1]})))

    assert (
        "the Parquet files have different columns"
        in container.run({**COMMON, **FORMATS["parquet"][0]}).message
    )
