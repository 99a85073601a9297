"""What each command calls, as IAM knows it, and on what; that STS is asked who calls needs no permission.

Tests record what is called and compare; the policies and docs/reference/permissions.md come from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sagemaker_monitor.aws.iam import deploying, running
from sagemaker_monitor.aws.iam.grants import Grants, actions_in

COMMANDS: Mapping[str, Grants] = {
    "adopt": running.ADOPT,
    "doctor": running.DOCTOR,
    "plan": deploying.PLAN,
    "upsert": deploying.UPSERT,
    "rollback": deploying.ROLLBACK,
    "destroy": deploying.DESTROY,
    "prune": deploying.PRUNE,
    "run": running.RUN,
    "follow": running.FOLLOW,
    "ground-truth put": running.GROUND_TRUTH,
    "status": running.STATUS,
    "gate": running.GATE,
    "promote --from": running.PROMOTE_FROM,
    "promote --to": running.PROMOTE_TO,
    "report": running.REPORT,
    "calibrate": running.CALIBRATE,
    "backtest": running.BACKTEST,
    "estimate": running.ESTIMATE,
}
"""Commands that call AWS, in the order in which they are listed to people."""


def actions_of(command: str) -> frozenset[str]:
    """Return every action that *command* may need."""
    return actions_in(COMMANDS[command])


def in_words(actions: Iterable[str]) -> str:
    """Return actions for a table of the documentation."""
    return " ".join(f"`{action}`" for action in sorted(actions))
