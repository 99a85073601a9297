"""What a report says about a model as a whole: how good it is, and what it rests on."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from sagemaker_monitor.analysis.decision import wording as decided
from sagemaker_monitor.analysis.documents.verdict import Attribution, Finding, Limit
from sagemaker_monitor.reports import render, wording
from sagemaker_monitor.reports.attributions import MOST_FEATURES, places, ranking
from sagemaker_monitor.reports.content import content
from sagemaker_monitor.reports.headlines import NEXT_OF_MODEL, NEXT_OF_RANKING
from tests.reports.conftest import PAGES, MakeFinding, MakeInput, MakeVerdict

MESSAGE = "nDCG of the features' ranking is 0.93; debt was number 2 and is number 1"
ATTRIBUTIONS = (
    Attribution("income", 0.1547, 0.2344),
    Attribution("debt", 0.25, 0.1598),
    Attribution("term", 0.0804, 0.08),
)


@pytest.fixture
def quality(make_finding: MakeFinding) -> Any:
    """Return a function that makes a finding of model quality: an auc below its limit, but for changes."""

    def make(**changes: Any) -> Finding:
        template = {
            "check": "ModelQuality",
            "monitor": "model_quality",
            "metric": "auc",
            "facet": None,
            "facet_value": None,
            "value": 0.71,
            "baseline": 0.83,
            "limit": Limit("calibrated", 0.78, None, 0.75, None),
            "rule": "model_quality/*",
            "message": "auc is 0.71, at least 0.78 is explained by chance at 590 rows (baseline 0.83)",
            "worse": "lower",
        }
        return make_finding(**{**template, **changes})

    return make


@pytest.fixture
def turned(quality: Any) -> Finding:
    """A ranking below its limit, which AWS passes."""
    found: Finding = quality(
        check="ModelExplainability",
        monitor="explainability",
        metric="ndcg",
        value=0.9301,
        baseline=None,
        limit=Limit("calibrated", 0.99992, None),
        rule="explainability/ndcg",
        message=MESSAGE,
        aws_violation=False,
    )
    return found


def test_metrics_of_the_model_have_a_table_and_a_card(
    make_input: MakeInput, make_verdict: MakeVerdict, quality: Any
) -> None:
    """Value, baseline, limit and direction are told; nothing is said of groups of people."""
    missed = quality(
        metric="false_negative_rate",
        value=0.04,
        baseline=0.05,
        limit=Limit("calibrated", None, 0.07, None, 0.08),
        worse="higher",
        crossed=False,
        aws_violation=False,
    )
    report = content(make_input(verdict=make_verdict(findings=(missed, quality()))))
    (card,) = report.crossings
    (table,) = report.groups

    assert (card.title, card.value, card.baseline, card.allowed) == (
        "auc, model quality",
        "0.710",
        "0.830",
        "≥ 0.780",
    )
    assert (card.name, card.moved) == ("Area under the ROC curve", "worse than in the baseline")
    assert (card.neutral, card.compared) == ("", True)
    assert table.name == "Model quality"
    assert [(line.metric, line.outcome, line.moved, line.caught) for line in table.lines] == [
        ("false_negative_rate", "within", "better than in the baseline", "> 0.080"),
        ("auc", "refuses", "worse than in the baseline", "< 0.750"),
    ]
    assert report.inputs == ()
    assert report.next_step == NEXT_OF_MODEL
    assert [metric for metric, _, _ in report.glossary] == ["false_negative_rate", "auc"]


def test_the_direction_is_the_verdicts_own(
    make_input: MakeInput, make_verdict: MakeVerdict, quality: Any
) -> None:
    """Where a baseline's comparison was turned around, so is what is called worse."""
    report = content(make_input(verdict=make_verdict(findings=(quality(worse="higher"),))))

    assert report.crossings[0].moved == "better than in the baseline"


