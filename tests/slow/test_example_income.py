"""The example of an endpoint's attributions, by its README: on made-up people and on the recorded ones."""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.aws.storage import list_objects, read
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.models.linear_learner_artifact import LinearModel, load
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.settings import load_environment
from tests.emulator.jobs.test_recorded_adult_jobs import BASELINE
from tests.pages import Typed, follow, lines
from tests.slow.clients.checks import ATTRIBUTION, document, near, shap

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

EXAMPLE = Path(__file__).parents[2] / "examples" / "income"
PAGE = (EXAMPLE / "README.md").read_text(encoding="utf-8")
TOLD = r"Capital Gain was number 1 and is number 1[34]\b"
"""The two features that are not asked for share the last places."""


@dataclass(frozen=True)
class Followed:
    """A copy of the example in which its README was followed; *data* is RECORDED_DATA where that was used."""

    folder: Path
    typed: list[Typed]
    aws: Aws
    data: Path | None

    def said(self, command: str, hour: int) -> str:
        """What a command said of the honest hour, 0, or of the other one, 1."""
        return [each.said for each in self.typed if command in each.line][hour]

    def verdict(self, hour: int) -> dict[str, Any]:
        """The verdict of the run over an hour."""
        return dict(json.loads(read(self.aws, self._named("run monitor-endpoint", hour, "verdict: "))))

    def reports(self, hour: int) -> dict[str, Any]:
        """The JSON documents of the schedule's execution over an hour, by name."""
        found = list_objects(self.aws, self._named("local fire", hour, "reports: "))
        uris = [each.uri for each in found if each.uri.endswith(".json")]
        return {uri.rpartition("/")[2]: json.loads(read(self.aws, uri)) for uri in uris}

    def baseline(self) -> dict[str, Any]:
        """The attributions that version 1 was registered with."""
        return shap(self._only("income/register/", "explainability/analysis.json"))

    def captured(self) -> list[dict[str, Any]]:
        """Every captured record."""
        below = f"{self.aws.environment.storage.root}/endpoint-capture/income-local/"
        texts = [read(self.aws, each.uri).decode() for each in list_objects(self.aws, below)]
        return [json.loads(line) for text in texts for line in text.splitlines()]

    def _named(self, command: str, hour: int, what: str) -> str:
        (uri,) = [line.split()[1] for line in self.said(command, hour).splitlines() if line.startswith(what)]
        return uri

    def _only(self, below: str, name: str) -> Any:
        root = self.aws.environment.storage.root
        (uri,) = [
            each.uri for each in list_objects(self.aws, f"{root}/{below}") if each.uri.endswith(f"/{name}")
        ]
        return json.loads(read(self.aws, uri))


@pytest.fixture(scope="module", params=["generated", "recorded"])
def followed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    """The README, followed to its end."""
    data = request.getfixturevalue("recorded_data") if request.param == "recorded" else None
    above = tmp_path_factory.mktemp(request.param)
    folder = above / "income"
    shutil.copytree(EXAMPLE, folder)
    page = PAGE.replace("prepare.py --output data\n", f"prepare.py --output data --recorded {data}\n", 1)
    with Server(EmulatorConfig(state_dir=above / "state", port=0)) as server:
        typed = list(follow(lines(page if data else PAGE, skipped=("cd ",)), folder, server.url))
        yield Followed(folder, typed, connect(load_environment("local", folder / "conf")), data)


def test_every_command_ends_as_the_readme_says(followed: Followed) -> None:
    """Registration, traffic, both hours by schedule and by pipeline, and the page, with their exit codes."""
    assert [each for each in followed.typed if each.code != each.expected] == []
    assert len(followed.typed) == 15


def test_all_traffic_is_captured_with_its_inference_ids(followed: Followed) -> None:
    """A record for each of the 668 requests, as JSON, with the request as it was sent and a score."""
    records = followed.captured()
    sent = [
        (f"{hour}-{number:04}", line)
        for hour in ("honest", "shortened")
        for number, line in enumerate(
            (followed.folder / "data" / f"{hour}.jsonl").read_text().splitlines(), 1
        )
    ]

    assert len(sent) == 668
    assert sorted(
        (each["eventMetadata"]["inferenceId"], each["captureData"]["endpointInput"]["data"])
        for each in records
    ) == sorted(sent)
    assert {each["captureData"]["endpointInput"]["encoding"] for each in records} == {"JSON"}
    for each in records:
        assert 0 <= json.loads(each["captureData"]["endpointOutput"]["data"])["score"] <= 1


def test_contributions_are_measured_from_the_mean_record(followed: Followed) -> None:
    """The expected value is the model's answer to it, by the formula of a logistic regression."""
    (mean,) = rows(followed.folder / "data" / "mean.csv")
    known = np.array([row[1:-1] for row in rows(followed.folder / "data" / "validation.csv")], float)
    model = artifact(followed.folder)
    margin = float(np.array(mean, float) @ model.weights[:, 0].astype(float)) + float(model.bias[0])

    assert len(known) == 666
    assert [float(cell) for cell in mean] == known.mean(axis=0).round().tolist()
    assert followed.baseline()["expected_value"] == pytest.approx(1 / (1 + math.exp(-margin)), abs=1e-6)


