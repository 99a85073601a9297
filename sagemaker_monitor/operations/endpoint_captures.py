"""What a real-time endpoint has captured: which objects in which hours, and their records one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sagemaker_monitor.analysis.invocations.captured import UnusableError, read_invocation
from sagemaker_monitor.analysis.invocations.expected import Expected, read_expected
from sagemaker_monitor.analysis.invocations.records import records_of
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.operations.captures import CapturedHour, CapturedObject, CapturedRecord
from sagemaker_monitor.operations.endpoints import endpoint_of, serving_of
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.hour_folders import captured_in, folders_in
from sagemaker_monitor.operations.windows import Window
from sagemaker_monitor.settings import Model
from steps.spec import MONITOR_ENDPOINT, script_spec


@dataclass(frozen=True)
class EndpointCaptures:
    """The captures of one endpoint, below *root*: a folder for each variant; *variants* are read, or all."""

    aws: Aws
    root: str
    variants: tuple[str, ...]
    expected: Expected

    @classmethod
    def of(cls, aws: Aws, model: Model, endpoint: str | None = None) -> EndpointCaptures:
        """Return those of *model*'s endpoint, or of *endpoint*. Raises UsageError, AwsError."""
        name, configured = endpoint_of(aws, model, endpoint), model.endpoint
        if configured is None:
            raise UsageError(f"model {model.model!r} has no section endpoint, which says what is captured")
        root = aws.environment.storage.resolve(configured.capture) if configured.capture else None
        if root is None:
            serving = serving_of(aws, name)
            root = serving.destination if serving else None
        if root is None:
            raise UsageError(
                f"where endpoint {name!r} captures is not known: there is none of that name, or it does not "
                "capture; give endpoint.capture, or --endpoint"
            )
        spec = script_spec(model, aws.environment.name, MONITOR_ENDPOINT)
        # An id needs no answer.
        spec["endpoint"]["needs_answers"] = False
        return cls(aws, f"{root.rstrip('/')}/{name}", configured.variants, read_expected(spec))

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """The folders of the variants that are read. Raises AwsError."""
        names = sorted({*self.variants}) or folders_in(self.aws, self.root)
        return tuple(f"{self.root}/{name}" for name in names)

    def hours(self, window: Window) -> list[CapturedHour]:
        """Return the hours of *window* that have captures, the earliest first. Raises AwsError."""
        hours: dict[datetime, list[CapturedObject]] = {}
        for folder in self.folders:
            for hour, objects in captured_in(self.aws, folder, window, ".jsonl").items():
                hours.setdefault(hour, []).extend(CapturedObject(each.uri, each.uri) for each in objects)
        return [CapturedHour(hour, tuple(hours[hour])) for hour in sorted(hours)]

    def records(self, captured: CapturedHour) -> Iterator[CapturedRecord]:
        """Yield every record of an hour that can be read, one object in memory at a time. Raises AwsError.

        Those that cannot be used have no label to wait for; a monitoring run tells of them.
        """
        for each in captured.objects:
            for line in read(self.aws, each.uri).split(b"\n"):
                if not line.strip():
                    continue
                try:
                    invocation = read_invocation(line)
                    found = records_of(invocation, self.expected) if invocation else []
                except UnusableError:
                    continue
                for record in found:
                    yield CapturedRecord(record.key, record.id)
