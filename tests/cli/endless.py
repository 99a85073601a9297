"""A SageMaker on which every execution goes on, until it is stopped."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.emulator.server import Server

ARN = "arn:aws:sagemaker:eu-west-1:000000000000:pipeline/mortgage-register-local/execution/e"
JOB = "pipelines-e-ScoreBaseline-aB3dE5fG7h"


@dataclass
class Endless:
    """The configuration of an environment where executions never end, and what was asked of it."""

    conf: Path
    failing: int = 0
    """How many requests after the first one fail, with `error`."""
    error: str = "ThrottlingException"
    stopped: list[str] = field(default_factory=list)
    asked: int = 0

    def answer(self, operation: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and document of an answer."""
        self.asked += 1
        if operation == "DescribePipelineExecution":
            if self.asked > 2 and self.failing:
                self.failing -= 1
                return 400, {"__type": self.error, "message": "not now"}
            return 200, {"PipelineExecutionStatus": "Executing"}
        if operation == "ListPipelineExecutionSteps":
            arn = f"arn:aws:sagemaker:eu-west-1:000000000000:transform-job/{JOB}"
            step = {"StepName": "ScoreBaseline", "StepStatus": "Executing", "StartTime": 1_790_000_000}
            return 200, {"PipelineExecutionSteps": [{**step, "Metadata": {"TransformJob": {"Arn": arn}}}]}
        if operation == "StopPipelineExecution":
            self.stopped.append(request["PipelineExecutionArn"])
            return 200, {"PipelineExecutionArn": request["PipelineExecutionArn"]}
        return 200, {}


@pytest.fixture
def endless(conf: Path, emulator: Server) -> Iterator[Endless]:
    """A SageMaker where executions never end."""
    found = Endless(conf)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            target = self.headers.get("X-Amz-Target", "")
            if target:
                status, document = found.answer(target.partition(".")[2], json.loads(body))
                answer = json.dumps(document).encode()
            else:
                status, answer = 200, IDENTITY
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    local = conf / "environments" / "local.yaml"
    local.write_text(local.read_text().replace(emulator.url, f"http://127.0.0.1:{server.server_address[1]}"))
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


IDENTITY = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:root</Arn><UserId>u</UserId>
<Account>000000000000</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""
