"""verdict.json: how a verdict is written, and how one is read.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import math
from typing import Any

from sagemaker_monitor.analysis.documents.strict import DocumentError, Object, read
from sagemaker_monitor.analysis.documents.verdict import (
    ACTIONS,
    CHECK_STATUSES,
    DECISIONS,
    HIGHER,
    LIMIT_KINDS,
    LOWER,
    MODES,
    REFUSE,
    SEVERITIES,
    WAIVER_STATUSES,
    WARN,
    Attribution,
    Baseline,
    Batch,
    Calibration,
    Check,
    ConfiguredWaiver,
    FacetRows,
    Family,
    Finding,
    Limit,
    Needed,
    NotChecked,
    Power,
    Side,
    Verdict,
    Window,
)
from sagemaker_monitor.analysis.documents.verdict_versions import READ_VERSIONS, upgraded
from sagemaker_monitor.analysis.documents.waiver import read_waiver, signed

SCHEMA_VERSION = 4


# --- to JSON -----------------------------------------------------------------------------------


def _number(value: float | None) -> float | str | None:
    """Return *value* as JSON has it: infinities as Clarify writes them."""
    if value is None or not math.isinf(value):
        return value
    return "Infinity" if value > 0 else "-Infinity"


def _facet_json(facet: FacetRows) -> dict[str, Any]:
    return {
        "facet": facet.facet,
        "facet_value": facet.facet_value,
        "inside": vars(facet.inside).copy(),
        "outside": vars(facet.outside).copy(),
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    limit = finding.limit
    document = dict(vars(finding))
    document["value"], document["baseline"] = _number(finding.value), _number(finding.baseline)
    document["limit"] = None if limit is None else {key: _number_or_text(v) for key, v in vars(limit).items()}
    document["waiver"] = finding.waiver and dict(vars(finding.waiver))
    document["severity"] = finding.severity
    return document


def _calibration_json(calibration: Calibration) -> dict[str, Any]:
    families = calibration.families
    return {**vars(calibration), "families": families and [dict(vars(each)) for each in families]}


def _number_or_text(value: float | str | None) -> float | str | None:
    return value if isinstance(value, str) else _number(value)


def to_json(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as the document verdict.json."""
    batch = verdict.batch
    return {
        "schema_version": SCHEMA_VERSION,
        "decision": verdict.decision,
        "gate": verdict.gate,
        "summary": verdict.summary,
        "model": verdict.model,
        "pipeline": verdict.pipeline,
        "environment": verdict.environment,
        "execution_arn": verdict.execution_arn,
        "model_package_arn": verdict.model_package_arn,
        "bundle_sha256": verdict.bundle_sha256,
        "created": verdict.created,
        "batch": batch
        and {
            **vars(batch),
            "facets": [_facet_json(facet) for facet in batch.facets],
            "window": batch.window and dict(vars(batch.window)),
        },
        "baseline": verdict.baseline
        and {**vars(verdict.baseline), "constraints": dict(verdict.baseline.constraints)},
        "calibration": verdict.calibration and _calibration_json(verdict.calibration),
        "checks": [dict(vars(check)) for check in verdict.checks],
        "findings": [_finding_json(finding) for finding in verdict.findings],
        "not_checked": [dict(vars(each)) for each in verdict.not_checked],
        "carried_baseline_data_uri": verdict.carried_baseline_data_uri,
        "attributions": verdict.attributions and [dict(vars(each)) for each in verdict.attributions],
        "waivers": [dict(vars(each)) for each in verdict.waivers],
        "warnings": verdict.warnings,
        "maximum_warnings": verdict.maximum_warnings,
        "findings_left_out": verdict.findings_left_out,
        "not_checked_left_out": verdict.not_checked_left_out,
        "needed": [dict(vars(each)) for each in verdict.needed],
        "power": [dict(vars(each)) for each in verdict.power],
    }


# --- from JSON ---------------------------------------------------------------------------------


def _side(o: Object) -> Side:
    return Side(rows=o.integer("rows"), favourable=o.integer("favourable"))


def _facet(o: Object) -> FacetRows:
    return FacetRows(o.text("facet"), o.text("facet_value"), o.one("inside", _side), o.one("outside", _side))


def _batch(o: Object) -> Batch:
    return Batch(
        rows=o.integer("rows"),
        labelled=o.integer("labelled"),
        overlap=o.number("overlap"),
        facets=o.each("facets", _facet),
        window=o.optional("window", _window),
    )


def _window(o: Object) -> Window:
    return Window(start=o.text("start"), end=o.text("end"))


def _texts(o: Object) -> dict[str, str]:
    return {key: o.text(key) for key in tuple(o.left)}


def _baseline(o: Object) -> Baseline:
    return Baseline(
        model_package_arn=o.text("model_package_arn"),
        rows=o.optional_integer("rows"),
        data_uri=o.optional_text("data_uri"),
        constraints=o.one("constraints", _texts),
    )


def _calibration(o: Object) -> Calibration:
    return Calibration(
        method=o.text("method"),
        false_refusals=o.number("false_refusals"),
        replicates=o.integer("replicates"),
        limits=o.integer("limits"),
        refuses_honest=o.number("refuses_honest"),
        families=_families(o),
    )


def _families(o: Object) -> tuple[Family, ...] | None:
    if o.left.get("families") is None:
        o.value("families")
        return None
    return o.each("families", _family)


def _family(o: Object) -> Family:
    return Family(
        monitor=o.text("monitor"),
        method=o.text("method"),
        false_refusals=o.number("false_refusals"),
        replicates=o.integer("replicates"),
        limits=o.integer("limits"),
        refuses_honest=o.number("refuses_honest"),
    )


