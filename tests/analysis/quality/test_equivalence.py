"""The same rows are the same statistics, whatever they are written in, cut into, or repeated as."""

from __future__ import annotations

import csv
import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.analysis.documents.statistics import Statistics
from sagemaker_monitor.analysis.quality import profile
from sagemaker_monitor.analysis.quality.profile import Profile
from sagemaker_monitor.analysis.records import DatasetFormat, blocks, csv_files, lines, open_dataset

from .conftest import Analyzer, column

CSV = '{"csv":{"header":true}}'
LINES = '{"json":{"lines":true}}'
DOCUMENT = '{"json":{}}'
CAPTURE = '{"sagemakerCaptureJson":{"captureIndexNames":["endpointOutput","endpointInput"]}}'

CELLS = st.sampled_from(["1", "2.5", "-3", "x", "1e3", "true", "NaN", "inf", "red, blue", 'say "x"'])
ROWS = st.lists(st.tuples(CELLS, st.integers(-9, 9).map(str), CELLS), min_size=1, max_size=40)
NAMES = ("_c0", "_c1", "_c2")


def as_csv(rows: list[tuple[str, ...]]) -> str:
    """Return rows as CSV."""
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerows(rows)
    return target.getvalue()


def captured(rows: list[tuple[str, ...]]) -> str:
    """Return rows as records whose first cell is the model's answer."""
    parts = [(as_csv([row[:1]]), as_csv([row[1:]])) for row in rows]
    return "".join(
        json.dumps(
            {
                "captureData": {
                    "endpointOutput": {"data": answer, "encoding": "CSV"},
                    "endpointInput": {"data": request, "encoding": "CSV"},
                }
            }
        )
        + "\n"
        for answer, request in parts
    )


def profiled(folder: Path, format: str, content: str) -> Profile:
    """Return the profile of a dataset in one file, called by position."""
    folder.mkdir(parents=True)
    (folder / "data").write_text(content)
    read_as = DatasetFormat.of(format)
    return profile.profile(NAMES, partial(blocks, read_as, open_dataset(read_as, folder)))


def records(rows: list[tuple[str, ...]]) -> list[dict[str, Any]]:
    """Return rows as JSON records of texts."""
    return [dict(zip(NAMES, row, strict=True)) for row in rows]


@settings(max_examples=40, deadline=None)
@given(ROWS, st.integers(1, 300))
def test_formats_and_blocks_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], size: int
) -> None:
    """Texts in CSV, JSON and captures are equal statistics, to the last digit of a mean."""
    folder = tmp_path_factory.mktemp("formats")
    whole = profiled(folder / "csv", CSV, as_csv([NAMES, *rows]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "BLOCK", size)
        patch.setattr(csv_files, "BLOCK", size)
        patch.setattr(csv_files, "BLOCK_PER_COLUMN", 1)
        others = [
            profiled(folder / "cut", CSV, as_csv([NAMES, *rows])),
            profiled(folder / "lines", LINES, "".join(json.dumps(each) + "\n" for each in records(rows))),
            profiled(folder / "document", DOCUMENT, json.dumps(records(rows))),
            profiled(folder / "captured", CAPTURE, captured(rows)),
        ]

    for other in others:
        assert other.statistics.to_json() == whole.statistics.to_json()


@settings(max_examples=40, deadline=None)
@given(ROWS, st.integers(2, 4))
def test_rows_that_are_repeated_change_only_counts(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], times: int
) -> None:
    """Shares, extremes and types stay; counts are multiplied, those of buckets and categories too."""
    folder = tmp_path_factory.mktemp("repeated")
    once = profiled(folder / "once", CSV, as_csv([NAMES, *rows]))
    often = profiled(folder / "often", CSV, as_csv([NAMES, *(rows * times)]))

    for one, other in zip(once.columns, often.columns, strict=True):
        assert other.statistics.inferred_type == one.statistics.inferred_type
        assert other.statistics.num_present == times * one.statistics.num_present
        if one.statistics.texts is not None and other.statistics.texts is not None:
            assert one.statistics.texts.counts is not None
            assert other.statistics.texts.counts == {
                text: times * count for text, count in one.statistics.texts.counts.items()
            }
        if one.statistics.numbers is not None and other.statistics.numbers is not None:
            before, after = one.statistics.numbers, other.statistics.numbers
            assert (after.min, after.max) == (before.min, before.max)
            assert after.mean == pytest.approx(before.mean, rel=1e-12, abs=1e-12)
            assert after.std_dev == pytest.approx(before.std_dev, rel=1e-9, abs=1e-9)
            assert before.distribution is not None
            assert after.distribution is not None
            assert [each.count for each in after.distribution.buckets] == [
                times * each.count for each in before.distribution.buckets
            ]


