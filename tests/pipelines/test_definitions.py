"""The definitions: composed as SageMaker needs them, and reviewed as golden files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.bundle import Bundle
from pipelines.catalog import build_bundle
from pipelines.names import PIPELINES
from sagemaker_monitor.settings import load_environment, load_model
from steps.spec import MONITORING_STEP
from tests.pipelines.conftest import environment, loans

CONF = Path(__file__).parents[2] / "conf"
GOLDEN = Path(__file__).parents[1] / "definitions"
OF_OUTCOMES = ["ModelQuality", "DataBias", "ModelBias"]


def all_steps(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every step, those in branches included."""
    found = []
    for step in steps:
        arguments = step["Arguments"]
        found += [step, *all_steps([*arguments.get("IfSteps", []), *arguments.get("ElseSteps", [])])]
    return found


def steps_of(bundle: Bundle, pipeline: str) -> dict[str, dict[str, Any]]:
    return {
        step["Name"]: step for step in all_steps(json.loads(bundle.pipeline(pipeline).definition)["Steps"])
    }


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_checks_have_the_group_and_a_supplied_baseline(bundle: Bundle, pipeline: str) -> None:
    """A run can pin a baseline; a scheduled one falls back to the latest approved version's."""
    for name in OF_OUTCOMES if pipeline == "monitor-ground-truth" else (*OF_OUTCOMES, "ModelExplainability"):
        step = steps_of(bundle, pipeline)[name]

        assert step["ModelPackageGroupName"] == {"Get": "Parameters.ModelPackageGroupName"}
        assert step["SuppliedBaselineConstraints"] == {"Get": f"Parameters.{name}SuppliedBaselineConstraints"}
        assert step["FailOnViolation"] == {"Get": "Parameters.FailOnViolation"}


@pytest.mark.parametrize(
    ("pipeline", "checks"),
    [
        ("register", ["DataQuality", "ModelExplainability", *OF_OUTCOMES]),
        ("monitor-batch", ["BatchMonitor-monitoring", "ModelExplainability", *OF_OUTCOMES]),
        ("monitor-endpoint", ["DataQuality", "ModelExplainability", *OF_OUTCOMES]),
        ("monitor-ground-truth", OF_OUTCOMES),
    ],
)
def test_decide_runs_however_the_checks_end(bundle: Bundle, pipeline: str, checks: list[str]) -> None:
    """A broken check is reported by the verdict instead of leaving none."""
    depends_on = steps_of(bundle, pipeline)["Decide"]["DependsOn"]

    assert depends_on == [{"Step": check, "Trigger": "Any"} for check in checks]


def test_inputs_are_checked_before_anything_is_scored(bundle: Bundle) -> None:
    """The transform follows the check of its inputs, and only a batch whose columns fit is scored."""
    steps = {step["Name"]: step for step in json.loads(bundle.pipeline("monitor-batch").definition)["Steps"]}
    branches = steps["ColumnsFit"]["Arguments"]
    scored = {step["Name"]: step for step in branches["IfSteps"]}

    assert set(steps) == {"Inputs", "BatchMonitor-monitoring", "ColumnsFit"}
    assert scored["BatchMonitor-transform"]["DependsOn"] == ["BatchMonitor-monitoring"]
    assert [step["Name"] for step in branches["ElseSteps"]] == ["DecideWithoutScores", "RefuseWithoutScores"]


@pytest.mark.parametrize(
    ("pipeline", "name"), [("register", "DataQuality"), ("monitor-batch", MONITORING_STEP)]
)
def test_the_data_quality_check_is_an_ordinary_quality_check(
    bundle: Bundle, pipeline: str, name: str
) -> None:
    """The check within MonitorBatchTransformStep has the group and both supplied baselines, as any has."""
    step = steps_of(bundle, pipeline)[name]

    assert step["CheckType"] == "DATA_QUALITY"
    assert step["ModelPackageGroupName"] == {"Get": "Parameters.ModelPackageGroupName"}
    assert step["SuppliedBaselineStatistics"] == {"Get": "Parameters.DataQualitySuppliedBaselineStatistics"}
    assert step["SuppliedBaselineConstraints"] == {"Get": "Parameters.DataQualitySuppliedBaselineConstraints"}


def test_a_version_carries_the_baselines_of_every_check(bundle: Bundle) -> None:
    """All four monitors' baselines are registered, those of quality with their statistics."""
    arguments = steps_of(bundle, "register")["Register"]["Arguments"]

    baselines, metrics = arguments["DriftCheckBaselines"], arguments["ModelMetrics"]
    assert set(baselines) == set(metrics) == {"ModelDataQuality", "ModelQuality", "Bias", "Explainability"}
    for section in ("ModelDataQuality", "ModelQuality"):
        assert set(baselines[section]) == set(metrics[section]) == {"Statistics", "Constraints"}
    assert set(baselines["Bias"]) == {"PreTrainingConstraints", "PostTrainingConstraints"}
    assert set(baselines["Explainability"]) == {"Constraints"}


