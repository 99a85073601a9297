"""Following on the screen: conclusions, timeouts and Ctrl-C, each with its exit code."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.cli.main import main
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.stop import stop_execution
from tests.cli.endless import ARN, Endless
from tests.operations.emulated import (
    definition,
    deploy,
    fail_step,
    make_verdict,
    processing_step,
    put_verdict,
    register_version,
    start,
)

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("decision", "code"),
    [
        ("refused", 10),
        ("inconclusive", 10),
        ("labels-missing", 10),
        ("no-evidence", 3),
        ("pass", 3),
        (None, 3),
    ],
)
def test_a_failed_run_exits_by_its_verdict(
    aws: Aws, conf: Path, capsys: pytest.CaptureFixture[str], decision: str | None, code: int
) -> None:
    """Only a closed verdict is a refusal; without evidence it is an error; and never is it 0."""
    deploy(aws, "mortgage-register-local", definition(fail_step()))
    arn = start(aws, "mortgage-register-local")
    if decision is not None:
        put_verdict(aws, make_verdict(aws.environment, arn, decision))

    assert main(["follow", arn, "--conf-dir", str(conf)]) == code
    assert "next: " in capsys.readouterr().out


def test_an_open_run_exits_0_and_names_the_gate(
    aws: Aws, conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The next command opens the version that was registered."""
    arn = register_version(aws)
    put_verdict(aws, make_verdict(aws.environment, arn))

    assert main(["follow", arn, "--conf-dir", str(conf)]) == 0

    out, err = capsys.readouterr()
    assert f"next: sagemaker-monitor gate mortgage --version 1 --env local --conf-dir {conf} --apply" in out
    assert "Register" in err


