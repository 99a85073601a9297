"""Which rules and waivers of a policy can ever speak, and what they may name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase

from sagemaker_monitor.settings.errors import Path, choices, quoted
from sagemaker_monitor.settings.gate import Gate, Rule, Shift
from sagemaker_monitor.settings.model import Model
from sagemaker_monitor.settings.monitors import CUSTOM, Facet

Found = tuple[Path, str]
"""A path, and what is wrong with the value there."""

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
HIGHER_IS_WORSE = frozenset({"false_positive_rate", "false_negative_rate", "mae", "mse", "rmse"})
MOST_SHIFTS = 30
"""Changes whose power decide simulates."""
EXPLAINABILITY_METRICS = ("ndcg",)
COLUMN_CHECKS = ("missing_column_check", "extra_column_check")
"""Refuse whatever the policy says."""
UNKNOWN_CHANCE = (
    "calibrated is for metrics whose chance is known, and nothing is known of a custom monitor's: give a"
    " number, another limit, or none: then its violations count"
)
_WILD = re.compile(r"\[[^\]]*\]|[*?]")


STAGES = {"data_bias": PRE_TRAINING, "model_bias": POST_TRAINING}
"""The two types of bias check, which a rule may name in the place of bias."""


def selects(match: str, names: Iterable[str]) -> bool:
    """Return whether *match* selects what has these *names*: by a wildcard, or a name as it is."""
    return any(name == match or fnmatchcase(name, match) for name in names)


@dataclass(frozen=True)
class Subject:
    """What a rule can be about: the monitor, the metric or check, and each name that it may be matched by."""

    monitor: str
    name: str
    names: tuple[str, ...]

    def matched_by(self, match: str) -> bool:
        """Return whether a rule or waiver with this *match* is about it."""
        return selects(match, self.names)


@dataclass(frozen=True)
class Watched:
    """What a rule may name of one monitor: a metric or check, then a facet or feature where there is one.

    *values* are the facets' groups, which may follow the facet.
    """

    names: tuple[str, ...]
    name_word: str
    parts: tuple[str, ...] = ()
    part_word: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def subjects(self, monitor: str) -> Iterator[Subject]:
        """Yield everything a rule can be about."""
        firsts = {name: [monitor, *self._stages(monitor, name)] for name in self.names}
        for name in self.names:
            if not self.part_word:
                yield Subject(monitor, name, (f"{monitor}/{name}",))
            for part in self.parts:
                told = [part, *([f"{part}/{self.values[part]}"] if part in self.values else [])]
                yield Subject(
                    monitor, name, tuple(f"{first}/{name}/{tail}" for first in firsts[name] for tail in told)
                )

    def _stages(self, monitor: str, name: str) -> Iterator[str]:
        yield from (stage for stage, metrics in STAGES.items() if monitor == "bias" and name in metrics)


def watched_by(model: Model) -> dict[str, Watched]:
    """Return, by monitor, what a rule may name after it."""
    monitors = model.monitors
    found: dict[str, Watched] = {}
    if monitors.data_quality is not None:
        found["data_quality"] = Watched(QUALITY_CHECKS, "check", model.data_schema.features, "feature")
    if monitors.model_quality is not None:
        found["model_quality"] = Watched(MODEL_QUALITY_METRICS[model.data_schema.problem_type], "metric")
    if monitors.bias is not None:
        values = {facet.name: group(facet) for facet in monitors.bias.facets}
        found["bias"] = Watched(BIAS_METRICS, "metric", tuple(values), "facet", values)
    if monitors.explainability is not None:
        found["explainability"] = Watched(EXPLAINABILITY_METRICS, "metric")
    return found


def group(facet: Facet) -> str:
    """Return a facet's group as a rule names it: its values joined by commas, or >threshold."""
    return ",".join(map(str, facet.values)) if facet.threshold is None else f">{facet.threshold:g}"


def check_gate(gate: Gate, model: Model) -> list[Found]:
    """Return the rules and waivers that can never speak, and what they ask that nobody can answer."""
    known = watched_by(model)
    subjects = tuple(subject for monitor, each in known.items() for subject in each.subjects(monitor))
    conditional = bool(model.monitors.bias and model.monitors.bias.group_variable)
    subjects += tuple(_subjects_of_teams(gate, model))
    policy = _Policy(known, subjects, conditional, tuple(model.monitors.custom))
    # The default policy speaks of every monitor, also of those that are not configured.
    rules = policy.rules(gate.rules) if "rules" in gate.model_fields_set else ()
    return [*rules, *policy.waivers(gate), *policy.shifts(gate)]


