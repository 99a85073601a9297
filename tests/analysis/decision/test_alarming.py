"""Which values of a verdict become metrics that alarms watch."""

from __future__ import annotations

import json
from dataclasses import replace

from sagemaker_monitor.analysis.decision.alarming import metrics_line
from sagemaker_monitor.analysis.decision.spec import from_json
from tests.analysis.decision.test_notice import VERDICT, finding
from tests.steps.scripts.test_decide import spec_document

ALARMS = ["bias/DPPL/black", "model_bias/DI/black/1", "model_quality/recall"]


def test_what_alarms_watch_is_told_and_nothing_else() -> None:
    """Under the name that the alarm gives it; what was not measured is left out."""
    spec = from_json({**spec_document(), "alarms": ALARMS})
    findings = (
        finding("DPPL", "black", 0.31, ""),
        finding("DI", "black", 0.5, ""),
        finding("DI", "male", 0.7, ""),
        replace(finding("DPPL", "black", 0.4, ""), facet_value="2"),
        replace(finding("recall", "", 0.0, ""), monitor="model_quality", facet=None, value=None),
    )
    line = metrics_line(spec, replace(VERDICT, findings=findings), 1)

    assert line is not None
    told = json.loads(line)
    assert told["_aws"]["Timestamp"] == 1
    assert {name: told[name] for name in told if "/" in name} == {
        "bias/DPPL/black": [0.31, 0.4],
        "model_bias/DI/black/1": 0.5,
    }
    assert (told["Model"], told["Pipeline"]) == (spec.model, spec.pipeline)


def test_without_alarms_nothing_is_told() -> None:
    """The log then has the summary alone."""
    assert metrics_line(from_json(spec_document()), VERDICT, 1) is None
