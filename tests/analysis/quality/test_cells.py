"""Cells have the types that their texts tell."""

from __future__ import annotations

import polars as pl
import pytest

from sagemaker_monitor.analysis.quality.cells import TypeCounts, classify


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        *((cell, "integral") for cell in ("0", "1", "-1", "+7", "007", "- 5", " 5", "99999999999999999999")),
        *((cell, "fractional") for cell in ("1.0", "-0.5", "+2.25", "1e5", "1E-5", "1.5e+3", "- 1.5")),
        *((cell, "boolean") for cell in ("true", "false")),
        *((cell, "string") for cell in (".5", "5.", "NaN", "nan", "inf", "Infinity", "True", "yes", "")),
        *((cell, "string") for cell in ("1 ", "  1", "1_0", "0x1", "1,5", "--1", "1e", "1.2.3", "٣", "1\n")),
        (None, "missing"),
    ],
)  # fmt: skip
def test_each_cell_has_the_type_of_its_text(cell: str | None, kind: str) -> None:
    """Alone in its column a cell is counted as its type, and as nothing else."""
    (found,) = classify(pl.DataFrame({"0": [cell]}, schema={"0": pl.String}))

    assert found.types == TypeCounts(**{kind: 1})
    assert (found.numbers is not None) == (kind in ("integral", "fractional"))


@pytest.mark.parametrize(
    ("cells", "inferred"),
    [
        (["1", "2", None], "Integral"),
        (["1", "2.0"], "Fractional"),
        (["2.0", "1"], "Fractional"),
        (["1", "x"], "String"),
        (["1.5", "true"], "String"),
        (["true", "false"], "String"),
        (["", "1"], "String"),
        ([None, None], "Unknown"),
    ],
)
def test_columns_have_the_type_that_holds_all_cells(cells: list[str | None], inferred: str) -> None:
    """One text makes a column String, one fraction Fractional; empty cells do not count."""
    (found,) = classify(pl.DataFrame({"0": cells}, schema={"0": pl.String}))

    assert found.types.inferred == inferred
    assert found.types.present + found.types.missing == len(cells)


def test_numbers_are_the_present_cells() -> None:
    """A blank before a number is trimmed; one between sign and digits makes it none, as Spark converts."""
    cells = [" 1.5", None, "-2", "- 3.5", "1e2", "123456789012345678901"]
    (found,) = classify(pl.DataFrame({"0": cells}, schema={"0": pl.String}))

    assert found.numbers is not None
    assert found.numbers.tolist() == [1.5, -2.0, 100.0, 123456789012345680000.0]
    assert found.types == TypeCounts(missing=1, fractional=3, integral=2)


def test_shares_are_of_exactly_the_type() -> None:
    """Whole numbers are neither fractions nor texts; true and false are texts."""
    types = TypeCounts(missing=5, fractional=1, integral=2, boolean=3, string=4)

    assert types.share("Fractional") == pytest.approx(1 / 10)
    assert types.share("Integral") == pytest.approx(2 / 10)
    assert types.share("String") == pytest.approx(7 / 10)


def test_columns_are_told_apart_together() -> None:
    """Columns of one block keep their order and their own types."""
    frame = pl.DataFrame(
        {"0": ["1", "2"], "1": ["x", None], "2": [None, None], "3": ["1.5", "2"], "4": ["7", "8.0"]},
        schema=dict.fromkeys("01234", pl.String),
    )

    kinds = [each.types.inferred for each in classify(frame)]

    assert kinds == ["Integral", "String", "Unknown", "Fractional", "Fractional"]
