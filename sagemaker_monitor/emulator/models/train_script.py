"""Train by a user's script, as AWS's framework containers do: `python -m …train_script`.

The script lies unpacked in `code` of the directory in SAGEMAKER_MONITOR_ROOT, which stands for /opt/ml; the
hyperparameters name it. It is called with the other hyperparameters as arguments and finds what it needs to
know in SM_ variables. Names and values: SageMaker Training Toolkit, "ENVIRONMENT_VARIABLES.md".
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

MOST_WORDS = 700
"""Characters of the script's last words that a job's reason has room for."""
_ML = "/opt/ml"
_OWN = ("sagemaker_program", "sagemaker_submit_directory")


class TrainingError(Exception):
    """The training cannot be done; the message is the job's FailureReason."""


def train(root: Path) -> None:
    """Run the script; raise TrainingError, as the containers word it, when it fails."""
    given = {name: _decoded(text) for name, text in _document(root, "hyperparameters").items()}
    program, folder = given.get("sagemaker_program"), root / "code"
    if not isinstance(program, str) or not (folder / program).is_file():
        found = ", ".join(sorted(path.name for path in folder.iterdir()))[:300] if folder.is_dir() else ""
        raise TrainingError(
            f"ClientError: there is no script {program!r}, which the hyperparameter sagemaker_program names, "
            f"in the archive of sagemaker_submit_directory; found {found or 'nothing'}"
        )
    own = {name: value for name, value in given.items() if not name.startswith("sagemaker_")}
    environ = {**os.environ, **variables(root, given, own)}
    if (folder / "requirements.txt").is_file():
        _run([sys.executable, "-m", "pip", "install", "-r", "requirements.txt"], folder, environ, "Install")
    arguments = command_line(own)
    if program.endswith(".py"):
        command = [sys.executable, program, *arguments]
    else:
        command = ["/bin/sh", "-c", f'chmod +x {program} && ./{program} "$@"', program, *arguments]
    print(f"Invoking script with the following command:\n\n{' '.join(command)}\n", flush=True)
    _run(command, folder, environ, "Execute")


def command_line(hyperparameters: Mapping[str, Any]) -> list[str]:
    """Return hyperparameters as a script's arguments: in the order of their names, `--name value`."""
    words = []
    for name, value in sorted(hyperparameters.items()):
        words.append(f"--{name}" if len(name) > 1 else f"-{name}")
        if isinstance(value, dict):
            words.append(",".join(f"{key}={each}" for key, each in sorted(value.items())))
        else:
            words.append("" if value is None else str(value))
    return words


def variables(root: Path, given: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, str]:
    """Return the SM_ variables of a job whose hyperparameters are *given*, of which the script gets *own*."""
    channels, resources = _document(root, "inputdataconfig"), _document(root, "resourceconfig")
    framework = {name: value for name, value in given.items() if name not in _OWN and name not in own}
    host, hosts = resources["current_host"], resources["hosts"]
    known: dict[str, Any] = {
        "hosts": hosts,
        "current_host": host,
        "current_instance_type": resources["current_instance_type"],
        "current_instance_group": resources["current_group_name"],
        "network_interface_name": resources["network_interface_name"],
        "num_cpus": os.cpu_count() or 1,
        "num_gpus": 0,
        "log_level": 20,
        "hps": own,
        "framework_params": framework,
        "user_entry_point": given["sagemaker_program"],
        "module_name": str(given["sagemaker_program"]).removesuffix(".py"),
        "module_dir": given.get("sagemaker_submit_directory", f"{_ML}/code"),
        "input_dir": f"{_ML}/input",
        "input_config_dir": f"{_ML}/input/config",
        "output_dir": f"{_ML}/output",
        "output_data_dir": f"{_ML}/output/data",
        "output_intermediate_dir": f"{_ML}/output/intermediate",
        "model_dir": f"{_ML}/model",
        "channels": sorted(channels),
        "resource_config": resources,
        "input_data_config": channels,
        "user_args": command_line(own),
    }
    directories = {name: f"{_ML}/input/data/{name}" for name in channels}
    training = {
        **{name: value for name, value in known.items() if name not in ("hps", "user_args", "channels")},
        "hyperparameters": own,
        "channel_input_dirs": directories,
        "job_name": os.environ.get("TRAINING_JOB_NAME", ""),
        "is_master": True,
    }
    named = {
        **known,
        "training_env": training,
        **{f"channel_{name}": path for name, path in directories.items()},
        **{f"hp_{name}": value for name, value in own.items()},
    }
    # Where /opt/ml is not mounted, the variables must say where it lies.
    base = os.environ.get("SAGEMAKER_MONITOR_RELOCATES", _ML)
    return {f"SM_{name.upper()}": _text(value).replace(_ML, base) for name, value in named.items()}


def _run(command: list[str], folder: Path, environ: Mapping[str, str], what: str) -> None:
    """Run a command to its end; what it says goes to the log, and its last words into the error."""
    # Who is asked to stop is the script; this process has to see how it ends.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with subprocess.Popen(command, cwd=folder, env=dict(environ), stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        words: deque[bytes] = deque(maxlen=40)
        echo = threading.Thread(target=_echo, args=(process.stderr, words), daemon=True)
        echo.start()
        code = process.wait()
        # What escaped from the script may hold the pipe open.
        echo.join(1)
    if code:
        told = b"".join(words).decode("utf-8", "replace").strip()[-MOST_WORDS:]
        name = "ExecuteUserScriptError" if what == "Execute" else "InstallRequirementsError"
        shown = f'{name}:\nExitCode {code}\nErrorMessage "{told}"\nCommand "{" ".join(command)[:200]}"'
        raise TrainingError(f"AlgorithmError: {shown}")


def _echo(source: BinaryIO, words: deque[bytes]) -> None:
    for line in source:
        words.append(line)
        sys.stderr.buffer.write(line)
        sys.stderr.buffer.flush()


def _document(root: Path, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((root / "input" / "config" / f"{name}.json").read_bytes())
    return document


def _decoded(text: str) -> Any:
    """Return a hyperparameter, which the SDK writes as JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def main() -> int:
    """Train; return the process's exit code, and leave the reason of a failure."""
    root = Path(os.environ["SAGEMAKER_MONITOR_ROOT"])
    try:
        train(root)
    except TrainingError as error:
        (root / "output" / "failure").write_text(str(error), encoding="utf-8")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
