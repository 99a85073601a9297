"""Bias metrics and attributions against smclarify and shap, on data made at random."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.speed.environments import PEERS, Peer, python_of
from sagemaker_monitor.analysis.explainability.kernel_shap import explain
from tests.analysis.container.conftest import Container
from tests.analysis.explainability.oracles import frame, on_frames

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
ORACLES = Path(__file__).parent / "oracles"
SHAP = Peer("shap", ("shap==0.49.1", "numpy==2.2.6", "scikit-learn==1.7.2", "pandas==2.3.3"))
# Facet, values or threshold that smclarify is given, and the group variable.
CASES: list[tuple[str, list[Any] | None, str | None]] = [
    ("sex", [1], None),
    ("sex", [1], "region"),
    ("region", ["north"], "sex"),
    ("region", ["north", "east"], None),
    ("region", None, None),
    ("income", [0.4], "region"),
    ("age", [55], None),
]
NOT_NUMBERS = ("region",)


def run(peer: Peer, program: str, *arguments: str) -> Any:
    """Return what an oracle prints; skip the test where its environment cannot be made."""
    python = python_of(peer)
    if isinstance(python, str):
        pytest.skip(f"{peer.name} is {python}")
    command = [str(python), str(ORACLES / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def people(path: Path, seed: int, rows: int, *, texts: bool) -> list[str]:
    """Write people with facets of all kinds, labels and predictions; return the header.

    Incomes are all different, so that no two people are equally far from a third: who of them is the
    nearest neighbour is not defined then. They have nine decimals: with sixteen digits pandas, as it reads by
    default, is off in the last.
    """
    random = np.random.default_rng(seed)
    sex, income = random.integers(0, 2, rows), np.round(random.gamma(2.0, 0.3, rows), 9)
    age = random.integers(18, 90, rows)
    region = random.choice(["north", "east", "south"], rows, p=[0.2, 0.3, 0.5])
    label = (random.random(rows) < 0.35 + 0.2 * sex).astype(int)
    predicted = np.where(random.random(rows) < 0.8, label, 1 - label)
    columns = {"sex": sex, "income": income, "age": age}
    columns |= {"region": region} if texts else {}
    columns |= {"label": label, "predicted": predicted}
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))
    return list(columns)


def ours(folder: Path, data: Path, header: list[str], case: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the metrics of the Clarify container by the facet's value."""
    container = Container(folder).add("people.csv", data.read_bytes())
    facet: dict[str, Any] = {"name_or_index": case["facet"]}
    if case["values"] is not None:
        facet["value_or_threshold"] = case["values"]
    config = {
        "dataset_type": "text/csv",
        "headers": header,
        "label": "label",
        "predicted_label": "predicted",
        "label_values_or_threshold": case["positive"],
        "facet": [facet],
        "methods": {"pre_training_bias": {"methods": "all"}, "post_training_bias": {"methods": "all"}},
        **({"group_variable": case["group"]} if case["group"] else {}),
    }
    done = container.run(config)
    assert done.code == 0, done.message
    analysis = done.document("analysis.json")
    found: dict[str, dict[str, Any]] = {}
    for stage in ("pre_training_bias_metrics", "post_training_bias_metrics"):
        for entry in analysis[stage]["facets"][case["facet"]]:
            values = {each["name"]: each["value"] for each in entry["metrics"]}
            found.setdefault(entry["value_or_threshold"], {}).update(values)
    return found


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("positive", [[1], [0]], ids=["one is favourable", "zero is favourable"])
def test_bias_metrics_are_smclarify_s(tmp_path: Path, seed: int, positive: list[int]) -> None:
    """All 21, of facets by value, by several, by each and by threshold, with groups, to 1e-12."""
    texts, rows = seed % 2 == 1, (120, 700)[seed // 2]
    data = tmp_path / "people.csv"
    header = people(data, seed, rows, texts=texts)
    cases = [
        {"facet": facet, "values": values, "group": group, "positive": positive}
        for facet, values, group in CASES
        if texts or not {facet, group} & {*NOT_NUMBERS}
    ]

    expected = run(PEERS["smclarify"], "smclarify_report.py", str(data), json.dumps(cases))

    compared = 0
    for place, (case, theirs) in enumerate(zip(cases, expected, strict=True)):
        found = ours(tmp_path / f"job-{place}", data, header, case)
        assert list(found) == list(theirs), case
        for value, metrics in theirs.items():
            assert set(metrics) == set(found[value]), (case, value)
            for name, number in metrics.items():
                about = (case, value, name, number, found[value][name])
                if isinstance(number, float):
                    assert found[value][name] == pytest.approx(number, rel=0, abs=1e-12), about
                else:
                    assert found[value][name] == number, about
                compared += 1
    assert compared >= 21 * len(cases)


def test_attributions_are_shap_s_where_all_coalitions_are_evaluated(tmp_path: Path) -> None:
    """Of seven features and several baseline rows, to 1e-9; KernelExplainer samples beyond that."""
    random = np.random.default_rng(3)
    rows, baseline, weights = random.normal(size=(20, 7)), random.normal(size=(5, 7)), random.normal(size=7)
    given = {
        "rows": rows.tolist(),
        "baseline": baseline.tolist(),
        "weights": weights.tolist(),
        "samples": 2**8,
    }
    (tmp_path / "given.json").write_text(json.dumps(given))

    expected = run(SHAP, "shap_values.py", str(tmp_path / "given.json"))

    def model(values: Any) -> Any:
        return (1 / (1 + np.exp(-(values @ weights + values[:, 0] * values[:, 1]))))[:, None]

    found = explain(frame(rows), frame(baseline), on_frames(model), samples=2**8, seed=1)
    np.testing.assert_allclose(found.values[:, 0, :], expected["values"], rtol=0, atol=1e-9)
    assert found.expected[0] == pytest.approx(expected["expected"], rel=0, abs=1e-12)


def test_the_oracles_are_others_programs() -> None:
    """None of them imports this package."""
    assert all("sagemaker_monitor" not in path.read_text() for path in ORACLES.glob("*_*.py"))
    assert sys.version_info >= (3, 11)
