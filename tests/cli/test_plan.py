"""plan and status as people type them: lines, JSON, exit codes, and no SDK where a bundle is at hand."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.cli.main import main
from sagemaker_monitor.cli.render.plan import MOST_LINES, difference_line, plan_text, plans_json
from sagemaker_monitor.operations.difference import MISSING, Difference
from sagemaker_monitor.operations.plan import Plan
from sagemaker_monitor.operations.resources.resource import Change
from sagemaker_monitor.settings import Environment, load_environment
from tests.operations.emulated import (
    CONF,
    definition,
    fail_step,
    make_bundle,
    make_verdict,
    put_verdict,
    start,
    wait,
)

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
Capture = pytest.CaptureFixture[str]


def run(conf: Path, *arguments: str) -> int:
    """Run a command with this configuration."""
    return main([*arguments, "--conf-dir", str(conf)])


def written(environment: Environment, directory: Path, message: str = "closed") -> Path:
    """Write a bundle of one small pipeline that fails with *message*."""
    make_bundle(environment, register=definition(fail_step(message))).write(directory)
    return directory


@pytest.fixture
def bundle_dir(environment: Environment, tmp_path: Path) -> Path:
    """A bundle of one small pipeline, as `build` writes it."""
    return written(environment, tmp_path / "bundle")


def test_plan_then_upsert_then_nothing(aws: Aws, conf: Path, bundle_dir: Path, capsys: Capture) -> None:
    """Pending exits 5 with --exit-code, and 0 without; after upsert nothing is pending."""
    plan = ("plan", "--bundle", str(bundle_dir))

    assert run(conf, *plan, "--exit-code") == 5
    assert "  + pipeline mortgage-register-local" in capsys.readouterr().out.replace("    ", "  ")
    assert run(conf, *plan) == 0
    assert run(conf, "upsert", "--bundle", str(bundle_dir), "--quiet") == 0
    capsys.readouterr()
    assert run(conf, *plan, "--exit-code") == 0
    assert "local mortgage: nothing to change" in capsys.readouterr().out


def test_plan_names_the_place_that_differs(
    aws: Aws, conf: Path, environment: Environment, bundle_dir: Path, tmp_path: Path, capsys: Capture
) -> None:
    """A change of a step is a line with its name and both values, and what upsert would do is one more."""
    run(conf, "upsert", "--bundle", str(bundle_dir), "--quiet")
    capsys.readouterr()

    code = run(conf, "plan", "--bundle", str(written(environment, tmp_path / "other", "shut")), "--exit-code")

    out = capsys.readouterr().out
    assert code == 5
    assert "~ Steps[Refuse].Arguments.ErrorMessage: closed → shut  in register" in out
    assert "upsert would update pipeline mortgage-register-local (definition, description)" in out


def test_plan_as_json_is_one_document(aws: Aws, conf: Path, bundle_dir: Path, capsys: Capture) -> None:
    """Standard output is JSON alone, with differences and upsert's changes."""
    assert run(conf, "plan", "--bundle", str(bundle_dir), "--format", "json") == 0

    document = json.loads(capsys.readouterr().out)
    (plan,) = document["plans"]
    assert (document["schema_version"], document["pending"], plan["model"]) == (1, True, "mortgage")
    assert {"kind": "pipeline", "name": "mortgage-register-local", "done": "created", "detail": ""} in plan[
        "changes"
    ]
    assert plan["differences"][0]["subject"] == "model package group mortgage"


def test_a_plan_is_saved_whoever_reads_its_text(
    aws: Aws, conf: Path, bundle_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody reads standard output any more, what --out names is written all the same."""
    saved, (read, write) = tmp_path / "plan.json", os.pipe()
    os.close(read)
    with os.fdopen(os.dup(write), "w") as closed, monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", closed)
        run(conf, "plan", "--bundle", str(bundle_dir), "--out", str(saved))
        with suppress(OSError):
            closed.close()
    os.close(write)

    assert json.loads(saved.read_text())["pending"]


def test_plan_without_an_emulator_says_how_to_start_it(conf: Path, bundle_dir: Path, capsys: Capture) -> None:
    """Exit code 3 and the command, before anything is built."""
    local = conf / "environments" / "local.yaml"
    url = next(line for line in local.read_text().splitlines() if line.startswith("endpoint_url"))
    local.write_text(local.read_text().replace(url, "endpoint_url: http://127.0.0.1:9"))

    assert run(conf, "plan", "--bundle", str(bundle_dir)) == 3
    assert "local up" in capsys.readouterr().err


def test_plan_without_credentials_says_so(
    conf: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An AWS environment needs credentials to be compared with; nothing is built before."""
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")

    assert run(conf, "plan", "--env", "dev") == 3
    assert "no usable AWS credentials for 'dev' (account 111122223333)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan", "--bundle", "none"], "holds no bundle"),
        (["plan", "--model", "nobody"], "nobody"),
        (["status", "--bundle", "none"], "holds no bundle"),
        (["status", "--bundle", "none", "--compare"], "not both"),
        (["status", "--model", "nobody"], "nobody"),
    ],
)
def test_bad_arguments_exit_with_2(
    aws: Aws, conf: Path, capsys: Capture, arguments: list[str], said: str
) -> None:
    """What was meant cannot be done, and the message says why."""
    assert run(conf, *arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("difference", "line"),
    [
        (
            Difference("~", "model", "monitors.bias.facets[0].values", [1], [0, 1], note="black"),
            "~ monitors.bias.facets[0].values: [1] → [0, 1]  (black)",
        ),
        (Difference("~", "model", "gate.x", "calibrated", 0.1), "~ gate.x: calibrated → 0.1"),
        (Difference("~", "model", "x", "1", 1), '~ x: "1" → 1'),
        (Difference("~", "model", "x", "", None), '~ x: "" → none'),
        (Difference("+", "environment", "tags.a", after="b"), "+ tags.a: b"),
        (
            Difference("~", "file", "join.py", text="3 lines added", pipelines=("register",)),
            "~ join.py: 3 lines added  in register",
        ),
        (
            Difference(
                "~",
                "pipeline",
                "p",
                {"Get": "Parameters.A"},
                {"Std:Join": {"On": "/", "Values": ["a", {"Get": "B"}]}},
            ),
            "~ p: ${Parameters.A} → a/${B}",
        ),
        (
            Difference("~", "model", "k", "a\x1b[2J", "b", pipelines=("r",), is_partial=True),
            "~ k: a�[2J → b  in r",
        ),
    ],
)
def test_a_difference_is_one_line(difference: Difference, line: str) -> None:
    """Values are written as in YAML, never alike, and cannot steer the terminal."""
    assert difference_line(difference) == line


