"""What a version is bound to: whether verdict, baselines and artifact still are what was registered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sagemaker_monitor.analysis.documents.verdict import Verdict
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.storage import head, read
from sagemaker_monitor.registry.chain import SHOWN, Link
from sagemaker_monitor.registry.verdicts import parse_verdict
from sagemaker_monitor.registry.versions import Version


def read_bound_verdict(aws: Aws, version: Version, expected: str) -> tuple[Verdict | None, Link]:
    """Return the verdict that the version was registered with; None where the link says why not.

    It has to lie at *expected*, where its execution writes it or its promotion brings it (empty where that
    is not known), with the bytes whose hash the version carries.
    """
    uri, sha256 = version.metadata["VerdictUri"], version.metadata["VerdictSha256"]
    if not expected:
        return None, _no_verdict("not looked at: the record of the promotion would say where it lies")
    if uri != expected:
        return None, _no_verdict(f"{uri} is not where that execution writes its verdict, {expected}")
    try:
        content = read(aws, uri)
    except NotFoundError:
        return None, _no_verdict(f"{uri} does not exist: without it there is no evidence; register again")
    found = hashlib.sha256(content).hexdigest()
    if found != sha256.lower():
        detail = f"{uri} was altered: its SHA-256 is {found[:SHOWN]}…, the version's is {sha256[:SHOWN]}…"
        return None, _no_verdict(detail)
    try:
        verdict = parse_verdict(content)
    except ValueError as error:
        return None, _no_verdict(f"{uri} is not a verdict: {error}")
    said = f"{verdict.decision}, gate {verdict.gate}: {verdict.summary} (SHA-256 {found[:SHOWN]}…)"
    return verdict, Link("verdict", verdict.gate == "open", said)


def _no_verdict(detail: str) -> Link:
    return Link("verdict", False, detail)


def baseline_links(aws: Aws, version: Version, verdict: Verdict) -> Iterator[Link]:
    """Yield, for each check of the verdict, what is wrong with the baseline that the version carries.

    Where all are there and unchanged one link says so.
    """
    if not verdict.checks:
        yield Link("baselines", False, "the verdict names no check")
        return
    broken = 0
    for check in verdict.checks:
        problem = baseline_problem(aws, version, check.check_type)
        if problem:
            broken += 1
            yield Link("baselines", False, f"{check.step}: {problem}")
    if not broken:
        steps = ", ".join(check.step for check in verdict.checks)
        yield Link("baselines", True, f"{steps}: there, and unchanged")


def baseline_problem(aws: Aws, version: Version, check_type: str) -> str | None:
    """Return what is wrong with the documents of one check's baseline; None where nothing is."""
    constraints = version.baselines.get(check_type)
    if constraints is None:
        return f"the version carries no baseline ({check_type})"
    for uri in filter(None, (constraints, version.statistics.get(check_type))):
        known = version.digests.get(uri)
        if not known:
            return f"the version does not say what was in {uri}: it has no ContentDigest"
        try:
            found = hashlib.sha256(read(aws, uri)).hexdigest()
        except NotFoundError:
            return f"the baseline is gone: {uri}"
        if found != known:
            return f"{uri} was altered: its SHA-256 is {found[:SHOWN]}…, the version's is {known[:SHOWN]}…"
    return None


def artifact_link(aws: Aws, version: Version) -> Link:
    """Return whether the artifact that the version serves is the object that was scored."""
    uri = version.model_data_url
    if not uri:
        return Link("model", False, "the version names no artifact")
    stored = head(aws, uri)
    if stored is None:
        return Link("model", False, f"the artifact is gone: {uri}")
    known = version.metadata["ModelDataETag"]
    if stored.etag != known:
        detail = f"{uri} was written again since it was scored: its ETag is {stored.etag}, it was {known}"
        return Link("model", False, detail)
    return Link("model", True, f"{uri}, unchanged (ETag {known[:SHOWN]}…)")