def _check(o: Object) -> Check:
    return Check(
        step=o.text("step"),
        check_type=o.text("check_type"),
        status=o.one_of("status", CHECK_STATUSES),
        reason=o.optional_text("reason"),
        report_uri=o.optional_text("report_uri"),
        violations_uri=o.optional_text("violations_uri"),
        aws_violations=o.integer("aws_violations"),
        mode=o.one_of("mode", MODES),
        accept_reason=o.optional_text("accept_reason"),
    )


def _limit(o: Object) -> Limit:
    kind = o.one_of("kind", LIMIT_KINDS)
    return Limit(kind, *(o.optional_number(key) for key in ("low", "high", "detects_low", "detects_high")))


def _configured_waiver(o: Object) -> ConfiguredWaiver:
    return ConfiguredWaiver(*signed(o), o.one_of("status", WAIVER_STATUSES), o.integer("findings"))


def _finding(o: Object) -> Finding:
    severity = o.one_of("severity", SEVERITIES)
    finding = Finding(
        check=o.text("check"),
        monitor=o.text("monitor"),
        metric=o.text("metric"),
        facet=o.optional_text("facet"),
        facet_value=o.optional_text("facet_value"),
        value=o.optional_number("value"),
        baseline=o.optional_number("baseline"),
        limit=o.optional("limit", _limit),
        rule=o.optional_text("rule"),
        action=o.one_of("action", ACTIONS),
        crossed=o.flag("crossed"),
        aws_violation=o.flag("aws_violation"),
        message=o.text("message"),
        feature=o.optional_text("feature"),
        worse=_worse(o),
        waiver=o.optional("waiver", read_waiver),
        evidence_uri=o.optional_text("evidence_uri"),
    )
    if severity != finding.severity:
        raise DocumentError(f"{o.where}.severity is {severity}, but the rest of it means {finding.severity}")
    return finding


def _worse(o: Object) -> str | None:
    if o.left.get("worse") is None:
        return o.optional_text("worse")
    return o.one_of("worse", (LOWER, HIGHER))


def _attribution(o: Object) -> Attribution:
    return Attribution(o.text("feature"), o.number("value"), o.optional_number("baseline"))


def _attributions(o: Object) -> tuple[Attribution, ...] | None:
    if o.left.get("attributions") is None:
        o.value("attributions")
        return None
    return o.each("attributions", _attribution)


def _not_checked(o: Object) -> NotChecked:
    return NotChecked(subject=o.text("subject"), why=o.text("why"))


def _needed(o: Object) -> Needed:
    return Needed(o.text("subject"), o.text("sample"), o.optional_integer("rows"))


def _power(o: Object) -> Power:
    return Power(
        subject=o.text("subject"),
        by=o.number("by"),
        wanted=o.number("wanted"),
        caught=o.optional_number("caught"),
        rows=o.integer("rows"),
        rows_needed=o.optional_integer("rows_needed"),
        required=o.flag("required"),
        why=o.optional_text("why"),
    )


def _verdict(o: Object) -> Verdict:
    version = o.integer("schema_version")
    if version not in READ_VERSIONS:
        raise DocumentError(
            f"the verdict has schema_version {version}; this program reads "
            f"{READ_VERSIONS[0]} to {READ_VERSIONS[-1]}: use the release that wrote it"
        )
    gate = o.one_of("gate", ("open", "closed"))
    verdict = Verdict(
        decision=o.one_of("decision", DECISIONS),
        summary=o.text("summary"),
        model=o.text("model"),
        pipeline=o.text("pipeline"),
        environment=o.text("environment"),
        execution_arn=o.text("execution_arn"),
        model_package_arn=o.optional_text("model_package_arn"),
        bundle_sha256=o.text("bundle_sha256"),
        created=o.text("created"),
        batch=o.optional("batch", _batch),
        baseline=o.optional("baseline", _baseline),
        calibration=o.optional("calibration", _calibration),
        checks=o.each("checks", _check),
        findings=o.each("findings", _finding),
        not_checked=o.each("not_checked", _not_checked),
        carried_baseline_data_uri=o.optional_text("carried_baseline_data_uri"),
        attributions=_attributions(o),
        waivers=o.each("waivers", _configured_waiver),
        warnings=o.integer("warnings"),
        maximum_warnings=o.optional_integer("maximum_warnings"),
        findings_left_out=o.integer("findings_left_out"),
        not_checked_left_out=o.integer("not_checked_left_out"),
        needed=o.each("needed", _needed),
        power=o.each("power", _power),
    )
    if gate != verdict.gate:
        raise DocumentError(f"the verdict's gate is {gate}, but its decision is {verdict.decision}")
    contradiction = _contradiction(verdict)
    if contradiction:
        raise DocumentError(contradiction)
    return verdict


def _contradiction(verdict: Verdict) -> str | None:
    """Return where the verdict's findings cannot have led to what it says of them; None where they can."""
    refusing = sum(each.severity == REFUSE for each in verdict.findings)
    if refusing and verdict.gate == "open":
        return f"the verdict's gate is open, but {refusing} of its findings refuse"
    warning = sum(each.severity == WARN for each in verdict.findings)
    if not warning <= verdict.warnings <= warning + verdict.findings_left_out:
        return f"the verdict counts {verdict.warnings} warnings, but {warning} of its findings warn"
    limit = verdict.maximum_warnings
    if limit is not None and verdict.warnings > limit and verdict.gate == "open":
        return f"the verdict's gate is open, but it has {verdict.warnings} warnings of at most {limit}"
    return None


def from_json(document: object) -> Verdict:
    """Return the verdict that *document* is; DocumentError says what is wrong with one that is none."""
    return read(upgraded(document), "verdict", _verdict)
