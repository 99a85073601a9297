"""How everything is asked that adopt reads: calls that read alone, and what they could not tell is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sagemaker_monitor.aws import Aws, AwsError, NotFoundError
from sagemaker_monitor.aws.dry_run import DryRun
from sagemaker_monitor.aws.errors import AccessDeniedError
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.operations.errors import UsageError

LARGEST = 16 * 1024 * 1024
"""Bytes of a document, above which it is none that a monitor wrote."""
LONGEST_VALUE = 500


@dataclass(frozen=True)
class Item:
    """Something of a resource that the model's file does not say: where, its value, why, and what to do."""

    resource: str
    field: str
    value: str
    why: str
    do: str


def item(resource: str, field: str, value: Any, why: str, do: str) -> Item:
    """Return an Item whose value is a text or JSON, cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return Item(
        resource,
        field,
        text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…",
        why,
        do,
    )


class Reader:
    """An environment's AWS that is only asked. What may be missing without harm is noted in *items*."""

    def __init__(self, aws: Aws) -> None:
        """Ask *aws*, each thing once."""
        self.aws = DryRun(aws)
        self.items: list[Item] = []

    def describe(self, what: str, operation: str, /, **request: Any) -> Mapping[str, Any]:
        """Return the answer about *what*, which has to be there. Raises UsageError, AwsError."""
        try:
            return self.aws.call("sagemaker", operation, **request)
        except NotFoundError as error:
            environment = self.aws.environment
            raise UsageError(
                f"there is no {what} in {environment.name!r} (account {environment.account}, "
                f"{environment.region}): check its name, and --env"
            ) from error

    def ask(
        self, resource: str, field: str, operation: str, /, service: str = "sagemaker", **request: Any
    ) -> Mapping[str, Any] | None:
        """Return what *field* of *resource* names; None, and an item, where it is gone or not to be seen."""
        try:
            return self.aws.call(service, operation, **request)
        except NotFoundError:
            name = next(iter(request.values()), "")
            self.note(resource, field, name, "it does not exist any more", "what it said is left out")
        except AccessDeniedError as error:
            self._denied(resource, field, next(iter(request.values()), ""), error)
        return None

    def listed(
        self, resource: str, field: str, service: str, operation: str, key: str, /, **request: Any
    ) -> Iterator[Mapping[str, Any]]:
        """Yield what is listed; where that is not allowed nothing, and an item."""
        try:
            yield from self.aws.pages(service, operation, key, **request)
        except AccessDeniedError as error:
            self._denied(resource, field, "", error)

    def document(
        self,
        resource: str,
        field: str,
        uri: str,
        wrong_with: Callable[[Any], str | None],
        *,
        needed: bool = True,
    ) -> Mapping[str, Any] | None:
        """Return the JSON at *uri*; None, and an item, where there is none that can be read.

        *wrong_with* says what is wrong with its shape. One that is not *needed* may be missing without
        an item.
        """
        try:
            content = read(self.aws, uri)
            if len(content) > LARGEST:
                raise ValueError(f"it has {len(content)} bytes")
            document: Mapping[str, Any] = json.loads(content)
            wrong = wrong_with(document)
            if wrong is None:
                return document
            self.note(resource, field, uri, wrong, "what it said is left out")
        except NotFoundError:
            if needed:
                why = "there is no object any more"
                self.note(
                    resource, field, uri, why, "what it said is left out: give it by the options, or by hand"
                )
        except (ValueError, RecursionError) as error:
            self.note(resource, field, uri, f"it is not JSON: {error}", "what it said is left out")
        except AccessDeniedError as error:
            self._denied(resource, field, uri, error)
        except AwsError as error:
            if error.transient:
                raise
            self.note(resource, field, uri, str(error), "what it said is left out")
        return None

    def tags(self, resource: str, arn: str) -> Mapping[str, str]:
        """Return a resource's tags without AWS's own."""
        found = self.listed(resource, "tags", "sagemaker", "list_tags", "Tags", ResourceArn=arn)
        try:
            return {tag["Key"]: tag["Value"] for tag in found if not tag["Key"].lower().startswith("aws:")}
        except NotFoundError:
            return {}

    def note(self, resource: str, field: str, value: Any, why: str, do: str) -> None:
        """Keep that something is not said."""
        self.items.append(item(resource, field, value, why, do))

    def _denied(self, resource: str, field: str, value: str, error: AwsError) -> None:
        self.note(
            resource,
            field,
            value,
            str(error),
            "what it says is left out: get the permission, and adopt again",
        )
