"""The Collect step: what a window's batches were scored with, found through their capture manifests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from steps.build import Build
from steps.script import OUTPUT, option, s3_output, script_step


@dataclass(frozen=True)
class Collected:
    """The Collect step, the S3 URIs of the rows and the summary it writes, and whether there is anything."""

    step: Any
    transform_uri: Any
    summary_uri: Any
    summary: Any

    def has_captures(self) -> Any:
        """Return the condition that the window holds captures."""
        from sagemaker.core.workflow.conditions import ConditionEquals
        from sagemaker.core.workflow.functions import JsonGet

        status = JsonGet(step_name=self.step.name, property_file=self.summary, json_path="status")
        return ConditionEquals(left=status, right="captured")


def collect(build: Build, *, capture_uri: str, window_start: Any, window_end: Any) -> Collected:
    """Return the step that gathers the rows captured in [*window_start*, *window_end*), UTC hours.

    Captures are listed by the script: an S3 input without objects would kill the job before any verdict.
    """
    from sagemaker.core.workflow.properties import PropertyFile

    summary = PropertyFile(name="Collected", output_name="summary", path="collect.json")
    uris = {folder: build.output("collect", folder) for folder in ("transform", "summary")}
    step = script_step(
        build,
        name="Collect",
        script="collect.py",
        arguments=[
            option("--capture-uri", capture_uri),
            option("--window-start", window_start),
            option("--window-end", window_end),
            "--output",
            OUTPUT,
        ],
        inputs=[],
        outputs=[s3_output(folder, uri, f"{OUTPUT}/{folder}") for folder, uri in uris.items()],
        property_files=[summary],
    )
    return Collected(step, uris["transform"], uris["summary"], summary)
