"""How a run is asked to treat baselines: each monitor's mode, and why somebody accepts a new one."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.settings import Model
from sagemaker_monitor.settings.errors import choices, quoted
from sagemaker_monitor.settings.schema import BaselineMode

MODES: tuple[BaselineMode, ...] = get_args(BaselineMode)
CARRYING: tuple[BaselineMode, ...] = ("refresh", "accept")
"""Modes in which a version gets a new baseline, though it had one."""
REASON_LIMIT = 200
"""Characters of a reason: with its name it is a container argument, and a value that a version keeps."""
TOLD_LIMIT = 240
"""The same of all monitors' modes together."""
REASON_CHARACTERS = "_.:/=+-@"
"""Beside letters, digits and spaces, what SageMaker keeps with a version."""


@dataclass(frozen=True)
class Modes:
    """The mode of each monitor; *named* are those that were asked for by their name."""

    each: Mapping[str, BaselineMode] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    reason: str | None = None

    def of(self, monitor: str) -> BaselineMode:
        """Return how *monitor* treats baselines."""
        return self.each.get(monitor, "check")

    def parameters(self, monitors: Sequence[str]) -> dict[str, str]:
        """Return what the pipeline is told, and a version keeps, of those *monitors* that it checks."""
        if not monitors:
            return {}
        told = " ".join(f"{monitor}={self.of(monitor)}" for monitor in monitors)
        if len(told) > TOLD_LIMIT:
            others = [monitor for monitor in monitors if self.of(monitor) != "check"]
            told = " ".join(f"{monitor}={self.of(monitor)}" for monitor in others) or "none"
        if len(told) > TOLD_LIMIT:
            raise UsageError(
                f"the modes of {len(monitors)} monitors are more than a version keeps: name fewer"
            )
        accepts = any(self.of(monitor) == "accept" for monitor in monitors)
        return {"BaselineModes": told, **({"AcceptReason": self.reason} if self.reason and accepts else {})}


def read_modes(
    model: Model, given: Sequence[str], reason: str | None, *, registers_candidates: bool
) -> Modes:
    """Return the modes that *given* asks for, such as `refresh` or `bias=accept`.

    What is not asked for is as the model is configured where candidates are registered, and compares
    otherwise. Raises UsageError.
    """
    configured = model.monitors.configured
    asked: dict[str, BaselineMode] = {}
    every: BaselineMode | None = None
    for text in given:
        monitor, equals, mode = text.rpartition("=")
        if equals and monitor not in configured:
            raise UsageError(
                f"--mode {quoted(text)}: {model.model!r} has no monitor {quoted(monitor)}"
                f"{choices(monitor, configured, 'monitors')}"
            )
        if monitor in asked or (not equals and every is not None):
            raise UsageError(f"--mode {quoted(text)}: {monitor or 'the mode of all'} is given twice")
        if equals:
            asked[monitor] = _mode(mode, text)
        else:
            every = _mode(mode, text)
    each: dict[str, BaselineMode] = {}
    for monitor in configured:
        default = model.baseline_mode(monitor) if registers_candidates else "check"
        each[monitor] = asked.get(monitor) or every or default
    return Modes(each, frozenset(asked), _reason(reason, each))


def _mode(text: str, whole: str) -> BaselineMode:
    for mode in MODES:
        if mode == text:
            return mode
    raise UsageError(f"--mode {quoted(whole)}: {quoted(text)} is no mode{choices(text, MODES, 'modes')}")


def _reason(reason: str | None, each: Mapping[str, BaselineMode]) -> str | None:
    accepted = [monitor for monitor, mode in each.items() if mode == "accept"]
    if not accepted:
        if reason is not None:
            raise UsageError("--reason is for --mode accept: nothing is accepted here")
        return None
    said = " ".join((reason or "").split())
    if not said or said == "none":
        raise UsageError(
            f"--reason is missing: {', '.join(accepted)} would get a new baseline that nothing was compared "
            "with, and a version keeps why; say it with --reason"
        )
    if len(said) > REASON_LIMIT:
        raise UsageError(f"--reason has {len(said)} characters; a version keeps {REASON_LIMIT}")
    bad = next(
        (c for c in said if c not in REASON_CHARACTERS and unicodedata.category(c)[0] not in "LNZ"), ""
    )
    if bad:
        raise UsageError(
            f"--reason holds {quoted(bad[0])}: a version keeps letters, digits, spaces and "
            f"{REASON_CHARACTERS} only"
        )
    return said


def _kept(character: str) -> bool:
    return character in REASON_CHARACTERS or unicodedata.category(character)[0] in "LNZ"
