"""What this team's two pipelines share, none of it sagemaker-monitor's: rows split, a model trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sagemaker_monitor.settings import Environment

HERE = Path(__file__).parent
PARAMETERS = {
    "objective": "binary:logistic",
    "num_round": 100,
    "max_depth": 2,
    "eta": 0.05,
    "min_child_weight": 5,
    "seed": 1996,
}


def split(env: Environment, session: Any, data_uri: Any) -> Any:
    """Return the step that splits prepared rows; its outputs are train and features."""
    from sagemaker.core import image_uris
    from sagemaker.core.processing import ScriptProcessor
    from sagemaker.core.shapes import (
        ProcessingInput,
        ProcessingOutput,
        ProcessingS3Input,
        ProcessingS3Output,
    )
    from sagemaker.core.workflow.execution_variables import ExecutionVariables
    from sagemaker.core.workflow.functions import Join
    from sagemaker.mlops.workflow.steps import ProcessingStep

    def output(folder: str) -> ProcessingOutput:
        root = f"{env.storage.root}/mortgage/training-data"
        uri = Join(on="/", values=[root, ExecutionVariables.PIPELINE_EXECUTION_ID, folder])
        path = f"/opt/ml/processing/output/{folder}"
        return ProcessingOutput(
            output_name=folder,
            s3_output=ProcessingS3Output(s3_uri=uri, local_path=path, s3_upload_mode="EndOfJob"),
        )

    processor = ScriptProcessor(
        image_uri=image_uris.retrieve("sklearn", region=env.region, version="1.2-1"),
        command=["python3"],
        role=env.roles.execution,
        instance_type="ml.m5.large",
        instance_count=1,
        sagemaker_session=session,
    )
    arguments = processor.run(
        code=str(HERE / "split.py"),
        inputs=[
            ProcessingInput(
                input_name="data",
                s3_input=ProcessingS3Input(
                    s3_uri=data_uri,
                    local_path="/opt/ml/processing/input/data",
                    s3_data_type="S3Prefix",
                    s3_input_mode="File",
                ),
            )
        ],
        outputs=[output("train"), output("features")],
    )
    return ProcessingStep(name="Split", step_args=arguments)


def output_uri(step: Any, name: str) -> Any:
    """Return the S3 URI of an output of a processing step."""
    return step.properties.ProcessingOutputConfig.Outputs[name].S3Output.S3Uri


def train(env: Environment, session: Any, train_uri: Any) -> Any:
    """Return the step that trains XGBoost on rows whose first column is the label."""
    from sagemaker.core import image_uris
    from sagemaker.mlops.workflow.steps import TrainingStep
    from sagemaker.train import ModelTrainer
    from sagemaker.train.configs import Compute, InputData, OutputDataConfig

    trainer = ModelTrainer(
        training_image=image_uris.retrieve("xgboost", region=env.region, version="1.7-1"),
        role=env.roles.execution,
        base_job_name="mortgage-training",
        compute=Compute(instance_type="ml.m5.large", instance_count=1),
        output_data_config=OutputDataConfig(s3_output_path=f"{env.storage.root}/mortgage/trained"),
        hyperparameters=PARAMETERS,
        sagemaker_session=session,
    )
    rows = InputData(channel_name="train", data_source=train_uri, content_type="text/csv")
    return TrainingStep(name="Train", step_args=trainer.train(input_data_config=[rows]))
