"""Distances are SageMaker's, and all their limits together keep their error rate."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ks_2samp

from sagemaker_monitor.analysis.decision import drift, table
from sagemaker_monitor.analysis.decision.table import Table, TableError, read_table
from tests.analysis.decision.inputs import columns, inputs


def made(seed: int, rows: int, **shift: float) -> Table:
    """Return a table of income, debt, term and region."""
    return inputs(columns(seed, rows, **shift)).table


def plain(**cells: list[str]) -> Table:
    """Return a table with these columns."""
    return Table(tuple(cells), tuple(tuple(each) for each in cells.values()), len(next(iter(cells.values()))))


def random_splits(feature: drift.Feature, size: int) -> drift.Codes:
    """Return some splits of the pooled rows."""
    return drift._draw(np.random.RandomState(1), len(feature.codes), size, 50)


@pytest.mark.parametrize(("baseline", "batch"), [(750, 200), (200, 750), (1, 9), (2000, 30)])
def test_the_distance_of_numbers_is_the_kolmogorov_smirnov_statistic(baseline: int, batch: int) -> None:
    """The true split's distance is the two-sample statistic, whichever sample is the larger."""
    before, now = made(1, baseline), made(2, batch, richer=0.8)
    found = drift.drift(before, now, 0.05, splits=20)
    for place, name in enumerate(("income", "debt", "term")):
        samples = ([float(cell) for cell in each.columns[place]] for each in (before, now))
        assert found.distance(name) == pytest.approx(ks_2samp(*samples).statistic, abs=1e-8)


def test_the_distance_of_texts_is_the_largest_difference_of_shares() -> None:
    """Order means nothing for texts: north 0.5 and 0.8, south 0.5 and 0, west 0 and 0.2."""
    before, now = plain(region=["north", "south"] * 5), plain(region=["north"] * 8 + ["west"] * 2)

    assert drift.drift(before, now, 0.05, splits=10).distance("region") == pytest.approx(0.5)


def test_missing_cells_are_left_out() -> None:
    """Values that are present are compared: the same ones are not apart, however many are missing."""
    before = plain(x=["1", "2", "3", "4"] * 50, y=["1"] * 200)
    now = plain(x=["1", "2", "3", "4", "", ""] * 20, y=["1"] * 120)
    found = drift.drift(before, now, 0.05)

    assert found.distance("x") == 0
    assert found.present["x"] == (200, 80)


def test_both_ways_to_count_agree() -> None:
    """Sorting the chosen rows gives, in every split, the distance that counting all values gives."""
    feature = drift.encode("income", (made(1, 900).columns[0], made(2, 40).columns[0]))
    assert isinstance(feature, drift.Feature)
    chosen = random_splits(feature, 40)
    assert len(feature.counts) > 3 * 40
    counted = drift.Feature("income", True, np.append(feature.codes, len(feature.counts)), feature.counts)

    np.testing.assert_array_equal(drift._distances(feature, chosen), drift._distances(counted, chosen))


def test_splits_take_every_row_at_most_once() -> None:
    """A split draws without replacement, and every row equally often."""
    drawn = drift._draw(np.random.RandomState(3), 30, 10, 3000)

    assert all(len(set(rows)) == 10 for rows in drawn.tolist())
    assert np.bincount(drawn.ravel(), minlength=30) / 3000 == pytest.approx(1 / 3, abs=0.05)


def test_the_same_rows_get_the_same_limits() -> None:
    """Nothing depends on when, or how often, limits are computed."""
    first, second = (drift.drift(made(1, 300), made(2, 200), 0.05).distances for _ in range(2))

    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(("baseline", "rows"), [(200, 60), (60, 200), (40, 12)])
def test_honest_batches_are_refused_as_often_as_said(baseline: int, rows: int) -> None:
    """For any sizes, with ties, missing cells and features that go together, at most the promised share.

    Of 200 batches at 20 %, more than 57 would be beyond three standard errors.
    """
    refused = 0
    for seed in range(200):
        found = drift.drift(
            made(seed, baseline, missing=0.1), made(5000 + seed, rows, missing=0.1), 0.2, splits=200
        )
        limits = found.limits(found.features, 0.2)
        refused += any(found.distance(name) > high for name, high in limits.items())

    assert 15 <= refused <= 57


def test_many_features_need_no_more_splits() -> None:
    """With as many features as splits, limits still refuse a share of the splits, and catch what drifted."""
    random = np.random.default_rng(1)
    values = random.normal(size=(500, 400))
    values[300:, 7] += 1
    cells = {f"f{place}": [repr(float(x)) for x in column] for place, column in enumerate(values.T)}
    before = plain(**{name: column[:300] for name, column in cells.items()})
    now = plain(**{name: column[300:] for name, column in cells.items()})
    found = drift.drift(before, now, 0.05, splits=400)
    limits = found.limits(found.features, 0.05)

    assert 0.02 < found.refused(limits) <= 0.05
    assert [name for name, high in limits.items() if found.distance(name) > high] == ["f7"]


