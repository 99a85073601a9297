"""Who is calling, and may they: the two questions that clients ask first, answered without moto.

The emulator authenticates nobody; a simulation says allowed, unless its role was made here with policies.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, quote
from xml.sax.saxutils import escape

from sagemaker_monitor.emulator.policies import Simulation, simulate

MOST_BODY = 1 << 20
_CREATED = "2026-01-01T00:00:00Z"
_ASSUME = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
_ASSUME += '"Principal":{"Service":"sagemaker.amazonaws.com"}}]}'
CALLER = "AmazonSageMaker-ExecutionRole"
"""The role that everybody is taken for: notebooks ask for it to run their jobs with."""
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


Policies = Callable[[str], list[Any] | None]
"""The policies of a role by its ARN; None of one that was not made here."""


def answer(service: str, body: bytes, account: str, policies: Policies = lambda arn: None) -> bytes | None:
    """Return the XML for a query of *service* ("sts" or "iam"), or None when it is not answered here."""
    query = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    asked = (service, query.get("Action", ""))
    if asked == SIMULATION:
        return _simulation(query, policies(query.get("PolicySourceArn", "")))
    respond = ANSWERS.get(asked)
    return None if respond is None else respond(query, account)


def _caller(query: dict[str, str], account: str) -> bytes | None:
    fields = (
        f"<Arn>arn:aws:sts::{account}:assumed-role/{CALLER}/SageMaker</Arn>"
        f"<UserId>{_identifier(CALLER)}:SageMaker</UserId><Account>{account}</Account>"
    )
    return _document("GetCallerIdentity", "https://sts.amazonaws.com/doc/2011-06-15/", fields)


def _role(query: dict[str, str], account: str) -> bytes | None:
    name = query.get("RoleName", "")
    if _ROLE_NAME.fullmatch(name) is None:
        return None
    fields = (
        f"<Role><Path>/</Path><RoleName>{escape(name)}</RoleName><RoleId>{_identifier(name)}</RoleId>"
        f"<Arn>arn:aws:iam::{account}:role/{escape(name)}</Arn><CreateDate>{_CREATED}</CreateDate>"
        f"<AssumeRolePolicyDocument>{quote(_ASSUME)}</AssumeRolePolicyDocument>"
        "<MaxSessionDuration>3600</MaxSessionDuration></Role>"
    )
    return _document("GetRole", "https://iam.amazonaws.com/doc/2010-05-08/", fields)


def _identifier(name: str) -> str:
    return f"AROA{name.upper():X<17.17}".translate({ord(c): "X" for c in "+=,.@-_"})


def _simulation(query: dict[str, str], policies: list[Any] | None) -> bytes:
    actions = _members(query, "ActionNames")
    given = {
        name: _members(query, f"{place.removesuffix('.ContextKeyName')}.ContextKeyValues")
        for place, name in query.items()
        if place.startswith("ContextEntries.member.") and place.endswith(".ContextKeyName")
    }
    lines = "".join(
        _evaluated(
            action,
            resource,
            Simulation("allowed") if policies is None else simulate(policies, action, resource, given),
        )
        for action in actions
        for resource in _members(query, "ResourceArns") or ["*"]
    )
    fields = f"<IsTruncated>false</IsTruncated><EvaluationResults>{lines}</EvaluationResults>"
    return _document("SimulatePrincipalPolicy", "https://iam.amazonaws.com/doc/2010-05-08/", fields)


def _members(query: dict[str, str], name: str) -> list[str]:
    return [value for place, value in query.items() if place.startswith(f"{name}.member.")]


def _evaluated(action: str, resource: str, found: Simulation) -> str:
    missing = "".join(f"<member>{escape(key)}</member>" for key in sorted(found.missing))
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName>"
        f"<EvalDecision>{found.decision}</EvalDecision>"
        f"<EvalResourceName>{escape(resource)}</EvalResourceName>"
        f"<MissingContextValues>{missing}</MissingContextValues></member>"
    )


ANSWERS: dict[tuple[str, str], Callable[[dict[str, str], str], bytes | None]] = {
    ("sts", "GetCallerIdentity"): _caller,
    ("iam", "GetRole"): _role,
}
SIMULATION = ("iam", "SimulatePrincipalPolicy")


def _document(action: str, namespace: str, fields: str) -> bytes:
    metadata = (
        "<ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata>"
    )
    result = f"<{action}Result>{fields}</{action}Result>"
    return f'<{action}Response xmlns="{namespace}">{result}{metadata}</{action}Response>'.encode()
