"""What is read of a model's answers."""

from __future__ import annotations

import pytest

from sagemaker_monitor.analysis.container.answers import read_answer
from sagemaker_monitor.analysis.errors import AnalysisError


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"0.25\n0.5\n1e-3\n", [[0.25], [0.5], [0.001]]),
        (b"0.25,0.5,1e-3", [[0.25], [0.5], [0.001]]),
        (b"0.25,0.75\n0.5,0.5\n1.0,0.0\n", [[0.25, 0.75], [0.5, 0.5], [1.0, 0.0]]),
    ],
)
def test_answers_are_a_line_for_each_row_or_one_line(body: bytes, expected: list[list[float]]) -> None:
    """An endpoint of the built-in XGBoost has all predictions in one line, with commas between them."""
    assert read_answer(body, "text/csv", 3).scores(None, "probability").tolist() == expected


def test_a_line_that_is_too_short_is_no_answer() -> None:
    """Two predictions for three rows are told as what they are."""
    with pytest.raises(AnalysisError, match="answered 1 predictions for 3 rows"):
        read_answer(b"0.25,0.5", "text/csv", 3)
