"""Records, cells and filters of CSV."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_monitor.emulator.jobs.csv_records import RecordError, cells, compile_filter, records


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("1,2.50, x", ["1", "2.50", " x"]),
        ("", [""]),
        (",", ["", ""]),
        ('"a,b",c', ['"a,b"', "c"]),
        ('1,"say ""no""",', ["1", '"say ""no"""', ""]),
    ],
)
def test_cells_are_verbatim(record: str, expected: list[str]) -> None:
    """Quotes, spaces and trailing zeros stay as they are."""
    assert cells(record) == expected


@given(st.lists(st.sampled_from(["", "1", " 0.10", '"a,b"', '""""', "é"]), min_size=1))
def test_cells_join_to_the_record(row: list[str]) -> None:
    """Splitting and joining again gives the same record."""
    assert cells(",".join(row)) == row


@pytest.mark.parametrize("record", ['"open', 'a"b', '"a"b,c'])
def test_a_stray_quote_is_refused(record: str) -> None:
    """A cell is either quoted whole or has no quote."""
    with pytest.raises(RecordError, match="quote"):
        cells(record)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$[1:]", "bcd"),
        ("$[0,-1]", "ad"),
        ("$[0]", "a"),
        ("$[1:3]", "bc"),
        ("$[:-1]", "abc"),
        ("$[ 2 , 0 ]", "ca"),
        ("$[1:100]", "bcd"),
    ],
)
def test_filters_pick_cells(expression: str, expected: str) -> None:
    """Indices, from the end too, and slices pick cells in the order they name."""
    keep = compile_filter(expression)

    assert keep is not None
    assert "".join(keep(list("abcd"))) == expected


@pytest.mark.parametrize("expression", ["$", ""])
def test_the_root_keeps_everything(expression: str) -> None:
    """$ and the empty string are no filter."""
    assert compile_filter(expression) is None


@pytest.mark.parametrize("expression", ["$.features", "$[*]", "$[0:9:2]", "$[0,1:3]", "1", "$[a]"])
def test_other_paths_are_refused_by_name(expression: str) -> None:
    """A path that text/csv has no meaning for here is refused, with the forms there are."""
    with pytest.raises(ValueError, match=r"is not supported; for text/csv there are '\$'"):
        compile_filter(expression)


@pytest.mark.parametrize("expression", ["$[4]", "$[0,-5]", "$[4:]"])
def test_a_record_too_short_for_a_filter_is_refused(expression: str) -> None:
    """Cells that are not there are never left out in silence."""
    keep = compile_filter(expression)

    assert keep is not None
    with pytest.raises(RecordError, match="has 4 cells, too few"):
        keep(list("abcd"))


def test_records_end_with_newlines() -> None:
    """CRLF, a byte order mark and a missing last newline are no part of a record."""
    assert list(records([b"\xef\xbb\xbf1,2\r\n", b"3,4"])) == ["1,2", "3,4"]


@pytest.mark.parametrize("lines", [[b"1\n", b"\n"], [b"1\n", b"  \r\n", b"2\n"]])
def test_a_blank_line_is_refused(lines: list[bytes]) -> None:
    """A blank line is named, wherever it stands."""
    with pytest.raises(RecordError, match="line 2 is blank"):
        list(records(lines))
