"""The Join step: predictions and labels brought together, one folder for each kind of check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from steps.build import Build
from steps.script import INPUT, OUTPUT, Shipped, option, s3_input, s3_output, script_step
from steps.spec import rows_for_teams

MODULES = {
    "steps": (
        "__init__.py",
        "scripts/__init__.py",
        "scripts/collect.py",
        "scripts/inputs.py",
        "scripts/joining/*.py",
    )
}
"""What join.py imports."""
FOLDERS = ("features", "labelled", "scored", "summary")
EXPLAINED = "explained"
"""The features without a header, where attributions are computed."""
PREDICTED = "predicted"
"""The predicted labels of `labelled`, for an image that computes model bias and can ask no model."""


@dataclass(frozen=True)
class Joined:
    """The Join step, the S3 URI of each folder it writes, and how many records have a label."""

    step: Any
    uris: dict[str, Any]
    labels: Any

    def label_status(self) -> Any:
        """Return the expression for labels-complete, labels-partial or labels-missing."""
        from sagemaker.core.workflow.functions import JsonGet

        return JsonGet(step_name=self.step.name, property_file=self.labels, json_path="status")


def join(
    build: Build,
    *,
    transform_uri: Any,
    ground_truth_uri: Any,
    window: tuple[Any, Any] | None = None,
    collected_uri: Any = None,
) -> Joined:
    """Return the step that joins the transform's output with labels by record key or inference id.

    An empty *ground_truth_uri* means that the label is the last column of the scored file. With a
    *window* (start, end) only its hours are looked for labels, likewise with that of a summary that Collect
    wrote below *collected_uri*. Label objects are listed by the script:
    an S3 input without objects would kill the job before any verdict.
    """
    from sagemaker.core.workflow.properties import PropertyFile

    labels = PropertyFile(name="Labels", output_name="summary", path="labels.json")
    monitors = build.model.monitors
    folders = [*FOLDERS, *([EXPLAINED] if monitors.explainability else [])]
    folders += [PREDICTED] if "bias" in monitors.own else []
    folders += rows_for_teams(build.model)
    uris = {folder: build.output("join", folder) for folder in folders}
    inputs = [s3_input("transform", transform_uri, f"{INPUT}/transform")]
    arguments = [
        *(option(*part) for part in zip(("--window-start", "--window-end"), window or (), strict=False))
    ]
    if collected_uri is not None:
        inputs.append(s3_input("collected", collected_uri, f"{INPUT}/collected"))
        arguments += ["--collected", f"{INPUT}/collected/collect.json"]
    step = script_step(
        build,
        name="Join",
        script="join.py",
        arguments=[
            "--transform",
            f"{INPUT}/transform",
            option("--labels-uri", ground_truth_uri),
            *arguments,
            "--output",
            OUTPUT,
        ],
        inputs=inputs,
        outputs=[s3_output(folder, uris[folder], f"{OUTPUT}/{folder}") for folder in folders],
        property_files=[labels],
        shipped=Shipped("join", "join.zip", MODULES),
    )
    return Joined(step, uris, labels)
