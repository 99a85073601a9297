"""The analyzer from environment to files: what it checks, in which stages and words, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.analysis.documents.constraints import Constraints
from sagemaker_monitor.analysis.documents.statistics import Statistics
from sagemaker_monitor.analysis.quality import checks, profile
from sagemaker_monitor.analysis.records.csv_files import CsvFiles

from .conftest import REPOSITORY, Analyzer, Finished, column

COMPLETED = "Completed: Job completed successfully with no violations."
NO_HEADER = '{"csv": {"header": false}}'
COLOURS = ["red"] * 60 + ["green"] * 30 + ["blue"] * 10


def edited(baseline: Finished, **changes: Any) -> dict[str, Any]:
    """Return the baseline's constraints with changes to monitoring_config; nested ones are merged."""
    document: dict[str, Any] = baseline.document("constraints.json")
    for key, value in changes.items():
        if isinstance(value, dict):
            document["monitoring_config"][key].update(value)
        else:
            document["monitoring_config"][key] = value
    return document


def described(done: Finished) -> dict[str, str]:
    """Return the descriptions of violations by check."""
    return {check: text for _, check, text in done.violations}


def test_texts_have_counts_and_domains_by_falling_frequency(analyzer: Analyzer) -> None:
    """Few texts are counted each, and are the column's domain while few of them occur only once."""
    done = analyzer.run(column("colour", COLOURS))

    assert done.feature("colour") == {
        "name": "colour",
        "inferred_type": "String",
        "string_statistics": {
            "common": {"num_present": 100, "num_missing": 0},
            "distinct_count": 3.0,
            "distribution": {
                "categorical": {
                    "buckets": [
                        {"value": "red", "count": 60},
                        {"value": "green", "count": 30},
                        {"value": "blue", "count": 10},
                    ]
                }
            },
        },
    }
    assert done.document("constraints.json")["features"] == [
        {
            "name": "colour",
            "inferred_type": "String",
            "completeness": 1.0,
            "string_constraints": {"domains": ["red", "green", "blue"]},
        }
    ]


@pytest.mark.parametrize(("distinct", "counted"), [(120, True), (121, False)])
def test_many_texts_are_only_counted_together(analyzer: Analyzer, distinct: int, counted: bool) -> None:
    """Beyond 120 distinct texts there is neither a distribution nor a domain."""
    done = analyzer.run(column("id", [f"t{number % distinct}" for number in range(2 * distinct)]))

    statistics = done.feature("id")["string_statistics"]
    assert statistics["distinct_count"] == float(distinct)
    assert ("distribution" in statistics) is counted
    assert ("string_constraints" in done.document("constraints.json")["features"][0]) is counted


def test_texts_that_mostly_occur_once_are_no_domain(analyzer: Analyzer) -> None:
    """They are counted, since they are few, and nothing is required of later ones."""
    done = analyzer.run(column("name", [f"n{number}" for number in range(50)]))

    assert "distribution" in done.feature("name")["string_statistics"]
    assert "string_constraints" not in done.document("constraints.json")["features"][0]


