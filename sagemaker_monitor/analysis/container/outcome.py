"""What the analyzer leaves behind, whatever it analysed, and how it reads a baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sized
    from pathlib import Path
    from typing import Protocol, TypeVar

    Document = TypeVar("Document")

    class Violations(Protocol):
        """The document of violations of any monitor."""

        @property
        def violations(self) -> Sized: ...

        def to_json(self) -> str: ...


COMPLETED = "Completed: Job completed successfully with no violations."
STATISTICS, CONSTRAINTS, VIOLATIONS = "statistics.json", "constraints.json", "constraint_violations.json"


def outcome(files: Mapping[str, str], found: Violations | None = None) -> tuple[dict[str, str], str]:
    """Return the files with the violations *found*, and the exit text; without any there is no document."""
    count = 0 if found is None else len(found.violations)
    if found is None or not count:
        return {**files}, COMPLETED
    text = f"CompletedWithViolations: Job completed successfully with {count} violations."
    return {**files, VIOLATIONS: found.to_json()}, text


def read_baseline(file: Path | None, reader: Callable[[str], Document]) -> Document | None:
    """Return the document in *file*, None without one; raises AnalysisError."""
    if file is None:
        return None
    try:
        return reader(file.read_text(encoding="utf-8"))
    except (OSError, DocumentError, UnicodeDecodeError) as error:
        raise AnalysisError(f"the baseline cannot be read: {error}") from error
