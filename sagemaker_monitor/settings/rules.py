"""Which rules of a policy can ever speak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from sagemaker_monitor.settings.errors import Path, choices, quoted
from sagemaker_monitor.settings.model import BiasMonitor, Rule

PRE_TRAINING = ("CDDL", "CI", "DPL", "JS", "KL", "KS", "LP", "TVD")
POST_TRAINING = ("AD", "CDDPL", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "FT", "GE", "RD", "SD", "TE")
CONDITIONAL = frozenset({"CDDL", "CDDPL"})
"""Computed only where there is a group variable."""


def check_rules(rules: Sequence[Rule], bias: BiasMonitor) -> list[tuple[Path, str]]:
    """Return the rules that no metric of *bias* can match, or that earlier rules leave nothing to."""
    return list(_check(rules, bias))


def _check(rules: Sequence[Rule], bias: BiasMonitor) -> Iterator[tuple[Path, str]]:
    facets = tuple(dict.fromkeys(facet.name for facet in bias.facets))
    metrics = (*PRE_TRAINING, *POST_TRAINING)
    left = {f"bias/{metric}/{facet}" for metric in metrics for facet in facets}
    everything = frozenset(left)
    for index, rule in enumerate(rules):
        path: Path = ("gate", "rules", index, "match")
        subjects = {subject for subject in everything if fnmatchcase(subject, rule.match)}
        if not subjects:
            yield path, f"{quoted(rule.match)} matches nothing: {_why_nothing(rule.match, metrics, facets)}"
        elif not bias.group_variable and all(subject.split("/")[1] in CONDITIONAL for subject in subjects):
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


def _why_nothing(match: str, metrics: tuple[str, ...], facets: tuple[str, ...]) -> str:
    monitor, metric, *facet = match.split("/")
    if not fnmatchcase("bias", monitor):
        return f"no monitor is called {quoted(monitor)}{choices(monitor, ['bias'], 'monitors')}"
    if not any(fnmatchcase(name, metric) for name in metrics):
        return f"no metric is called {quoted(metric)}{choices(metric, metrics, 'metrics', 21)}"
    if not facet:
        return f"write {quoted(f'bias/{metric}/*')} for every facet"
    return f"no facet is called {quoted(facet[0])}{choices(facet[0], facets, 'facets')}"