def test_long_values_are_shown_where_they_part() -> None:
    """Two long texts are cut to where they differ."""
    line = difference_line(Difference("~", "pipeline", "p", "s" * 500 + "old", "s" * 500 + "new"))

    assert line.endswith("sold → …ssssssssssssssssssssssssnew")
    assert len(line) < 100


def big_plan() -> Plan:
    """A plan of very many and very large differences."""
    differences = tuple(
        Difference("~", "pipeline", f"Steps[S{number}].Arguments.X", "a" * 5000, MISSING)
        for number in range(1500)
    )
    pending = (Change("pipeline", "mortgage-register-local", "updated", "definition"),)
    return Plan("mortgage", "local", "b" * 64, {}, pending, differences, ())


def test_a_plan_is_bounded(capsys: Capture) -> None:
    """Fifteen hundred differences are some lines on the screen, and not everything in JSON."""
    plan_text(big_plan())
    document = json.loads(plans_json(load_environment("local", CONF), "", [big_plan()]))

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < MOST_LINES + 6
    assert any("and 1440 more" in line for line in lines)
    assert (len(document["plans"][0]["differences"]), document["plans"][0]["omitted"]) == (1000, 500)
    assert len(document["plans"][0]["differences"][0]["before"]) == 2000


def test_status_tells_what_is_deployed_and_how_the_last_run_ended(
    aws: Aws, conf: Path, bundle_dir: Path, capsys: Capture
) -> None:
    """After a refused run: this checkout is deployed, the run failed, its verdict is refused."""
    run(conf, "upsert", "--bundle", str(bundle_dir), "--quiet")
    arn = start(aws, "mortgage-register-local")
    wait(aws, arn)
    put_verdict(aws, make_verdict(aws.environment, arn, "refused"))
    capsys.readouterr()

    assert run(conf, "status", "--bundle", str(bundle_dir)) == 0

    rows = {
        line.split()[1]: line.split() for line in capsys.readouterr().out.splitlines() if "mortgage " in line
    }
    assert rows["register"][2:4] == ["unknown", "same"]
    assert rows["register"][-2:] == ["Failed", "refused"]
    assert rows["monitor-batch"][2:] == ["-", "not", "deployed", "-", "-", "-"]


def test_status_as_json(aws: Aws, conf: Path, bundle_dir: Path, capsys: Capture) -> None:
    """One document: every pipeline with its state, and no times where nothing ran."""
    run(conf, "upsert", "--bundle", str(bundle_dir), "--quiet")
    capsys.readouterr()

    assert run(conf, "status", "--format", "json") == 0

    (model,) = json.loads(capsys.readouterr().out)["models"]
    register = model["pipelines"][0]
    assert (register["name"], register["checkout"], register["last"]) == (
        "mortgage-register-local",
        "not compared",
        None,
    )
    assert register["modified"].endswith("Z")
    assert (model["approved"], model["pending"]) == (None, 0)


def test_status_prints_no_bundle_of_another_model(
    aws: Aws, conf: Path, bundle_dir: Path, capsys: Capture
) -> None:
    """A bundle given for another model is a mistake that is told."""
    manifest = Bundle.read(bundle_dir)
    assert manifest.model == "mortgage"
    other = (conf / "models" / "mortgage.yaml").read_text().replace("model: mortgage", "model: credit")
    (conf / "models" / "credit.yaml").write_text(other)

    assert run(conf, "status", "--model", "credit", "--bundle", str(bundle_dir)) == 2
    assert "is of model 'mortgage'" in capsys.readouterr().err
