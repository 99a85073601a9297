"""Many clients at once: each execution held against its definition, each list against what was started."""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from benchmarks.emulator.scenarios import BUCKET, CASES, GROUP, ROLE, STEP_FAILED, WORK, Case, Expected
from benchmarks.emulator.servers import client

_UNFINISHED = ("Executing", "Stopping")
_JOB_EVERY = 8
"""Every eighth execution has a job, which is a process."""


@dataclass
class Seen:
    """What one client saw: its executions by pipeline, seconds per call and execution, and what was wrong."""

    executions: dict[str, list[str]] = field(default_factory=dict)
    started: list[float] = field(default_factory=list)
    """Seconds until StartPipelineExecution answered."""
    described: list[float] = field(default_factory=list)
    """Seconds until DescribePipelineExecution answered."""
    lasted: dict[str, list[float]] = field(default_factory=dict)
    """Seconds from an execution's creation to its end as its record has them, by pipeline."""
    made: Counter[str] = field(default_factory=Counter)
    """How many models, jobs and versions their executions have made."""
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Seen) -> None:
        """Take in what another client saw."""
        self.started += other.started
        self.described += other.described
        self.made += other.made
        self.wrong += other.wrong
        for name, arns in other.executions.items():
            self.executions.setdefault(name, []).extend(arns)
        for name, seconds in other.lasted.items():
            self.lasted.setdefault(name, []).extend(seconds)

    @property
    def count(self) -> int:
        """How many executions there were."""
        return sum(map(len, self.executions.values()))


def prepare(url: str) -> None:
    """Make the bucket and the pipelines."""
    client(url, "s3").create_bucket(Bucket=BUCKET)
    sagemaker = client(url, "sagemaker")
    for case in (*CASES, WORK):
        sagemaker.create_pipeline(
            PipelineName=case.name,
            RoleArn=ROLE,
            ClientRequestToken=f"create-{case.name}".ljust(32, "x"),
            PipelineDefinition=case.definition,
        )


def _begin(_: int) -> None:
    """Import this module, as every first task does, and keep the process busy while the others begin."""
    time.sleep(0.5)


@contextlib.contextmanager
def processes(count: int) -> Iterator[Executor]:
    """Give *count* client processes, which import boto3 before anything is measured."""
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_begin, range(count)))
        yield pool


def run(url: str, pool: Executor, clients: int, each: int, *, burst: int, run_id: str = "a") -> Seen:
    """Let *clients* start *each* executions, *burst* at once, and return what they saw.

    While they do, lists are paged through again and again.
    """
    seen, names = Seen(), [f"{run_id}{number}" for number in range(clients)]
    with _watching(url, seen):
        for future in [pool.submit(one_client, url, name, each, burst) for name in names]:
            seen.add(future.result())
    return seen


def one_client(url: str, name: str, each: int, burst: int) -> Seen:
    """Be one client: start, wait, and check *each* executions, *burst* at a time."""
    seen, sagemaker, s3 = Seen(), client(url, "sagemaker"), client(url, "s3")
    for first in range(0, each, burst):
        places = range(first, min(first + burst, each))
        running = [_start(sagemaker, seen, name, place) for place in places]
        for case, arn, number, label in running:
            described = _wait(sagemaker, seen, arn)
            seen.executions.setdefault(case.name, []).append(arn)
            spent = described["LastModifiedTime"] - described["CreationTime"]
            seen.lasted.setdefault(case.name, []).append(spent.total_seconds())
            expected = case.expected(number, label or "none", arn.rsplit("/", 1)[-1])
            jobs, versions = int(case is WORK), int(case.name == "register")
            seen.made.update(models=len(expected.environments), jobs=jobs, versions=versions)
            found = _found(sagemaker, s3, described, expected)
            wanted = _wanted(case, expected, number, label)
            seen.wrong += [
                f"{case.name} {arn}: {part} is {found[part]!r}, not {wanted[part]!r}"
                for part in wanted
                if found[part] != wanted[part]
            ]
    return seen


def _start(sagemaker: Any, seen: Seen, name: str, place: int) -> tuple[Case, str, int, str | None]:
    case = WORK if place % _JOB_EVERY == _JOB_EVERY - 1 else CASES[place % len(CASES)]
    number, label = (place * 37) % 101, f"{name}.{place}" if place % 3 else None
    given = {"Number": str(number), **({"Label": label} if label else {})}
    request = {
        "PipelineName": case.name,
        "ClientRequestToken": f"{name}-{place}".ljust(32, "x"),
        "PipelineParameters": [{"Name": key, "Value": value} for key, value in given.items()],
    }
    began = time.perf_counter()
    arn = sagemaker.start_pipeline_execution(**request)["PipelineExecutionArn"]
    seen.started.append(time.perf_counter() - began)
    if place % 10 == 0 and sagemaker.start_pipeline_execution(**request)["PipelineExecutionArn"] != arn:
        seen.wrong.append(f"{case.name}: the same token started a second execution beside {arn}")
    return case, arn, number, label


