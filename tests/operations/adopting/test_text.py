"""A draft as YAML says what the draft says."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from sagemaker_monitor.operations.adopting.text import render

ODD = ("yes", "null", "1", "1.7-1", "a: b", "a #b", "-PT1H", "PT0H", "~", "", " x", "é\n", "'", "[a]", "0x1f")
VALUES: dict[str, Any] = {
    "schema_version": 1,
    "texts": {text or "empty": text for text in ODD},
    "lists": {
        "odd": list(ODD),
        "numbers": [1, 2.5, 1e-05, -0.0, 1e22],
        "long": [f"column {n}" for n in range(80)],
    },
    "rows": {"baseline": [[float(number) / 7 for number in range(60)], [1, 2]]},
    "nothing": {"none": None, "empty": {}, "no": [], "true": True},
    "deep": {"cron": "cron(0 0/6 ? * * *)", "maps": [{"name": "Int'l Plan_yes", "values": [0, 1]}]},
}


@pytest.mark.parametrize("comment", ["", "short", "long " * 60])
def test_yaml_reads_what_was_written(comment: str) -> None:
    """Every text and number comes back as it was, whatever stands beside it, on lines of bounded length."""
    comments = {("texts", "yes"): comment, ("lists", "long"): comment, ("deep",): comment} if comment else {}

    text = render(VALUES, comments)

    assert yaml.safe_load(text) == VALUES
    assert max(map(len, text.splitlines())) <= 110
    assert " ".join(text.replace("#", " ").split()).count(" ".join(comment.split())) >= len(comments)


def test_what_needs_no_quotes_has_none() -> None:
    """A file that people will edit reads like one that they wrote."""
    text = render(
        {"a": {"b": "cron(0 * ? * * *)", "c": "models/churn/model.tar.gz", "d": "-PT1H"}}, {("a", "b"): "x"}
    )

    assert '"' not in text
    assert "c: models/churn/model.tar.gz" in text
