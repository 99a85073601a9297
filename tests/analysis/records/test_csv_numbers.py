"""To read columns as numbers is quicker than to read them as texts, and differs in nothing else."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.analysis.quality.cells import Cells, classify
from sagemaker_monitor.analysis.records import csv_files, csv_numbers
from sagemaker_monitor.analysis.records.csv_files import CsvFiles

ODD = [
    *("5", "+5", "-5", " 5", "  5", "\t5", "5 ", "5\t", "- 5", "+ 5", "007", "-0", "+0", "--5", "+-5", "5-"),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809", "1" * 400, "0" * 400 + "1"),
    *("5.0", "-0.0", "5.", ".5", "-.5", "+.5", ".", "5.e3", ".5e3", "1.2.3", "1..2", " .5", "1. 5", "1 .5"),
    *("1e5", "1E5", "1e+5", "1e-5", "2.5e-3", "1e", "1e+", "e5", "1e5.5", "0e9", "1e0005", " 1e5", "1e 5"),
    *("1e400", "-1e400", "1e-400", "2e-324", "4.9e-324", "1.7976931348623159e308", "0.1" + "0" * 400 + "1"),
    *("nan", "NaN", "-nan", "inf", "-inf", "+inf", "Infinity", "infinity", "null", "NA", "None"),
    *("true", "false", "True", "1_000", "1,000", "0x10", "1f", "1d", "1L", "$5", "5%", "٣", "１", "\u00a01"),
    *("", " ", "\t", "x", "St. x", "a.b", '5"', '"', "5\n", "\n5", "1\r", "\r1", "5\x0b", "'5'"),
]  # fmt: skip


def pairs(path: Path, numbers: list[int]) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Yield each block as texts, and with columns read as numbers where that can be."""
    yield from zip(CsvFiles([path], True).blocks(), CsvFiles([path], True).blocks(numbers), strict=True)


def same(texts: Cells, numbers: Cells) -> bool:
    """Tell whether a column is the same to the last bit."""
    left, right = (each.numbers if each.types.present else None for each in (texts, numbers))
    if texts.types != numbers.types or (left is None) != (right is None):
        return False
    return left is None or right is None or left.tobytes() == np.ascontiguousarray(right).tobytes()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make blocks of some rows."""
    monkeypatch.setattr(csv_files, "BLOCK", 130)
    monkeypatch.setattr(csv_files, "BLOCK_PER_COLUMN", 1)
    monkeypatch.setattr(csv_numbers, "SAMPLE", 60)
    monkeypatch.setattr(csv_numbers, "SPAN", 7)


def quoted(cell: str) -> str:
    """Return a cell in quotes."""
    return '"' + cell.replace('"', '""') + '"'


BESIDE = ("word", "a. b", ' "x", .y', "1.5")


def tables(path: Path, cells: list[str], place: int, column: int, step: int) -> Iterator[str]:
    """Write a file with each of *cells* at *place*, quoted and not, beside each text: every *step*th."""
    written = [quoted(cell) for cell in cells] + [cell for cell in cells if not set(cell) & set('",\n\r')]
    for number, (text, beside) in enumerate(product(written, BESIDE)):
        if number % step:
            continue
        rows = [[str(row % 9), f"{row}.25", quoted(beside), f"{row % 5}.0"] for row in range(20)]
        rows[place][column] = text
        lines = [",".join(row) for row in [["a", "b", "c.", "d"], *rows]]
        path.write_text("\n".join(lines), newline="")
        yield text


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("place", "column", "step"),
    [
        *((place, column, 21) for place, column in product((2, 15), (0, 1))),
        *(pytest.param(*each, 1, marks=pytest.mark.long) for each in product((2, 15), (0, 1))),
    ],
)
def test_every_cell_is_what_its_text_is(tmp_path: Path, place: int, column: int, step: int) -> None:
    """Odd cells may stand among whole numbers or fractions, in the first block or later, beside any texts."""
    path = tmp_path / "data.csv"
    seen = set()
    for text in tables(path, ODD, place, column, step):
        seen.add(text)
        found = list(pairs(path, [0, 1, 2, 3]))

        assert len(found) > 2
        assert place == 2 or found[0][1].dtypes[:2] == [pl.Int64, pl.Float64]
        for texts, numbers in found:
            assert all(map(same, classify(texts), classify(numbers))), text
    assert step > 1 or seen >= {*map(quoted, ODD)}


CELL = st.one_of(
    st.sampled_from(ODD),
    st.text('0123456789.eE+- \t"x,\n', max_size=7),
    st.floats().map(repr),
    st.integers().map(str),
)
KINDS = (
    st.integers(-99, 99).map(str),
    st.floats(-99, 99).map(lambda value: f"{value:.2f}"),
    st.floats(-99, 99).map(lambda value: f"{value:g}"),
    st.sampled_from(["x", "a. b", " c", ".5", '"', "d,.", ""]),
)


@pytest.mark.usefixtures("small")
@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]), st.booleans())
def test_every_table_is_what_its_texts_are(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, quoting: int, windows: bool
) -> None:
    """Whatever is quoted, wherever there are gaps and oddities, blocks of numbers and texts are the same."""
    kinds = data.draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    rows = data.draw(st.lists(st.tuples(*kinds), min_size=1, max_size=60))
    odd = data.draw(st.lists(st.tuples(st.integers(0, len(rows) - 1), st.integers(0, 3), CELL), max_size=3))
    table = [list(row) for row in rows]
    for row, column, cell in odd:
        table[row][column % len(kinds)] = cell
    target = io.StringIO()
    writer = csv.writer(target, quoting=quoting, lineterminator="\r\n" if windows else "\n")  # type: ignore[arg-type]
    writer.writerows([[f"c.{place}" for place in range(len(kinds))], *table])
    path = tmp_path_factory.mktemp("tables") / "data.csv"
    path.write_text(target.getvalue(), newline="")

    for texts, numbers in pairs(path, [*range(len(kinds))]):
        assert all(map(same, classify(texts), classify(numbers)))


@pytest.mark.usefixtures("small")
def test_only_columns_to_blame_are_texts_from_then_on(tmp_path: Path) -> None:
    """A whole number among fractions, then a point at an end: each costs its column, and no other one."""
    rows = [[str(row), f"{row}.25", f"{row}.0", "a. b"] for row in range(60)]
    rows[20][1], rows[40][2] = "7", "8."
    path = tmp_path / "data.csv"
    path.write_text("a,b,c,d\n" + "".join(",".join(row) + "\n" for row in rows))

    kinds = [block.dtypes for block in CsvFiles([path], True).blocks([0, 1, 2, 3])]

    whole, fraction, text = pl.Int64, pl.Float64, pl.String
    assert kinds[0] == [whole, fraction, fraction, text]
    assert [whole, text, fraction, text] in kinds
    assert [text, text, text, text] in kinds
    assert kinds[-1] == [whole, text, text, text]


@pytest.mark.usefixtures("small")
def test_only_columns_that_are_asked_for_are_numbers(tmp_path: Path) -> None:
    """Others are texts, as all are to who does not ask."""
    path = tmp_path / "data.csv"
    path.write_text("a,b\n" + "1,2\n" * 200)

    assert {tuple(block.dtypes) for block in CsvFiles([path], True).blocks([1])} == {(pl.String, pl.Int64)}
    assert {tuple(block.dtypes) for block in CsvFiles([path], True).blocks()} == {(pl.String, pl.String)}
