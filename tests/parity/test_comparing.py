"""Comparisons find what differs, and say how far numbers agree."""

from __future__ import annotations

import pytest

from tests.parity.comparing import Agreement, close, equal, printed

RECORDED = {"a": [1, 0.1, "x"], "b": {"c": None, "d": "Metric auc with 0.5 was '0.9395'"}}


def test_equal_documents_are_bit_for_bit() -> None:
    """Numbers and other values are counted."""
    found = equal(RECORDED, RECORDED, ordered=True).require()

    assert (found.values, found.words) == ("2 numbers, 3 texts", "bit for bit")
    assert equal({"a": "x"}, {"a": "x"}, ordered=True).words == "equal"


@pytest.mark.parametrize(
    ("recorded", "found"),
    [
        (0.1, 0.1 + 2e-17),
        (0.1, 0.10000000000000002),
        (1, 1.0),
        (1, True),
        ("1", 1),
        (None, 0),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ],
)
def test_whatever_differs_is_found(recorded: object, found: object) -> None:
    """Values, JSON types, shapes and the order of keys count; equal doubles are equal."""
    same = isinstance(recorded, float) and recorded == found

    assert bool(equal([recorded], [found], ordered=True).wrong) is not same


def test_the_order_of_keys_counts_only_when_asked_for() -> None:
    """Documents whose record was sorted by a notebook are compared without it."""
    assert not equal({"a": 1, "b": 2}, {"b": 2, "a": 1}, ordered=False).wrong


def test_fractions_may_differ_by_the_tolerance_and_no_more() -> None:
    """The largest difference is told, rounded up; whole numbers, texts and nulls must be equal."""
    wanted, got = [0.5, 1, "x", None], [0.5 + 3e-16, 1, "x", None]
    found = close(wanted, got, tolerance=1e-15, ordered=True, in_texts=False)

    assert found.require().words == "within 1e-15"
    assert close([0.5], [0.5 + 3e-15], tolerance=1e-15, ordered=True, in_texts=False).wrong
    assert close([0.5], [float("nan")], tolerance=1e-15, ordered=True, in_texts=False).wrong
    assert close([1], [2], tolerance=5, ordered=True, in_texts=False).wrong
    assert close(["x"], ["y"], tolerance=5, ordered=True, in_texts=True).wrong


def test_fractions_in_texts_are_compared_as_numbers_when_asked_for() -> None:
    """The words around them stay exact."""
    text = "Metric value 0.5 doesn't meet 0.25"

    def differs(other: str, in_texts: bool) -> bool:
        return bool(close(text, other, tolerance=1e-15, ordered=True, in_texts=in_texts).wrong)

    assert close(text, text, tolerance=0, ordered=True, in_texts=True).values == "2 numbers, 1 text"
    assert not differs("Metric value 0.5000000000000001 doesn't meet 0.25", in_texts=True)
    assert differs("Metric value 0.5000000000000001 doesn't meet 0.25", in_texts=False)
    assert differs("Metric value 0.6 doesn't meet 0.25", in_texts=True)
    assert differs("Metric value 0.5 does meet 0.25", in_texts=True)
    assert differs("Metric value 0.5", in_texts=True)


def test_printed_digits_are_rounded_or_cut() -> None:
    """A log's decimals are all compared, and no more than these."""
    assert not printed([0.571429, 1, 0.625], [0.5714285714285714, 1.0, 0.625], cut=False).wrong
    assert printed([0.571428], [0.5714285714285714], cut=False).wrong
    assert not printed([0.571428], [0.5714285714285714], cut=True).wrong
    assert printed([0.625], [0.6256], cut=False).wrong
    assert printed([0.5], [float("inf")], cut=False).wrong


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (1.1e-17, "within 1e-16"),
        (1e-16, "within 1e-16"),
        (2.31e-4, "within 0.0003"),
        (9.5e-4, "within 0.001"),
        (4.1e-8, "within 5e-8"),
        (0.0, "bit for bit"),
    ],
)
def test_differences_are_rounded_up(difference: float, words: str) -> None:
    """Rounding noise is told by its power of ten, what is larger by one digit."""
    assert Agreement(numbers=1, largest=difference).words == words


def test_what_differs_is_told_up_to_ten_places() -> None:
    """A failing comparison names the places and both values."""
    with pytest.raises(AssertionError, match=r"document\[0\]: 1 recorded, 2 found\n(.*\n)+… and 5 more"):
        equal([1] * 15, [2] * 15, ordered=True).require()
