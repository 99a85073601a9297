"""Every command has help, every error its exit code, and nothing heavy is imported for either."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest

from pipelines.bundle import BundleError
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.errors import AwsError, NotFoundError, WriteRefusedError
from sagemaker_monitor.cli.errors import ExitCode, table
from sagemaker_monitor.cli.lazy import Lazy
from sagemaker_monitor.cli.main import COMMANDS, main, root
from sagemaker_monitor.emulator.lifecycle import LifecycleError
from sagemaker_monitor.operations.errors import OperationError, TimedOutError, UsageError
from sagemaker_monitor.registry.errors import RegistryError
from sagemaker_monitor.reports import ReportError
from sagemaker_monitor.settings import ConfigError, Environment, Problem
from tests.cli.failing import FAILURES
from tests.cli.heavy import HEAVY
from tests.operations.emulated import definition, fail_step, make_bundle

ROOT = Path(__file__).parents[2]


def every_command() -> Iterator[tuple[str, ...]]:
    """Yield the words of every command, groups and the root included."""
    context = click.Context(root)
    yield ()
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        yield (name,)
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                yield name, inner


@pytest.mark.parametrize("words", list(every_command()), ids=" ".join)
def test_every_command_has_help(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """--help works everywhere, exits 0, goes to standard output, and every option says what it is for."""
    assert main([*words, "--help"]) == 0
    assert capsys.readouterr().out.startswith("Usage: sagemaker-monitor")

    command: click.Command = root
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    assert command.help
    assert [p.name for p in command.params if isinstance(p, click.Option) and not p.help] == []


@pytest.mark.parametrize("name", list(COMMANDS))
def test_commands_that_do_something_take_the_common_options(name: str) -> None:
    """--conf-dir, --env, --quiet and --debug are on every command; promote has two environments."""
    which = {"--from", "--to"} if name == "promote" else {"--env"}
    command = root.get_command(click.Context(root), name)
    assert command is not None
    leaves = list(command.commands.values()) if isinstance(command, click.Group) else [command]

    for leaf in leaves:
        options = {option for parameter in leaf.params for option in parameter.opts}
        assert {"--conf-dir", *which, "--quiet", "--debug"} <= options


def test_the_list_of_commands_is_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    """The list that --help prints without importing anything names every command with its line."""
    main(["--help"])
    text = re.sub(r"\s+", " ", capsys.readouterr().out)

    for name, lazy in COMMANDS.items():
        assert f"{name} {lazy.help}" in text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError([Problem("is wrong")]), 2),
        (UsageError("is wrong"), 2),
        (RegistryError("is wrong"), 2),
        (BundleError("is wrong"), 2),
        (WriteRefusedError("is wrong"), 2),
        (click.UsageError("is wrong"), 2),
        (TimedOutError("is wrong"), 4),
        (OperationError("is wrong"), 3),
        (AwsError("is wrong"), 3),
        (NotFoundError("is wrong"), 3),
        (LifecycleError("is wrong"), 3),
        (ReportError("is wrong"), 3),
        (RuntimeError("is wrong"), 3),
        (MemoryError("is wrong"), 3),
        (RecursionError("is wrong"), 3),
        (OSError(28, "is wrong"), 3),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_error_has_its_exit_code(
    error: BaseException,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """Expected or not, an error is told on standard error, without a traceback, and has its code."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setitem(root.lazy, "failing", Lazy("tests.cli.failing:failing", ""))
    monkeypatch.setitem(FAILURES, "it", error)

    assert main(["failing", "it"]) == code

    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert "is wrong" in err or "interrupted" in err


def test_an_unexpected_error_leaves_its_traceback_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One line names the error and the file, and the file has the traceback."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setitem(root.lazy, "failing", Lazy("tests.cli.failing:failing", ""))
    monkeypatch.setitem(FAILURES, "it", RuntimeError("two\nlines"))

    assert main(["failing", "it"]) == 3

    (saved,) = tmp_path.iterdir()
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith("error: unexpected RuntimeError: two lines; ")
    assert str(saved) in told
    assert "Traceback" in saved.read_text()