def _wait(sagemaker: Any, seen: Seen, arn: str) -> dict[str, Any]:
    deadline, pause = time.monotonic() + 300, 0.01
    while True:
        began = time.perf_counter()
        described: dict[str, Any] = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        seen.described.append(time.perf_counter() - began)
        if described["PipelineExecutionStatus"] not in _UNFINISHED:
            return described
        if time.monotonic() > deadline:
            seen.wrong.append(f"{arn} did not end within five minutes")
            return described
        time.sleep(pause)
        pause = min(0.2, pause * 1.5)


def _wanted(case: Case, expected: Expected, number: int, label: str | None) -> dict[str, Any]:
    return {
        "status": expected.status,
        "reason": None if expected.status == "Succeeded" else STEP_FAILED,
        "steps": dict(expected.steps),
        "order": list(expected.steps),
        "reasons": dict(expected.reasons),
        "parameters": {"Number": str(number), "Label": label or "none"},
        "definition": case.definition,
        "objects": dict(expected.objects),
        "environments": {name: dict(values) for name, values in expected.environments.items()},
    }


def _found(sagemaker: Any, s3: Any, described: dict[str, Any], expected: Expected) -> dict[str, Any]:
    arn = described["PipelineExecutionArn"]
    steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn, SortOrder="Ascending")
    by_name = {step["StepName"]: step for step in steps["PipelineExecutionSteps"]}
    parameters = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)
    definition = sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    models = {}
    for name in expected.environments.keys() & by_name.keys():
        made = by_name[name]["Metadata"]["Model"]["Arn"].rsplit("/", 1)[-1]
        models[name] = sagemaker.describe_model(ModelName=made)["PrimaryContainer"]["Environment"]
    return {
        "status": described["PipelineExecutionStatus"],
        "reason": described.get("FailureReason"),
        "steps": {name: step["StepStatus"] for name, step in by_name.items()},
        "order": list(by_name),
        "reasons": {name: step["FailureReason"] for name, step in by_name.items() if "FailureReason" in step},
        "parameters": {each["Name"]: each["Value"] for each in parameters["PipelineParameters"]},
        "definition": definition["PipelineDefinition"],
        "objects": {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in expected.objects},
        "environments": models,
    }


@contextlib.contextmanager
def _watching(url: str, seen: Seen) -> Iterator[None]:
    """Page through lists while the block runs, noting in *seen* what does not fit together."""
    ended = threading.Event()

    def look() -> None:
        sagemaker, known = client(url, "sagemaker"), {}
        while not ended.is_set():
            for case in (*CASES, WORK):
                for order in ("Ascending", "Descending"):
                    arns = listed(sagemaker, case.name, order, size=7)
                    twice = [arn for arn, times in Counter(arns).items() if times > 1]
                    lost = known.get(case.name, set()) - set(arns)
                    seen.wrong += [f"{case.name}, {order}: {arn} is on two pages" for arn in twice]
                    seen.wrong += [f"{case.name}, {order}: {arn} is on no page any more" for arn in lost]
                    known.setdefault(case.name, set()).update(arns)

    thread = threading.Thread(target=_noting(look, seen))
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _noting(look: Any, seen: Seen) -> Any:
    def noted() -> None:
        try:
            look()
        except Exception as error:  # a thread's exception would be lost
            seen.wrong.append(f"paging broke: {error!r}")

    return noted


def listed(sagemaker: Any, pipeline: str, order: str = "Descending", size: int = 100) -> list[str]:
    """Return the ARNs of the executions of *pipeline* as ListPipelineExecutions gives them, page by page."""
    pages = sagemaker.get_paginator("list_pipeline_executions").paginate(
        PipelineName=pipeline, SortOrder=order, PaginationConfig={"PageSize": size}
    )
    return [each["PipelineExecutionArn"] for page in pages for each in page["PipelineExecutionSummaries"]]


def differences(url: str, seen: Seen) -> list[str]:
    """Return how what is on record after the load differs from what all clients started."""
    sagemaker, wrong = client(url, "sagemaker"), []
    for name, arns in seen.executions.items():
        found = listed(sagemaker, name)
        if sorted(found) != sorted(arns):
            wrong.append(f"{name}: {len(arns)} executions were started, {len(found)} are listed")
    for name, count in _made(sagemaker).items():
        wanted = seen.made[name]
        if count != wanted:
            wrong.append(f"{count} {name} are there, not {wanted}")
    return wrong


def _made(sagemaker: Any) -> dict[str, int]:
    models = sagemaker.get_paginator("list_models").paginate(PaginationConfig={"PageSize": 100})
    jobs = sagemaker.get_paginator("list_processing_jobs").paginate(StatusEquals="Completed")
    packages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=GROUP)
    versions = [each["ModelPackageVersion"] for page in packages for each in page["ModelPackageSummaryList"]]
    return {
        "models": len({each["ModelName"] for page in models for each in page["Models"]}),
        "jobs": len({each["ProcessingJobName"] for page in jobs for each in page["ProcessingJobSummaries"]}),
        "versions": len(set(versions)) if set(versions) == set(range(1, len(versions) + 1)) else -1,
    }
