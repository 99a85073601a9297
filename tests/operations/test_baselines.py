"""Which baseline each check is compared with, by mode and by what is approved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sagemaker_monitor.operations.baselines import pin, pin_all
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.modes import Modes, read_modes
from sagemaker_monitor.registry.versions import Version
from sagemaker_monitor.settings import Model, load_model
from tests.operations.emulated import CONF, DEPLOYED

BOTH = {"DATA_BIAS": "s3://b/pre.json", "MODEL_BIAS": "s3://b/post.json"}


def version(**baselines: str) -> Version:
    """Return an approved version with these baselines."""
    return Version("arn:v1", "mortgage", 1, "Approved", datetime.now(UTC), baselines=baselines)


BIAS = ["bias"]


def asked(*given: str, reason: str | None = None, named: bool = False) -> Modes:
    """Return the mode of bias as a run asks for it, by the monitor's name or for all."""
    mode: Any = given[0]
    return Modes({"bias": mode}, frozenset(BIAS if named else ()), reason)


def test_check_pins_every_check_to_the_approved_version() -> None:
    """In `check`, all checks compare with the baselines of one version, which is named too."""
    assert pin(DEPLOYED, version(**BOTH), asked("check"), model="mortgage") == {
        "BaselineModes": "bias=check",
        "DataBiasSkipCheck": "False",
        "DataBiasRegisterNewBaseline": "False",
        "DataBiasSuppliedBaselineConstraints": "s3://b/pre.json",
        "ModelBiasSkipCheck": "False",
        "ModelBiasRegisterNewBaseline": "False",
        "ModelBiasSuppliedBaselineConstraints": "s3://b/post.json",
        "BaselineModelPackageArn": "arn:v1",
    }


def test_bootstrap_establishes_every_baseline() -> None:
    """In a first `bootstrap`, nothing is compared and everything is registered."""
    assert pin(DEPLOYED, None, asked("bootstrap"), model="mortgage") == {
        "BaselineModes": "bias=bootstrap",
        "DataBiasSkipCheck": "True",
        "DataBiasRegisterNewBaseline": "True",
        "ModelBiasSkipCheck": "True",
        "ModelBiasRegisterNewBaseline": "True",
    }


@pytest.mark.parametrize(
    ("mode", "skip", "register"),
    [("check", "False", "False"), ("refresh", "False", "True"), ("accept", "True", "True")],
)
def test_modes_are_sagemakers_switches(mode: str, skip: str, register: str) -> None:
    """What SageMaker's decision table calls skip_check and register_new_baseline, each mode sets."""
    parameters = pin(DEPLOYED, version(**BOTH), asked(mode, reason="agreed"), model="mortgage")

    assert (parameters["DataBiasSkipCheck"], parameters["DataBiasRegisterNewBaseline"]) == (skip, register)
    assert parameters["DataBiasSuppliedBaselineConstraints"] == "s3://b/pre.json"
    assert parameters.get("AcceptReason") == ("agreed" if mode == "accept" else None)


def test_accept_needs_no_earlier_baseline() -> None:
    """Nothing is compared, so nothing has to be there."""
    parameters = pin(DEPLOYED, None, asked("accept", reason="agreed"), model="mortgage")

    assert parameters["ModelBiasSkipCheck"] == "True"
    assert "BaselineModelPackageArn" not in parameters


def test_bootstrap_still_compares_what_has_a_baseline() -> None:
    """A check that is new to the model is established; the others are compared as ever."""
    parameters = pin(DEPLOYED, version(DATA_BIAS="s3://b/pre.json"), asked("bootstrap"), model="mortgage")

    assert parameters["DataBiasSkipCheck"] == "False"
    assert parameters["DataBiasSuppliedBaselineConstraints"] == "s3://b/pre.json"
    assert parameters["ModelBiasSkipCheck"] == "True"
    assert parameters["BaselineModelPackageArn"] == "arn:v1"


@pytest.mark.parametrize("mode", ["check", "refresh"])
def test_comparing_without_an_approved_version_says_bootstrap(mode: str) -> None:
    """Nothing to compare with: the message names the mode that helps."""
    with pytest.raises(UsageError, match=r"no version of 'mortgage' is approved.*--mode bootstrap"):
        pin(DEPLOYED, None, asked(mode), model="mortgage")


@pytest.mark.parametrize("mode", ["check", "refresh"])
def test_comparing_without_one_baseline_names_the_check(mode: str) -> None:
    """The approved version lacks the baseline of one check: it is named, and so is what to do."""
    with pytest.raises(
        UsageError, match=r"version 1 of 'mortgage' has no baseline of ModelBias: .*--mode bias=bootstrap"
    ):
        pin(DEPLOYED, version(DATA_BIAS="s3://b/pre.json"), asked(mode), model="mortgage")


@pytest.mark.parametrize("named", [True, False])
def test_bootstrap_over_a_whole_baseline_is_refused(named: bool) -> None:
    """An approved version with every baseline is not bypassed by bootstrapping again."""
    with pytest.raises(UsageError, match=r"version 1 .*\(DataBias, ModelBias\).*--mode check"):
        pin(DEPLOYED, version(**BOTH), asked("bootstrap", named=named), model="mortgage")


