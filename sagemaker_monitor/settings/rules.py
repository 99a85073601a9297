"""Which rules of a policy can ever speak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from sagemaker_monitor.settings.errors import Path, choices, quoted
from sagemaker_monitor.settings.model import Model, Rule

PRE_TRAINING = ("CDDL", "CI", "DPL", "JS", "KL", "KS", "LP", "TVD")
POST_TRAINING = ("AD", "CDDPL", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "FT", "GE", "RD", "SD", "TE")
BIAS_METRICS = (*PRE_TRAINING, *POST_TRAINING)
CONDITIONAL = frozenset({"CDDL", "CDDPL"})
"""Computed only where there is a group variable."""
QUALITY_CHECKS = ("data_type_check", "completeness_check", "categorical_values_check", "baseline_drift_check")
COLUMN_CHECKS = ("missing_column_check", "extra_column_check")
"""Refuse whatever the policy says."""


def check_rules(rules: Sequence[Rule], model: Model) -> list[tuple[Path, str]]:
    """Return the rules that nothing watched can match, or that earlier rules leave nothing to."""
    return list(_check(rules, model))


def subjects_of(model: Model) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return, by monitor, what a rule may name after it: metrics or checks, then facets or features."""
    found: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    if model.monitors.data_quality is not None:
        found["data_quality"] = (QUALITY_CHECKS, model.data_schema.features)
    if model.monitors.bias is not None:
        facets = tuple(dict.fromkeys(facet.name for facet in model.monitors.bias.facets))
        found["bias"] = (BIAS_METRICS, facets)
    return found


def _check(rules: Sequence[Rule], model: Model) -> Iterator[tuple[Path, str]]:
    known = subjects_of(model)
    everything = frozenset(
        f"{monitor}/{middle}/{last}"
        for monitor, (middles, lasts) in known.items()
        for middle in middles
        for last in lasts
    )
    left = set(everything)
    group_variable = model.monitors.bias and model.monitors.bias.group_variable
    for index, rule in enumerate(rules):
        path: Path = ("gate", "rules", index, "match")
        subjects = {subject for subject in everything if fnmatchcase(subject, rule.match)}
        if not subjects:
            yield path, f"{quoted(rule.match)} matches nothing: {_why_nothing(rule.match, known)}"
        elif not group_variable and all(subject.split("/")[1] in CONDITIONAL for subject in subjects):
            yield (
                path,
                f"{quoted(rule.match)} matches nothing: CDDL and CDDPL need monitors.bias.group_variable",
            )
        elif not subjects & left:
            earlier = [
                n for n in range(index) if any(fnmatchcase(subject, rules[n].match) for subject in subjects)
            ]
            first = f"rules[{earlier[0]}] ({quoted(rules[earlier[0]].match)})"
            others = " and others" if len(earlier) > 1 else ""
            yield (
                path,
                f"{quoted(rule.match)} never gets a turn after {first}{others}: move it up or remove it",
            )
        left -= subjects


def _why_nothing(match: str, known: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]) -> str:
    monitor, middle, *last = match.split("/")
    fitting = [name for name in known if fnmatchcase(name, monitor)]
    if not fitting:
        return f"no monitor is called {quoted(monitor)}{choices(monitor, tuple(known), 'monitors')}"
    middles, lasts = known[fitting[0]]
    quality = fitting[0] == "data_quality"
    if quality and middle in COLUMN_CHECKS:
        return "missing and extra columns always refuse; remove the rule"
    if not any(fnmatchcase(name, middle) for name in middles):
        word = "check" if quality else "metric"
        return f"no {word} is called {quoted(middle)}{choices(middle, middles, f'{word}s', len(middles))}"
    word = "feature" if quality else "facet"
    if not last:
        return f"write {quoted(f'{fitting[0]}/{middle}/*')} for every {word}"
    return f"no {word} is called {quoted(last[0])}{choices(last[0], lasts, f'{word}s')}"
