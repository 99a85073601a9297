"""What an artifact may unpack to."""

from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc
from pathlib import Path

import pytest

from sagemaker_monitor.emulator.models.archive import ArtifactError, Limits, extract


def pack(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    """Write a model.tar.gz with *members*."""
    with tarfile.open(path / "model.tar.gz", "w:gz") as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path / "model.tar.gz"


def test_files_are_unpacked(tmp_path: Path) -> None:
    """An ordinary artifact unpacks to its files."""
    archive = pack(tmp_path, (tarfile.TarInfo("xgboost-model"), b"{}"))

    extract(archive, tmp_path / "out", name="s3://b/model.tar.gz")

    assert (tmp_path / "out" / "xgboost-model").read_bytes() == b"{}"


def test_a_member_cannot_leave_the_directory(tmp_path: Path) -> None:
    """A path that climbs out is refused and nothing is written there."""
    archive = pack(tmp_path, (tarfile.TarInfo("../evil"), b"x"))

    with pytest.raises(ArtifactError, match="must not be unpacked"):
        extract(archive, tmp_path / "out", name="s3://b/model.tar.gz")
    assert not (tmp_path / "evil").exists()


def test_an_archive_that_grows_too_large_is_refused(tmp_path: Path) -> None:
    """The unpacked size is bounded, whatever the archive's own size."""
    archive = pack(tmp_path, (tarfile.TarInfo("xgboost-model"), b"0" * 1000))

    with pytest.raises(ArtifactError, match="more than 999 bytes"):
        extract(archive, tmp_path / "out", name="m", limits=Limits(content_bytes=999))


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"\x1f\x8b\x08\x00broken"])
def test_what_is_no_archive_is_named(tmp_path: Path, content: bytes) -> None:
    """A file that is no gzipped tar says so, and how to make one."""
    (tmp_path / "model.tar.gz").write_bytes(content)

    with pytest.raises(ArtifactError, match=r"s3://b/model\.tar\.gz is no gzipped tar file .* tar czf"):
        extract(tmp_path / "model.tar.gz", tmp_path / "out", name="s3://b/model.tar.gz")


def test_a_header_is_not_read_whole_into_memory(tmp_path: Path) -> None:
    """A name of hundreds of megabytes, packed to one, is refused before it is read."""
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 256 << 20
    archive = tmp_path / "model.tar.gz"
    with gzip.open(archive, "wb", compresslevel=1) as packed:
        packed.write(info.tobuf())
        packed.write(b"n" * (2 << 20))
    tracemalloc.start()
    with pytest.raises(ArtifactError, match="has a header of more than 1048576 bytes"):
        extract(archive, tmp_path / "out", name="s3://b/model.tar.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 8 << 20


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.LNKTYPE, tarfile.SYMTYPE])
def test_only_files_are_unpacked(tmp_path: Path, kind: bytes) -> None:
    """Devices, pipes and links of both kinds are refused by name."""
    info = tarfile.TarInfo("odd")
    info.type, info.linkname = kind, "/etc/passwd"
    archive = tmp_path / "model.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(info)

    with pytest.raises(ArtifactError, match="'odd', a link or device"):
        extract(archive, tmp_path / "out", name="s3://b/model.tar.gz")
