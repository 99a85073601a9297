"""Who is told what: the mortgage example with a topic and alarms, from files to messages in a queue."""

from __future__ import annotations

import json
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from tests.operations.told import Topic, told
from tests.test_loop import Loop, prepared

pytestmark = pytest.mark.long

MATCH = "data_quality/baseline_drift_check/obrat"
CONFIGURED = f"""
monitoring_schedules:
  inputs: {{monitor: data_quality, of: batches, expression: "cron(0 * ? * * *)", window: {{start: -PT3H}}}}
alarms:
  obligations: {{match: {MATCH}, pipeline: monitor-batch, above: 0.2}}
  captured: {{match: {MATCH}, schedule: inputs, above: 0.02}}
"""
OF_RUNS, OF_SCHEDULE = "mortgage-obligations-local", "mortgage-captured-local"


@dataclass(frozen=True)
class Watched:
    """The loop with its topic; an approved version is deployed with everything that is configured."""

    loop: Loop
    topic: Topic

    def batch(self, name: str, *labels: str) -> int:
        """Run a batch and return the exit code."""
        given = ("--labels", self.loop.file(labels[0])) if labels else ()
        return self.loop(
            "run", "monitor-batch", "--model", "mortgage", "--input", self.loop.file(name), *given
        )

    def state(self, alarm: str, expected: str) -> None:
        """Wait until an alarm has a state."""
        deadline = time.monotonic() + 30
        while (now := self._state(alarm)) != expected and time.monotonic() < deadline:
            time.sleep(0.1)
        assert now == expected

    def _state(self, alarm: str) -> str:
        (found,) = self.loop.aws.call("cloudwatch", "describe_alarms", AlarmNames=[alarm])["MetricAlarms"]
        return str(found["StateValue"])


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """One emulator for this module's tests, which follow each other."""
    folder = tmp_path_factory.mktemp("watched")
    with Server(EmulatorConfig(state_dir=folder / "state", port=0)) as server:
        loop = prepared(folder, server.url)
        with told(loop.aws, "watched") as topic:
            local, model = (loop.conf / each for each in ("environments/local.yaml", "models/mortgage.yaml"))
            local.write_text(f"{local.read_text()}\nschedules: enabled\nnotify: {{sns: {topic.arn}}}\n")
            model.write_text(model.read_text() + CONFIGURED)
            assert loop("upsert") == 0
            files = ("--artifact", loop.file("model.tar.gz"), "--baseline-data", loop.file("validation.csv"))
            assert loop("run", "register", "--model", "mortgage", "--mode", "bootstrap", *files) == 0
            assert loop("gate", "mortgage", "--version", "1", "--apply") == 0
            assert loop("upsert") == 0
            yield Watched(loop, topic)
            assert loop("destroy", "mortgage", "--yes") == 0
            assert (
                loop.aws.call("cloudwatch", "describe_alarms", AlarmNamePrefix="mortgage-")["MetricAlarms"]
                == []
            )


def test_everything_that_is_configured_is_deployed_once(
    watched: Watched, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rule, alarms and schedule; the next upsert writes nothing."""
    assert watched.loop("upsert", "--format", "json") == 0
    told = json.loads(capsys.readouterr().out)

    assert told["writes"] == 0
    kinds = {change["kind"] for change in told["changes"]}
    assert {"event rule", "alarm", "monitoring schedule"} <= kinds


def test_an_honest_batch_tells_nobody(watched: Watched) -> None:
    """It passes, and the alarm on its obligations is OK."""
    assert watched.batch("batch-honest.csv", "labels-honest.csv") == 0
    watched.state(OF_RUNS, "OK")

    assert watched.topic.messages(0) == []


def test_a_drifted_batch_is_told_with_what_crossed(watched: Watched) -> None:
    """The refusal's message names check, feature, value, limit, verdict, and what to do; the alarm rings."""
    assert watched.batch("batch-drifted.csv") == 10
    watched.state(OF_RUNS, "ALARM")
    messages = watched.topic.messages(2)

    (alarm,) = [json.loads(each) for each in messages if each.startswith("{")]
    assert (alarm["AlarmName"], alarm["NewStateValue"]) == (OF_RUNS, "ALARM")
    (refusal,) = [each for each in messages if not each.startswith("{")]
    first, second, *commands = refusal.splitlines()
    assert first.startswith('"mortgage in local, Refuse')
    assert "refused: the distance of obrat from its baseline is 0.34, at most 0.10 is explained by" in first
    assert "and 2 more findings: data_quality/baseline_drift_check/appinc = 0.1933," in first
    arn = second.removeprefix('"Execution: ').split(",")[0]
    verdict = f"mortgage/monitor-batch/{arn.rpartition('/')[2]}/decide/verdict.json"
    assert verdict in first
    assert f"sagemaker-monitor follow {arn} --env local" in commands[0]
    assert len(refusal) < 3000


def test_a_step_that_breaks_is_told_with_its_reason(watched: Watched, tmp_path: Path) -> None:
    """An artifact that is no model: nothing is decided, and the step's own reason is the message."""
    text = tmp_path / "readme.txt"
    text.write_text("no model")
    artifact = tmp_path / "model.tar.gz"
    with tarfile.open(artifact, "w:gz") as archive:
        archive.add(text, "readme.txt")
    files = ("--artifact", str(artifact), "--baseline-data", watched.loop.file("validation.csv"))
    assert watched.loop("run", "register", "--model", "mortgage", "--mode", "check", *files) == 3

    (message,) = watched.topic.messages()
    assert message.startswith('"mortgage in local, ScoreBaseline: ')
    assert "pipeline/mortgage-register-local/execution/" in message


def test_the_alarm_of_a_schedule_rings_by_what_was_captured(watched: Watched) -> None:
    """SageMaker's own metric of the batches together has drifted; its alarm tells by itself."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    at = f"{hour:%Y-%m-%dT%H:%M:%SZ}"
    assert watched.loop("local", "fire", "mortgage-inputs-local", "--at", at) in (0, 10)
    watched.state(OF_SCHEDULE, "ALARM")

    (message,) = watched.topic.messages()
    assert json.loads(message)["Trigger"]["MetricName"] == "feature_baseline_drift_obrat"


def test_the_alarm_goes_back_with_the_next_honest_batch(watched: Watched) -> None:
    """It has the state of the last run, an hour's worst value: here once the hour's limit is above it."""
    model = watched.loop.conf / "models" / "mortgage.yaml"
    model.write_text(model.read_text().replace("monitor-batch, above: 0.2", "monitor-batch, above: 0.99"))
    assert watched.loop("upsert") == 0
    watched.state(OF_RUNS, "OK")
