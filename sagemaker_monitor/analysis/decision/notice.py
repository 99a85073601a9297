"""What the Fail step of a closed gate says, and EventBridge passes on: the verdict in one line of text.

Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

from typing import List

from sagemaker_monitor.analysis.decision.assemble import shortened
from sagemaker_monitor.analysis.documents.verdict import REFUSE, Finding, Verdict

MOST = 550
"""Characters: with the verdict's URI, a step's FailureReason has room for it, which is 1024."""
SHOWN = 5
"""Further findings that are named; the verdict has all of them."""
_SAID = {"no-evidence": "no evidence", "labels-missing": "labels missing", "window-empty": "window empty"}


def notice(verdict: Verdict) -> str:
    """Return *verdict* in one line that begins with its decision, and names what else refuses.

    EventBridge puts it into a JSON text without escaping it
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html), so it has
    no quotation mark, backslash or control character.
    """
    said = _SAID.get(verdict.decision, verdict.decision)
    first = verdict.summary[len(said) + 2 :] if verdict.summary.startswith(f"{said}: ") else verdict.summary
    also = _also(verdict, first)
    return shortened(_plain(f"{verdict.decision}: {first}{also}"), MOST)


def _also(verdict: Verdict, first: str) -> str:
    others: List[Finding] = [
        each for each in verdict.findings if each.severity == REFUSE and not first.startswith(each.message)
    ]
    if verdict.decision != "refused" or not others:
        return ""
    more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
    return f": {', '.join(map(_told, others[:SHOWN]))}{more}"


def _told(finding: Finding) -> str:
    """Return a finding as a rule would select it, with its value."""
    parts = (finding.monitor, finding.metric, finding.facet or finding.feature)
    value = "" if finding.value is None else f" = {finding.value:.4g}"
    return "/".join(part for part in parts if part) + value


def _plain(text: str) -> str:
    swapped = text.replace('"', "'").replace("\\", "/")
    return "".join(each if each.isprintable() else " " for each in swapped)
