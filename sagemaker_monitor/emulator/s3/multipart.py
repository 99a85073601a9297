"""Uploads that come in parts: each part is a file until the upload is completed or aborted."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from sagemaker_monitor.emulator.s3.digests import Digests
from sagemaker_monitor.emulator.s3.directory import Condition, S3Directory
from sagemaker_monitor.emulator.s3.keys import S3Error, key_to_path
from sagemaker_monitor.emulator.s3.stored import About, Source, StoredObject, write_stream
from sagemaker_monitor.emulator.state import Store

_MOST_PARTS = 10_000
_SMALLEST_PART = 5 << 20
_MOST_AT_ONCE = 1 << 30
_PART = re.compile(r"part-(\d+)-([0-9a-f]{32})")


class Uploads:
    """Multipart uploads of one object store; they outlive a restart."""

    def __init__(self, objects: S3Directory, store: Store) -> None:
        """Keep parts beside the buckets of *objects*."""
        self._objects = objects
        self._store = store.scoped("")
        self._root = objects.root / ".uploads"
        self._clean()

    def create(self, bucket: str, key: str, about: About) -> str:
        """Begin an upload and return its id. Raises S3Error NoSuchBucket."""
        self._objects.bucket_path(bucket)
        key_to_path(key)
        upload = uuid.uuid4().hex
        (self._root / upload).mkdir(parents=True)
        kept = {"content_type": about.content_type, "metadata": about.metadata, "headers": about.headers}
        record = {"bucket": bucket, "key": key, "created": round(time.time(), 3), "about": kept, "id": upload}
        self._store.put("s3-upload", upload, record)
        return upload

    def put_part(
        self,
        where: tuple[str, str, str],
        number: int,
        stream: Source,
        finish: Callable[[Digests], About],
        algorithm: str | None,
    ) -> tuple[str, About]:
        """Store one part of the upload *where* (bucket, key, id); return its ETag and what *finish* said."""
        self._record(*where)
        if not 1 <= number <= _MOST_PARTS:
            raise S3Error(
                "InvalidArgument", f"Part number must be an integer between 1 and {_MOST_PARTS}, inclusive"
            )
        directory = self._root / where[2]
        incoming = directory / f"incoming-{uuid.uuid4().hex}"
        digests = Digests(algorithm)
        try:
            write_stream(stream, incoming, digests)
            about = finish(digests)
            etag = digests.md5.hex()
            for old in directory.glob(f"part-{number}-*"):
                old.unlink(missing_ok=True)
            incoming.rename(directory / f"part-{number}-{etag}")
        finally:
            incoming.unlink(missing_ok=True)
        return etag, about

    def complete(
        self, where: tuple[str, str, str], wanted: list[tuple[int, str]], condition: Condition | None
    ) -> StoredObject:
        """Join the parts to the object. Raises S3Error when the upload or its parts are not as told."""
        record = self._record(*where)
        files = self._files(where[2], wanted)
        joined = self._root / where[2] / "joined"
        with joined.open("wb") as target:
            for file in files:
                with file.open("rb") as source:
                    _append(source, target)
        hashes = b"".join(bytes.fromhex(etag) for _, etag in wanted)
        etag = f"{hashlib.md5(hashes, usedforsecurity=False).hexdigest()}-{len(wanted)}"
        stored = self._objects.adopt(
            where[0], where[1], joined, About(**record["about"], etag=etag), condition
        )
        self._forget(where[2])
        return stored

    def size_of(self, where: tuple[str, str, str], wanted: list[tuple[int, str]]) -> int:
        """Return how many bytes the parts have. Raises S3Error like `complete`."""
        self._record(*where)
        return sum(file.stat().st_size for file in self._files(where[2], wanted))

    def abort(self, where: tuple[str, str, str]) -> None:
        """Drop an upload and its parts. Raises S3Error NoSuchUpload."""
        self._record(*where)
        self._forget(where[2])

    def parts(self, where: tuple[str, str, str]) -> list[tuple[int, str, Path]]:
        """Return number, ETag and file of every part so far, by number. Raises S3Error NoSuchUpload."""
        self._record(*where)
        return self._parts(where[2])

    def under_way(self, bucket: str, prefix: str) -> list[dict[str, Any]]:
        """Return the uploads under way, by key: id, key and time of creation. Raises S3Error NoSuchBucket."""
        self._objects.bucket_path(bucket)
        found = self._store.list("s3-upload", bucket=bucket)
        return sorted(
            (each for each in found if each["key"].startswith(prefix)),
            key=lambda each: (each["key"].encode(), each["id"]),
        )

    def _files(self, upload: str, wanted: list[tuple[int, str]]) -> list[Path]:
        numbers = [number for number, _ in wanted]
        if numbers != sorted(set(numbers)):
            raise S3Error("InvalidPartOrder", "The list of parts was not in ascending order.")
        present = {(number, etag): file for number, etag, file in self._parts(upload)}
        missing = [number for number, etag in wanted if (number, etag) not in present]
        if missing:
            raise S3Error(
                "InvalidPart", f"One or more of the specified parts could not be found: {missing[:10]}"
            )
        files = [present[each] for each in wanted]
        if any(file.stat().st_size < _SMALLEST_PART for file in files[:-1]):
            raise S3Error(
                "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed object size"
            )
        return files

    def _parts(self, upload: str) -> list[tuple[int, str, Path]]:
        found = []
        for file in (self._root / upload).iterdir():
            match = _PART.fullmatch(file.name)
            if match is not None:
                found.append((int(match[1]), match[2], file))
        return sorted(found)

    def _record(self, bucket: str, key: str, upload: str) -> dict[str, Any]:
        self._objects.bucket_path(bucket)
        record = self._store.get("s3-upload", upload)
        if record is None or (record["bucket"], record["key"]) != (bucket, key):
            raise S3Error("NoSuchUpload", "The specified multipart upload does not exist.", 404)
        return record

    def _clean(self) -> None:
        """Delete what a kill left of uploads that are no more, and of parts that were not whole."""
        for directory in self._root.iterdir() if self._root.is_dir() else ():
            if self._store.get("s3-upload", directory.name) is None:
                shutil.rmtree(directory, ignore_errors=True)
                continue
            for file in directory.iterdir():
                if _PART.fullmatch(file.name) is None:
                    file.unlink(missing_ok=True)

    def _forget(self, upload: str) -> None:
        self._store.delete("s3-upload", upload)
        shutil.rmtree(self._root / upload, ignore_errors=True)


def _append(source: BinaryIO, target: BinaryIO) -> None:
    """Write all of *source* behind *target*; where the system does it, its bytes do not come in here."""
    try:
        while os.copy_file_range(source.fileno(), target.fileno(), _MOST_AT_ONCE):
            pass
    except (OSError, AttributeError):  # other systems, and file systems that cannot
        pass
    shutil.copyfileobj(source, target, 1 << 20)
    target.flush()
