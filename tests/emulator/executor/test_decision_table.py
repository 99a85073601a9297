"""The decision table of check steps, row by row: what is compared, what the properties show, what fails.

The rows follow AWS's page "Baseline calculation, drift detection and lifecycle with ClarifyCheck and
QualityCheck steps in Amazon SageMaker Pipelines".
"""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from . import test_clarify_check as clarify
from . import test_quality_check as quality
from .conftest import ROLE, Execution, definition, get

pytestmark = pytest.mark.long

# SkipCheck, RegisterNewBaseline: compared? which baseline is shown? is a previous one needed?
TABLE = {
    (False, False): (True, "previous", True),
    (False, True): (True, "calculated", True),
    (True, False): (False, "previous", True),
    (True, True): (False, "calculated", False),
}


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of check: its step, its documents by option, and how a version keeps its baseline."""

    step_type: str
    check_type: str
    section: str
    documents: dict[str, str]
    parts: dict[str, str]

    def step(self, uri: str, data: str, **options: Any) -> dict[str, Any]:
        """Return a step that looks at *data*, `same` or `drifted`, and writes to *uri*."""
        make = clarify.check if self.step_type == "ClarifyCheck" else quality.check
        step = make(uri, f"s3://work/table/{self.step_type}/{data}", **options)
        assert step["CheckType"] == self.check_type
        return step

    def baseline(self, prefix: str) -> dict[str, str]:
        """Return the URIs of the baseline below *prefix*, by the option that supplies each."""
        return {option: f"{prefix}/{name}" for option, name in self.documents.items()}

    def shown(self, title: str, baseline: Mapping[str, str]) -> dict[str, str]:
        """Return the properties that show *baseline*."""
        return {option.replace("SuppliedBaseline", title): uri for option, uri in baseline.items()}

    @property
    def supply(self) -> str:
        """How the step calls what would have supplied a baseline."""
        return " and ".join(self.documents)


BIAS = Kind(
    "ClarifyCheck",
    "DATA_BIAS",
    "Bias",
    {"SuppliedBaselineConstraints": "analysis.json"},
    {"SuppliedBaselineConstraints": "PreTrainingConstraints"},
)
QUALITY = Kind(
    "QualityCheck",
    "DATA_QUALITY",
    "ModelDataQuality",
    {
        "SuppliedBaselineStatistics": "statistics.json",
        "SuppliedBaselineConstraints": "constraints.json",
    },
    {"SuppliedBaselineStatistics": "Statistics", "SuppliedBaselineConstraints": "Constraints"},
)
KINDS = (BIAS, QUALITY)


@dataclass(frozen=True)
class Source:
    """Where a previous baseline may come from: the step's options, what they find, or why they find none."""

    name: str
    group: str | None = None
    supplied: tuple[str, ...] = ()
    empty: bool = False
    finds: str | None = None
    reason: str = ""


ALL = ("SuppliedBaselineStatistics", "SuppliedBaselineConstraints")
NONE_APPROVED = (
    "ClientError: model package group '{group}' has no approved version with a baseline; approve one, "
    "supply {supply}, or run with SkipCheck and RegisterNewBaseline to establish one"
)
NOTHING = (
    "ClientError: there is no previous baseline and no ModelPackageGroupName; "
    "supply {supply}, or run with SkipCheck and RegisterNewBaseline to establish one"
)
SOURCES = (
    Source("supplied", supplied=ALL, finds="supplied"),
    Source("latest-approved", group="approved", finds="approved"),
    Source("empty-texts", group="approved", empty=True, finds="approved"),
    Source("supplied-and-approved", group="approved", supplied=ALL, finds="supplied"),
    Source("nothing", reason=NOTHING),
    Source("empty-texts-and-group", group="", empty=True, reason=NOTHING),
    Source("group-missing", group="missing", reason=NONE_APPROVED),
    Source("pending-only", group="pending", reason=NONE_APPROVED),
    Source("rejected-only", group="rejected", reason=NONE_APPROVED),
    Source(
        "approved-without-baseline",
        group="bare",
        reason="has no DriftCheckBaselines.{section}.{part}; supply {supply}, or run with SkipCheck",
    ),
)
PARTIAL = (
    Source("constraints-only", supplied=ALL[1:], finds="supplied"),
    Source("constraints-only-and-approved", group="approved", supplied=ALL[1:], finds="supplied"),
    Source(
        "statistics-only",
        supplied=ALL[:1],
        reason="ClientError: SuppliedBaselineStatistics without SuppliedBaselineConstraints; supply both",
    ),
    Source(
        "statistics-only-and-approved",
        group="approved",
        supplied=ALL[:1],
        reason="ClientError: SuppliedBaselineStatistics without SuppliedBaselineConstraints; supply both",
    ),
)


@dataclass(frozen=True)
class Row:
    """One row to try: the check, its two switches, its previous baseline, its data, FailOnViolation."""

    kind: Kind
    skip: bool
    register: bool
    source: Source
    data: str = "drifted"
    fail: Any = False

    def __str__(self) -> str:
        """Return the row's name."""
        switches = f"skip={self.skip}-register={self.register}"
        return f"{self.kind.check_type}-{switches}-{self.source.name}-{self.data}-fail={self.fail}"