def test_a_column_that_turns_to_text_late_is_counted_from_the_first_row(
    analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cells that looked like numbers in earlier blocks are among the counted texts."""
    monkeypatch.setattr("sagemaker_monitor.analysis.records.csv_files.BLOCK", 64)
    monkeypatch.setattr("sagemaker_monitor.analysis.records.csv_files.BLOCK_PER_COLUMN", 1)

    done = analyzer.run(column("code,n", ["1,0"] * 200 + [",0", "x,0"] + ["2,0"] * 100))

    (buckets,) = done.feature("code")["string_statistics"]["distribution"]["categorical"].values()
    assert buckets == [
        {"value": "1", "count": 200},
        {"value": "2", "count": 100},
        {"value": "x", "count": 1},
    ]
    assert done.feature("code")["string_statistics"]["common"] == {"num_present": 301, "num_missing": 1}


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_blocks_and_the_order_of_rows_matter_only_where_they_may(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Blocks change nothing but a deviation's last digit; the rows' order changes sketches besides."""
    cells = st.sampled_from(["1", "2.5", "-3", "", "x", "1e3", "true"])
    rows = data.draw(st.lists(st.tuples(st.integers(-9, 9).map(str), cells), min_size=1, max_size=80))
    shuffled = data.draw(st.permutations(rows))
    folder = tmp_path_factory.mktemp("rows")

    def found(name: str, rows: list[tuple[str, str]], size: int | None) -> profile.Profile:
        path = folder / name
        path.write_text("".join(",".join(row) + "\n" for row in [("a", "b"), *rows]))
        dataset = CsvFiles([path], True)
        whole = [*dataset.blocks()]
        blocks = whole if size is None else [part for block in whole for part in block.iter_slices(size)]
        return profile.profile(dataset.names, lambda _: blocks)

    one = found("one.csv", rows, None)
    cut = found("one.csv", rows, data.draw(st.integers(1, 90)))
    other = found("other.csv", shuffled, None)

    assert cut.statistics.to_json() == one.statistics.to_json()
    for left, right in zip(one.columns, other.columns, strict=True):
        assert left.types == right.types
        assert left.statistics.texts == right.statistics.texts
        if left.statistics.numbers is not None and right.statistics.numbers is not None:
            assert (
                left.statistics.numbers.distribution.buckets == right.statistics.numbers.distribution.buckets
            )  # type: ignore[union-attr]


def test_columns_without_values_and_constant_ones(analyzer: Analyzer) -> None:
    """Nothing is known of the first, and the second has one full bucket; both meet their own baseline."""
    data = "empty,same\n" + ",7\n" * 50

    baseline = analyzer.run(data)
    done = analyzer.run(data, baseline=baseline)

    assert baseline.feature("empty") == {
        "name": "empty",
        "inferred_type": "Unknown",
        "string_statistics": {"common": {"num_present": 0, "num_missing": 50}},
    }
    same = baseline.feature("same")["numerical_statistics"]
    assert (same["mean"], same["std_dev"], same["min"], same["max"]) == (7.0, 0.0, 7.0, 7.0)
    assert [each["count"] for each in same["distribution"]["kll"]["buckets"]] == [0.0] * 9 + [50.0]
    empty, _ = baseline.document("constraints.json")["features"]
    assert empty == {"name": "empty", "inferred_type": "Unknown", "completeness": 0.0}
    assert done.message == COMPLETED


def test_values_where_there_were_none_contradict_nothing(analyzer: Analyzer) -> None:
    """A baseline that never saw a value says nothing about values."""
    baseline = analyzer.run("empty,same\n" + ",7\n" * 50)

    assert analyzer.run("empty,same\n" + "x,7\n" * 50, baseline=baseline).message == COMPLETED


def test_a_column_that_lost_all_values_violates_completeness_alone(analyzer: Analyzer) -> None:
    """Its type cannot be told from nothing."""
    baseline = analyzer.run("a,b\n" + "1,2\n" * 50)

    done = analyzer.run("a,b\n" + "1,\n" * 50, baseline=baseline)

    assert done.violations == [
        (
            "b",
            "completeness_check",
            "Completeness requirement is not met. Expected completeness: 100.0%. Observed: 0.0%.",
        )
    ]


def test_a_share_of_type_is_told_as_java_prints_it(analyzer: Analyzer) -> None:
    """7 fractions among 1,977 cells give the digits that AWS recorded."""
    baseline = analyzer.run(column("a", range(1977)))

    done = analyzer.run(column("a", [*range(1970), *["0.5"] * 7]), baseline=baseline)

    assert described(done) == {
        "data_type_check": (
            "Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. "
            "Observed: Only 99.64592817400101% of data is Integral."
        )
    }


def test_whole_numbers_are_no_fractions(analyzer: Analyzer) -> None:
    """Integers where fractions were are a violation, also of a baseline that was mixed itself."""
    fractions = analyzer.run(column("a", ["1.0", "2.5"] * 50))
    mixed = column("a", ["1", "2.5"] * 50)

    whole = analyzer.run(column("a", ["1", "2"] * 50), baseline=fractions)
    own = analyzer.run(mixed, baseline=analyzer.run(mixed))

    assert "Only 0.0% of data is Fractional." in described(whole)["data_type_check"]
    assert "Only 50.0% of data is Fractional." in described(own)["data_type_check"]


def test_unknown_texts_violate_the_domain(analyzer: Analyzer) -> None:
    """The share inside the domain is told, with the blank that AWS writes at the end."""
    baseline = analyzer.run(column("colour", COLOURS))

    done = analyzer.run(column("colour", [*COLOURS[:-1], "mauve"]), baseline=baseline)

    assert done.violations == [
        ("colour", "categorical_values_check", "Value: 0.99 does not meet the constraint requirement! ")
    ]


def test_numbers_can_be_inside_a_domain(analyzer: Analyzer) -> None:
    """A column whose values now all look like numbers is held against the texts of its domain."""
    baseline = analyzer.run(column("code", ["1", "2", "x"] * 40))

    done = analyzer.run(column("code", ["1", "2"] * 40 + ["3"] * 20), baseline=baseline)

    assert described(done)["categorical_values_check"].startswith("Value: 0.8 does not")


def test_negative_numbers_violate_nothing(analyzer: Analyzer) -> None:
    """That a feature was never negative is told in the baseline and not checked, as recorded."""
    baseline = analyzer.run(column("a", [*range(100), 100]))

    done = analyzer.run(column("a", [-1, *range(100)]), baseline=baseline)

    assert baseline.document("constraints.json")["features"][0]["num_constraints"] == {
        "is_non_negative": True
    }
    assert done.message == COMPLETED
    assert done.document("constraints.json")["features"][0]["num_constraints"] == {"is_non_negative": False}


@pytest.mark.parametrize(
    ("header", "kind", "found", "text"),
    [
        (
            "a,b,c",
            "extra_column_check",
            "Extra columns",
            "There are extra columns in current dataset. Number of columns in current dataset: 3, "
            "Number of columns in baseline constraints: 2",
        ),
        (
            "a",
            "missing_column_check",
            "Missing columns",
            "There are missing columns in current dataset. Number of columns in current dataset: 1, "
            "Number of columns in baseline constraints: 2",
        ),
    ],
)
def test_another_number_of_columns_ends_the_analysis(
    analyzer: Analyzer, header: str, kind: str, found: str, text: str
) -> None:
    """There is that one violation and no other document."""
    baseline = analyzer.run("a,b\n1,2\n")
    row = ",".join("x" * (header.count(",") + 1))

    done = analyzer.run(f"{header}\n{row}\n", baseline=baseline)

    assert (done.code, done.files) == (0, ["constraint_violations.json"])
    assert done.violations == [(found, kind, text)]
    assert done.message == "CompletedWithViolations: Job completed successfully with 1 violations."


def test_the_violations_document_is_jacksons(analyzer: Analyzer) -> None:
    """Blanks around colons, two of indentation, lists on the line, nothing at the end."""
    done = analyzer.run("a,b\n1,2\n", baseline=analyzer.run("a\n1\n"))

    assert done.text("constraint_violations.json") == (
        '{\n  "violations" : [ {\n'
        '    "feature_name" : "Extra columns",\n'
        '    "constraint_check_type" : "extra_column_check",\n'
        '    "description" : "There are extra columns in current dataset. '
        'Number of columns in current dataset: 2, Number of columns in baseline constraints: 1"\n'
        "  } ]\n}"
    )


def test_columns_are_the_baselines_by_position(analyzer: Analyzer) -> None:
    """Whatever they are called now, they are compared and reported under the baseline's names."""
    baseline = analyzer.run("a,b\n" + "1,x\n" * 40)

    swapped = analyzer.run("b,a\n" + "x,1\n" * 40, baseline=baseline)
    nameless = analyzer.run("1,x\n" * 40, baseline=baseline, dataset_format=NO_HEADER)

    assert {name for name, check, _ in swapped.violations if check == "data_type_check"} == {"a", "b"}
    assert nameless.message == COMPLETED
    assert [each["name"] for each in nameless.document("statistics.json")["features"]] == ["a", "b"]


def test_a_header_in_a_headerless_file_is_a_row_of_texts(analyzer: Analyzer) -> None:
    """As with AWS: every number column has one text, and the share tells that it is one row."""
    baseline = analyzer.run("a,b\n" + "1,2.5\n" * 99)

    done = analyzer.run("a,b\n" + "1,2.5\n" * 99, baseline=baseline, dataset_format=NO_HEADER)

    assert [text for _, _, text in done.violations] == [
        "Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. "
        "Observed: Only 99.0% of data is Integral.",
        "Data type match requirement is not met. Expected data type: Fractional, Expected match: 100.0%. "
        "Observed: Only 99.0% of data is Fractional.",
    ]
    assert "looks like a header" in done.log


def drifting(rows: int, shift: float, seed: int = 0) -> str:
    """Return a column of fractions around *shift*."""
    return column("a", [f"{value:.6f}" for value in np.random.default_rng(seed).normal(shift, size=rows)])


@pytest.mark.parametrize(("method", "distance"), [("Simple", 1.0), ("Robust", 1 - 1.8 * (2 / 400) ** 0.5)])
def test_drift_is_told_as_distance_and_threshold(analyzer: Analyzer, method: str, distance: float) -> None:
    """Robust leaves less of the distance than Simple, which is the plain one."""
    baseline = analyzer.run(column("a", range(400)))
    constraints = edited(baseline, distribution_constraints={"comparison_method": method})

    done = analyzer.run(column("a", range(1000, 1400)), baseline=baseline, constraints=constraints)

    ((name, check, text),) = done.violations
    assert (name, check) == ("a", "baseline_drift_check")
    before, _, after = text.partition(" exceeds threshold: ")
    assert float(before.removeprefix("Baseline drift distance: ")) == pytest.approx(distance, abs=1e-12)
    assert after == "0.1"


def test_robust_hides_in_few_rows_what_simple_shows(analyzer: Analyzer) -> None:
    """Of 30 rows, a shift by half a deviation is nothing to Robust."""
    baseline = analyzer.run(drifting(5000, 0.0))
    simple = edited(baseline, distribution_constraints={"comparison_method": "linf_simple"})
    data = drifting(30, 0.5, seed=1)

    assert analyzer.run(data, baseline=baseline).message == COMPLETED
    assert set(described(analyzer.run(data, baseline=baseline, constraints=simple))) == {
        "baseline_drift_check"
    }


def test_drift_is_not_told_beside_other_violations(analyzer: Analyzer) -> None:
    """One cell of another type in one column hides the distance of every other; a switch shows them."""
    baseline = analyzer.run("a,b\n" + "".join(f"{n},{n}\n" for n in range(400)))
    rows = "a,b\n" + "".join(f"{n + 900},{n}\n" for n in range(399))

    hidden = analyzer.run(rows + "1,0.5\n", baseline=baseline)
    plain = analyzer.run(rows + "1,5\n", baseline=baseline)

    assert [(name, check) for name, check, _ in hidden.violations] == [("b", "data_type_check")]
    assert [(name, check) for name, check, _ in plain.violations] == [("a", "baseline_drift_check")]
    required = Constraints.from_json(baseline.text("constraints.json"))
    before = Statistics.from_json(baseline.text("statistics.json"))
    path = analyzer.root / "switch.csv"
    path.write_text(rows + "1,0.5\n")
    dataset = CsvFiles([path], True)
    columns = profile.profile(dataset.names, dataset.blocks).columns
    shown = checks.violations(columns, required, before, drift_beside_others=True)
    assert [(each.feature_name, each.constraint_check_type) for each in shown] == [
        ("b", "data_type_check"),
        ("a", "baseline_drift_check"),
    ]


def test_without_statistics_there_is_no_drift(analyzer: Analyzer) -> None:
    """Constraints alone check types, completeness and domains."""
    constraints = analyzer.run(column("a", range(400))).text("constraints.json")

    assert analyzer.run(column("a", range(900, 1300)), constraints=constraints).message == COMPLETED


def test_statistics_are_no_constraints(analyzer: Analyzer) -> None:
    """They name features and types too; taken for constraints they would pass whatever the data is."""
    baseline = analyzer.run(column("a", range(400)))

    done = analyzer.run(column("a", range(900, 1300)), constraints=baseline.text("statistics.json"))

    assert (done.code, done.files) == (1, [])
    assert "constraints.json has 'dataset': these are statistics" in done.message


def test_the_documents_of_a_baseline_are_of_one_baseline(analyzer: Analyzer) -> None:
    """Without a feature in common nothing could drift; features without statistics are told in the log."""
    baseline = analyzer.run("a,b\n" + "1,2\n" * 400)
    other = baseline.text("constraints.json").replace('"a"', '"x"')

    done = analyzer.run("a,b\n9,2\n", baseline=baseline, constraints=other.replace('"b"', '"y"'))
    told = analyzer.run("a,b\n1,2\n", baseline=baseline, constraints=other)

    assert done.code == 1
    assert "no feature in common: constraints are for x, y, statistics of a, b; give both" in done.message
    assert told.message == COMPLETED
    assert "warning: no drift is looked for in x: not in the baseline's statistics" in told.log


CATEGORIES = [("a", 50), ("b", 30), ("c", 20)]
MOVED = [("a", 20), ("b", 30), ("c", 50)]


def categories(counts: list[tuple[str, int]], times: int) -> str:
    """Return a column with these counts, each *times* over."""
    return column("x", [value for value, count in counts for _ in range(count * times)])


def test_categories_drift_by_their_frequencies(analyzer: Analyzer) -> None:
    """The largest change of a frequency is the distance, held against a threshold of its own if given."""
    baseline = analyzer.run(categories(CATEGORIES, 20))

    def run(**distribution: Any) -> dict[str, str]:
        constraints = edited(
            baseline, distribution_constraints={"comparison_method": "Simple", **distribution}
        )
        return described(analyzer.run(categories(MOVED, 20), baseline=baseline, constraints=constraints))

    text = "Baseline drift distance: 0.3 exceeds threshold: 0.1"
    assert run() == {"baseline_drift_check": text}
    assert run(categorical_comparison_threshold=0.3) == {}
    assert run(categorical_comparison_threshold=0.2) == {"baseline_drift_check": text.replace("0.1", "0.2")}
    assert run(comparison_threshold=0.5, categorical_comparison_threshold=0.2)


def test_chi_squared_compares_a_statistic_or_a_probability(analyzer: Analyzer) -> None:
    """The statistic is judged by Simple, the p-value by Robust; the variable wins over the file."""
    baseline = analyzer.run(categories(CATEGORIES, 20))

    def run(data: list[tuple[str, int]], method: str, **environment: str) -> dict[str, str]:
        constraints = edited(baseline, distribution_constraints={"comparison_method": method})
        return described(
            analyzer.run(
                categories(data, 1),
                baseline=baseline,
                constraints=constraints,
                categorical_drift_method="ChiSquared",
                **environment,
            )
        )

    assert run(MOVED, "Simple") == {
        "baseline_drift_check": "Baseline drift distance: 63.0 exceeds threshold: 0.1"
    }
    assert run(MOVED, "Robust")["baseline_drift_check"].startswith("Baseline drift p-value: 2.0")
    assert run(CATEGORIES, "Robust") == run(CATEGORIES, "Simple") == {}


SWITCHES: dict[str, Callable[[dict[str, Any]], object]] = {
    "evaluation is disabled": lambda d: d["monitoring_config"].update(evaluate_constraints="Disabled"),
    "comparison is disabled": lambda d: d["monitoring_config"]["distribution_constraints"].update(
        perform_comparison="Disabled"
    ),
    "the threshold is 1": lambda d: d["monitoring_config"]["distribution_constraints"].update(
        comparison_threshold=1.0
    ),
    "as the documentation spells it": lambda d: d["features"][0].update(
        monitoringConfigOverrides={"evaluate_constraints": "Disabled"}
    ),
    "as the SDK spells it": lambda d: d["features"][0].update(
        monitoring_config_overrides={"evaluate_constraints": "Disabled"}
    ),
    "as the SDK spelled it once": lambda d: d["features"][0].update(
        string_constraints={"monitoring_config_overrides": {"evaluate_constraints": "Disabled"}}
    ),
    "an override of the comparison": lambda d: d["features"][0].update(
        monitoring_config_overrides={"distribution_constraints": {"comparison_threshold": 1.0}}
    ),
    "as in 2019": lambda d: d["monitoring_config"].update(
        distribution_constraints={"enable_comparisons": False, "min_domain_mass": 1.0}
    ),
}


@pytest.mark.parametrize("switch", SWITCHES)
def test_switches_turn_drift_off(analyzer: Analyzer, switch: str) -> None:
    """Each of them, in whatever spelling, silences a violation that is there without it."""
    baseline = analyzer.run(column("a", range(400)))
    constraints = baseline.document("constraints.json")
    SWITCHES[switch](constraints)
    data = column("a", range(900, 1300))

    assert analyzer.run(data, baseline=baseline).violations
    done = analyzer.run(data, baseline=baseline, constraints=constraints)

    assert (done.message, done.files) == (COMPLETED, ["constraints.json", "statistics.json"])


def test_a_disabled_evaluation_also_allows_more_columns(analyzer: Analyzer) -> None:
    """Then nothing at all is checked, and the columns keep their own names."""
    baseline = analyzer.run("a\n1\n")
    constraints = edited(baseline, evaluate_constraints="Disabled")

    done = analyzer.run("x,y\n1,2\n", baseline=baseline, constraints=constraints)

    assert done.message == COMPLETED
    assert [each["name"] for each in done.document("statistics.json")["features"]] == ["x", "y"]


def test_thresholds_forgive(analyzer: Analyzer) -> None:
    """Shares of type and domain may be as low as their thresholds, and no lower."""
    baseline = analyzer.run("n,t\n" + "1,red\n2,blue\n" * 50)
    data = "n,t\n" + "1,red\n2,blue\n" * 45 + "1.5,mauve\n" * 10

    def run(**thresholds: float) -> set[str]:
        constraints = edited(baseline, **thresholds)
        return set(described(analyzer.run(data, baseline=baseline, constraints=constraints)))

    both = {"data_type_check", "categorical_values_check"}
    assert run() == both
    assert run(datatype_check_threshold=0.9) == both - {"data_type_check"}
    assert run(domain_content_threshold=0.9) == both - {"categorical_values_check"}
    assert run(datatype_check_threshold=0.91, domain_content_threshold=0.91) == both
    assert not both & run(datatype_check_threshold=0.9, domain_content_threshold=0.9)


@pytest.mark.long
def test_three_thousand_columns(analyzer: Analyzer) -> None:
    """They are analysed and compared like three."""
    generator = np.random.default_rng(0)
    values = generator.integers(0, 50, size=(120, 3000))
    header = ",".join(f"c{number}" for number in range(3000))
    data = "\n".join([header, *(",".join(map(str, row)) for row in values.tolist()), ""])

    baseline = analyzer.run(data)
    done = analyzer.run(data, baseline=baseline)

    assert done.message == COMPLETED
    statistics = baseline.document("statistics.json")["features"]
    assert len(statistics) == 3000
    assert statistics[2999]["numerical_statistics"]["sum"] == float(values[:, 2999].sum())


def test_numbers_beyond_doubles_are_written_as_texts(analyzer: Analyzer) -> None:
    """What JSON has no number for stands in quotes, as Jackson writes it, and is read again."""
    data = column("a", ["1e999", "1.0", "2.0"])

    baseline = analyzer.run(data)

    numbers = baseline.feature("a")["numerical_statistics"]
    assert (numbers["max"], numbers["sum"], numbers["std_dev"]) == ("Infinity", "Infinity", "NaN")
    assert analyzer.run(data, baseline=baseline).message == COMPLETED


@pytest.mark.parametrize(
    ("files", "environment", "text"),
    [
        ((), {}, "Job inputs had no data"),
        (("",), {}, "Job inputs had no data"),
        (("a,b\n",), {}, "Job inputs had no data"),
        (("a,b\n1,2\n3\n",), {}, "row 3 has 1 cells"),
        (("a\n1\n",), {"dataset_format": "{"}, "dataset_format is not JSON"),
        (("a\n1\n",), {"dataset_format": "[]"}, "dataset_format must be an object with one key"),
        (("a\n1\n",), {"dataset_format": '{"json": {"lines": true}}'}, "'0.csv', line 1, is not JSON"),
        (("a\n1\n",), {"dataset_format": '{"csv": {"header": "yes"}}'}, "header must be true or false"),
        (("a\n1\n",), {"dataset_format": '{"csv": {"sep": ";"}}'}, "unknown keys: sep"),
        (("a\n1\n",), {"dataset_format": ""}, "environment variable dataset_format is not set"),
        (("a\n1\n",), {"dataset_source": ""}, "environment variable dataset_source is not set"),
        (("a\n1\n",), {"analysis_type": "BIAS"}, "analysis_type is 'BIAS'; it must be one of DATA_QUALITY"),
        (("a\n1\n",), {"record_preprocessor_script": "/p.py"}, "record_preprocessor_script '/p.py' is not"),
        (("a\n1\n",), {"post_analytics_processor_script": "/p.py"}, "processor_script '/p.py' is not there"),
        (("a\n1\n",), {"exclude_features_attribute": "a"}, "leaves none of 1 columns"),
        (("a\n1\n",), {"publish_cloudwatch_metrics": "Yes"}, "must be one of Enabled, Disabled"),
        (("a\n1\n",), {"metric_time": "noon"}, "metric_time is 'noon'; it must be a time with its zone"),
        (("a\n1\n",), {"start_time": "2024-03-18T13:00:00"}, "must be a time with its zone"),
        (("a\n1\n",), {"monitoring_input_type": "S3"}, "must be one of ENDPOINT_INPUT, BATCH_"),
        (("a\n1\n",), {"analysis_type": "BIAS"}, "must be one of DATA_QUALITY, MODEL_QUALITY"),
        (("a\n1\n",), {"categorical_drift_method": "PSI"}, "must be one of LInfinity, ChiSquared"),
        (("a\n1\n",), {"baseline_statistics": "/s.json"}, "baseline_statistics is set without"),
        (("a\n1\n",), {"baseline_constraints": "/none.json"}, "the baseline cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_ends_with_its_reason(
    analyzer: Analyzer, files: tuple[str, ...], environment: dict[str, str], text: str
) -> None:
    """The exit code is 1, the reason is the exit text, and no output is written."""
    done = analyzer.run(*files, **environment)

    assert done.code == 1
    assert text in done.message
    assert done.files == []


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda d: d.pop("features"), "constraints.json has no 'features'; give the constraints of a data"),
        (lambda d: d["features"][0].pop("name"), "constraints.json.features[0] has no 'name'"),
        (lambda d: d["features"][0].update(inferred_type="Int"), "inferred_type is 'Int'; it must be one of"),
        (
            lambda d: d["monitoring_config"].update(evaluate_constraints="On"),
            "constraints.json.monitoring_config.evaluate_constraints is 'On'; it must be one of Enabled",
        ),
        (
            lambda d: d["monitoring_config"]["distribution_constraints"].update(comparison_method="KS"),
            "comparison_method is 'KS'; it must be one of Simple, Robust",
        ),
        (
            lambda d: d["features"][0].update(monitoring_config_overrides={"datatype_check_threshold": ""}),
            "features[0].monitoring_config_overrides.datatype_check_threshold is str; it must be a number",
        ),
    ],
)  # fmt: skip
def test_constraints_that_say_nothing_known_are_refused(
    analyzer: Analyzer, change: Callable[[dict[str, Any]], object], text: str
) -> None:
    """The place in the document and what is allowed there are told."""
    baseline = analyzer.run("a\n1\n")
    constraints = baseline.document("constraints.json")
    change(constraints)

    done = analyzer.run("a\n1\n", baseline=baseline, constraints=constraints)

    assert done.code == 1
    assert text in done.message
    assert done.files == []


