"""The Collect step: what a window's batches were scored with, or what an endpoint was asked in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from steps.build import Build
from steps.script import OUTPUT, Shipped, option, s3_output, script_step

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
        "scripts/scheduled.py",
        "scripts/serving.py",
    ),
}
"""What collect_endpoint.py imports."""
SCHEDULED_MODULES = {
    "steps": (
        "__init__.py",
        "scripts/__init__.py",
        "scripts/collect.py",
        "scripts/scheduled.py",
        "scripts/serving.py",
    )
}
"""What collect_late.py and find_batch.py import."""
ENDPOINT = Shipped("collect", "collect.zip", MODULES)
SCHEDULED = Shipped("modules", "scheduled.zip", SCHEDULED_MODULES)


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

    def input_uri(self) -> Any:
        """Return the expression for where the batch lies that was found."""
        return self._said("input_uri")

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
    return _collected(
        build,
        name="Collect",
        script="collect.py",
        arguments=[
            option("--capture-uri", capture_uri),
            option("--window-start", window_start),
            option("--window-end", window_end),
        ],
        uris={folder: build.output("collect", folder) for folder in ("transform", "summary")},
    )


def collect_late(
    build: Build,
    *,
    capture_uri: str,
    window: tuple[Any, Any],
    scheduled_time: Any,
    model_package_arn: Any,
    group: Any,
) -> Collected:
    """Return the step that gathers the rows captured in *window*, start and end, as collect() does.

    Without it the window follows from *scheduled_time*, and without *model_package_arn* the version is the
    latest approved one of *group*, of whose scores alone the rows are.
    """
    from sagemaker.core.workflow.execution_variables import ExecutionVariables

    return _collected(
        build,
        name="Collect",
        script="collect_late.py",
        arguments=[
            option("--capture-uri", capture_uri),
            *(option(*part) for part in zip(("--window-start", "--window-end"), window, strict=True)),
            option("--scheduled-time", scheduled_time),
            option("--model-package-arn", model_package_arn),
            option("--model-package-group", group),
            "--execution-arn",
            ExecutionVariables.PIPELINE_EXECUTION_ARN,
        ],
        uris={folder: build.output("collect", folder) for folder in ("transform", "summary")},
        shipped=SCHEDULED,
    )


def find_batch(
    build: Build,
    *,
    batches_uri: str,
    input_uri: Any,
    scheduled_time: Any,
    model_package_arn: Any,
    group: Any,
) -> Collected:
    """Return the step that finds the batch of *scheduled_time* below *batches_uri*, and the version for it.

    What *input_uri* and *model_package_arn* say is taken as it is.
    """
    return _collected(
        build,
        name="FindBatch",
        script="find_batch.py",
        arguments=[
            option("--batches-uri", batches_uri),
            option("--input-uri", input_uri),
            option("--scheduled-time", scheduled_time),
            option("--model-package-arn", model_package_arn),
            option("--model-package-group", group),
        ],
        uris={"summary": build.output("find", "summary")},
        shipped=SCHEDULED,
    )


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
    return _collected(
        build,
        name="Collect",
        script="collect_endpoint.py",
        arguments=[
            option("--endpoint", watched.name),
            option("--capture-uri", watched.capture_uri),
            option("--window-start", watched.window_start),
            option("--window-end", watched.window_end),
            option("--scheduled-time", watched.scheduled_time),
            option("--model-package-arn", watched.model_package_arn),
            option("--model-package-group", watched.model_package_group_name),
            option("--served-by", watched.served_by),
        ],
        uris={folder: build.output("collect", folder) for folder in ("transform", "features", "summary")},
        shipped=ENDPOINT,
    )


def _collected(
    build: Build,
    *,
    name: str,
    script: str,
    arguments: list[Any],
    uris: dict[str, Any],
    shipped: Shipped | None = None,
) -> Collected:
    """Return the step of *script*, which writes a folder for each of *uris*, among them collect.json."""
    from sagemaker.core.workflow.properties import PropertyFile

    summary = PropertyFile(name="Collected", output_name="summary", path="collect.json")
    step = script_step(
        build,
        name=name,
        script=script,
        arguments=[*arguments, "--output", OUTPUT],
        inputs=[],
        outputs=[s3_output(folder, uri, f"{OUTPUT}/{folder}") for folder, uri in uris.items()],
        property_files=[summary],
        shipped=shipped,
    )
    return Collected(step, uris.get("transform"), uris["summary"], summary, uris.get("features"))
