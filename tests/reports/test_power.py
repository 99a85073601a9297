"""What a report says of what a batch of its size could tell."""

from __future__ import annotations

import pytest

from sagemaker_monitor.analysis.documents.verdict import Needed, Power
from sagemaker_monitor.reports import render
from sagemaker_monitor.reports.content import content
from tests.reports.conftest import PAGES, MakeInput, MakeVerdict

LIKELY = Power("bias/DPPL/black", 0.2, 0.8, 0.93, 600, 410, False)
RARE = Power("bias/DI/hispan", -0.15, 0.8, 0.41, 600, 1900, True)
UNKNOWN = Power("model_quality/auc", 0.05, 0.8, None, 600, None, False, "the baseline's scores are not kept")


def test_declared_shifts_are_told_with_how_likely_they_are_caught(
    make_input: MakeInput, make_verdict: MakeVerdict
) -> None:
    """What is caught too rarely, or cannot be told, comes first and says how many rows would do."""
    lines = content(make_input(verdict=make_verdict(power=(LIKELY, RARE, UNKNOWN)))).power

    assert [(x.subject, x.by, x.caught, x.result, x.rows) for x in lines] == [
        ("bias/DI/hispan", "−0.15", "41 %", "too unlikely, inconclusive", "1,900"),
        ("model_quality/auc", "+0.05", "–", "not known", "–"),
        ("bias/DPPL/black", "+0.2", "93 %", "likely enough", "410"),
    ]
    assert lines[1].why == "the baseline's scores are not kept"


def test_a_shift_that_no_number_of_rows_would_catch_is_told_as_that(
    make_input: MakeInput, make_verdict: MakeVerdict
) -> None:
    """Where more rows do not help the page says so, and does not leave the place empty."""
    hopeless = Power("bias/DI/hispan", -0.15, 0.8, 0.41, 600, None, False)
    needed = (Needed("bias/*/old", "baseline", None),)
    report = content(make_input(verdict=make_verdict(power=(hopeless,), needed=needed)))

    assert [line.rows for line in report.power] == ["no number"]
    assert [line.rows for line in report.needed] == ["not known"]


@pytest.mark.parametrize("format", PAGES)
def test_every_format_says_what_there_are_too_few_rows_of(
    make_input: MakeInput, make_verdict: MakeVerdict, format: str
) -> None:
    """Who has to collect rows learns of what, on which side, and how many."""
    needed = (Needed("bias/*/hispan", "batch", 1234), Needed("bias/*/old", "baseline", None))
    verdict = make_verdict(decision="inconclusive", findings=(), needed=needed, power=(RARE,))
    text = render(make_input(verdict=verdict), format)  # type: ignore[arg-type]

    for told in ("hispan", "old", "baseline", "234"):
        assert told in text
    assert "41 %" in text or '"caught": 0.41' in text
