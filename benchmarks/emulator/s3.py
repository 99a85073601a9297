"""S3's work with boto3 as everybody uses it: one large object, many clients, many small objects, listings."""

from __future__ import annotations

import hashlib
import random
import statistics
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.emulator.servers import Running, client, cpu_seconds, forget_peak, peak_memory, watched

BUCKET = "bench"
_MIB = 1 << 20


@dataclass(frozen=True)
class Size:
    """How much of everything is done."""

    large: int
    """MiB of the large object."""
    small: int
    """How many small objects."""
    clients: int = 4


SIZES = {"small": Size(large=64, small=400), "large": Size(large=128, small=1_000)}
WHOLE = Size(large=1024, small=10_000)
"""What the emulator has to bear, and moto's server does not within the timeouts of its clients."""


@dataclass(frozen=True)
class Cost:
    """What one piece of work took: seconds of wall clock, the server's CPU, and its peak memory in MiB."""

    wall: float
    cpu: float
    memory: float


class Meter:
    """Costs of pieces of work at one server, by name."""

    def __init__(self, server: Running) -> None:
        """Measure *server*."""
        self.costs: dict[str, Cost] = {}
        self._server = server

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Note what the block takes."""
        pid = self._server.pid
        forget_peak(pid)
        cpu, began = cpu_seconds(pid), time.perf_counter()
        with watched(pid):
            yield
        self.costs[name] = Cost(time.perf_counter() - began, cpu_seconds(pid) - cpu, peak_memory(pid))


def digests(mebibytes: int) -> float:
    """Return the seconds of CPU that MD5 and CRC32 of so many bytes take by themselves, a median of three."""
    part = random.Random(1).randbytes(_MIB)
    taken = []
    for _ in range(3):
        began, made, checksum = time.process_time(), hashlib.md5(usedforsecurity=False), 0
        for _ in range(mebibytes):
            made.update(part)
            checksum = zlib.crc32(part, checksum)
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def work(server: Running, folder: Path, size: Size, pool: Executor) -> dict[str, Cost]:
    """Do all pieces at one server, what comes back compared with what was sent; return what they cost."""
    meter, s3 = Meter(server), server.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    source, target = folder / "source.bin", folder / "target.bin"
    digest = _make(source, size.large)
    with meter.measure("large up"):
        s3.upload_file(str(source), BUCKET, "large.bin")
    with meter.measure("large down"):
        s3.download_file(BUCKET, "large.bin", str(target))
    _same(_digest(target), digest, "the large object")
    with meter.measure("large down at once"):
        everyone(pool, size.clients, _download, server.url, "large.bin", folder)
    for number in range(size.clients):
        copy = folder / f"copy-{number}.bin"
        _same(_digest(copy), digest, "a client's copy of the large object")
        copy.unlink()
    each = size.small // size.clients
    with meter.measure("small up"):
        everyone(pool, size.clients, _put_small, server.url, each)
    with meter.measure("small down"):
        everyone(pool, size.clients, _get_small, server.url, each)
    with meter.measure("list"):
        keys = _listed(s3, "small/")
    _same(len(keys), each * size.clients, "the number of listed keys")
    with meter.measure("list folders"):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="small/", Delimiter="/")
        folders = [each["Prefix"] for page in pages for each in page["CommonPrefixes"]]
    _same(folders, [f"small/{number}/" for number in range(size.clients)], "the folders")
    with meter.measure("delete"):
        for first in range(0, len(keys), 1000):
            batch = [{"Key": key} for key in keys[first : first + 1000]]
            s3.delete_objects(Bucket=BUCKET, Delete={"Objects": batch, "Quiet": True})
    _same(_listed(s3, "small/"), [], "what is left")
    return meter.costs


def everyone(pool: Executor, clients: int, act: Callable[..., None], *arguments: Any) -> None:
    """Let *clients* processes act at once, each with its number as the last argument."""
    for future in [pool.submit(act, *arguments, number) for number in range(clients)]:
        future.result()


def _download(url: str, key: str, folder: Path, number: int) -> None:
    client(url, "s3").download_file(BUCKET, key, str(folder / f"copy-{number}.bin"))


def _put_small(url: str, each: int, number: int) -> None:
    s3 = client(url, "s3")
    for place in range(each):
        s3.put_object(Bucket=BUCKET, Key=f"small/{number}/{place:06}.txt", Body=b"%d" % place * 100)


def _get_small(url: str, each: int, number: int) -> None:
    s3 = client(url, "s3")
    for place in range(each):
        content = s3.get_object(Bucket=BUCKET, Key=f"small/{number}/{place:06}.txt")["Body"].read()
        _same(content, b"%d" % place * 100, f"object {place}")


def _listed(s3: Any, prefix: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    return [each["Key"] for page in pages for each in page.get("Contents", ())]


def _make(path: Path, mebibytes: int) -> str:
    """Write a file whose blocks all differ, and return its digest."""
    block = hashlib.shake_256(b"block").digest(_MIB - 8)
    with path.open("wb") as file:
        for number in range(mebibytes):
            file.write(number.to_bytes(8, "big") + block)
    return _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _same(found: Any, wanted: Any, what: str) -> None:
    if found != wanted:
        raise AssertionError(f"{what}: {str(found)[:200]}, not {str(wanted)[:200]}")
