"""Each command as people type it: exit code, what is on standard output, what is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import put_if_missing
from sagemaker_monitor.cli.building import lint_bundle
from sagemaker_monitor.cli.main import main
from sagemaker_monitor.registry.versions import find_version
from sagemaker_monitor.settings import Environment, load_environment
from tests.operations.emulated import (
    approve,
    definition,
    deploy,
    fail_step,
    make_bundle,
    make_verdict,
    put_verdict,
    register_version,
    start,
    verdict_place,
    wait,
)

Capture = pytest.CaptureFixture[str]


def run(conf: Path, *arguments: str) -> int:
    """Run a command with this configuration."""
    return main([*arguments, "--conf-dir", str(conf)])


@pytest.fixture
def bundle_dir(environment: Environment, tmp_path: Path) -> Path:
    """A bundle of one small pipeline, as `build` writes it."""
    directory = tmp_path / "bundle"
    make_bundle(environment, register=definition(fail_step())).write(directory)
    return directory


@pytest.fixture
def opened(aws: Aws) -> str:
    """A version whose evidence is whole; the ARN of its execution."""
    arn = register_version(aws)
    put_verdict(aws, make_verdict(aws.environment, arn))
    return arn


def test_validate_names_what_is_valid(conf: Path, capsys: Capture) -> None:
    """Every environment and model is named."""
    assert run(conf, "validate") == 0
    assert capsys.readouterr().out.splitlines() == [
        "environments dev, local, prod, staging: valid",
        "models mortgage: valid",
    ]


def test_validate_tells_all_problems_at_once(conf: Path, capsys: Capture) -> None:
    """Two mistakes in two files: both are told with file and line, and the exit code is 2."""
    model, local = conf / "models" / "mortgage.yaml", conf / "environments" / "local.yaml"
    model.write_text(model.read_text().replace("favourable: 1", "favorable: 1"))
    local.write_text(local.read_text().replace("storage:", "storrage:"))

    assert run(conf, "validate") == 2
    told = capsys.readouterr().err
    assert "mortgage.yaml:" in told
    assert "local.yaml:" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    "arguments",
    [
        ("gate", "mortgge"),
        ("gate", "mortgage", "--env", "production"),
        ("run", "register", "--model", "mortgge"),
        ("upsert", "--model", "mortgge"),
        ("build", "--model", "mortgge"),
        ("report", "mortgage", "--env", "lokal"),
    ],
    ids=" ".join,
)
def test_an_unknown_model_or_environment_is_two(
    conf: Path, capsys: Capture, arguments: tuple[str, ...]
) -> None:
    """A mistyped name is told with the known ones."""
    assert run(conf, *arguments) == 2
    assert "mortgage" in (told := capsys.readouterr().err) or "local" in told


def test_upsert_of_a_bundle_then_again(aws: Aws, conf: Path, bundle_dir: Path, capsys: Capture) -> None:
    """The first run says what it did, the second that nothing changed."""
    assert run(conf, "upsert", "--bundle", str(bundle_dir)) == 0
    first = capsys.readouterr()
    assert run(conf, "upsert", "--bundle", str(bundle_dir)) == 0
    second = capsys.readouterr()

    assert first.out == "local: 3 changes (mortgage-register-local)\n"
    assert "created  pipeline mortgage-register-local" in first.err
    assert second.out == "local: unchanged (mortgage-register-local)\n"
    assert second.err == ""


def test_upsert_counts_its_writes(aws: Aws, conf: Path, bundle_dir: Path, capsys: Capture) -> None:
    """As JSON, the number of writing calls is told: none the second time."""
    counts = []
    for _ in range(2):
        assert run(conf, "upsert", "--bundle", str(bundle_dir), "--format", "json") == 0
        counts.append(json.loads(capsys.readouterr().out)["writes"])

    assert counts == [3 + 3, 0]  # file, group and pipeline, and three for the ledger


def test_an_altered_bundle_is_refused(aws: Aws, conf: Path, bundle_dir: Path, capsys: Capture) -> None:
    """A bundle whose file was changed after the build is not sent."""
    (asset,) = bundle_dir.glob("assets/*/spec.json")
    asset.write_text('{"changed": true}')

    assert run(conf, "upsert", "--bundle", str(bundle_dir)) == 2
    assert "altered" in capsys.readouterr().err


def test_a_directory_without_a_bundle_is_refused(conf: Path, tmp_path: Path, capsys: Capture) -> None:
    """An empty directory is named, with the command that writes a bundle."""
    assert run(conf, "upsert", "--bundle", str(tmp_path)) == 2
    assert "build -o" in capsys.readouterr().err


def test_a_placeholder_account_is_never_written_to(conf: Path, capsys: Capture, tmp_path: Path) -> None:
    """Upsert to an account of AWS's documentation stops before anything is sent."""
    bundle = make_bundle(load_environment("prod", conf), register=definition(fail_step()))
    bundle.write(tmp_path / "prod")

    code = main(["upsert", "--env", "prod", "--bundle", str(tmp_path / "prod"), "--conf-dir", str(conf)])

    assert code == 2
    assert "is a placeholder: nothing was sent" in capsys.readouterr().err