def test_a_turned_ranking_is_told_with_the_features(
    make_input: MakeInput, make_verdict: MakeVerdict, turned: Finding
) -> None:
    """The limit, close to 1, is told apart from it; every feature has its places and attributions."""
    verdict = make_verdict(findings=(turned,), attributions=ATTRIBUTIONS)
    report = content(make_input(verdict=verdict))
    (card,) = report.crossings

    assert (card.title, card.allowed, card.neutral, card.neutral_word) == (
        "ndcg, attributions",
        "≥ 0.9999",
        "1",
        "same",
    )
    assert (card.compared, card.moved) == (False, "")
    assert report.next_step == NEXT_OF_RANKING
    assert [(x.feature, x.then, x.now, x.moved) for x in report.ranking.lines] == [
        ("income", "1", "2", True),
        ("debt", "2", "1", True),
        ("term", "3", "3", False),
    ]
    assert report.ranking.lines[0].baseline == "0.2344"


def test_refusals_of_people_come_before_the_ranking(
    make_input: MakeInput, make_verdict: MakeVerdict, make_finding: MakeFinding, quality: Any, turned: Finding
) -> None:
    """The ranking tells why, and comes last; of the model's metrics the most telling comes first."""
    findings = (turned, quality(metric="recall"), quality(), make_finding())
    report = content(make_input(verdict=make_verdict(findings=findings)))

    assert [each.metric for each in report.crossings] == ["DPPL", "auc", "recall", "ndcg"]
    assert [group.name for group in report.groups] == ["Attributions", "Model quality", "black = 1"]


@pytest.mark.parametrize("format", PAGES)
def test_every_format_has_metrics_and_attributions(
    make_input: MakeInput, make_verdict: MakeVerdict, quality: Any, turned: Finding, format: str
) -> None:
    """Page, Markdown and JSON tell the model's metrics and each feature's attribution."""
    verdict = make_verdict(findings=(quality(), turned), attributions=ATTRIBUTIONS)
    page = render(make_input(verdict=verdict), format)  # type: ignore[arg-type]

    for told in ("auc", "ndcg", "income", "debt", "0.2344", "number 2"):
        assert told in page


def test_the_page_draws_bars_inside(make_input: MakeInput, make_verdict: MakeVerdict) -> None:
    """The largest attribution of either side fills the width, and nothing leaves it."""
    page = render(make_input(verdict=make_verdict(attributions=ATTRIBUTIONS)), "html")
    bars = [float(x) for x in re.findall(r'class="bar base" x="0" y="3" width="([\d.]+)"', page)]
    ticks = [float(x) for x in re.findall(r'class="tick" x1="([\d.]+)"', page)]

    assert max(*bars, *ticks) == 160.0
    assert len(bars) == len(ticks) == 3


def test_a_first_version_shows_attributions_without_a_baseline(
    make_input: MakeInput, make_verdict: MakeVerdict
) -> None:
    """Nothing was compared: features are in the order of this batch."""
    only = tuple(Attribution(each.feature, each.value, None) for each in ATTRIBUTIONS)
    document = make_input(verdict=make_verdict(attributions=only))
    report = content(document)

    assert [(x.feature, x.then, x.now, x.moved) for x in report.ranking.lines] == [
        ("debt", "", "1", False),
        ("income", "", "2", False),
        ("term", "", "3", False),
    ]
    assert "now against the baseline" not in render(document, "html")


def test_no_attributions_have_no_section(make_input: MakeInput) -> None:
    """A model whose attributions are not watched has no empty table."""
    assert "What the model rests on" not in render(make_input(), "html")


def test_of_very_many_features_the_first_are_shown(make_input: MakeInput, make_verdict: MakeVerdict) -> None:
    """The features that rank first, now or then, are on the page; JSON has all."""
    many = tuple(Attribution(f"f{n}", 1.0 / (n + 1), 1.0 / (n + 2)) for n in range(300))
    jumped = (*many[:-1], Attribution("f299", 2.0, 0.0001))
    document = make_input(verdict=make_verdict(attributions=jumped))
    report = content(document)

    assert len(report.ranking.lines) == MOST_FEATURES
    assert report.ranking.left_out == 300 - MOST_FEATURES
    assert ("f299", "300", "1") in [(x.feature, x.then, x.now) for x in report.ranking.lines]
    assert len(json.loads(render(document, "json"))["verdict"]["attributions"]) == 300