def test_constraints_that_are_no_json_are_refused(analyzer: Analyzer) -> None:
    """A damaged document is named."""
    done = analyzer.run("a\n1\n", constraints="{")

    assert done.message.startswith("the baseline cannot be read: constraints.json is not JSON")


def test_files_below_the_source_are_one_dataset(analyzer: Analyzer) -> None:
    """All files count, in the order of their names, each with its header; the API's spelling is known too."""
    done = analyzer.run("a\n1\n2\n", "a\n3\n", dataset_format=json.dumps({"Csv": {"Header": True}}))

    assert done.document("statistics.json")["dataset"] == {"item_count": 3}
    (data,) = done.feature("a")["numerical_statistics"]["distribution"]["kll"]["sketch"]["data"]
    assert data == [1.0, 2.0, 3.0]


def test_importing_the_analyzer_is_cheap() -> None:
    """Heavy libraries and readers are imported when they are used, and no AWS library is at all."""
    ours = ("records.captured", "records.csv_files", "documents.violations", "documents.cloudwatch")
    heavy = (
        *("polars", "scipy", "pandas", "sklearn", "boto3", "jmespath"),
        *(f"sagemaker_monitor.analysis.{each}" for each in ours),
    )
    code = (
        "import sys, sagemaker_monitor.analysis.container.analyzer;"
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_numbers_in_a_header_are_doubted(analyzer: Analyzer) -> None:
    """A headerless file under a format with header is analysed as told, with a warning in the log."""
    done = analyzer.run("1,2\n3,4\n")

    assert (done.code, done.document("statistics.json")["dataset"]) == (0, {"item_count": 1})
    assert "warning: the first row of '0.csv' has numbers" in done.log
