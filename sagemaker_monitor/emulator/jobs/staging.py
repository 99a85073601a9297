"""Bring a job's S3 inputs to its directory and its outputs to S3."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.jobs.failure import JobFailed
from sagemaker_monitor.emulator.s3.directory import StoredObject
from sagemaker_monitor.emulator.s3.keys import S3Error

ROOT = "/opt/ml"


@dataclass(frozen=True)
class Selected:
    """One object of an input, and its path below the input's directory."""

    stored: StoredObject
    name: str


def local_path(root: Path, path: str) -> Path:
    """Return where /opt/ml/… of a container lies for a job whose directory is *root*."""
    return root / PurePosixPath(path).relative_to(ROOT)


def select(context: Context, uri: str, role: str) -> list[Selected]:
    """Return the objects of an S3Prefix input, at least one; raise JobFailed with AWS's text for none.

    A URI is a plain-text prefix as in S3 itself, so `in` also finds `in2/`, and `in.csv` also
    `in.csv.bak`; names are relative to the prefix where it is a folder, else to the folder it is in.
    """
    try:
        # Keys that end in a slash are folders that the console made.
        found = [stored for stored in context.s3.list(uri) if not stored.key.endswith("/")]
    except S3Error as error:
        if error.code != "NoSuchBucket":
            raise JobFailed(f"ClientError: cannot read {uri}: {error}") from error
        found = []
    if not found:
        raise JobFailed(_no_objects(context, uri, role))
    base = _folder(uri, found)
    return [Selected(stored, stored.uri[len(base) :]) for stored in found]


def listed(context: Context, uri: str, role: str) -> tuple[list[Selected], str, tuple[str, ...]]:
    """Return the objects that a manifest lists, and the prefix and the names by which it does.

    A manifest is `[{"prefix": "s3://…/"}, "name", …]`, as S3DataSource documents it; of the name "" the
    prefix is the object. Raises JobFailed.
    """
    found = _object(context, uri, role)
    try:
        head, *names = json.loads(found.stored.path.read_bytes())
        prefix = head["prefix"]
        well_formed = isinstance(prefix, str) and names and all(isinstance(name, str) for name in names)
    except (ValueError, TypeError, KeyError):
        well_formed = False
    if not well_formed:
        raise JobFailed(f'ClientError: {uri} is no manifest; it must be [{{"prefix": "s3://…/"}}, "name", …]')
    selected = []
    for name in names:
        each = _object(context, prefix + name, role)
        selected.append(Selected(each.stored, name or each.name))
    return selected, prefix, tuple(names)


def staged(context: Context, source: Mapping[str, str], role: str) -> list[Selected]:
    """Return the objects of an input's S3 source, a prefix or a manifest; raise JobFailed."""
    if source["S3DataType"] == "ManifestFile":
        return listed(context, source["S3Uri"], role)[0]
    return select(context, source["S3Uri"], role)


def stored(context: Context, uri: str) -> list[Selected]:
    """Return the objects below the folder *uri*, which may have none."""
    base = uri.rstrip("/") + "/"
    try:
        found = context.s3.list(base)
    except S3Error as error:
        raise JobFailed(f"ClientError: cannot read {uri}: {error}") from error
    return [Selected(each, each.uri[len(base) :]) for each in found if not each.key.endswith("/")]


def copy_to(selected: Iterable[Selected], directory: Path, check: Callable[[], None]) -> None:
    """Copy objects below *directory*, calling *check* before each one."""
    for each in selected:
        check()
        target = directory / each.name
        if not target.resolve().is_relative_to(directory.resolve()):
            raise JobFailed(f"ClientError: {each.stored.uri} has a key that leaves its input's directory")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(each.stored.path, target)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise JobFailed(
                f"ClientError: {each.stored.uri} cannot be a file, or its folder cannot be one, "
                "because another object of the input has that name"
            ) from error


@dataclass(frozen=True)
class Upload:
    """One file to become one object."""

    path: Path
    uri: str


def collect(directory: Path, uri: str) -> list[Upload]:
    """Return the uploads that put every file below *directory* under *uri*, in name order."""
    base = uri.rstrip("/")
    inside = directory.resolve()
    files = []
    for folder, _, names in os.walk(directory):
        for path in (Path(folder) / name for name in names):
            if not path.resolve().is_relative_to(inside) or not path.is_file():
                name = path.relative_to(directory)
                raise JobFailed(f"ClientError: the output {str(name)[:200]!r} is no plain file of the job")
            files.append(path)
    return [Upload(path, f"{base}/{path.relative_to(directory).as_posix()}") for path in sorted(files)]


def _object(context: Context, uri: str, role: str) -> Selected:
    try:
        found = context.s3.get(uri)
    except S3Error as error:
        if error.code not in ("NoSuchBucket", "NoSuchKey"):
            raise JobFailed(f"ClientError: cannot read {uri}: {error}") from error
        raise JobFailed(_no_objects(context, uri, role)) from error
    return Selected(found, PurePosixPath(found.key).name)


def _folder(uri: str, found: list[StoredObject]) -> str:
    if uri.endswith("/"):
        return uri
    inside = all(stored.uri.startswith(uri + "/") for stored in found)
    return uri + "/" if inside or uri.count("/") < 3 else uri[: uri.rindex("/") + 1]


def _no_objects(context: Context, uri: str, role: str) -> str:
    bucket = uri.removeprefix("s3://").split("/", 1)[0]
    return (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. '
        f"Please ensure that the bucket exists in the selected region ({context.region}), "
        f'that objects exist under that S3 prefix, and that the role "{role}" '
        f'has "s3:ListBucket" permissions on bucket "{bucket}".'
    )
