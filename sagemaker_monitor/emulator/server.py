"""One emulator: its parts put together, started and stopped."""

from __future__ import annotations

import importlib
import importlib.metadata
import ipaddress
import os
import threading
import time
from dataclasses import replace
from functools import partial
from typing import Self

from sagemaker_monitor.emulator.alarms.watch import AlarmWatch
from sagemaker_monitor.emulator.api import load_modules
from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.certificates import Certificates
from sagemaker_monitor.emulator.claim import Claim, ClaimError
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.events.bus import Bus
from sagemaker_monitor.emulator.fallback import Fallback
from sagemaker_monitor.emulator.front import Front, log
from sagemaker_monitor.emulator.hosting.hosts import create_hosting
from sagemaker_monitor.emulator.http_server import HttpServer
from sagemaker_monitor.emulator.jobs import JobRunner
from sagemaker_monitor.emulator.jobs.reaping import reap_all
from sagemaker_monitor.emulator.models.pool import ModelServers
from sagemaker_monitor.emulator.s3.directory import S3Directory
from sagemaker_monitor.emulator.s3.multipart import Uploads
from sagemaker_monitor.emulator.s3.rest import S3Api
from sagemaker_monitor.emulator.sagemaker_api import SageMakerApi
from sagemaker_monitor.emulator.scheduler.api import SchedulerApi
from sagemaker_monitor.emulator.scheduler.clock import SchedulerClock
from sagemaker_monitor.emulator.scheduler.queues import put_message
from sagemaker_monitor.emulator.schedules.runner import ScheduleRunner
from sagemaker_monitor.emulator.state import StateError, Store

SERVICE = "sagemaker-monitor emulator"
COUNTED = (
    *("pipeline", "execution", "processing-job", "training-job", "transform-job", "model", "model-package"),
    *("endpoint", "schedule", "monitoring-schedule", "monitoring-execution"),
)


class ServerError(Exception):
    """The emulator cannot start; the message says why and what to do."""


class Server:
    """An emulator that listens; a context manager that starts and stops it."""

    def __init__(self, config: EmulatorConfig) -> None:
        """Open the state and bind the port. Raises ServerError."""
        state_dir = config.state_dir.resolve()
        try:
            self._claim = Claim.take(state_dir)
        except ClaimError as error:
            raise ServerError(str(error)) from error
        try:
            self._store = Store.open(state_dir / "state.db", config.default_region)
        except StateError as error:
            self._claim.release()
            raise ServerError(str(error)) from error
        self._thread: threading.Thread | None = None
        self._started = round(time.time(), 3)
        self._version = _version()
        objects = S3Directory(state_dir / "s3", self._store, config.default_region)
        runner = importlib.import_module("sagemaker_monitor.emulator.jobs.runner")
        servers = ModelServers()
        jobs: JobRunner = runner.create_job_runner(servers=servers)
        self._hosting = create_hosting(servers, log)
        self._schedules = ScheduleRunner(log)
        self._alarms = AlarmWatch(log)
        fallback = Fallback(config.account, self._alarms.changed)
        self._bus = Bus(log, lambda: fallback.rules_revision)
        self._sagemaker = SageMakerApi(load_modules(), log)
        self._clock = SchedulerClock(self._sagemaker.answer, partial(put_message, fallback), log)
        s3 = S3Api(objects, Uploads(objects, self._store), config.account)
        try:
            self._http = HttpServer(
                config.host,
                config.port,
                lambda environ, start: self._front(environ, start),
                Certificates(state_dir).context,
            )
        except OSError as error:
            self._close()
            raise ServerError(_cannot_listen(config, error)) from error
        self.config = replace(config, state_dir=state_dir, port=self._http.server_address[1])
        self.context = Context(
            self.config,
            self._store,
            objects,
            config.default_region,
            config.account,
            jobs,
            self._hosting,
            self._schedules,
        )
        self._front = Front(
            self.context,
            self._sagemaker,
            s3,
            self._hosting,
            SchedulerApi(self._clock, log),
            fallback,
            self._health,
            not is_loopback(config.host),
        )

    @property
    def url(self) -> str:
        """The endpoint that clients use."""
        return self.config.url

    def start(self) -> Self:
        """Recover what a stop or a kill left behind, then answer in a thread of its own."""
        reap_all(self.config.state_dir)
        self._sagemaker.recover(self.context)
        self._schedules.start(self.context)
        self._bus.start(self.context)
        self._clock.start(self.context)
        self._alarms.start(self.context)
        self._thread = threading.Thread(target=self._http.serve_forever, name="emulator", daemon=True)
        self._thread.start()
        self._claim.publish({"pid": os.getpid(), "url": self.url, "started": self._started})
        return self

    def stop(self) -> None:
        """Stop answering, kill the children, close the state."""
        self._store.hurry()
        self._alarms.shutdown()  # both deliver through the server
        self._bus.shutdown()
        if self._thread is not None:
            self._http.shutdown()
            self._thread.join()
        self._hosting.shutdown()
        self._clock.shutdown()
        # Executions first: they end with the reason that the emulator was stopped, not that a job was.
        self._sagemaker.shutdown(self.context)
        self.context.jobs.shutdown()
        self._schedules.shutdown()
        self._http.server_close()
        self._close()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _close(self) -> None:
        self._store.close()
        self._claim.release()

    def _health(self) -> dict[str, object]:
        return {
            "service": SERVICE,
            "version": self._version,
            "state_dir": str(self.config.state_dir),
            "account": self.config.account,
            "region": self.config.default_region,
            "url": self.url,
            "pid": os.getpid(),
            "started": self._started,
            "images": self.config.images.options,
            "functions": self.config.functions.options,
            "counts": {kind: self._store.count(kind) for kind in COUNTED},
        }


def serve(config: EmulatorConfig) -> Server:
    """Return a started emulator. Raises ServerError."""
    return Server(config).start()


def is_loopback(host: str) -> bool:
    """Return whether *host* can only be reached from this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _version() -> str:
    try:
        return importlib.metadata.version("sagemaker-monitor")
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _cannot_listen(config: EmulatorConfig, error: OSError) -> str:
    where = f"{config.host}:{config.port}"
    return (
        f"cannot listen on {where}: {error.strerror or error}; choose another port (endpoint_url of the "
        "environment, or --port), or stop what uses this one"
    )
