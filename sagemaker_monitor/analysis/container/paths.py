"""Where a container finds its inputs and leaves its outputs."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT_VARIABLE = "SAGEMAKER_MONITOR_ROOT"
DEFAULT_ROOT = "/opt/ml"


@dataclass(frozen=True)
class Paths:
    """The directories below a container's root."""

    root: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Paths:
        """Return the paths that *environment* names."""
        return cls(Path(environment.get(ROOT_VARIABLE) or DEFAULT_ROOT))

    @property
    def config(self) -> Path:
        """Where analysis_config.json is."""
        return self.root / "processing" / "input" / "config"

    @property
    def data(self) -> Path:
        """Where the dataset's files are."""
        return self.root / "processing" / "input" / "data"

    @property
    def output(self) -> Path:
        """Where results go."""
        return self.root / "processing" / "output"

    @property
    def metrics(self) -> Path:
        """Where files of CloudWatch metrics go."""
        return self.root / "output" / "metrics" / "cloudwatch"

    @property
    def message(self) -> Path:
        """Where the exit text goes."""
        return self.root / "output" / "message"

    def output_of(self, environment: Mapping[str, str]) -> Path:
        """Return where results go: elsewhere when the variable output_path says so."""
        given = environment.get("output_path")
        return self.resolve(given) if given else self.output

    def resolve(self, path: str) -> Path:
        """Return *path*, as a job's environment gives it, below this root."""
        inside = path.removeprefix(f"{DEFAULT_ROOT}/")
        return self.root / inside if inside != path else Path(path)


def write_outputs(output: Path, files: Mapping[str, str]) -> None:
    """Write all of *files* below *output*, or none when writing fails; their names may have folders."""
    with staged(output) as folder:
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")


@contextmanager
def staged(output: Path) -> Iterator[Path]:
    """Give a folder whose files appear below *output* when the block ends well, and not at all otherwise."""
    output.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    try:
        yield staging
        staging.chmod(0o755)
        try:
            staging.rename(output)
        except OSError:
            # The directory has files already, or is a mount point, which cannot be replaced.
            _move_into(output, staging)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _move_into(output: Path, staging: Path) -> None:
    output.mkdir(exist_ok=True)
    copies = []
    try:
        for file in staging.rglob("*"):
            if file.is_file():
                folder = output / file.parent.relative_to(staging)
                folder.mkdir(parents=True, exist_ok=True)
                copies.append(Path(shutil.copy(file, folder / f".{file.name}.partial")))
        for copy in copies:
            os.replace(copy, copy.parent / copy.name.removeprefix(".").removesuffix(".partial"))
    finally:
        for copy in copies:
            copy.unlink(missing_ok=True)
