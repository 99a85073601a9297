"""What a YAML file says, and on which line it says it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from sagemaker_monitor.settings.errors import ConfigError, Path, Position, Problem, quoted

SCHEMA_VERSION = 1
MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_VALUES = 50_000

_TAG = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Document:
    """Plain values, where each stands, and how each scalar was written."""

    data: dict[str, Any]
    where: dict[Path, Position] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)

    def position(self, path: Path) -> Position | None:
        """Return where *path* stands, or else the nearest section around it."""
        while path and path not in self.where:
            path = path[:-1]
        return self.where.get(path)

    def problem(self, path: Path, message: str) -> Problem:
        """Return *message* as a problem of the value at *path*."""
        return Problem(message, self.position(path), path)


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, with a bound on nesting."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose a node, refusing more than MAX_DEPTH levels before Python's own stack does."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem=f"more than {MAX_DEPTH} levels deep", problem_mark=mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


def read(file: FilePath, *, versioned: bool = True) -> Document:
    """Return what *file* says.

    Raises ConfigError for a file that cannot be read, is no YAML mapping, repeats a key, or was written
    for another schema version; whether it says one at all is left to the caller where not *versioned*.
    """
    return parsed(_text(file), str(file), versioned=versioned)


def _fix(words: str) -> str:
    """Return what to do about YAML's own words, where a file of ours often comes to them."""
    if "'\\t'" in words:
        return ": indent with spaces"
    if "flow mapping" in words and words.endswith("'?'"):
        return ": within braces quote a value with a question mark, such as a cron expression"
    return ""


def parsed(text: str, name: str, *, versioned: bool = True) -> Document:
    """Return what *text* says, which is told as the file *name*; see read()."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise ConfigError([Problem("is empty: it needs at least `schema_version: 1`", Position(name))])
        document = _Reader(name, loader).document(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        # The context is the half that says what was being read, as in "while parsing a flow sequence".
        words = " ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError([Problem(f"is not YAML: {words}{_fix(words)}", Position(name, line))]) from error
    finally:
        loader.dispose()
    if versioned:
        check_version(document)
    return document


def overlay(base: Document, over: Document) -> Document:
    """Return *over* laid on *base*: mappings merge, everything else replaces."""
    merged = Document(dict(base.data), dict(base.where), dict(base.written))
    merged.where[()] = over.where.get((), Position(""))
    _lay(merged, merged.data, over, over.data, ())
    return merged


def _lay(
    merged: Document, target: dict[str, Any], over: Document, source: dict[str, Any], path: Path
) -> None:
    for key, value in source.items():
        here = (*path, key)
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            target[key] = dict(target[key])
            merged.where[here] = over.where[here]
            _lay(merged, target[key], over, value, here)
            continue
        target[key] = value
        for old, new in ((merged.where, over.where), (merged.written, over.written)):
            _replace_below(old, new, here)


def _replace_below(old: dict[Path, Any], new: dict[Path, Any], path: Path) -> None:
    for stale in [known for known in old if known[: len(path)] == path]:
        del old[stale]
    old.update({known: value for known, value in new.items() if known[: len(path)] == path})


def _text(file: FilePath) -> str:
    position = Position(str(file))
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError([Problem(f"cannot be read: {error.strerror}", position)]) from error
    if len(content) > MAX_BYTES:
        raise ConfigError(
            [Problem(f"is larger than {MAX_BYTES // 1024} KiB: it is no configuration", position)]
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"is not UTF-8 text (byte 0x{content[error.start]:02x}): save it as UTF-8"
        raise ConfigError([Problem(message, Position(str(file), line))]) from error
    if control := yaml.SafeLoader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, control.start()) + 1
        message = f"holds the control character {control.group()!r}, which YAML does not allow: remove it"
        raise ConfigError([Problem(message, Position(str(file), line))])
    return text


def check_version(document: Document) -> None:
    """Check that *document* is of the schema version that is read. Raises ConfigError."""
    version = document.data.get("schema_version")
    if "schema_version" not in document.data:
        message = f"schema_version is missing: write `schema_version: {SCHEMA_VERSION}` at the top"
    elif type(version) is int and version > SCHEMA_VERSION:
        message = f"is {version}, newer than this version reads ({SCHEMA_VERSION}): upgrade sagemaker-monitor"
    elif type(version) is not int or version != SCHEMA_VERSION:
        message = f"must be the number {SCHEMA_VERSION}"
    else:
        return
    path: Path = ("schema_version",) if "schema_version" in document.data else ()
    raise ConfigError([document.problem(path, message)])


class _Reader:
    """Turns composed nodes into a Document, counting values so that aliases cannot multiply without end."""

    def __init__(self, file: str, loader: _Loader) -> None:
        self._file = file
        self._loader = loader
        self._count = 0
        self._problems: list[Problem] = []
        self._where: dict[Path, Position] = {}
        self._written: dict[Path, str] = {}

    def document(self, node: yaml.Node) -> Document:
        """Return the document below *node*."""
        if not isinstance(node, yaml.MappingNode):
            raise ConfigError([Problem("must be a mapping: lines of `key: value`", self._position(node))])
        data = self._value(node, ())
        if self._problems:
            raise ConfigError(self._problems)
        return Document(data, self._where, self._written)

    def _value(self, node: yaml.Node, path: Path) -> Any:
        self._count += 1
        if self._count > MAX_VALUES or len(path) > MAX_DEPTH:
            what = f"{MAX_VALUES} values" if self._count > MAX_VALUES else f"{MAX_DEPTH} levels"
            raise ConfigError([Problem(f"is more than {what}, aliases included", self._position(node))])
        self._where.setdefault(path, self._position(node))
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return dict(self._items(node, path))
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _items(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, Any]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            key, line = key_node.value, key_node.start_mark.line + 1
            if key_node.tag != f"{_TAG}str":
                words = quoted(key) if isinstance(key, str) else "a list or mapping"
                message = f"{words} as a key is not text: put it in quotes"
                if key_node.tag == f"{_TAG}merge":
                    message = "merge keys (<<) are not used here: write the keys out, or alias a whole value"
                self._problems.append(Problem(message, self._position(key_node), path))
                continue
            if key in seen:
                message = f"the key {quoted(key)} stands twice, first on line {seen[key]}: remove one"
                self._problems.append(Problem(message, self._position(key_node), path))
                continue
            seen[key] = line
            self._where[(*path, key)] = self._position(key_node)
            yield key, self._value(value_node, (*path, key))

    def _scalar(self, node: yaml.Node, path: Path) -> Any:
        if isinstance(node, yaml.ScalarNode):
            self._written[path] = node.value
        match node.tag.removeprefix(_TAG):
            case "str" | "timestamp":
                return node.value
            case "null" | "bool" | "int" | "float":
                try:
                    return self._loader.construct_object(node)
                except (ValueError, KeyError):
                    message = f"{quoted(node.value)} cannot be read as a number: quote it if it is text"
            case _:
                message = f"the tag {quoted(node.tag)} is not allowed: write a plain value"
        self._problems.append(Problem(message, self._position(node), path))
        return None

    def _position(self, node: yaml.Node) -> Position:
        return Position(self._file, node.start_mark.line + 1)