def test_what_is_no_finite_number_is_text(analyzer: Analyzer) -> None:
    """NaN and inf make a column of numbers one of texts, as Deequ's patterns have it."""
    done = analyzer.run(column("a", ["1.5", "NaN", "inf", "-Infinity"] * 3))

    assert done.feature("a")["inferred_type"] == "String"


def test_ten_thousand_categories_are_held_against_their_domain(analyzer: Analyzer) -> None:
    """A domain that someone gave by hand may be long; the share inside of it is exact."""
    baseline = analyzer.run(column("id", [f"t{number}" for number in range(10_000)] * 2))
    constraints = baseline.document("constraints.json")
    constraints["features"][0]["string_constraints"] = {"domains": [f"t{n}" for n in range(10_000)]}
    now = column("id", [f"t{number}" for number in range(100, 10_100)])

    done = analyzer.run(now, baseline=baseline, constraints=constraints)

    assert baseline.feature("id")["string_statistics"]["distinct_count"] == 10_000.0
    assert done.violations == [
        ("id", "categorical_values_check", "Value: 0.99 does not meet the constraint requirement! ")
    ]


@pytest.mark.parametrize(
    ("domains", "cells"), [([1, 2, 3], ["1", "2", "3"]), ([True, "x"], ["true", "x"]), ([1.5], ["1.5"])]
)
def test_domains_may_be_written_as_numbers(analyzer: Analyzer, domains: list[Any], cells: list[str]) -> None:
    """Who edits constraints by hand may leave the quotes out."""
    feature = {"name": "code", "inferred_type": "String", "string_constraints": {"domains": domains}}
    document = {
        "features": [feature],
        "monitoring_config": {"datatype_check_threshold": 0.0},
    }

    assert analyzer.run(column("code", cells * 9), constraints=document).violations == []
    assert len(analyzer.run(column("code", [*cells * 9, "?"]), constraints=document).violations) == 1


def test_constraints_made_by_hand_need_only_names_and_types(analyzer: Analyzer) -> None:
    """What they do not say is as the analyzer suggests it; null is nothing."""
    document = {
        "features": [
            {"name": "a", "inferred_type": "Integral"},
            {"name": "b", "inferred_type": "String", "completeness": None, "string_constraints": None},
        ]
    }

    done = analyzer.run("x,y\n" + "1,\n0.5,t\n" * 5, constraints=document)

    assert [(feature, check) for feature, check, _ in done.violations] == [("a", "data_type_check")]


def test_newer_keys_are_one_switch_away(analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch) -> None:
    """They stand after the extremes, where AWS's containers of 2025 write them, and are absent by default."""
    data = "a,b\n" + "1,0.5\n1,\n2,0.5\n" * 100
    plain = analyzer.run(data).feature("a")["numerical_statistics"]
    monkeypatch.setattr(profile, "NEWER_KEYS", True)

    done = analyzer.run(data)

    assert [*plain] == ["common", "mean", "sum", "std_dev", "min", "max", "distribution"]
    newer = done.feature("b")["numerical_statistics"]
    assert [*newer][5:] == ["max", "approximate_num_distinct_values", "completeness", "distribution"]
    assert (newer["approximate_num_distinct_values"], newer["completeness"]) == (1, 2 / 3)
    assert done.feature("a")["numerical_statistics"]["approximate_num_distinct_values"] == 2
    assert Statistics.from_json(done.text("statistics.json")).to_json() == done.text("statistics.json")


@pytest.mark.parametrize(
    ("excluded", "names"),
    [("b", ["a", "c"]), ("1", ["a", "c"]), (" c , 0 ", ["b"]), ("", ["a", "b", "c"])],
)
def test_excluded_columns_are_not_analysed(analyzer: Analyzer, excluded: str, names: list[str]) -> None:
    """By name or index; a baseline that has them is compared without them, one that has not as it is."""
    data = "a,b,c\n" + "1,2,x\n" * 9
    moved = "a,b,c\n" + "1,y,x\n" * 9

    full = analyzer.run(data)
    part = analyzer.run(data, exclude_features_attribute=excluded)
    against = [
        analyzer.run(moved, baseline=each, exclude_features_attribute=excluded) for each in (full, part)
    ]

    assert [each["name"] for each in part.document("statistics.json")["features"]] == names
    for done in against:
        assert {feature for feature, _, _ in done.violations} == {"b"} & {*names}


def test_an_excluded_column_must_be_there(analyzer: Analyzer) -> None:
    """A name that is none may be misspelt."""
    done = analyzer.run("a,b\n1,2\n", exclude_features_attribute="a,bb")

    assert "exclude_features_attribute has 'bb', which is no column of the dataset" in done.message
    assert "an index from 0 to 1" in done.message
