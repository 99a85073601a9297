"""Which baseline each check is compared with: an approved version's, pinned, or none in a first run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sagemaker_monitor.operations.deployed import DeployedCheck
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.registry.versions import Version

Mode = Literal["check", "bootstrap"]


def pin(
    checks: Sequence[DeployedCheck], version: Version | None, mode: Mode, *, model: str
) -> dict[str, str]:
    """Return the parameters that tell `register`'s checks what to compare with.

    *version* is the latest approved one. In `check`, every check is pinned to that version's baseline.
    In `bootstrap`, checks without one establish it; the others are pinned as in `check`. Raises
    UsageError when *mode* does not fit what is there.
    """
    present = [check for check in checks if version and check.check_type in version.baselines]
    missing = [check for check in checks if check not in present]
    if mode == "check" and missing:
        raise UsageError(_no_baseline(missing, version, model))
    if mode == "bootstrap" and checks and not missing and version is not None:
        raise UsageError(
            f"version {version.number} of {model!r} is approved and has a baseline of every check "
            f"({_names(present)}): bootstrap would compare with nothing; run with --mode check"
        )
    parameters: dict[str, str] = {}
    for check in missing:
        parameters |= _choose(check, SkipCheck="True", RegisterNewBaseline="True")
    if version is None:
        return parameters
    for check in present:
        parameters |= _choose(check, SkipCheck="False", RegisterNewBaseline="False")
        parameters |= _supplied(check, version)
    return {**parameters, "BaselineModelPackageArn": version.arn} if present else parameters


def pin_all(checks: Sequence[DeployedCheck], version: Version) -> dict[str, str]:
    """Return the parameters that pin every check of a monitoring pipeline to *version*. Raises UsageError."""
    missing = [check for check in checks if check.check_type not in version.baselines]
    if missing:
        raise UsageError(
            f"version {version.number} of {version.group!r} carries no baseline of {_names(missing)}; "
            "register one with run register --mode bootstrap"
        )
    return {name: value for check in checks for name, value in _supplied(check, version).items()}


def _supplied(check: DeployedCheck, version: Version) -> dict[str, str]:
    supplied = {"SuppliedBaselineConstraints": version.baselines[check.check_type]}
    if check.check_type in version.statistics:
        supplied["SuppliedBaselineStatistics"] = version.statistics[check.check_type]
    return _choose(check, **supplied)


def _choose(check: DeployedCheck, **values: str) -> dict[str, str]:
    """Return *values* of the step's fields by the parameters that give them."""
    return {check.parameters[field]: value for field, value in values.items() if field in check.parameters}


def _names(checks: Sequence[DeployedCheck]) -> str:
    return ", ".join(check.step for check in checks)


def _no_baseline(missing: Sequence[DeployedCheck], version: Version | None, model: str) -> str:
    hint = "run with --mode bootstrap to establish it, then open the version with gate --apply"
    if version is None:
        return f"no version of {model!r} is approved, so there is no baseline to compare with: {hint}"
    return f"approved version {version.number} of {model!r} has no baseline of {_names(missing)}: {hint}"
