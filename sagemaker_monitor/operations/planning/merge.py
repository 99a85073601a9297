"""What differs in several steps and pipelines alike, told once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sagemaker_monitor.operations.difference import MISSING, Difference

_STEP = re.compile(r"Steps\[([^\]]+)\]\.(.+)", re.DOTALL)


def merge(by_pipeline: Mapping[str, Iterable[Difference]], told: Mapping[str, set[str]]) -> list[Difference]:
    """Return each difference once, with the pipelines it is in, in the order of their first appearance.

    *told* are the configuration keys that each pipeline tells at all: a key that differs in only some
    of them is marked as partial.
    """
    merged: dict[str, Difference] = {}
    for pipeline, differences in by_pipeline.items():
        for difference in _over_steps(differences):
            known = merged.setdefault(_identity(difference), difference)
            merged[_identity(difference)] = replace(known, pipelines=(*known.pipelines, pipeline))
    return [replace(difference, is_partial=_is_partial(difference, told)) for difference in merged.values()]


def _over_steps(differences: Iterable[Difference]) -> Iterable[Difference]:
    """Yield differences of one pipeline, those that are alike in several steps as one."""
    steps: dict[str, list[str]] = {}
    first: dict[str, Difference] = {}
    for difference in differences:
        match = _STEP.fullmatch(difference.subject)
        bare = replace(difference, subject=f"Steps[].{match[2]}") if match else difference
        identity = _identity(bare)
        first.setdefault(identity, bare)
        steps.setdefault(identity, [])
        if match:
            steps[identity].append(match[1])
    for identity, difference in first.items():
        if steps[identity]:
            subject = difference.subject.replace("[]", f"[{', '.join(steps[identity])}]", 1)
            yield replace(difference, subject=subject)
        else:
            yield difference


def _identity(difference: Difference) -> str:
    values = [None if value is MISSING else [value] for value in (difference.before, difference.after)]
    parts = [difference.sign, difference.kind, difference.subject, difference.text, difference.note, *values]
    return json.dumps(parts, sort_keys=True, default=str)


def _is_partial(difference: Difference, told: Mapping[str, set[str]]) -> bool:
    key = re.split(r"\[", difference.subject)[0]
    tellers = {
        pipeline
        for pipeline, keys in told.items()
        if any(known == key or known.startswith(f"{key}.") or key.startswith(f"{known}.") for known in keys)
    }
    return bool(tellers) and not tellers <= set(difference.pipelines)
