"""Answer `pip install`: a job runs in the emulator's own Python, which it must not change.

A package that is missing fails the job, by name; one of another version is told in the job's log.
"""

from __future__ import annotations

import importlib.metadata
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*([^;]*)(?:;(.*))?")
_WITH_VALUE = ("-i", "--index-url", "--extra-index-url", "-t", "--target", "-c", "--constraint", "-f")


def main(arguments: list[str]) -> int:
    """Answer one call of pip; return its exit code."""
    command, *rest = arguments or ["help"]
    if command in ("-V", "--version"):
        print("pip of the emulator, which installs nothing")
        return 0
    if command == "uninstall":
        print("nothing is uninstalled: the job runs in the emulator's own Python")
        return 0
    if command != "install":
        print(f"pip {command} is not answered in the emulator; there is pip install", file=sys.stderr)
        return 2
    missing = []
    for requirement in _requirements(rest):
        name = _missing(requirement)
        if name:
            missing.append(name)
    if missing:
        print(
            f"ERROR: not installed: {', '.join(missing)}. Jobs run in the emulator's own Python and install "
            f"nothing; install there what they need: {sys.executable} -m pip install {' '.join(missing)}",
            file=sys.stderr,
        )
    return 1 if missing else 0


def _requirements(arguments: list[str]) -> Iterator[str]:
    """Yield the requirements of the arguments, and of the files that they name."""
    given = iter(arguments)
    for argument in given:
        name, equals, value = argument.partition("=") if argument.startswith("--") else (argument, "", "")
        if name in ("-r", "--requirement"):
            yield from _file(Path(value if equals else next(given, "")))
        elif argument.startswith("-r") and not argument.startswith("--"):
            yield from _file(Path(argument[2:]))
        elif name in _WITH_VALUE and not equals:
            next(given, None)
        elif not argument.startswith("-"):
            yield argument


def _file(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        if text.startswith("-r"):
            yield from _file(path.parent / text[2:].strip())
        elif text and not text.startswith("-"):
            yield text


def _missing(requirement: str) -> str | None:
    """Return the name of a package that is not there; tell of one that has another version."""
    match = _NAME.match(requirement)
    if match is None or "://" in requirement or requirement.startswith((".", "/")):
        return None if Path(requirement).exists() else requirement
    name, wanted, marker = match[1], match[2].strip(), match[3]
    if marker and not _applies(marker):
        return None
    try:
        found = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return name
    if wanted and not _contains(wanted, found):
        print(f"note: {name}{wanted} is asked for, the job runs with {name} {found} of the emulator's Python")
    return None


def _contains(wanted: str, found: str) -> bool:
    try:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet
    except ImportError:
        return wanted.lstrip("=~ ") == found
    try:
        return SpecifierSet(wanted).contains(found, prereleases=True)
    except InvalidSpecifier:
        return False


def _applies(marker: str) -> bool:
    try:
        from packaging.markers import InvalidMarker, Marker
    except ImportError:
        return True
    try:
        return Marker(marker).evaluate()
    except InvalidMarker:
        return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
