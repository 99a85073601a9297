"""What a report says about inputs: what drifted and where, facts, columns, and what waits for labels."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sagemaker_monitor.analysis.documents.statistics import (
    Distribution,
    FeatureStatistics,
    Numbers,
    Sketch,
    Statistics,
    Texts,
)
from sagemaker_monitor.analysis.documents.verdict import (
    Batch,
    Calibration,
    Family,
    Finding,
    Limit,
    NotChecked,
    Window,
)
from sagemaker_monitor.reports import FORMATS, render
from sagemaker_monitor.reports.content import content
from sagemaker_monitor.reports.distributions import HEIGHT, MOST_BARS, WIDTH, Drawing, draw
from tests.reports.conftest import PAGES, MakeFinding, MakeInput, MakeVerdict

MakeDrift = Callable[..., Finding]

TYPE_TEXT = (
    "Expected data type: Fractional, Expected match: 100.0%. Observed: Only 90.0% of data is Fractional."
)
COLUMNS_TEXT = (
    "There are missing columns in current dataset. Number of columns in current dataset: 8, Number of"
    " columns in baseline constraints: 9"
)


@pytest.fixture
def make_drift(make_finding: MakeFinding) -> MakeDrift:
    """Return a function that makes a finding about a feature: obrat has drifted, but for changes."""
    about: dict[str, Any] = {
        "check": "DataQuality",
        "monitor": "data_quality",
        "metric": "baseline_drift_check",
        "facet": None,
        "facet_value": None,
        "feature": "obrat",
        "value": 0.336,
        "baseline": None,
        "limit": Limit("calibrated", None, 0.103, None, 0.138),
        "rule": "data_quality/*",
        "message": "the distance of obrat from its baseline is 0.34",
    }
    return lambda **changes: make_finding(**{**about, **changes})


def numeric(
    values: Sequence[float] | NDArray[np.float64], missing: int = 0, name: str = "obrat"
) -> FeatureStatistics:
    """Return the statistics of a numerical feature, with a sketch that holds all values."""
    held = np.array(sorted(values), dtype=np.float64)
    sketch = Sketch(0.64, 2048.0, (held,))
    numbers = Numbers(0.0, 0.0, 1.0, 0.0, 1.0, Distribution((), sketch))
    return FeatureStatistics(name, "Fractional", len(held), missing, numbers)


def texts(counts: dict[str, int], name: str = "state") -> FeatureStatistics:
    """Return the statistics of a feature of texts."""
    return FeatureStatistics(name, "String", sum(counts.values()), 0, None, Texts(len(counts), counts))


def document(*features: FeatureStatistics) -> dict[str, Any]:
    """Return statistics.json of these features."""
    found: dict[str, Any] = json.loads(Statistics(100, features).to_json())
    return found


def drawn(baseline: FeatureStatistics, batch: FeatureStatistics) -> Drawing:
    """Return the drawing of two sides, which there must be."""
    drawing = draw(baseline, batch)
    assert drawing is not None
    return drawing


@pytest.mark.parametrize("format", PAGES)
def test_drifted_feature_is_told_with_its_distributions(
    make_input: MakeInput, make_verdict: MakeVerdict, make_drift: MakeDrift, format: str
) -> None:
    """Each format has feature, distance, limit, AWS's finding, medians and where both are farthest apart."""
    statistics = {
        "baseline": document(numeric(np.linspace(0, 50, 101))),
        "batch": document(numeric(np.linspace(10, 60, 101))),
    }
    page = render(
        make_input(verdict=make_verdict(findings=(make_drift(),)), statistics=statistics),
        format,  # type: ignore[arg-type]
    )

    for told in ("obrat", "0.336", "0.103", "Median 25 in the baseline, 35 in this batch"):
        assert told in page
    assert "of the baseline's values are at most that" in page.replace("&#39;", "'")
    assert ("aws_violation" if format == "json" else "AWS") in page


def test_shares_of_each_side_add_up_and_stay_inside() -> None:
    """All values are in some bar, however far out they lie, and no bar leaves the drawing."""
    random = np.random.default_rng(1)
    drawing = drawn(numeric(random.lognormal(0, 3, 500)), numeric(random.lognormal(1, 3, 300)))

    assert len(drawing.bars) == MOST_BARS
    for side in ("baseline", "batch"):
        assert sum(getattr(bar, side) for bar in drawing.bars) == pytest.approx(1.0, abs=1e-4)
    assert max(max(bar.baseline_height, bar.batch_height) for bar in drawing.bars) == HEIGHT
    assert all(bar.x >= 0 and bar.x + 2 * bar.width <= WIDTH + 0.2 for bar in drawing.bars)
    assert drawing.ends is not None
    assert drawing.ends[0].startswith("≤")
    assert drawing.ends[1].startswith("≥")