def test_places_count_magnitudes_and_keep_the_order_of_equals() -> None:
    """As for the nDCG: the median may be negative, and equal attributions keep the dataset's order."""
    assert places([0.1, -0.5, 0.1, 0.0]) == [2, 1, 3, 4]
    assert ranking(None).lines == ()
    assert ranking((Attribution("a", 0.0, 0.0),)).lines[0].bar == 0.0


def test_small_attributions_keep_their_digits() -> None:
    """Numbers have as many decimals as the smallest needs."""
    lines = ranking((Attribution("a", 0.43, 0.42), Attribution("b", 0.000031, 0.00007))).lines

    assert [(each.baseline, each.value) for each in lines] == [
        ("0.420000", "0.430000"),
        ("0.000070", "0.000031"),
    ]


def test_aws_own_rules_are_told_for_what_there_is(
    make_input: MakeInput, make_verdict: MakeVerdict, quality: Any, turned: Finding
) -> None:
    """The explanation of AWS's mark names the rules of the monitors on the page."""
    page = render(make_input(verdict=make_verdict(findings=(quality(), turned))), "html")

    assert "no metric may be any worse" in page
    assert "nDCG must be at least 0.9" in page
    assert "larger in magnitude" not in page


def test_names_of_metrics_are_not_capitalised(make_input: MakeInput, make_verdict: MakeVerdict) -> None:
    """auc and nDCG stay as they are at the beginning of a sentence."""
    told = [
        content(make_input(verdict=make_verdict(summary=f"refused: {words}"))).summary
        for words in ("auc is 0.71", "nDCG of the ranking is 0.9", "recall is 0.5", "f0_5 is 0.5")
    ]

    assert [each.partition(" ")[0] for each in told] == ["auc", "nDCG", "Recall", "f0_5"]


def test_a_teams_own_monitor_has_a_table_and_words_of_its_own(
    make_input: MakeInput, make_verdict: MakeVerdict, make_finding: MakeFinding
) -> None:
    """Its violations are not AWS's, name what they are about, and need no value to refuse."""
    of_team = {
        "check": "Tone",
        "monitor": "custom/tone",
        "facet": None,
        "facet_value": None,
        "baseline": None,
    }
    violation = make_finding(
        **of_team,
        metric="rudeness_check",
        feature="answers",
        value=None,
        limit=Limit("aws", None, None),
        message="tone: answers are rude",
    )
    metric = make_finding(
        **of_team, metric="rude_share", value=0.02, limit=Limit("maximum", None, 0.1), crossed=False
    )
    report = content(make_input(verdict=make_verdict(findings=(violation, metric))))

    (card,) = report.crossings
    (table,) = report.groups
    assert (card.title, card.kind, card.aws) == (
        "rudeness_check, tone, answers",
        "what the monitor itself reports as a violation",
        False,
    )
    assert table.name == "Custom monitor tone"
    assert [(line.metric, line.outcome) for line in table.lines] == [
        ("rudeness_check, answers", "refuses"),
        ("rude_share", "within"),
    ]
    assert report.next_step.startswith("Look at what the team's own monitor reports")
    assert dict(report.counts)["flagged by AWS's rule"] == "0"
    assert report.inputs == ()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((2369538756.17, 1200302880.32), ["2,369,538,756", "1,200,302,880"]),
        ((23695.38, 9458.6), ["23,695.4", "9,458.6"]),
        ((9.7e-10, 1.6e-10), ["0.000000000970", "0.000000000160"]),
        ((0.5, 0.500001), ["0.500000", "0.500001"]),
        ((-1234.5, 0.0), ["−1,234.50", "0.00"]),
    ],
)
def test_errors_in_any_unit_can_be_read(values: tuple[float, ...], said: list[str]) -> None:
    """Squared errors of prices have no decimals, those of tiny labels are no row of zeros."""
    decimals = wording.digits(values)

    assert [wording.number(value, decimals) for value in values] == said
    assert [decided.number(value).rstrip("0") for value in values[:1]] != ["0."]
    assert len(decided.number(values[0], *values[1:])) <= len(said[0]) + 1
