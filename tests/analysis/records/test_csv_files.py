"""Files are read cell by cell as they stand, in blocks that do not matter, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.analysis import csv_text
from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.records import csv_files
from sagemaker_monitor.analysis.records.csv_files import CsvFiles


def files(folder: Path, *contents: str | bytes, header: bool = True) -> CsvFiles:
    """Return files with these contents."""
    paths = []
    for number, content in enumerate(contents):
        path = folder / f"{number}.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        paths.append(path)
    return CsvFiles(paths, header)


def rows(dataset: CsvFiles) -> list[tuple[str | None, ...]]:
    """Return all cells."""
    names = dataset.names
    found = [row for block in dataset.blocks() for row in block.rows()]
    assert all(len(row) == len(names) for row in found)
    return found


def test_cells_are_texts_as_they_stand(tmp_path: Path) -> None:
    """Nothing is converted or trimmed; an empty cell is absent, two quotes are an empty text."""
    dataset = files(tmp_path, 'a,b,c\n 1 ,1.0,"x, y"\n,"",007\n')

    assert dataset.names == ("a", "b", "c")
    assert rows(dataset) == [(" 1 ", "1.0", "x, y"), (None, "", "007")]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_ends_of_lines_and_files_do_not_matter(tmp_path: Path, end: str) -> None:
    """Windows files, blank lines, a byte order mark, and a last line without an end are read alike."""
    lines = ["a,b", "", "1,2", "", "3,", ""]
    dataset = files(tmp_path, b"\xef\xbb\xbf" + end.join(lines).encode(), end + end.join(lines[:3]))

    assert rows(dataset) == [("1", "2"), ("3", None), ("1", "2")]


def test_files_without_header_have_numbered_columns(tmp_path: Path) -> None:
    """They are called as Spark calls them, and the first row is data."""
    dataset = files(tmp_path, "a,b\n1,2\n", header=False)

    assert dataset.names == ("_c0", "_c1")
    assert rows(dataset) == [("a", "b"), ("1", "2")]


def test_names_are_made_unique(tmp_path: Path) -> None:
    """Repeated names, in whatever case, get their position, and empty ones the name of a column without."""
    assert files(tmp_path, "x,,X,y\n1,2,3,4\n").names == ("x0", "_c1", "X2", "y")


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.text('ab,\n" 1', max_size=6), st.integers(0, 99)), min_size=1, max_size=40),
    st.integers(1, 60),
)
def test_blocks_do_not_matter(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, int]], size: int
) -> None:
    """Quoted line ends included, small blocks give the rows that one block gives."""
    lines = "".join(f'"{text.replace(chr(34), chr(34) * 2)}",{number}\n' for text, number in cells)
    path = tmp_path_factory.mktemp("blocks") / "a.csv"
    path.write_text(f"text,number\n{lines}", newline="")

    pieces = list(csv_text.pieces(path, size))

    assert b"".join(pieces).replace(b"\n", b"") == path.read_bytes().replace(b"\n", b"")
    assert all(piece.count(b'"') % 2 == 0 for piece in pieces)
    assert rows(CsvFiles([path], True)) == [(text, str(number)) for text, number in cells]


@pytest.mark.parametrize(
    ("contents", "text"),
    [
        (("a,b\n1,2\n3\n",), "'0.csv' has rows of different widths: row 3 has 1 cells"),
        (("a,b\n1,2\n3,4,5\n",), "row 3 has 3 cells, the first row of the dataset has 2; repair it"),
        (('a,b\n"1,2",3\n4\n',), "row 3 has 1 cells"),
        (("a,b\n1,2\n", "a,b\n1\n"), "'1.csv' has rows of different widths: row 2 has 1 cells"),
        (("a,b\n1,2\n", "a,c\n1,2\n"), "'1.csv' has another header than the files before it"),
        (("a,b\n1,2\n", "a\n1\n"), "'1.csv' has rows of different widths: row 1 has 1 cells"),
        ((b"a,b\n1,\xff\n",), "'0.csv' is not UTF-8"),
        ((b"a\xff,b\n1,2\n",), "'0.csv' is not UTF-8"),
        ((b"a,b\r1,2\r3,4\r",), "'0.csv' ends its lines with carriage returns alone; save it"),
        (('a,b\n1,"2\n',), "'0.csv' cannot be read as CSV: a quote is opened and never closed"),
        (('a,b\n1,2\n3,"4\n5,6\n7,8\n',), "never closed in row 3; close it, or double each"),
    ],
)  # fmt: skip
def test_what_would_have_to_be_guessed_is_refused(
    tmp_path: Path, contents: tuple[str | bytes, ...], text: str
) -> None:
    """The text names file and row, and no cell of it."""
    with pytest.raises(AnalysisError) as caught:
        rows(files(tmp_path, *contents))

    assert text in str(caught.value)
    assert "\xff" not in str(caught.value)


def test_a_cell_may_be_a_long_text(tmp_path: Path) -> None:
    """Also where rows are read one by one: at a file's start, and to count the cells of quoted ones."""
    text = "x" * 200_000
    dataset = files(tmp_path, f'{text},b\n"{text}",\n')

    assert dataset.names == (text, "b")
    assert rows(dataset) == [(text, None)]


def test_rows_are_counted_across_blocks(tmp_path: Path) -> None:
    """The row that is too short is named by its number in the file, wherever its block begins."""
    columns = ",".join(f"c{number}" for number in range(200))
    wide = ",".join(["1234567"] * 200)
    dataset = files(tmp_path, "\n".join([columns, *[wide] * 9000, "1", ""]))

    assert len(list(csv_text.pieces(tmp_path / "0.csv", csv_files.BLOCK))) > 1
    with pytest.raises(AnalysisError, match="row 9002 has 1 cells"):
        rows(dataset)


@pytest.mark.parametrize("contents", [(), ("",), ("\n\n", "")])
def test_nothing_is_no_data(tmp_path: Path, contents: tuple[str, ...]) -> None:
    """Without a row there are no columns, in AWS's words."""
    with pytest.raises(AnalysisError, match=r"^Job inputs had no data$"):
        _ = files(tmp_path, *contents).names
