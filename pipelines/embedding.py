"""Checks and whole builders of this package in a pipeline of your own: what is public of building.

Everything here is made under an SDK session, so the SDK has to be there (`sagemaker-monitor[build]`).
`build_pipeline` builds offline; `sagemaker_monitor.operations.embedded` deploys, starts and concludes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pipelines.bundle import BUNDLE_PLACEHOLDER, Bundle
from pipelines.catalog import GetPipeline, bundle_of
from pipelines.names import PIPELINES
from sagemaker_monitor.settings.schema import Environment, Model

__all__ = ["Embedding", "EmbeddingError", "GetPipeline", "build_pipeline", "register_steps"]


class EmbeddingError(Exception):
    """A check cannot be embedded so; the message says what would do."""


def build_pipeline(get_pipeline: GetPipeline, model: Model, environment: Environment) -> Bundle:
    """Return the bundle of the one pipeline that *get_pipeline* builds, offline and without side effect.

    Every file that a step refers to, such as an analysis configuration that the SDK would upload while it
    is constructed, is part of the bundle, at an address that is the hash of what it says; two builds are
    equal bytes. *get_pipeline(model, environment, sagemaker_session)* returns an SDK Pipeline; import the
    SDK inside of it. Raises EmbeddingError where the pipeline has a name that `upsert` gives to its own.
    """
    bundle = bundle_of({"embedded": get_pipeline}, model, environment)
    name = bundle.pipelines[0].name
    if any(name.endswith(f"-{pipeline}-{environment.name}") for pipeline in PIPELINES):
        raise EmbeddingError(
            f"{name!r} is a name that upsert gives to a pipeline of a model: give yours another, such as "
            f"{model.model}-training-{environment.name}"
        )
    return bundle


def register_steps(
    model: Model,
    environment: Environment,
    sagemaker_session: Any,
    *,
    model_data_url: Any,
    baseline_data_uri: Any = None,
    depends_on: Sequence[Any] = (),
) -> Any:
    """Return `parameters` and `steps` of the whole register pipeline, for a candidate made in yours.

    Score, join, all of the model's checks, the verdict; then a registered version, or a failed execution.
    *model_data_url*: S3 URI of the model.tar.gz, usually a training step's property.
    *baseline_data_uri*: S3 URI of labelled rows that the candidate was not trained on, CSV without a header:
    record key, features, facet columns, label; a parameter, BaselineDataUri, where it is not given.
    """
    from pipelines import register

    return register.register_steps(
        model,
        environment,
        sagemaker_session,
        model_data_url=model_data_url,
        baseline_data_uri=baseline_data_uri,
        depends_on=depends_on,
    )


class Embedding:
    """The checks of one model in one environment, as steps of a pipeline of your own.

    Names of steps, baselines and instances are those of the package's own pipelines. Reports and verdict go
    below `<storage>/<model>/<pipeline>/<execution id>/`. `parameters` belong into the pipeline.
    """

    def __init__(
        self, model: Model, environment: Environment, sagemaker_session: Any, *, pipeline: str = "training"
    ) -> None:
        """Begin with no check; *pipeline* is a word for yours, part of the paths that it writes to."""
        from pipelines.parameters import CheckParameters, string
        from steps.build import Build

        if pipeline in PIPELINES:
            raise EmbeddingError(f"{pipeline!r} is a pipeline of this package; call yours otherwise")
        self._build = Build(model, environment, pipeline, sagemaker_session)
        self._declared = CheckParameters.declare(self._build)
        self._baseline = string("BaselineModelPackageArn", "")
        self._steps: dict[str, Any] = {}
        self._decided = False

    @property
    def parameters(self) -> list[Any]:
        """The pipeline parameters that the steps made so far read.

        `FailOnViolation`, false by default; `ModelPackageGroupName`; and of each check `<Check>SkipCheck`,
        `<Check>RegisterNewBaseline`, `<Check>SuppliedBaselineConstraints` and, for quality checks,
        `…Statistics`, which by default compare with the latest approved version. With a decision
        `BaselineModelPackageArn`, the version that it must be.
        """
        declared = self._declared
        of_checks = [each for name in self._steps for each in declared.baselining[name].parameters()]
        of_decision = [self._baseline] if self._decided else []
        common = [parameter for parameter in declared.parameters if parameter.name in _COMMON]
        return [*common, *of_decision, *of_checks]

    def data_quality(self, data_uri: Any, *, depends_on: Sequence[Any] = ()) -> Any:
        """Return the step DataQuality over CSV files with a header below *data_uri*: the model's features.

        Raises EmbeddingError where the model has no such monitor.
        """
        from steps.quality_check import data_quality_check
        from steps.spec import DATA_QUALITY

        return self._check(DATA_QUALITY, data_quality_check, data_uri, depends_on)

    def data_bias(self, data_uri: Any, *, depends_on: Sequence[Any] = ()) -> Any:
        """Return the step DataBias over CSV files without a header: features, facet columns, label.

        It needs no model. Its own verdict is AWS's: with `FailOnViolation` any metric that grew fails it.
        """
        from steps.clarify_check import data_bias_check
        from steps.spec import DATA_BIAS

        return self._check(DATA_BIAS, data_bias_check, data_uri, depends_on)

    def model_bias(self, data_uri: Any, model_name: Any, *, depends_on: Sequence[Any] = ()) -> Any:
        """Return the step ModelBias over rows as of data_bias; it asks the SageMaker model *model_name*."""
        from steps.clarify_check import model_bias_check
        from steps.spec import MODEL_BIAS

        return self._check(MODEL_BIAS, model_bias_check, data_uri, depends_on, model_name=model_name)

    def model_quality(self, data_uri: Any, *, depends_on: Sequence[Any] = ()) -> Any:
        """Return the step ModelQuality over CSV files with the header prediction,label."""
        from steps.quality_check import model_quality_check
        from steps.spec import MODEL_QUALITY

        return self._check(MODEL_QUALITY, model_quality_check, data_uri, depends_on)

    def explainability(self, data_uri: Any, model_name: Any, *, depends_on: Sequence[Any] = ()) -> Any:
        """Return the step ModelExplainability over CSV files without a header: features alone."""
        from steps.clarify_check import explainability_check
        from steps.spec import EXPLAINABILITY

        return self._check(EXPLAINABILITY, explainability_check, data_uri, depends_on, model_name=model_name)

    def decide(self, features_uri: Any) -> Any:
        """Return the decision on the checks made so far that need no labels; `step`, `verdict_uri`.

        *features_uri*: the CSV files with a header that data quality read, from which chance is computed.
        It runs however the checks end. Checks of labels are decided in `register_steps`, where rows are
        scored. Raises EmbeddingError where there is nothing to decide.
        """
        from sagemaker_monitor.analysis.decision.baselines import NONE_ASKED
        from steps.baselining import Asked
        from steps.decide import decide
        from steps.spec import of_inputs

        checks = tuple(check for check in of_inputs(self._build.model) if check.name in self._steps)
        if not checks:
            raise EmbeddingError(
                "make the check first, data_quality or explainability: nothing else is decided"
            )
        self._decided = True
        group = self._declared.model_package_group_name
        return decide(
            replace(self._build, checks=checks),
            name="Decide",
            bundle_sha256=BUNDLE_PLACEHOLDER,
            after=[self._steps[check.name] for check in checks],
            model_package_arn="",
            baseline_model_package_arn=self._baseline,
            asked=Asked(NONE_ASKED, NONE_ASKED, group),
            features_uri=features_uri,
        )

    def gate(self, decided: Any, steps: Sequence[Any]) -> Any:
        """Return the condition that runs *steps* when the verdict is open, and otherwise ends in failure."""
        from steps.decide import condition, refuse

        closed = refuse("Refuse", decided)
        return condition("CheckVerdict", [decided.gate_is_open()], list(steps), [closed])

    def _check(self, check: Any, factory: Any, data_uri: Any, depends_on: Sequence[Any], **given: Any) -> Any:
        from steps.own_check import own_check

        model = self._build.model
        if check.monitor not in model.monitors.configured:
            raise EmbeddingError(
                f"model {model.model!r} has no monitor {check.monitor}: add it to monitors in its file; "
                f"it has: {', '.join(model.monitors.configured)}"
            )
        if check.name in self._steps:
            raise EmbeddingError(f"{check.name} is made already: a pipeline has one step of that name")
        made = {
            "data_uri": data_uri,
            "baselining": self._declared.baselining[check.name],
            "depends_on": list(depends_on),
        }
        if check.monitor not in model.monitors.own:
            step = factory(self._build, **made, **given)
        elif given:
            raise EmbeddingError(
                f"{check.name} with `engine: own` takes predictions and asks no model: embed register_steps"
            )
        else:
            step = own_check(self._build, check, **made)
        self._steps[check.name] = step
        return step


_COMMON = ("FailOnViolation", "ModelPackageGroupName")