ABSENT = "absent"
# Seconds: all executions are started at once, and the last one waits for the jobs of all others.
PATIENCE = 150
ROWS = [
    Row(kind, skip, register, source)
    for kind in KINDS
    for source in (*SOURCES, *(PARTIAL if kind is QUALITY else ()))
    for skip, register in TABLE
]
VIOLATION_ROWS = [
    Row(kind, skip, register, SOURCES[0], data, fail)
    for kind in KINDS
    for skip, register, data, fail in [
        *itertools.product([False], [False, True], ["drifted"], [True, None, ABSENT]),
        (False, False, "same", True),
        (False, True, "same", False),
        (True, False, "drifted", True),
    ]
]


class Bench:
    """Every row's execution, started at once, so that the jobs run side by side."""

    def __init__(self, emulator: Any) -> None:
        """Prepare data, baselines and model package groups, and start every row."""
        self.sagemaker, self.s3 = emulator.client("sagemaker"), emulator.client("s3")
        self._datasets()
        self.baselines = {kind: self._baselines(kind) for kind in KINDS}
        self.groups = {kind: self._groups(kind) for kind in KINDS}
        self.executions = {row: self._start_row(row) for row in (*ROWS, *VIOLATION_ROWS)}

    def prefix(self, row: Row) -> str:
        """Return where *row* writes."""
        return f"s3://work/rows/{row}".replace("=", "-")

    def options(self, row: Row) -> dict[str, Any]:
        """Return the options of the step."""
        source, kind = row.source, row.kind
        options: dict[str, Any] = {"SkipCheck": row.skip, "RegisterNewBaseline": row.register}
        if row.fail is not ABSENT:
            options["FailOnViolation"] = row.fail
        if source.group is not None:
            options["ModelPackageGroupName"] = get("Parameters.Group")
        for option in kind.documents:
            if option in source.supplied:
                options[option] = self.baselines[kind]["supplied"][option]
            elif source.empty:
                options[option] = get("Parameters.Empty")
        return options

    def group(self, row: Row) -> str:
        """Return the name of the row's model package group, perhaps none."""
        return self.groups[row.kind][row.source.group] if row.source.group else ""

    def previous(self, row: Row) -> dict[str, str]:
        """Return the URIs of the baseline that the row must find."""
        assert row.source.finds is not None
        found = self.baselines[row.kind][row.source.finds]
        if row.source.finds == "supplied":
            return {option: uri for option, uri in found.items() if option in row.source.supplied}
        return found

    def exists(self, uri: str) -> bool:
        """Return whether there is an object at *uri*."""
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        listed = self.s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents", [])
        return any(each["Key"] == key for each in listed)

    def _datasets(self) -> None:
        self.s3.create_bucket(Bucket="work")
        config = clarify.CONFIG | {"methods": {"pre_training_bias": {"methods": "all"}}}
        bodies = {
            "config/DATA_BIAS/analysis_config.json": json.dumps(config).encode(),
            "table/ClarifyCheck/same/data.csv": clarify.csv(clarify.FAIR),
            "table/ClarifyCheck/drifted/data.csv": clarify.csv(clarify.UNFAIR),
            "table/QualityCheck/same/data.csv": quality.csv(0),
            "table/QualityCheck/drifted/data.csv": quality.csv(40),
        }
        for key, body in bodies.items():
            self.s3.put_object(Bucket="work", Key=key, Body=body)

    def _baselines(self, kind: Kind) -> dict[str, dict[str, str]]:
        """Calculate the baseline once; keep it at two places, so that URIs tell which was taken."""
        supplied = f"s3://work/baselines/{kind.check_type}/supplied"
        step = kind.step(supplied, "same", SkipCheck=True, RegisterNewBaseline=True)
        execution = self.start([step], {})
        assert execution.wait() == "Succeeded", execution.steps()
        approved = supplied.replace("supplied", "approved")
        for name in kind.documents.values():
            source = {"Bucket": "work", "Key": f"{supplied[len('s3://work/') :]}/{name}"}
            self.s3.copy_object(
                Bucket="work", Key=source["Key"].replace("supplied", "approved"), CopySource=source
            )
        return {"supplied": kind.baseline(supplied), "approved": kind.baseline(approved)}

    def _groups(self, kind: Kind) -> dict[str, str]:
        """Register versions of every state: the approved group also has older and newer ones."""
        names = {name: f"{name}-{secrets.token_hex(4)}" for name in ("approved", "pending", "rejected")}
        names |= {"bare": f"bare-{secrets.token_hex(4)}", "missing": f"missing-{secrets.token_hex(4)}"}
        elsewhere = kind.baseline("s3://work/elsewhere")
        for name in ("approved", "pending", "rejected", "bare"):
            self.sagemaker.create_model_package_group(ModelPackageGroupName=names[name])
        versions = [
            ("approved", "Approved", elsewhere),
            ("approved", "Approved", self.baselines[kind]["approved"]),
            ("approved", "PendingManualApproval", elsewhere),
            ("approved", "Rejected", elsewhere),
            ("pending", "PendingManualApproval", self.baselines[kind]["approved"]),
            ("rejected", "Rejected", self.baselines[kind]["approved"]),
            ("bare", "Approved", {}),
        ]
        for name, status, baseline in versions:
            self._version(kind, names[name], status, baseline)
        return names

    def _version(self, kind: Kind, group: str, status: str, baseline: dict[str, str]) -> None:
        sources = {
            kind.parts[option]: {"S3Uri": uri, "ContentType": "application/json"}
            for option, uri in baseline.items()
        }
        containers = [{"Image": quality.IMAGE}]
        self.sagemaker.create_model_package(
            ModelPackageGroupName=group,
            ModelApprovalStatus=status,
            DriftCheckBaselines={kind.section: sources} if sources else {},
            InferenceSpecification={"Containers": containers, "SupportedContentTypes": ["text/csv"]},
        )

    def _start_row(self, row: Row) -> Execution:
        step = row.kind.step(self.prefix(row), row.data, **self.options(row))
        return self.start([step], {"Group": self.group(row)})

    def start(self, steps: list[dict[str, Any]], values: dict[str, str]) -> Execution:
        """Start an execution of *steps* with the parameters Group and Empty, which are empty unless given."""
        parameters = [{"Name": name, "Type": "String", "DefaultValue": ""} for name in ("Group", "Empty")]
        name = f"p-{secrets.token_hex(4)}"
        text = definition(steps, parameters)
        self.sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE)
        given = [{"Name": name, "Value": value} for name, value in values.items()]
        started = self.sagemaker.start_pipeline_execution(PipelineName=name, PipelineParameters=given)
        return Execution(self.sagemaker, started["PipelineExecutionArn"])


