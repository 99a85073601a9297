"""Which work is raced: this project first, then its peers, then the floor."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.data import measurements, people
from benchmarks.speed.environments import PEERS, python_of
from benchmarks.speed.harness import Contestant, script

OURS = "sagemaker-monitor"


@dataclass(frozen=True)
class Piece:
    """A piece of work: its title, the file it reads, and what each contestant is given besides."""

    name: str
    title: str
    make: Callable[[Path, int], Path]
    rows: Mapping[str, int]
    ours: str
    peers: tuple[tuple[str, str], ...]
    arguments: tuple[str, ...] = ()
    floor_columns: tuple[str, ...] = ()
    tolerance: float = 1e-9

    def contestants(self, folder: Path, size: str) -> tuple[list[Contestant], dict[str, str]]:
        """Return who takes part, and why the others do not, by name."""
        file = str(self.make(folder, self.rows[size]))
        found = [Contestant(OURS, (sys.executable, script(self.ours), file, *self.arguments))]
        absent: dict[str, str] = {}
        for peer, program in self.peers:
            python = python_of(PEERS[peer])
            if isinstance(python, str):
                absent[peer] = python
            else:
                found.append(Contestant(peer, (str(python), script(program), file, *self.arguments)))
        columns = (",".join(self.floor_columns),) if self.floor_columns else ()
        floor = (sys.executable, script("parse_columns.py"), file, *columns)
        found.append(Contestant("parse alone (floor)", floor, is_floor=True))
        return found, absent


ROWS = {"small": 100_000, "large": 1_000_000}
TWELVE = tuple(f"facet_{n}" for n in range(12))
PIECES = (
    Piece(
        "bias-1",
        "Bias: 18 metrics, 1 facet, 22 columns",
        people,
        ROWS,
        "ours_clarify.py",
        (("smclarify", "smclarify_bias.py"), ("fairlearn", "fairlearn_bias.py")),
        ("facet_0",),
        ("facet_0", "label", "predicted"),
    ),
    Piece(
        "bias-12",
        "Bias: 18 metrics, 12 facets, 22 columns",
        people,
        ROWS,
        "ours_clarify.py",
        (("smclarify", "smclarify_bias.py"), ("fairlearn", "fairlearn_bias.py")),
        (",".join(TWELVE),),
        (*TWELVE, "label", "predicted"),
    ),
    Piece(
        "data-quality",
        "Data quality: statistics with KLL sketches, and constraints, 20 columns",
        measurements,
        ROWS,
        "ours_analyzer.py",
        (
            ("whylogs", "whylogs_profile.py"),
            ("duckdb", "duckdb_profile.py"),
            ("pandas", "pandas_profile.py"),
        ),
        tolerance=1e-6,
    ),
)
