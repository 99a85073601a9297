"""Filter patterns of CloudWatch Logs for lines of text: terms, phrases, ?alternatives and -exclusions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import re
from collections.abc import Callable

_TERM = re.compile(r'\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')


class PatternError(ValueError):
    """A pattern is none that is understood here; the message says which are."""


def pattern(text: str) -> Callable[[str], bool]:
    """Return what says whether a line matches *text*; case counts. Raises PatternError."""
    if text.strip()[:1] in ("{", "[", "%"):
        raise PatternError(
            "patterns of JSON, of columns and regular ones are not understood here; give terms"
        )
    needed, excluded, alternatives = _terms(text)

    def matches(line: str) -> bool:
        return (
            all(term in line for term in needed)
            and not any(term in line for term in excluded)
            and (not alternatives or any(term in line for term in alternatives))
        )

    return matches


def _terms(text: str) -> tuple[list[str], list[str], list[str]]:
    terms: dict[str, list[str]] = {"": [], "-": [], "?": []}
    position = 0
    rest = text.rstrip()
    while position < len(rest):
        found = _TERM.match(rest, position)
        if found is None:
            raise PatternError(f"the pattern {text[:100]!r} has a quote that does not end")
        sign, phrase, word = found.groups()
        terms[sign].append(re.sub(r"\\(.)", r"\1", phrase) if phrase is not None else word)
        position = found.end()
    return terms[""], terms["-"], terms["?"]
