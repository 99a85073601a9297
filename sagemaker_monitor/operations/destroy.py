"""Remove what upsert made of a model: what bears its mark, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.dry_run import DryRun
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.follow import ENDED
from sagemaker_monitor.operations.ledger import Done, Entry, claim, read_entry, timestamp
from sagemaker_monitor.operations.resources.kinds import marked
from sagemaker_monitor.operations.resources.resource import Change, Kind

NEWEST = 100
"""Executions of a pipeline that are looked at for one that runs."""


@dataclass(frozen=True)
class Removal:
    """What would be removed of a model, in that order."""

    model: str
    items: tuple[tuple[Kind, str], ...]
    running: tuple[str, ...]
    """Executions that have to end first."""
    entry: Entry
    whole: bool
    """Whether it is all of the model, and not only what is no longer configured."""

    @property
    def names(self) -> tuple[str, ...]:
        """Kind and name of each."""
        return tuple(f"{kind.name} {name}" for kind, name in self.items)


def look_at_model(aws: Aws, model: str) -> Removal:
    """Return everything of *model* that bears its mark; by calls that read. Raises AwsError."""
    entry = read_entry(aws, model)
    dry = DryRun(aws)
    items = tuple(reversed(marked(dry, model, after_a_stop=True)))
    return Removal(model, items, _running(dry, items), entry, whole=True)


def look_at_surplus(aws: Aws, model: str, entry: Entry, surplus: tuple[tuple[Kind, str], ...]) -> Removal:
    """Return what an outlook found to be no longer configured of *model*. Raises AwsError."""
    items = tuple(reversed(surplus))
    return Removal(model, items, _running(aws, items), entry, whole=False)


def destroy(aws: Aws, removal: Removal) -> Iterator[Change]:
    """Remove it, yielding what was done; what refers to something goes before it.

    Killed at any point, what is left still bears the mark, and a second run removes it. Data,
    reports, verdicts and files stay. Raises UsageError while an execution runs, BusyError, AwsError.
    """
    if removal.running:
        raise UsageError(
            f"{removal.model}: {len(removal.running)} execution(s) still run, such as {removal.running[0]}: "
            "wait for their end or stop them; nothing was deleted"
        )
    entry = removal.entry
    with claim(aws, entry, "destroy") as held:
        changes = []
        for kind, name in removal.items:
            held.renew()
            for change in kind.delete(aws, name):
                changes.append(change)
                yield change
        gone = {f"{change.kind} {change.name}" for change in changes if change.done == "deleted"}
        before = entry.done or Done("destroy", "", "", "", "")
        held.finish(
            replace(
                before,
                what="destroy" if removal.whole else "removal",
                by=aws.caller,
                at=timestamp(),
                revision="",
                changes=tuple(asdict(change) for change in changes),
                resources={key: value for key, value in before.resources.items() if key not in gone},
                versions={
                    name: number for name, number in before.versions.items() if f"pipeline {name}" not in gone
                },
                note="",
            )
        )


def _running(aws: Aws, items: tuple[tuple[Kind, str], ...]) -> tuple[str, ...]:
    return tuple(
        execution["PipelineExecutionArn"]
        for kind, name in items
        if kind.name == "pipeline"
        for execution in aws.call(
            "sagemaker",
            "list_pipeline_executions",
            PipelineName=name,
            SortBy="CreationTime",
            SortOrder="Descending",
            MaxResults=NEWEST,
        )["PipelineExecutionSummaries"]
        if execution["PipelineExecutionStatus"] not in ENDED
    )
