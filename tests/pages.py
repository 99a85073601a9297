"""Pages of the documentation, followed as a reader follows them: every command, in the page's order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sagemaker_monitor.aws import connect
from sagemaker_monitor.settings import load_environment

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# ((?:conf|monitor)/\S+)\n")
_WHOLE = re.compile(r"^schema_version:", re.MULTILINE)
_FUNCTION = re.compile(r"\w+\(\) \{")
_COMMENT = re.compile(r"\s+#\s*(.*)$")
START = "sagemaker-monitor local up"


@dataclass(frozen=True)
class Typed:
    """A command line of a page, the exit code that the page promises, its own, and all that it said."""

    line: str
    expected: int
    code: int
    said: str


def blocks(page: str) -> list[tuple[str, str]]:
    """Return the language and the text of each block of a page, in order."""
    return _BLOCK.findall(page)


def lines(page: str, *, shown: Sequence[str] = (), skipped: Sequence[str] = ()) -> Iterator[tuple[str, int]]:
    """Yield each command of a page's blocks without a language, with the exit code in its comment, 0 without.

    Blocks that begin as *shown* are what commands say; lines that begin as *skipped* are not typed.
    """
    for language, text in blocks(page):
        if not language and not text.startswith(tuple(shown)):
            yield from (each for each in commands(text) if not each[0].startswith(tuple(skipped)))


def commands(block: str) -> Iterator[tuple[str, int]]:
    """Yield each line of a block without its comment, with the exit code that the comment names, else 0."""
    for line in filter(None, block.splitlines()):
        said = _COMMENT.search(line)
        code = re.match(r"\d+\b", said[1]) if said else None
        yield _COMMENT.sub("", line), int(code[0]) if code else 0


def follow(typed: Iterator[tuple[str, int]], folder: Path, url: str) -> Iterator[Typed]:
    """Type one line after the other in *folder*, with the emulator at *url* in place of `local up`'s."""
    functions = ""
    for line, expected in typed:
        if _FUNCTION.match(line):
            functions += f"{line}\n"
        elif line.startswith(START):
            point_at(folder / "conf", url)
            yield Typed(line, expected, expected, url)
        else:
            code, said = shell(folder, functions + line)
            yield Typed(line, expected, code, said)


def follow_in_order(page: str, folder: Path, url: str) -> Iterator[Typed]:
    """Write the files of a page and type its commands as they come; yield the latter.

    YAML without a schema_version is a part of the file that its comment names, and goes to the end of it.
    """
    for language, block in blocks(page):
        named = _FILE.match(block)
        if not language:
            yield from follow(lines(f"```\n{block}```\n"), folder, url)
        elif named:
            file = folder / named[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            before = "" if language != "yaml" or _WHOLE.search(block) else f"{file.read_text()}\n"
            file.write_text(before + block.replace("http://127.0.0.1:4780", url), encoding="utf-8")


def point_at(conf: Path, url: str) -> None:
    """Do what `local up` does, with an emulator that runs already: its address, and the bucket."""
    local = conf / "environments" / "local.yaml"
    local.write_text(local.read_text().replace("http://127.0.0.1:4780", url))
    aws = connect(load_environment("local", conf))
    where = {"LocationConstraint": aws.environment.region}
    bucket = aws.environment.storage.bucket
    aws.call("s3", "create_bucket", Bucket=bucket, CreateBucketConfiguration=where)


def shell(folder: Path, script: str) -> tuple[int, str]:
    """Run a script with this Python's commands on the PATH; return its exit code, and what it said."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr
