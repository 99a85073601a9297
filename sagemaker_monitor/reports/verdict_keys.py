"""What each key of verdict.json means, in words, by the class that it is read into."""

from __future__ import annotations

from sagemaker_monitor.analysis.documents import verdict as d

TITLES: dict[type, str] = {
    d.Verdict: "The decision on one execution, what it rests on, and what could not be told.",
    d.Batch: "The rows that were judged.",
    d.FacetRows: "How many people stand behind a facet.",
    d.Side: "Rows on one side of a facet.",
    d.Window: "The hours that the rows were captured in.",
    d.Baseline: "The approved version that was compared with.",
    d.Calibration: "How the calibrated limits that refuse were found; all monitors together.",
    d.Family: "The calibrated limits of one monitor that refuse, and its part of the policy's error rate.",
    d.Check: "What became of one expected check.",
    d.Finding: "One metric, one metric for one facet, or one check for one feature.",
    d.Limit: "Values outside [low, high] cross; null is no limit on that side.",
    d.Waiver: "What a person took responsibility for.",
    d.ConfiguredWaiver: "One waiver of the policy, whether or not it covered anything.",
    d.Attribution: "How much one feature contributes to the model's answers, over all records.",
    d.NotChecked: "Something that was not told, and why.",
    d.Needed: "Of what there are too few rows, and about how many would do.",
    d.Power: "How likely a batch of this size catches a shift that the policy declares (`gate.detect`).",
}
"""The classes in the order of the page, and what each is."""

CHOICES: dict[tuple[type, str], tuple[str, ...]] = {
    (d.Verdict, "decision"): d.DECISIONS,
    (d.Verdict, "gate"): ("open", "closed"),
    (d.Check, "status"): d.CHECK_STATUSES,
    (d.Check, "mode"): d.MODES,
    (d.Finding, "action"): d.ACTIONS,
    (d.Finding, "severity"): d.SEVERITIES,
    (d.Finding, "worse"): (d.LOWER, d.HIGHER),
    (d.Limit, "kind"): d.LIMIT_KINDS,
    (d.ConfiguredWaiver, "status"): d.WAIVER_STATUSES,
}
"""The only values that some keys take."""

ADDED: dict[type, tuple[str, ...]] = {d.Verdict: ("gate",), d.Finding: ("severity",)}
"""Keys that follow from the others, and are written for whoever reads no further."""

WITHOUT_INFINITY: frozenset[tuple[type, str]] = frozenset(
    {
        (d.Batch, "overlap"),
        (d.Calibration, "false_refusals"),
        (d.Calibration, "refuses_honest"),
        (d.Family, "false_refusals"),
        (d.Family, "refuses_honest"),
        (d.Attribution, "value"),
        (d.Power, "by"),
        (d.Power, "wanted"),
        (d.Power, "caught"),
    }
)
"""Numbers that are always finite."""

_SIGNED = {
    "match": "What it covers, as in a rule.",
    "reason": "Why, in the words of who approved it.",
    "approved_by": "Who took responsibility.",
    "expires": "The last day on which it holds, in UTC, such as 2027-03-31.",
}
_ERROR_RATES = {
    "method": "How they were found.",
    "false_refusals": "The share of honest batches that they may refuse together.",
    "replicates": "How many random splits of the rows, or simulated batches, they rest on.",
    "limits": "How many there are.",
    "refuses_honest": "The simulated share of honest batches of this size that all failing limits together"
    " refuse, fixed ones included.",
}