def test_a_refusal_says_why(aws: Aws, conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The check, metric, facet, value, baseline, limit and message are on the screen, and what comes next."""
    deploy(aws, "mortgage-register-local", definition(fail_step()))
    arn = start(aws, "mortgage-register-local")
    put_verdict(aws, make_verdict(aws.environment, arn, "refused"))

    main(["follow", arn, "--quiet", "--conf-dir", str(conf)])

    out, err = capsys.readouterr()
    row = next(line for line in out.splitlines() if "DPPL" in line)
    assert row.split()[:7] == ["ModelBias", "DPPL", "black=1", "0.31", "0.12", "≤", "0.2"]
    assert "approves far fewer" in row
    assert f"next: sagemaker-monitor report mortgage --execution {arn}" in out
    assert err == ""


def test_json_has_the_whole_verdict(aws: Aws, conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --format json standard output is one document."""
    deploy(aws, "mortgage-register-local", definition(fail_step()))
    arn = start(aws, "mortgage-register-local")
    put_verdict(aws, make_verdict(aws.environment, arn, "refused"))

    assert main(["follow", arn, "--format", "json", "--conf-dir", str(conf)]) == 10

    document = json.loads(capsys.readouterr().out)
    assert document["conclusion"] == "refused"
    assert document["verdict"]["findings"][0]["metric"] == "DPPL"
    assert [step["name"] for step in document["failed_steps"]] == ["Refuse"]


def test_text_from_documents_does_not_steer_the_terminal(
    aws: Aws, conf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Escape sequences and markup in a verdict are shown as text."""
    deploy(aws, "mortgage-register-local", definition(fail_step()))
    arn = start(aws, "mortgage-register-local")
    put_verdict(aws, make_verdict(aws.environment, arn, "refused", summary="\x1b[2J[red]x[/red]\nnew"))

    main(["follow", arn, "--conf-dir", str(conf)])

    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "[red]x[/red] new" in out


def test_the_timeout_exits_4_and_says_how_to_come_back(
    endless: Endless, capsys: pytest.CaptureFixture[str]
) -> None:
    """The execution goes on, and the command that follows it again is printed."""
    assert main(["follow", ARN, "--timeout", "1s", "--conf-dir", str(endless.conf)]) == 4
    assert f"come back with: sagemaker-monitor follow {ARN} --env local" in capsys.readouterr().err


def test_a_timeout_is_a_document_too(endless: Endless, capsys: pytest.CaptureFixture[str]) -> None:
    """With --format json who waits learns from standard output what still runs."""
    arguments = ("--timeout", "1s", "--format", "json", "--quiet", "--conf-dir", str(endless.conf))
    assert main(["follow", ARN, *arguments]) == 4

    document = json.loads(capsys.readouterr().out)
    assert (document["status"], document["conclusion"]) == ("Executing", "running")
    assert document["steps"][0] == {"name": "ScoreBaseline", "status": "Executing"}


def test_throttling_is_survived(endless: Endless, capsys: pytest.CaptureFixture[str]) -> None:
    """A service that is busy for a while is asked again, which the log tells."""
    endless.failing = 2
    assert main(["follow", ARN, "--timeout", "3s", "--conf-dir", str(endless.conf)]) == 4

    told = capsys.readouterr().err
    assert "asking again" in told
    assert "AWS answers again" in told


def test_expired_credentials_end_following(endless: Endless, capsys: pytest.CaptureFixture[str]) -> None:
    """They are told with the way back, which is open after a new login."""
    endless.failing, endless.error = 99, "ExpiredTokenException"
    assert main(["follow", ARN, "--conf-dir", str(endless.conf)]) == 3

    told = capsys.readouterr().err
    assert "the AWS credentials have expired (sagemaker:DescribePipelineExecution): log in again" in told
    assert f"come back with: sagemaker-monitor follow {ARN}" in told


def _steps(aws: Aws, arn: str) -> list[dict[str, Any]]:
    """Return the steps of an execution that have begun."""
    answer = aws.call("sagemaker", "list_pipeline_execution_steps", PipelineExecutionArn=arn)
    return list(answer["PipelineExecutionSteps"])


def test_a_stopped_run_says_so(aws: Aws, conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is no evidence, and there is nothing to put right."""
    code = "import time; time.sleep(60)"
    deploy(aws, "mortgage-register-local", definition(processing_step(aws.environment, code)))
    arn = start(aws, "mortgage-register-local")
    deadline = time.monotonic() + 30
    while not _steps(aws, arn) and time.monotonic() < deadline:
        time.sleep(0.05)
    stop_execution(aws, arn)

    assert main(["follow", arn, "--conf-dir", str(conf)]) == 3

    out = capsys.readouterr().out
    assert "it left no verdict: step Join Stopped before any check; the execution is Stopped" in out
    assert "next: it was stopped, start a new run" in out


def test_a_pipeline_of_others_is_followed(aws: Aws, conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its own end is the exit code, and why there is no verdict is told."""
    deploy(aws, "payroll", definition(fail_step("no budget")))
    arn = start(aws, "payroll")

    assert main(["follow", arn, "--conf-dir", str(conf)]) == 3

    out = capsys.readouterr().out
    assert f"payroll {arn.rsplit('/', 1)[-1]}: Failed" in out
    assert "no verdict is expected of it" in out
    assert "no budget" in out


def test_what_a_broken_job_logged_is_shown(aws: Aws, conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The end of the log, as text, under the step's reason; and in the document."""
    code = "print(chr(27) + '[2J no column income'); raise SystemExit(1)"
    deploy(aws, "mortgage-register-local", definition(processing_step(aws.environment, code)))
    arn = start(aws, "mortgage-register-local")

    assert main(["follow", arn, "--conf-dir", str(conf)]) == 3
    out, err = capsys.readouterr()
    assert main(["follow", arn, "--format", "json", "--conf-dir", str(conf)]) == 3
    document = json.loads(capsys.readouterr().out)

    assert "  | �[2J no column income" in out
    assert "log /aws/sagemaker/ProcessingJobs, stream pipelines-" in out
    assert "\x1b" not in out + err
    assert document["failed_steps"][0]["log"]["lines"] == ["\x1b[2J no column income"]


def test_ctrl_c_detaches(endless: Endless) -> None:
    """An interrupted follow says that the execution goes on and how to come back, without a traceback."""
    command = [
        sys.executable,
        "-m",
        "sagemaker_monitor.cli.main",
        "follow",
        ARN,
        "--conf-dir",
        str(endless.conf),
    ]
    with subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stderr is not None
        for line in child.stderr:
            if "Executing" in line:
                break
        child.send_signal(signal.SIGINT)
        told = child.stderr.read()

    assert child.returncode == 130
    assert f"come back with: sagemaker-monitor follow {ARN} --env local" in told
    assert "Traceback" not in told
    assert endless.stopped == []


def test_an_unknown_execution_is_two(aws: Aws, conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What does not exist cannot be followed."""
    assert main(["follow", ARN, "--conf-dir", str(conf)]) == 2
    assert "error: there is no execution" in capsys.readouterr().err


def test_a_stopped_emulator_is_three(
    conf: Path, emulator: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody answers: one line says which command starts it."""
    local = conf / "environments" / "local.yaml"
    local.write_text(local.read_text().replace(emulator.url, "http://127.0.0.1:1"))

    assert main(["follow", ARN, "--conf-dir", str(conf)]) == 3
    assert "run sagemaker-monitor local up" in capsys.readouterr().err