def expired_waivers(model: Model, today: date) -> list[str]:
    """Return what is to be said of the waivers of *model* that no longer hold on *today*."""
    return [
        f"gate.waivers[{index}]: expired on {each.expires}: what {quoted(each.match)} covered refuses again; "
        "renew it with a new approval, or remove it"
        for index, each in enumerate(model.gate.waivers)
        if each.expires < today
    ]


@dataclass(frozen=True)
class _Policy:
    """What a policy may speak of: by monitor, one by one, and whether metrics by group are computed.

    *teams* are the names of teams' own monitors.
    """

    known: Mapping[str, Watched]
    subjects: tuple[Subject, ...]
    grouped: bool
    teams: tuple[str, ...] = ()

    def rules(self, rules: Sequence[Rule]) -> Iterator[Found]:
        """Yield the rules that nothing watched can match, or that earlier rules leave nothing to."""
        left = set(self.subjects)
        for index, rule in enumerate(rules):
            path: Path = ("gate", "rules", index)
            found = self._about(rule.match)
            why = self._unmatched(rule.match, found)
            if why:
                yield (*path, "match"), f"{quoted(rule.match)} matches nothing: {why}"
            elif not found & left:
                yield (*path, "match"), f"{quoted(rule.match)} {_no_turn(rules, index, found)}"
            elif rule.kind == "calibrated" and rule.match.startswith(CUSTOM):
                yield (*path, "tolerance"), UNKNOWN_CHANCE
            elif rule.direction is not None:
                yield from (((*path, "direction"), why) for why in _undirected(rule, found & left))
            left -= found

    def waivers(self, gate: Gate) -> Iterator[Found]:
        """Yield the waivers that can cover nothing."""
        for index, waiver in enumerate(gate.waivers):
            path: Path = ("gate", "waivers", index, "match")
            found = self._about(waiver.match)
            why = self._unmatched(waiver.match, found)
            earlier = [n for n in range(index) if gate.waivers[n].match == waiver.match]
            if why:
                yield path, f"{quoted(waiver.match)} matches nothing: {why}"
            elif earlier:
                yield path, f"{quoted(waiver.match)} is waived by waivers[{earlier[0]}] already: keep one"
            elif not any(_refuses_or_warns(gate.rules, subject) for subject in found):
                message = "covers nothing: no rule fails or warns about it; remove it"
                yield path, f"{quoted(waiver.match)} {message}"

    def shifts(self, gate: Gate) -> Iterator[Found]:
        """Yield the changes that nobody can simulate, or that no limit could catch."""
        count = 0
        for index, shift in enumerate(gate.detect):
            path: Path = ("gate", "detect", index)
            found = self._about(shift.match)
            why = self._unmatched(shift.match, found)
            if why:
                yield (*path, "match"), f"{quoted(shift.match)} matches nothing: {why}"
                continue
            for key, message in _unsimulated(shift, found):
                yield (*path, key), message
            count += len(found)
            if count > MOST_SHIFTS >= count - len(found):
                yield (
                    (*path, "match"),
                    f"makes {count} changes in all, and each takes seconds to simulate; declare at most "
                    f"{MOST_SHIFTS}: those that matter most",
                )

    def _about(self, match: str) -> set[Subject]:
        return {subject for subject in self.subjects if subject.matched_by(match)}

    def _unmatched(self, match: str, found: Collection[Subject]) -> str | None:
        if not found and match.startswith(CUSTOM):
            return _why_no_team(match, self.teams)
        if not found:
            return reason_for_nothing(match, dict(self.known))
        if not self.grouped and all(each.name in CONDITIONAL for each in found):
            return "CDDL and CDDPL need monitors.bias.group_variable"
        return None


def _no_turn(rules: Sequence[Rule], index: int, found: Collection[Subject]) -> str:
    earlier = [n for n in range(index) if any(each.matched_by(rules[n].match) for each in found)]
    first = f"rules[{earlier[0]}] ({quoted(rules[earlier[0]].match)})"
    others = " and others" if len(earlier) > 1 else ""
    return f"never gets a turn after {first}{others}: move it up or remove it"


def _refuses_or_warns(rules: Sequence[Rule], subject: Subject) -> bool:
    first = next((rule for rule in rules if subject.matched_by(rule.match)), None)
    return first is not None and first.action != "ignore"


