"""Every edit of the configuration is named by the plan, and nothing that differs is hidden."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest

from pipelines.bundle import Bundle
from pipelines.catalog import build_bundle
from sagemaker_monitor.aws import connect
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.difference import Difference
from sagemaker_monitor.operations.plan import Plan, make_plan
from sagemaker_monitor.operations.planning.compare import compare
from sagemaker_monitor.operations.planning.sides import desired_side
from sagemaker_monitor.operations.resources.pipelines import DesiredPipeline, desired_pipelines
from sagemaker_monitor.operations.upsert import upsert
from sagemaker_monitor.settings import Environment, Model

FACETS = [{"name": "black", "values": [1]}, {"name": "old", "values": [1]}]
RULES = [
    {"match": "bias/DPL/*", "tolerance": "calibrated", "action": "fail"},
    {"match": "bias/*", "tolerance": "calibrated", "action": "warn"},
]
MODEL: dict[str, Any] = {
    "schema_version": 1,
    "model": "loans",
    "inventory": {"owner": "lending@example.com", "tier": 1},
    "artifact": {"framework": "xgboost", "version": "1.7-1", "model_data": "models/loans/model.tar.gz"},
    "schema": {
        "label": "approve",
        "favourable": 1,
        "record_key": "id",
        "features": ["income", "amount", "term"],
        "facet_columns": ["black", "old"],
        "prediction": {"threshold": 0.5},
    },
    "data": {
        "baseline": "data/validation.csv",
        "ground_truth": {"uri": "labels/", "minimum_overlap": 0.9, "captures": "batches"},
    },
    "endpoint": {
        "capture": "captures/",
        "requests": {"content_type": "application/jsonlines", "features": "features"},
        "answers": {"prediction": "score"},
    },
    "monitors": {"bias": {"facets": FACETS}, "explainability": {"baseline": "data/average.csv"}},
    "gate": {"false_refusals": 0.05, "rules": RULES},
}
ENVIRONMENT: dict[str, Any] = {
    "schema_version": 1,
    "name": "local",
    "account": "000000000000",
    "region": "eu-west-1",
    "roles": {"execution": "arn:aws:iam::000000000000:role/monitor"},
    "storage": {"bucket": "sagemaker-monitor-local"},
    "tags": {"team": "risk"},
}


@dataclass(frozen=True)
class Edit:
    """One key of one file set to another value, and the differences that it makes, as sign and subject."""

    file: str
    key: str
    value: Any
    told: tuple[str, ...] = ()

    @property
    def expected(self) -> set[str]:
        """What the plan shall tell: by default, that the key changes."""
        return set(self.told or (f"~ {self.key}",))


EDITS = [
    Edit("model", "inventory.owner", "risk@example.com"),
    Edit("model", "inventory.tier", 2),
    Edit("model", "artifact.version", "1.5-1"),
    Edit("model", "artifact.model_data", "models/loans/next.tar.gz"),
    Edit("model", "schema.prediction.threshold", 0.6),
    Edit("model", "schema.favourable", 0),
    Edit("model", "schema.record_key", "application"),
    Edit("model", "schema.label", "granted"),
    Edit("model", "schema.features", ["income", "amount", "term", "rate"]),
    Edit("model", "data.baseline", "data/holdout.csv"),
    Edit("model", "data.ground_truth.uri", "labels/loans/"),
    Edit("model", "data.ground_truth.minimum_overlap", 0.8),
    Edit(
        "model",
        "monitors.bias.facets",
        [{"name": "black", "values": [0, 1]}, FACETS[1]],
        ("~ monitors.bias.facets[0].values",),
    ),
    Edit("model", "schema.prediction.values", 2),
    Edit("model", "monitors.explainability.baseline", "data/median.csv"),
    Edit("model", "monitors.explainability.num_samples", 300),
    Edit("model", "monitors.explainability.agg_method", "median"),
    Edit("model", "monitors.explainability.use_logit", True),
    Edit("model", "gate.false_refusals", 0.1),
    Edit("model", "gate.minimum_rows", {"total": 300}, ("~ gate.minimum_rows.total",)),
    Edit("model", "gate.when_too_few", "fail"),
    Edit("model", "gate.rules", [{**RULES[0], "tolerance": 0.1}, RULES[1]], ("~ gate.rules[0].tolerance",)),
    Edit("model", "endpoint.name", "loans-live"),
    Edit("model", "endpoint.capture", "captures/live/"),
    Edit("model", "endpoint.variants", ["AllTraffic"], ("~ endpoint.variants",)),
    Edit("model", "endpoint.window", {"start": "-PT24H"}, ("~ endpoint.window.start",)),
    Edit("model", "endpoint.requests.features", "inputs"),
    Edit("model", "endpoint.answers.prediction", "probability"),
    Edit("model", "endpoint.maximum_unusable", 0.01),
    Edit("environment", "roles.execution", "arn:aws:iam::000000000000:role/other"),
    Edit(
        "environment",
        "registry",
        {"model_package_group": "{model}-eu"},
        (
            "~ registry.model_package_group",
            "+ model package group loans-eu",
        ),
    ),
    Edit("environment", "compute.transform.instance_type", "ml.m5.xlarge"),
    Edit("environment", "compute.transform.instance_count", 2),
    Edit("environment", "compute.checks.instance_type", "ml.m5.2xlarge"),
    Edit("environment", "compute.checks.instance_count", 3),
    Edit("environment", "compute.checks.volume_size_gb", 30),
    Edit("environment", "compute.checks.max_runtime", "PT2H"),
    Edit("environment", "compute.scripts.instance_type", "ml.t3.large"),
    Edit("environment", "compute.scripts.volume_size_gb", 40),
    Edit("environment", "compute.scripts.max_runtime", "PT1H"),
    Edit("environment", "tags.team", "model-risk"),
]
STRUCTURE = [
    Edit(
        "model",
        "monitors.bias.facets",
        [*FACETS, {"name": "income", "threshold": 10.0}],
        ("+ monitors.bias.facets[2]",),
    ),
    Edit("model", "monitors.bias.group_variable", "term", ("+ monitors.bias.group_variable",)),
    Edit("model", "monitors.explainability.seed", 7, ("+ monitors.explainability.seed",)),
    Edit(
        "model",
        "gate.rules",
        [{"match": "bias/DI/*", "minimum": 0.8, "action": "fail"}, *RULES],
        ("+ gate.rules[0]",),
    ),
    Edit(
        "environment",
        "network",
        {"subnets": ["subnet-0aaa"], "security_groups": ["sg-0ccc"]},
        ("+ network.subnets", "+ network.security_groups"),
    ),
    Edit("environment", "storage.kms_key", "alias/ml", ("+ storage.kms_key",)),
    Edit("environment", "storage.prefix", "elsewhere"),
    Edit("environment", "tags.cost-center", "42", ("+ tags.cost-center",)),
]
# These take effect at once: nothing of them is deployed.
NOT_DEPLOYED = [
    Edit("model", "inventory.id", None),
    Edit("model", "data.batches", "data/batches/"),
    Edit("model", "baseline", {"mode": "bootstrap"}),
    Edit("environment", "approval", {"on_pass": "Approved"}),
]


@dataclass(frozen=True)
class Deployed:
    """An emulator with the model deployed, and what was deployed."""

    url: str
    bundle: Bundle
    built: dict[str, Bundle]
    """What was built in this module, because building takes seconds."""

    def build(self, *edits: Edit) -> tuple[Bundle, Model, Environment]:
        """Build the configuration with these edits."""
        model, environment = configuration(self.url, *edits)
        key = repr(edits)
        if key not in self.built:
            self.built[key] = build_bundle(model, environment)
        return self.built[key], model, environment

    def plan(self, *edits: Edit) -> Plan:
        """Return the plan for the configuration with these edits."""
        bundle, model, environment = self.build(*edits)
        return make_plan(connect(environment), bundle, model)

    def pipelines(self, *edits: Edit) -> tuple[tuple[DesiredPipeline, ...], Bundle]:
        """Return the pipelines of the configuration with these edits, and their bundle."""
        bundle, model, environment = self.build(*edits)
        return desired_pipelines(bundle, model, environment), bundle


def configuration(url: str, *edits: Edit) -> tuple[Model, Environment]:
    """Return the configuration with these edits."""
    files = {
        "model": copy.deepcopy(MODEL),
        "environment": {**copy.deepcopy(ENVIRONMENT), "endpoint_url": url},
    }
    for edit in edits:
        *parents, last = edit.key.split(".")
        section = files[edit.file]
        for parent in parents:
            section = section.setdefault(parent, {})
        section[last] = copy.deepcopy(edit.value)
    return Model.model_validate(files["model"]), Environment.model_validate(files["environment"])


def told(differences: tuple[Difference, ...]) -> list[str]:
    """Return sign and subject of each difference."""
    return [f"{each.sign} {each.subject}" for each in differences]


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """One emulator for the tests of this module, none of which writes."""
    state = tmp_path_factory.mktemp("configuration")
    with Server(EmulatorConfig(state_dir=state, port=0)) as server:
        model, environment = configuration(server.url)
        bundle = build_bundle(model, environment)
        aws = connect(environment)
        aws.call(
            "s3",
            "create_bucket",
            Bucket=environment.storage.bucket,
            CreateBucketConfiguration={"LocationConstraint": environment.region},
        )
        list(upsert(aws, bundle, model))
        yield Deployed(server.url, bundle, {repr(()): bundle})
    shutil.rmtree(state, ignore_errors=True)


@pytest.mark.parametrize("edits", [EDITS, STRUCTURE], ids=["values", "structure"])
def test_all_edits_together_are_told_each_once_and_nothing_else(
    deployed: Deployed, edits: list[Edit]
) -> None:
    """Each edited key is one line under its own name; keys that only commands read are none."""
    plan = deployed.plan(*edits, *NOT_DEPLOYED)

    assert sorted(told(plan.differences)) == sorted(line for edit in edits for line in edit.expected)
    assert plan.pending


def test_another_framework_is_told_in_the_configurations_words(deployed: Deployed) -> None:
    """Image, registry and environment of the container are three keys of the artifact."""
    artifact = {
        "framework": "scikit-learn",
        "version": "1.2-1",
        "model_data": "models/loans/model.tar.gz",
        "entry_point": "inference.py",
    }
    plan = deployed.plan(Edit("model", "artifact", artifact))

    assert sorted(told(plan.differences)) == [
        "+ artifact.entry_point",
        "~ artifact.framework",
        "~ artifact.version",
    ]


@pytest.mark.parametrize(
    ("baseline", "told_as"),
    [("mean", "- monitors.explainability.baseline"), ([[1.5, 2, 3]], "~ monitors.explainability.baseline")],
)
def test_another_kind_of_shap_baseline_is_one_line(
    deployed: Deployed, baseline: object, told_as: str
) -> None:
    """From a file to rows or to the mean, the plan tells the key and nothing that follows from it."""
    edit = Edit("model", "monitors.explainability.baseline", baseline)

    assert told(deployed.plan(edit).differences) == [told_as]


def test_a_monitor_that_comes_is_told_with_its_steps(deployed: Deployed) -> None:
    """Switching data quality on adds a key, steps and parameters; no line is about hashes."""
    lines = told(deployed.plan(Edit("model", "monitors.data_quality", {})).differences)

    assert "+ monitors.data_quality" in lines
    assert "+ step DataQuality" in lines
    assert "+ parameter DataQualitySuppliedBaselineConstraints" in lines
    assert not any("assets/" in line or "--bundle" in line for line in lines)


def test_code_is_told_by_file_and_lines(deployed: Deployed) -> None:
    """A script with three lines more, and an archive with one member changed, are told by lines."""
    bundle, model, environment = deployed.build()
    changed = with_other_files(bundle, environment)

    differences = make_plan(connect(environment), changed, model).differences

    assert [(each.subject, each.text) for each in differences if each.kind == "file"] == [
        ("join.py", "3 lines added"),
        ("decision.zip/sagemaker_monitor/analysis/decision/rules.py", "1 line added"),
    ]
    assert {each.kind for each in differences} == {"file"}


def with_other_files(bundle: Bundle, environment: Environment) -> Bundle:
    """Return the bundle with join.py and a module of decision.zip longer than they were."""
    import io
    import zipfile

    from pipelines.bundle import make_asset

    texts = {each.name: each.definition for each in bundle.pipelines}
    assets = []
    for asset in bundle.assets:
        content = asset.content
        if asset.name == "join.py":
            content += b"\n# one\n# two\n"
        if asset.name == "decision.zip":
            buffer = io.BytesIO()
            with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
                for entry in old.infolist():
                    more = b"# more\n" if entry.filename.endswith("decision/rules.py") else b""
                    new.writestr(entry, old.read(entry) + more)
            content = buffer.getvalue()
        assets.append(make_asset(environment.storage.root, asset.name, content))
        texts = {name: text.replace(asset.uri, assets[-1].uri) for name, text in texts.items()}
    pipelines = tuple(replace(each, definition=texts[each.name]) for each in bundle.pipelines)
    return replace(bundle, pipelines=pipelines, assets=tuple(assets))


@pytest.mark.slow
@pytest.mark.parametrize("edit", [*EDITS, *STRUCTURE], ids=lambda edit: edit.key)
def test_an_edit_alone_is_told_alone(deployed: Deployed, edit: Edit) -> None:
    """A single edit is the only line, and pending."""
    plan = deployed.plan(edit)

    assert set(told(plan.differences)) == edit.expected
    assert plan.pending


HOW = ("replace", "remove", "add", "double", "reverse")
SEEDS, CHANGES = 6, 50


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of everything in a JSON document, containers too."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))


def changed_at(document: Any, path: tuple[Any, ...], how: str) -> Any:
    """Return the document with the value at *path* replaced, removed, doubled, or with a neighbour."""
    document = copy.deepcopy(document)
    *parents, last = path
    section = document
    for parent in parents:
        section = section[parent]
    if how == "remove":
        del section[last]
    elif how == "add" and isinstance(section, dict):
        section[f"{last}Too"] = "new"
    elif how == "double" and isinstance(section, list):
        section.insert(last, copy.deepcopy(section[last]))
    elif how == "reverse" and isinstance(section[last], list) and section[last][::-1] != section[last]:
        section[last].reverse()
    else:
        section[last] = "another value" if section[last] != "another value" else 7
    return document


@dataclass(frozen=True)
class Changed:
    """A pipeline as somebody left it, its files, and what was done to it."""

    pipeline: DesiredPipeline
    files: Bundle
    what: str


@pytest.mark.long
@pytest.mark.parametrize("seed", range(SEEDS))
def test_nothing_that_differs_is_hidden(deployed: Deployed, seed: int) -> None:
    """Whatever one changes in a deployed definition, or in a file that it names, at least one line tells."""
    pipelines, bundle = deployed.pipelines()
    random = Random(seed)
    for _ in range(CHANGES):
        desired = random.choice(pipelines)

        before = random.choice([definition_changed, file_changed])(random, desired, bundle)

        assert not lines(desired, bundle, desired, bundle)
        assert lines(before.pipeline, before.files, desired, bundle), before.what


@dataclass(frozen=True)
class Changing:
    """Every key changed: what is wanted then, and the lines of each pipeline."""

    pipelines: tuple[DesiredPipeline, ...]
    bundle: Bundle
    without: tuple[list[Difference], ...]


@pytest.fixture(scope="module")
def changing(deployed: Deployed) -> Changing:
    """The lines of every edit at once."""
    (old, bundle), (new, edited) = deployed.pipelines(), deployed.pipelines(*EDITS, *NOT_DEPLOYED)
    without = tuple(lines(one, bundle, other, edited) for one, other in zip(old, new, strict=True))
    assert all(len(each) > 10 for each in without)
    return Changing(new, edited, without)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(SEEDS))
def test_nothing_hides_behind_edits(deployed: Deployed, changing: Changing, seed: int) -> None:
    """A change by hand makes the lines others than they are without it, also while every key changes."""
    (old, bundle), (new, edited) = deployed.pipelines(), (changing.pipelines, changing.bundle)
    random = Random(seed)
    for _ in range(CHANGES):
        place = random.randrange(len(old))

        before = random.choice([definition_changed, file_changed])(random, old[place], bundle)

        if json.loads(before.pipeline.definition) != json.loads(new[place].definition):
            found = lines(before.pipeline, before.files, new[place], edited)
            assert found != changing.without[place], before.what


def lines(before: DesiredPipeline, files: Bundle, after: DesiredPipeline, bundle: Bundle) -> list[Difference]:
    """Return what differs between two pipelines, each with the bundle that has its files."""
    pipeline = next(each.pipeline for each in bundle.pipelines if each.name == after.name)
    return compare(pipeline, desired_side(before, files), desired_side(after, bundle)).content


def definition_changed(random: Random, desired: DesiredPipeline, bundle: Bundle) -> Changed:
    """Change the definition itself somewhere."""
    document = json.loads(desired.definition)
    path, how = random.choice(list(leaves(document))), random.choice(HOW)
    definition = json.dumps(changed_at(document, path, how))
    return Changed(replace(desired, definition=definition), bundle, f"{desired.name}: {how} {path}")


def file_changed(random: Random, desired: DesiredPipeline, bundle: Bundle) -> Changed:
    """Change a JSON file that the definition names, which changes its address too."""
    from pipelines.bundle import make_asset

    named = [each for each in bundle.assets if each.uri in desired.definition and each.name.endswith(".json")]
    asset = random.choice(named)
    document = json.loads(asset.content)
    path, how = random.choice(list(leaves(document))), random.choice(HOW)
    root = asset.uri.partition("/assets/")[0]
    other = make_asset(root, asset.name, json.dumps(changed_at(document, path, how)).encode())
    text = desired.definition.replace(asset.uri, other.uri)
    files = replace(bundle, assets=(*bundle.assets, other))
    return Changed(replace(desired, definition=text), files, f"{asset.name}: {how} {path}")