@pytest.fixture(scope="module")
def bench(emulator: Any) -> Bench:
    """Every row, started."""
    return Bench(emulator)


def record(execution: Execution, kind: Kind) -> tuple[str, dict[str, Any], str | None]:
    """Return the step's status, its metadata, and its failure reason."""
    step = execution.steps()["Check"]
    return step["StepStatus"], step["Metadata"][kind.step_type], step.get("FailureReason")


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_row_of_the_decision_table(bench: Bench, row: Row) -> None:
    """The switches and the source decide what is compared, what is shown, and what must be there."""
    compared, shown, needed = TABLE[row.skip, row.register]
    execution, kind, prefix = bench.executions[row], row.kind, bench.prefix(row)
    ended = execution.wait(PATIENCE)
    status, metadata, reason = record(execution, kind)
    arn = metadata.pop("CheckJobArn", None)
    expected = {
        "CheckType": kind.check_type,
        "SkipCheck": row.skip,
        "RegisterNewBaseline": row.register,
        **({"ModelPackageGroupName": bench.group(row)} if row.source.group else {}),
    }

    if needed and row.source.finds is None:
        part = next(iter(kind.parts.values()))
        words = row.source.reason.format(
            group=bench.group(row), supply=kind.supply, section=kind.section, part=part
        )
        assert (ended, status, arn) == ("Failed", "Failed", None)
        assert reason is not None
        assert words in reason
        assert metadata == expected, "without a baseline there is no job, and nothing to show"
        assert not bench.exists(f"{prefix}/{next(iter(kind.documents.values()))}")
        return
    new = kind.baseline(prefix)
    used = new if shown == "calculated" else bench.previous(row)
    # Without statistics nothing is known of drift; types and completeness hold.
    violated = compared and not (kind is QUALITY and row.source in PARTIAL)
    report = f"{prefix}/constraint_violations.json"
    assert (ended, status, reason) == ("Succeeded", "Succeeded", None)
    assert arn is not None
    assert metadata == {
        **expected,
        **kind.shown("CalculatedBaseline", new),
        **kind.shown("BaselineUsedForDriftCheck", used),
        **({"ViolationReport": report} if violated else {}),
    }
    assert all(bench.exists(uri) for uri in {**new, **used}.values())
    assert bench.exists(report) is violated


@pytest.mark.parametrize("row", VIOLATION_ROWS, ids=str)
def test_a_violation_fails_the_step_unless_that_is_switched_off(bench: Bench, row: Row) -> None:
    """Only a comparison can fail; true, null and nothing at all mean the same; the report is always named."""
    execution, kind = bench.executions[row], row.kind
    ended = execution.wait(PATIENCE)
    status, metadata, reason = record(execution, kind)
    report = f"{bench.prefix(row)}/constraint_violations.json"
    violated = row.data == "drifted" and not row.skip
    fails = violated and row.fail is not False

    assert metadata.get("ViolationReport") == (report if violated else None)
    assert bench.exists(report) is violated
    assert (ended, status) == (("Failed", "Failed") if fails else ("Succeeded", "Succeeded"))
    words = "Clarify" if kind is BIAS else "Quality"
    assert reason == (f"ClientError: {words} check failed. See violation report {report}" if fails else None)
