"""ClarifyCheck steps: bias of the labels and of the model, attributions, and the baselines they calculate."""

from __future__ import annotations

from typing import Any

from sagemaker_monitor.settings.schema import Facet
from steps.baselining import Baselining
from steps.build import Build
from steps.check_job import check_job_config


def data_bias_check(build: Build, *, data_uri: Any, baselining: Baselining, depends_on: list[Any]) -> Any:
    """Return the DataBias step: pre-training metrics of features, facets and label."""
    from sagemaker.mlops.workflow.clarify_check_step import DataBiasCheckConfig

    config = DataBiasCheckConfig(
        data_config=_data_config(build, data_uri, "data-bias"), data_bias_config=_bias_config(build)
    )
    return _check(build, "DataBias", config, baselining, depends_on)


def model_bias_check(
    build: Build, *, data_uri: Any, model_name: Any, baselining: Baselining, depends_on: list[Any]
) -> Any:
    """Return the ModelBias step: post-training metrics, scored again on a shadow endpoint of the model."""
    from sagemaker.core.clarify import ModelPredictedLabelConfig
    from sagemaker.mlops.workflow.clarify_check_step import ModelBiasCheckConfig

    config = ModelBiasCheckConfig(
        data_config=_data_config(build, data_uri, "model-bias"),
        data_bias_config=_bias_config(build),
        model_config=_model_config(build, model_name),
        model_predicted_label_config=ModelPredictedLabelConfig(
            probability=_probability(build),
            probability_threshold=build.model.data_schema.prediction.threshold,
        ),
    )
    return _check(build, "ModelBias", config, baselining, depends_on)


def explainability_check(
    build: Build, *, data_uri: Any, model_name: Any, baselining: Baselining, depends_on: list[Any]
) -> Any:
    """Return the ModelExplainability step: Kernel SHAP of the records below *data_uri*, on a shadow endpoint.

    Its CSV files hold the features alone, without a header.
    """
    from sagemaker.core.clarify import DataConfig
    from sagemaker.mlops.workflow.clarify_check_step import ModelExplainabilityCheckConfig

    schema = build.model.data_schema
    config = ModelExplainabilityCheckConfig(
        data_config=DataConfig(
            s3_data_input_path=data_uri,
            **_output(build, "explainability"),
            headers=list(schema.features),
            dataset_type=schema.content_type,
        ),
        model_config=_model_config(build, model_name),
        explainability_config=_shap_config(build),
        model_scores=_explained(build),
    )
    return _check(build, "ModelExplainability", config, baselining, depends_on)


def _check(build: Build, name: str, config: Any, baselining: Baselining, depends_on: list[Any]) -> Any:
    from sagemaker.mlops.workflow.clarify_check_step import ClarifyCheckStep

    return ClarifyCheckStep(
        name=name,
        clarify_check_config=config,
        check_job_config=check_job_config(build),
        **baselining.common(),
        depends_on=depends_on,
    )


def _data_config(build: Build, data_uri: Any, folder: str) -> Any:
    from sagemaker.core.clarify import DataConfig

    schema = build.model.data_schema
    return DataConfig(
        s3_data_input_path=data_uri,
        **_output(build, folder),
        label=schema.label,
        headers=[*schema.features, *schema.facet_columns, schema.label],
        dataset_type=schema.content_type,
        excluded_columns=list(schema.facet_columns) or None,
    )


def _output(build: Build, folder: str) -> dict[str, Any]:
    return {
        "s3_output_path": build.output(folder),
        # A path of its own for each step: two steps that share one overwrite each other's configuration.
        "s3_analysis_config_output_path": f"{build.model_root}/{build.pipeline}/analysis-config/{folder}",
    }


def _model_config(build: Build, model_name: Any) -> Any:
    from sagemaker.core.clarify import ModelConfig

    compute = build.environment.compute.checks
    # Literals: these are written into the analysis config, where no parameter is resolved.
    return ModelConfig(
        model_name=model_name,
        instance_count=compute.instance_count,
        instance_type=compute.instance_type,
        content_type=build.model.data_schema.content_type,
        accept_type="text/csv",
    )


def _probability(build: Build) -> int | None:
    """Return which value of an answer is P(1); None where the answer is that value alone."""
    prediction = build.model.data_schema.prediction
    return prediction.probability if prediction.values > 1 else None


def _explained(build: Build) -> int | None:
    """Return which value of an answer is explained: P(1), or the predicted number; None where it is alone."""
    schema = build.model.data_schema
    if schema.is_binary:
        return _probability(build)
    return schema.prediction.label if schema.prediction.values > 1 else None


def _shap_config(build: Build) -> Any:
    from sagemaker.core.clarify import SHAPConfig

    monitor = build.model.monitors.explainability
    assert monitor is not None, "attributions are only computed for a model with an explainability monitor"
    baseline: Any = monitor.baseline
    if isinstance(baseline, str):
        # Of one cluster, the centre is the mean record.
        baseline = None if baseline == "mean" else build.environment.storage.resolve(baseline)
    else:
        baseline = [list(row) for row in baseline]
    return SHAPConfig(
        baseline=baseline,
        num_clusters=1 if baseline is None else None,
        num_samples=monitor.num_samples,
        agg_method=monitor.agg_method,
        use_logit=monitor.use_logit,
        # decide computes from them how far attributions differ by chance.
        save_local_shap_values=True,
        seed=monitor.seed,
    )


def _bias_config(build: Build) -> Any:
    from sagemaker.core.clarify import BiasConfig

    bias = build.model.monitors.bias
    assert bias is not None, "a bias check is only built for a model with a bias monitor"
    return BiasConfig(
        label_values_or_threshold=[build.model.data_schema.favourable],
        facet_name=[facet.name for facet in bias.facets],
        facet_values_or_threshold=[facet_values(facet) for facet in bias.facets],
        group_name=bias.group_variable,
    )


def facet_values(facet: Facet) -> list[Any]:
    """Return the values or the threshold of the sensitive group, as an analysis config has them.

    A whole threshold is an integer there, as it was written: Clarify tells the group of 100 as (100, 225].
    """
    if facet.threshold is None:
        return list(facet.values)
    return [int(facet.threshold) if facet.threshold.is_integer() else facet.threshold]
