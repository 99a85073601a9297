"""What somebody took responsibility for refuses nothing until its day, and is told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from sagemaker_monitor.analysis.decision import assemble
from sagemaker_monitor.analysis.decision.conclude import conclude
from sagemaker_monitor.analysis.decision.evidence import Evidence, QualityReport
from sagemaker_monitor.analysis.decision.spec import from_json
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.analysis.documents.verdict_json import from_json as read_verdict
from sagemaker_monitor.analysis.documents.verdict_json import to_json
from sagemaker_monitor.analysis.documents.violations import QualityViolation
from sagemaker_monitor.reports.verdict_schema import schema
from tests.analysis.decision.cases import evidence, people, spec, spec_document
from tests.analysis.decision.inputs import (
    columns,
    inputs,
    quality_document,
    quality_evidence,
    quality_spec,
)

CROSSES = {"match": "bias/DPL/*", "maximum": -1.0, "action": "fail"}
WARNS = {"match": "bias/DI/*", "minimum": 99.0, "action": "warn"}
REST = {"match": "bias/*", "maximum": 99.0, "action": "fail"}


def waiver(match: str, expires: str = "2026-12-31", **changes: str) -> dict[str, str]:
    """Return a waiver that holds when the cases are decided, on 2026-01-01."""
    return {
        "match": match,
        "reason": "few people, minute 2026-11",
        "approved_by": "committee",
        "expires": expires,
        **changes,
    }


def decided(*waivers: dict[str, str], created: str = "2026-01-01T00:00:00Z", **gate: Any) -> Verdict:
    """Return the verdict on a batch whose DPL crosses a limit that refuses, and whose DI one that warns."""
    found: Evidence = evidence(people(1, 300), people(2, 300))
    policy = {"rules": [CROSSES, WARNS, REST], "waivers": list(waivers), **gate}
    return conclude(spec(**policy), replace(found, run=replace(found.run, created=created)))


def test_a_waived_finding_refuses_nothing_and_is_told() -> None:
    """The run passes; the finding stays, with who answers for it, and does not count as a limit that held."""
    refused, passed = decided(), decided(waiver("bias/DPL/black"))
    finding = next(each for each in passed.findings if each.metric == "DPL")

    assert refused.decision == "refused"
    assert (passed.decision, finding.severity, finding.crossed) == ("pass", "waived", True)
    assert finding.waiver is not None
    assert finding.waiver.approved_by == "committee"
    assert "17 limits held" in passed.summary
    assert "1 crossing waived, such as: DPL" in passed.summary
    assert "(until 2026-12-31, approved by committee)" in passed.summary
    assert [(each.status, each.findings) for each in passed.waivers] == [("applied", 1)]


@pytest.mark.parametrize(
    ("created", "decision", "status"),
    [
        ("2026-12-31T23:59:59Z", "pass", "applied"),
        ("2027-01-01T00:00:00Z", "refused", "expired"),
    ],
)
def test_a_waiver_holds_through_its_last_day(created: str, decision: str, status: str) -> None:
    """The day counts in UTC and to its end; the morning after refuses."""
    verdict = decided(waiver("bias/DPL/black"), created=created)

    assert (verdict.decision, verdict.waivers[0].status) == (decision, status)


def test_an_expired_waiver_says_so() -> None:
    """The refusal names who had approved it, and when that ran out."""
    verdict = decided(waiver("bias/DPL/*", "2025-12-31"))

    assert "its waiver, approved by committee, expired on 2025-12-31" in verdict.summary
    assert [(each.status, each.findings) for each in verdict.waivers] == [("expired", 1)]


def test_the_first_waiver_that_holds_covers() -> None:
    """An expired waiver does not hide one that was approved since."""
    verdict = decided(waiver("bias/DPL/black", "2025-12-31"), waiver("bias/*"))

    assert verdict.decision == "pass"
    assert [(each.status, each.findings) for each in verdict.waivers] == [("expired", 0), ("applied", 2)]


def test_a_waiver_of_what_did_not_cross_is_unused() -> None:
    """What is waived in vain is told, so that it can be removed."""
    verdict = decided(waiver("bias/AD/*"))

    assert (verdict.decision, verdict.waivers[0].status) == ("refused", "unused")


@pytest.mark.parametrize(
    ("match", "covers"),
    [
        ("bias/DPL/black/1", True),
        ("data_bias/*", True),
        ("data_bias/DPL/black/1", True),
        ("*/DPL/*", True),
        ("bias/DPL/black/0", False),
        ("model_bias/*", False),
        ("bias/dpl/black", False),
    ],
)
def test_selectors_name_stage_facet_and_group(match: str, covers: bool) -> None:
    """DPL is of the stage before training, and black's group is 1; case matters."""
    assert (decided(waiver(match)).decision == "pass") == covers


def test_waived_warnings_do_not_count() -> None:
    """A policy that takes no warning passes when the one there is was approved."""
    waived = [waiver("bias/DPL/*"), waiver("bias/DI/*")]

    assert decided(waived[0], maximum_warnings=0).decision == "refused"
    assert decided(*waived, maximum_warnings=0).decision == "pass"


