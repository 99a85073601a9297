"""Kernel SHAP as Clarify does it: how much each feature of each row adds to the model's output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sagemaker_monitor.analysis.errors import AnalysisError
from sagemaker_monitor.analysis.explainability import coalitions, regression
from sagemaker_monitor.analysis.explainability.synthetic import Mixture

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl
    from numpy.typing import NDArray

    Model = Callable[[pl.DataFrame], NDArray[np.float64]]
    """Gives the outputs for each row of features, shape (rows, outputs)."""

DRAWN = 1_000_000
"""Cells of synthetic rows that coalitions are drawn for at a time; another number means other coalitions."""
CELLS = 350_000
"""Cells of synthetic rows that are held, and sent to the model, at a time: what a processor's cache holds."""
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
    # Arrays of megabytes go back to the operating system as they are freed, and each block would fetch them
    # anew, until a larger one has been freed; this one is never touched, and so takes no memory.
    np.empty(DRAWN)
    mixture = Mixture(rows, baseline)
    for start, stop in _blocks(rows.height, number * baseline.height * rows.width, DRAWN):
        wanted = difference[start:stop]
        if kernel is not None and members is not None:
            drawn = np.broadcast_to(members[:, None], (rows.width, stop - start, number))
        else:
            drawn = coalitions.draw(rng, rows.width, stop - start, number)
        worth = _worth(mixture, start, drawn, ask, len(expected)) - expected
        if kernel is not None:
            values[start:stop] = worth.transpose(0, 2, 1) @ kernel.T + wanted[:, :, None] / rows.width
        else:
            values[start:stop] = regression.attributions(drawn, worth, wanted)
    return Explained(values, expected)


def _worth(
    mixture: Mixture, start: int, members: NDArray[np.bool_], ask: Model, outputs: int
) -> NDArray[np.float64]:
    """Return the mean output of each row's coalitions over the baseline, (rows, coalitions, outputs).

    *members* is (features, rows, coalitions), of the rows from *start* on.
    """
    features, rows, samples = members.shape
    worth = np.empty((rows, samples, outputs))
    cells = mixture.baseline * features
    for first, last in _blocks(rows, samples * cells, CELLS):
        for begin, end in _blocks(samples, (last - first) * cells, CELLS):
            frame = mixture.frame(start + first, start + last, members[:, first:last, begin:end])
            answers = ask(frame).reshape(last - first, end - begin, mixture.baseline, outputs)
            worth[first:last, begin:end] = answers.mean(axis=2) if mixture.baseline > 1 else answers[:, :, 0]
    return worth


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


def _blocks(length: int, width: int, most: int) -> Iterator[tuple[int, int]]:
    size = max(1, most // max(1, width))
    for start in range(0, length, size):
        yield start, min(length, start + size)
