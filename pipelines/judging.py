"""From joined rows to a verdict: the branches that the monitoring pipelines end with alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.checking import make_checks
from pipelines.parameters import CheckParameters
from steps.build import Build
from steps.collect import Collected
from steps.decide import Decided, condition, decide, refuse
from steps.join import Joined
from steps.register_model import register_renewed, version_evidence
from steps.spec import DATA_QUALITY, Check, checks_of, of_inputs, of_outcomes


@dataclass(frozen=True)
class Judging:
    """What every verdict of one pipeline rests on: the build, the checks' parameters, the scoring version."""

    build: Build
    checks: CheckParameters
    model_package_arn: Any
    bundle_sha256: str

    def rows(
        self,
        joined: Joined,
        model_name: Any,
        *,
        features_uri: Any = None,
        checked: dict[str, Any] | None = None,
        collected: Collected | None = None,
    ) -> list[Any]:
        """Return the steps after the join; *checked* are checks made before it, by check type.

        *features_uri* is where the rows of the inputs lie, where they were checked.
        """
        # The inputs were checked before anything was joined.
        scored = [check for check in of_inputs(self.build.model) if check != DATA_QUALITY]
        of_scored = self._checks(scored, joined, model_name, [joined.step])
        earlier = {**(checked or {}), **of_scored}
        collected_uri = collected.summary_uri if collected else None
        if not self.build.model.monitors.need_labels:
            decided = self._decide(
                "Decide",
                after=[*earlier.values(), joined.step],
                joined=joined,
                features_uri=features_uri,
                collected_uri=collected_uri,
            )
            return [*of_scored.values(), decided.step, self._gate("CheckVerdict", "", decided, earlier)]
        step_labels = condition(
            "HaveLabels",
            [self._labels_arrived(joined)],
            self._with_labels(joined, model_name, earlier, features_uri, collected_uri),
            self._without_labels(joined, earlier, features_uri, collected_uri),
        )
        return [*of_scored.values(), step_labels]

    def _checks(
        self, wanted: Sequence[Check], joined: Joined, model_name: Any, depends_on: list[Any]
    ) -> dict[str, Any]:
        """Return the steps of those *wanted* checks that this pipeline makes, by check type."""
        model, pipeline = self.build.model, self.build.pipeline
        made = [check for check in checks_of(model, pipeline) if check in wanted]
        return make_checks(self.build, made, self.checks, joined, model_name, depends_on=depends_on)

    def without_scores(
        self, features_uri: Any, step_check: Any, collected: Collected | None = None
    ) -> list[Any]:
        """Return the steps for rows of which nothing more is made because their columns do not fit."""
        decided = self._decide(
            "DecideWithoutScores",
            after=[step_check],
            features_uri=features_uri,
            collected_uri=collected.summary_uri if collected else None,
        )
        return self._refused("RefuseWithoutScores", decided)

    def without_captures(self, collected: Collected, missing: str = "Captures") -> list[Any]:
        """Return the steps for a window in which nothing was captured that can be judged, or for no batch."""
        decided = self._decide(
            f"DecideWithout{missing}", after=[collected.step], collected_uri=collected.summary_uri
        )
        return self._refused(f"RefuseWithout{missing}", decided)

    def _labels_arrived(self, joined: Joined) -> Any:
        from sagemaker.core.workflow.conditions import ConditionEquals, ConditionNot

        return ConditionNot(ConditionEquals(left=joined.label_status(), right="labels-missing"))

    def _with_labels(
        self, joined: Joined, model_name: Any, earlier: dict[str, Any], features_uri: Any, collected_uri: Any
    ) -> list[Any]:
        made = self._checks(of_outcomes(self.build.model), joined, model_name, [])
        decided = self._decide(
            "Decide",
            after=[*earlier.values(), *made.values()],
            joined=joined,
            features_uri=features_uri,
            collected_uri=collected_uri,
        )
        return [
            *made.values(),
            decided.step,
            self._gate("CheckVerdict", "", decided, {**earlier, **made}),
        ]

    def _without_labels(
        self, joined: Joined, earlier: dict[str, Any], features_uri: Any, collected_uri: Any
    ) -> list[Any]:
        # A step of its own: one that depends on a step of the branch not taken never runs.
        decided = self._decide(
            "DecideWithoutLabels",
            after=[*earlier.values(), joined.step],
            joined=joined,
            labels_arrived=False,
            features_uri=features_uri,
            collected_uri=collected_uri,
        )
        return [decided.step, self._gate("CheckInputs", "WithoutLabels", decided, earlier)]

    def _decide(self, name: str, **read: Any) -> Decided:
        return decide(
            self.build,
            name=name,
            bundle_sha256=self.bundle_sha256,
            model_package_arn=self.model_package_arn,
            # The baseline must be that of the version that scored.
            baseline_model_package_arn=self.model_package_arn,
            asked=self.checks.asked,
            **read,
        )

    def _gate(self, name: str, branch: str, decided: Decided, made: dict[str, Any]) -> Any:
        """Return the condition that refuses, or where a new baseline was asked for registers a version."""
        step_register = register_renewed(
            self.build,
            name=f"Register{branch}",
            model_package_group_name=self.checks.model_package_group_name,
            checks=made,
            decided=decided,
            evidence=version_evidence(self.build, decided, self.checks.asked, self.bundle_sha256),
        )
        step_new = condition(f"NewBaseline{branch}", [decided.registers()], [step_register], [])
        step_refuse = refuse(f"Refuse{branch}", decided)
        return condition(name, [decided.gate_is_open()], [step_new], [step_refuse])

    def _refused(self, name: str, decided: Decided) -> list[Any]:
        step_refuse = refuse(name, decided)
        step_refuse.add_depends_on([decided.step])
        return [decided.step, step_refuse]
