"""What a report tells of the violations that the checks wrote themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sagemaker_monitor.analysis.documents.violations import (
    AttributionViolation,
    AttributionViolations,
    BiasViolation,
    BiasViolations,
    ModelViolation,
    ModelViolations,
    QualityViolation,
    QualityViolations,
)
from sagemaker_monitor.reports import render
from sagemaker_monitor.reports.content import content
from sagemaker_monitor.reports.violations import MOST, MOST_OF_A_CHECK
from tests.reports.conftest import MakeInput
from tests.reports.html_page import Page

URI = "s3://bucket/mortgage/monitor-batch/k3q9c2d8/model-bias/constraint_violations.json"
FORMS = {
    "DPPL, black = 1": BiasViolations((BiasViolation("black", "1", "DPPL", "bias_drift_check", "words"),)),
    "nDCG, label0": AttributionViolations(
        (AttributionViolation("label0", "nDCG", "feature_attribution_drift_check", "words"),)
    ),
    "income": QualityViolations((QualityViolation("income", "baseline_drift_check", "words"),)),
    "recall": ModelViolations((ModelViolation("LessThanThreshold", "words", "recall"),)),
}


@pytest.mark.parametrize("subject", FORMS)
def test_violations_of_every_form_are_told(make_input: MakeInput, subject: str) -> None:
    """Whichever check wrote it, a violation has what it is about, its rule and its words."""
    document = json.loads(FORMS[subject].to_json())

    (found,) = content(make_input(violations={"Check": (URI, document)})).violations

    assert [(line.subject, line.words) for line in found.lines] == [(subject, "words")]
    assert found.lines[0].rule == document["violations"][0]["constraint_check_type"]


def test_ten_thousand_violations_are_bounded_and_their_document_is_named(make_input: MakeInput) -> None:
    """A page shows some of very many violations, says how many there are, and where all of them are."""
    many = {"violations": [_violation(f"f{place}") for place in range(10_000)]}
    document = make_input(violations={"DataQuality": (URI, many)})

    page = render(document, "html")
    assert "DataQuality: 10,000 violations" in page
    assert f"{10_000 - MOST_OF_A_CHECK:,} more violations are not shown here" in page
    assert f"<code>{URI}</code>" in page
    assert len(page) < 60_000
    markdown = render(document, "markdown")
    assert "DataQuality: 10,000 violations" in markdown
    assert len(markdown) < 20_000
    assert (
        len(json.loads(render(document, "json"))["violations"]["DataQuality"]["document"]["violations"])
        == 10_000
    )


def test_many_checks_share_the_room(make_input: MakeInput) -> None:
    """Of many checks with many violations each is named with its number, and the lines are bounded."""
    many = {"violations": [_violation("income")] * 50}
    found = content(make_input(violations={f"Check{n}": (URI, many) for n in range(40)})).violations

    assert [each.count for each in found] == [50] * 40
    assert sum(len(each.lines) for each in found) == MOST


def test_markup_in_violations_stays_text(make_input: MakeInput) -> None:
    """Names and words of a violation that are markup become no element."""
    hostile = "<img src=x onerror=alert(1)> | {{ 7*7 }}"
    report = {
        "violations": [{**_violation(hostile), "description": hostile, "constraint_check_type": hostile}]
    }

    page = Page(render(make_input(violations={hostile: (hostile, report)}), "html"))
    assert page.all("img") == []
    assert hostile in "".join(page.words)


@pytest.mark.parametrize("report", [{}, {"violations": {}}, {"violations": ["income"]}])
def test_a_document_that_lists_no_violations_is_named(make_input: MakeInput, report: dict[str, Any]) -> None:
    """What is no list of violations is told under what was not checked, and the report is written."""
    page = render(make_input(violations={"DataQuality": (URI, report)}), "markdown")

    assert "is not a list of violations" in page


def test_a_run_without_violations_has_no_such_section(make_input: MakeInput) -> None:
    """Where no check wrote violations, or an empty list of them, the page does not speak of them."""
    document = make_input(violations={"DataQuality": (URI, {"violations": []})})

    assert 'id="violations"' not in render(document, "html")


def _violation(feature: str) -> dict[str, str]:
    return {
        "feature_name": feature,
        "constraint_check_type": "data_type_check",
        "description": "Data type match requirement is not met.",
    }
