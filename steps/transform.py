"""The Transform step: score a file with its records joined, and capture what went in and came out."""

from __future__ import annotations

from typing import Any

from steps.build import Build


def score(
    build: Build,
    *,
    name: str,
    model_name: Any,
    data: Any,
    capture_uri: str,
    depends_on: list[Any] | None = None,
) -> Any:
    """Return the step that scores *data*; see transform_arguments."""
    from sagemaker.mlops.workflow.steps import TransformStep

    arguments = transform_arguments(build, model_name=model_name, data=data, capture_uri=capture_uri)
    return TransformStep(name=name, step_args=arguments, depends_on=depends_on)


def transform_arguments(build: Build, *, model_name: Any, data: Any, capture_uri: str) -> Any:
    """Return what a step that scores *data* is made of.

    Each output row is the input row, the model's answer, an inference id and the time. Only feature
    columns are sent to the model; the captures go below *capture_uri*.
    """
    from sagemaker.core.inputs import BatchDataCaptureConfig
    from sagemaker.core.transformer import Transformer

    storage = build.environment.storage
    transformer = Transformer(
        model_name=model_name,
        instance_count=build.environment.compute.transform.instance_count,
        instance_type=build.environment.compute.transform.instance_type,
        strategy="MultiRecord",
        assemble_with="Line",
        accept="text/csv",
        output_path=build.output("transform"),
        output_kms_key=storage.kms_key,
        volume_kms_key=storage.kms_key,
        # Without it the SDK asks SageMaker about the model while the definition is built.
        base_transform_job_name=f"{build.model.model}-{build.pipeline}",
        sagemaker_session=build.sagemaker_session,
    )
    return transformer.transform(
        data=data,
        content_type=build.model.data_schema.content_type,
        split_type="Line",
        # The record key is column 0; the features follow it.
        input_filter=f"$[1:{1 + len(build.model.data_schema.features)}]",
        join_source="Input",
        batch_data_capture_config=BatchDataCaptureConfig(
            destination_s3_uri=capture_uri,
            kms_key_id=storage.kms_key,
            generate_inference_id=True,
        ),
    )
