"""What a job that did not succeed says about itself."""

from __future__ import annotations

from pathlib import Path

MOST = 1024


class JobFailed(Exception):  # noqa: N818 - an outcome of the job, not an error of ours
    """The job cannot succeed; the message becomes its FailureReason."""


def bounded(text: str) -> str:
    """Return *text* within the 1,024 characters that SageMaker's reasons have."""
    return text if len(text) <= MOST else text[: MOST - 1] + "…"


def exit_reason(code: int, message: Path, log: Path) -> str:
    """Return the FailureReason of a container that exited with *code*: its own message, or its last words."""
    words = read_message(message) or _tail(log) or "the container wrote neither a message nor a log"
    suffix = f", exit code: {code}"
    room = MOST - len(suffix)
    text = words if words.startswith(("AlgorithmError:", "ClientError:")) else f"AlgorithmError: {words}"
    return (text if len(text) <= room else text[: room - 1] + "…") + suffix


def read_message(path: Path) -> str | None:
    """Return what a container left in its output message file, if anything."""
    try:
        with path.open("rb") as file:
            text = file.read(4 * MOST).decode("utf-8", "replace").strip()
    except OSError:
        return None
    return text or None


def _tail(log: Path) -> str:
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 700))
            return file.read().decode("utf-8", "replace").strip()
    except OSError:
        return ""
