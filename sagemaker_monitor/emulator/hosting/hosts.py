"""Deploys endpoints in threads of their own, and answers their requests through model servers."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.api.context import ApiError, Context
from sagemaker_monitor.emulator.api.models import resolved_containers
from sagemaker_monitor.emulator.hosting import snapshots
from sagemaker_monitor.emulator.hosting.captures import CaptureConfig, CaptureWriter, Exchange
from sagemaker_monitor.emulator.hosting.forwarding import Forwarded, Request, forward
from sagemaker_monitor.emulator.jobs.failure import bounded
from sagemaker_monitor.emulator.jobs.interruption import Interrupted, Interruption, ShutDown
from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.models.pool import ModelServers
from sagemaker_monitor.emulator.models.resolve import UnknownModelError

KIND = "endpoint"
SERVING = ("InService", "Updating", "SystemUpdating", "RollingBack")
STOPPED = "the emulator was stopped while the endpoint was deployed; delete it and create it again"


class NotServedError(Exception):
    """An endpoint, or the variant that a request names, is not there; the message is AWS's."""


class ModelHosting:
    """Endpoints of this process."""

    def __init__(self, servers: ModelServers, log: Callable[[str], None]) -> None:
        self._servers = servers
        self._captures = CaptureWriter(log)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="endpoint")
        self._interruption = Interruption()
        self._lock = threading.Lock()

    def deploy(self, context: Context, name: str, config: dict[str, Any], *, patience: float) -> None:
        """See `Hosting.deploy`."""
        try:
            work: Future[None] = self._threads.submit(self._deploy, context, name, config)
        except RuntimeError:  # shut down meanwhile
            _fail(context, name, STOPPED)
            return
        try:
            work.result(patience)
        except StillRunning:
            return

    def withdraw(self, context: Context, name: str) -> None:
        """See `Hosting.withdraw`."""
        self._captures.flush()
        snapshots.drop(snapshots.home(context, name))

    def flush(self) -> None:
        """See `Hosting.flush`."""
        self._captures.flush()

    def shutdown(self) -> None:
        """See `Hosting.shutdown`."""
        self._interruption.trip(ShutDown("the emulator was shut down"))
        self._threads.shutdown(wait=True)
        self._captures.flush()

    def invoke(self, context: Context, name: str, request: Request) -> Forwarded:
        """Ask the endpoint *name*; record the exchange where it captures.

        Raises NotServedError, and ArtifactError where a variant's server cannot be started again.
        """
        record = context.store.get(KIND, name)
        if record is None or record["EndpointStatus"] not in SERVING or "_Serving" not in record:
            raise NotServedError(f"Endpoint {name} of account {context.account} not found.")
        variant = _choose(record, request.target_variant)
        serving = record["_Serving"]
        served = snapshots.served(Path(serving["Folder"]), variant, serving["Variants"])
        at = context.now()
        directory = context.config.state_dir / "models"
        with ExitStack() as stack:
            answer = forward(self._lease(stack, served, directory), request)
        capture = CaptureConfig.of(record.get("_Capture"))
        if answer.status == 200 and capture is not None and capture.samples():
            line = capture.line(_exchange(at, request, answer))
            self._captures.add(context.s3, f"{capture.destination}/{name}/{variant}", line, at)
        return Forwarded(answer.status, answer.content_type, answer.body, answer.custom_attributes, variant)

    def _deploy(self, context: Context, name: str, config: dict[str, Any]) -> None:
        try:
            images = _images(context, config["ProductionVariants"])
            folder, kept = snapshots.take(context, name, config["ProductionVariants"])
            try:
                self._try(context, folder, kept)
            except BaseException:
                snapshots.drop(folder)
                raise
        except (ApiError, ArtifactError, UnknownModelError, Interrupted, OSError) as error:
            reason = STOPPED if isinstance(error, Interrupted) else f"{error}"
            _fail(context, name, reason)
            return
        _serve(context, name, config, {"Folder": str(folder), "Variants": kept}, images)

    def _try(self, context: Context, folder: Path, kept: dict[str, Any]) -> None:
        """Start the server of every variant once: what cannot be served is found out now."""
        directory = context.config.state_dir / "models"
        for variant in kept:
            served = snapshots.served(folder, variant, kept)
            with ExitStack() as stack:
                self._lease(stack, served, directory)

    def _lease(self, stack: ExitStack, served: snapshots.Served, directory: Path) -> list[str]:
        """Return the endpoints of the containers of a variant, which are held until *stack* ends."""
        return [
            stack.enter_context(self._servers.lease(each, directory, self._interruption.check))
            for each in served.launches
        ]


