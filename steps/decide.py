"""The Decide step and what follows it: every report read, the policy applied, one verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.analysis.decision.baselines import DATA_URIS
from sagemaker_monitor.analysis.decision.digests import FILE as EVIDENCE
from sagemaker_monitor.analysis.documents.custom import digest_property_of, property_of
from sagemaker_monitor.settings.schema import Model
from steps.adapter import after_any_outcome
from steps.baselining import Asked
from steps.build import Build
from steps.join import Joined
from steps.script import INPUT, OUTPUT, Shipped, option, s3_input, s3_output, script_step

MODULES = {
    "sagemaker_monitor": (
        "__init__.py",
        "analysis/__init__.py",
        "analysis/bias/__init__.py",
        "analysis/bias/metrics.py",
        "analysis/decision/*.py",
        "analysis/documents/*.py",
    )
}
"""What decide.py imports."""


@dataclass(frozen=True)
class Decided:
    """A Decide step, the S3 URI of its verdict, and what it wrote: the verdict, and what binds a version."""

    step: Any
    verdict_uri: Any
    verdict: Any
    evidence: Any

    def gate_is_open(self) -> Any:
        """Return the condition that the verdict opens the gate."""
        from sagemaker.core.workflow.conditions import ConditionEquals
        from sagemaker.core.workflow.functions import JsonGet

        gate = JsonGet(step_name=self.step.name, property_file=self.verdict, json_path="gate")
        return ConditionEquals(left=gate, right="open")

    def baseline_data_uris(self, monitors: Iterable[str]) -> dict[str, Any]:
        """Return where the rows lie behind the baselines that a new version carries, as it keeps them.

        The model's predictions have one key, which says it for whichever of *monitors* has none of its own.
        """
        from sagemaker.core.workflow.functions import JsonGet

        return {
            "BaselineDataUri": JsonGet(
                step_name=self.step.name, property_file=self.verdict, json_path="carried_baseline_data_uri"
            ),
            **{
                key: self.bound(f"baseline_data_uris.{each}")
                for each, key in DATA_URIS.items()
                if each in monitors
            },
        }

    def registers(self) -> Any:
        """Return the condition that a run of a registered version was asked for a new baseline of it."""
        from sagemaker.core.workflow.conditions import ConditionEquals

        return ConditionEquals(left=self.bound("registers"), right="yes")

    def bound(self, path: str) -> Any:
        """Return the expression for what evidence.json says at *path*, such as verdict_sha256."""
        from sagemaker.core.workflow.functions import JsonGet

        return JsonGet(step_name=self.step.name, property_file=self.evidence, json_path=path)

    def custom_baselines(self, model: Model) -> dict[str, Any]:
        """Return the metadata that say where a new version's baselines of teams' own monitors lie."""
        return {
            key: self.bound(f"custom.{name}.{part}")
            for name in model.monitors.custom
            for part, key in (("uri", property_of(name)), ("sha256", digest_property_of(name)))
        }


def decide(
    build: Build,
    *,
    name: str,
    bundle_sha256: str,
    after: list[Any],
    model_package_arn: Any,
    baseline_model_package_arn: Any,
    asked: Asked,
    features_uri: Any = None,
    joined: Joined | None = None,
    labels_arrived: bool = True,
    collected_uri: Any = None,
) -> Decided:
    """Return the step that decides; it runs however the checks *after* ended, so that a broken one is told.

    What it reads depends on how far the run came: the features of the batch, the joined rows and how
    many of them have labels, the window that was collected. *labels_arrived* false is the branch in
    which no label was found, so that there are no joined rows to read.
    """
    from sagemaker.core.workflow.execution_variables import ExecutionVariables
    from sagemaker.core.workflow.properties import PropertyFile

    verdict = PropertyFile(name="Verdict", output_name="verdict", path="verdict.json")
    evidence = PropertyFile(name="Evidence", output_name="verdict", path=EVIDENCE)
    read: dict[str, tuple[str, Any]] = {}
    arguments: list[Any] = []
    if features_uri is not None and build.model.monitors.data_quality:
        read["features"] = (f"{INPUT}/features", features_uri)
        arguments += ["--features", f"{INPUT}/features"]
    if joined is not None:
        read["summary"] = (f"{INPUT}/summary", joined.uris["summary"])
        arguments += ["--labels", f"{INPUT}/summary/labels.json"]
    if joined is not None and labels_arrived and build.model.monitors.read_outcomes:
        for folder in ("labelled", "scored"):
            read[folder] = (f"{INPUT}/join/{folder}", joined.uris[folder])
        arguments += ["--join", f"{INPUT}/join"]
    if collected_uri is not None:
        read["collected"] = (f"{INPUT}/collected", collected_uri)
        arguments += ["--collected", f"{INPUT}/collected/collect.json"]
    step = script_step(
        build,
        name=name,
        script="decide.py",
        arguments=[
            *arguments,
            "--execution-arn",
            ExecutionVariables.PIPELINE_EXECUTION_ARN,
            option("--model-package-arn", model_package_arn),
            option("--baseline-model-package-arn", baseline_model_package_arn),
            option("--modes", asked.modes),
            option("--accept-reason", asked.accept_reason),
            "--model-package-group",
            asked.model_package_group_name,
            "--bundle",
            bundle_sha256,
            "--output",
            f"{OUTPUT}/verdict",
        ],
        inputs=[s3_input(folder, uri, path) for folder, (path, uri) in read.items()],
        outputs=[s3_output("verdict", build.output("decide"), f"{OUTPUT}/verdict")],
        property_files=[verdict, evidence],
        shipped=Shipped("decision", "decision.zip", MODULES),
        depends_on=[after_any_outcome(step) for step in after],
    )
    uri = build.output("decide", "verdict.json")
    return Decided(step, uri, verdict, evidence)


def refuse(name: str, decided: Decided) -> Any:
    """Return the step that ends the execution, saying the verdict in a line, and where it lies."""
    from sagemaker.core.workflow.functions import Join
    from sagemaker.mlops.workflow.fail_step import FailStep

    said = [decided.bound("notice"), ". The verdict: ", decided.verdict_uri]
    return FailStep(name=name, error_message=Join(on="", values=said))


def condition(name: str, conditions: list[Any], if_steps: list[Any], else_steps: list[Any]) -> Any:
    """Return a Condition step: *if_steps* when all *conditions* hold, otherwise *else_steps*."""
    from sagemaker.mlops.workflow.condition_step import ConditionStep

    return ConditionStep(name=name, conditions=conditions, if_steps=if_steps, else_steps=else_steps)
