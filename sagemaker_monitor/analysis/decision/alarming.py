"""What of a verdict alarms watch, as a line of the job's log that CloudWatch makes metrics of.

So neither a permission nor a VPC endpoint is needed. Runs under Python 3.8 with numpy only.
"""

from __future__ import annotations

import math
from typing import Dict, List

from sagemaker_monitor.analysis.decision import rules
from sagemaker_monitor.analysis.decision.spec import Spec
from sagemaker_monitor.analysis.documents.embedded_metrics import DIMENSIONS, to_line
from sagemaker_monitor.analysis.documents.verdict import Verdict


def metrics_line(spec: Spec, verdict: Verdict, milliseconds: int) -> str | None:
    """Return the values of what alarms watch, as of a time since the epoch; None where none was measured.

    A metric is called as the alarm's match; of a facet with several groups it has several values.
    """
    found: Dict[str, List[float]] = {}
    for finding in verdict.findings:
        if finding.value is None or not math.isfinite(finding.value):
            continue
        names = rules.names(spec, rules.subject_of(finding))
        for match in spec.alarms:
            if match in names:
                found.setdefault(match, []).append(finding.value)
    if not found:
        return None
    told = (spec.environment, spec.model, spec.pipeline)
    return to_line(dict(zip(DIMENSIONS, told)), found, milliseconds)
