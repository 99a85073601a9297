"""What a model's file says of configurations, baselines and job definitions, document by document."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_monitor.operations.adopting.asked import write_endpoint
from sagemaker_monitor.operations.adopting.draft import Draft
from sagemaker_monitor.operations.adopting.shapes import wrong_with_baseline, wrong_with_config
from sagemaker_monitor.operations.adopting.sources import Attributes, Baseline, Job, Sources
from sagemaker_monitor.operations.errors import UsageError
from tests.operations.adopting.drafts import BIAS, LOCAL, SHAP, config, drafted


def fields(draft: Draft) -> list[str]:
    """Return what is told not to be in the file."""
    return [each.field for each in draft.items]


@pytest.mark.parametrize(
    ("told", "label", "features"),
    [
        ({}, "Churn", ["Age", "Sex"]),
        ({"label": 2}, "Sex", ["Churn", "Age"]),
        ({"headers": ["Age", "Sex", "Target"], "label": "label"}, "Target", ["Age", "Sex"]),
        (
            {"headers": ["id", "Age", "Sex", "Churn"], "joinsource_name_or_index": "id"},
            "Churn",
            ["Age", "Sex"],
        ),
    ],
)
def test_the_label_is_found_as_clarify_finds_it(
    told: dict[str, Any], label: str, features: list[str]
) -> None:
    """By name, by index, or behind the features where it is an expression; identifiers are no features."""
    schema = drafted(Sources(configs=(config(BIAS, **told),))).values["schema"]

    assert (schema["label"], schema["features"]) == (label, features)
    assert schema["favourable"] == 1


def test_what_no_resource_tells_is_asked_for_by_its_option() -> None:
    """Names of label and features; a record key is a marked guess, which collides with no column."""
    constraints = Baseline(
        "job definition d", "DataQuality", "s3://b/c", {"features": [{"name": "record_id"}]}
    )
    with pytest.raises(UsageError, match="--label"):
        drafted(Sources(baselines=(constraints,)))
    with pytest.raises(UsageError, match="--data"):
        drafted(Sources(), label="Churn")
    with pytest.raises(UsageError, match="a column that the model is not sent"):
        drafted(Sources(baselines=(constraints,)), label="Churn", record_key="Churn")

    draft = drafted(Sources(baselines=(constraints,)), label="Churn")

    assert draft.values["schema"]["record_key"] == "record_id_"
    assert ("schema", "record_key") in draft.placeholders
    given = drafted(Sources(), label="Churn", record_key="id", columns=("id", "b", "a", "Churn"))
    assert given.values["schema"]["features"] == ["b", "a"]
    assert given.values["schema"]["record_key"] == "id"
    assert ("schema", "record_key") not in given.placeholders


def test_the_baselining_job_names_the_label() -> None:
    """Where no configuration of Clarify does, and the training file's columns are those of data quality."""
    constraints = Baseline("d", "DataQuality", "s3://b/c", {"features": [{"name": "y"}, {"name": "x"}]})
    job = Job(
        "processing job j", "s3://b/train.csv", {"ground_truth_attribute": "y", "problem_type": "Regression"}
    )

    schema = drafted(Sources(baselines=(constraints,), jobs=(job,))).values["schema"]

    assert (schema["label"], schema["features"], schema["problem_type"]) == ("y", ["x"], "Regression")
    assert "favourable" not in schema


def test_resources_that_contradict_each_other_are_told() -> None:
    """Other columns, another outcome, another threshold, another problem type: each with what says it."""
    other = config(
        BIAS, headers=["Churn", "Sex", "Age"], label_values_or_threshold=[0], probability_threshold=0.3
    )
    attributes = Attributes("job definition q", {"ProbabilityThresholdAttribute": 0.8}, "Regression")

    draft = drafted(Sources(configs=(config(BIAS), other), attributes=(attributes,)))

    assert fields(draft)[:2] == ["columns", "problem type"]
    assert draft.values["schema"]["problem_type"] == "Regression"
    binary = drafted(
        Sources(
            configs=(config(BIAS), other),
            attributes=(Attributes("q", {"ProbabilityThresholdAttribute": 0.8}),),
        )
    )
    assert fields(binary)[:3] == ["columns", "label_values_or_threshold", "probability threshold"]
    assert binary.values["schema"]["prediction"] == {"threshold": 0.8}


def test_an_outcome_that_is_not_0_or_1_is_a_guess_and_told() -> None:
    """Ours are 0 and 1: the value stands in what is told, and the file's is marked."""
    draft = drafted(Sources(configs=(config(BIAS, label_values_or_threshold=["yes"]),)))

    assert ("schema", "favourable") in draft.placeholders
    assert draft.items[0].value == '["yes"]'


