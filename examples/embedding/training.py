"""A team's training pipeline with the whole register builder in it: nothing is registered without a verdict.

Split ─► Train ─► CreateModel ─► ScoreBaseline ─► Join ─► checks ─► Decide ─► CheckVerdict ─┬► Register
                                                                                            └► Refuse
"""

from __future__ import annotations

from typing import Any

from parts import output_uri, split, train

from pipelines.embedding import register_steps
from sagemaker_monitor.settings import Environment, Model

NAME = "mortgage-training"


def get_pipeline(model: Model, env: Environment, sagemaker_session: Any) -> Any:
    """Return the pipeline; its parameters are TrainingDataUri, and those of register."""
    from sagemaker.core.workflow.parameters import ParameterString
    from sagemaker.mlops.workflow.pipeline import Pipeline

    data_uri = ParameterString(name="TrainingDataUri")
    step_split = split(env, sagemaker_session, data_uri)
    step_train = train(env, sagemaker_session, output_uri(step_split, "train"))
    registering = register_steps(
        model,
        env,
        sagemaker_session,
        model_data_url=step_train.properties.ModelArtifacts.S3ModelArtifacts,
    )
    return Pipeline(
        name=f"{NAME}-{env.name}",
        parameters=[data_uri, *registering.parameters],
        steps=[step_split, step_train, *registering.steps],
        pipeline_experiment_config=None,
        sagemaker_session=sagemaker_session,
    )
