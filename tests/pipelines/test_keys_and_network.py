"""The environment's key and network reach everything that can take them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, Shape, StructureShape

from pipelines.bundle import Bundle
from pipelines.catalog import build_bundle
from tests.pipelines.conftest import environment, loans

OPERATIONS = {
    "Model": "CreateModel",
    "Transform": "CreateTransformJob",
    "Processing": "CreateProcessingJob",
    "QualityCheck": "CreateProcessingJob",
    "ClarifyCheck": "CreateProcessingJob",
}
"""Kind of step to the request that its arguments are; the others make nothing that stores or connects."""
OTHERS = {"Condition", "RegisterModel", "Fail"}
KEY, NETWORK = "alias/ml", {"Subnets": ["subnet-0aaa"], "SecurityGroupIds": ["sg-0ccc"]}


def steps_in(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every step of a definition, those inside of conditions too."""
    if isinstance(node, list):
        for each in node:
            yield from steps_in(each)
    elif isinstance(node, dict):
        if "Type" in node and "Name" in node and "Arguments" in node:
            yield node
        for each in node.values():
            yield from steps_in(each)


def keys(shape: Shape, given: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield, of each structure that is given, every place for a key, and what is there."""
    if isinstance(shape, ListShape) and isinstance(given, list):
        for number, each in enumerate(given):
            yield from keys(shape.member, each, f"{path}[{number}]")
    if not isinstance(shape, StructureShape) or not isinstance(given, dict):
        return
    for name, member in shape.members.items():
        if name.endswith("KmsKeyId"):
            yield f"{path}.{name}", given.get(name)
        elif name in given:
            yield from keys(member, given[name], f"{path}.{name}")


def own() -> Bundle:
    """A model whose monitors run in an image of the team's own."""
    own = {"engine": "own"}
    monitors = {
        "data_quality": own,
        "model_quality": own,
        "bias": {**own, "facets": [{"name": "sex", "values": [1]}]},
        "custom": {"text_drift": {"image": "drift:1", "environment": {"column": "income"}}},
    }
    return build_bundle(loans(monitors=monitors), environment(images={"monitor": "monitor:1"}))


@pytest.mark.parametrize("engine", ["sagemaker", "own"])
def test_every_job_and_model_has_the_key_and_the_network(bundle: Bundle, engine: str) -> None:
    """Wherever SageMaker's request has a place for a KMS key or a VPC, ours are there; nothing else is."""
    service = botocore.session.get_session().get_service_model("sagemaker")
    built = bundle if engine == "sagemaker" else own()
    found: set[str] = set()
    for pipeline in built.pipelines:
        for step in steps_in(json.loads(pipeline.definition)):
            found.add(step["Type"])
            if step["Type"] in OTHERS:
                continue
            shape = service.operation_model(OPERATIONS[step["Type"]]).input_shape
            assert shape is not None
            where, arguments = f"{pipeline.pipeline}/{step['Name']}", step["Arguments"]
            assert {path: key for path, key in keys(shape, arguments, where) if key != KEY} == {}
            if "NetworkConfig" in shape.members:
                assert arguments["NetworkConfig"]["VpcConfig"] == NETWORK, where
                assert not arguments["NetworkConfig"].get("EnableNetworkIsolation"), where
            elif "VpcConfig" in shape.members:
                assert arguments["VpcConfig"] == NETWORK, where

    assert found >= {"Model", "Transform", "Processing", *OTHERS}
    assert ("ClarifyCheck" in found) == (engine == "sagemaker")


def test_without_a_key_and_a_network_there_is_none() -> None:
    """An environment that has neither asks SageMaker for neither: empty ones would be refused."""
    plain = environment(storage={"bucket": "bank-ml", "prefix": "monitoring"}, network=None)

    for pipeline in build_bundle(loans(), plain).pipelines:
        assert "KmsKeyId" not in pipeline.definition
        assert "VpcConfig" not in pipeline.definition
