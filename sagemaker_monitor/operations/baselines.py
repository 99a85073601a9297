"""Which baseline each check is compared with: an approved version's, pinned, or none in a first run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.registry.versions import Version

Mode = Literal["check", "bootstrap"]


def pin(checks: Mapping[str, str], version: Version | None, mode: Mode, *, model: str) -> dict[str, str]:
    """Return the parameters that tell `register`'s checks what to compare with.

    *checks* maps step names to check types, *version* is the latest approved one. In `check`, every
    check is pinned to that version's baseline. In `bootstrap`, checks without one establish it; the
    others are pinned as in `check`. Raises UsageError when *mode* does not fit what is there.
    """
    present = [step for step, kind in checks.items() if version and kind in version.baselines]
    missing = [step for step in checks if step not in present]
    if mode == "check" and missing:
        raise UsageError(_no_baseline(missing, version, model))
    if mode == "bootstrap" and checks and not missing and version is not None:
        raise UsageError(
            f"version {version.number} of {model!r} is approved and has a baseline of every check "
            f"({', '.join(present)}): bootstrap would compare with nothing; run with --mode check"
        )
    parameters: dict[str, str] = {}
    for step in missing:
        parameters |= {f"{step}SkipCheck": "True", f"{step}RegisterNewBaseline": "True"}
    if version is None:
        return parameters
    for step in present:
        parameters |= {f"{step}SkipCheck": "False", f"{step}RegisterNewBaseline": "False"}
        parameters[f"{step}SuppliedBaselineConstraints"] = version.baselines[checks[step]]
    return {**parameters, "BaselineModelPackageArn": version.arn} if present else parameters


def pin_all(checks: Mapping[str, str], version: Version) -> dict[str, str]:
    """Return the parameters that pin every check of `monitor-batch` to *version*. Raises UsageError."""
    missing = [step for step, kind in checks.items() if kind not in version.baselines]
    if missing:
        raise UsageError(
            f"version {version.number} of {version.group!r} carries no baseline of {', '.join(missing)}; "
            "register one with run register --mode bootstrap"
        )
    return {f"{step}SuppliedBaselineConstraints": version.baselines[kind] for step, kind in checks.items()}


def _no_baseline(missing: list[str], version: Version | None, model: str) -> str:
    hint = "run with --mode bootstrap to establish it, then open the version with gate --apply"
    if version is None:
        return f"no version of {model!r} is approved, so there is no baseline to compare with: {hint}"
    return f"approved version {version.number} of {model!r} has no baseline of {', '.join(missing)}: {hint}"
