"""What differs between a deployed pipeline and the one that shall be, each thing once."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sagemaker_monitor.operations.difference import MISSING, Difference, Kind, Sign, value_differences
from sagemaker_monitor.operations.planning.anatomy import ORDER, Anatomy, Unit, flatten
from sagemaker_monitor.operations.planning.code import file_differences
from sagemaker_monitor.operations.planning.files import File
from sagemaker_monitor.operations.planning.keys import rule_for
from sagemaker_monitor.operations.planning.rule import BUNDLE, STORAGE, Follows, Tells
from sagemaker_monitor.operations.planning.sides import Side
from sagemaker_monitor.settings import Environment

_UNREAD = File(None, "is not where upsert puts files")
_ADDRESS = re.compile(r"(.+)/assets/[0-9a-f]{64}/([^/]+)", re.DOTALL)


@dataclass(frozen=True)
class Pair:
    """The same unit on both sides; *label* says where it is, with `{}` for the path."""

    label: str
    before: Unit
    after: Unit

    def places(self) -> Iterator[tuple[str, Any, Any]]:
        """Yield every path with its value on each side."""
        for path in [
            *self.after.values,
            *(path for path in self.before.values if path not in self.after.values),
        ]:
            yield path, self.before.values.get(path, MISSING), self.after.values.get(path, MISSING)


@dataclass
class Comparison:
    """What differs in one pipeline: in the definition and its files, and beside them."""

    pipeline: str
    content: list[Difference] = field(default_factory=list)
    outside: list[Difference] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    """Configuration keys that this pipeline tells, whether they differ or not."""


def compare(pipeline: str, before: Side, after: Side) -> Comparison:
    """Return what differs in *pipeline*.

    A value that differs is left out only when it follows, on both sides, from what is told: from
    configuration keys, from the bundle's hash, or from a file whose content is compared itself.
    Everything else is told under its own path.
    """
    found = Comparison(pipeline)
    step_pairs = list(_step_pairs(before.anatomy, after.anatomy, found))
    file_pairs, handled = _file_pairs(step_pairs, before, after, found)
    pairs = [
        *(pair for _, pair in step_pairs),
        Pair("{}", before.anatomy.rest, after.anatomy.rest),
        *file_pairs,
    ]
    parameters = _parameter_pair(before.anatomy.parameters, after.anatomy.parameters, found)
    outside = Pair("{}", before.outside, after.outside)
    facts = _Facts(pipeline, before, after, [*pairs, parameters, outside])
    found.told = {
        key for key, fact in facts.after.items() if fact is not MISSING or facts.before[key] is not MISSING
    }
    found.content += facts.differences(_storage(before.root, after.root))
    for pair in (*pairs, parameters):
        found.content += _unexplained(pair, facts, handled)
    found.outside += _unexplained(outside, facts, handled)
    return found


def _step_pairs(before: Anatomy, after: Anatomy, found: Comparison) -> Iterator[tuple[str, Pair]]:
    for name in [*after.steps, *(name for name in before.steps if name not in after.steps)]:
        old, new = before.steps.get(name), after.steps.get(name)
        if old is not None and new is not None and old.type == new.type:
            yield name, Pair(f"Steps[{name}].{{}}", old, new)
        else:
            text = " becomes ".join(unit.type for unit in (old, new) if unit is not None)
            sign: Sign = "+" if old is None else "-" if new is None else "~"
            found.content.append(Difference(sign, "pipeline", f"step {name}", text=text))


def _parameter_pair(before: Unit, after: Unit, found: Comparison) -> Pair:
    """Return the parameters that both sides have, having told of those that only one has."""
    names = {
        side: {path.partition(".")[0] for path in unit.values} for side, unit in enumerate((before, after))
    }
    for side, unit in enumerate((before, after)):
        for name in sorted(names[side] - names[1 - side] - {ORDER}):
            default = unit.values.get(f"{name}.DefaultValue", MISSING)
            text = "" if default is not MISSING else "without a default"
            found.content.append(
                Difference("+", "pipeline", f"parameter {name}", after=default, text=text)
                if side
                else Difference("-", "pipeline", f"parameter {name}", before=default, text=text)
            )
    both = {ORDER} | names[0] & names[1]

    def kept(unit: Unit) -> Unit:
        return Unit(
            unit.type, {path: value for path, value in unit.values.items() if path.partition(".")[0] in both}
        )

    return Pair("Parameters.{}", kept(before), kept(after))


def _file_pairs(
    step_pairs: list[tuple[str, Pair]], before: Side, after: Side, found: Comparison
) -> tuple[list[Pair], set[tuple[str, str]]]:
    """Compare the files that both sides name at the same place.

    Returns the JSON documents among them as pairs, and the places, as label and path, that are done with.
    """
    users: dict[tuple[str, str], list[tuple[str, tuple[str, str]]]] = {}
    for step, pair in step_pairs:
        for path, old, new in pair.places():
            if _name_the_same_file(before.normal(old), after.normal(new)):
                users.setdefault((old, new), []).append((step, (pair.label, path)))
    names = Counter(new.rpartition("/")[2] for _, new in users)
    documents, handled = [], set()
    for (old, new), uses in users.items():
        name = new.rpartition("/")[2]
        steps = ", ".join(dict.fromkeys(step for step, _ in uses))
        label = name if names[name] == 1 else f"{name} of {steps}"
        files = before.files.get(old, _UNREAD), after.files.get(new, _UNREAD)
        if before.normal(old) == after.normal(new):
            # By its address it is the same file; what lies there now is not the definition's matter.
            files = files[1], files[1]
        elif files[0].content is not None and files[0].content == files[1].content:
            continue  # the address itself is what differs
        handled |= {place for _, place in uses}
        document = _compare_files(label, name, *files, found)
        if document is not None:
            documents.append(document)
    return documents, handled


def _name_the_same_file(old: Any, new: Any) -> bool:
    """Whether both are addresses of files with the same name below the same storage root."""
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    matches = _ADDRESS.fullmatch(old), _ADDRESS.fullmatch(new)
    return matches[0] is not None and matches[1] is not None and matches[0].groups() == matches[1].groups()


def _compare_files(label: str, name: str, old: File, new: File, found: Comparison) -> Pair | None:
    """Note what differs between two files; JSON documents are returned, for the configuration they tell."""
    if old.content is None or new.content is None:
        if old is not new:
            which = "deployed" if old.content is None else "new"
            text = f"the {which} one {old.problem or new.problem}: what changes in it cannot be told"
            found.content.append(Difference("~", "file", label, text=text))
        return None
    documents = _document(old.content), _document(new.content)
    if documents[0] is None or documents[1] is None:
        found.content += file_differences(label, old.content, new.content)
        return None
    if old.content != new.content and documents[0] == documents[1]:
        found.content.append(Difference("~", "file", label, text="laid out differently, the same content"))
    return Pair(
        f"{label}: {{}}", Unit(name, dict(flatten(documents[0]))), Unit(name, dict(flatten(documents[1])))
    )


def _document(content: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


class _Facts:
    """The configuration as the values of each side tell it."""

    def __init__(self, pipeline: str, before: Side, after: Side, pairs: list[Pair]) -> None:
        self.pipeline, self.sides = pipeline, (before, after)
        votes: tuple[dict[str, list[Any]], dict[str, list[Any]]] = ({}, {})
        for pair in pairs:
            for path, *values in pair.places():
                rule = rule_for(pipeline, pair.after.type, path)
                if isinstance(rule, Tells):
                    for side, value in enumerate(values):
                        for key, fact in rule.facts(self.sides[side].normal(value)).items():
                            votes[side].setdefault(key, []).append(fact)
        self.after = {key: _most(facts, MISSING) for key, facts in votes[1].items()}
        self.before = {key: _most(facts, self.after[key]) for key, facts in votes[0].items()}

    def differences(self, storage: list[tuple[str, Any, Any]]) -> Iterator[Difference]:
        """Yield every key that the two sides tell differently; *storage* are keys told by the file URIs."""
        told = [(key, self.before[key], fact) for key, fact in self.after.items()]
        for key, old, new in [*storage, *told]:
            yield from value_differences(_kind(key), key, _plain(old), _plain(new))

    def explain(self, unit_type: str, path: str, before: Any, after: Any) -> bool:
        """Return whether the two values, as they are normally, follow from what is told."""
        old, new = self.sides[0].normal(before), self.sides[1].normal(after)
        if old == new:
            return True
        rule = rule_for(self.pipeline, unit_type, path)
        if isinstance(rule, Follows):
            return rule.explains((old, self.before), (new, self.after))
        if rule is None or not rule.same_rest(old, new):
            return False
        facts = rule.facts(old), rule.facts(new)
        return (
            facts[0] != facts[1]
            and all(self.before[key] == fact for key, fact in facts[0].items())
            and all(self.after[key] == fact for key, fact in facts[1].items())
        )


def _most(facts: list[Any], preferred: Any) -> Any:
    """Return what most places say; *preferred* when as many say so."""
    counts = [(sum(other == fact for other in facts), fact == preferred) for fact in facts]
    return facts[counts.index(max(counts))]


def _unexplained(pair: Pair, facts: _Facts, handled: set[tuple[str, str]]) -> Iterator[Difference]:
    for path, old, new in pair.places():
        if old == new or (pair.label, path) in handled:
            continue
        if path.endswith(ORDER):
            yield from _order(pair.label.format(path.removesuffix(ORDER)), old, new)
        elif not facts.explain(pair.after.type, path, old, new):
            subject = pair.label.format(path)
            if isinstance(old, list) and isinstance(new, list):
                yield from value_differences("pipeline", subject, old, new)
            else:
                sign: Sign = "+" if old is MISSING else "-" if new is MISSING else "~"
                yield Difference(sign, "pipeline", subject, old, new)


def _order(subject: str, old: Any, new: Any) -> Iterator[Difference]:
    if isinstance(old, list) and isinstance(new, list):
        common = [name for name in old if name in new], [name for name in new if name in old]
        if common[0] != common[1]:
            yield Difference("~", "pipeline", f"order of {subject}", common[0], common[1])
    elif [] in (old, new):
        # Elements that come or go are told themselves; an empty list has none.
        sign: Sign = "+" if old is MISSING else "-"
        yield Difference(sign, "pipeline", subject, old, new)


def _storage(before: str | None, after: str | None) -> list[tuple[str, Any, Any]]:
    if before is None or after is None:
        return []
    old, new = (root.removeprefix("s3://").partition("/") for root in (before, after))
    return [("storage.bucket", old[0], new[0]), ("storage.prefix", old[2], new[2])]


def _kind(key: str) -> Kind:
    return "environment" if key.partition(".")[0] in Environment.model_fields else "model"


def _plain(value: Any) -> Any:
    """Return a normal value with its marks in words."""
    if isinstance(value, str):
        return value.replace(STORAGE, "<storage>").replace(BUNDLE, "<bundle>")
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
