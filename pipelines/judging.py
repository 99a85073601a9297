"""From joined rows to a verdict: the branches that monitor-batch and monitor-ground-truth end with alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.parameters import CheckParameters
from steps.build import Build
from steps.clarify_check import data_bias_check, model_bias_check
from steps.collect import Collected
from steps.decide import Decided, condition, decide, refuse
from steps.inputs import Inputs
from steps.join import Joined


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
        inputs: Inputs | None = None,
        checked: list[Any] | None = None,
        collected: Collected | None = None,
    ) -> list[Any]:
        """Return the steps after the join; *checked* are checks that were made before it."""
        earlier = checked or []
        features_uri = inputs.features_uri if inputs else None
        collected_uri = collected.summary_uri if collected else None
        if not self.build.model.monitors.bias:
            decided = self._decide(
                "Decide", after=[*earlier, joined.step], joined=joined, features_uri=features_uri
            )
            return [decided.step, self._refuse_unless_open("CheckVerdict", "Refuse", decided)]
        step_labels = condition(
            "HaveLabels",
            [self._labels_arrived(joined)],
            self._with_labels(joined, model_name, earlier, features_uri, collected_uri),
            self._without_labels(joined, earlier, features_uri, collected_uri),
        )
        return [step_labels]

    def without_scores(self, inputs: Inputs, step_check: Any) -> list[Any]:
        """Return the steps for a batch that is not scored because its columns do not fit."""
        decided = self._decide("DecideWithoutScores", after=[step_check], features_uri=inputs.features_uri)
        return self._refused("RefuseWithoutScores", decided)

    def without_captures(self, collected: Collected) -> list[Any]:
        """Return the steps for a window in which nothing was captured."""
        decided = self._decide(
            "DecideWithoutCaptures", after=[collected.step], collected_uri=collected.summary_uri
        )
        return self._refused("RefuseWithoutCaptures", decided)

    def _labels_arrived(self, joined: Joined) -> Any:
        from sagemaker.core.workflow.conditions import ConditionEquals, ConditionNot

        return ConditionNot(ConditionEquals(left=joined.label_status(), right="labels-missing"))

    def _with_labels(
        self, joined: Joined, model_name: Any, earlier: list[Any], features_uri: Any, collected_uri: Any
    ) -> list[Any]:
        labelled = joined.uris["labelled"]
        bias = [
            data_bias_check(
                self.build,
                data_uri=labelled,
                baselining=self.checks.baselining["DataBias"],
                depends_on=[],
            ),
            model_bias_check(
                self.build,
                data_uri=labelled,
                model_name=model_name,
                baselining=self.checks.baselining["ModelBias"],
                depends_on=[],
            ),
        ]
        decided = self._decide(
            "Decide",
            after=[*earlier, *bias],
            joined=joined,
            features_uri=features_uri,
            collected_uri=collected_uri,
        )
        return [*bias, decided.step, self._refuse_unless_open("CheckVerdict", "Refuse", decided)]

    def _without_labels(
        self, joined: Joined, earlier: list[Any], features_uri: Any, collected_uri: Any
    ) -> list[Any]:
        # A step of its own: one that depends on a step of the branch not taken never runs.
        decided = self._decide(
            "DecideWithoutLabels",
            after=[*earlier, joined.step],
            joined=joined,
            labels_arrived=False,
            features_uri=features_uri,
            collected_uri=collected_uri,
        )
        return [decided.step, self._refuse_unless_open("CheckInputs", "RefuseWithoutLabels", decided)]

    def _decide(self, name: str, **read: Any) -> Decided:
        return decide(
            self.build,
            name=name,
            bundle_sha256=self.bundle_sha256,
            model_package_arn=self.model_package_arn,
            # The baseline must be that of the version that scored.
            baseline_model_package_arn=self.model_package_arn,
            model_package_group_name=self.checks.model_package_group_name,
            **read,
        )

    def _refuse_unless_open(self, name: str, refusal: str, decided: Decided) -> Any:
        step_refuse = refuse(self.build, name=refusal, verdict_uri=decided.verdict_uri)
        return condition(name, [decided.gate_is_open()], [], [step_refuse])

    def _refused(self, name: str, decided: Decided) -> list[Any]:
        step_refuse = refuse(self.build, name=name, verdict_uri=decided.verdict_uri)
        step_refuse.add_depends_on([decided.step])
        return [decided.step, step_refuse]
