"""Which version answered an endpoint's requests: what is known of now, and of before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from steps.scripts.serving import OTHERS, OURS, UNKNOWN, Judged, artifact_of, read_serving

GROUP = "arn:aws:sagemaker:eu-west-1:000000000000:model-package/loans"
DEPLOYED = datetime(2026, 3, 1, 9, 0, 5, 250_000, tzinfo=UTC)


def account(
    *models: Mapping[str, Any] | None,
    resolved: datetime | None = None,
    modified: datetime = DEPLOYED,
    approved: int | None = None,
) -> Any:
    """SageMaker with an endpoint that has a variant v0, v1, … of each of *models*' containers."""
    images = [{"SpecifiedImage": "x", "ResolutionTime": resolved}] if resolved else []
    variants = [{"VariantName": f"v{at}", "DeployedImages": images} for at in range(len(models))]
    known: dict[tuple[str, str], Any] = {
        ("describe_endpoint", "live"): {
            "EndpointConfigName": "config",
            "LastModifiedTime": modified,
            "ProductionVariants": variants,
            "DataCaptureConfig": {
                "EnableCapture": True,
                "CurrentSamplingPercentage": 20,
                "DestinationS3Uri": "s3://data/capture",
            },
        },
        ("describe_endpoint_config", "config"): {
            "ProductionVariants": [
                {"VariantName": f"v{at}", "ModelName": f"m{at}"} for at in range(len(models))
            ]
        },
    }
    known |= {
        ("describe_model_package", f"{GROUP}/{number}"): {
            "InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://data/one.tar.gz"}]},
            "CustomerMetadataProperties": {"ModelDataETag": etag},
        }
        for number, etag in ((1, "a"), (3, "a"), (4, "b"))
    }
    known["list_model_packages", "loans"] = {
        "ModelPackageSummaryList": [{"ModelPackageArn": f"{GROUP}/{approved}"}] if approved else []
    }
    known |= {
        ("describe_model", f"m{at}"): {"PrimaryContainer": container}
        for at, container in enumerate(models)
        if container is not None
    }

    def ask(operation: str, **request: str) -> Any:
        return known.get((operation, next(iter(request.values()))))

    return ask


def judged(ask: Any, version: int = 1) -> Judged:
    """Who tells whose an answer is, for a version."""
    arn = f"{GROUP}/{version}"
    return Judged(read_serving(ask, "live"), arn, artifact_of(ask, arn))


VERSION_1, VERSION_2 = ({"ModelPackageName": f"{GROUP}/{number}"} for number in (1, 2))


def test_answers_since_the_deployment_are_the_version_s() -> None:
    """To the second: captured records know no fractions. What came before, nobody knows."""
    asked = judged(account(VERSION_1, VERSION_2))

    assert asked.whose("v0", "2026-03-01T09:00:05Z") == OURS
    assert asked.whose("v0", "2026-03-01T09:00:04Z") == UNKNOWN
    assert asked.whose("v1", "2026-03-01T09:00:05Z") == OTHERS
    assert asked.whose("gone", "2026-03-01T09:00:05Z") == UNKNOWN


def test_a_later_change_of_weights_or_instances_hides_no_deployment() -> None:
    """Images are resolved when a deployment begins, and it ends within eight hours."""
    asked = judged(account(VERSION_1, resolved=DEPLOYED, modified=DEPLOYED + timedelta(days=3)))

    assert asked.whose("v0", "2026-03-01T17:00:04Z") == UNKNOWN
    assert asked.whose("v0", "2026-03-01T17:00:05Z") == OURS


def test_a_deployment_that_has_just_ended_serves_since_then() -> None:
    """The old version answers until the new one is there, whatever was resolved before."""
    asked = judged(account(VERSION_1, resolved=DEPLOYED - timedelta(minutes=10)))

    assert asked.whose("v0", "2026-03-01T08:59:59Z") == UNKNOWN
    assert asked.whose("v0", "2026-03-01T09:00:05Z") == OURS


@pytest.mark.parametrize(
    ("container", "whose"),
    [
        ({"Image": "x", "ModelDataUrl": "s3://data/one.tar.gz"}, OURS),
        ({"Image": "x", "ModelDataUrl": "s3://data/two.tar.gz"}, OTHERS),
        ({"Image": "x"}, UNKNOWN),
        ({"ModelPackageName": f"{GROUP}/3"}, OURS),
        ({"ModelPackageName": f"{GROUP}/4"}, OTHERS),
        (None, UNKNOWN),
    ],
)
def test_a_version_is_known_by_its_artifact(container: Any, whose: str) -> None:
    """One registered once more, or a model of the artifact alone, is the version; other content is not."""
    assert judged(account(container)).whose("v0", "2026-03-01T10:00:00Z") == whose


def test_an_endpoint_that_is_not_there_knows_nothing() -> None:
    """Deleted or renamed, its captures are still there."""
    ask = account(VERSION_1)

    assert read_serving(ask, "other") is None
    assert Judged(None, f"{GROUP}/1", None).whose("v0", "2026-03-01T10:00:00Z") == UNKNOWN


def test_what_is_captured_where_comes_from_the_endpoint() -> None:
    """Destination and share of its data capture."""
    serving = read_serving(account(VERSION_1), "live")

    assert serving is not None
    assert (serving.captures, serving.destination, serving.percentage) == (True, "s3://data/capture", 20)