def test_items_of_higher_levels_count_with_their_weight() -> None:
    """An item of level 2 stands for four values, as in the analyzer's sketches."""
    level = [np.array([1.0, 2.0]), np.zeros(0), np.array([2.0])]
    heavy = FeatureStatistics(
        "obrat",
        "Integral",
        6,
        0,
        Numbers(0, 0, 0, 0, 0, Distribution((), Sketch(0.64, 2048.0, tuple(level)))),
    )

    drawing = drawn(numeric([1.0, 2.0]), heavy)
    assert [bar.label for bar in drawing.bars] == ["1", "2"]
    assert [bar.batch for bar in drawing.bars] == pytest.approx([1 / 6, 5 / 6], abs=1e-6)


def test_few_distinct_numbers_have_a_bar_each() -> None:
    """A feature of 0 and 1 has two labelled bars and no axis."""
    drawing = drawn(numeric([0.0, 0.0, 0.0, 1.0]), numeric([1.0, 1.0]))

    assert [(bar.label, bar.baseline, bar.batch) for bar in drawing.bars] == [
        ("0", 0.75, 0.0),
        ("1", 0.25, 1.0),
    ]
    assert drawing.ends is None
    assert "Farthest apart at 0: 75 % of the baseline's values are at most that, 0.0 %" in drawing.words[0]


def test_rare_categories_share_a_bar() -> None:
    """Of many categories the most frequent are named and the others counted."""
    before = {f"c{place:02}": 100 - place for place in range(30)}
    drawing = drawn(texts(before), texts({**before, "new": 3000}))

    labels = [bar.label for bar in drawing.bars]
    assert len(labels) == MOST_BARS
    assert labels[0] == "new"
    assert labels[-1] == "20 others"
    assert drawing.words[0].startswith("Farthest apart at new: 0.0 % of the baseline's values")


def test_missing_values_are_told() -> None:
    """Where either side lacks values, both shares are said."""
    drawing = drawn(numeric([1.0, 2.0]), numeric([1.0], missing=1))

    assert drawing.words[-1] == "Missing: 0.0 % of the baseline's rows, 50 % of this batch's."


@pytest.mark.parametrize(
    ("baseline", "batch"),
    [
        (numeric([]), numeric([1.0])),
        (numeric([float("inf")]), numeric([1.0])),
        (numeric([1.0]), texts({"a": 1}, "obrat")),
        (texts({}), texts({"a": 1})),
        (FeatureStatistics("obrat", "Unknown", 0, 3), numeric([1.0])),
    ],
)
def test_nothing_is_drawn_without_two_distributions(
    baseline: FeatureStatistics, batch: FeatureStatistics
) -> None:
    """No values, none that are finite, or another kind of them: no drawing."""
    assert draw(baseline, batch) is None


@pytest.mark.parametrize("scale", [1e-300, 1e307, 1.7e308])
def test_extreme_values_do_not_break_the_drawing(scale: float) -> None:
    """Tiny and huge values have finite places, or no drawing at all."""
    values = np.linspace(-1, 1, 50) * scale
    drawing = draw(numeric(values.tolist()), numeric((values / 2).tolist()))

    assert drawing is None or all(0 <= bar.batch_height <= HEIGHT for bar in drawing.bars)


def test_statistics_that_cannot_be_read_are_named_and_not_fatal(
    make_input: MakeInput, make_verdict: MakeVerdict, make_drift: MakeDrift
) -> None:
    """A document that is none of the analyzer's becomes a line under "not checked"; the rest is told."""
    verdict = make_verdict(findings=(make_drift(),))
    for broken in ({"features": 1}, {"version": 0}, {**document(numeric([1.0])), "dataset": []}):
        told = content(
            make_input(verdict=verdict, statistics={"baseline": broken, "batch": document(numeric([1.0]))})
        )

        assert ("statistics.json of the baseline", "cannot be read") in [
            (subject, why[:14]) for subject, why in told.not_checked
        ]
        assert told.crossings[0].drawing is None


def test_columns_come_first_then_facts_then_the_largest_drift(
    make_input: MakeInput, make_verdict: MakeVerdict, make_finding: MakeFinding, make_drift: MakeDrift
) -> None:
    """What a person has to repair first is told first; bias, measured on such inputs, is last."""
    columns = make_drift(
        metric="missing_column_check",
        feature=None,
        value=None,
        limit=Limit("aws", None, None),
        message=COLUMNS_TEXT,
    )
    facts = make_drift(metric="data_type_check", value=0.9, limit=Limit("aws", None, None), message=TYPE_TEXT)
    findings = (make_finding(), make_drift(value=0.2, feature="hrat"), make_drift(), facts, columns)

    report = content(make_input(verdict=make_verdict(findings=findings)))
    assert [each.title for each in report.crossings] == [
        "Columns are missing",
        "obrat: values of another type",
        "obrat: drifted",
        "hrat: drifted",
        "DPPL, black = 1",
    ]
    assert report.next_step.startswith("Repair the file where it is made")
    assert [group.name for group in report.groups] == ["black = 1"]
    assert len(report.inputs) == 4


