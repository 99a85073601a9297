"""An endpoint whose traffic was captured, and pages that are followed on it."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sagemaker_monitor.emulator.server import Server
from tests.pages import Typed, blocks, lines, shell
from tests.test_loop import ROOT, prepared

PAGES = ROOT / "docs" / "how-to"
MODEL = "conf/models/mortgage.yaml"
AWS = Path(__file__).with_name("aws_command.py")
BEFORE = (PAGES / "an-endpoint-that-was-asked.md").read_text(encoding="utf-8")
DONE = (". .venv", "sagemaker-monitor local up", "python examples/mortgage/prepare.py", "eval ")
"""How the lines of that page begin that tests have done before."""


@dataclass(frozen=True)
class Followed:
    """A page, and what its commands said."""

    page: str
    typed: list[Typed]

    @property
    def said(self) -> str:
        """All that the commands said, in order."""
        return "".join(each.said for each in self.typed)

    def check(self) -> None:
        """Hold exit codes, and each block `text`, to what was said; `…` in a line stands for anything."""
        wrong = [
            f"{each.line}: {each.code}\n{each.said}" for each in self.typed if each.code != each.expected
        ]
        assert not wrong, "\n".join(wrong)
        said = self.said
        for language, text in blocks(self.page):
            for line in text.splitlines() if language == "text" else ():
                pattern = ".*".join(re.escape(part) for part in line.split("…"))
                assert re.search(f"^{pattern}$", said, re.MULTILINE), f"{line!r} is not said:\n{said}"


@dataclass(frozen=True)
class Watched:
    """A folder with the mortgage example, whose version 1 is approved and answered 600 requests."""

    folder: Path
    server: Server
    model: str

    def follow(self, page: str) -> Followed:
        """Write a page's files, its YAML at the end of the model's file, and type its commands."""
        text = (PAGES / page).read_text(encoding="utf-8")
        model = self.model
        for language, block in blocks(text):
            named = re.match(r"# (conf/\S+)\n", block)
            if named is None:
                continue
            if named[1] == MODEL:
                model += f"\n{block}"
            else:
                file = self.folder / named[1]
                file.parent.mkdir(exist_ok=True)
                file.write_text(block, encoding="utf-8")
            assert language in ("yaml", "python")
        (self.folder / MODEL).write_text(model, encoding="utf-8")
        return Followed(text, list(self._typed(text)))

    def _typed(self, page: str) -> Iterator[Typed]:
        for line, expected in lines(page):
            code, said = self.run(line)
            yield Typed(line, expected, code, said)

    def run(self, line: str) -> tuple[int, str]:
        """Type one line, with AWS's command as in the emulator's shell; return exit code and words."""
        keys = "AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=eu-west-1"
        there = f"export AWS_ENDPOINT_URL={self.server.url} {keys}"
        aws = f'aws() {{ {shlex.quote(sys.executable)} {AWS} "$@"; }}'
        return shell(self.folder, f"{there}\n{aws}\n{line}")


def watched(folder: Path, server: Server) -> Watched:
    """Follow the page that the others begin with: version 1 is approved, serves, and has answered."""
    (folder / "examples").symlink_to(ROOT / "examples")
    loop = prepared(folder, server.url)
    local = loop.conf / "environments" / "local.yaml"
    (enabled,) = (block for language, block in blocks(BEFORE) if language == "yaml")
    local.write_text(f"{local.read_text()}\n{enabled}")
    found = Watched(folder, server, (folder / MODEL).read_text())
    for command, _ in lines(BEFORE, skipped=DONE):
        code, said = found.run(command)
        assert code == 0, said
    server.context.hosting.flush()
    return found
