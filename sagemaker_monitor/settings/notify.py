"""Who is told of a run that refused or broke, and what is wrong with how that is configured."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import Field

from sagemaker_monitor.settings import fields
from sagemaker_monitor.settings.errors import Path, listed
from sagemaker_monitor.settings.fields import Section

Told = Literal["refused", "inconclusive", "labels-missing", "window-empty", "no-evidence", "broken"]
TOLD: tuple[Told, ...] = get_args(Told)
"""How a run can end that closes its gate: by a verdict's decision, or because a step broke."""


MAX_RULE_NAME = 64
"""Characters of the name of an EventBridge rule."""


class Notify(Section):
    """The SNS topic that hears of every run whose gate stays closed; see docs/watching.md."""

    sns: Annotated[
        str,
        Field(
            pattern=fields.TOPIC_ARN,
            description="ARN of the topic, in the environment's account and region. It is yours: its policy"
            " must let EventBridge publish, and upsert says where it does not.",
        ),
    ]
    told: Annotated[
        tuple[Told, ...],
        Field(
            min_length=1,
            description="Of which ends: decisions of a verdict, and `broken` for a step that failed;"
            " by default of all.",
        ),
    ] = TOLD
    format: Annotated[
        Literal["text", "chat"],
        Field(
            description="text: lines for e-mail; chat: the JSON of custom notifications that Amazon Q"
            " Developer in chat applications (AWS Chatbot) shows in Slack and Teams."
        ),
    ] = "text"
    dead_letter: Annotated[
        str | None,
        Field(
            pattern=fields.QUEUE_ARN,
            description="ARN of the SQS queue that gets messages which could not be published.",
        ),
    ] = None


def rule_name(model: str, environment: str) -> str:
    """Return what the rule of *model* is called; in names that are too long a hash stands for the end."""
    end = f"-notify-{_cut(environment, MAX_RULE_NAME // 2)}"
    return f"{_cut(model, MAX_RULE_NAME - len(end))}{end}"


def _cut(name: str, room: int) -> str:
    if len(name) <= room:
        return name
    return f"{name[: room - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def check_notify(notify: Notify | None, *, account: str, region: str) -> Iterator[tuple[Path, str]]:
    """Yield what is wrong with *notify* in an environment of *account* and *region*."""
    if notify is None:
        return
    for key, arn in (("sns", notify.sns), ("dead_letter", notify.dead_letter)):
        if arn is None:
            continue
        _, _, _, its_region, its_account, _ = arn.split(":")
        for what, its, own in (("region", its_region, region), ("account", its_account, account)):
            if its != own:
                yield (
                    ("notify", key),
                    f"is in {what} {its}, but the environment's is {own}: name one there",
                )
    twice = sorted({each for each in notify.told if notify.told.count(each) > 1})
    if twice:
        yield ("notify", "told"), f"names {listed(twice)} twice"
