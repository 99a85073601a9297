"""The columns of what was scored, as the specification names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from steps.scripts.inputs import BINARY, REGRESSION

STAMPS = 2
"""Columns that the transform appends after the model's answer: inference id, inference time."""
FOR_TEAMS = ("predictions", "outcomes")
"""Folders for monitors of teams' own: all rows with the model's answer; those that have a label, with it."""


@dataclass(frozen=True)
class Columns:
    """The columns of the data, in order, whether labels are numbers, and what the model answers.

    Of the *values* that it answers for each record, the one at *prediction* is what labels are held
    against: P(1), a number or a class, as the problem type says.
    """

    record_key: str
    features: tuple[str, ...]
    facet_columns: tuple[str, ...]
    label: str
    numeric_label: bool
    prediction: int = 0
    values: int = 1
    problem_type: str = BINARY
    of_endpoint: bool = False
    """Whether the rows are what an endpoint was asked: facet columns come with labels, ids may repeat."""
    needs_facets: bool = False
    """Whether anything is watched that facet columns are needed for."""
    needs_answers: bool = True

    @property
    def added(self) -> int:
        """Return how many columns the transform appends."""
        return self.values + STAMPS

    @property
    def given(self) -> int:
        """Return how many columns a record has without its label."""
        return 1 + len(self.features) + len(self.facet_columns)


def read_columns(spec: dict[str, Any]) -> Columns:
    """Return the columns that the specification names."""
    columns, prediction = spec["columns"], spec["prediction"]
    problem_type = spec.get("problem_type", BINARY)
    binary, endpoint = problem_type == BINARY, spec.get("endpoint")
    of_teams = set(spec.get("rows_for_teams", ())) & set(FOR_TEAMS)
    return Columns(
        columns["record_key"],
        tuple(columns["features"]),
        tuple(columns["facet_columns"]),
        columns["label"],
        not isinstance(spec["favourable"], str) if binary else problem_type == REGRESSION,
        prediction["probability" if binary else "label"],
        prediction["values"],
        problem_type,
        endpoint is not None,
        bool(columns["facet_columns"]) and ("bias" in spec["monitors"] or bool(of_teams)),
        endpoint is None or endpoint["needs_answers"],
    )
