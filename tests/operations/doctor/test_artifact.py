"""What doctor says of models' archives: whole, cut off, packed wrongly, and too large to read."""

from __future__ import annotations

import io
import random
import tarfile
from pathlib import Path

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import put
from sagemaker_monitor.operations.doctor import artifact
from sagemaker_monitor.operations.doctor.finding import Finding
from sagemaker_monitor.settings import Model
from tests.operations.doctor.looking import edit, subject

SCRIPT = 'framework: scikit-learn\n  entry_point: inference.py\n  version: "1.2-1"'


def archive(**files: bytes) -> bytes:
    """Return a gzipped tar file; `__` in names is a slash, `_` before `py` a dot."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name.replace("__", "/").replace("_py", ".py"))
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def noise(count: int) -> bytes:
    """Return bytes that do not compress."""
    return random.Random(1).randbytes(count)


def looked(aws: Aws, conf: Path, model: Model, content: bytes) -> Finding:
    """Return what is found of an archive at the configured place."""
    put(aws, aws.environment.storage.resolve(model.artifact.model_data), content)
    (found,) = artifact.artifact(subject(conf))
    return found


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (archive(model=b"x"), "ok", "1 file"),
        (archive(model=noise(3000))[:2000], "problem", "it ends before its end: was its upload cut off?"),
        (b"<html>not found</html>", "problem", "is no gzipped tar file"),
        (b"", "problem", "is no gzipped tar file"),
        (archive(), "problem", "holds no file"),
        (archive(export__model=b"x"), "problem", "has its files in a folder (export/)"),
        (archive(model=noise(5_000_000), more=b"x"), "ok", "its first 4.2 MB read"),
    ],
    ids=["whole", "cut off", "a page", "nothing", "empty", "in a folder", "large"],
)
def test_an_archive(aws: Aws, conf: Path, model: Model, content: bytes, status: str, said: str) -> None:
    """Of an XGBoost model, whose container looks for the file at the top."""
    found = looked(aws, conf, model, content)

    assert (found.status, said in found.seen) == (status, True)


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (archive(model=b"x", code__inference_py=b"y"), "ok", "code/inference.py among them"),
        (archive(model=b"x", inference_py=b"y"), "problem", "has no code/inference.py; it has inference.py"),
        (archive(model=b"x"), "problem", "has no code/inference.py"),
        (archive(model=noise(5_000_000)), "not known", "code/inference.py is not among them"),
    ],
    ids=["there", "elsewhere", "nowhere", "beyond what is read"],
)
def test_the_script_of_an_archive(
    aws: Aws, conf: Path, model: Model, content: bytes, status: str, said: str
) -> None:
    """The container looks for it in the folder code/."""
    edit(conf, 'framework: xgboost\n  version: "1.7-1"', SCRIPT, "models/mortgage.yaml")

    found = looked(aws, conf, model, content)

    assert (found.status, said in found.seen) == (status, True)
