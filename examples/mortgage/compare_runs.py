"""Compare what two executions left, object by object: documents value by value, other files byte by byte."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

OF_THE_PLACE = ("decide/", "join/summary/", "transform/")
"""Where documents speak of accounts, times, URIs and inference ids, which differ by nature.

What the transform answered is compared in the joined rows."""
UNSAID = ("sketch", "buckets")
"""Below these keys of a document are values of rows: their number is told, and not they."""
ROUNDING = 1e-9
MOST_TOLD = 50


@dataclass(frozen=True)
class Difference:
    """A value that differs: where, how far for numbers, and both of it where they are no rows' values."""

    path: str
    distance: float | None
    values: tuple[Any, Any] | None


@dataclass(frozen=True)
class Compared:
    """How two executions' objects compare."""

    objects: int
    values: int
    missing: tuple[str, ...]
    more: tuple[str, ...]
    differences: tuple[Difference, ...]
    largest: float
    """The largest distance of numbers that count as equal."""

    @property
    def differs(self) -> bool:
        """Whether anything does."""
        return bool(self.missing or self.more or self.differences)

    def summary(self) -> str:
        """Return it in a line."""
        said = f"{self.objects} objects and {self.values} values compared, {len(self.differences)} differ"
        said += f", the others by at most {self.largest:.1g}"
        for what, names in (("only here", self.missing), ("only there", self.more)):
            said += f"; {what}: {', '.join(names)}" if names else ""
        return said

    def as_json(self) -> dict[str, Any]:
        """Return it for a record."""
        return {
            "objects": self.objects,
            "values": self.values,
            "only_in_the_emulator": list(self.missing),
            "only_there": list(self.more),
            "largest_distance_of_equal": self.largest,
            "differences": len(self.differences),
            "first_differences": [
                {"path": each.path, "distance": each.distance, "values": each.values}
                for each in self.differences[:MOST_TOLD]
            ],
        }


def compare(here: Mapping[str, bytes], there: Mapping[str, bytes]) -> Compared:
    """Compare objects of the same path; those that speak of their place are only looked for.

    Reports for people (HTML, notebooks) are looked for, too, and not compared.
    """
    values, largest, differences = 0, 0.0, []
    both = sorted(here.keys() & there.keys())
    for path in both:
        if path.startswith(OF_THE_PLACE) or path.endswith(
            (".html", ".ipynb", ".pdf", "analysis_config.json")
        ):
            continue
        if not path.endswith(".json"):
            values += 1
            if here[path] != there[path]:
                differences.append(Difference(path, None, None))
            continue
        for place, mine, theirs in _pairs(json.loads(here[path]), json.loads(there[path]), path):
            values += 1
            distance = _distance(mine, theirs)
            if distance is None or distance > ROUNDING:
                told = None if any(key in place for key in UNSAID) else (mine, theirs)
                differences.append(Difference(place, distance, told))
            else:
                largest = max(largest, distance)
    return Compared(
        len(both),
        values,
        tuple(sorted(here.keys() - there.keys())),
        tuple(sorted(path for path in there.keys() - here.keys() if not path.endswith((".ipynb", ".pdf")))),
        tuple(differences),
        largest,
    )


def _pairs(mine: Any, theirs: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield the leaves of two documents side by side; a key that one lacks is a leaf of None."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        joint = "." if "#" in path else "#"
        for key in [*mine, *(key for key in theirs if key not in mine)]:
            yield from _pairs(mine.get(key), theirs.get(key), f"{path}{joint}{key}")
    elif isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        for number, (one, other) in enumerate(zip(mine, theirs, strict=True)):
            yield from _pairs(one, other, f"{path}[{number}]")
    else:
        yield path, mine, theirs


def _distance(mine: Any, theirs: Any) -> float | None:
    """Return how far two values are apart: 0 where equal, None where they are not numbers alike."""
    if mine == theirs and isinstance(mine, bool) == isinstance(theirs, bool):
        return 0.0
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (mine, theirs))
    return abs(mine - theirs) if numbers and math.isfinite(mine) and math.isfinite(theirs) else None
