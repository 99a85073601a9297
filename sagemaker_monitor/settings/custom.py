"""What a monitor of a team's own may not be, and what it needs of an environment."""

from __future__ import annotations

from collections.abc import Iterator

from sagemaker_monitor.settings.environment import Environment
from sagemaker_monitor.settings.errors import Path, did_you_mean, quoted
from sagemaker_monitor.settings.model import Model

PREDICTION = "prediction"
"""The column of the model's answer in the rows that a custom monitor is given."""
RESERVED = frozenset(
    {
        *("dataset_format", "dataset_source", "output_path", "publish_cloudwatch_metrics"),
        *("baseline_statistics", "baseline_constraints", "check_type"),
        *("skip_check", "register_new_baseline", "fail_on_violation"),
    }
)
"""Variables of the contract, which the pipeline sets."""
MAX_METADATA = 256
"""Characters of a value of a model package's CustomerMetadataProperties, which keep a baseline's place."""
_EXECUTION_ID = "x" * 12


def is_key(image: str) -> bool:
    """Return whether *image* is a key of an environment's images and no repository with a tag or digest."""
    return ":" not in image


def check_custom(model: Model) -> Iterator[tuple[Path, str]]:
    """Return what is wrong with the monitors of a team's own beyond the type of each value."""
    for name, monitor in model.monitors.custom.items():
        path: Path = ("monitors", "custom", name)
        for variable in monitor.environment:
            if variable in RESERVED:
                yield (
                    (*path, "environment", variable),
                    "is a variable of the contract, which the pipeline sets: give yours another name",
                )
        if monitor.input != "features" and PREDICTION in model.data_schema.columns[1:]:
            yield (
                (*path, "input"),
                f"has the model's answer in a column {quoted(PREDICTION)}, which the data has already: rename"
                " the data's column",
            )


def check_custom_in(model: Model, environment: Environment) -> Iterator[tuple[Path, str]]:
    """Return what keeps the monitors of a team's own from being run in *environment*."""
    for name, monitor in model.monitors.custom.items():
        image = monitor.image
        if is_key(image) and image not in environment.images:
            yield (
                ("images",),
                f"has no {quoted(image)}, which monitors.custom.{name} of the model {model.model} runs: give"
                f" {image}: <repository>:<tag>{did_you_mean(image, environment.images)}",
            )
        carried = f"{environment.storage.root}/{model.model}/register/{_EXECUTION_ID}/custom/{name}"
        if len(carried) > MAX_METADATA:
            yield (
                ("storage", "prefix"),
                f"makes the place of the baseline of monitors.custom.{name} of the model {model.model} an"
                f" S3 URI of {len(carried)} characters, at most {MAX_METADATA}, as a version's metadata has",
            )
