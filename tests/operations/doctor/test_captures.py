"""What doctor says of captures and of labels that came late, over a batch that was scored and captured."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sagemaker_monitor.operations.doctor import captures
from sagemaker_monitor.operations.doctor.finding import Finding
from tests.operations.captured import Captured, fresh
from tests.operations.doctor.looking import subject


def now() -> str:
    """The hour that runs, as captures have it."""
    return f"{datetime.now(UTC):%Y/%m/%d/%H}"


def labelled(captured: Captured, name: str, hour: str, count: int) -> None:
    """Put ground truth records of the first *count* captured records under *hour*."""
    lines = [
        {
            "groundTruthData": {"data": "1", "encoding": "CSV"},
            "eventMetadata": {"eventId": inference},
            "eventVersion": "0",
        }
        for inference in list(captured.ids.values())[:count]
    ]
    captured.put(name, f"{hour}/labels.jsonl", "\n".join(map(json.dumps, lines)))


def late(captured: Captured, name: str) -> Finding:
    """Return what is found of late labels."""
    (found,) = captures.late_labels(subject(captured.conf, model=name))
    return found


def test_nothing_captured(captured: Captured) -> None:
    """A month without captures is a warning, also where older ones are there; it names the window."""
    name = fresh()
    captured.model(name, "2020/01/01/00")

    (found,) = captures.of_batches(subject(captured.conf, model=name))

    assert found.status == "warning"
    assert found.seen.startswith("no batch was captured from ")


def test_captures_within_the_window(captured: Captured) -> None:
    """Their objects and hours are counted, the newest hour is named."""
    name = fresh()
    captured.model(name, now())

    (found,) = captures.of_batches(subject(captured.conf, model=name))

    assert found.status == "ok"
    assert found.seen.startswith("1 object in 1 hours from ")


def test_labels_under_the_hour_of_their_capture(captured: Captured) -> None:
    """Half of the labels are too few, all are enough; under another hour they belong to nothing."""
    half, whole, elsewhere = fresh(), fresh(), fresh()
    for name, hour, count in ((half, now(), 4), (whole, now(), 8), (elsewhere, "2020/01/01/00", 8)):
        captured.model(name, now())
        labelled(captured, name, hour, count)

    found = {name: late(captured, name) for name in (half, whole, elsewhere)}

    assert found[half].seen.startswith("50.0% of 8 captured records have a label under their hour")
    assert (found[half].status, found[whole].status, found[elsewhere].status) == ("warning", "ok", "warning")
    assert found[elsewhere].seen.startswith("0.0% of 8")
    assert f"ground-truth put LABELS --model {elsewhere}" in found[elsewhere].fix
