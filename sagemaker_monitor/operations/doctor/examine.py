"""Ask every check, several at a time; what one of them cannot find out stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from sagemaker_monitor.aws.errors import AccessDeniedError, AwsError
from sagemaker_monitor.operations.doctor import (
    artifact,
    baseline,
    batch,
    bucket,
    captures,
    cells,
    deployed,
    endpoint,
    identity,
    images,
    labels,
    network,
    notices,
    order,
    people,
    permissions,
    quotas,
    role,
    version,
)
from sagemaker_monitor.operations.doctor.context import Context, Subject
from sagemaker_monitor.operations.doctor.finding import Finding, not_known, problem
from sagemaker_monitor.operations.errors import OperationError, UsageError
from sagemaker_monitor.registry.errors import RegistryError

ASKED_AT_ONCE = 8


@dataclass(frozen=True)
class Check:
    """A check by its name, which scripts rely on."""

    name: str
    look: Callable[[Any], Iterator[Finding]]


FIRST = (Check("identity", identity.identity),)
"""Without these nothing else can be told."""
OF_ENVIRONMENT = (
    Check("service", identity.service),
    Check("role-exists", role.exists),
    Check("role-trust", role.trust),
    Check("role-permissions", permissions.role),
    Check("caller-permissions", permissions.caller),
    Check("bucket-region", bucket.region),
    Check("bucket-owner", bucket.owner),
    Check("bucket-encryption", bucket.encryption),
    Check("kms-key", bucket.kms_key),
    Check("network", network.network),
    Check("network-reach", network.reach),
    Check("own-images", images.own),
    Check("notice-topic", notices.topic),
    Check("quotas", quotas.quotas),
)
OF_MODEL = (
    Check("images", images.of_region),
    Check("pipelines", deployed.pipelines),
    Check("deployment", deployed.pending),
    Check("version", version.approved),
    Check("baselines", version.baselines),
    Check("artifact", artifact.artifact),
    Check("artifact-unchanged", version.unchanged),
    Check("baseline-data", baseline.columns),
    Check("baseline-facets", baseline.facets),
    Check("endpoint", endpoint.endpoint),
    Check("endpoint-capture", endpoint.capture),
    Check("captures", captures.of_batches),
    Check("endpoint-captures", captures.of_endpoint),
    Check("late-labels", captures.late_labels),
    Check("features", order.names),
    Check("batch", batch.exists),
    Check("batch-columns", batch.columns),
    Check("batch-types", cells.types),
    Check("batch-completeness", cells.completeness),
    Check("batch-order", order.order),
    Check("batch-keys", batch.keys),
    Check("batch-facets", people.facets),
    Check("labels", labels.overlap),
)


def examine(context: Context, subjects: Sequence[Subject]) -> Iterator[Finding]:
    """Yield what every check finds, in a fixed order: of the environment, then model by model.

    Nothing is written. An identity that is not the environment's ends it: what another account says
    would tell nothing.
    """
    for check in FIRST:
        found = _look(check, context, "")
        yield from found
        if any(each.status in ("problem", "not known") for each in found):
            why = "not looked at: the answers would not be those of the environment's account"
            yield replace(not_known(why, "put right what is said of the identity"), check="everything-else")
            return
    with ThreadPoolExecutor(max_workers=ASKED_AT_ONCE) as pool:
        asked = [pool.submit(_look, check, context, "") for check in OF_ENVIRONMENT]
        # What one check of a model reads, the next ones use.
        asked += [pool.submit(_of_model, subject) for subject in subjects]
        try:
            for future in asked:
                yield from future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _of_model(subject: Subject) -> list[Finding]:
    return [found for check in OF_MODEL for found in _look(check, subject, subject.model.model)]


def _look(check: Check, at: Any, model: str) -> list[Finding]:
    found: list[Finding] = []
    try:
        found.extend(check.look(at))
    except AccessDeniedError as error:
        found.append(not_known(f"these credentials may not call {error.action}", error.hint))
    except AwsError as error:
        found.append(not_known(str(error)))
    except (UsageError, RegistryError) as error:
        # What other commands would say, and how to put it right.
        found.append(problem(str(error), "", side="configuration"))
    except OperationError as error:
        found.append(problem(str(error), ""))
    return [replace(each, check=check.name, model=model) for each in found]
