"""Events on their way: from a record that changed, through the rules that moto keeps, to their targets."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.clients import client
from sagemaker_monitor.emulator.events import sagemaker_events
from sagemaker_monitor.emulator.events.pattern import PatternError, matches
from sagemaker_monitor.emulator.events.targets import DeliveryError, deliver
from sagemaker_monitor.emulator.events.transformer import TransformError, input_of

EXECUTION, STEP = "execution", "execution-step"
Log = Callable[[str], None]


@dataclass(frozen=True)
class Rule:
    """A rule of the default bus that is enabled, with its targets."""

    described: Mapping[str, Any]
    pattern: Mapping[str, Any]
    targets: tuple[Mapping[str, Any], ...]


class Bus:
    """The default bus of every region: one thread takes events to targets, in their order."""

    def __init__(self, log: Log, revision: Callable[[], int]) -> None:
        """*log* takes what could not be delivered; *revision* counts the requests that changed rules."""
        self._log = log
        self._revision = revision
        self._events: SimpleQueue[tuple[str, Mapping[str, Any]] | None] = SimpleQueue()
        self._rules: dict[str, tuple[int, list[Rule]]] = {}
        self._thread: threading.Thread | None = None

    def start(self, context: Context) -> None:
        """Tell rules of what changes from now on."""
        for kind, make in (
            (EXECUTION, sagemaker_events.execution_event),
            (STEP, sagemaker_events.step_event),
        ):
            context.store.watch(kind, self._teller(context, make))
        self._thread = threading.Thread(target=self._work, args=(context,), name="events", daemon=True)
        self._thread.start()

    def shutdown(self) -> None:
        """Deliver what is on its way, and nothing more."""
        if self._thread is not None:
            self._events.put(None)
            self._thread.join()

    def _teller(
        self, context: Context, make: Callable[..., dict[str, Any] | None]
    ) -> Callable[[str, Mapping[str, Any], Mapping[str, Any]], None]:
        def tell(region: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
            # Nobody who made no rule pays for events.
            if self._revision():
                made = make(region, context.account, before, now)
                if made is not None:
                    self._events.put((region, made))

        return tell

    def _work(self, context: Context) -> None:
        while (found := self._events.get()) is not None:
            region, event = found
            try:
                self._send(context.in_region(region), event)
            except (BotoCoreError, ClientError) as error:
                self._log(f"an event of {event['detail-type']} could not be sent: {error}")
            except Exception as error:  # the border of the thread: the next event has its own fate
                self._log(f"an event of {event['detail-type']} broke: {error!r}")

    def _send(self, context: Context, event: Mapping[str, Any]) -> None:
        for rule in self._rules_in(context):
            name = rule.described["Name"]
            try:
                if not matches(rule.pattern, event):
                    continue
            except PatternError as error:
                self._log(f"rule {name} matches nothing here: {error}")
                continue
            for target in rule.targets:
                self._to(context, rule, target, event)

    def _to(self, context: Context, rule: Rule, target: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        try:
            deliver(context, target, input_of(target, rule.described, event))
        except (DeliveryError, TransformError, BotoCoreError, ClientError) as error:
            self._log(f"rule {rule.described['Name']} did not reach {target['Arn']}: {error}")
            queue = (target.get("DeadLetterConfig") or {}).get("Arn")
            if queue:
                deliver(context, {"Arn": queue}, json.dumps(event))

    def _rules_in(self, context: Context) -> list[Rule]:
        """Return the rules of a region, asked for again when a request has changed some."""
        revision = self._revision()
        known = self._rules.get(context.region)
        if known is None or known[0] != revision:
            known = self._rules[context.region] = (revision, list(_read(context)))
        return known[1]


def _read(context: Context) -> Iterator[Rule]:
    with client(context, "events") as events:
        for page in events.get_paginator("list_rules").paginate():
            for rule in page["Rules"]:
                if rule.get("State") != "ENABLED" or "EventPattern" not in rule:
                    continue
                targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
                yield Rule(rule, json.loads(rule["EventPattern"]), tuple(targets))
