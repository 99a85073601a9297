"""Commands that stand for images of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sagemaker_monitor.emulator.jobs.images import (
    Registry,
    RegistryError,
    kind_of,
    registry_of,
    trainer_of,
)

HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (f"{HOST}/scorer:1.0", "short"),
        (f"{HOST}/team/scorer@sha256:{'0' * 64}", "long"),
        (f"{HOST}/other/scorer", "short"),
        (f"{HOST}/my-scorer:1.0", None),
        ("scorer:1.0", "short"),
    ],
)
def test_the_longest_repository_that_fits_wins(image: str, expected: str | None) -> None:
    """A repository is found whatever registry and tag it has, in any folder unless one is named."""
    registry = Registry({"scorer": ("short",), "team/scorer": ("long",)})

    assert registry.command(image) == (None if expected is None else (expected,))


def test_commands_come_from_a_file_and_from_options(tmp_path: Path) -> None:
    """Words are a list or a shell's text, files become absolute, and options win over the file."""
    (tmp_path / "serve.py").touch()
    file = tmp_path / "images.json"
    file.write_text(json.dumps({"a": "python serve.py 'two words'", "b": ["run"], "c": "old"}))

    registry = registry_of(file, ["c=new --flag"])

    assert registry.commands == {
        "a": ("python", str(tmp_path / "serve.py"), "two words"),
        "b": ("run",),
        "c": ("new", "--flag"),
    }
    assert registry_of(None, registry.options) == registry


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "is not JSON"),
        ("[]", 'must be an object of commands, {"repository": "command"}'),
        ('{"A B": "x"}', "'A B' is no repository's name"),
        ('{"a": ""}', "the command of a must be a text or a list of words, not empty"),
        ('{"a": [1]}', "the command of a must be a text or a list of words"),
        ('{"a": "x \'"}', "the command of a cannot be split into words: No closing quotation"),
    ],
)
def test_a_bad_file_says_what_is_wrong(tmp_path: Path, content: str, reason: str) -> None:
    """The file or the repository is named, with what is allowed."""
    (tmp_path / "images.json").write_text(content)

    with pytest.raises(RegistryError) as caught:
        registry_of(tmp_path / "images.json", [])
    assert reason in str(caught.value)


def test_a_missing_file_and_a_bad_option_are_named(tmp_path: Path) -> None:
    """What cannot be read or split is repeated in the message."""
    with pytest.raises(RegistryError, match=r"cannot read .*nothing\.json: No such file"):
        registry_of(tmp_path / "nothing.json", [])
    with pytest.raises(RegistryError, match="'scorer' is not REPOSITORY=COMMAND"):
        registry_of(None, ["scorer"])


@pytest.mark.parametrize(
    ("image", "kind", "trains"),
    [
        ("sagemaker-scikit-learn:1.2-1-cpu-py3", "script", True),
        ("pytorch-training:2.3-cpu-py311", "script", True),
        ("xgboost:1", None, True),
        ("sagemaker-clarify-processing:1.0", "clarify", False),
        ("sagemaker-spark-processing:3.3", None, False),
    ],
)
def test_what_runs_in_the_place_of_aws_s_images(image: str, kind: str | None, trains: bool) -> None:
    """Frameworks run scripts, processing and training; what is not known runs nothing."""
    assert kind_of(f"{HOST}/{image}") == kind
    assert (trainer_of(Registry(), f"{HOST}/{image}") is not None) == trains