def test_a_batch_is_pinned_to_its_version() -> None:
    """Every check of monitor-batch compares with the version that scores; nothing more is said."""
    assert pin_all(DEPLOYED, version(**BOTH)) == {
        "DataBiasSuppliedBaselineConstraints": "s3://b/pre.json",
        "ModelBiasSuppliedBaselineConstraints": "s3://b/post.json",
    }


def test_a_batch_may_give_its_version_a_new_baseline() -> None:
    """In `refresh` the checks compare with the version that scores, and register what they computed."""
    parameters = pin_all(DEPLOYED, version(**BOTH), asked("refresh"))

    assert parameters["BaselineModes"] == "bias=refresh"
    assert parameters["DataBiasSuppliedBaselineConstraints"] == "s3://b/pre.json"
    assert parameters["ModelBiasSkipCheck"] == "False"
    assert parameters["ModelBiasRegisterNewBaseline"] == "True"


def test_a_batch_needs_a_version_with_baselines() -> None:
    """A version without the baseline of a check cannot watch a batch."""
    with pytest.raises(
        UsageError, match="carries no baseline of ModelBias: run register with --mode bias=bootstrap"
    ):
        pin_all(DEPLOYED, version(DATA_BIAS="s3://b/pre.json"))


def test_a_batch_establishes_no_first_baseline() -> None:
    """That is what registering a candidate is for."""
    with pytest.raises(UsageError, match="established by run register --mode bootstrap"):
        pin_all(DEPLOYED, version(**BOTH), asked("bootstrap"))


def test_a_pipeline_takes_no_mode_of_what_it_does_not_check() -> None:
    """A mode that would do nothing is a mistake."""
    modes = Modes({"data_quality": "refresh"}, frozenset({"data_quality"}))

    with pytest.raises(UsageError, match="--mode data_quality=…: this pipeline does not check it"):
        pin_all(DEPLOYED, version(**BOTH), modes)


def read(model: Model, *given: str, reason: str | None = None, candidates: bool = True) -> Modes:
    """Return what a run's options ask for."""
    return read_modes(model, given, reason, registers_candidates=candidates)


@pytest.fixture(scope="module")
def mortgage() -> Model:
    """The example's model, whose four monitors compare by default."""
    return load_model("mortgage", CONF)


def test_one_monitor_may_have_a_mode_of_its_own(mortgage: Model) -> None:
    """An option that names a monitor wins over one for all, and that over the configuration."""
    modes = read(mortgage, "bias=accept", "refresh", reason="policy changed: minute 11/2026")

    assert modes.each == {
        "data_quality": "refresh",
        "explainability": "refresh",
        "model_quality": "refresh",
        "bias": "accept",
    }
    assert modes.parameters(["bias", "model_quality"]) == {
        "BaselineModes": "bias=accept model_quality=refresh",
        "AcceptReason": "policy changed: minute 11/2026",
    }
    assert "AcceptReason" not in modes.parameters(["model_quality"])


def test_the_configuration_has_modes_of_monitors(mortgage: Model) -> None:
    """They are how candidates are registered; monitoring compares unless it is told otherwise."""
    bias = mortgage.monitors.bias
    assert bias is not None
    monitors = mortgage.monitors.model_copy(
        update={"bias": bias.model_copy(update={"baseline_mode": "refresh"})}
    )
    model = mortgage.model_copy(update={"monitors": monitors})

    assert (read(model).of("bias"), read(model).of("model_quality")) == ("refresh", "check")
    assert read(model, candidates=False).of("bias") == "check"


@pytest.mark.parametrize(
    ("given", "reason", "text"),
    [
        (["bais=accept"], "x", r"has no monitor 'bais'; did you mean 'bias'\?"),
        (["bias=acept"], "x", r"'acept' is no mode; did you mean 'accept'\?"),
        (["skip"], None, "'skip' is no mode; modes: bootstrap, check, refresh, accept"),
        (["bias="], None, "'' is no mode"),
        (["=check"], None, "has no monitor ''"),
        (["bias=check", "bias=refresh"], None, "bias is given twice"),
        (["check", "refresh"], None, "the mode of all is given twice"),
        (["bias=accept"], None, "--reason is missing: bias would get a new baseline"),
        (["bias=accept"], "  ", "--reason is missing"),
        (["bias=accept"], "none", "--reason is missing"),
        (["bias=accept"], "a, b", "--reason holds ','"),
        (["bias=accept"], "<b>", "--reason holds '<'"),
        (["bias=accept"], "x" * 201, "--reason has 201 characters; a version keeps 200"),
        (["refresh"], "x", "--reason is for --mode accept"),
    ],
)
def test_modes_that_cannot_be_meant_are_refused(
    mortgage: Model, given: list[str], reason: str | None, text: str
) -> None:
    """Each mistake is told before anything is started."""
    with pytest.raises(UsageError, match=text):
        read(mortgage, *given, reason=reason)
