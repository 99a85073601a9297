"""Whether every command has its permissions and its role."""

from __future__ import annotations

import pytest

from sagemaker_monitor.aws.iam.commands import COMMANDS
from sagemaker_monitor.aws.iam.roles import ROLES
from sagemaker_monitor.cli.main import COMMANDS as TYPED

CALLS_NOTHING = {"init", "validate", "build", "policy", "local"}
"""Commands that need no permission: they call no AWS."""


def test_every_command_that_calls_aws_is_told() -> None:
    """A new one is given its row, and stands in a role."""
    assert {command.partition(" ")[0] for command in COMMANDS} == set(TYPED) - CALLS_NOTHING


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_a_roles(command: str) -> None:
    """Somebody may do it."""
    part_of = {"plan": "upsert", "follow": "run"}
    done = {each for role in ROLES.values() for each in role.commands}

    assert {command, part_of.get(command, command)} & done
