"""Model servers of the tests: artifacts of several files, leases, requests."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import io
import tarfile
from pathlib import Path
from urllib.parse import urlsplit

from sagemaker_monitor.emulator.s3.directory import StoredObject


def archive(members: dict[str, bytes | str]) -> bytes:
    """Return a gzipped tar file of *members*."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def stored(path: Path, members: dict[str, bytes | str], name: str = "model.tar.gz") -> StoredObject:
    """Return an S3 object that is the archive of *members*, kept in the folder *path*."""
    content = archive(members)
    (path / name).write_bytes(content)
    return StoredObject("b", name, path / name, len(content), hashlib.md5(content).hexdigest(), 0.0)


def ask(
    endpoint: str, body: bytes, content_type: str = "text/csv", accept: str = ""
) -> tuple[int, str, bytes]:
    """Send a request; return status, Content-Type and body of the answer."""
    parts = urlsplit(endpoint)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    with contextlib.closing(connection):
        headers = {"Content-Type": content_type, **({"Accept": accept} if accept else {})}
        connection.request("POST", parts.path, body, headers)
        response = connection.getresponse()
        return response.status, response.headers.get("Content-Type", ""), response.read()