def test_recorded_people_give_the_recorded_attributions(followed: Followed) -> None:
    """The mean record is AWS's, the expected value within 1e-7, each feature's within 0.0005."""
    if not followed.data:
        pytest.skip("these people are made up")
    recorded = shap(document(followed.data, "adult_shap_endpoint_jsonl", "baseline_analysis.json"))

    assert rows(followed.folder / "data" / "mean.csv") == [[str(each) for each in BASELINE]]
    near(recorded, followed.baseline(), ATTRIBUTION)  # and the expected value within 1e-7


def ndcg(before: dict[str, float], now: dict[str, float]) -> float:
    """Return the nDCG of a ranking, the gains being the baseline's attributions. Source: AWS's guide."""

    def gain(order: dict[str, float]) -> float:
        ranked = sorted(order, key=lambda name: -order[name])
        return sum(before[name] / math.log2(place + 2) for place, name in enumerate(ranked))

    return gain(now) / gain(before)


def test_the_honest_hour_is_open(followed: Followed) -> None:
    """By schedule and by pipeline; its nDCG, counted here, is above 0.99."""
    reports, verdict = followed.reports(0), followed.verdict(0)
    live = shap(reports["analysis.json"])["global_shap_values"]
    found = ndcg(followed.baseline()["global_shap_values"], live)

    assert found > 0.99
    assert "constraint_violations.json" not in reports
    assert "attributions-local: Completed\n" in followed.said("local fire", 0)
    assert (verdict["decision"], verdict["batch"]["rows"]) == ("pass", 334)
    assert value_of(verdict) == pytest.approx(found, abs=1e-12)


def test_the_hour_of_the_shortened_form_is_refused(followed: Followed) -> None:
    """The two features have no say, the nDCG, counted here, is what schedule and verdict tell."""
    reports, verdict = followed.reports(1), followed.verdict(1)
    before = followed.baseline()["global_shap_values"]
    live = shap(reports["analysis.json"])["global_shap_values"]
    found = ndcg(before, live)
    (violation,) = reports["constraint_violations.json"]["violations"]

    assert {name for name, _ in sorted(before.items(), key=lambda each: -each[1])[:2]} == {
        "Education-Num",
        "Capital Gain",
    }
    for name in ("Education-Num", "Capital Gain"):
        assert live[name] < 0.002 < 0.05 < before[name]
    assert 0.7 < found < 0.85
    told = re.fullmatch(r"Feature attribution drift (\S+) exceeds threshold 0.9", violation["description"])
    assert told
    assert float(told[1]) == pytest.approx(found, abs=1e-12)
    assert verdict["decision"] == "refused"
    assert value_of(verdict) == pytest.approx(found, abs=1e-12)
    assert re.search(TOLD, verdict["summary"])


def value_of(verdict: dict[str, Any]) -> float:
    """Return the nDCG of a verdict."""
    (value,) = [each["value"] for each in verdict["findings"] if each["metric"] == "ndcg"]
    return float(value)


def test_the_page_tells_it(followed: Followed) -> None:
    """The report is of the refused run, and names the feature."""
    page = (followed.folder / "income.html").read_text(encoding="utf-8")

    assert re.search(TOLD, page)


def rows(path: Path) -> list[list[str]]:
    """Return the rows of a CSV file."""
    with path.open(newline="") as file:
        return list(csv.reader(file))


def artifact(folder: Path) -> LinearModel:
    """Return the model that prepare.py wrote, as the emulator reads it."""
    shutil.unpack_archive(folder / "data" / "model.tar.gz", folder / "unpacked", filter="data")
    return load(folder / "unpacked")


def test_the_made_up_model_is_the_regression_of_the_made_up_people(tmp_path: Path) -> None:
    """Two runs of prepare.py write the same bytes, and its fit has scikit-learn's coefficients."""
    for name in ("one", "two"):
        prepare = [sys.executable, str(EXAMPLE / "prepare.py"), "--output", str(tmp_path / name / "data")]
        subprocess.run(prepare, check=True, capture_output=True)
    one, two = (
        {each.name: each.read_bytes() for each in (tmp_path / name / "data").iterdir()}
        for name in ("one", "two")
    )
    assert one == two
    assert len(one) == 5

    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(EXAMPLE)
        import prepare as example  # type: ignore[import-not-found]
    draw = np.random.default_rng(example.SEED)
    people, *_ = (example.people(draw, count) for count in (6000, 666, 334))
    labels = example.earns(draw, people)
    mean, deviation = people.mean(axis=0), people.std(axis=0)
    oracle = LogisticRegression(C=1e9, tol=1e-9, max_iter=1000).fit((people - mean) / deviation, labels)

    model = artifact(tmp_path / "one")
    np.testing.assert_allclose(model.weights[:, 0] * deviation, oracle.coef_[0], rtol=0, atol=1e-4)
    assert float(model.bias[0] + model.weights[:, 0] @ mean) == pytest.approx(oracle.intercept_[0], abs=1e-4)
