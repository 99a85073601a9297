"""sagemaker-monitor policy: what roles need, as IAM's documents."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sagemaker_monitor.cli.errors import ExitCode
from sagemaker_monitor.cli.options import Common, bundle_option, common_options

if TYPE_CHECKING:
    from sagemaker_monitor.aws.iam.scope import Scope

NAMES = ("deploy", "reader", "operator", "approver", "examiner", "execution", "scheduler")
_READ_CAPTURES = {"execution", "operator"}
_PRINCIPAL = re.compile(
    r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+|arn:aws[a-z-]*:iam::\d{12}:root"
)


@click.command()
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(NAMES),
    help="What the role is for; several give one policy for a role that does it all.",
)
@click.option("--trust", is_flag=True, help="Print who may assume the role instead: its trust policy.")
@click.option(
    "--principal",
    "principals",
    multiple=True,
    metavar="ARN",
    help="A role or user that may assume a role that this tool is run with; CodeBuild by default.",
)
@click.option("--model", "model_name", metavar="MODEL", help="Only this model; all of them by default.")
@click.option("--any-model", is_flag=True, help="By patterns that stand for every model, also later ones.")
@click.option(
    "--read",
    "reads",
    multiple=True,
    metavar="S3_URI",
    help="A place that runs are given to read, beside what is configured.",
)
@bundle_option("Take the pipelines from this directory, written by build; needs no SDK.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write policies and trust policies of the roles, of all by default, and print the commands that "
    "make them.",
)
@common_options
def policy(
    common: Common,
    roles: tuple[str, ...],
    trust: bool,
    principals: tuple[str, ...],
    model_name: str | None,
    any_model: bool,
    reads: tuple[str, ...],
    bundle_dir: Path | None,
    output: Path | None,
) -> int:
    """Print the least that a role needs, as `aws iam put-role-policy` takes it.

    deploy: upsert, rollback, destroy, prune. reader: plan, status, report, and promote's source.
    operator: run, ground-truth put, calibrate, backtest, estimate. approver: gate, and promote's target.
    examiner: doctor, adopt. execution: pipelines and their jobs. scheduler: EventBridge Scheduler,
    which starts pipelines.

    From the configuration and the bundles alone: nothing is sent, and placeholder accounts are fine.
    """
    from sagemaker_monitor.aws.iam.trust import trust_policy
    from sagemaker_monitor.operations.policy.documents import inline_policy

    _check(roles, trust, principals, reads, output)
    scope = _scope(common, roles or NAMES, model_name, bundle_dir, reads, any_model=any_model)
    if output is not None:
        _write(common, scope, output, roles or _all(scope), principals)
        return ExitCode.OK
    found = trust_policy(scope, roles[0], principals) if trust else inline_policy(scope, roles)
    click.echo(json.dumps(found, indent=2))
    return ExitCode.OK


def _check(
    roles: tuple[str, ...],
    trust: bool,
    principals: tuple[str, ...],
    reads: tuple[str, ...],
    output: Path | None,
) -> None:
    if not roles and output is None:
        raise click.UsageError(f"which role? --role {', '.join(NAMES)}; or -o FOLDER for all of them")
    if trust and output is not None:
        raise click.UsageError("-o writes trust policies as well: leave --trust out")
    if trust and len(roles) > 1:
        raise click.UsageError("a trust policy is one role's: give one --role")
    if principals and not trust and output is None:
        raise click.UsageError("--principal is who may assume a role: give --trust, or -o FOLDER")
    if principals and roles and set(roles) <= {"execution", "scheduler"}:
        raise click.UsageError(f"the {roles[0]} role is assumed by a service: leave --principal out")
    for arn in principals:
        if _PRINCIPAL.fullmatch(arn) is None:
            raise click.UsageError(
                f"--principal: {arn[:100]!r} is no role, user or account, such as "
                "arn:aws:iam::111122223333:role/codebuild-monitor"
            )
    for uri in reads:
        if re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^*?]*)?", uri) is None:
            raise click.UsageError(f"--read: {uri[:100]!r} is no S3 URI, such as s3://bucket/batches/")


def _scope(
    common: Common,
    roles: tuple[str, ...],
    model_name: str | None,
    bundle_dir: Path | None,
    reads: tuple[str, ...],
    *,
    any_model: bool,
) -> Scope:
    from sagemaker_monitor.cli.bundles import bundles
    from sagemaker_monitor.operations.policy.scoping import scope_of, untold

    if any_model and model_name is not None:
        raise click.UsageError("give --model or --any-model, not both")
    environment = common.environment
    found = list(bundles(common, model_name, bundle_dir))
    if not found:
        raise click.UsageError(
            f"there is no model in {common.conf_dir / 'models'}: what roles need is what its pipelines run "
            "and read; sagemaker-monitor init writes one"
        )
    hidden = untold(environment, (model for model, _ in found))
    if hidden and not reads and _READ_CAPTURES & {*roles}:
        common.tell(
            f"where {', '.join(hidden)} captures only the endpoint itself can tell: unless it is in a "
            "model's folder, configure endpoint.capture or give --read, for the roles execution and operator"
        )
    return scope_of(environment, found, reads=reads, any_model=any_model)


def _all(scope: Scope) -> tuple[str, ...]:
    """Return every role that the environment has."""
    without = () if scope.environment.roles.scheduler else ("scheduler",)
    return tuple(name for name in NAMES if name not in without)


def _write(
    common: Common, scope: Scope, folder: Path, roles: tuple[str, ...], principals: tuple[str, ...]
) -> None:
    from sagemaker_monitor.operations.policy.documents import commands, role_documents, write_documents

    documents = [role_documents(scope, role, principals) for role in roles]
    write_documents(folder, documents)
    for each in documents:
        for line in commands(scope, folder, each):
            click.echo(line)
    common.tell(f"wrote {sum(len(list(each.files())) for each in documents)} documents to {folder}")
