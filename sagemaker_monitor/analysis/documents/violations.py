"""constraint_violations.json of bias checks: which metrics left the range that the baseline allows.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from sagemaker_monitor.analysis.documents.analysis import VERSION, DocumentError, read_object

BIAS_DRIFT_CHECK = "bias_drift_check"


@dataclass(frozen=True)
class BiasViolation:
    """One metric of one facet that violates its constraint; the fields are in the document's order."""

    facet: str
    facet_value: str
    metric_name: str
    constraint_check_type: str
    description: str


@dataclass(frozen=True)
class BiasViolations:
    """The violations of one check; without any there is no document."""

    violations: tuple[BiasViolation, ...]
    version: str = VERSION

    def to_json(self) -> str:
        """Return the document as Clarify writes it."""
        document = {"version": self.version, "violations": [asdict(each) for each in self.violations]}
        return json.dumps(document, indent=4)

    @classmethod
    def from_json(cls, text: str) -> BiasViolations:
        """Read the document; raises DocumentError with what is wrong."""
        document = read_object(text, "constraint_violations.json")
        keys = tuple(BiasViolation.__dataclass_fields__)
        try:
            violations = tuple(
                BiasViolation(**{key: str(each[key]) for key in keys}) for each in document["violations"]
            )
        except (KeyError, TypeError) as error:
            raise DocumentError(
                f"constraint_violations.json is not one of a bias check: {error!r}"
            ) from error
        return cls(violations, str(document.get("version", VERSION)))
