"""JMESPath expressions that a configuration gives, to find values in JSON."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sagemaker_monitor.analysis.errors import AnalysisError


@lru_cache(maxsize=64)
def compiled(expression: str, key: str) -> Any:
    """Return the compiled JMESPath *expression*; raises AnalysisError that names *key*."""
    import jmespath

    try:
        return jmespath.compile(expression)
    except (jmespath.exceptions.JMESPathError, ValueError) as error:
        reason = str(error).split("\n", 1)[0]
        raise AnalysisError(f"{key} {expression!r} is no JMESPath expression: {reason}") from error


def found(expression: str, key: str, document: Any) -> Any:
    """Return what *expression* finds in *document*, None for nothing; errors name *key*."""
    import jmespath

    try:
        return compiled(expression, key).search(document)
    except jmespath.exceptions.JMESPathError as error:
        reason = str(error).split("\n", 1)[0]
        raise AnalysisError(f"{key} {expression!r} cannot be evaluated: {reason}") from error
