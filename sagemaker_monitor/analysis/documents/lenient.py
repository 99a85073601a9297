"""How a document that others write too is read: what is asked for must be right, the rest is left alone.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Tuple, cast

from sagemaker_monitor.analysis.documents.strict import DocumentError, Object

_NOT_FINITE = ("NaN", "Infinity", "-Infinity")


class Node(Object):
    """A JSON object of which only some keys are looked at."""

    def has(self, key: str) -> bool:
        """Return whether there is a value of *key* other than null."""
        return self.left.get(key) is not None

    def child(self, key: str) -> Node:
        """Return the object at *key*."""
        return Node(self.value(key), f"{self.where}.{key}")

    def children(self, key: str) -> Tuple[Node, ...]:
        """Return the objects in the list at *key*."""
        return tuple(Node(item, f"{self.where}.{key}[{place}]") for place, item in enumerate(self.items(key)))

    def items(self, key: str) -> Tuple[Any, ...]:
        """Return the list at *key*."""
        return tuple(self._typed(key, (list,), "a list"))

    def double(self, key: str) -> float:
        """Return the number at *key*; Java writes the ones that are not finite as texts."""
        if self.left.get(key) in _NOT_FINITE:
            return float(cast(str, self.value(key)))
        return float(self._typed(key, (int, float), "a number"))

    def document(self, key: str) -> Dict[str, Any]:
        """Return the object at *key* as it stands."""
        return dict(self._typed(key, (dict,), "an object"))


def load(text: str, name: str) -> Node:
    """Parse the document called *name*; raises DocumentError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{name} is not JSON: {error}") from error
    return Node(document, name)
