"""The Collect step: what a window's batches were scored with, or what an endpoint was asked in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from steps.archive import archive_of
from steps.build import Build
from steps.script import INPUT, OUTPUT, option, s3_input, s3_output, script_step

MODULES = {
    "sagemaker_monitor": (
        "__init__.py",
        "analysis/__init__.py",
        "analysis/errors.py",
        "analysis/expressions.py",
        "analysis/invocations/*.py",
    ),
    "steps": (
        "__init__.py",
        "scripts/__init__.py",
        "scripts/collect.py",
        "scripts/captured_window.py",
        "scripts/serving.py",
    ),
}
"""What collect_endpoint.py imports."""


@dataclass(frozen=True)
class Collected:
    """The Collect step, the S3 URIs of the rows and the summary it writes, and whether there is anything.

    Of an endpoint also the features, which are checked before anything is joined.
    """

    step: Any
    transform_uri: Any
    summary_uri: Any
    summary: Any
    features_uri: Any = None

    def has_captures(self) -> Any:
        """Return the condition that the window holds captures that can be judged."""
        return self._is("status", "captured")

    def columns_fit(self) -> Any:
        """Return the condition that every record of an endpoint has the columns of the configuration."""
        return self._is("columns", "fit")

    def model_package_arn(self) -> Any:
        """Return the expression for the version that answered an endpoint's requests."""
        return self._said("model_package_arn")

    def _is(self, path: str, value: str) -> Any:
        from sagemaker.core.workflow.conditions import ConditionEquals

        return ConditionEquals(left=self._said(path), right=value)

    def _said(self, path: str) -> Any:
        from sagemaker.core.workflow.functions import JsonGet

        return JsonGet(step_name=self.step.name, property_file=self.summary, json_path=path)


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


@dataclass(frozen=True)
class WatchedEndpoint:
    """Which endpoint's window is meant, as parameters: empty texts are as nothing was said.

    Without *capture_uri* the endpoint itself says where it captures. Without a window it follows from
    *scheduled_time* by the configured offsets, and without that from the time of the run. *served_by* is
    `stated` where the run's version counts if the endpoint cannot tell which one it served.
    """

    name: Any
    capture_uri: Any
    model_package_arn: Any
    model_package_group_name: Any
    served_by: Any
    window_start: Any
    window_end: Any
    scheduled_time: Any


def collect_endpoint(build: Build, watched: WatchedEndpoint) -> Collected:
    """Return the step that gathers what an endpoint was asked and answered in a window of UTC hours.

    It also finds out which version answered; what is wrong with the captures is a status for the verdict.
    """
    from sagemaker.core.workflow.properties import PropertyFile

    summary = PropertyFile(name="Collected", output_name="summary", path="collect.json")
    uris = {folder: build.output("collect", folder) for folder in ("transform", "features", "summary")}
    step = script_step(
        build,
        name="Collect",
        script="collect_endpoint.py",
        arguments=[
            "--modules",
            f"{INPUT}/collect/collect.zip",
            option("--endpoint", watched.name),
            option("--capture-uri", watched.capture_uri),
            option("--window-start", watched.window_start),
            option("--window-end", watched.window_end),
            option("--scheduled-time", watched.scheduled_time),
            option("--model-package-arn", watched.model_package_arn),
            option("--model-package-group", watched.model_package_group_name),
            option("--served-by", watched.served_by),
            "--output",
            OUTPUT,
        ],
        inputs=[s3_input("collect", build.asset("collect.zip", archive_of(MODULES)), f"{INPUT}/collect")],
        outputs=[s3_output(folder, uri, f"{OUTPUT}/{folder}") for folder, uri in uris.items()],
        property_files=[summary],
    )
    return Collected(step, uris["transform"], uris["summary"], summary, uris["features"])
