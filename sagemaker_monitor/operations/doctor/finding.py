"""What a check found: how bad it is, what was seen, and what puts it right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "problem", "not known"]
STATUSES: tuple[Status, ...] = ("ok", "warning", "problem", "not known")
Side = Literal["configuration", "aws"]
"""Where a problem is put right: in what the caller brings (files, data, options), or in the account."""


@dataclass(frozen=True)
class Finding:
    """One line of the report. *check* and *model*, empty for the environment's, are set by whoever asked."""

    status: Status
    seen: str
    fix: str = ""
    """A command, a key of the YAML with file and line, or an IAM statement; empty where nothing is wrong."""
    side: Side = "aws"
    check: str = ""
    model: str = ""


def worst_side(findings: Iterable[Finding]) -> Side | None:
    """Return where the problems are put right, the account before all else; None without a problem."""
    sides = {finding.side for finding in findings if finding.status == "problem"}
    return "aws" if "aws" in sides else "configuration" if sides else None


def ok(seen: str) -> Finding:
    """Return that it is as it has to be."""
    return Finding("ok", seen)


def warning(seen: str, fix: str, *, side: Side = "aws") -> Finding:
    """Return something that runs survive, but that may not be meant so."""
    return Finding("warning", seen, fix, side)


def problem(seen: str, fix: str, *, side: Side = "aws") -> Finding:
    """Return something that lets a run fail, or refuse."""
    return Finding("problem", seen, fix, side)


def not_known(why: str, fix: str = "") -> Finding:
    """Return that it could not be looked at."""
    return Finding("not known", why, fix)
