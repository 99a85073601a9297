"""The files that contestants read, made once per size by a fixed seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

FEATURES = 20
FACETS = 12
MEASURED = 20
GROUPS = 6


def people(folder: Path, rows: int, facets: int = FACETS) -> Path:
    """Return a CSV of *rows* with a header: 20 features of which some are binary facets, group, labels."""
    path = folder / f"people-{rows}-{facets}-grouped.csv"
    if not path.exists():
        random = np.random.default_rng(rows)
        groups = {
            f"facet_{n}": (random.random(rows) < 0.1 + 0.03 * n).astype(np.int64) for n in range(facets)
        }
        numbers = {
            f"number_{n}": random.normal(100 * n, 15, rows).round(3) for n in range(max(1, FEATURES - facets))
        }
        score = 0.6 + 0.02 * (numbers["number_0"] / 15) - 0.08 * groups["facet_0"]
        _write(path, pl.DataFrame({**numbers, **groups, **_group(rows), **_labels(random, score)}))
    return path


def many_values(folder: Path, rows: int) -> Path:
    """Return a CSV of *rows* with a header: a facet of 50 texts, ten numbers, group, label, predicted."""
    path = folder / f"fifty-{rows}-grouped.csv"
    if not path.exists():
        random = np.random.default_rng(rows + 2)
        place = random.integers(0, 50, rows)
        numbers = {f"number_{n}": random.normal(n, 1, rows).round(3) for n in range(10)}
        columns = {"region": [f"region {n:02}" for n in place.tolist()], **numbers}
        _write(path, pl.DataFrame({**columns, **_group(rows), **_labels(random, 0.3 + place / 200)}))
    return path


def neighbours(folder: Path, rows: int) -> Path:
    """Return a CSV of *rows* with a header: a binary facet, twelve fractions, label, predicted.

    As in most tables columns depend on one another: three numbers and some noise are behind the fractions.
    These have so many digits that hardly two rows are equally far from a third.
    """
    path = folder / f"neighbours-{rows}.csv"
    if not path.exists():
        random = np.random.default_rng(rows + 3)
        facet = (random.random(rows) < 0.02).astype(np.int64)
        behind = random.normal(0, 1, (rows, 3)) @ random.normal(0, 1, (3, 12))
        noisy = (behind + random.normal(0, 0.1, (rows, 12))).round(9)
        numbers = {f"number_{n}": noisy[:, n] for n in range(12)}
        labels = _labels(random, 0.5 + 0.1 * numbers["number_0"])
        _write(path, pl.DataFrame({"facet": facet, **numbers, **labels}))
    return path


def measurements(folder: Path, rows: int, columns: int = MEASURED, shift: float = 0.0) -> Path:
    """Return a CSV of *rows* with a header: two fifths whole numbers, as many fractions, a fifth texts.

    There are gaps in two. By *shift* deviations every second column of fractions lies higher.
    """
    path = folder / f"measurements-{rows}-{columns}{'-shifted' if shift else ''}.csv"
    if not path.exists():
        random = np.random.default_rng(rows + 1 + int(100 * shift))
        numbers = columns * 2 // 5
        frame = pl.DataFrame(
            {
                **{f"whole_{n}": random.integers(0, 10 ** (n % 8 + 1), rows) for n in range(numbers)},
                **{
                    f"part_{n}": random.lognormal(n % 8 / 2 + shift * (n % 2), 1, rows).round(4)
                    for n in range(numbers)
                },
                **{
                    f"text_{n}": random.choice([f"v{k}" for k in range(3 + 30 * (n % 4))], rows)
                    for n in range(columns - 2 * numbers)
                },
            }
        )
        gap = pl.Series(random.random(rows) < 0.01)
        for name in ("whole_0", "part_0"):
            frame = frame.with_columns(pl.when(gap).then(None).otherwise(pl.col(name)).alias(name))
        _write(path, frame)
    return path


def explained(folder: Path, rows: int) -> Path:
    """Return a CSV of *rows* with a header: fourteen features and a binary label that depends on them."""
    path = folder / f"explained-{rows}.csv"
    if not path.exists():
        random = np.random.default_rng(rows + 4)
        features = random.normal(0, 1, (rows, 14)).round(4)
        score = features @ np.linspace(-1, 1, 14) + features[:, 0] * features[:, 1]
        label = (random.random(rows) < 1 / (1 + np.exp(-score))).astype(np.int64)
        columns = {f"number_{n}": features[:, n] for n in range(14)}
        _write(path, pl.DataFrame({**columns, "label": label}))
    return path


def _group(rows: int) -> dict[str, list[str]]:
    """Return a column of a few texts, which conditional metrics are weighted by.

    Its generator is its own, so that all other columns are as they would be without it.
    """
    found = np.random.default_rng(rows + 6).integers(0, GROUPS, rows)
    return {"group": [f"group {each}" for each in found.tolist()]}


def _labels(random: np.random.Generator, score: np.ndarray) -> dict[str, np.ndarray]:
    rows = len(score)
    return {name: (random.random(rows) < score).astype(np.int64) for name in ("label", "predicted")}


def _write(path: Path, frame: pl.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    frame.write_csv(unfinished)
    unfinished.rename(path)
