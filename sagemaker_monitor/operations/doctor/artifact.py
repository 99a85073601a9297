"""The model's archive: whether it is there, opens, and has what its container looks for."""

from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Iterator

from sagemaker_monitor.aws.storage import head, read_range
from sagemaker_monitor.operations.doctor.batch import DATA
from sagemaker_monitor.operations.doctor.context import Subject
from sagemaker_monitor.operations.doctor.finding import Finding, not_known, ok, problem, warning
from sagemaker_monitor.operations.doctor.rows import megabytes

MOST_BYTES = 4 << 20
MOST_UNPACKED = 64 << 20
"""How much of an archive is read, and how much of that is unpacked."""


def artifact(subject: Subject) -> Iterator[Finding]:
    """Yield whether the approved version's archive can be opened; without a version, the configured one's."""
    approved = subject.approved
    uri = approved.model_data_url if approved else None
    configured = subject.environment.storage.resolve(subject.model.artifact.model_data)
    where = subject.key("artifact", "model_data")
    stored = head(subject.aws, uri or configured)
    if stored is None and uri:
        yield problem(
            f"the archive of version {approved.number if approved else ''} is gone: {uri}",
            "bring it back (with versioning: aws s3api list-object-versions), or register the model again",
        )
    elif stored is None:
        yield warning(
            f"there is no archive at {configured} ({where})",
            "put it there, or run register with --artifact",
            side=DATA,
        )
    else:
        yield opened(subject, stored.uri, stored.size)


def opened(subject: Subject, uri: str, size: int) -> Finding:
    """Return whether an archive is a gzipped tar file with what the framework's container looks for."""
    content = read_range(subject.aws, uri, 0, min(size, MOST_BYTES)) if size else b""
    try:
        names, whole = members(content, size <= MOST_BYTES)
    except (tarfile.TarError, zlib.error, EOFError, ValueError) as error:
        return problem(
            f"{uri} is no gzipped tar file: {error or type(error).__name__}",
            "pack it with: tar czf model.tar.gz -C FOLDER .",
            side=DATA,
        )
    part = "" if whole else f", its first {megabytes(len(content))} read"
    told = f"{uri}: {megabytes(size)}, {len(names)} file{'' if len(names) == 1 else 's'}{part}"
    wanted = subject.model.artifact.entry_point
    if wanted is None:
        if whole and not names:
            return problem(f"{uri} holds no file", "pack the model's file into it", side=DATA)
        nested = whole and all("/" in name for name in names)
        if nested:
            return problem(
                f"{uri} has its files in a folder ({names[0].partition('/')[0]}/), and the container looks "
                "for the model at the top",
                "pack it with: tar czf model.tar.gz -C FOLDER .",
                side=DATA,
            )
        return ok(told)
    if f"code/{wanted}" in names:
        return ok(f"{told}, code/{wanted} among them")
    if not whole:
        return not_known(f"{told}; code/{wanted} is not among them")
    elsewhere = next((name for name in names if name.rpartition("/")[2] == wanted), None)
    return problem(
        f"{uri} has no code/{wanted}" + (f"; it has {elsewhere}" if elsewhere else ""),
        f"pack the script into the archive's folder code/, or correct "
        f"{subject.key('artifact', 'entry_point')}",
        side=DATA,
    )


def members(content: bytes, whole: bool) -> tuple[list[str], bool]:
    """Return the names of the files in the beginning of a gzipped tar file, and whether these are all.

    At most MOST_UNPACKED bytes are unpacked. Raises tarfile.TarError, zlib.error, ValueError for what is no
    gzipped tar file.
    """
    unpacker = zlib.decompressobj(wbits=31)
    unpacked = unpacker.decompress(content, MOST_UNPACKED)
    if whole and not unpacker.eof and not unpacker.unconsumed_tail:
        raise ValueError("it ends before its end: was its upload cut off?")
    complete = unpacker.eof
    names: list[str] = []
    with tarfile.TarFile(fileobj=io.BytesIO(unpacked)) as tar:
        while True:
            try:
                member = tar.next()
            except tarfile.TarError:
                if complete:
                    raise
                break  # where reading stopped
            if member is None:
                break
            if member.isfile():
                names.append(member.name.removeprefix("./"))
    return names, complete
