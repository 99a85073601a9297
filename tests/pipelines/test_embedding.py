"""What is public of building: checks and builders in pipelines of other people."""

from __future__ import annotations

import ast
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.bundle import Bundle
from pipelines.embedding import Embedding, EmbeddingError, build_pipeline
from sagemaker_monitor.cli.building import lint_bundle
from sagemaker_monitor.settings import Environment, Model, load

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def mortgage() -> tuple[Model, Environment]:
    """The model and an environment that nobody is logged in to."""
    return load("mortgage", "prod", ROOT / "conf")


@pytest.fixture(scope="module")
def example() -> Iterator[Any]:
    """The modules of examples/embedding."""
    sys.path.insert(0, str(ROOT / "examples" / "embedding"))
    import checked
    import training

    yield {"checked": checked, "training": training}
    sys.path.pop(0)


@pytest.fixture(scope="module")
def bundles(example: Any, mortgage: tuple[Model, Environment]) -> dict[str, Bundle]:
    """The example's bundles by module."""
    return {name: build_pipeline(module.get_pipeline, *mortgage) for name, module in example.items()}


def test_what_is_embedded_is_built_offline_and_valid(bundles: dict[str, Bundle]) -> None:
    """Both pipelines are definitions that the service takes; a team's script is a file of the bundle, too."""
    for bundle in bundles.values():
        assert lint_bundle(bundle) == []
        assert "split.py" in {asset.name for asset in bundle.assets}
        for asset in bundle.assets:
            assert f"/assets/{asset.sha256}/{asset.name}" in bundle.pipelines[0].definition
    configs = [asset for asset in bundles["training"].assets if asset.name == "analysis_config.json"]
    assert len(configs) == 3
    assert bundles["training"].sha256 in bundles["training"].pipelines[0].definition


def test_a_verdict_expects_the_checks_that_are_embedded(bundles: dict[str, Bundle]) -> None:
    """Of a model with five checks one is embedded: decide is told to expect that one."""
    (spec,) = [json.loads(a.content) for a in bundles["checked"].assets if a.name == "spec.json"]

    assert [check["step"] for check in spec["checks"]] == ["DataQuality"]
    assert spec["pipeline"] == "checked-training"


def test_parameters_are_those_of_the_checks_that_are_embedded(bundles: dict[str, Bundle]) -> None:
    """No parameter of a check that the pipeline does not make."""
    definition = json.loads(bundles["checked"].pipelines[0].definition)

    assert [parameter["Name"] for parameter in definition["Parameters"]] == [
        "TrainingDataUri",
        "FailOnViolation",
        "ModelPackageGroupName",
        "BaselineModelPackageArn",
        "DataQualitySkipCheck",
        "DataQualityRegisterNewBaseline",
        "DataQualitySuppliedBaselineConstraints",
        "DataQualitySuppliedBaselineStatistics",
    ]


def test_what_cannot_be_embedded_is_told(mortgage: tuple[Model, Environment], example: Any) -> None:
    """A monitor that the model lacks, a step made twice, nothing to decide, names that upsert gives."""
    model, environment = mortgage
    lacking = model.model_copy(update={"monitors": model.monitors.model_copy(update={"bias": None})})

    def embed(model: Model, environment: Environment, session: Any) -> Any:
        embedding = Embedding(model, environment, session)
        with pytest.raises(EmbeddingError, match="make the check first"):
            embedding.decide("s3://b/features")
        with pytest.raises(EmbeddingError, match="has no monitor bias: add it to monitors in its file"):
            embedding.data_bias("s3://b/rows")
        embedding.data_quality("s3://b/features")
        with pytest.raises(EmbeddingError, match="DataQuality is made already"):
            embedding.data_quality("s3://b/features")
        with pytest.raises(EmbeddingError, match="call yours otherwise"):
            Embedding(model, environment, session, pipeline="register")
        built = example["checked"].get_pipeline(model, environment, session)
        built.name = "mortgage-register-prod"
        return built

    with pytest.raises(EmbeddingError, match="is a name that upsert gives"):
        build_pipeline(embed, lacking, environment)


def test_each_check_may_be_embedded(mortgage: tuple[Model, Environment]) -> None:
    """All five are steps of SageMaker's types, over the rows that they are given, after what they follow."""

    def embed(model: Model, environment: Environment, session: Any) -> Any:
        from sagemaker.mlops.workflow.pipeline import Pipeline

        embedding = Embedding(model, environment, session)
        first = embedding.data_quality("s3://b/features")
        steps = [
            first,
            embedding.data_bias("s3://b/labelled", depends_on=[first]),
            embedding.model_bias("s3://b/labelled", "a-model"),
            embedding.model_quality("s3://b/scored"),
            embedding.explainability("s3://b/explained", "a-model"),
        ]
        return Pipeline(
            name="team-prod", parameters=embedding.parameters, steps=steps, sagemaker_session=session
        )

    bundle = build_pipeline(embed, *mortgage)
    steps = {step["Name"]: step for step in json.loads(bundle.pipelines[0].definition)["Steps"]}

    assert lint_bundle(bundle) == []
    assert {name: step["CheckType"] for name, step in steps.items()} == {
        "DataQuality": "DATA_QUALITY",
        "DataBias": "DATA_BIAS",
        "ModelBias": "MODEL_BIAS",
        "ModelQuality": "MODEL_QUALITY",
        "ModelExplainability": "MODEL_EXPLAINABILITY",
    }
    assert steps["DataBias"]["DependsOn"] == ["DataQuality"]
    assert steps["ModelBias"]["ModelName"] == "a-model"


def test_every_name_that_the_page_imports_is_there() -> None:
    """The blocks of Python in docs/embedding.md parse, and their imports succeed."""
    page = (ROOT / "docs" / "embedding.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    imports = [
        node
        for block in blocks
        for node in ast.walk(ast.parse(textwrap.dedent(block)))
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert len(imports) > 10
    for node in imports:
        exec(compile(ast.Module([node], []), "docs/embedding.md", "exec"), {})
