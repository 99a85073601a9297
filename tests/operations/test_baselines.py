"""Which baseline each check is compared with, by mode and by what is approved."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sagemaker_monitor.operations.baselines import pin, pin_all
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.registry.versions import Version
from tests.operations.emulated import DEPLOYED

BOTH = {"DATA_BIAS": "s3://b/pre.json", "MODEL_BIAS": "s3://b/post.json"}


def version(**baselines: str) -> Version:
    """Return an approved version with these baselines."""
    return Version("arn:v1", "mortgage", 1, "Approved", datetime.now(UTC), baselines=baselines)


def test_check_pins_every_check_to_the_approved_version() -> None:
    """In `check`, all checks compare with the baselines of one version, which is named too."""
    assert pin(DEPLOYED, version(**BOTH), "check", model="mortgage") == {
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
    assert pin(DEPLOYED, None, "bootstrap", model="mortgage") == {
        "DataBiasSkipCheck": "True",
        "DataBiasRegisterNewBaseline": "True",
        "ModelBiasSkipCheck": "True",
        "ModelBiasRegisterNewBaseline": "True",
    }


def test_bootstrap_still_compares_what_has_a_baseline() -> None:
    """A check that is new to the model is established; the others are compared as ever."""
    parameters = pin(DEPLOYED, version(DATA_BIAS="s3://b/pre.json"), "bootstrap", model="mortgage")

    assert parameters["DataBiasSkipCheck"] == "False"
    assert parameters["DataBiasSuppliedBaselineConstraints"] == "s3://b/pre.json"
    assert parameters["ModelBiasSkipCheck"] == "True"
    assert parameters["BaselineModelPackageArn"] == "arn:v1"


def test_check_without_an_approved_version_says_bootstrap() -> None:
    """Nothing to compare with: the message names the mode that helps."""
    with pytest.raises(UsageError, match=r"no version of 'mortgage' is approved.*--mode bootstrap"):
        pin(DEPLOYED, None, "check", model="mortgage")


def test_check_without_one_baseline_names_the_check() -> None:
    """The approved version lacks the baseline of one check: that check is named."""
    with pytest.raises(UsageError, match=r"version 1 of 'mortgage' has no baseline of ModelBias.*bootstrap"):
        pin(DEPLOYED, version(DATA_BIAS="s3://b/pre.json"), "check", model="mortgage")


def test_bootstrap_over_a_whole_baseline_is_refused() -> None:
    """An approved version with every baseline is not bypassed by bootstrapping again."""
    with pytest.raises(UsageError, match=r"version 1 .*\(DataBias, ModelBias\).*--mode check"):
        pin(DEPLOYED, version(**BOTH), "bootstrap", model="mortgage")


def test_a_batch_is_pinned_to_its_version() -> None:
    """Every check of monitor-batch compares with the version that scores."""
    assert pin_all(DEPLOYED, version(**BOTH)) == {
        "DataBiasSuppliedBaselineConstraints": "s3://b/pre.json",
        "ModelBiasSuppliedBaselineConstraints": "s3://b/post.json",
    }


def test_a_batch_needs_a_version_with_baselines() -> None:
    """A version without the baseline of a check cannot watch a batch."""
    with pytest.raises(UsageError, match="carries no baseline of ModelBias"):
        pin_all(DEPLOYED, version(DATA_BIAS="s3://b/pre.json"))
