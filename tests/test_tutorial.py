"""The tutorial, followed: every command and file of docs/tutorial.md, in its order, in a new folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sagemaker_monitor.aws import connect
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.settings import load_environment

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INSTALLED = ("make -C", ". sagemaker-monitor")
"""How the lines begin that install: tests have done it."""
NOT_TYPED = ("error:", "refused:", "customer_id,")
"""How blocks begin that show what a command says."""


@dataclass(frozen=True)
class Typed:
    """A command line of the page, how it ended, and all that it said."""

    line: str
    code: int
    said: str


@dataclass(frozen=True)
class Followed:
    """The folder in which the page was followed, and its commands."""

    folder: Path
    typed: list[Typed]

    def said(self, command: str) -> str:
        """What the only command that contains *command* said."""
        (found,) = [each for each in self.typed if command in each.line]
        return found.said


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    """The page, followed to its end, with an emulator of the tests' own instead of `local up`'s."""
    above = tmp_path_factory.mktemp("tutorial")
    (above / "sagemaker-monitor").symlink_to(ROOT)
    folder = above / "churn-monitoring"
    folder.mkdir()
    with Server(EmulatorConfig(state_dir=above / "state", port=0)) as server:
        yield Followed(folder, list(_follow(folder, server.url)))


def _follow(folder: Path, url: str) -> Iterator[Typed]:
    for language, text in _BLOCK.findall(PAGE):
        if language == "python":
            (folder / "train.py").write_text(text, encoding="utf-8")
        elif not text.startswith(NOT_TYPED):
            for line in text.splitlines():
                if line.startswith((*INSTALLED, "mkdir", "cd ")):
                    continue
                yield _typed(folder, line, url)


def _typed(folder: Path, line: str, url: str) -> Typed:
    if line == "sagemaker-monitor local up":
        local = folder / "conf" / "environments" / "local.yaml"
        local.write_text(local.read_text().replace("http://127.0.0.1:4780", url))
        aws = connect(load_environment("local", folder / "conf"))
        storage, region = aws.environment.storage, aws.environment.region
        where = {"LocationConstraint": region}
        aws.call("s3", "create_bucket", Bucket=storage.bucket, CreateBucketConfiguration=where)
        return Typed(line, 0, url)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return Typed(line, done.returncode, done.stdout + done.stderr)


def test_every_command_of_the_tutorial_succeeds(followed: Followed) -> None:
    """Each line of the page ends with 0; the refused one does because it is caught, with 10."""
    assert [each for each in followed.typed if each.code] == []
    assert len(followed.typed) > 15
    assert "exit code 10" in followed.said("april-batch.csv ||")


def test_what_the_tutorial_shows_is_what_is_said(followed: Followed) -> None:
    """The header of the data and the refusal are the page's, word for word."""
    shown = [text for language, text in _BLOCK.findall(PAGE) if text.startswith(NOT_TYPED)]
    said = "\n".join(each.said for each in followed.typed)

    assert len(shown) == 3
    for text in shown:
        if not text.startswith("error:"):
            for line in text.splitlines():
                assert line in said


def test_the_mistake_of_the_tutorial_is_told_as_there(followed: Followed) -> None:
    """With the facet misspelled, validate ends with 2 and the page's sentence."""
    conf = followed.folder / "conf"
    wrong = followed.folder / "wrong"
    subprocess.run(["cp", "-r", conf, wrong], check=True)
    file = wrong / "models" / "churn.yaml"
    file.write_text(file.read_text().replace("name: senior,", "name: seniour,"))
    told = _typed(followed.folder, "sagemaker-monitor validate --conf-dir wrong", "")
    (shown,) = [text for _, text in _BLOCK.findall(PAGE) if text.startswith("error:")]

    assert (told.code, told.said.replace("wrong/", "conf/").strip()) == (2, shown.strip())


def test_late_labels_of_the_honest_month_are_judged(followed: Followed) -> None:
    """All of March's outcomes find their inference, and the window passes."""
    assert "1000 of 1000 keys found" in followed.said("ground-truth put")
    assert "monitor-ground-truth: pass" in followed.said("run monitor-ground-truth")
    assert "monitor-batch: pass" in followed.said("--input march-batch.csv")


def test_the_pages_say_what_the_tutorial_promises(followed: Followed) -> None:
    """April's page names the feature, and the page over time both pipelines."""
    assert "charges" in (followed.folder / "april.html").read_text(encoding="utf-8")
    over_time = (followed.folder / "over-time.html").read_text(encoding="utf-8")
    assert "monitor-batch" in over_time
    assert "monitor-ground-truth" in over_time
