"""What no call on the emulator is about, so that only AWS can show whether it is right, and all of it."""

from __future__ import annotations

from collections.abc import Mapping

from sagemaker_monitor.aws.iam.jobs import (
    INTERFACES,
    JOB_LOGS,
    METRICS,
    NETWORK,
    REGISTRY_LOGIN,
    REPOSITORIES,
    SHADOW_ENDPOINTS,
)
from sagemaker_monitor.aws.iam.keys import OUTPUT_KEY, STORAGE_KEY, VOLUME_KEY
from sagemaker_monitor.aws.iam.places import OWN_IMAGES, QUOTAS, VPC, Place

UNSEEN: Mapping[Place, str] = {
    SHADOW_ENDPOINTS: "the emulator's Clarify asks a model without one; their names are as in AWS's logs",
    REPOSITORIES: "the emulator pulls no image; repositories are those of the jobs' images",
    REGISTRY_LOGIN: "the emulator pulls no image",
    JOB_LOGS: "the emulator writes logs itself",
    METRICS: "the emulator's jobs have no instances",
    INTERFACES: "the emulator has no network",
    NETWORK: "the emulator has no network",
    STORAGE_KEY: "the emulator encrypts nothing",
    OUTPUT_KEY: "the emulator encrypts nothing",
    VOLUME_KEY: "the emulator has no volumes",
    OWN_IMAGES: "the emulator has no registry",
    VPC: "the emulator has no network",
    QUOTAS: "the emulator has no quotas",
}
"""Places, each with the reason."""
