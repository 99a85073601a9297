"""What no recorded run of AWS shows: the rule that the code follows, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One behaviour that rests on documentation, on published code, or on inference."""

    subject: str
    rule: str
    source: str


RULES: tuple[Rule, ...] = ()
