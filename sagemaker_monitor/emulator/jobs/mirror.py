"""Keep in S3 what a running job writes, file by file: checkpoints, outputs with S3UploadMode Continuous."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sagemaker_monitor.emulator.jobs.failure import JobFailed
from sagemaker_monitor.emulator.jobs.staging import collect
from sagemaker_monitor.emulator.jobs.work import Work
from sagemaker_monitor.emulator.s3.keys import S3Error

EVERY = 0.3
"""Seconds between looks at the directory."""


class Mirror:
    """One directory, and the prefix under which each file of it appears once it is written."""

    def __init__(self, work: Work, directory: Path, uri: str) -> None:
        """Take the files that are there already as known."""
        self._work, self._directory, self._uri = work, directory, uri
        self._known = dict(self._files())
        self._pending: dict[Path, tuple[int, int]] = {}
        self._done = threading.Event()

    @staticmethod
    @contextmanager
    def of_all(work: Work, places: Iterable[tuple[Path, str]]) -> Iterator[None]:
        """Mirror every directory to its prefix while the block runs, and once more at its end."""
        with ExitStack() as stack:
            for directory, uri in places:
                stack.enter_context(Mirror(work, directory, uri)._running())
            yield

    @contextmanager
    def _running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run, name="mirror", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()
            self._look(last=True)

    def _run(self) -> None:
        while not self._done.wait(EVERY):
            self._look(last=False)

    def _look(self, *, last: bool) -> None:
        """Upload what has changed; before the *last* look, only what did not change since the one before."""
        found = dict(self._files())
        for path, state in found.items():
            changed = self._known.get(path) != state
            if changed and (last or self._pending.get(path) == state):
                self._upload(path, state)
        self._pending = found

    def _upload(self, path: Path, state: tuple[int, int]) -> None:
        name = path.relative_to(self._directory).as_posix()
        try:
            self._work.context.s3.put_file(f"{self._uri.rstrip('/')}/{name}", path)
            self._known[path] = state
        except FileNotFoundError:
            return
        except (OSError, S3Error) as error:
            self._warn(f"{name[:200]!r} could not be uploaded to {self._uri}: {error}")
            self._known[path] = state

    def _warn(self, text: str) -> None:
        with self._work.log.open("a", encoding="utf-8") as log:
            log.write(f"warning: {text}\n")

    def _files(self) -> Iterator[tuple[Path, tuple[int, int]]]:
        try:
            uploads = collect(self._directory, self._uri)
        except JobFailed as failed:
            # A file that vanished is found gone by the next look; a link is there at the last one, too.
            if self._done.is_set():
                self._warn(str(failed))
            return
        for upload in uploads:
            try:
                about = upload.path.stat()
            except OSError:
                continue
            yield upload.path, (about.st_size, about.st_mtime_ns)