@pytest.mark.parametrize(
    ("place", "is_batch", "framework", "prediction"),
    [
        ("0", False, "xgboost", {}),
        ("2", False, "xgboost", {"probability": 2, "values": 3}),
        ("2", True, "xgboost", {}),
        ("3", True, "xgboost", {"probability": 1, "values": 2}),
        ("score", False, "xgboost", {}),
        ("0", False, "linear-learner", {"probability": 1, "values": 2}),
    ],
)
def test_the_place_of_the_answer(
    place: str, is_batch: bool, framework: str, prediction: dict[str, int]
) -> None:
    """An index of CSV; of a batch's row it counts from the features, and Linear Learner's is known."""
    told = Attributes("d", {"ProbabilityAttribute": place}, None, is_batch)

    draft = drafted(Sources(configs=(config(BIAS),), attributes=(told,)), framework=framework)

    assert draft.values["schema"].get("prediction", {}) == prediction


INTERVAL = {"pre_training_bias_metrics": {"facets": {"Sex": [{"value_or_threshold": "(0, 3]"}]}}}


@pytest.mark.parametrize(
    ("given", "baseline", "facet"),
    [
        ([0], {}, {"values": [0]}),
        ([0], INTERVAL, {"threshold": 0.0}),
        ([40], {}, {"threshold": 40.0}),
        ([40.5], {}, {"threshold": 40.5}),
        (
            [40],
            {"pre_training_bias_metrics": {"facets": {"Sex": [{"value_or_threshold": "40"}]}}},
            {"values": [40]},
        ),
        (["F"], {}, {"values": ["F"]}),
        (["F", "D"], {}, {"values": ["F", "D"]}),
        ([0.0, 1.0], {}, {"values": [0, 1]}),
        (1, {}, {"values": [1]}),
        (None, {}, None),
        ([0.5, 1.5], {}, None),
    ],
)
def test_a_facet_is_values_or_a_threshold(
    given: Any, baseline: dict[str, Any], facet: dict[str, Any] | None
) -> None:
    """Clarify writes both alike, and its own analysis tells which; what cannot be said is told."""
    asked = {"name_or_index": "Sex", **({} if given is None else {"value_or_threshold": given})}
    sources = Sources(
        configs=(config(BIAS, facet=[asked]),), baselines=(Baseline("d", "ModelBias", "s3://b/a", baseline),)
    )

    draft = drafted(sources)

    if facet is None:
        assert "bias" not in draft.values.get("monitors", {})
        assert fields(draft) == ["facet"]
    else:
        assert draft.values["monitors"]["bias"]["facets"] == [{"name": "Sex", **facet}]
        assert not draft.items


def test_groups_of_columns_that_the_model_is_not_sent() -> None:
    """A facet and a group variable beside the features become facet columns; an index names a column."""
    facets = [
        {"name_or_index": 2, "value_or_threshold": [0]},
        {"name_or_index": "old", "value_or_threshold": [1]},
    ]

    draft = drafted(Sources(configs=(config(BIAS, facet=facets, group_variable="region"),)))

    assert [each["name"] for each in draft.values["monitors"]["bias"]["facets"]] == ["Sex", "old"]
    assert draft.values["monitors"]["bias"]["group_variable"] == "region"
    assert draft.values["schema"]["facet_columns"] == ["old", "region"]


@pytest.mark.parametrize(
    ("shap", "written", "told"),
    [
        ({"baseline": [[1, 2.5]], "num_samples": 9}, {"baseline": [[1, 2.5]], "num_samples": 9}, []),
        ({"num_clusters": 1, "num_samples": 9}, {"baseline": "mean", "num_samples": 9}, []),
        ({"num_clusters": 3, "num_samples": 9}, {"baseline": "mean", "num_samples": 9}, ["num_clusters"]),
        ({"baseline": [[1]], "num_samples": 9}, {"baseline": "mean", "num_samples": 9}, ["baseline"]),
        (
            {"baseline": f"{LOCAL.storage.root}/shap.csv", "num_samples": 9, "seed": 4, "use_logit": True},
            {"baseline": "shap.csv", "num_samples": 9, "seed": 4, "use_logit": True},
            [],
        ),
        (
            {"baseline": [["a", "b"]], "text_config": {}},
            {"baseline": "mean"},
            ["baseline", "num_samples", "text_config"],
        ),
    ],
)
def test_attributions(shap: dict[str, Any], written: dict[str, Any], told: list[str]) -> None:
    """Rows, a file below the storage or the mean; a setting that ours have not is told with its name."""
    draft = drafted(Sources(configs=(config(BIAS, facet=None, methods={"shap": shap}),)))

    assert draft.values["monitors"]["explainability"] == written
    assert fields(draft) == [f"methods.shap.{each}" for each in told]