def test_a_model_without_bias_waits_for_no_labels() -> None:
    """With data quality alone there is no branch on labels, no Clarify step and no monitor-ground-truth."""
    bundle = build_bundle(loans(monitors={"data_quality": {}}), environment())
    types = {
        step["Type"]
        for pipeline in ("register", "monitor-batch")
        for step in steps_of(bundle, pipeline).values()
    }

    assert [pipeline.pipeline for pipeline in bundle.pipelines] == [
        "register",
        "monitor-batch",
        "monitor-endpoint",
    ]
    assert "ClarifyCheck" not in types
    assert "HaveLabels" not in steps_of(bundle, "monitor-batch")


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_nothing_is_cached(bundle: Bundle, pipeline: str) -> None:
    """A cache key leaves out which version is approved, so a cached check could be another's."""
    assert not [name for name, step in steps_of(bundle, pipeline).items() if "CacheConfig" in step]


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_every_job_runs_in_the_vpc_and_encrypts(bundle: Bundle, pipeline: str) -> None:
    """Network and key of the environment reach every processing job, checks included."""
    for step in steps_of(bundle, pipeline).values():
        if step["Type"] in ("Processing", "ClarifyCheck", "QualityCheck"):
            arguments = step["Arguments"]

            assert arguments["NetworkConfig"]["VpcConfig"]["Subnets"] == ["subnet-0aaa"]
            assert arguments["ProcessingOutputConfig"]["KmsKeyId"] == "alias/ml"
            assert arguments["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == "alias/ml"


@pytest.mark.parametrize(
    ("pipeline", "step"), [("register", "ScoreBaseline"), ("monitor-batch", "BatchMonitor-transform")]
)
def test_the_model_sees_features_only(bundle: Bundle, pipeline: str, step: str) -> None:
    """Neither the record key nor a facet column is sent to the model, by the transform or by Clarify."""
    steps = steps_of(bundle, pipeline)
    bias, explaining = (analysis_config(bundle, steps[name]) for name in ("ModelBias", "ModelExplainability"))

    assert steps[step]["Arguments"]["DataProcessing"]["InputFilter"] == "$[1:4]"
    assert bias["headers"] == ["income", "amount", "age", "sex", "approve"]
    assert bias["excluded_columns"] == ["sex"]
    assert explaining["headers"] == ["income", "amount", "age"]


def analysis_config(bundle: Bundle, step: dict[str, Any]) -> dict[str, Any]:
    """What Clarify is told in *step*."""
    uri = step["Arguments"]["ProcessingInputs"][0]["S3Input"]["S3Uri"]
    return dict(next(json.loads(asset.content) for asset in bundle.assets if asset.uri == uri))


def test_attributions_are_kept_by_record_and_measured_from_the_configured_rows(bundle: Bundle) -> None:
    """Clarify is told the baseline, the number of samples and the seed, and to keep each record's values."""
    step = steps_of(bundle, "monitor-batch")["ModelExplainability"]

    shap = analysis_config(bundle, step)["methods"]["shap"]
    assert shap == {
        "use_logit": False,
        "save_local_shap_values": True,
        "baseline": [[40_000, 90.5, 38]],
        "num_samples": 100,
        "agg_method": "mean_abs",
        "seed": 7,
    }
    assert "ModelExplainability" not in steps_of(bundle, "monitor-ground-truth")


@pytest.mark.parametrize(
    ("baseline", "expected"),
    [
        ("mean", {"num_clusters": 1}),
        ("data/average.csv", {"baseline": "s3://bank-ml/monitoring/data/average.csv"}),
    ],
)
def test_attributions_may_be_measured_from_a_file_or_from_the_mean(
    baseline: str, expected: dict[str, Any]
) -> None:
    """A relative URI is below the environment's storage; the mean is the centre of one cluster."""
    model = loans(monitors={"explainability": {"baseline": baseline}})
    bundle = build_bundle(model, environment())
    steps = steps_of(bundle, "monitor-batch")

    shap = analysis_config(bundle, steps["ModelExplainability"])["methods"]["shap"]
    assert {key: shap[key] for key in ("baseline", "num_clusters") if key in shap} == expected
    assert [pipeline.pipeline for pipeline in bundle.pipelines] == [
        "register",
        "monitor-batch",
        "monitor-endpoint",
    ]
    assert "HaveLabels" not in steps


def test_model_quality_alone_waits_for_labels() -> None:
    """With model quality alone, predictions and labels are compared, in a window too."""
    model = loans(monitors={"model_quality": {}})
    bundle = build_bundle(model, environment())
    step = steps_of(bundle, "monitor-ground-truth")["ModelQuality"]
    variables = step["Arguments"]["Environment"]

    assert "HaveLabels" in steps_of(bundle, "monitor-batch")
    assert not [s for s in steps_of(bundle, "register").values() if s["Type"] == "ClarifyCheck"]
    assert (variables["analysis_type"], variables["problem_type"]) == (
        "MODEL_QUALITY",
        "BinaryClassification",
    )
    assert (variables["probability_attribute"], variables["ground_truth_attribute"]) == (
        "prediction",
        "label",
    )
    assert variables["probability_threshold_attribute"] == "0.6"
    assert step["SuppliedBaselineStatistics"] == {"Get": "Parameters.ModelQualitySuppliedBaselineStatistics"}


@pytest.mark.parametrize("problem_type", ["Regression", "MulticlassClassification"])
@pytest.mark.parametrize("engine", ["sagemaker", "own"])
def test_numbers_and_classes_are_inferences(problem_type: str, engine: str) -> None:
    """Model Monitor is told that the column prediction is the answer itself: no probability, no threshold."""
    schema = {
        "problem_type": problem_type,
        "label": "price",
        "record_key": "id",
        "features": ["income", "amount", "age"],
    }
    model = loans(schema=schema, monitors={"model_quality": {"engine": engine}})
    bundle = build_bundle(model, environment(images={"monitor": "team/watch:1"}))
    for pipeline in PIPELINES:
        variables = steps_of(bundle, pipeline)["ModelQuality"]["Arguments"]["Environment"]
        assert variables["problem_type"] == problem_type
        assert variables["inference_attribute"] == "prediction"
        assert variables["ground_truth_attribute"] == "label"
        assert not {"probability_attribute", "probability_threshold_attribute"} & set(variables)


def test_the_explained_value_of_a_regression_is_its_prediction() -> None:
    """Of several values that the model answers Clarify explains the predicted number."""
    schema = {
        "problem_type": "Regression",
        "label": "price",
        "record_key": "id",
        "features": ["income", "amount", "age"],
        "prediction": {"label": 1, "values": 2},
    }
    bundle = build_bundle(loans(schema=schema, monitors={"explainability": {}}), environment())
    configs = [json.loads(a.content) for a in bundle.assets if a.name == "analysis_config.json"]

    assert configs
    assert {config["predictor"]["label"] for config in configs} == {1}


def test_captures_of_register_do_not_mix_with_those_of_batches(bundle: Bundle) -> None:
    """Schedules read the batch capture root; validation data is captured elsewhere."""
    roots = {
        pipeline: steps_of(bundle, pipeline)[step]["Arguments"]["DataCaptureConfig"]["DestinationS3Uri"]
        for pipeline, step in (("register", "ScoreBaseline"), ("monitor-batch", "BatchMonitor-transform"))
    }

    assert roots == {
        "register": "s3://bank-ml/monitoring/loans/capture-register",
        "monitor-batch": "s3://bank-ml/monitoring/loans/capture",
    }


@pytest.mark.parametrize("pipeline", PIPELINES)
@pytest.mark.parametrize("env", ["local", "prod"])
def test_golden_definitions(env: str, pipeline: str, request: pytest.FixtureRequest) -> None:
    """The mortgage example's definitions are those that were reviewed; --update-definitions rewrites them."""
    text = golden_text(build_mortgage(env), pipeline)
    path = GOLDEN / env / f"{pipeline}.json"
    if request.config.getoption("--update-definitions"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    assert text == path.read_text()


BUILT: dict[str, Bundle] = {}


def build_mortgage(env: str) -> Bundle:
    if env not in BUILT:
        BUILT[env] = build_bundle(load_model("mortgage", CONF), load_environment(env, CONF))
    return BUILT[env]


def golden_text(bundle: Bundle, pipeline: str) -> str:
    """The definition and the configurations it names; hashes of code become its name, so code may change."""
    definition = bundle.pipeline(pipeline).definition.replace(bundle.sha256, "<bundle>")
    configurations: dict[str, Any] = {}
    # In the order in which the definition names them, so that another hash changes no number.
    named = [asset for asset in bundle.assets if asset.uri in definition]
    for asset in sorted(named, key=lambda asset: bundle.pipeline(pipeline).definition.index(asset.uri)):
        label = (
            asset.name if asset.name.endswith((".py", ".zip")) else f"{asset.name} {len(configurations) + 1}"
        )
        definition = definition.replace(asset.uri, f"<asset {label}>")
        if asset.name.endswith(".json"):
            configurations[label] = json.loads(asset.content)
    document = {"sdk": bundle.sdk_version, "definition": json.loads(definition), "assets": configurations}
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
