"""The example of fifteen groups on an endpoint, by its README: what is planted is found, and nothing else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.settings import load_environment
from tests.pages import Typed, follow, lines

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

EXAMPLE = Path(__file__).parents[2] / "examples" / "loan-default"
PAGE = (EXAMPLE / "README.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Followed:
    """A copy of the example in which its README was followed."""

    folder: Path
    typed: list[Typed]
    aws: Aws

    def verdict(self, hour: int) -> dict[str, Any]:
        """The verdict of the run over an hour, counted as they were judged."""
        runs = [each for each in self.typed if "run monitor-endpoint" in each.line]
        said = (self.folder / "careless.json").read_text() if hour == 2 else runs[hour].said
        if hour == 2:
            found: dict[str, Any] = json.loads(said)["verdict"]
            return found
        (uri,) = [line.split()[1] for line in said.splitlines() if line.startswith("verdict: ")]
        return dict(json.loads(read(self.aws, uri)))


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    """The README, followed to its end."""
    above = tmp_path_factory.mktemp("loans")
    folder = above / "loan-default"
    shutil.copytree(EXAMPLE, folder)
    with Server(EmulatorConfig(state_dir=above / "state", port=0)) as server:
        typed = list(follow(lines(PAGE, skipped=("cd ",)), folder, server.url))
        yield Followed(folder, typed, connect(load_environment("local", folder / "conf")))


def test_every_command_ends_as_the_readme_says(followed: Followed) -> None:
    """Training, registration, traffic, labels, three hours and the gate, with their exit codes."""
    assert [each for each in followed.typed if each.code != each.expected] == []


def test_the_honest_hour_is_open_though_aws_would_flag_it(followed: Followed) -> None:
    """Nothing crosses a limit that refuses; AWS's rule flags more than thirty of the metrics."""
    verdict = followed.verdict(0)
    flagged = [each for each in verdict["findings"] if each["monitor"] == "bias" and each["aws_violation"]]

    assert (verdict["decision"], verdict["batch"]["rows"]) == ("pass", 2000)
    assert len(flagged) > 30


def test_the_gap_that_closes_is_not_refused(followed: Followed) -> None:
    """For the young DI rises to about 1, which AWS's rule flags and the policy does not."""
    verdict = followed.verdict(1)
    (di,) = [
        each
        for each in verdict["findings"]
        if (each["monitor"], each["metric"], each["facet"]) == ("bias", "DI", "age_lt25")
    ]

    assert verdict["decision"] == "pass"
    assert di["baseline"] < 0.9 < di["value"] < 1.15
    assert di["aws_violation"]
    assert not di["crossed"]


def test_the_careless_hour_is_refused_by_name(followed: Followed) -> None:
    """Women are favoured less than they were, no other group is, and the summary names them."""
    verdict = followed.verdict(2)
    against = {
        each["facet"]
        for each in verdict["findings"]
        if each["metric"] == "DPPL" and each["severity"] == "refuse" and each["value"] > 0
    }

    assert verdict["decision"] == "refused"
    assert against == {"Gender_Female"}
    assert "Gender_Female" in verdict["summary"]


def test_the_schedule_counts_what_grew(followed: Followed) -> None:
    """By AWS's rules the same hour has more than a hundred violations, the planted one among them."""
    (fired,) = [each for each in followed.typed if "local fire" in each.line]
    (place,) = [line.split()[1] for line in fired.said.splitlines() if line.startswith("reports: ")]
    violations = json.loads(read(followed.aws, f"{place}/constraint_violations.json"))["violations"]

    assert len(violations) > 100
    assert ("Gender_Female", "DPPL") in {(each["facet"], each["metric_name"]) for each in violations}


def test_the_refused_hour_takes_the_approval_back(followed: Followed) -> None:
    """Version 1 is rejected, and says which execution did it."""
    (version,) = followed.aws.call(
        "sagemaker", "list_model_packages", ModelPackageGroupName="loan-default", MaxResults=1
    )["ModelPackageSummaryList"]
    described = followed.aws.call(
        "sagemaker", "describe_model_package", ModelPackageName=version["ModelPackageArn"]
    )
    arn = json.loads((followed.folder / "careless.json").read_text())["execution_arn"]

    assert version["ModelApprovalStatus"] == "Rejected"
    assert arn.rpartition("/")[2] in described["ApprovalDescription"]
