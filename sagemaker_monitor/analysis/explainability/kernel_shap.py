"""Kernel SHAP as Clarify does it: how much each feature of each row adds to the model's output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.explainability import coalitions, regression

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl
    from numpy.typing import NDArray

    Model = Callable[[pl.DataFrame], NDArray[np.float64]]
    """Gives the outputs for each row of features, shape (rows, outputs)."""

CELLS = 1_000_000
"""Cells of synthetic rows that are held, and sent to the model, at a time, at most about."""
_EVEN = 2.0**-53

AGGREGATIONS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "mean_abs": lambda values: np.abs(values).mean(axis=0),
    "median": lambda values: np.median(values, axis=0),
    "mean_sq": lambda values: np.square(values).mean(axis=0),
}
"""How the attributions of all rows, on the first axis, become a global one; the median keeps its sign."""


@dataclass(frozen=True)
class Explained:
    """The attributions of every row, (rows, outputs, features), and the expected value of every output."""

    values: NDArray[np.float64]
    expected: NDArray[np.float64]


def explain(
    rows: pl.DataFrame,
    baseline: pl.DataFrame,
    model: Model,
    *,
    samples: int | None = None,
    seed: int | None = None,
    use_logit: bool = False,
) -> Explained:
    """Return what each feature adds to the model's output for each of *rows*, from the *baseline*'s on.

    Both frames have the same features with the same types. The expected value is the mean output over the
    baseline; a coalition's worth is the mean output over rows that have its members' values from the row and
    all others from each baseline row in turn. Attributions add up to a row's output less the expected value.
    When *samples* reaches the number of coalitions there are, each is evaluated once and attributions are the
    Shapley values themselves. *use_logit* explains the log-odds of the outputs, which must be probabilities.
    Raises AnalysisError for outputs that are not finite numbers, the same number of them for each row.
    """
    ask = _asking(model, use_logit)
    expected = ask(baseline).mean(axis=0)
    difference = ask(rows) - expected
    number = coalitions.number_of_samples(rows.width, samples)
    values = np.empty((rows.height, len(expected), rows.width))
    rng = np.random.default_rng(seed)
    complete = number == coalitions.all_of(rows.width)
    members, kernel = coalitions.every(rows.width) if complete else (None, None)
    for start, stop in _blocks(rows.height, number * baseline.height * rows.width):
        block, wanted = rows[start:stop], difference[start:stop]
        if kernel is not None and members is not None:
            worth = _worth(block, baseline, members[:, None, :], ask) - expected
            values[start:stop] = worth.transpose(0, 2, 1) @ kernel.T + wanted[:, :, None] / rows.width
            continue
        drawn = coalitions.draw(rng, rows.width, block.height, number)
        worth = _worth(block, baseline, drawn, ask) - expected
        values[start:stop] = regression.attributions(drawn, worth, wanted)
    return Explained(values, expected)


def _worth(
    rows: pl.DataFrame, baseline: pl.DataFrame, members: NDArray[np.bool_], ask: Model
) -> NDArray[np.float64]:
    """Return the mean output of each row's coalitions over the baseline, (rows, coalitions, outputs).

    *members* is (features, rows or 1, coalitions).
    """
    width = rows.height * baseline.height * rows.width
    parts = []
    for start, stop in _blocks(members.shape[2], width):
        outputs = ask(_synthetic(rows, baseline, members[:, :, start:stop]))
        parts.append(
            outputs.reshape(rows.height, stop - start, baseline.height, outputs.shape[1]).mean(axis=2)
        )
    return np.concatenate(parts, axis=1) if parts else np.empty((rows.height, 0, 1))


def _synthetic(rows: pl.DataFrame, baseline: pl.DataFrame, members: NDArray[np.bool_]) -> pl.DataFrame:
    """Return every row's coalitions, for each of them the baseline's rows, in this order."""
    import polars as pl

    places = np.arange(rows.height + baseline.height)
    columns = []
    for own, others, member in zip(rows, baseline, members[:, :, :, None], strict=True):
        if own.dtype == others.dtype == pl.Float64 and not own.null_count() + others.null_count():
            bits = _choose(member, own.to_numpy().view(np.int64), others.to_numpy().view(np.int64))
            columns.append(pl.Series(own.name, bits.view(np.float64)))
            continue
        # Anything else is not moved, only pointed to: the row's own first, then the baseline's.
        chosen = _choose(member, places[: rows.height], places[rows.height :])
        columns.append(pl.concat([own, others]).gather(pl.Series(chosen)))
    return pl.DataFrame(columns)


def _choose(
    member: NDArray[np.bool_], own: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return *own*, by row, where it is a member, and each of *others* in turn where it is not, flattened.

    *member* is (rows or 1, coalitions, 1). Without branches, which random members would make slow.
    """
    chosen = member * (own[:, None] ^ others)[:, None, :]
    chosen ^= others
    return chosen.reshape(-1)


def _asking(model: Model, use_logit: bool) -> Model:
    """Return *model* with its outputs checked, and turned into log-odds if wanted."""
    widths: set[int] = set()

    def ask(frame: pl.DataFrame) -> NDArray[np.float64]:
        outputs = model(frame)
        widths.add(outputs.shape[1])
        if len(outputs) != frame.height or len(widths) > 1 or not outputs.shape[1]:
            raise AnalysisError(
                f"the model answered {outputs.shape[0]} rows of {outputs.shape[1]} outputs for "
                f"{frame.height} rows; each row needs the same number of outputs, at least one"
            )
        if not np.isfinite(outputs).all():
            raise AnalysisError("the model's outputs are not all finite numbers; they cannot be explained")
        return _log_odds(outputs) if use_logit else outputs

    return ask


def _log_odds(outputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log(p / (1 - p)); certainty counts as the closest probability that still has odds."""
    if outputs.min(initial=0.0) < 0 or outputs.max(initial=1.0) > 1:
        raise AnalysisError(
            f"methods.shap.use_logit needs probabilities, and the model answers numbers from "
            f"{outputs.min()} to {outputs.max()}; set it to false"
        )
    inside = outputs.clip(_EVEN, 1 - _EVEN)
    odds: NDArray[np.float64] = inside / (1 - inside)
    return np.log(odds)


def _blocks(length: int, width: int) -> Iterator[tuple[int, int]]:
    size = max(1, CELLS // max(1, width))
    for start in range(0, length, size):
        yield start, min(length, start + size)
