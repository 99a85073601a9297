"""The files that contestants read, made once per size by a fixed seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

FEATURES = 20
FACETS = 12


def people(folder: Path, rows: int) -> Path:
    """Return a CSV of *rows* with a header: 20 features of which 12 are binary facets, label, predicted."""
    path = folder / f"people-{rows}.csv"
    if not path.exists():
        random = np.random.default_rng(rows)
        facets = {
            f"facet_{n}": (random.random(rows) < 0.1 + 0.03 * n).astype(np.int64) for n in range(FACETS)
        }
        numbers = {f"number_{n}": random.normal(100 * n, 15, rows).round(3) for n in range(FEATURES - FACETS)}
        score = 0.6 + 0.02 * (numbers["number_0"] / 15) - 0.08 * facets["facet_0"]
        columns = {
            **numbers,
            **facets,
            "label": (random.random(rows) < score).astype(np.int64),
            "predicted": (random.random(rows) < score).astype(np.int64),
        }
        _write(path, pl.DataFrame(columns))
    return path


def measurements(folder: Path, rows: int) -> Path:
    """Return a CSV of *rows* with a header: 8 integer, 8 fractional, 4 text columns, gaps in two."""
    path = folder / f"measurements-{rows}.csv"
    if not path.exists():
        random = np.random.default_rng(rows + 1)
        frame = pl.DataFrame(
            {
                **{f"whole_{n}": random.integers(0, 10 ** (n + 1), rows) for n in range(8)},
                **{f"part_{n}": random.lognormal(n / 2, 1, rows).round(4) for n in range(8)},
                **{f"text_{n}": random.choice([f"v{k}" for k in range(3 + 30 * n)], rows) for n in range(4)},
            }
        )
        gap = pl.Series(random.random(rows) < 0.01)
        for name in ("whole_0", "part_0"):
            frame = frame.with_columns(pl.when(gap).then(None).otherwise(pl.col(name)).alias(name))
        _write(path, frame)
    return path


def _write(path: Path, frame: pl.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    frame.write_csv(unfinished)
    unfinished.rename(path)