def test_debug_prints_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """With --debug the traceback is on the screen, and no file is written."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setitem(root.lazy, "failing", Lazy("tests.cli.failing:failing", ""))
    monkeypatch.setitem(FAILURES, "it", RuntimeError("boom"))

    assert main(["failing", "it", "--debug"]) == 3

    assert "Traceback" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_only_a_refusal_is_ten() -> None:
    """No error shares the exit code of a refusal."""
    assert int(ExitCode.REFUSED) == 10
    assert ExitCode.REFUSED not in [code for _, code in table()]


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["run"],
        ["run", "register"],
        ["run", "register", "--model", "mortgage", "--timeout", "soon"],
        ["follow", "arn", "--timeout", "soon"],
        ["gate", "mortgage", "--version", "0"],
        ["ground-truth", "put", "labels.csv"],
        ["report", "mortgage", "--format", "pdf"],
        ["upsert", "--nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be meant so is told with the usage, on standard error."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, "Usage: sagemaker-monitor" in err) == ("", True)


def test_a_mode_that_is_none_is_told_before_anything_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """It takes no emulator to say so."""
    assert main(["run", "register", "--model", "mortgage", "--mode", "sometimes"]) == 2
    assert "'sometimes' is no mode" in capsys.readouterr().err


def after_each(commands: Sequence[Sequence[str]], modules: Sequence[str], *, ends: str = "") -> str:
    """Return Python that runs one command after the other and fails at the first that loads one of *modules*.

    *ends* is what is asserted of a command's exit code, *code*.
    """
    return (
        "import sys\n"
        "from sagemaker_monitor.cli.main import main\n"
        f"for words in {[list(words) for words in commands]!r}:\n"
        "    code = main(words)\n"
        f"    assert {ends or True}, (words, code)\n"
        f"    loaded = [m for m in {tuple(modules)!r} if m in sys.modules]\n"
        "    assert not loaded, (words, loaded)\n"
    )


def test_help_imports_nothing_heavy() -> None:
    """Help of any command imports neither boto3 nor any of the libraries that compute."""
    commands = [(*words, "--help") for words in every_command()]
    code = after_each(commands, (*HEAVY, "boto3", "pydantic", "rich"), ends="code == 0")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert len(commands) > 20
    assert done.returncode == 0, done.stderr


def test_what_only_asks_and_starts_never_imports_the_sdk(conf: Path, tmp_path: Path) -> None:
    """Run against an empty emulator to their end, these commands load neither the SDK nor what computes."""
    commands = [
        ["validate"],
        ["run", "register", "--model", "mortgage"],
        ["run", "monitor-batch", "--model", "mortgage"],
        ["follow", "arn:aws:sagemaker:eu-west-1:000000000000:pipeline/p/execution/e"],
        ["status"],
        ["gate", "mortgage"],
        ["doctor"],
        ["report", "mortgage"],
        ["ground-truth", "put", "none.csv", "--model", "mortgage"],
        ["init", "credit", "--data", "none.csv", "--label", "y"],
        ["local", "status"],
    ]
    done = subprocess.run(
        [sys.executable, "-c", after_each([[*each, "--conf-dir", str(conf)] for each in commands], HEAVY)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "unexpected" not in done.stderr


@pytest.mark.parametrize("command", ["plan", "status", "upsert"])
def test_with_a_bundle_the_sdk_is_not_loaded(
    aws: Aws, conf: Path, environment: Environment, tmp_path: Path, command: str
) -> None:
    """Commands that need not build import neither the SageMaker SDK nor what computes."""
    bundle_dir = tmp_path / "bundle"
    make_bundle(environment, register=definition(fail_step("closed"))).write(bundle_dir)
    code = (
        "import sys; from sagemaker_monitor.cli.main import main; "
        f"code = main({[command, '--bundle', str(bundle_dir), '--conf-dir', str(conf)]!r}); "
        f"loaded = [m for m in {HEAVY!r} if m in sys.modules]; assert not loaded, loaded; sys.exit(code)"
    )
    environ = {"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(conf)}

    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("command", "limit"), [("--help", 0.3), ("validate", 0.8)])
def test_what_needs_no_network_is_quick(command: str, limit: float) -> None:
    """The list of commands costs less than 0.3 s of CPU, checking this configuration less than 0.8 s."""
    words = [sys.executable, "-m", "sagemaker_monitor.cli.main", command]
    # What is measured is not the compiler: the first run writes what it compiled.
    environ = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, check=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < limit


def test_a_command_of_its_own_process_spares_the_looks_for_garbage() -> None:
    """What was imported is not looked through at the end; a caller in Python keeps its settings."""
    code = (
        "import atexit, gc, sys\n"
        "atexit.register(lambda: print(gc.get_threshold()[0], gc.get_freeze_count() > 1000))\n"
        "from sagemaker_monitor.cli.main import main\n"
        "print(gc.get_threshold()[0]); main(['--version']); print(gc.get_threshold()[0])\n"
        "sys.argv[1:] = ['--version']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    before, called, last = (line for line in done.stdout.splitlines() if line != "0.1.0")
    assert called == before
    assert last == "100000 True"


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    """`sagemaker-monitor … | head` ends quietly."""
    code = "import sys; from sagemaker_monitor.cli.main import main; sys.exit(main(['--help']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        told = child.stderr.read().decode()

    assert child.returncode == 3
    assert "Traceback" not in told
