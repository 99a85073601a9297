"""The object store as Python sees it: buckets are directories, objects are files."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import stat
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.s3.digests import Digests
from sagemaker_monitor.emulator.s3.keys import FILE_MARK, S3Error, check_bucket, key_to_path, split_uri
from sagemaker_monitor.emulator.s3.stored import (
    DEFAULT_CONTENT_TYPE,
    About,
    Source,
    StoredObject,
    write_stream,
)
from sagemaker_monitor.emulator.s3.walk import walk
from sagemaker_monitor.emulator.state import Store

__all__ = ["Condition", "Objects", "S3Directory", "StoredObject"]

Objects = list[StoredObject]
Condition = Callable[[StoredObject | None], None]
"""Asked, before an object is replaced, about the one there; raises S3Error to refuse."""


class S3Directory:
    """Buckets and objects below one directory.

    What S3 knows about an object beside its bytes is in the store, with the file's size and time: a file that
    was put or changed by hand is an object too, with the ETag its bytes have. Safe from any thread.
    """

    def __init__(self, root: Path, store: Store, region: str) -> None:
        """Keep objects below *root*, which is made; buckets put there by hand are in *region*."""
        root.mkdir(parents=True, exist_ok=True)
        self.root = root.resolve()
        self._store = store.scoped("")
        self._region = region
        self._lock = threading.RLock()
        self._incoming = self.root / ".incoming"
        shutil.rmtree(self._incoming, ignore_errors=True)
        self._incoming.mkdir()

    # --- by URI, for the emulator's own parts

    def list(self, uri_prefix: str) -> Objects:
        """Return the objects whose URI starts with *uri_prefix*, in key order; prefixes are plain text."""
        bucket, prefix = split_uri(uri_prefix)
        return list(self.iterate(bucket, prefix))

    def get(self, uri: str) -> StoredObject:
        """Return the object at *uri*. Raises S3Error NoSuchBucket or NoSuchKey."""
        return self.head(*split_uri(uri))

    def exists(self, uri: str) -> bool:
        """Return whether there is an object at *uri*."""
        bucket, key = split_uri(uri)
        return bool(key) and self._bucket_path(bucket).is_dir() and self._find(bucket, key) is not None

    def path_of(self, uri: str) -> Path:
        """Return the file of the object at *uri*, to be read only. Raises S3Error like `get`."""
        return self.get(uri).path

    def read_bytes(self, uri: str) -> bytes:
        """Return the whole object at *uri*. Raises S3Error like `get`."""
        stream, _ = self.open(*split_uri(uri))
        with stream:
            return stream.read()

    def put_file(self, uri: str, path: Path, content_type: str | None = None) -> StoredObject:
        """Store a copy of the file at *path*; the object appears complete or not at all."""
        with path.open("rb") as stream:
            return self.put_stream(uri, stream, content_type)

    def put_bytes(self, uri: str, content: bytes, content_type: str | None = None) -> StoredObject:
        """Store *content*; the object appears complete or not at all."""
        return self.put_stream(uri, io.BytesIO(content), content_type)

    def put_stream(self, uri: str, stream: Source, content_type: str | None = None) -> StoredObject:
        """Store what *stream* gives until its end; the object appears complete or not at all."""
        bucket, key = split_uri(uri)
        return self.put(bucket, key, stream, lambda _: About(content_type or DEFAULT_CONTENT_TYPE))

    def delete(self, uri: str) -> None:
        """Delete the object at *uri*; no error when there is none."""
        self.remove(*split_uri(uri))

    # --- buckets

    def create_bucket(self, bucket: str, region: str) -> bool:
        """Make a bucket; return False when it was there. Raises S3Error InvalidBucketName."""
        path = self.root / check_bucket(bucket)
        with self._lock:
            if path.is_dir():
                return False
            path.mkdir()
            self._store.put("s3-bucket", bucket, {"created": round(time.time(), 3), "region": region})
            return True

    def delete_bucket(self, bucket: str) -> None:
        """Delete an empty bucket. Raises S3Error NoSuchBucket or BucketNotEmpty."""
        path = self.bucket_path(bucket)
        with self._lock:
            try:
                for directory, _, _ in os.walk(path, topdown=False):
                    os.rmdir(directory)
            except OSError as error:
                path.mkdir(exist_ok=True)
                raise S3Error("BucketNotEmpty", "The bucket you tried to delete is not empty", 409) from error
            self._store.delete("s3-bucket", bucket)

    def buckets(self) -> tuple[dict[str, Any], ...]:
        """Return name, created and region of every bucket, by name."""
        names = sorted(entry.name for entry in os.scandir(self.root) if entry.is_dir(follow_symlinks=False))
        return tuple(self.bucket(name) for name in names if not name.startswith("."))

    def bucket(self, name: str) -> dict[str, Any]:
        """Return name, created and region of one bucket. Raises S3Error NoSuchBucket."""
        path = self.bucket_path(name)
        record = self._store.get("s3-bucket", name) or {
            "created": path.stat().st_mtime,
            "region": self._region,
        }
        return {"name": name, **record}

    def bucket_path(self, bucket: str) -> Path:
        """Return the directory of a bucket. Raises S3Error NoSuchBucket."""
        path = self._bucket_path(bucket)
        if not stat.S_ISDIR(_mode(str(path))):
            raise S3Error("NoSuchBucket", f"The specified bucket does not exist: {bucket}", 404)
        return path

    # --- objects

    def iterate(self, bucket: str, prefix: str = "", after: str = "") -> Iterator[StoredObject]:
        """Yield the objects of a bucket in key order. Raises S3Error NoSuchBucket."""
        for key, path in walk(str(self.bucket_path(bucket)), prefix, after):
            try:
                yield self._describe(bucket, key, Path(path))
            except FileNotFoundError:
                continue  # deleted meanwhile

    def head(self, bucket: str, key: str) -> StoredObject:
        """Return what is known about an object. Raises S3Error NoSuchBucket or NoSuchKey."""
        self.bucket_path(bucket)
        with self._lock:
            path = self._find(bucket, key)
            if path is None:
                raise S3Error("NoSuchKey", f"The specified key does not exist: {key}", 404)
            return self._describe(bucket, key, path)

    def open(self, bucket: str, key: str) -> tuple[io.BufferedIOBase, StoredObject]:
        """Return an object's bytes, as they are now whatever comes, and what is known of it."""
        with self._lock:
            found = self.head(bucket, key)
            return found.path.open("rb"), found

    def put(
        self,
        bucket: str,
        key: str,
        stream: Source,
        finish: Callable[[Digests], About],
        *,
        algorithm: str | None = None,
        condition: Condition | None = None,
    ) -> StoredObject:
        """Store what *stream* gives as an object.

        *finish* is asked at the stream's end: it verifies the digests, of which *algorithm* names the
        checksum, and says what to keep. Nothing changes when it, or *condition*, raises.
        """
        key_to_path(key)
        self.bucket_path(bucket)
        incoming = self._incoming / uuid.uuid4().hex
        try:
            digests = Digests(algorithm)
            write_stream(stream, incoming, digests)
            about = finish(digests)
            about = about if about.etag else replace(about, etag=digests.md5.hex())
            return self.adopt(bucket, key, incoming, about, condition)
        except BaseException:
            incoming.unlink(missing_ok=True)
            raise

    def adopt(
        self, bucket: str, key: str, file: Path, about: About, condition: Condition | None = None
    ) -> StoredObject:
        """Make *file*, which must be below the root, the object; it moves there in one step."""
        self.bucket_path(bucket)
        with self._lock:
            if condition is not None:
                present = self._find(bucket, key)
                condition(None if present is None else self._describe(bucket, key, present))
            target = self._place(bucket, key)
            status = file.stat()
            os.replace(file, target)
            self._store.put("s3-object", f"{bucket}/{key}", _record(about, status))
            if not target.name.endswith(FILE_MARK):
                target.with_name(target.name + FILE_MARK).unlink(missing_ok=True)
            return StoredObject(bucket, key, target, status.st_size, about.etag or "", status.st_mtime, about)

    def remove(self, bucket: str, key: str, condition: Condition | None = None) -> None:
        """Delete an object; no error when there is none. Raises S3Error NoSuchBucket, and *condition*'s."""
        top = self.bucket_path(bucket)
        with self._lock:
            path = self._find(bucket, key)
            if condition is not None:
                condition(None if path is None else self._describe(bucket, key, path))
            if path is None:
                return
            path.unlink()
            self._store.delete("s3-object", f"{bucket}/{key}")
            _remove_empty(path.parent, top)

    def remove_all(self, bucket: str, keys: Sequence[str]) -> dict[str, S3Error]:
        """Delete objects; return why not, for those that are none. Raises S3Error NoSuchBucket."""
        top = self.bucket_path(bucket)
        refused: dict[str, S3Error] = {}
        gone: dict[str, Path] = {}
        with self._lock:
            # A kill on the way leaves records of files that are no more, which say nothing of any other.
            try:
                for key in keys:
                    try:
                        path = self._find(bucket, key)
                    except S3Error as error:
                        refused[key] = error
                        continue
                    if path is not None:
                        path.unlink()
                        gone[key] = path.parent
            finally:
                self._store.delete_all("s3-object", [f"{bucket}/{key}" for key in gone])
            for parent in set(gone.values()):
                _remove_empty(parent, top)
        return refused

    # --- paths

    def _bucket_path(self, bucket: str) -> Path:
        try:
            return self.root / check_bucket(bucket)
        except S3Error as error:
            raise S3Error(
                "NoSuchBucket", f"The specified bucket does not exist: {bucket[:80]}", 404
            ) from error

    def _find(self, bucket: str, key: str) -> Path | None:
        plain = self._bucket_path(bucket) / key_to_path(key)
        directory = str(self.root)
        for name in plain.parent.relative_to(self.root).parts:
            directory = f"{directory}/{name}"
            if not stat.S_ISDIR(_mode(directory)):
                return None  # also where a symbolic link leads elsewhere
        for path in (plain, plain.with_name(plain.name + FILE_MARK)):
            if stat.S_ISREG(_mode(str(path))):
                return path
        return None

    def _place(self, bucket: str, key: str) -> Path:
        """Return the file to write an object to; its directory is made."""
        directory = str(self._bucket_path(bucket))
        *parents, name = key_to_path(key).split("/")
        for parent in parents:
            directory = f"{directory}/{parent}"
            mode = _mode(directory)
            if stat.S_ISDIR(mode):
                continue
            if stat.S_ISLNK(mode):
                raise S3Error("AccessDenied", "a symbolic link stands in the object's way; remove it", 403)
            if stat.S_ISREG(mode):
                os.replace(directory, directory + FILE_MARK)
            Path(directory).mkdir(exist_ok=True)
        target = Path(directory, name)
        return target.with_name(name + FILE_MARK) if stat.S_ISDIR(_mode(str(target))) else target

    def _describe(self, bucket: str, key: str, path: Path) -> StoredObject:
        with self._lock:
            status = path.stat(follow_symlinks=False)
            record = self._store.get("s3-object", f"{bucket}/{key}")
            if record is None or (record["size"], record["time"]) != (status.st_size, status.st_mtime_ns):
                with path.open("rb") as stream:
                    etag = hashlib.file_digest(stream, "md5").hexdigest()
                record = _record(About(etag=etag), status)
                self._store.put("s3-object", f"{bucket}/{key}", record)
        about = About(**record["about"])
        return StoredObject(bucket, key, path, status.st_size, about.etag or "", status.st_mtime, about)


def _mode(path: str) -> int:
    """Return what is at *path* itself, a symbolic link or what it says; 0 where nothing is."""
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _remove_empty(directory: Path, top: Path) -> None:
    """Remove a directory without entries, and those above it that then have none, below *top*."""
    while directory != top:
        try:
            directory.rmdir()
        except OSError:
            return  # not empty
        directory = directory.parent


def _record(about: About, status: os.stat_result) -> dict[str, Any]:
    return {
        "size": status.st_size,
        "time": status.st_mtime_ns,
        "about": {
            "content_type": about.content_type,
            "metadata": about.metadata,
            "headers": about.headers,
            "checksums": about.checksums,
            "etag": about.etag,
        },
    }