def test_a_definition_that_could_not_run_is_named(environment: Environment) -> None:
    """Every problem is one line: the pipeline, the place in it, and what is wrong."""
    bad = definition(fail_step())
    bad["Steps"][0]["Arguments"]["ErrorMessage"] = {"Get": "Parameters.Undeclared"}

    (problem,) = lint_bundle(make_bundle(environment, register=bad))

    assert problem.startswith("mortgage-register-local: ")
    assert "Undeclared" in problem


def test_run_detached_prints_the_arn_alone(aws: Aws, conf: Path, capsys: Capture) -> None:
    """Standard output is the execution's ARN; how to come back is for people."""
    deploy(aws, "mortgage-register-local", definition(fail_step()))

    assert run(conf, "run", "register", "--model", "mortgage", "--mode", "bootstrap", "--detach") == 0

    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    assert out.startswith("arn:aws:sagemaker:")
    assert f"come back with: sagemaker-monitor follow {out.strip()} --env local" in err


def test_run_follows_to_its_conclusion(aws: Aws, conf: Path, capsys: Capture) -> None:
    """A run that leaves no verdict is an error, and the failed step's reason is on the screen."""
    deploy(aws, "mortgage-register-local", definition(fail_step("no space left")))

    assert run(conf, "run", "register", "--model", "mortgage", "--mode", "bootstrap") == 3
    assert "step Refuse Failed: no space left" in capsys.readouterr().out


def test_run_without_upsert_says_so(aws: Aws, conf: Path, capsys: Capture) -> None:
    """Nothing is deployed: the message is a command."""
    assert run(conf, "run", "monitor-batch", "--model", "mortgage", "--input", "x.csv") == 2
    assert "run sagemaker-monitor upsert --env local" in capsys.readouterr().err


def test_gate_shows_then_opens_then_is_open(aws: Aws, conf: Path, opened: str, capsys: Capture) -> None:
    """Not approved is 10, --apply is 0, and from then on it is 0."""
    codes = [run(conf, "gate", "mortgage", *more) for more in ((), ("--apply",), ("--apply",), ())]

    out, err = capsys.readouterr()
    assert codes == [10, 0, 0, 0]
    assert "version 1 is now Approved" in out
    assert "version 1 is Approved already: unchanged" in out
    assert "open it with: sagemaker-monitor gate mortgage --version 1 --env local" in err


def test_gate_shows_the_broken_link(aws: Aws, conf: Path, capsys: Capture) -> None:
    """Without a verdict the gate is closed, and says which link does not hold."""
    register_version(aws)

    assert run(conf, "gate", "mortgage", "--apply", "--format", "json") == 10

    document = json.loads(capsys.readouterr().out)
    assert document["evidence"] == "closed"
    assert [link["name"] for link in document["links"] if not link["holds"]] == ["verdict"]


