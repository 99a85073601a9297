"""What a script that trains is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sagemaker_monitor.emulator.models.train_script import command_line, variables


def test_hyperparameters_are_arguments_in_the_order_of_their_names() -> None:
    """One letter has one dash; mappings are name=value, nothing is an empty text."""
    given = {"epochs": 3, "b": True, "rate": 0.5, "none": None, "map": {"y": 2, "x": 1}, "list": [1, 2]}

    assert command_line(given) == [
        *(
            "-b",
            "True",
            "--epochs",
            "3",
            "--list",
            "[1, 2]",
            "--map",
            "x=1,y=2",
            "--none",
            "",
            "--rate",
            "0.5",
        ),
    ]


@pytest.mark.parametrize("base", ["/opt/ml", "/state/jobs/one"])
def test_variables_say_where_things_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    """Below /opt/ml, or below the job's directory where that cannot be mounted there."""
    monkeypatch.setenv("SAGEMAKER_MONITOR_RELOCATES", base)
    config = tmp_path / "input" / "config"
    config.mkdir(parents=True)
    resources = {"current_host": "algo-1", "hosts": ["algo-1"], "current_instance_type": "ml.m5.large"}
    resources |= {"current_group_name": "homogeneousCluster", "network_interface_name": "eth0"}
    (config / "resourceconfig.json").write_text(json.dumps(resources))
    (config / "inputdataconfig.json").write_text(json.dumps({"train": {}, "test": {}}))
    own = {"rate": 0.5}

    found = variables(tmp_path, {**own, "sagemaker_program": "a.py", "sagemaker_region": "x"}, own)

    assert found["SM_MODEL_DIR"] == f"{base}/model"
    assert (found["SM_CHANNEL_TRAIN"], found["SM_CHANNEL_TEST"]) == (
        f"{base}/input/data/train",
        f"{base}/input/data/test",
    )
    assert (found["SM_HP_RATE"], found["SM_HPS"], found["SM_CHANNELS"]) == (
        "0.5",
        '{"rate":0.5}',
        '["test","train"]',
    )
    assert json.loads(found["SM_FRAMEWORK_PARAMS"]) == {"sagemaker_region": "x"}
    assert json.loads(found["SM_TRAINING_ENV"])["channel_input_dirs"]["train"] == f"{base}/input/data/train"
