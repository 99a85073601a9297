"""What other policies would have decided about past executions, by the evidence that these left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from pipelines.names import PIPELINES, pipeline_name, verdict_uri
from sagemaker_monitor.analysis.documents.verdict import REFUSE, WARN, Finding, Verdict
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.follow import ENDED
from sagemaker_monitor.operations.replay import GoneError, gather
from sagemaker_monitor.operations.windows import Window
from sagemaker_monitor.registry.chain import parse_execution_arn
from sagemaker_monitor.registry.verdicts import read_verdict
from sagemaker_monitor.settings import Model
from steps.spec import script_spec

MOST = 200
"""Executions that are replayed at once; each takes seconds."""

Reproduced = Literal["identical", "same decision", "differs"]


@dataclass(frozen=True)
class Policy:
    """A gate to try, and what it is called."""

    name: str
    model: Model


@dataclass(frozen=True)
class Decided:
    """What one policy makes of one execution."""

    policy: str
    verdict: Verdict

    @property
    def refusing(self) -> tuple[Finding, ...]:
        """What crossed a limit that refuses, and is not waived."""
        return tuple(each for each in self.verdict.findings if each.severity == REFUSE)

    @property
    def warning(self) -> tuple[Finding, ...]:
        """What crossed a limit that warns."""
        return tuple(each for each in self.verdict.findings if each.severity == WARN)


@dataclass(frozen=True)
class Replayed:
    """One past execution: what was decided then, and what each policy makes of it.

    *gone* says why it cannot be replayed. *reproduced* is how its own policy of then, replayed, relates to
    what is recorded: anything but the same decision means that the code that decides has changed since.
    """

    execution_arn: str
    pipeline: str
    started: datetime
    recorded: Verdict | None
    gone: str = ""
    reproduced: Reproduced | None = None
    decided: tuple[Decided, ...] = ()

    @property
    def execution(self) -> str:
        """Its id."""
        return parse_execution_arn(self.execution_arn)[1]


@dataclass(frozen=True)
class Summary:
    """One policy over all executions that could be replayed."""

    policy: str
    replayed: int
    decisions: Mapping[str, int]
    then: Mapping[str, int]
    warned: int
    """Executions with a warning."""
    opened: tuple[str, ...]
    """Executions that were closed then and would be open."""
    closed: tuple[str, ...]
    """Executions that were open then and would be closed."""
    rules: Mapping[str, int]
    """How many executions each rule refused."""


def backtest(
    aws: Aws,
    model: Model,
    policies: Sequence[Policy],
    *,
    window: Window,
    last: int | None,
    pipelines: Sequence[str] = PIPELINES,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Replayed, ...]:
    """Return the executions of *model* that started in *window*, at most the *last*, oldest first.

    Each was replayed under every policy. Raises UsageError where there is none or are too many, AwsError.
    """
    known = sorted(_executions(aws, model, window, pipelines), key=lambda each: each.started, reverse=True)
    chosen = known[: last or MOST + 1]
    if not chosen:
        raise UsageError(f"no execution of {model.model!r} has ended {window} in {aws.environment.name!r}")
    if len(chosen) > MOST:
        raise UsageError(f"there are more than {MOST} executions {window}: give --last, or --from and --to")
    replayed = []
    for number, each in enumerate(reversed(chosen), 1):
        tell(f"{number}/{len(chosen)} {each.pipeline} {each.execution}")
        replayed.append(_replay(aws, each, policies))
    return tuple(replayed)


def _executions(aws: Aws, model: Model, window: Window, pipelines: Sequence[str]) -> Iterator[Replayed]:
    for pipeline in pipelines:
        try:
            yield from _of(aws, model, pipeline, window)
        except NotFoundError:
            continue


def _of(aws: Aws, model: Model, pipeline: str, window: Window) -> Iterator[Replayed]:
    request: dict[str, Any] = {
        "PipelineName": pipeline_name(model.model, pipeline, aws.environment.name),
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
    }
    if window.start is not None:
        request["CreatedAfter"] = window.start
    if window.end is not None:
        request["CreatedBefore"] = window.end
    pages = aws.pages("sagemaker", "list_pipeline_executions", "PipelineExecutionSummaries", **request)
    ended = (each for each in pages if each["PipelineExecutionStatus"] in ENDED)
    for summary in islice(ended, MOST + 1):
        yield Replayed(summary["PipelineExecutionArn"], pipeline, summary["StartTime"], None)


def _replay(aws: Aws, one: Replayed, policies: Sequence[Policy]) -> Replayed:
    model = policies[0].model.model
    uri = verdict_uri(aws.environment.storage.root, model, one.pipeline, one.execution)
    try:
        recorded = read_verdict(aws, uri)
    except NotFoundError:
        return replace(one, gone=f"no verdict was left at {uri}")
    except ValueError as error:
        return replace(one, gone=f"{uri} is not a verdict: {error}")
    one = replace(one, recorded=recorded)
    try:
        found = gather(aws, one.execution_arn, recorded)
        own = found.under()
    except GoneError as error:
        return replace(one, gone=str(error))
    if own.decision == "no-evidence" != recorded.decision:
        return replace(one, gone=f"evidence was deleted: {own.summary}")
    decided = []
    for each in policies:
        gate = script_spec(each.model, aws.environment.name, one.pipeline)["gate"]
        same = gate == found.specification["gate"]
        decided.append(Decided(each.name, own if same else found.under(gate)))
    return replace(one, reproduced=_compared(own, recorded), decided=tuple(decided))


def _compared(own: Verdict, recorded: Verdict) -> Reproduced:
    if own == recorded:
        return "identical"
    return "same decision" if own.decision == recorded.decision else "differs"


def summaries(replayed: Sequence[Replayed]) -> tuple[Summary, ...]:
    """Return each policy's decisions over the executions that could be replayed."""
    usable = [each for each in replayed if each.decided and each.recorded is not None]
    then = Counter(each.recorded.decision for each in usable if each.recorded)
    names = [decided.policy for decided in usable[0].decided] if usable else []
    found = []
    for place, name in enumerate(names):
        pairs = [(each, each.recorded, each.decided[place]) for each in usable if each.recorded]
        found.append(
            Summary(
                policy=name,
                replayed=len(pairs),
                decisions=Counter(now.verdict.decision for _, _, now in pairs),
                then=then,
                warned=sum(bool(now.warning) for _, _, now in pairs),
                opened=tuple(
                    each.execution
                    for each, before, now in pairs
                    if (before.gate, now.verdict.gate) == ("closed", "open")
                ),
                closed=tuple(
                    each.execution
                    for each, before, now in pairs
                    if (before.gate, now.verdict.gate) == ("open", "closed")
                ),
                rules=Counter(
                    rule for _, _, now in pairs for rule in sorted({str(f.rule) for f in now.refusing})
                ),
            )
        )
    return tuple(found)