def create_hosting(servers: ModelServers, log: Callable[[str], None]) -> ModelHosting:
    """Return what serves endpoints with *servers*; *log* takes what went wrong."""
    return ModelHosting(servers, log)


def recover(context: Context) -> None:
    """End deployments that an emulator which is no more was making."""
    for record in context.store.list(KIND):
        if record["EndpointStatus"] in ("Creating", "Updating"):
            _fail(context, record["EndpointName"], STOPPED)
        elif record["EndpointStatus"] == "Deleting":
            context.store.delete(KIND, record["EndpointName"])
    snapshots.clean(context, {each["EndpointName"]: each for each in context.store.list(KIND)})


def variants_of(config: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the production variants of a configuration as DescribeEndpoint shows them."""
    shown = []
    for variant in config["ProductionVariants"]:
        weight, count = variant.get("InitialVariantWeight", 1.0), variant.get("InitialInstanceCount", 1)
        shown.append(
            {
                "VariantName": variant["VariantName"],
                "CurrentWeight": weight,
                "DesiredWeight": weight,
                "CurrentInstanceCount": count,
                "DesiredInstanceCount": count,
            }
        )
    return shown


def _images(context: Context, variants: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return which image each variant runs, resolved now, as DescribeEndpoint shows it."""
    images = {}
    for variant in variants:
        model = context.store.get("model", variant["ModelName"])
        if model is None:
            raise UnknownModelError(f"model {variant['ModelName']} was deleted meanwhile")
        image = resolved_containers(context, model)[0]["Image"]
        images[variant["VariantName"]] = {
            "SpecifiedImage": image,
            "ResolvedImage": image,
            "ResolutionTime": context.now(),
        }
    return images


def _serve(
    context: Context, name: str, config: dict[str, Any], serving: dict[str, Any], images: dict[str, Any]
) -> None:
    before: list[str] = []

    def change(record: dict[str, Any]) -> dict[str, Any]:
        if "_Serving" in record:
            before.append(record["_Serving"]["Folder"])
        record = {key: value for key, value in record.items() if key != "FailureReason"}
        return record | {
            "EndpointStatus": "InService",
            "EndpointConfigName": config["EndpointConfigName"],
            "LastModifiedTime": context.now(),
            "ProductionVariants": [
                {**variant, "DeployedImages": [images[variant["VariantName"]]]}
                for variant in variants_of(config)
            ],
            "_Serving": serving,
            "_Capture": config.get("DataCaptureConfig"),
        }

    try:
        context.store.update(KIND, name, change)
    except KeyError:  # deleted meanwhile
        snapshots.drop(Path(serving["Folder"]))
    for folder in before:
        snapshots.drop(Path(folder))


def _fail(context: Context, name: str, reason: str) -> None:
    def change(record: dict[str, Any]) -> dict[str, Any]:
        # An update that fails leaves the endpoint as it was, as a blue/green deployment rolls back.
        status = "InService" if "_Serving" in record else "Failed"
        told = {"EndpointStatus": status, "FailureReason": bounded(reason)}
        return record | told | {"LastModifiedTime": context.now()}

    try:
        context.store.update(KIND, name, change)
    except KeyError:
        return


def _choose(record: dict[str, Any], target: str | None) -> str:
    shown = record["ProductionVariants"]
    variants: dict[str, float] = {each["VariantName"]: each["CurrentWeight"] for each in shown}
    if target is not None:
        if target not in variants:
            raise NotServedError(
                f"Variant {target} not found for endpoint {record['EndpointName']}; it has: "
                f"{', '.join(variants)}"
            )
        return target
    names, weights = list(variants), list(variants.values())
    return random.choices(names, weights if any(weights) else None)[0]


def _exchange(at: float, request: Request, answer: Forwarded) -> Exchange:
    return Exchange(
        at=at,
        input_type=request.content_type,
        input=request.body,
        output_type=answer.content_type,
        output=answer.body,
        inference_id=request.inference_id,
        custom_attributes=request.custom_attributes,
    )
