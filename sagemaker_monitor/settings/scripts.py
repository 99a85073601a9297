"""Python files beside the configuration that run in SageMaker's containers: read and looked at, not run."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path as FilePath
from pathlib import PurePosixPath
from typing import Annotated

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from sagemaker_monitor.settings.errors import quoted

FOLDER = "folder"
"""The key of the validation's context that says where files are taken from: the conf folder."""
MAX_BYTES = 256 * 1024


@dataclass(frozen=True)
class Script:
    """A Python file: its name, and what it says."""

    name: str
    text: str


def _reader(handler: str) -> Callable[[object, ValidationInfo], object]:
    """Return what reads a script that defines the function *handler*."""

    def read(value: object, info: ValidationInfo) -> object:
        if isinstance(value, Script):
            return value
        if not isinstance(value, str):
            raise ValueError("must be the path of a Python file below the conf folder")
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts or path.suffix != ".py":
            raise ValueError(
                "must be the path of a Python file below the conf folder, such as scripts/preprocessor.py"
            )
        folder = FilePath((info.context or {}).get(FOLDER, "."))
        text = _text(folder / path)
        if handler not in _functions(text):
            raise ValueError(f"{folder / path} defines no function {handler}, which SageMaker calls")
        return Script(path.name, text)

    return read


def _text(file: FilePath) -> str:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ValueError(f"names {file}, which cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise ValueError(f"names {file}, which has {len(content)} bytes: at most {MAX_BYTES}")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"names {file}, which is not UTF-8 text") from error


def _functions(text: str) -> set[str]:
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        where = f", line {line}" if line else ""
        raise ValueError(f"is not Python{where}: {quoted(str(getattr(error, 'msg', error)))}") from error
    return {each.name for each in body if isinstance(each, ast.FunctionDef)}


_SCHEMA = WithJsonSchema({"type": "string"})
RecordPreprocessor = Annotated[Script, BeforeValidator(_reader("preprocess_handler")), _SCHEMA]
PostAnalyticsProcessor = Annotated[Script, BeforeValidator(_reader("postprocess_handler")), _SCHEMA]
