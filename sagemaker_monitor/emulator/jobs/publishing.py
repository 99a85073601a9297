"""Make a job's outputs appear in S3 all together, or as if the job had never been.

What an output replaces is kept until the job's end is on record, as a link where the file system can. So an
output can be taken back at any moment, also by the next emulator after a kill.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.jobs.failure import JobFailed
from sagemaker_monitor.emulator.jobs.staging import Upload
from sagemaker_monitor.emulator.s3.directory import S3Directory
from sagemaker_monitor.emulator.s3.keys import S3Error, split_uri
from sagemaker_monitor.emulator.s3.stored import About

NOTE = "_Publishing"
"""The member of a job's record that has the appearances while they can be taken back."""
Appearance = dict[str, Any]
"""An object that appears: its `uri`; of one that it replaces, the file where it is `kept`, and `about` it."""


def kept_in(root: Path) -> Path:
    """Return where a job, whose directory is *root*, keeps what its outputs replace."""
    return root / "replaced"


def appearances(s3: S3Directory, uploads: Iterable[Upload], folder: Path) -> list[Appearance]:
    """Keep in *folder* what *uploads* will replace, and return how to take them back."""
    found: list[Appearance] = []
    for number, upload in enumerate(uploads):
        appearance: Appearance = {"uri": upload.uri}
        if s3.exists(upload.uri):
            stored = s3.get(upload.uri)
            folder.mkdir(exist_ok=True)
            _keep(stored.path, folder / str(number))
            about = asdict(replace(stored.about, etag=stored.etag))
            appearance |= {"kept": str(number), "about": about}
        found.append(appearance)
    return found


def publish(s3: S3Directory, uploads: Iterable[Upload]) -> None:
    """Store every upload; raise JobFailed when one cannot be: then all of them are to be taken back."""
    try:
        for upload in uploads:
            s3.put_file(upload.uri, upload.path)
    except (OSError, S3Error) as error:
        what = error.strerror if isinstance(error, OSError) else str(error)
        raise JobFailed(f"ClientError: the outputs could not be stored in S3: {what}") from error


def withdraw(s3: S3Directory, found: Iterable[Appearance], folder: Path) -> None:
    """Take outputs back: what was new goes, what was replaced returns."""
    for appearance in found:
        with contextlib.suppress(S3Error):  # its bucket is not there, nor was
            if "kept" not in appearance:
                s3.delete(appearance["uri"])
            elif (kept := folder / appearance["kept"]).exists():
                s3.adopt(*split_uri(appearance["uri"]), kept, About(**appearance["about"]))
    drop(folder)


def drop(folder: Path) -> None:
    """Let go of what was kept."""
    shutil.rmtree(folder, ignore_errors=True)


def _keep(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError:  # another file system, or one without links
        shutil.copy2(path, target)
