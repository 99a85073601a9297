"""Models that lie in S3 as they are, without an archive: packed once, to be kept and served as others are."""

from __future__ import annotations

import hashlib
import tarfile
import uuid

from sagemaker_monitor.emulator.api.context import Context
from sagemaker_monitor.emulator.jobs.failure import JobFailed
from sagemaker_monitor.emulator.jobs.staging import select
from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.s3.directory import StoredObject


def packed(context: Context, uri: str) -> StoredObject:
    """Return an archive of the objects at *uri*, a prefix or one object; raise ArtifactError for none."""
    try:
        found = select(context, uri, "")
    except JobFailed as failed:
        raise ArtifactError(f"could not find model data at {uri}: there are no objects") from failed
    told = "\n".join(f"{each.name} {each.stored.etag}" for each in found)
    digest = hashlib.sha256(told.encode()).hexdigest()
    folder = context.config.state_dir / "packed"
    archive = folder / f"{digest}.tar.gz"
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # Several may pack the same model at once.
        partial = folder / f"{uuid.uuid4().hex}.partial"
        with tarfile.open(partial, "w:gz", compresslevel=1) as tar:
            for each in found:
                tar.add(each.stored.path, each.name)
        partial.rename(archive)
    first = found[0].stored
    return StoredObject(first.bucket, uri, archive, archive.stat().st_size, digest, modified=0.0)