KEYS: dict[type, dict[str, str]] = {
    d.Verdict: {
        "decision": "What was decided. `pass` and `baseline-established` open the gate, nothing else does.",
        "summary": "The decision in one sentence, with what crossed or is missing.",
        "model": "The model.",
        "pipeline": "The pipeline that ran.",
        "environment": "The environment it ran in.",
        "execution_arn": "The execution.",
        "model_package_arn": "The version that scored; null where the run registers its candidate.",
        "bundle_sha256": "The bundle that the definition was built from.",
        "created": "When it was decided, in UTC, by the clock of the job.",
        "batch": "The rows that were judged; null where none were joined or read.",
        "baseline": "The version that was compared with; null where none was.",
        "calibration": "How calibrated limits were found; null where none refuses.",
        "checks": "Every check that was expected.",
        "findings": "What the checks found: whatever crossed, and whatever held.",
        "not_checked": "What was not told, and why. A rule that matched nothing stands here too.",
        "carried_baseline_data_uri": "Where the rows lie behind the baseline that a version registered by"
        " this run carries; null where the run registers none.",
        "attributions": "In the dataset's order; null where they were not measured.",
        "waivers": "Every waiver of the policy.",
        "warnings": "How many findings have the severity `warn`, listed or left out.",
        "maximum_warnings": "More warnings than this refuse (`gate.maximum_warnings`); null is no limit.",
        "findings_left_out": "How many findings are not listed because there are too many; all count, those"
        " that refuse are listed first, and the checks' documents have every one.",
        "not_checked_left_out": "How many entries of `not_checked` are not listed, being too many.",
        "needed": "Where there are too few rows: how many would do.",
        "power": "Each shift that the policy declares, as far as this run judges it.",
        "gate": "What the pipeline's condition reads; it follows from the decision.",
    },
    d.Batch: {
        "rows": "Rows, with or without labels.",
        "labelled": "Those that had a label.",
        "overlap": "Their share, 0 to 1.",
        "facets": "Each facet's rows, labelled ones.",
        "window": "The hours of a window that was judged; null for one batch.",
    },
    d.FacetRows: {
        "facet": "The facet's column.",
        "facet_value": "The sensitive group's value or interval, as the report has it.",
        "inside": "The sensitive group.",
        "outside": "Everybody else.",
    },
    d.Side: {"rows": "Rows.", "favourable": "Those whose observed label is the favourable one."},
    d.Window: {"start": "The first hour, in UTC.", "end": "The end, not included."},
    d.Baseline: {
        "model_package_arn": "The version.",
        "rows": "Rows its baseline was computed from; null where they could not be read.",
        "data_uri": "Where those rows lie.",
        "constraints": "By step, the S3 URI of the document that it was held against.",
    },
    d.Calibration: {
        **_ERROR_RATES,
        "families": "Each monitor's part where there are several: then refuses_honest is their sum, and so"
        " at least the truth.",
    },
    d.Family: {"monitor": "The monitor.", **_ERROR_RATES},
    d.Check: {
        "step": "The step of the execution.",
        "check_type": "SageMaker's type, such as DATA_QUALITY.",
        "status": "`compared` and `established` (nothing to compare with, or `accept`) are evidence;"
        " `no-evidence` and `broken` close the gate.",
        "reason": "Why it is no evidence, or broke.",
        "report_uri": "The document that it wrote: statistics.json or analysis.json.",
        "violations_uri": "AWS's constraint_violations.json, complete; null where nothing was violated.",
        "aws_violations": "How many violations AWS's own rules found, or a team's own monitor reported.",
        "mode": "How it treated the baseline: `bootstrap` (there was none), `check`, `refresh` (compared,"
        " and a new one carried), `accept` (not compared).",
        "accept_reason": "Why it was accepted without a comparison; null in other modes.",
    },
    d.Finding: {
        "check": "The step whose report it was read from.",
        "monitor": "`data_quality`, `model_quality`, `bias`, `explainability` or `custom/<name>`.",
        "metric": "The metric; for data quality SageMaker's constraint_check_type.",
        "facet": "The facet's column; null for whatever is not about a group of people.",
        "facet_value": "The sensitive group's value or interval.",
        "value": "The metric; for data quality the distance from the baseline, or the share of values that"
        " are as they must be. Null where it could not be computed.",
        "baseline": "The baseline's value; null where there is none.",
        "limit": "The limit that its rule sets; null where it was not judged.",
        "rule": "The match of the rule that spoke; null where none did.",
        "action": "What that rule says crossing means; `none` where no rule spoke.",
        "crossed": "Whether the value crossed its limit.",
        "aws_violation": "Whether AWS's own rule flagged it, or a team's own monitor reported a violation.",
        "message": "The finding in one sentence.",
        "feature": "The feature, for data quality.",
        "worse": "The direction in which the metric is worse; null where it has none.",
        "waiver": "The waiver that covers it; null where it crossed nothing, or none does.",
        "evidence_uri": "The document that it was read from.",
        "severity": "What it means for the decision: `refuse`, `warn`, `waived` (it crossed, and somebody"
        " took responsibility), or `none`.",
    },
    d.Limit: {
        "kind": "What set it: a rule's key, `calibrated`, or `aws` for AWS's own rule.",
        "low": "Lowest value allowed.",
        "high": "Highest value allowed.",
        "detects_low": "Of calibrated limits: a true value below it is caught in about nine of ten batches.",
        "detects_high": "The same above.",
    },
    d.Waiver: _SIGNED,
    d.ConfiguredWaiver: {
        **_SIGNED,
        "status": "`applied`, `unused` (nothing crossed that it covers), or `expired` (it covers no more).",
        "findings": "How many findings crossed that it covers, or of an expired one would have covered.",
    },
    d.Attribution: {
        "feature": "The feature.",
        "value": "Its contribution now.",
        "baseline": "Its contribution in the baseline; null where there is none.",
    },
    d.NotChecked: {"subject": "What: a selector, a check's step, a waiver.", "why": "Why."},
    d.Needed: {
        "subject": "What cannot be told, as a selector.",
        "sample": "Whose rows are too few: `batch`, `validation data` or `baseline`.",
        "rows": "How many rows of it would do; where a group is too small, nine of ten samples of so many"
        " have enough of it. Null where no row is of the kind that lacks.",
    },
    d.Power: {
        "subject": "The metric, or the feature's drift; the selector where it cannot be told.",
        "by": "How far its true value moved from the baseline's.",
        "wanted": "How likely a batch should catch that.",
        "caught": "How likely a batch of this size does: is refused, or warned of where the rule only warns."
        " Simulated; null where it cannot be.",
        "rows": "This batch's rows.",
        "rows_needed": "About how many rows catch it as likely as is wanted; null where no number does.",
        "required": "Whether a batch that catches it less often is inconclusive.",
        "why": "Why it cannot be told.",
    },
}
"""What each key means, in Markdown."""
