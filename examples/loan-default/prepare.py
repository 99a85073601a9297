"""Write loan applications: to train on, to take the baseline from, and three hours of an endpoint's traffic.

The columns are those of the public notebook on bias with fifteen facets; the people are made up by a seeded
generator. In the hour `careless` a join went wrong: most women arrive with a bad mark for credit worthiness.
In the hour `improved` a second bureau reports on young applicants, and they really pay back more often.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LABEL, RECORD_KEY = "Status", "application_id"
FLAGS = (
    "loan_limit",
    "approv_in_adv",
    "Credit_Worthiness",
    "open_credit",
    "business_or_commercial",
    "Neg_ammortization",
    "interest_only",
    "lump_sum_payment",
    "Secured_by",
    "co-applicant_credit_type",
    "submission_of_application",
)
ONE_HOT: dict[str, dict[str, float]] = {
    "Gender": {"Female": 0.25, "Joint": 0.26, "Male": 0.27, "Sex Not Available": 0.22},
    "loan_purpose": {"p1": 0.24, "p2": 0.08, "p3": 0.37, "p4": 0.31},
    "occupancy_type": {"ir": 0.06, "pr": 0.90, "sr": 0.04},
    "total_units": {"1U": 0.96, "2U": 0.02, "3U": 0.01, "4U": 0.01},
    "age": {
        "25-34": 0.17,
        "35-44": 0.20,
        "45-54": 0.20,
        "55-64": 0.18,
        "65-74": 0.12,
        "gt74": 0.06,
        "lt25": 0.07,
    },
}
"""Groups of columns of which one is 1, with the shares of their values."""
SHARES = dict(zip(FLAGS, (0.07, 0.16, 0.08, 0.02, 0.14, 0.1, 0.05, 0.03, 0.02, 0.3, 0.35), strict=True))
SEED = 2023
CARELESS = 0.6
"""The share of women whose mark is wrong in the careless hour."""
RAISED = 50
"""What a young applicant's score gains in the improved hour."""
HEADER = (
    "loan_amount",
    "term",
    "income",
    "Credit_Score",
    *FLAGS,
    *(f"{group}_{value}" for group, values in ONE_HOT.items() for value in values),
)

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Loans:
    """Applications, a row each: features (n, 37) in HEADER's order, and the outcome (n,), 1 is default."""

    features: Numbers
    outcome: NDArray[np.int64]

    def column(self, name: str) -> Numbers:
        """Return the column called *name*."""
        return self.features[:, HEADER.index(name)]


def people(seed: int, count: int) -> Loans:
    """Return *count* applications; whether they default follows from income, scores, flags and chance."""
    draw = np.random.default_rng((SEED, seed))
    amounts = np.round(draw.lognormal(12.5, 0.5, count), -2)
    terms = draw.choice([180.0, 240.0, 300.0, 360.0], count, p=[0.1, 0.05, 0.05, 0.8])
    incomes = np.round(draw.lognormal(8.75, 0.55, count) * 4.6)
    scores = draw.integers(500, 901, count).astype(float)
    flags = [(draw.random(count) < SHARES[name]).astype(float) for name in FLAGS]
    groups = [
        (draw.choice(len(shares), count, p=list(shares.values()))[:, None] == np.arange(len(shares))).astype(
            float
        )
        for shares in ONE_HOT.values()
    ]
    features = np.column_stack([amounts, terms, incomes, scores, *flags, *groups])
    loans = Loans(features, np.zeros(count, dtype=np.int64))
    return Loans(features, (draw.random(count) < risk(loans)).astype(np.int64))


def risk(loans: Loans) -> Numbers:
    """Return how likely each application defaults."""
    strained = np.log(loans.column("loan_amount") / loans.column("income")) - 2.2
    weight = (
        -1.5
        + 1.3 * strained
        - 0.008 * (loans.column("Credit_Score") - 700)
        + 2.6 * loans.column("Credit_Worthiness")
        + 1.4 * loans.column("Neg_ammortization")
        + 0.5 * loans.column("lump_sum_payment")
        + 0.4 * loans.column("age_lt25")
    )
    return 1 / (1 + np.exp(-weight))


def careless(loans: Loans, seed: int) -> Loans:
    """Return the same people, most women among them with a bad mark; what they will do is what they did."""
    draw = np.random.default_rng((SEED, seed, 1))
    features = loans.features.copy()
    women = (loans.column("Gender_Female") == 1) & (draw.random(len(features)) < CARELESS)
    features[women, HEADER.index("Credit_Worthiness")] = 1
    return Loans(features, loans.outcome)


def improved(loans: Loans, seed: int) -> Loans:
    """Return the same people with better scores for the young, who pay back accordingly."""
    draw = np.random.default_rng((SEED, seed, 2))
    features = loans.features.copy()
    young = loans.column("age_lt25") == 1
    score = HEADER.index("Credit_Score")
    features[young, score] = np.minimum(features[young, score] + RAISED, 900)
    better = Loans(features, loans.outcome)
    outcome = loans.outcome.copy()
    outcome[young] = draw.random(int(young.sum())) < risk(better)[young]
    return Loans(features, outcome)


def rows(loans: Loans, prefix: str) -> Iterator[list[str]]:
    """Yield each application as a row of texts: key, features, outcome."""
    for number, (features, outcome) in enumerate(zip(loans.features, loans.outcome, strict=True)):
        yield [f"{prefix}{number:05}", *(f"{value:.0f}" for value in features), str(outcome)]


def write(path: Path, lines: Iterator[list[str]]) -> None:
    """Write rows as CSV without a header."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write all files to the folder that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("data"))
    folder = parser.parse_args(arguments).output
    folder.mkdir(parents=True, exist_ok=True)
    # What the built-in algorithm trains on has the label first, and no key.
    for name, count, seed in (("train", 8000, 1), ("eval", 2000, 2)):
        write(folder / f"{name}.csv", ([row[-1], *row[1:-1]] for row in rows(people(seed, count), "")))
    write(folder / "validation.csv", rows(people(3, 4000), "V"))
    hours = {
        "honest": people(4, 2000),
        "careless": careless(people(5, 2000), 5),
        "improved": improved(people(6, 2000), 6),
    }
    for name, loans in hours.items():
        write(folder / f"{name}.csv", (row[:-1] for row in rows(loans, name[0].upper())))
        outcomes = ([row[0], row[-1]] for row in rows(loans, name[0].upper()))
        write(folder / f"{name}-outcomes.csv", iter([[RECORD_KEY, LABEL], *outcomes]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