def _undirected(rule: Rule, found: Collection[Subject]) -> Iterator[str]:
    """Yield why a direction means nothing for what the rule speaks for."""
    monitors = {subject.monitor for subject in found}
    if "data_quality" in monitors:
        yield "a distance and a share of wrong values have no better side: remove it"
    if CUSTOM.rstrip("/") in monitors and rule.direction == "worse":
        yield "which way a custom monitor's metric is worse is not known: give minimum or maximum instead"
    if "explainability" in monitors:
        yield "a ranking can only become less like the baseline's: remove it"
    if "model_quality" in monitors and rule.kind == "aws" and rule.direction == "both":
        yield "AWS's own rule flags a metric of model quality only where it is worse: give a tolerance"


def _subjects_of_teams(gate: Gate, model: Model) -> Iterator[Subject]:
    """Yield what teams' own monitors may report: whatever the policy names, as nobody knows it before."""
    matches = [*(each.match for each in gate.rules), *(each.match for each in gate.waivers)]
    for monitor in model.monitors.of_teams:
        tails = {"x", "x/x"}
        for match in matches:
            parts = match.split("/")
            if len(parts) > 2 and fnmatchcase(monitor, "/".join(parts[:2])):
                tails.add(_WILD.sub("x", "/".join(parts[2:])))
        for tail in sorted(tails):
            yield Subject(CUSTOM.rstrip("/"), tail, (f"{monitor}/{tail}",))


def _why_no_team(match: str, known: tuple[str, ...]) -> str:
    name = match.split("/")[1]
    if not known:
        return "the model has no monitors.custom"
    if not any(fnmatchcase(each, name) for each in known):
        return f"no custom monitor is called {quoted(name)}{choices(name, known, 'monitors')}"
    return f"write {quoted(f'{CUSTOM}{name}/*')} for everything that it reports"


def _unsimulated(shift: Shift, found: Collection[Subject]) -> Iterator[tuple[str, str]]:
    """Yield the key of what cannot be simulated or is no change for the worse, and why."""
    monitors = {subject.monitor for subject in found}
    names = {subject.name for subject in found}
    if CUSTOM.rstrip("/") in monitors:
        yield "match", "what a team's own monitor would find cannot be simulated: name another monitor"
    if "explainability" in monitors:
        yield (
            "match",
            f"{quoted(shift.match)}: an nDCG does not say which features would trade places, so none is "
            "simulated: name another monitor",
        )
    if "data_quality" in monitors and names & set(QUALITY_CHECKS) != {"baseline_drift_check"}:
        yield (
            "match",
            "types, missing values and categories are facts, with no power: name baseline_drift_check",
        )
    elif "data_quality" in monitors and not 0 < shift.by < 1:
        yield "by", f"is {shift.by:g}, and a distance lies between 0 and 1"
    if names == {"FT"}:
        yield (
            "match",
            "FT rests on who is whose nearest neighbour, which no weighing of rows moves: remove it",
        )
    if "model_quality" in monitors:
        better = sorted(name for name in names if (shift.by > 0) != (name in HIGHER_IS_WORSE))
        if better:
            yield "by", f"is {shift.by:g}, which makes {better[0]} better: a change for the worse is caught"


def reason_for_nothing(match: str, known: dict[str, Watched]) -> str:
    """Return why *match* selects nothing of what is *known*."""
    monitor, name, *part = match.split("/", 2)
    fitting = [each for each in known if fnmatchcase(each, monitor)]
    if "bias" in known and monitor in STAGES:
        stage = Watched(STAGES[monitor], "metric", known["bias"].parts, "facet", known["bias"].values)
        known, fitting = {monitor: stage}, [monitor]
    if not fitting:
        return f"no monitor is called {quoted(monitor)}{choices(monitor, tuple(known), 'monitors')}"
    watched = known[fitting[0]]
    if fitting[0] == "data_quality" and name in COLUMN_CHECKS:
        return "missing and extra columns always refuse, whatever a rule or waiver says; remove it"
    if not any(fnmatchcase(each, name) for each in watched.names):
        word = watched.name_word
        options = choices(name, watched.names, f"{word}s", len(watched.names))
        return f"no {word} is called {quoted(name)}{options}"
    if not watched.part_word:
        return f"nothing follows the {watched.name_word}: write {quoted(f'{fitting[0]}/{name}')}"
    if not part:
        return f"write {quoted(f'{fitting[0]}/{name}/*')} for every {watched.part_word}"
    return _no_part(part[0], watched)


def _no_part(part: str, watched: Watched) -> str:
    facet, slash, value = part.partition("/")
    if slash and facet in watched.values:
        return f"the group of {quoted(facet)} is {quoted(watched.values[facet])}, not {quoted(value)}"
    options = choices(part, watched.parts, f"{watched.part_word}s")
    return f"no {watched.part_word} is called {quoted(part)}{options}"
