"""Attributes of records: by name, by index, and by a path into JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records import DatasetFormat, attributes

CSV, HEADLESS = '{"csv": {"header": true}}', '{"csv": {"header": false}}'
LINES, DOCUMENT = '{"json": {"lines": true}}', '{"json": {}}'


def found(folder: Path, format: str, content: str, **wanted: str) -> dict[str, list[str | None]]:
    """Return the attributes of one file by role."""
    (folder / "data").write_text(content)
    series = attributes(DatasetFormat.of(format), folder, wanted)
    return {role: values.to_list() for role, values in series.items()}


@pytest.mark.parametrize(
    ("format", "content", "attribute"),
    [
        (CSV, "label,score\n1,0.5\n0,\n", "score"),
        (CSV, "label,score\n1,0.5\n0,\n", "1"),
        (CSV, "1,score\n0.5,x\n,y\n", "1"),
        (HEADLESS, "1,0.5\n0,\n", "1"),
        (HEADLESS, "1,0.5\n0,\n", "_c1"),
        (LINES, '{"score": 0.5}\n{"score": null}\n', "score"),
        (LINES, '{"out": {"score": 0.5}}\n{"out": {}}\n', "out.score"),
        (LINES, '{"out": [{"score": 0.5}]}\n{"out": []}\n', "out[0].score"),
        (LINES, '{"y": 1, "p": 0.5}\n{"p": null, "y": 1}\n', "0"),
        (LINES, '{"my score": 0.5}\n{"my score": null}\n', "my score"),
        (DOCUMENT, '[{"score": 0.5}, {"score": null}]', "score"),
    ],
)
def test_an_attribute_is_a_name_an_index_or_a_path(
    tmp_path: Path, format: str, content: str, attribute: str
) -> None:
    """Each row has a text, or null where a value is missing; names win over indices."""
    assert found(tmp_path, format, content, inference=attribute) == {"inference": ["0.5", None]}


def test_a_path_into_a_document_may_lead_to_all_rows(tmp_path: Path) -> None:
    """Each item of the array is a row's; several such attributes must agree on how many there are."""
    content = json.dumps({"rows": [{"score": 0.5, "y": 1}, {"score": 2, "y": 0}, {"y": 0}]})

    assert found(tmp_path, DOCUMENT, content, inference="rows[:2].score", ground_truth="rows[:2].y") == {
        "inference": ["0.5", "2"],
        "ground_truth": ["1", "0"],
    }
    with pytest.raises(AnalysisError, match="equally many values: 2 of inference, 3 of ground_truth"):
        found(tmp_path, DOCUMENT, content, inference="rows[].score", ground_truth="rows[].y")


@pytest.mark.parametrize(
    ("format", "content"),
    [
        (LINES, '{"p": [0.25, 0.75]}\n{"p": [1, 0]}\n'),
        (DOCUMENT, '{"p": [[0.25, 0.75], [1, 0]]}'),
        (
            '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointOutput"]}}',
            "".join(
                json.dumps({"captureData": {"endpointOutput": {"data": data, "encoding": "JSON"}}}) + "\n"
                for data in ('{"p": [0.25, 0.75]}', '{"p": [1, 0]}')
            ),
        ),
    ],
)
def test_an_array_of_values_is_json(tmp_path: Path, format: str, content: str) -> None:
    """A probability for each class is one cell; those of all classes come together."""
    assert found(tmp_path, format, content, probability="p") == {"probability": ["[0.25,0.75]", "[1,0]"]}


def test_several_attributes_are_equally_long(tmp_path: Path) -> None:
    """Roles are told apart, and one column may have two of them."""
    content = "".join(json.dumps({"p": n / 2, "y": n}) + "\n" for n in range(3))

    assert found(tmp_path, LINES, content, probability="p", ground_truth="y", inference="p") == {
        "probability": ["0.0", "0.5", "1.0"],
        "ground_truth": ["0", "1", "2"],
        "inference": ["0.0", "0.5", "1.0"],
    }


@pytest.mark.parametrize(
    ("format", "content", "attribute", "reason"),
    [
        (CSV, "a,b\n1,2\n", "c", "'c' is no column of the dataset; its 2 columns are a, b; give a name"),
        (CSV, "a,b\n1,2\n", "2", "an index from 0 to 1"),
        (CSV, "a,b\n", "a", "Job inputs had no data"),
        (LINES, '{"a": 1}\n', "b", "'b' leads to nothing in any record; the records' keys are a"),
        (LINES, '{"a": 1}\n', "b c", "'b c' is no key of the records and no JMESPath"),
        (LINES, '{"a": [1, {"b": 2}]}\n', "a", "leads to an object; it must lead to one value"),
        (LINES, '{"a": {"b": {"c": 1}}}\n', "a.b", "leads to an object"),
        (LINES, '{"a": 1}\n', "length(a)", "cannot be looked up"),
        (LINES, "", "a", "Job inputs had no data"),
    ],
)
def test_an_attribute_that_is_not_there_is_named(
    tmp_path: Path, format: str, content: str, attribute: str, reason: str
) -> None:
    """The message says what there is instead."""
    with pytest.raises(AnalysisError) as caught:
        found(tmp_path, format, content, inference=attribute)

    assert reason in str(caught.value)