def test_nothing_of_a_configuration_is_dropped_silently() -> None:
    """Chosen metrics, other methods and keys that no file knows are each told with their value."""
    methods = {
        "pre_training_bias": {"methods": ["CI"]},
        "post_training_bias": {"methods": "all"},
        "pdp": {"top": 3},
    }

    draft = drafted(Sources(configs=(config(BIAS, methods=methods, segment_config=[{"x": 1}]),)))

    assert {each.field: each.value for each in draft.items} == {
        "methods.pre_training_bias.methods": '["CI"]',
        "methods.pdp": '{"top": 3}',
        "segment_config": '[{"x": 1}]',
    }


def test_how_data_quality_is_evaluated_is_told_where_it_is_unusual() -> None:
    """Thresholds that were edited, and features with overrides, with the rule that says it in our words."""
    monitoring = {"datatype_check_threshold": 0.9, "distribution_constraints": {"comparison_threshold": 0.2}}
    features = [
        {"name": "Age"},
        {"name": "Sex", "monitoring_config_overrides": {"evaluate_constraints": "Disabled"}},
    ]
    baseline = Baseline(
        "d", "DataQuality", "s3://b/c", {"features": features, "monitoring_config": monitoring}
    )

    draft = drafted(Sources(baselines=(baseline,)), "DataQuality", label="Churn")

    assert {each.field.partition(" ")[0]: each.value for each in draft.items} == {
        "datatype_check_threshold": "0.9",
        "comparison_threshold": "0.2",
        "monitoring_config_overrides": '{"evaluate_constraints": "Disabled"}',
    }
    assert "data_quality/*/Sex" in draft.items[-1].do


def test_an_endpoint_that_is_asked_in_json() -> None:
    """Where features and score are, and the window; the score is known from the explainability monitor."""
    sources = Sources(
        configs=(config(SHAP),),
        attributes=(
            Attributes(
                "d",
                {
                    "FeaturesAttribute": "features",
                    "StartTimeOffset": "-PT6H",
                    "EndTimeOffset": "-PT0H",
                    "InferenceAttribute": "predicted_label",
                },
            ),
        ),
    )
    draft = drafted(sources, label="Target")

    write_endpoint(draft, "income", None, sources, LOCAL)

    assert draft.values["endpoint"] == {
        "name": {"local": "income"},
        "window": {"start": "-PT6H", "end": "PT0H"},
        "requests": {"content_type": "application/jsonlines", "features": "features"},
        "answers": {"prediction": "score"},
    }
    assert draft.values["monitors"]["explainability"] == {
        "baseline": [[39, 1]],
        "num_samples": 80,
        "agg_method": "mean_sq",
    }


@pytest.mark.parametrize(
    ("wrong", "content", "said"),
    [
        (wrong_with_config, [], "it is no JSON object"),
        (wrong_with_config, {"headers": ["a", 1]}, "headers is not a list of texts"),
        (wrong_with_config, {"methods": {"shap": []}}, "methods is not an object of objects"),
        (wrong_with_config, {"facet": "Sex"}, "facet is not a list of objects"),
        (wrong_with_config, {"probability_threshold": True}, "probability_threshold is not a number"),
        (wrong_with_config, BIAS, None),
        (wrong_with_baseline, {"features": [1]}, "features is not a list of objects"),
        (
            wrong_with_baseline,
            {"monitoring_config": {"distribution_constraints": 1}},
            "monitoring_config is not",
        ),
        (
            wrong_with_baseline,
            {"pre_training_bias_metrics": {"facets": {"Sex": 1}}},
            "is not an object with facets",
        ),
        (wrong_with_baseline, INTERVAL, None),
    ],
)
def test_a_document_of_another_shape_is_told(wrong: Any, content: Any, said: str | None) -> None:
    """What its name promises is looked at before anything is concluded from it."""
    found = wrong(content)

    assert found is None if said is None else said in found


def test_columns_that_are_named_by_index() -> None:
    """Of facets and of groups; an index that there is no header for is told."""
    draft = drafted(Sources(configs=(config(BIAS, group_variable=1),)))
    assert draft.values["monitors"]["bias"]["group_variable"] == "Age"

    draft = drafted(Sources(configs=(config(BIAS, group_variable=7),)))
    assert "group_variable" not in draft.values["monitors"]["bias"]
    assert fields(draft) == ["group_variable"]
