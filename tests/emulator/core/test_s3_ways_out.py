"""Keys that look like ways out of the store, as they come over the wire."""

from __future__ import annotations

import http.client
import unicodedata
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.emulator.conftest import RunningEmulator

NFC = unicodedata.normalize("NFC", "é")
NFD = unicodedata.normalize("NFD", "é")
PATHS = {
    "/ways/../../../etc/evil": "../../../etc/evil",
    "/ways/..%2F..%2F..%2Fevil": "../../../evil",
    "/ways/%2e%2e/%2E%2E/evil": "../../evil",
    "/ways/%252e%252e/evil": "%2e%2e/evil",
    "/ways//etc/passwd": "/etc/passwd",
    "/ways/a/./b/../c": "a/./b/../c",
    "/ways/.incoming/x": ".incoming/x",
    "/ways/nul%00byte": "nul\x00byte",
    "/ways/back%5C..%5Cslash": "back\\..\\slash",
    "/ways/line%0Afeed": "line\nfeed",
    f"/ways/{quote(NFC)}": NFC,
    f"/ways/{quote(NFD)}": NFD,
    f"/ways/{'x' * 1024}": "x" * 1024,
    f"/ways/{'y/' * 512}": "y/" * 512,
}


def _outside(root: Path, bucket: Path) -> set[Path]:
    return {each for each in root.parent.rglob("*") if bucket not in each.parents and each != bucket}


@pytest.fixture(scope="module")
def wire(emulator: RunningEmulator) -> http.client.HTTPConnection:
    """A connection that sends paths as they are, and the bucket called ways."""
    emulator.client("s3").create_bucket(Bucket="ways")
    parts = urlsplit(emulator.url)
    return http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)


def _ask(wire: http.client.HTTPConnection, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    wire.putrequest(method, path, skip_accept_encoding=True)
    wire.putheader("Content-Length", str(len(body)))
    wire.endheaders(body)
    response = wire.getresponse()
    return response.status, response.read()


def test_every_key_stays_in_its_bucket(emulator: RunningEmulator, wire: http.client.HTTPConnection) -> None:
    """Dots, slashes, NUL, escapes, both spellings of é are keys of their own; no file comes elsewhere."""
    bucket = emulator.s3_root / "ways"
    before = _outside(emulator.state_dir, bucket)
    for number, path in enumerate(PATHS):
        assert _ask(wire, "PUT", path, b"%d" % number)[0] == 200, path
    for number, path in enumerate(PATHS):
        assert _ask(wire, "GET", path) == (200, b"%d" % number), path

    listed = emulator.client("s3").list_objects_v2(Bucket="ways")["Contents"]
    assert {each["Key"] for each in listed} == set(PATHS.values())
    assert _outside(emulator.state_dir, bucket) == before
    wire.close()


@pytest.mark.parametrize(
    "path", ["/../state.db", "/..%2Fstate.db", "/%2e%2e/state.db", "/.uploads/x", "/A/x"]
)
def test_what_is_no_bucket_is_not_found(wire: http.client.HTTPConnection, path: str) -> None:
    """Neither the directory above nor those of the store itself are buckets."""
    status, content = _ask(wire, "GET", path)

    assert status in (400, 404)
    assert b"SQLite" not in content
    assert _ask(wire, "PUT", path, b"x")[0] in (400, 404)
    wire.close()
