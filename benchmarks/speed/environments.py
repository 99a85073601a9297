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


PEERS = {
    peer.name: peer
    for peer in (
        # The last pandas whose string columns it understands.
        Peer("smclarify", ("smclarify==0.5", "pandas==1.5.3", "numpy==1.26.4", "pyarrow==14.0.2")),
        Peer("fairlearn", ("fairlearn==0.13.0", "pandas==2.3.3", "scikit-learn==1.7.2")),
        Peer("duckdb", ("duckdb==1.4.2",)),
        Peer("pandas", ("pandas==2.3.3", "pyarrow==22.0.0")),
        Peer("whylogs", ("whylogs==1.6.4", "pandas==1.5.3", "numpy==1.26.4")),
    )
}


def python_of(peer: Peer, home: Path = HOME) -> Path | str:
    """Return the interpreter of the peer's environment below *home*; or why there is none.

    One that is missing is made; who asks meanwhile waits for it.
    """
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
