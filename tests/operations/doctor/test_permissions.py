"""What doctor calls on the emulator is what it is said to call."""

from __future__ import annotations

from pathlib import Path

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.iam.commands import COMMANDS
from sagemaker_monitor.aws.iam.grants import statements_of
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.storage import put
from sagemaker_monitor.emulator.identity import CALLER
from sagemaker_monitor.emulator.server import Server
from tests.operations.doctor.looking import look
from tests.operations.emulated import approve, register_version
from tests.policy.judging import judge
from tests.policy.needs import Account
from tests.policy.recording import recorded


def test_doctor_calls_what_is_said(aws: Aws, conf: Path, emulator: Server) -> None:
    """With an approved version and a batch; that all of it is called shows a whole loop."""
    environment = aws.environment
    register_version(aws)
    approve(aws, 1)
    root = environment.storage.root
    put(aws, f"{root}/data/mortgage/batches/a.csv", b"1,2\n")
    scope = Scope(
        environment,
        ("mortgage",),
        # The version of these tests has artifact and baselines outside of the model's folder.
        locations=(f"{root}/data/mortgage/", f"{root}/model", f"{root}/pre.json", f"{root}/post.json"),
        labels=(f"{root}/labels/mortgage/",),
        endpoints=("mortgage-local",),
    )
    with recorded(emulator) as calls:
        look(conf)
    account = Account(environment.account, environment.region)
    needs = [need for request in calls.requests for need in account.needs(request)]
    # Who calls without roles.deploy is a role that the configuration does not know.
    asked = [need for need in needs if not need.resource.endswith(f":role/{CALLER}")]
    found = judge(asked, statements_of(COMMANDS["doctor"], scope))

    assert len(asked) < len(needs)
    assert found.denied == ()
    assert len(found.used) > len(found.unused)
