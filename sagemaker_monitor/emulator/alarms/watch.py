"""Looks at alarms whenever data came or an alarm changed, and every minute."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sagemaker_monitor.emulator.alarms.evaluation import INSUFFICIENT, MORE, State, evaluate, unable
from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.clients import client
from sagemaker_monitor.emulator.watcher import Watcher

EVERY = 60.0
"""Seconds after which alarms are looked at without anything new, as on AWS."""
_UNCHECKED = "Unchecked: Initial alarm creation"
_ACTIONS = {"ALARM": "AlarmActions", "OK": "OKActions", INSUFFICIENT: "InsufficientDataActions"}
Key = tuple[str, str]
"""Region and name."""


class AlarmWatch:
    """The alarms of every region in which one was put."""

    def __init__(self, log: Callable[[str], None]) -> None:
        """*log* takes what could not be evaluated or told."""
        self._log = log
        self._regions: set[str] = set()
        self._states: dict[Key, str] = {}
        self._told: set[Key] = set()
        self._watcher = Watcher("alarms", log, "alarms could not be evaluated")

    def start(self, context: Context) -> None:
        """Look, in a thread of its own."""
        self._watcher.start(partial(self._look_at_all, context))

    def changed(self, region: str, operation: str) -> None:
        """Look soon: an operation of CloudWatch changed data or alarms of a region."""
        if operation == "PutMetricAlarm":
            self._regions.add(region)
        if region in self._regions:
            self._watcher.wake()

    def shutdown(self) -> None:
        """Look no more."""
        self._watcher.stop()

    def _look_at_all(self, context: Context, _since: datetime, _now: datetime) -> float:
        for region in tuple(self._regions):
            try:
                self._look(context.in_region(region))
            except (BotoCoreError, ClientError) as error:
                self._log(f"alarms in {region} could not be evaluated: {error}")
            except Exception as error:  # those of other regions, and the next look, may do better
                self._log(f"evaluating alarms in {region} broke: {error!r}")
        return EVERY

    def _look(self, context: Context) -> None:
        seen: set[Key] = set()
        with client(context, "cloudwatch") as cloudwatch:
            for page in cloudwatch.get_paginator("describe_alarms").paginate():
                for alarm in page["MetricAlarms"]:
                    if self._watcher.ended.is_set():
                        return
                    seen.add((context.region, alarm["AlarmName"]))
                    self._one(context, cloudwatch, alarm)
        for key in [each for each in self._states if each[0] == context.region and each not in seen]:
            del self._states[key]  # one that comes again begins anew

    def _one(self, context: Context, cloudwatch: Any, alarm: Mapping[str, Any]) -> None:
        key = (context.region, alarm["AlarmName"])
        known = self._states.get(key, INSUFFICIENT)
        if alarm["StateReason"] != _UNCHECKED and alarm["StateValue"] != known:
            # Somebody set it, to see what is told; the next look sets it right.
            self._turn(context, alarm, known, State(alarm["StateValue"], alarm["StateReason"]))
            return
        why = unable(alarm)
        if why is not None:
            if key not in self._told:
                self._told.add(key)
                self._log(f"the alarm {alarm['AlarmName']} keeps its state: {why}")
            return
        found = evaluate(alarm, _points(cloudwatch, alarm))
        state = found or State(
            known, _UNCHECKED if alarm["StateReason"] == _UNCHECKED else alarm["StateReason"]
        )
        if state.value != alarm["StateValue"]:
            # moto has a new alarm as OK, and one that is put again, too; AWS keeps the state that it had.
            cloudwatch.set_alarm_state(
                AlarmName=alarm["AlarmName"], StateValue=state.value, StateReason=state.reason
            )
        if state.value != known:
            self._turn(context, alarm, known, state)

    def _turn(self, context: Context, alarm: Mapping[str, Any], before: str, now: State) -> None:
        self._states[context.region, alarm["AlarmName"]] = now.value
        if not alarm.get("ActionsEnabled", True):
            return
        for arn in alarm.get(_ACTIONS[now.value], ()):
            if arn.split(":")[2] != "sns":
                self._log(f"the alarm {alarm['AlarmName']} did not reach {arn}: only topics are told here")
                continue
            try:
                with client(context, "sns", arn.split(":")[3]) as sns:
                    subject = f'{now.value}: "{alarm["AlarmName"]}" in {context.region}'[:100]
                    text = json.dumps(_message(context, alarm, before, now))
                    sns.publish(TopicArn=arn, Subject=subject, Message=text)
            except (BotoCoreError, ClientError) as error:
                self._log(f"the alarm {alarm['AlarmName']} did not reach {arn}: {error}")


def _points(cloudwatch: Any, alarm: Mapping[str, Any]) -> list[float | None]:
    """Return one value a period of the evaluation range, the newest last."""
    period = int(alarm["Period"])
    count = int(alarm["EvaluationPeriods"]) + MORE
    end = datetime.now(UTC) + timedelta(seconds=1)
    start = end - timedelta(seconds=count * period)
    statistic = alarm["Statistic"]
    request = {"Unit": alarm["Unit"]} if alarm.get("Unit") else {}
    found = cloudwatch.get_metric_statistics(
        Namespace=alarm["Namespace"],
        MetricName=alarm["MetricName"],
        Dimensions=alarm.get("Dimensions", []),
        StartTime=start,
        EndTime=end,
        Period=period,
        Statistics=[statistic],
        **request,
    )["Datapoints"]
    points: list[float | None] = [None] * count
    for each in found:
        place = int((each["Timestamp"] - start).total_seconds() // period)
        points[min(max(place, 0), count - 1)] = float(each[statistic])
    return points


def _message(context: Context, alarm: Mapping[str, Any], before: str, now: State) -> dict[str, Any]:
    """Return what CloudWatch publishes of an alarm that turned."""
    kept = (
        "AlarmName",
        "AlarmDescription",
        "AlarmArn",
        "OKActions",
        "AlarmActions",
        "InsufficientDataActions",
    )
    trigger = ("MetricName", "Namespace", "Statistic", "Period", "EvaluationPeriods", "DatapointsToAlarm")
    return {
        **{name: alarm.get(name) for name in kept},
        "AWSAccountId": context.account,
        "Region": context.region,
        "NewStateValue": now.value,
        "NewStateReason": now.reason,
        "OldStateValue": before,
        "StateChangeTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "Trigger": {
            **{name: alarm.get(name) for name in trigger},
            "ComparisonOperator": alarm["ComparisonOperator"],
            "Threshold": alarm["Threshold"],
            "TreatMissingData": alarm.get("TreatMissingData") or "missing",
            "Dimensions": [{"name": each["Name"], "value": each["Value"]} for each in alarm["Dimensions"]],
        },
    }
