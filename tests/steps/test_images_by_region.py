"""Which images there are in a region is read without the SDK, and is what the SDK says."""

from __future__ import annotations

import pytest
from sagemaker.core import image_uris

from sagemaker_monitor.operations.doctor.images import tables, versions_of


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("xgboost", "1.7-1"),
        ("sklearn", "1.2-1"),
        ("linear-learner", "1"),
        ("clarify", "1.0"),
        ("model-monitor", ""),
    ],
)
def test_images_are_those_that_the_sdk_retrieves(name: str, version: str) -> None:
    """In each region that is said to have an image the SDK gives its URI, and in others none."""
    folder = tables()
    assert folder is not None
    regions = versions_of(folder, name)[version]

    for region in (min(regions), "eu-west-1", max(regions)):
        uri = image_uris.retrieve(name, region=region, version=version or None, instance_type="ml.m5.large")
        assert f".{region}." in uri
    with pytest.raises(ValueError, match="xx-north-9"):
        image_uris.retrieve(name, region="xx-north-9", version=version or None, instance_type="ml.m5.large")
