"""What the plan tells where an image of one's own computes monitors."""

from __future__ import annotations

from pipelines.catalog import build_bundle
from sagemaker_monitor.operations.planning.compare import compare
from sagemaker_monitor.operations.planning.sides import Side, desired_side
from sagemaker_monitor.operations.resources.pipelines import desired_pipelines

from .test_plan_configuration import Edit, configuration

MONITORS = [Edit("model", f"monitors.{name}", {}) for name in ("data_quality", "model_quality")]
IMAGE = Edit("environment", "images", {"monitor": "team/watch:1"}, ("~ images.monitor",))
OWN = [
    IMAGE,
    *(Edit("model", f"{edit.key}", {"engine": "own"}) for edit in MONITORS),
    Edit("model", "monitors.bias.engine", "own"),
]
EDITS = [
    Edit("environment", "images", {"monitor": "team/watch:2"}, ("~ images.monitor",)),
    Edit("environment", "compute.checks.instance_type", "ml.m5.2xlarge"),
    Edit("environment", "compute.checks.volume_size_gb", 33),
    Edit("environment", "compute.scripts.instance_type", "ml.t3.large"),
    Edit("environment", "storage.prefix", "elsewhere"),
    Edit("model", "schema.prediction.threshold", 0.6),
    Edit("model", "schema.favourable", 0),
    Edit("model", "schema.features", ["income", "amount", "term", "rate"]),
    Edit("model", "monitors.bias.group_variable", "term", ("+ monitors.bias.group_variable",)),
]


def sides(*edits: Edit) -> dict[str, Side]:
    """Return the pipelines of the configuration with these edits, by name."""
    model, environment = configuration("http://127.0.0.1:4780", *edits)
    bundle = build_bundle(model, environment)
    return {each.name: desired_side(each, bundle) for each in desired_pipelines(bundle, model, environment)}


def told(before: dict[str, Side], after: dict[str, Side]) -> set[str]:
    """Return sign and subject of every difference."""
    found = [compare(name, before[name], after[name]) for name in after]
    return {f"{each.sign} {each.subject}" for one in found for each in (*one.content, *one.outside)}


def test_every_edit_is_told_under_its_key() -> None:
    """Instances of an image are those of checks; nothing that follows from a key is told beside it."""
    own = [*OWN, Edit("model", "monitors.custom", {"texts": {"image": "a:1", "environment": {"slack": "1"}}})]
    slack = Edit("model", "monitors.custom.texts.environment.slack", "2")
    before, after = sides(*own), sides(*own, *EDITS, slack)

    assert told(before, after) == {line for edit in (*EDITS, slack) for line in edit.expected}


def test_another_engine_is_told_with_the_steps_it_changes() -> None:
    """Each monitor's key comes with its steps, whose kind changes; no line is about hashes of files."""
    lines = told(sides(*MONITORS, IMAGE), sides(*OWN))

    keys = {f"+ monitors.{name}.engine" for name in ("data_quality", "model_quality", "bias")}
    steps = {f"~ step {name}" for name in ("DataQuality", "ModelQuality", "DataBias", "ModelBias")}
    assert keys | steps <= lines
    assert not any("spec.json" in line or "analysis_config" in line for line in lines)
