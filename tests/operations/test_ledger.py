"""The ledger: one at a time works on a model, and what was done is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, AwsError, connect
from sagemaker_monitor.aws.storage import list_objects, put, read
from sagemaker_monitor.operations import ledger
from sagemaker_monitor.operations.errors import BusyError
from sagemaker_monitor.operations.holder import is_gone, this_process
from sagemaker_monitor.operations.ledger import Done, claim, entry_uri, read_entry
from sagemaker_monitor.operations.upsert import apply, look, upsert
from sagemaker_monitor.settings import Environment, Model
from tests.operations.emulated import definition, fail_step, make_bundle


@pytest.fixture
def bundle(environment: Environment) -> Bundle:
    """A bundle of one small pipeline."""
    return make_bundle(environment, register=definition(fail_step()))


def a_done(what: str = "upsert") -> Done:
    """Something that was done."""
    return Done(what, "arn:me", "2026-11-29T10:00:00Z", "b" * 64, "abc")


def test_what_was_done_is_kept_with_who_did_it(aws: Aws, bundle: Bundle, model: Model) -> None:
    """Caller, revision, bundle, each resource and each version are in the entry, and in the history."""
    list(upsert(aws, bundle, model, revision="abc+changes"))

    done = read_entry(aws, "mortgage").done
    assert done is not None
    assert (done.what, done.revision, done.bundle) == ("upsert", "abc+changes", bundle.sha256)
    assert done.by.startswith("arn:aws:")
    assert done.versions == {"mortgage-register-local": 1}
    assert done.resources["pipeline mortgage-register-local"]["role"] == aws.environment.roles.execution
    assert [change["done"] for change in done.changes] == ["uploaded", "created", "created"]
    (kept,) = list_objects(aws, entry_uri(aws, "mortgage").replace(".json", "/"))
    assert json.loads(read(aws, kept.uri))["bundle"] == bundle.sha256


def test_of_two_who_read_the_same_one_begins(aws: Aws, bundle: Bundle, model: Model) -> None:
    """The second is refused although the first is finished: what it read is no longer so."""
    first, second = look(aws, bundle, model), look(aws, bundle, model)
    list(apply(aws, first))
    before = len(aws.writes)

    with pytest.raises(BusyError, match="somebody else changed what is deployed at the same time"):
        list(apply(aws, second))

    assert set(aws.writes[before:]) == {"s3:put_object"}


def test_while_one_is_at_work_another_is_refused(aws: Aws, bundle: Bundle, model: Model) -> None:
    """Who it is and when the claim ends are told."""
    begun = upsert(aws, bundle, model)
    next(begun)

    with pytest.raises(BusyError, match=r"mortgage: upsert by arn:.* is at work; .* ends in 1\d\d s"):
        list(upsert(connect(aws.environment), bundle, model))
    list(begun)
    assert {change.done for change in upsert(aws, bundle, model)} == {"unchanged"}


def test_a_claim_ends_by_itself(
    aws: Aws, bundle: Bundle, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody renewed for the lease's time is taken over."""
    begun = upsert(aws, bundle, model)
    next(begun)
    monkeypatch.setattr(ledger, "LEASE", -1.0)

    list(upsert(connect(aws.environment), bundle, model))

    with pytest.raises(BusyError):  # and who lost it does not go on
        list(begun)


def test_one_that_stops_gives_it_back(aws: Aws, bundle: Bundle, model: Model) -> None:
    """After a stop midway nobody waits, and the entry tells that it was not finished."""
    list(islice(upsert(aws, bundle, model), 1))

    entry = read_entry(aws, "mortgage")
    assert entry.work is not None
    assert entry.work.stopped
    assert not entry.is_busy
    list(upsert(aws, bundle, model))
    assert read_entry(aws, "mortgage").work is None


def test_a_process_that_is_gone_holds_nothing() -> None:
    """A child that ended is known to be gone; this process, and one of another machine, are not."""
    code = (
        "import json; from sagemaker_monitor.operations.holder import this_process;"
        "print(json.dumps(this_process()))"
    )
    child = json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)

    assert is_gone(child)
    assert not is_gone(this_process())
    assert not is_gone({**child, "machine": "another"})


def test_an_answer_that_was_lost_is_no_refusal(aws: Aws) -> None:
    """Where the first try was stored and its answer lost, the refused second one finds its own entry."""
    real = aws.call
    lost = []

    def call(service: str, operation: str, /, **request: Any) -> dict[str, Any]:
        answer = real(service, operation, **request)
        if operation == "put_object" and not lost:
            lost.append(answer)
            return real(service, operation, **request)  # botocore's retry: refused by If-None-Match
        return answer

    aws.call = call  # type: ignore[method-assign]
    with claim(aws, read_entry(aws, "mortgage"), "upsert") as held:
        held.finish(a_done())

    assert lost
    assert read_entry(aws, "mortgage").done == a_done()


def test_an_entry_that_cannot_be_read_is_replaced(aws: Aws) -> None:
    """Whatever lies there is as good as nothing, and no reason to fail."""
    put(aws, entry_uri(aws, "mortgage"), b"{}")

    entry = read_entry(aws, "mortgage")
    assert (entry.done, entry.work) == (None, None)
    with claim(aws, entry, "upsert") as held:
        held.finish(a_done())
    assert read_entry(aws, "mortgage").done == a_done()


def test_an_entry_that_was_deleted_meanwhile_is_told(aws: Aws) -> None:
    """Somebody who removes the entry under a claim stops it."""
    with claim(aws, read_entry(aws, "mortgage"), "upsert") as held:
        held.finish(a_done())
    entry = replace(read_entry(aws, "mortgage"), etag="0" * 32)

    with pytest.raises(BusyError, match="at the same time"), claim(aws, entry, "upsert"):
        pass


def test_a_failure_of_the_service_reaches_the_caller(
    aws: Aws, environment: Environment, model: Model
) -> None:
    """The error is the service's, and the next upsert need not wait."""
    bad = definition(fail_step())
    bad["Steps"][0]["Arguments"]["ErrorMessage"] = {"Get": "Parameters.Undeclared"}

    with pytest.raises(AwsError, match="Undeclared"):
        list(upsert(aws, make_bundle(environment, register=bad), model))

    list(upsert(aws, make_bundle(environment, register=definition(fail_step())), model))
    assert read_entry(aws, "mortgage").done is not None