def test_gate_of_a_version_that_is_not_there_is_two(aws: Aws, conf: Path, capsys: Capture) -> None:
    """An unknown version is a usage error."""
    assert run(conf, "gate", "mortgage", "--version", "9") == 2
    assert "no version of 'mortgage' is registered" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "start"),
    [("r.html", "<!doctype html>"), ("r.md", "# "), ("r.json", "{"), ("r.xml", "<?xml")],
)
def test_report_writes_what_the_name_says(
    aws: Aws, conf: Path, opened: str, tmp_path: Path, capsys: Capture, name: str, start: str
) -> None:
    """The format follows the file's name, and the path is printed."""
    path = tmp_path / "new" / name

    assert run(conf, "report", "mortgage", "--version", "1", "-o", str(path)) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert path.read_text().startswith(start)
    assert list(path.parent.iterdir()) == [path]


def test_report_goes_to_standard_output(aws: Aws, conf: Path, opened: str, capsys: Capture) -> None:
    """Without a file the report itself is the data."""
    assert run(conf, "report", "mortgage", "--execution", opened, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["verdict"]["execution_arn"] == opened


def test_report_of_a_verdict_that_cannot_be_read_is_three(
    aws: Aws, conf: Path, tmp_path: Path, capsys: Capture
) -> None:
    """The page is written, says so, and has the steps; the exit code tells scripts."""
    arn = register_version(aws)
    put_if_missing(aws, verdict_place(aws.environment, arn), b'{"schema_version": 99}')
    page = tmp_path / "r.html"

    assert run(conf, "report", "mortgage", "-o", str(page)) == 3
    assert "schema_version 99" in capsys.readouterr().err
    assert "Verdict not readable" in page.read_text()
    assert "Register" in page.read_text()


def test_report_over_time_is_a_page_of_many_runs(
    aws: Aws, conf: Path, opened: str, tmp_path: Path, capsys: Capture
) -> None:
    """--last or --since ask for the model instead of one run; the format follows the file's name."""
    page, text = tmp_path / "risk.html", tmp_path / "risk.md"

    assert run(conf, "report", "mortgage", "--last", "30", "-o", str(page)) == 0
    assert run(conf, "report", "mortgage", "--since", "2020-01-01", "-o", str(text)) == 0
    assert "Last verdict: pass" in page.read_text()
    assert text.read_text().startswith("# Last verdict: pass")


@pytest.mark.parametrize(
    "options",
    [
        ("--last", "3", "--version", "1"),
        ("--since", "2026-01-01", "--execution", "arn"),
        ("--last", "3", "--format", "junit"),
        ("--since", "yesterday"),
        ("--last", "0"),
    ],
)
def test_report_of_one_run_and_of_many_at_once_is_two(
    conf: Path, capsys: Capture, options: tuple[str, ...]
) -> None:
    """What contradicts itself is refused before anything is asked for."""
    assert run(conf, "report", "mortgage", *options) == 2
    assert capsys.readouterr().out == ""


def test_report_to_where_nobody_can_write_is_two(
    aws: Aws, conf: Path, opened: str, tmp_path: Path, capsys: Capture
) -> None:
    """A file where a folder should be is told, without a traceback."""
    (tmp_path / "file").write_text("")

    assert run(conf, "report", "mortgage", "-o", str(tmp_path / "file" / "r.html")) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_init_writes_a_model_that_validates(conf: Path, tmp_path: Path, capsys: Capture) -> None:
    """The new file's path is on standard output, and the configuration is still valid."""
    data = tmp_path / "d.csv"
    data.write_text("customer_id,income,gender,approve\nc1,10.5,F,1\nc2,3,M,0\nc3,30,M,1\n")
    target = tmp_path / "data" / "baseline.csv"

    code = run(conf, "init", "credit", "--data", str(data), "--label", "approve", "--write-data", str(target))

    assert code == 0
    assert capsys.readouterr().out.splitlines() == [str(target), str(conf / "models" / "credit.yaml")]
    assert target.read_text() == "c1,10.5,F,1\nc2,3,M,0\nc3,30,M,1\n"
    assert run(conf, "validate") == 0


def test_init_leaves_nothing_when_the_data_cannot_be_used(
    conf: Path, tmp_path: Path, capsys: Capture
) -> None:
    """A ragged row is told with its line; neither data nor model is left."""
    data = tmp_path / "d.csv"
    data.write_text("customer_id,income,gender,approve\nc1,10.5,F,1\nc2,3,M\n")
    target = tmp_path / "out.csv"

    code = run(conf, "init", "credit", "--data", str(data), "--label", "approve", "--write-data", str(target))

    assert code == 2
    assert "d.csv:3" in capsys.readouterr().err
    assert not target.exists()
    assert not (conf / "models" / "credit.yaml").exists()


def test_a_command_for_an_image_that_is_none_starts_no_emulator(
    conf: Path, tmp_path: Path, capsys: Capture
) -> None:
    """`local up --image` says what is wrong before anything starts, as mistyped usage."""
    state = tmp_path / "other"
    code = main(["local", "up", "--image", "Team=run", "--state-dir", str(state), "--conf-dir", str(conf)])

    assert code == 2
    assert "'Team' is no repository's name" in capsys.readouterr().err
    assert not state.exists()


@pytest.fixture
def refused_batch(aws: Aws) -> str:
    """The ARN of a monitoring run that refused version 2, the latest of two approved ones."""
    for _ in range(2):
        register_version(aws)
    approve(aws, 1)
    approve(aws, 2)
    deploy(aws, "mortgage-monitor-batch-local", definition(fail_step("b" * 64)))
    arn = start(aws, "mortgage-monitor-batch-local")
    wait(aws, arn)
    version = find_version(aws, "mortgage", 2).arn
    verdict = make_verdict(
        aws.environment, arn, "refused", pipeline="monitor-batch", model_package_arn=version
    )
    put_verdict(aws, verdict, pipeline="monitor-batch")
    return arn


def test_gate_rejects_for_a_run_only_where_the_environment_says_so(
    aws: Aws, conf: Path, capsys: Capture, refused_batch: str
) -> None:
    """With notify --apply writes nothing and says what would; with reject it does, and says what follows."""
    arguments = ("gate", "mortgage", "--execution", refused_batch, "--apply")
    assert run(conf, *arguments) == 10
    out, err = capsys.readouterr()
    assert "version 2 would be Rejected; version 1 becomes the latest approved one" in out
    assert "approval.on_monitor_failure is notify in 'local': nothing is rejected" in err
    assert find_version(aws, "mortgage", 2).approval == "Approved"

    local = conf / "environments" / "local.yaml"
    local.write_text(local.read_text() + "  on_monitor_failure: reject\n")
    assert run(conf, *arguments, "--format", "json") == 10
    document = json.loads(capsys.readouterr().out)
    assert (document["changed"], document["approval"]) == (True, "Rejected")
    assert document["baselines_from"]["version"] == 1
    assert find_version(aws, "mortgage", 2).approval == "Rejected"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--force",), "--force goes with --execution"),
        (("--execution", "arn", "--version", "1"), "exclude each other"),
        (("--execution", "arn"), "is no execution's ARN"),
    ],
)
def test_gate_refuses_what_cannot_be_meant(
    conf: Path, capsys: Capture, arguments: tuple[str, ...], told: str
) -> None:
    """Options that contradict each other are told before anything is asked."""
    assert run(conf, "gate", "mortgage", *arguments) == 2
    assert told in capsys.readouterr().err