def test_what_was_measured_on_drifted_inputs_is_put_off(
    make_input: MakeInput, make_verdict: MakeVerdict, make_finding: MakeFinding, make_drift: MakeDrift
) -> None:
    """Where bias crossed beside the inputs, the next step names the inputs first, and then the rest."""
    alone = content(make_input(verdict=make_verdict(findings=(make_drift(),)))).next_step
    both = content(make_input(verdict=make_verdict(findings=(make_drift(), make_finding())))).next_step

    assert both.startswith(alone)
    assert "What else crossed was measured on these inputs" in both[len(alone) :]


@pytest.mark.parametrize("format", PAGES)
def test_facts_are_told_in_aws_words(
    make_input: MakeInput, make_verdict: MakeVerdict, make_drift: MakeDrift, format: str
) -> None:
    """A check that is no drift has AWS's text and the share that it observed."""
    fact = make_drift(metric="data_type_check", value=0.9, limit=Limit("aws", None, None), message=TYPE_TEXT)
    page = render(make_input(verdict=make_verdict(findings=(fact,))), format)  # type: ignore[arg-type]

    assert "Only 90.0% of data is Fractional" in page
    assert "0.9" in page


def test_columns_that_do_not_fit_have_no_numbers(
    make_input: MakeInput, make_verdict: MakeVerdict, make_drift: MakeDrift
) -> None:
    """A violation without feature, value and limit refuses, and still has its line in every format."""
    columns = make_drift(
        metric="extra_column_check",
        feature=None,
        value=None,
        limit=Limit("aws", None, None),
        message=COLUMNS_TEXT,
    )
    made = make_input(verdict=make_verdict(findings=(columns,)))

    (line,) = content(made).inputs
    assert (line.feature, line.value, line.allowed, line.outcome) == ("columns", "–", "–", "refuses")
    assert all(COLUMNS_TEXT in render(made, format) for format in FORMATS)


def test_pass_without_labels_says_what_waits(make_input: MakeInput, make_verdict: MakeVerdict) -> None:
    """A batch whose inputs held, and whose labels have not arrived, has bias under "not checked"."""
    verdict = make_verdict(
        decision="pass",
        findings=(),
        batch=Batch(600, 0, 0.0, ()),
        not_checked=(NotChecked("ModelBias", "labels have not arrived"),),
    )

    report = content(make_input(verdict=verdict))
    assert report.next_step.startswith("Nothing has to be done now. When labels have arrived")
    assert report.sizes[0] == "This batch: 600 rows, no label yet."
    assert "of 600 rows would be refused" in report.calibration[0]
    assert report.not_checked == (("ModelBias", "labels have not arrived"),)


@pytest.mark.parametrize("format", PAGES)
def test_window_of_captures_is_told(make_input: MakeInput, make_verdict: MakeVerdict, format: str) -> None:
    """A run over a window says from when until when its rows were captured."""
    window = Window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
    page = render(
        make_input(verdict=make_verdict(batch=Batch(600, 590, 0.983, (), window))),
        format,  # type: ignore[arg-type]
    )

    assert "2026-03-01T00:00:00Z" in page
    assert "2026-03-02T00:00:00Z" in page


def test_each_monitor_has_its_part_of_the_error_rate(
    make_input: MakeInput, make_verdict: MakeVerdict
) -> None:
    """With several families of limits, each one's part and what was simulated for it is said."""
    families = (
        Family("data_quality", "permutation", 0.025, 9999, 12, 0.0249),
        Family("bias", "permutation", 0.025, 5000, 6, 0.0248),
    )
    calibration = Calibration("both", 0.05, 5000, 18, 0.0497, families)

    told = content(make_input(verdict=make_verdict(calibration=calibration))).calibration
    assert [line.split(":")[0] for line in told[2:]] == ["Of these, data quality", "Of these, bias"]
    assert "12 limits" in told[2]


def test_three_hundred_drifted_features_stay_one_page(
    make_input: MakeInput, make_verdict: MakeVerdict, make_drift: MakeDrift
) -> None:
    """With 300 features that all drifted the page is bounded, and JSON has every finding."""
    names = [f"feature_{place:03}" for place in range(300)]
    sides = [
        document(*(numeric(np.linspace(low, low + 50, 400), name=name) for name in names)) for low in (0, 20)
    ]
    findings = tuple(make_drift(feature=name, message=f"{name} drifted. " + "x" * 500) for name in names)
    made = make_input(
        verdict=make_verdict(findings=findings), statistics={"baseline": sides[0], "batch": sides[1]}
    )

    page = render(made, "html")
    assert len(page) < 2_000_000
    assert page.count('class="chart"') == 40
    assert "260 more crossed limits are not shown here" in page
    assert len(json.loads(render(made, "json"))["verdict"]["findings"]) == 300
