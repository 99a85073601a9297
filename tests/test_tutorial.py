"""The tutorial, followed: every command and file of docs/tutorial.md, in its order, in a new folder."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from tests.pages import Typed, blocks, follow, lines, shell

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
INSTALLED = ("make -C", ". sagemaker-monitor", "mkdir ", "cd ")
"""How the lines begin that install and make the folder: tests have done it."""
SHOWN = ("error:", "refused:", "customer_id,")
"""How blocks begin that show what a command says."""


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
    """The page, followed to its end, with an emulator of the tests' own."""
    above = tmp_path_factory.mktemp("tutorial")
    (above / "sagemaker-monitor").symlink_to(ROOT)
    folder = above / "churn-monitoring"
    folder.mkdir()
    (script,) = [text for language, text in blocks(PAGE) if language == "python"]
    (folder / "train.py").write_text(script, encoding="utf-8")
    with Server(EmulatorConfig(state_dir=above / "state", port=0)) as server:
        yield Followed(folder, list(follow(lines(PAGE, shown=SHOWN, skipped=INSTALLED), folder, server.url)))


def test_every_command_of_the_tutorial_succeeds(followed: Followed) -> None:
    """Each line of the page ends with 0; the refused one does because it is caught, with 10."""
    assert [each for each in followed.typed if each.code] == []
    assert len(followed.typed) > 15
    assert "exit code 10" in followed.said("april-batch.csv ||")


def test_what_the_tutorial_shows_is_what_is_said(followed: Followed) -> None:
    """The header of the data and the refusal are the page's, word for word."""
    shown = [text for _, text in blocks(PAGE) if text.startswith(SHOWN)]
    said = "\n".join(each.said for each in followed.typed)

    assert len(shown) == 3
    for text in shown:
        if not text.startswith("error:"):
            for line in text.splitlines():
                assert line in said


def test_the_mistake_of_the_tutorial_is_told_as_there(followed: Followed) -> None:
    """With the facet misspelled, validate ends with 2 and the page's sentence."""
    wrong = followed.folder / "wrong"
    subprocess.run(["cp", "-r", followed.folder / "conf", wrong], check=True)
    file = wrong / "models" / "churn.yaml"
    file.write_text(file.read_text().replace("name: senior,", "name: seniour,"))
    code, said = shell(followed.folder, "sagemaker-monitor validate --conf-dir wrong")
    (shown,) = [text for _, text in blocks(PAGE) if text.startswith("error:")]

    assert (code, said.replace("wrong/", "conf/").strip()) == (2, shown.strip())


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
