"""What may stand under gate in a model's file: the policy, its exceptions, and what too few rows mean."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from sagemaker_monitor.settings import fields
from sagemaker_monitor.settings.fields import Day, Integer, Number, Section, Statement

Action = Literal["fail", "warn", "ignore"]
Direction = Literal["worse", "both"]


class MinimumRows(Section):
    """Below these counts nothing can be told."""

    total: Annotated[Integer, Field(ge=1, description="Labelled rows of a batch.")] = 200
    per_facet: Annotated[Integer, Field(ge=1, description="Rows on each side of a facet.")] = 30
    per_facet_and_label: Annotated[
        Integer, Field(ge=0, description="Rows of each observed label, on each side of a facet.")
    ] = 5


class Rule(Section):
    """One line of the policy: what it is about, the limit, and what crossing it means.

    At most one of *between*, *minimum*, *maximum* and *tolerance*; with none, AWS's own violation is
    the limit.
    """

    match: Annotated[
        str,
        Field(
            pattern=fields.MATCH,
            description="data_quality/<check>/<feature>, model_quality/<metric>, bias/<metric>/<facet> (or"
            " data_bias/…, model_bias/… for one stage, and …/<facet>/<value>), explainability/ndcg,"
            " custom/<name>/<check>/<feature> or custom/<name>/<metric>;"
            " * is a wildcard, and a name as it is matches itself.",
        ),
    ]
    action: Annotated[Action, Field(description="What crossing the limit means.")]
    between: Annotated[
        tuple[Number, Number] | None, Field(description="Lowest and highest value allowed, both included.")
    ] = None
    minimum: Annotated[Number | None, Field(description="Lowest value allowed.")] = None
    maximum: Annotated[Number | None, Field(description="Highest value allowed.")] = None
    tolerance: Annotated[
        Literal["calibrated"] | Annotated[Number, Field(ge=0)] | None,
        Field(
            description="How far from the baseline for the worse, towards more bias;"
            " calibrated: what chance explains."
        ),
    ] = None
    direction: Annotated[
        Direction | None,
        Field(
            description="worse: what improves never crosses, the default of a tolerance; both: it does as"
            " well, which AWS's own rule for bias does by default."
        ),
    ] = None

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        given = [
            key for key in ("between", "minimum", "maximum", "tolerance") if getattr(self, key) is not None
        ]
        if len(given) > 1:
            raise ValueError(f"give at most one limit, not {' and '.join(given)}")
        if self.between and self.between[0] > self.between[1]:
            raise ValueError("between: the first number is the lower one")
        if self.direction is not None and self.kind in ("between", "minimum", "maximum"):
            raise ValueError(f"direction: {self.kind} says by itself which values are allowed; remove it")
        if self.direction == "both" and self.kind == "calibrated":
            raise ValueError(
                "direction: a calibrated limit's error rate is that of changes for the worse; give tolerance"
                " a number, or remove it"
            )
        return self

    @property
    def kind(self) -> str:
        """The kind of limit this sets; aws where it names none."""
        if self.tolerance is not None:
            return "calibrated" if isinstance(self.tolerance, str) else "tolerance"
        given = (key for key in ("between", "minimum", "maximum") if getattr(self, key) is not None)
        return next(given, "aws")


class Waiver(Section):
    """What somebody takes responsibility for until a day: findings that match are told and refuse nothing."""

    match: Annotated[
        str,
        Field(
            pattern=fields.MATCH, description="What it covers, as in a rule; never columns that do not fit."
        ),
    ]
    reason: Annotated[Statement, Field(max_length=1000, description="Why; stands in the verdict.")]
    approved_by: Annotated[Statement, Field(max_length=256, description="Who answers for it.")]
    expires: Annotated[
        Day, Field(description="The last day on which it holds, in UTC; after it, what it covered refuses.")
    ]


class Shift(Section):
    """A change that matters: the verdict says how likely a batch of its size catches it.

    Likelihoods are simulated on the baseline's rows; the metric has moved, and as little else as can be.
    """

    match: Annotated[
        str,
        Field(
            pattern=fields.MATCH,
            description="What moves, as in a rule: bias/<metric>/<facet>, model_quality/<metric> or"
            " data_quality/baseline_drift_check/<feature>.",
        ),
    ]
    by: Annotated[
        Number,
        Field(
            description="How far its true value moves from the baseline's: 0.1 rises, -0.1 falls; of drift"
            " the distance, above 0 and below 1."
        ),
    ]
    power: Annotated[Number, Field(ge=0.5, le=0.99, description="How likely a batch should catch it.")] = 0.9
    required: Annotated[
        bool,
        Field(
            strict=True,
            description="true: a batch that catches it less often has too few rows (when_too_few);"
            " false: it is only told.",
        ),
    ] = False

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if self.by == 0:
            raise ValueError("by: 0 is no change")
        return self


class Gate(Section):
    """When a run is refused. First matching rule wins."""

    false_refusals: Annotated[
        Number,
        Field(
            gt=0, lt=0.5, description="Share of honest batches that all calibrated limits together refuse."
        ),
    ] = 0.05
    minimum_rows: Annotated[MinimumRows, Field(description="Below these counts nothing can be told.")] = (
        MinimumRows()
    )
    when_too_few: Annotated[
        Literal["inconclusive", "warn", "fail"], Field(description="What too few rows mean; never a pass.")
    ] = "inconclusive"
    maximum_warnings: Annotated[
        Integer | None, Field(ge=0, description="More warnings than this refuse; none is no limit.")
    ] = None
    waivers: Annotated[
        tuple[Waiver, ...], Field(description="What is known, approved and does not refuse until a day.")
    ] = ()
    detect: Annotated[
        tuple[Shift, ...], Field(description="Changes that matter; each takes decide a few seconds.")
    ] = ()
    rules: Annotated[tuple[Rule, ...], Field(description="The policy; the first rule that matches wins.")] = (
        Rule(match="data_quality/baseline_drift_check/*", tolerance="calibrated", action="fail"),
        Rule(match="data_quality/*", action="fail"),
        Rule(match="model_quality/*", tolerance="calibrated", action="fail"),
        Rule(match="bias/*", tolerance="calibrated", action="fail"),
        Rule(match="custom/*", action="fail"),
        # Attributions say that the model decides otherwise than before, not that it decides worse.
        Rule(match="explainability/*", tolerance="calibrated", action="warn"),
    )
