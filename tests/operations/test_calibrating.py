"""What calibrate simulates, and what it says of the rest."""

from __future__ import annotations

from pathlib import Path

from sagemaker_monitor.analysis.decision.power import Effort
from sagemaker_monitor.aws import connect
from sagemaker_monitor.operations.calibrating import OF_TEAMS, calibrate
from sagemaker_monitor.settings import load_environment, load_model

REVIEWS = Path(__file__).parents[2] / "examples" / "reviews" / "conf"


def test_monitors_of_teams_are_told_not_to_be_in_the_numbers(tmp_path: Path) -> None:
    """Of a model that one watches, 0 % of honest batches refused would be a promise that nobody made."""
    data = tmp_path / "validation.csv"
    data.write_text("".join(f"r{row},a fine lamp,{row % 5},{row % 2}\n" for row in range(100)))
    aws = connect(load_environment("local", REVIEWS))

    found = calibrate(
        aws, load_model("reviews", REVIEWS), baseline=str(data), sizes=[50], effort=Effort(499, 300)
    )

    assert found.without["custom/text_drift"] == OF_TEAMS
