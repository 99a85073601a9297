"""A team's training pipeline with one check in it: nothing is trained on rows that have drifted.

Split ─► DataQuality ─► Decide ─► CheckVerdict ─┬► Train
                                                └► Refuse
"""

from __future__ import annotations

from typing import Any

from parts import output_uri, split, train

from pipelines.embedding import Embedding
from sagemaker_monitor.settings import Environment, Model

NAME = "mortgage-checked-training"
PIPELINE = "checked-training"


def get_pipeline(model: Model, env: Environment, sagemaker_session: Any) -> Any:
    """Return the pipeline; its parameters are TrainingDataUri, and those of the check."""
    from sagemaker.core.workflow.parameters import ParameterString
    from sagemaker.mlops.workflow.pipeline import Pipeline

    data_uri = ParameterString(name="TrainingDataUri")
    step_split = split(env, sagemaker_session, data_uri)
    features_uri = output_uri(step_split, "features")

    embedding = Embedding(model, env, sagemaker_session, pipeline=PIPELINE)
    step_check = embedding.data_quality(features_uri, depends_on=[step_split])
    decided = embedding.decide(features_uri)
    step_train = train(env, sagemaker_session, output_uri(step_split, "train"))
    return Pipeline(
        name=f"{NAME}-{env.name}",
        parameters=[data_uri, *embedding.parameters],
        steps=[step_split, step_check, decided.step, embedding.gate(decided, [step_train])],
        pipeline_experiment_config=None,
        sagemaker_session=sagemaker_session,
    )
