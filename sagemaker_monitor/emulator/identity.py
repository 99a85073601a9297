"""Who is calling, and may they: the two questions that clients ask first, answered without moto.

The emulator authenticates nobody; every policy simulation says allowed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, quote
from xml.sax.saxutils import escape

MOST_BODY = 1 << 20
_CREATED = "2026-01-01T00:00:00Z"
_ASSUME = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
_ASSUME += '"Principal":{"Service":"sagemaker.amazonaws.com"}}]}'
CALLER = "AmazonSageMaker-ExecutionRole"
"""The role that everybody is taken for: notebooks ask for it to run their jobs with."""
_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


def answer(service: str, body: bytes, account: str) -> bytes | None:
    """Return the XML for a query of *service* ("sts" or "iam"), or None when it is not answered here."""
    query = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    respond = ANSWERS.get((service, query.get("Action", "")))
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


def _simulation(query: dict[str, str], account: str) -> bytes | None:
    actions = [value for name, value in query.items() if name.startswith("ActionNames.member.")]
    resources = [value for name, value in query.items() if name.startswith("ResourceArns.member.")]
    lines = "".join(
        f"<member><EvalActionName>{escape(action)}</EvalActionName><EvalDecision>allowed</EvalDecision>"
        f"<EvalResourceName>{escape(resource)}</EvalResourceName></member>"
        for action in actions
        for resource in resources or ["*"]
    )
    fields = f"<IsTruncated>false</IsTruncated><EvaluationResults>{lines}</EvaluationResults>"
    return _document("SimulatePrincipalPolicy", "https://iam.amazonaws.com/doc/2010-05-08/", fields)


ANSWERS: dict[tuple[str, str], Callable[[dict[str, str], str], bytes | None]] = {
    ("sts", "GetCallerIdentity"): _caller,
    ("iam", "GetRole"): _role,
    ("iam", "SimulatePrincipalPolicy"): _simulation,
}


def _document(action: str, namespace: str, fields: str) -> bytes:
    metadata = (
        "<ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata>"
    )
    result = f"<{action}Result>{fields}</{action}Result>"
    return f'<{action}Response xmlns="{namespace}">{result}{metadata}</{action}Response>'.encode()