def test_an_error_rate_below_one_split_is_honoured() -> None:
    """There are never fewer splits than the error rate needs to be reached."""
    found = drift.drift(plain(x=["1", "2"] * 10), plain(x=["1", "2"] * 10), 0.00005)

    assert found.splits == 20_000


def test_features_that_have_no_distance_are_told() -> None:
    """Empty columns, texts against numbers and texts without end are named; constants are compared."""
    before = plain(
        empty=["", "", ""], mixed=["1", "2", "3"], free=["a", "b", "c"], one=["5"] * 3, gone=["1", "2", "3"]
    )
    words = [f"w{place}" for place in range(130)]
    now = plain(empty=[""] * 130, mixed=["x"] * 130, free=words, one=["5"] * 130, gone=[""] * 130)
    found = drift.drift(before, now, 0.05, splits=20)

    assert found.features == ("one", "gone")
    assert found.distance("one") == 0
    assert found.limits(("one",), 0.05) == {"one": 0}
    assert "has a value" in found.left_out["empty"]
    assert "the baseline has numbers and the batch texts" in found.left_out["mixed"]
    assert "133 distinct values" in found.left_out["free"]
    assert set(found.incomparable) == {"mixed", "gone"}
    assert found.missing("gone") == "the batch has no value of it"


def test_a_new_constant_is_far_from_the_old_one() -> None:
    """A column that was always 5 and is now always 6 is at distance 1, beyond any limit."""
    found = drift.drift(plain(x=["5"] * 40), plain(x=["6.0"] * 30), 0.05)

    assert found.distance("x") == 1
    assert found.limits(("x",), 0.05)["x"] < 0.6


def test_numbers_are_compared_by_value_however_they_are_written() -> None:
    """1, 1.0, +1 and 1e0 are one value; a sign with one blank is a number to SageMaker."""
    found = drift.drift(plain(x=["1", "1.0", "- 2"]), plain(x=["+1", "1e0", "-2.00"]), 0.05, splits=5)

    assert found.distance("x") == 0


def test_what_a_limit_catches_is_caught(capsys: pytest.CaptureFixture[str]) -> None:
    """A true distance at the promised size is beyond the limit in at least nine of ten batches."""
    random = np.random.default_rng(5)
    found = drift.drift(
        plain(x=[repr(float(x)) for x in random.random(750)]),
        plain(x=[repr(float(x)) for x in random.random(300)]),
        0.05,
    )
    limit = found.limits(("x",), 0.05)["x"]
    caught = found.caught("x", limit)
    hits = sum(
        ks_2samp(random.random(750), np.minimum(random.random(300), 1 - caught)).statistic > limit
        for _ in range(200)
    )

    assert limit < caught < limit + 0.06
    assert hits >= 180


@pytest.mark.long
@pytest.mark.parametrize(
    ("features", "baseline", "rows", "seconds"), [(12, 750, 10_000, 10), (300, 750, 1000, 20)]
)
def test_large_inputs_take_seconds(features: int, baseline: int, rows: int, seconds: int) -> None:
    """Work is bounded by drawing fewer splits, never fewer than 500."""
    random = np.random.default_rng(1)

    def sample(size: int) -> Table:
        columns = [map(repr, random.normal(size=size).tolist()) for _ in range(features)]
        return Table(tuple(f"f{i}" for i in range(features)), tuple(tuple(each) for each in columns), size)

    before, now = sample(baseline), sample(rows)
    started = time.monotonic()
    found = drift.drift(before, now, 0.05)

    assert time.monotonic() - started < seconds
    assert found.splits >= 500


def test_very_many_rows_are_thinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more rows than are kept a random part is, the same every time, and the count is the files'."""
    monkeypatch.setattr(table, "KEPT", 100)
    for number in range(2):
        lines = "".join(f"{row},x\n" for row in range(number * 300, number * 300 + 300))
        (tmp_path / f"{number}.csv").write_text("a,b\n" + lines)
    first, second = read_table(tmp_path), read_table(tmp_path)
    rows = [int(cell) for cell in first.columns[0]]

    assert (first.rows, first.kept, first.names) == (600, 100, ("a", "b"))
    assert rows == sorted(set(rows))
    assert 230 < np.mean(rows) < 370
    assert first.columns == second.columns


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({}, "no file with a header"),
        ({"a.csv": "a,b\n1,2\n3\n"}, "a.csv: row 2 has 1 cells under a header of 2"),
        ({"a.csv": "a,b\n1,2\n", "b.csv": "a,c\n1,2\n"}, "b.csv has another header"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, files: dict[str, str], text: str) -> None:
    """The message says which file and row, and no value."""
    for name, content in files.items():
        (tmp_path / name).write_text(content)

    with pytest.raises(TableError, match=text):
        read_table(tmp_path)


def test_few_splits_expect_the_limits_of_many() -> None:
    """The limits that 1,000 splits foretell are those of 10,000, within a twelfth."""
    before, now = made(1, 500), made(2, 200)
    few = drift.drift(before, now, 0.05, splits=1_000)
    many = drift.drift(before, now, 0.05, splits=10_000)
    names = list(few.features)
    known = many.limits(names, 0.05)

    assert few.expected_limits(names, 0.05) == pytest.approx(known, rel=1 / 12)
