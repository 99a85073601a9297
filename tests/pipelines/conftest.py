"""One small model, built once for `local` and once for `prod`."""

from __future__ import annotations

import pytest

from pipelines.bundle import Bundle
from pipelines.catalog import build_bundle
from sagemaker_monitor.settings.schema import Environment, Model


def loans(**changes: object) -> Model:
    """A model of loan approvals with one facet that is a feature and one that is not."""
    document: dict[str, object] = {
        "schema_version": 1,
        "model": "loans",
        "artifact": {"framework": "xgboost", "version": "1.7-1", "model_data": "models/loans/model.tar.gz"},
        "schema": {
            "label": "approve",
            "record_key": "id",
            "features": ["income", "amount", "age"],
            "facet_columns": ["sex"],
            "prediction": {"threshold": 0.6},
        },
        "data": {
            "baseline": "data/baseline.csv",
            "batches": "batches/",
            "ground_truth": {"uri": "labels/"},
        },
        "endpoint": {},
        "monitors": {
            "data_quality": {},
            "model_quality": {},
            "explainability": {"baseline": [[40_000, 90.5, 38]], "num_samples": 100, "seed": 7},
            "bias": {"facets": [{"name": "sex", "values": [1]}, {"name": "age", "threshold": 60}]},
        },
    }
    return Model.model_validate({**document, **changes})


def environment(name: str = "prod", **changes: object) -> Environment:
    """An environment in a VPC with a KMS key; `local` is the emulator's."""
    document: dict[str, object] = {
        "schema_version": 1,
        "name": name,
        "account": "444455556666",
        "region": "eu-west-1",
        "roles": {"execution": "arn:aws:iam::444455556666:role/monitor-execution"},
        "storage": {"bucket": "bank-ml", "prefix": "monitoring", "kms_key": "alias/ml"},
        "network": {"subnets": ["subnet-0aaa"], "security_groups": ["sg-0ccc"]},
    }
    return Environment.model_validate({**document, **changes})


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """The bundle of the loans model for prod."""
    return build_bundle(loans(), environment())
