"""Which baseline each check is compared with, and which a version will carry: parameters by mode."""

from __future__ import annotations

from collections.abc import Sequence

from sagemaker_monitor.analysis.documents import custom
from sagemaker_monitor.operations.deployed import DeployedCheck
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.modes import CARRYING, Modes
from sagemaker_monitor.registry.versions import Version
from sagemaker_monitor.settings.schema import BaselineMode

MONITORS = {
    "DATA_QUALITY": "data_quality",
    "MODEL_QUALITY": "model_quality",
    "DATA_BIAS": "bias",
    "MODEL_BIAS": "bias",
    "MODEL_EXPLAINABILITY": "explainability",
}
"""The monitor that a type of check belongs to."""
FLAGS: dict[BaselineMode, dict[str, str]] = {
    "bootstrap": {"SkipCheck": "True", "RegisterNewBaseline": "True"},
    "check": {"SkipCheck": "False", "RegisterNewBaseline": "False"},
    "refresh": {"SkipCheck": "False", "RegisterNewBaseline": "True"},
    "accept": {"SkipCheck": "True", "RegisterNewBaseline": "True"},
}
"""SageMaker's two switches of a check step in each mode."""


def pin(
    checks: Sequence[DeployedCheck], version: Version | None, modes: Modes, *, model: str
) -> dict[str, str]:
    """Return the parameters that tell `register`'s checks what to compare with, and what to carry.

    *version* is the latest approved one. Whether there is a baseline is found out check by check: in
    `bootstrap`, those without one establish it, the others are compared. Raises UsageError when a mode
    does not fit what is there.
    """
    present = [check for check in checks if version and check.check_type in version.baselines]
    chosen = {check.step: _found_out(check, check in present, modes) for check in checks}
    _require(checks, present, chosen, version, model)
    _refuse_needless_bootstrap(checks, present, modes, version, model)
    parameters = modes.parameters(_monitors(checks))
    for check in checks:
        parameters |= _choose(check, FLAGS[chosen[check.step]])
    if version is None:
        return parameters
    for check in present:
        parameters |= _choose(check, _supplied(check, version))
    return {**parameters, "BaselineModelPackageArn": version.arn} if present else parameters


def pin_all(checks: Sequence[DeployedCheck], version: Version, modes: Modes | None = None) -> dict[str, str]:
    """Return the parameters that pin every check of a monitoring pipeline to *version*.

    With a mode that carries a new baseline, the version is registered once more, with it. Raises UsageError.
    """
    modes = modes or Modes()
    first = [check.step for check in checks if modes.of(_monitor(check)) == "bootstrap"]
    if first:
        raise UsageError(
            f"a first baseline of {', '.join(first)} is established by run register --mode bootstrap: "
            "monitoring runs check, refresh or accept"
        )
    missing = [
        check
        for check in checks
        if check.check_type not in version.baselines and modes.of(_monitor(check)) != "accept"
    ]
    if missing:
        raise UsageError(
            f"version {version.number} of {version.group!r} carries no baseline of {_names(missing)}: "
            f"{_establish(missing, checks)}; or name a version that has one with --version"
        )
    parameters: dict[str, str] = {}
    for check in checks:
        parameters |= _choose(check, _supplied(check, version))
    carrying = [check for check in checks if modes.of(_monitor(check)) in CARRYING]
    _unmade(checks, modes)
    if not carrying:
        return parameters
    for check in carrying:
        parameters |= _choose(check, FLAGS[modes.of(_monitor(check))])
    return {**parameters, **modes.parameters(_monitors(checks))}


def _unmade(checks: Sequence[DeployedCheck], modes: Modes) -> None:
    """Refuse a mode that was asked by name for a monitor that the pipeline does not check."""
    unknown = sorted(modes.named - set(_monitors(checks)))
    if unknown:
        made = ", ".join(_monitors(checks))
        raise UsageError(f"--mode {unknown[0]}=…: this pipeline does not check it; it checks {made}")


def _found_out(check: DeployedCheck, present: bool, modes: Modes) -> BaselineMode:
    mode = modes.of(_monitor(check))
    return "check" if mode == "bootstrap" and present else mode


def _require(
    checks: Sequence[DeployedCheck],
    present: Sequence[DeployedCheck],
    chosen: dict[str, BaselineMode],
    version: Version | None,
    model: str,
) -> None:
    missing = [
        check for check in checks if check not in present and chosen[check.step] in ("check", "refresh")
    ]
    if not missing:
        return
    if version is None:
        hint = "run with --mode bootstrap to establish it, then open the version with gate --apply"
        raise UsageError(
            f"no version of {model!r} is approved, so there is no baseline to compare with: {hint}"
        )
    raise UsageError(
        f"approved version {version.number} of {model!r} has no baseline of {_names(missing)}: "
        f"{_establish(missing, checks)}"
    )


def _establish(missing: Sequence[DeployedCheck], checks: Sequence[DeployedCheck]) -> str:
    """Return how baselines of the *missing* among *checks* come to be."""
    options = " ".join(f"--mode {monitor}=bootstrap" for monitor in _monitors(missing))
    if len(missing) == len(checks) > 1:
        options = "--mode bootstrap"
    return f"run register with {options} to establish it, then open the version with gate --apply"


def _refuse_needless_bootstrap(
    checks: Sequence[DeployedCheck],
    present: Sequence[DeployedCheck],
    modes: Modes,
    version: Version | None,
    model: str,
) -> None:
    """Refuse to bootstrap where everything that was asked for has a baseline."""
    asked = [check for check in checks if modes.of(_monitor(check)) == "bootstrap"]
    named = [check for check in asked if _monitor(check) in modes.named]
    for group in (named, asked):
        if group and version is not None and all(check in present for check in group):
            raise UsageError(
                f"version {version.number} of {model!r} is approved and has a baseline of every check that "
                f"was asked for ({_names(group)}): bootstrap would compare with nothing; run with --mode "
                "check, or refresh to carry a new one"
            )


def _supplied(check: DeployedCheck, version: Version) -> dict[str, str]:
    if check.check_type not in version.baselines:
        return {}
    supplied = {"SuppliedBaselineConstraints": version.baselines[check.check_type]}
    if check.check_type in version.statistics:
        supplied["SuppliedBaselineStatistics"] = version.statistics[check.check_type]
    return supplied


def _choose(check: DeployedCheck, values: dict[str, str]) -> dict[str, str]:
    """Return *values* of the step's fields by the parameters that give them."""
    return {check.parameters[field]: value for field, value in values.items() if field in check.parameters}


def _monitor(check: DeployedCheck) -> str:
    name = custom.name_of(check.check_type)
    return MONITORS[check.check_type] if name is None else f"{custom.MONITOR}{name}"


def _monitors(checks: Sequence[DeployedCheck]) -> list[str]:
    return list(dict.fromkeys(map(_monitor, checks)))


def _names(checks: Sequence[DeployedCheck]) -> str:
    return ", ".join(check.step for check in checks)
