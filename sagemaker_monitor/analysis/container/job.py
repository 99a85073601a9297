"""What SageMaker tells a container about its job, besides the environment: the files of /opt/ml/config."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sagemaker_monitor.analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sagemaker_monitor.analysis.container.metrics import Monitor
    from sagemaker_monitor.analysis.container.paths import Paths

ENDPOINT_VARIABLE = "SAGEMAKER_MONITOR_SHADOW_ENDPOINT"
PUBLISH, DISABLED = "publish_cloudwatch_metrics", "Disabled"
JOB_CONFIG, RESOURCE_CONFIG = "processingjobconfig.json", "resourceconfig.json"


def environment_of(paths: Paths, environment: Mapping[str, str]) -> dict[str, str]:
    """Return *environment*, completed by the job's own where that file is there.

    Raises AnalysisError for a file that cannot be read, and for a job of several instances: each would
    analyse all of the data, or a part of it, and write over the others' results.
    """
    hosts = _document(paths, RESOURCE_CONFIG).get("hosts") or []
    if len(hosts) > 1:
        raise AnalysisError(
            f"the job has {len(hosts)} instances, and the analysis runs on one; set InstanceCount to 1"
        )
    given = _document(paths, JOB_CONFIG).get("Environment") or {}
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise AnalysisError(f"{JOB_CONFIG}: Environment must be an object of texts")
    return {**given, **environment}


def monitor_of(environment: Mapping[str, str]) -> Monitor | None:
    """Return what the job's metrics are of, None for a job that publishes none.

    Raises AnalysisError for variables that say something else.
    """
    if (environment.get(PUBLISH) or DISABLED) == DISABLED:
        return None
    from sagemaker_monitor.analysis.container.metrics import Monitor

    return Monitor.of(environment)


def _document(paths: Paths, name: str) -> dict[str, Any]:
    """Return a file of the configuration, empty where there is none."""
    try:
        found = json.loads((paths.root / "config" / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise AnalysisError(f"{name} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise AnalysisError(f"{name} must be an object")
    return found
