"""What is kept of each round of training: checkpoints, from which a later job goes on, and the model so far.

Names and numbers of checkpoints are those of the published SageMaker XGBoost container.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from xgboost import Booster
from xgboost.callback import TrainingCallback
from xgboost.core import XGBoostError

CHECKPOINT = "xgboost-checkpoint"
KEPT = 5
"""Checkpoints that stay; those that were there before the job stay, too."""
_NAME = re.compile(rf"{CHECKPOINT}\.(\d+)")


class Checkpoints(TrainingCallback):  # type: ignore[misc]
    """Saves the model after each round, as `xgboost-checkpoint.<round>`."""

    def __init__(self, folder: Path, start: int) -> None:
        self._folder, self._start = folder, start

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Save the model; drop what is older than the last five of this job."""
        number = self._start + epoch
        save(model, self._folder / f"{CHECKPOINT}.{number}")
        if number - KEPT >= self._start:
            (self._folder / f"{CHECKPOINT}.{number - KEPT}").unlink(missing_ok=True)
        return False


class Latest(TrainingCallback):  # type: ignore[misc]
    """Keeps the model of the last round where the job's model goes, for when the job is stopped."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Save the model."""
        save(model, self._path)
        return False


def resumed(folder: Path) -> tuple[Booster | None, int]:
    """Return the model of the last checkpoint in *folder* that can be read, and the round to go on with."""
    found = [(int(match[1]), path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    for number, path in sorted(found, reverse=True):
        booster = Booster()
        try:
            booster.load_model(bytearray(path.read_bytes()))
        except XGBoostError:
            print(f"Wrong checkpoint model format {path.name}", flush=True)
            continue
        print(f"Checkpoint loaded from {path.name}\nResuming from iteration {number + 1}", flush=True)
        return booster, number + 1
    return None, 0


def save(model: Booster, path: Path) -> None:
    """Write a model whole or not at all."""
    partial = path.with_name(f"{path.name}.sagemaker-ignore")
    partial.write_bytes(bytes(model.save_raw("json")))
    partial.rename(path)
