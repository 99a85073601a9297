"""The record preprocessor of data quality schedules leaves the features, in their order."""

from __future__ import annotations

import base64
import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "steps" / "scripts" / "features_only.py"


def script(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Any:
    """Return the script's handler under these environment variables."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("features_only", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.preprocess_handler


def asked(data: str, encoding: str = "CSV") -> SimpleNamespace:
    """Return a captured request."""
    return SimpleNamespace(endpoint_input=SimpleNamespace(data=data, encoding=encoding))


def values(row: dict[str, Any]) -> list[Any]:
    """Return a row's values in the order in which Model Monitor sorts its columns."""
    return [row[name] for name in sorted(row)]


def test_a_batch_line_loses_its_key_and_what_follows_the_features(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of eleven features the eleventh stays the last; empty cells are missing ones, quotes are read."""
    handler = script(monkeypatch, FEATURES_FIRST="1", FEATURES_COUNT="11")
    line = ",".join(["k1", *map(str, range(10)), '"a,b"', "1", "0"])

    assert values(handler(line)) == [*map(str, range(10)), "a,b"]
    assert values(handler("k1,,2")) == [None, "2"]


def test_a_request_is_taken_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Further columns are told as extra ones; several lines are several rows; base64 is read."""
    handler = script(monkeypatch)

    assert values(handler(asked("1,2,3\n"))) == ["1", "2", "3"]
    assert [values(row) for row in handler(asked("1,2\n3,4\n"))] == [["1", "2"], ["3", "4"]]
    assert values(handler(asked(base64.b64encode(b"5,6").decode(), "BASE64"))) == ["5", "6"]
    assert handler(asked("")) == []
