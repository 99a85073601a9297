"""What a monitor of a team's own leaves: which documents, what is read, and where a version has them.

Runs under Python 3.8 with the standard library only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Dict, Mapping, Optional, Tuple

from sagemaker_monitor.analysis.documents.lenient import Node, load
from sagemaker_monitor.analysis.documents.strict import DocumentError

MONITOR, CHECK_TYPE = "custom/", "CUSTOM:"
"""Begin what policy and verdicts call such a monitor, and the type of its check; its name follows."""
STATISTICS, CONSTRAINTS = "statistics.json", "constraints.json"
VIOLATIONS = "constraint_violations.json"
MISSPELT = "constraints_violations.json"
"""What one page of AWS's documentation calls the violations; its containers write the other name."""
_PROPERTY, _DIGESTS = "CustomBaseline.", "CustomBaselineSha256."
MOST_BYTES = 10_000_000
"""Bytes of a document that is read."""
MOST_VIOLATIONS = 1000
MOST_METRICS = 1000
LONGEST_NAME = 256


def name_of(check_type: str) -> Optional[str]:
    """Return the monitor's name where a check is of a team's own, None for SageMaker's types."""
    return check_type[len(CHECK_TYPE) :] if check_type.startswith(CHECK_TYPE) else None


def property_of(name: str) -> str:
    """Return the key of a version's CustomerMetadataProperties that says where the monitor's baseline lies.

    DriftCheckBaselines have places for SageMaker's own monitors alone.
    """
    return f"{_PROPERTY}{name}"


def digest_property_of(name: str) -> str:
    """Return the key of CustomerMetadataProperties that says what the monitor's baseline says."""
    return f"{_DIGESTS}{name}"


def both_digests(statistics: str, constraints: str) -> str:
    """Return one text of the digests of both documents: metadata have 50 places, and 256 characters each."""
    return " ".join(each.rpartition(":")[2] for each in (statistics, constraints))


def digests_of(properties: Mapping[str, str]) -> Dict[str, str]:
    """Return, by URI, the SHA-256 of each document of the baselines that a version with these carries."""
    found = {}
    for check_type, folder in baselines_of(properties).items():
        known = properties.get(digest_property_of(check_type[len(CHECK_TYPE) :]), "").split()
        found.update({f"{folder}/{name}": each for name, each in zip((STATISTICS, CONSTRAINTS), known)})
    return found


def baselines_of(properties: Mapping[str, str]) -> Dict[str, str]:
    """Return, by check type, the folders of the baselines that a version with these *properties* carries."""
    return {
        f"{CHECK_TYPE}{key[len(_PROPERTY) :]}": uri.rstrip("/")
        for key, uri in properties.items()
        if key.startswith(_PROPERTY) and uri
    }


@dataclass(frozen=True)
class CustomStatistics:
    """How many rows were looked at, and the metrics measured of them, by name; None is not computable."""

    item_count: int
    metrics: Mapping[str, Optional[float]]

    @classmethod
    def from_json(cls, text: str) -> CustomStatistics:
        """Read statistics.json; whatever else stands in it is left alone. Raises DocumentError."""
        document = load(text, STATISTICS)
        dataset = document.child("dataset")
        count = dataset.integer("item_count")
        if count < 0:
            raise DocumentError(f"{dataset.where}.item_count is {count}; it must be at least 0")
        return cls(count, _metrics(document))


def _metrics(document: Node) -> Dict[str, Optional[float]]:
    if not document.has("custom_metrics"):
        return {}
    metrics = document.child("custom_metrics")
    names = list(metrics.left)
    if len(names) > MOST_METRICS:
        raise DocumentError(f"{metrics.where} has {len(names)} metrics; at most {MOST_METRICS} are read")
    found: Dict[str, Optional[float]] = {}
    for name in names:
        _check_name(name, metrics.where)
        value = metrics.child(name).double("value")
        found[name] = None if math.isnan(value) else value
    return found


@dataclass(frozen=True)
class CustomViolation:
    """One constraint that is not met: of a feature, or of a metric."""

    subject: str
    constraint_check_type: str
    description: str


def read_violations(text: str) -> Tuple[CustomViolation, ...]:
    """Return the violations of constraint_violations.json, of any of SageMaker's forms or none of them.

    Each has a constraint_check_type, and a feature_name or a metric_name; whatever else is left alone.
    Raises DocumentError.
    """
    found = load(text, VIOLATIONS).children("violations")
    if len(found) > MOST_VIOLATIONS:
        raise DocumentError(f"{VIOLATIONS} has {len(found)} violations; at most {MOST_VIOLATIONS} are read")
    return tuple(map(_violation, found))


def _violation(o: Node) -> CustomViolation:
    key = next((key for key in ("feature_name", "metric_name") if o.has(key)), None)
    if key is None:
        raise DocumentError(f"{o.where} has neither a feature_name nor a metric_name")
    subject, check_type = o.text(key), o.text("constraint_check_type")
    for name in (subject, check_type):
        _check_name(name, o.where)
    return CustomViolation(subject, check_type, o.text("description") if o.has("description") else "")


def _check_name(name: str, where: str) -> None:
    """Raise DocumentError for a name that a rule could not name or a person not read."""
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable() or "/" in name:
        raise DocumentError(
            f"{where} has the name {name[:40]!r}; names have 1 to {LONGEST_NAME} characters that can be"
            " printed, and no /"
        )


def require_object(text: str, name: str) -> None:
    """Raise DocumentError where the document called *name* is no JSON object."""
    load(text, name)
