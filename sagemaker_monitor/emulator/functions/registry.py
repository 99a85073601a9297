"""Which Python callable stands for which Lambda function."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LONGEST = 600
"""Seconds that a Lambda step waits for its function, as AWS documents it."""
FORM = "NAME=FILE.py:FUNCTION or NAME=MODULE:FUNCTION, and @SECONDS after it for a timeout"

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TARGET = re.compile(r"(?P<module>.+):(?P<function>[A-Za-z_]\w*)(?:@(?P<seconds>\d{1,4}))?")
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_ARN = re.compile(
    r"(?:arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?([A-Za-z0-9_-]+)(?::[A-Za-z0-9$_-]+)?"
)


class FunctionError(Exception):
    """A callable cannot be registered; the message says which, and what is allowed."""


@dataclass(frozen=True)
class Function:
    """A callable `handler(event, context)`: in a file, or in a module that is found from *folder*."""

    name: str
    module: str
    function: str
    folder: Path
    seconds: int = LONGEST

    @property
    def option(self) -> str:
        """The function as an option NAME=TARGET that means the same from any folder."""
        target = self.module if self.module.endswith(".py") else str(self.folder / self.module)
        return f"{self.name}={target}:{self.function}@{self.seconds}"


@dataclass(frozen=True)
class Functions:
    """Callables by the name of the function that they stand for, in every region and account."""

    by_name: Mapping[str, Function] = field(default_factory=dict)

    def find(self, arn: str) -> Function | None:
        """Return the function that an ARN or a name means, whatever version; None when there is none."""
        found = _ARN.fullmatch(arn)
        return None if found is None else self.by_name.get(found[1])

    @property
    def options(self) -> list[str]:
        """The registry as options NAME=TARGET."""
        return [function.option for function in self.by_name.values()]

    @property
    def known(self) -> str:
        """The end of a message about a function that is not there."""
        names = ", ".join(sorted(self.by_name)) or "none"
        return f"registered: {names}; register a Python callable with local up --lambda NAME=FILE.py:FUNCTION"


def functions_of(file: Path | None, options: Sequence[str]) -> Functions:
    """Return the functions of a JSON file, {name: target}, and of options NAME=TARGET, which win.

    Files and modules are found from the JSON file's folder, or from the present one. Raises FunctionError.
    """
    found = {} if file is None else dict(_read(file))
    for option in options:
        name, separator, target = option.partition("=")
        if not separator:
            raise FunctionError(f"{option!r} is not {FORM}")
        found[name] = _function(name, target, Path.cwd())
    return Functions(found)


def _read(file: Path) -> Iterator[tuple[str, Function]]:
    try:
        document = json.loads(file.read_bytes())
    except OSError as error:
        raise FunctionError(f"cannot read {file}: {error.strerror or error}") from error
    except ValueError as error:
        raise FunctionError(f"{file} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise FunctionError(f'{file} must be an object of functions, {{"name": "file.py:function"}}')
    for name, target in document.items():
        yield name, _function(name, target, file.parent.resolve())


def _function(name: str, target: Any, folder: Path) -> Function:
    if not _NAME.fullmatch(name):
        raise FunctionError(
            f"{name[:100]!r} is no name of a Lambda function: letters, digits, - and _, at most 64"
        )
    found = _TARGET.fullmatch(target) if isinstance(target, str) else None
    if found is None:
        raise FunctionError(
            f"{name}: {str(target)[:200]!r} is not FILE.py:FUNCTION or MODULE:FUNCTION, or @SECONDS after it"
        )
    seconds = int(found["seconds"] or LONGEST)
    if not 1 <= seconds <= LONGEST:
        raise FunctionError(f"{name}: a function has 1 to {LONGEST} seconds, not {seconds}")
    module = found["module"]
    if module.endswith(".py"):
        path = (folder / module).resolve()
        _require_callable(name, path, found["function"])
        return Function(name, str(path), found["function"], path.parent, seconds)
    below, _, dotted = module.rpartition("/")
    if not _MODULE.fullmatch(dotted):
        raise FunctionError(f"{name}: {module!r} is neither a file .py nor a module's name")
    return Function(name, dotted, found["function"], (folder / (below or ".")).resolve(), seconds)


def _require_callable(name: str, path: Path, function: str) -> None:
    """Raise FunctionError unless the file defines *function*; nothing of it is run."""
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except OSError as error:
        raise FunctionError(f"{name}: cannot read {path}: {error.strerror or error}") from error
    except (SyntaxError, ValueError) as error:
        raise FunctionError(f"{name}: {path} is no Python: {error}") from error
    if function not in set(_names(tree)):
        raise FunctionError(f"{name}: {path} does not define {function!r}")


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Name(ctx=ast.Store()):
                yield node.id
            case ast.ImportFrom():
                yield from (alias.asname or alias.name for alias in node.names)
