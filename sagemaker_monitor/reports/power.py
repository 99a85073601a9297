"""What a batch of this size could tell: how likely it catches declared shifts, and how many rows would do."""

from __future__ import annotations

from dataclasses import dataclass

from sagemaker_monitor.analysis.documents.verdict import Power, Verdict
from sagemaker_monitor.reports.wording import count, figure, percent, text

MOST_LINES = 200


@dataclass(frozen=True)
class PowerLine:
    """One shift that the policy declares; *tone* is how *result* is shown: within, warns or plain."""

    subject: str
    by: str
    caught: str
    wanted: str
    result: str
    tone: str
    rows: str
    why: str


@dataclass(frozen=True)
class NeededLine:
    """Something of which there are too few rows, and how many of whose rows would do."""

    subject: str
    sample: str
    rows: str


def power_lines(verdict: Verdict | None) -> tuple[PowerLine, ...]:
    """Return each declared shift that the run judged, those that it is too unlikely to catch first."""
    found = sorted(verdict.power if verdict else (), key=lambda each: each.enough)
    return tuple(map(_line, found[:MOST_LINES]))


def needed_lines(verdict: Verdict | None) -> tuple[NeededLine, ...]:
    """Return what there are too few rows of, in the verdict's order."""
    return tuple(
        NeededLine(
            text(each.subject), text(each.sample, 60), "not known" if each.rows is None else count(each.rows)
        )
        for each in (verdict.needed if verdict else ())[:MOST_LINES]
    )


def _line(each: Power) -> PowerLine:
    if each.caught is None:
        result, tone = "not known", "plain"
    elif each.enough:
        result, tone = "likely enough", "within"
    else:
        result, tone = "too unlikely, inconclusive" if each.required else "too unlikely", "warns"
    return PowerLine(
        subject=text(each.subject),
        by=figure(each.by) if each.by < 0 else f"+{figure(each.by)}",
        caught="–" if each.caught is None else percent(each.caught),
        wanted=percent(each.wanted),
        result=result,
        tone=tone,
        rows=_rows(each),
        why=text(each.why or ""),
    )


def _rows(each: Power) -> str:
    """Return how many rows would do: none, where the baseline scatters too much itself."""
    if each.rows_needed is not None:
        return count(each.rows_needed)
    return "–" if each.caught is None else "no number"
