"""An environment of its own for every peer, pinned; one that cannot be installed is said so."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HOME = Path(".bench")


@dataclass(frozen=True)
class Peer:
    """A package to compare with, and its requirements."""

    name: str
    requirements: tuple[str, ...]
    needs: str | None = None
    """A program that has to be on the PATH."""


PEERS = {
    peer.name: peer
    for peer in (
        # The last pandas whose string columns it understands.
        Peer("smclarify", ("smclarify==0.5", "pandas==1.5.3", "numpy==1.26.4", "pyarrow==14.0.2")),
        Peer("aif360", ("aif360==0.6.1", "pandas==2.3.3", "numpy==2.3.5", "scikit-learn==1.7.2")),
        Peer("fairlearn", ("fairlearn==0.15.0", "pandas==2.3.3", "scikit-learn==1.7.2")),
        Peer("duckdb", ("duckdb==2.0.1",)),
        Peer("pandas", ("pandas==3.1.1", "pyarrow==25.0.1")),
        Peer("whylogs", ("whylogs==1.6.4", "pandas==1.5.3", "numpy==1.26.4")),
        Peer("great-expectations", ("great-expectations==1.24.1", "pandas==2.3.3")),
        Peer("evidently", ("evidently==0.7.23", "pandas==2.3.3")),
        Peer("pyspark", ("pyspark==4.3.0",), needs="java"),
        Peer("shap", ("shap==0.51.0", "numpy==2.4.6", "scikit-learn==1.9.1", "xgboost-cpu==3.2.0")),
    )
}


def python_of(peer: Peer, home: Path = HOME) -> Path | str:
    """Return the interpreter of the peer's environment below *home*; or why there is none.

    One that is missing is made; who asks meanwhile waits for it.
    """
    if peer.needs is not None and shutil.which(peer.needs) is None:
        return f"not run: it needs {peer.needs}, which is not on the PATH"
    (home / "environments").mkdir(parents=True, exist_ok=True)
    with (home / "environments" / f"{peer.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _made(peer, home / "environments" / peer.name)


def _made(peer: Peer, folder: Path) -> Path | str:
    python = folder / "bin" / "python"
    marker = folder / ".installed"
    if marker.exists() and marker.read_text().split() == list(peer.requirements):
        return python
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    steps = (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
        [uv, "pip", "install", "--quiet", "--python", str(python), "--compile-bytecode", *peer.requirements],
    )
    for step in steps:
        try:
            done = subprocess.run(step, capture_output=True, text=True, check=False, timeout=900)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"not installed: {error}"
        if done.returncode:
            said = done.stderr.strip().splitlines()
            return f"not installed: {said[-1][:200] if said else 'no reason given'}"
    marker.write_text("\n".join(peer.requirements))
    return python
