"""A table read into numbers at once has the columns that its texts give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.analysis.columns import Kind
from sagemaker_monitor.analysis.datasets.csv_files import read_csv
from sagemaker_monitor.analysis.datasets.typed_csv import read_typed_csv
from sagemaker_monitor.analysis.errors import AnalysisError

NUMBERS = st.sampled_from(["1.5", "-2", "1e3", "+0.5", ".5", "7.", "0"])
ODD = st.sampled_from(
    [
        "",
        " ",
        '""',
        "NA",
        "nan",
        "NaN",
        "NAN",
        "inf",
        "-Infinity",
        " 1.5",
        "1.5 ",
        "1_0",
        '"2.5"',
        "x",
        "true",
        "9223372036854775808",
        "18446744073709551616",
        "1e400",
        "0x1",
    ]
)
CELLS = st.one_of(NUMBERS, ODD, st.floats().map(repr), st.integers(-(2**70), 2**70).map(str))
STARTS = st.sampled_from([st.integers(0, 9).map(str), NUMBERS, st.floats(allow_nan=False).map(repr), CELLS])


@settings(max_examples=80, deadline=None)
@given(data=st.data(), size=st.integers(1, 300), sample=st.integers(1, 300))
def test_columns_are_those_of_the_texts(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, size: int, sample: int
) -> None:
    """Kind, values bit for bit and gaps, whatever stands where and wherever a piece ends."""
    starts = [data.draw(STARTS) for _ in range(3)]
    rows = data.draw(st.lists(st.tuples(*starts), min_size=1, max_size=20))
    rows += data.draw(st.lists(st.tuples(*(st.one_of(each, CELLS) for each in starts)), max_size=5))
    file = tmp_path_factory.mktemp("typed") / "d.csv"
    file.write_text("".join(",".join(row) + "\n" for row in rows))
    headers = ["a", "b", "c"]

    texts = read_csv([file], headers)
    typed = read_typed_csv([file], headers, size=size, sample=sample)

    assert len(typed) == len(texts)
    for index in range(3):
        expected, found = texts.column(index), typed.column(index)
        assert (found.name, found.kind) == (expected.name, expected.kind)
        assert found.values.dtype == expected.values.dtype
        assert np.array_equal(found.present, expected.present)
        if found.kind is Kind.STRING:
            assert found.values.tolist() == expected.values.tolist()
        else:
            assert found.values.tobytes() == expected.values.tobytes()


@pytest.mark.parametrize(
    "content", ["1.5,2\n1.5,2,3\n", "1.5,2\n1.5\n", "", '1.5,2\n1.5,"2\n', "1.5,2\n1.5,\xff\n"]
)
def test_what_is_wrong_with_a_file_is_told_alike(tmp_path: Path, content: str) -> None:
    """Ragged rows, no row, an open quote and bytes that are no text give the error of reading texts."""
    file = tmp_path / "d.csv"
    file.write_text(content, encoding="latin-1")

    with pytest.raises(AnalysisError) as expected:
        read_csv([file], ["a", "b"])
    with pytest.raises(AnalysisError) as found:
        read_typed_csv([file], ["a", "b"])

    assert str(found.value) == str(expected.value)
