"""The Inputs step: a raw batch cut down to its features, before anything is scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from steps.build import Build
from steps.script import INPUT, OUTPUT, s3_input, s3_output, script_step


@dataclass(frozen=True)
class Inputs:
    """The Inputs step, the S3 URI of the features it writes, and whether the columns fit."""

    step: Any
    features_uri: Any
    summary: Any

    def columns_fit(self) -> Any:
        """Return the condition that the batch has the columns that the configuration names."""
        from sagemaker.core.workflow.conditions import ConditionEquals
        from sagemaker.core.workflow.functions import JsonGet

        columns = JsonGet(step_name=self.step.name, property_file=self.summary, json_path="columns")
        return ConditionEquals(left=columns, right="fit")


def read_inputs(build: Build, *, data_uri: Any) -> Inputs:
    """Return the step that reads the batch below *data_uri* and writes its features under a header."""
    from sagemaker.core.workflow.properties import PropertyFile

    summary = PropertyFile(name="Inputs", output_name="summary", path="inputs.json")
    uris = {folder: build.output("inputs", folder) for folder in ("features", "summary")}
    step = script_step(
        build,
        name="Inputs",
        script="inputs.py",
        arguments=["--input", f"{INPUT}/batch", "--output", OUTPUT],
        inputs=[s3_input("batch", data_uri, f"{INPUT}/batch")],
        outputs=[s3_output(folder, uri, f"{OUTPUT}/{folder}") for folder, uri in uris.items()],
        property_files=[summary],
    )
    return Inputs(step, uris["features"], summary)
