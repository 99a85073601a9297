"""What public notebooks made by boto3 is adopted, deployed without a writing call, and finds what it found.

The programs are those of tests/slow/clients, run up to where their schedules are made.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.aws.storage import list_objects, read
from sagemaker_monitor.cli.main import main
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.lifecycle import fire
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.firing import wait_for
from sagemaker_monitor.settings import load_environment
from tests.slow.clients import checks
from tests.slow.clients.running import FLOWS

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]
REGION = "us-east-1"
Capture = pytest.CaptureFixture[str]
CONF = {
    "environments/local.yaml": """\
schema_version: 1
account: "000000000000"
region: us-east-1
endpoint_url: {url}
roles: {{execution: arn:aws:iam::000000000000:role/monitor}}
storage: {{bucket: monitoring, prefix: ml}}
"""
}


@dataclass(frozen=True)
class Team:
    """A team that has notebooks, an emulator, and a configuration without a model."""

    server: Server
    conf: Path
    data: Path
    patch: pytest.MonkeyPatch

    @property
    def aws(self) -> Aws:
        """The emulator."""
        return connect(load_environment("local", self.conf))

    def __call__(self, *arguments: str) -> int:
        """Run a command with this configuration."""
        return main([*arguments, "--conf-dir", str(self.conf)])

    def notebook(self, flow: str, bucket: str) -> datetime:
        """Run a notebook until its schedules are made; return when they are due over what it sent."""
        program = FLOWS / "with_boto3" / f"{flow}.py"
        cells, found, _ = program.read_text().partition("\nfound = ")
        assert found, f"{program} makes its schedules before it looks what they found"
        for requests in ("1977", "1892"):
            cells = cells.replace(requests, "334")  # once round is enough here
        self.patch.setattr(sys, "argv", [str(program), str(self.data), bucket])
        self.patch.syspath_prepend(str(FLOWS))
        for name, value in (
            ("AWS_ENDPOINT_URL", self.server.url),
            ("AWS_ACCESS_KEY_ID", "notebook"),
            ("AWS_SECRET_ACCESS_KEY", "notebook"),
            ("AWS_DEFAULT_REGION", REGION),
        ):
            self.patch.setenv(name, value)
        exec(compile(cells, str(program), "exec"), {"__name__": "notebook"})
        self.patch.delenv("AWS_ENDPOINT_URL")
        return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)

    def violations(self, schedule: str, at: datetime, bucket: str) -> Any:
        """Fire *schedule* and return the violations that it found, None where it found none."""
        due = fire(self.server.url, REGION, schedule, at.isoformat()).scheduled
        end = wait_for(self.aws, schedule, due, timeout=300.0)
        assert end.status.startswith("Completed"), end.lines
        assert end.reports is not None
        assert end.reports.startswith(f"s3://{bucket}/")
        files = [each.uri for each in list_objects(self.aws, f"{end.reports}/")]
        names = [uri for uri in files if uri.endswith("/constraint_violations.json")]
        # Standard deviations are those of random samples, of the job's own.
        return json.loads(re.sub(r" \+/- [\d.E-]+", "", read(self.aws, names[0]).decode())) if names else None


@pytest.fixture
def team(tmp_path: Path, recorded_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    """Give a team an emulator of its own."""
    with Server(EmulatorConfig(state_dir=tmp_path / "state", port=0)) as server:
        conf = tmp_path / "conf"
        for name, text in CONF.items():
            file = conf / name
            file.parent.mkdir(parents=True)
            file.write_text(text.format(url=server.url))
        made = Team(server, conf, recorded_data, monkeypatch)
        made.aws.call("s3", "create_bucket", Bucket="monitoring")
        yield made


NOTEBOOKS: dict[str, dict[str, list[str]]] = {
    "bias_batch": {"churn-batch": ["--schedule", "churn-batch"]},
    "explainability_endpoint": {"income": ["--endpoint", "income"]},
    "quality_endpoint": {
        "churn-data": ["--endpoint", "churn-data", "--label", "Churn"],
        "churn-model": [
            *("--endpoint", "churn-model", "--label", "Churn"),
            *("--data", "{data}/churn/training-dataset-with-header.csv"),
        ],
    },
}
"""Program to the schedules that it makes, each with what adopts it."""


@pytest.mark.parametrize("flow", NOTEBOOKS)
def test_a_notebook_s_monitors_go_on(team: Team, flow: str, capsys: Capture) -> None:
    """Adopt, validate, plan: marks alone; after one upsert nothing; the same violations as before."""
    bucket = flow.replace("_", "-")
    at = team.notebook(flow, bucket)
    schedules = NOTEBOOKS[flow]
    before = {name: team.violations(name, at, bucket) for name in schedules}
    for name, options in schedules.items():
        given = [each.format(data=team.data) for each in options]
        assert team("adopt", *given, "--model", name) == 0
    assert team("validate", "--definitions") == 0
    capsys.readouterr()
    assert team("plan", "--exit-code", "--format", "json") == 5
    plans = json.loads(capsys.readouterr().out)["plans"]
    changes = [(each["done"], each["name"]) for plan in plans for each in plan["changes"]]
    assert changes == [("tagged", name) for name in sorted(schedules)]
    assert team("upsert") == 0
    assert team("plan", "--exit-code") == 0
    after = {name: team.violations(name, at + timedelta(seconds=1), bucket) for name in schedules}

    assert after == before
    if flow == "bias_batch":
        recorded = checks.document(team.data, "churn_bias_batch_csv", "constraint_violations.json")
        checks.same(recorded, after["churn-batch"])
    if flow == "quality_endpoint":
        assert len(after["churn-data"]["violations"]) == 60  # of one odd row, and of scores for labels
        assert after["churn-model"]["violations"]
