"""Which rules of a policy can ever speak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sagemaker_monitor.settings.errors import Path, choices, quoted
from sagemaker_monitor.settings.model import Model, Rule

PRE_TRAINING = ("CDDL", "CI", "DPL", "JS", "KL", "KS", "LP", "TVD")
POST_TRAINING = ("AD", "CDDPL", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "FT", "GE", "RD", "SD", "TE")
BIAS_METRICS = (*PRE_TRAINING, *POST_TRAINING)
CONDITIONAL = frozenset({"CDDL", "CDDPL"})
"""Computed only where there is a group variable."""
QUALITY_CHECKS = ("data_type_check", "completeness_check", "categorical_values_check", "baseline_drift_check")
MODEL_QUALITY_METRICS = {
    "BinaryClassification": (
        *("recall", "precision", "accuracy", "true_positive_rate", "true_negative_rate"),
        *("false_positive_rate", "false_negative_rate", "auc", "f0_5", "f1", "f2"),
    ),
    "MulticlassClassification": (
        *("accuracy", "weighted_recall", "weighted_precision"),
        *("weighted_f0_5", "weighted_f1", "weighted_f2"),
    ),
    "Regression": ("mae", "mse", "rmse", "r2"),
}
"""What model quality measures, by problem type."""
EXPLAINABILITY_METRICS = ("ndcg",)
COLUMN_CHECKS = ("missing_column_check", "extra_column_check")
"""Refuse whatever the policy says."""


def check_rules(rules: Sequence[Rule], model: Model) -> list[tuple[Path, str]]:
    """Return the rules that nothing watched can match, or that earlier rules leave nothing to."""
    return list(_check(rules, model))


@dataclass(frozen=True)
class Watched:
    """What a rule may name of one monitor: a metric or check, then a facet or feature where there is one."""

    names: tuple[str, ...]
    name_word: str
    parts: tuple[str, ...] = ()
    part_word: str = ""

    def subjects(self, monitor: str) -> Iterator[str]:
        """Yield everything a rule can be about."""
        for name in self.names:
            yield from (f"{monitor}/{name}/{part}" for part in self.parts)
            if not self.part_word:
                yield f"{monitor}/{name}"


def watched_by(model: Model) -> dict[str, Watched]:
    """Return, by monitor, what a rule may name after it."""
    monitors = model.monitors
    found: dict[str, Watched] = {}
    if monitors.data_quality is not None:
        found["data_quality"] = Watched(QUALITY_CHECKS, "check", model.data_schema.features, "feature")
    if monitors.model_quality is not None:
        found["model_quality"] = Watched(MODEL_QUALITY_METRICS[model.data_schema.problem_type], "metric")
    if monitors.bias is not None:
        facets = tuple(dict.fromkeys(facet.name for facet in monitors.bias.facets))
        found["bias"] = Watched(BIAS_METRICS, "metric", facets, "facet")
    if monitors.explainability is not None:
        found["explainability"] = Watched(EXPLAINABILITY_METRICS, "metric")
    return found


def _check(rules: Sequence[Rule], model: Model) -> Iterator[tuple[Path, str]]:
    known = watched_by(model)
    everything = frozenset(
        subject for monitor, watched in known.items() for subject in watched.subjects(monitor)
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


def _why_nothing(match: str, known: dict[str, Watched]) -> str:
    monitor, name, *part = match.split("/")
    fitting = [each for each in known if fnmatchcase(each, monitor)]
    if not fitting:
        return f"no monitor is called {quoted(monitor)}{choices(monitor, tuple(known), 'monitors')}"
    watched = known[fitting[0]]
    if fitting[0] == "data_quality" and name in COLUMN_CHECKS:
        return "missing and extra columns always refuse; remove the rule"
    if not any(fnmatchcase(each, name) for each in watched.names):
        word = watched.name_word
        options = choices(name, watched.names, f"{word}s", len(watched.names))
        return f"no {word} is called {quoted(name)}{options}"
    if not watched.part_word:
        return f"nothing follows the {watched.name_word}: write {quoted(f'{fitting[0]}/{name}')}"
    if not part:
        return f"write {quoted(f'{fitting[0]}/{name}/*')} for every {watched.part_word}"
    options = choices(part[0], watched.parts, f"{watched.part_word}s")
    return f"no {watched.part_word} is called {quoted(part[0])}{options}"
