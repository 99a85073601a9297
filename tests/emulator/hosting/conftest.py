"""An emulator with endpoints whose model is a small server of the test's own."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.emulator.server import Server
from tests.emulator.conftest import REGION, RunningEmulator, with_image
from tests.emulator.models.servers import archive

ROLE = "arn:aws:iam::000000000000:role/monitor"
IMAGE = f"000000000000.dkr.ecr.{REGION}.amazonaws.com/team/scales:1"
SCALES = """
import http.server, os, pathlib, sys

weight = float(pathlib.Path(os.environ["SM_MODEL_DIR"], "weight.txt").read_text())

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.reply(200, b"", "text/plain")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind = self.headers["Content-Type"]
        if body == b"broken":
            return self.reply(415, b"no such type", "text/plain")
        if body == b"echo":
            return self.reply(200, str(self.headers["Accept"]).encode(), "application/x-echo")
        answers = "".join(f"{float(row) * weight}\\n" for row in body.decode().split())
        self.reply(200, answers.encode(), f"{kind}; charset=utf-8")

    def reply(self, status, body, kind):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if "X-Amzn-SageMaker-Custom-Attributes" in self.headers:
            said = self.headers["X-Amzn-SageMaker-Custom-Attributes"]
            self.send_header("X-Amzn-SageMaker-Custom-Attributes", f"seen:{said}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass

port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""


class Hosted:
    """Clients of one emulator, and the endpoints that a test makes on it."""

    def __init__(self, running: RunningEmulator) -> None:
        """Use *running*."""
        self._use(running)

    def restart(self) -> None:
        """Stop the emulator, and use one that starts with what it left."""
        config = self.running.server.config
        self.running.close()
        self._use(RunningEmulator(Server(replace(config, port=0)).start()))

    def _use(self, running: RunningEmulator) -> None:
        self.running = running
        self.sagemaker = running.client("sagemaker")
        self.runtime = running.client("sagemaker-runtime")
        self.s3 = running.client("s3")

    def model(self, name: str, weight: float | str, image: str = IMAGE) -> str:
        """Make a model that multiplies by *weight*; return its name."""
        self.s3.put_object(
            Bucket="data", Key=f"{name}/model.tar.gz", Body=archive({"weight.txt": str(weight)})
        )
        container = {"Image": image, "ModelDataUrl": f"s3://data/{name}/model.tar.gz"}
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=ROLE)
        return name

    def config(self, name: str, *models: str, capture: dict[str, Any] | None = None) -> str:
        """Make an endpoint configuration with one variant of each of *models*, called as they are."""
        variants = [
            {
                "VariantName": model,
                "ModelName": model,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
            }
            for model in models
        ]
        more: dict[str, Any] = {"DataCaptureConfig": capture} if capture else {}
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **more)
        return name

    def endpoint(self, name: str, config: str) -> dict[str, Any]:
        """Make an endpoint and return its description once it is not being created any more."""
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        return self.settled(name)

    def settled(self, name: str) -> dict[str, Any]:
        """Return an endpoint's description once it does not change any more."""
        for _ in range(600):
            described: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=name)
            if described["EndpointStatus"] not in ("Creating", "Updating"):
                return described
            time.sleep(0.05)
        raise AssertionError(described)

    def ask(self, name: str, body: bytes | str, **more: Any) -> dict[str, Any]:
        """Invoke an endpoint with CSV; return the response with its body read."""
        given = {"ContentType": "text/csv", "Body": body, **more}
        response: dict[str, Any] = self.runtime.invoke_endpoint(EndpointName=name, **given)
        return {**response, "Body": response["Body"].read().decode()}

    def captured(self, prefix: str, count: int) -> dict[str, list[dict[str, Any]]]:
        """Return the records of each object below *prefix* once there are *count*."""
        for _ in range(200):
            listed = self.s3.list_objects_v2(Bucket="data", Prefix=prefix).get("Contents", [])
            found = {each["Key"]: self._records(each["Key"]) for each in listed}
            if sum(map(len, found.values())) >= count:
                return found
            time.sleep(0.05)
        raise AssertionError(found)

    def _records(self, key: str) -> list[dict[str, Any]]:
        text = self.s3.get_object(Bucket="data", Key=key)["Body"].read().decode()
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """An emulator that runs the test's own model server, with a model that doubles."""
    folder: Path = tmp_path_factory.mktemp("hosted")
    running = with_image(folder, "team/scales", SCALES)
    made = Hosted(running)
    made.s3.create_bucket(Bucket="data")
    made.model("doubles", 2)
    made.model("triples", 3)
    yield made
    made.running.close()