def test_more_warnings_than_the_policy_takes_refuse() -> None:
    """The refusal counts them, and names one."""
    rules = [{"match": "bias/*", "maximum": -9.0, "action": "warn"}]
    few = decided(rules=rules, maximum_warnings=50)
    many = decided(rules=rules, maximum_warnings=3)

    assert (few.decision, few.warnings) == ("pass", few.warnings)
    assert few.warnings > 3
    assert many.decision == "refused"
    assert many.summary.startswith(f"refused: {few.warnings} warnings, such as: ")
    assert many.summary.endswith("the policy takes 3")


def test_columns_that_do_not_fit_cannot_be_waived() -> None:
    """The widest waiver there is does not cover them."""
    now, before = columns(1, 200), columns(2, 200)
    del now["region"]
    found = quality_evidence(inputs(now), inputs(before))
    verdict = conclude(quality_spec(waivers=[waiver("data_quality/*"), waiver("*/*")]), found)

    assert verdict.decision == "refused"
    assert [each.severity for each in verdict.findings] == ["refuse"]
    assert {each.status for each in verdict.waivers} == {"unused"}


def test_columns_count_where_nothing_is_compared() -> None:
    """A check that was not asked to compare says nothing about columns: the rows do, and refuse."""
    now = columns(1, 200)
    now["surprise"] = now["term"]
    verdict = conclude(quality_spec(), quality_evidence(inputs(now), None))

    assert verdict.decision == "refused"
    assert "There are extra columns: the rows have 5, the model has 4 features" in verdict.summary
    assert not verdict.findings[0].aws_violation
    assert conclude(quality_spec(), quality_evidence(inputs(columns(1, 200)), None)).gate == "open"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"expires": "2026-02-30"}, "expires is '2026-02-30'; it must be a day"),
        ({"expires": "2026-2-3"}, "must be a day"),
        ({"reason": " "}, "reason is empty"),
        ({"approved_by": ""}, "approved_by is empty"),
        ({"match": "data_quality/missing_column_check"}, "columns that do not fit cannot be waived"),
        ({"match": "data_quality/extra_column_check/*"}, "columns that do not fit cannot be waived"),
    ],
)
def test_decide_takes_no_waiver_that_nobody_may_give(changes: dict[str, str], text: str) -> None:
    """Decide holds what validate holds, whatever wrote the specification."""
    with pytest.raises(DocumentError, match=text):
        from_json(spec_document(waivers=[{**waiver("bias/*"), **changes}]))


def test_names_with_slashes_wildcards_and_markup_can_be_named() -> None:
    """A feature is matched by its name as it is, though that holds what rules give a meaning."""
    names = ["a/b", "x[1]*", "größe <b>", "term"]
    now = dict(zip(names, columns(1, 300, richer=3.0, debt=3.0).values(), strict=True))
    before = dict(zip(names, columns(2, 300).values(), strict=True))
    document = quality_document(
        rules=[
            {"match": "data_quality/*/a/b", "action": "fail", "tolerance": "calibrated"},
            {"match": "data_quality/baseline_drift_check/x[1]*", "action": "warn", "tolerance": "calibrated"},
            {"match": "data_quality/*/größe <b>", "action": "ignore"},
        ],
        waivers=[waiver("data_quality/baseline_drift_check/a/b")],
    )
    document["columns"]["features"] = names
    verdict = conclude(from_json(document), quality_evidence(inputs(now), inputs(before)))

    assert {(each.feature, each.severity, each.rule) for each in verdict.findings} == {
        ("a/b", "waived", "data_quality/*/a/b"),
        ("x[1]*", "warn", "data_quality/baseline_drift_check/x[1]*"),
        ("größe <b>", "none", "data_quality/*/größe <b>"),
        ("term", "none", None),
    }


def test_ten_thousand_violations_make_a_bounded_verdict() -> None:
    """What refuses is listed first, all of it counts, and AWS's file with everything is named."""
    found = quality_evidence(inputs(columns(1, 200)), inputs(columns(2, 200)))
    check = found.checks[0]
    assert check.quality is not None
    facts = tuple(
        QualityViolation(f"f{n}", "completeness_check", f"<b>{n}</b> " * 100) for n in range(10_000)
    )
    report: QualityReport = replace(check.quality, violations=facts)
    many = replace(
        found, checks=(replace(check, quality=report, violations_uri="s3://b/constraint_violations.json"),)
    )
    rules = [
        {"match": "data_quality/*/f9999", "action": "fail"},
        {"match": "data_quality/completeness_check/*", "action": "warn"},
    ]
    verdict = conclude(quality_spec(rules=rules), many)
    text = json.dumps(to_json(verdict))

    assert verdict.decision == "refused"
    assert "f9999" in {each.feature for each in verdict.findings if each.severity == "refuse"}
    assert verdict.warnings == 9_999
    assert len(verdict.findings) == assemble.MOST_FINDINGS
    assert verdict.findings_left_out == 10_004 - assemble.MOST_FINDINGS
    assert {each.evidence_uri for each in verdict.findings} == {"s3://b/constraint_violations.json"}
    assert len(verdict.summary) <= assemble.MOST_SUMMARY
    assert len(text) < 2_500_000
    jsonschema.validate(json.loads(text), schema())
    assert read_verdict(json.loads(text)) == verdict
