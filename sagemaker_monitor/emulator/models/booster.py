"""Read an XGBoost model as AWS's XGBoost containers do: JSON, UBJSON, old binaries, pickled or not."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

from xgboost import Booster
from xgboost.core import XGBoostError

from sagemaker_monitor.emulator.models import old_binary
from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.models.old_binary import OldBinaryError

MODEL_FILE = "xgboost-model"

# The last version that has wheels for today's Python, reads these formats and writes JSON.
_CONVERTER = "xgboost==1.7.6 'numpy<2' scipy"
_FROM_BINARY = "x.Booster(model_file={name!r}).save_model('xgboost-model.json')"
_FROM_PICKLE = "pickle.load(open({name!r}, 'rb')).save_model('xgboost-model.json')"
_PICKLED = {("builtins", "bytearray"): bytearray}


def find_model(directory: Path) -> Path:
    """Return the model file of an unpacked artifact: `xgboost-model`, or else the only file there."""
    if (directory / MODEL_FILE).is_file():
        return directory / MODEL_FILE
    entries = sorted(path.name for path in directory.iterdir() if not path.name.startswith("."))
    files = [name for name in entries if (directory / name).is_file()]
    if len(files) == 1:
        return directory / files[0]
    found = ", ".join(entries[:10])[:300] or "nothing"
    raise ArtifactError(
        f"the artifact holds no XGBoost model: expected a file named {MODEL_FILE!r}, or a single file; "
        f"found {found}"
    )


def load(directory: Path) -> Booster:
    """Return the booster of the artifact unpacked in *directory*; raise ArtifactError where there is none."""
    path = find_model(directory)
    content = path.read_bytes()
    if content[:1] == b"\x80":
        return _from_pickle(path.name, content)
    if content[:1] != b"{":
        return _from_binary(path.name, content)
    booster = Booster()
    try:
        booster.load_model(bytearray(content))
    except XGBoostError as error:
        raise ArtifactError(f"{path.name!r} is no XGBoost model: {_first_line(error)}") from error
    return booster


class _State:
    """Stands for the pickled Booster, so that unpickling only collects its state."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.state = state


class _Unpickler(pickle.Unpickler):
    """Reads a Booster and nothing else: a pickle may otherwise run any code."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the class for a global of the pickle, or refuse it."""
        if (module, name) == ("xgboost.core", "Booster"):
            return _State
        if (module, name) in _PICKLED:
            return _PICKLED[module, name]
        raise ArtifactError(
            f"the pickled model refers to {f'{module}.{name}'[:200]}; "
            "only a pickled xgboost.core.Booster is read. "
            "Save the booster instead: model.get_booster().save_model('xgboost-model.json')"
        )


def _from_pickle(name: str, content: bytes) -> Booster:
    try:
        shell = _Unpickler(io.BytesIO(content)).load()
        handle = bytes(shell.state["handle"])
    except ArtifactError:
        raise
    # A damaged pickle raises nearly anything.
    except (
        pickle.UnpicklingError,
        AttributeError,
        EOFError,
        ImportError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        raise ArtifactError(f"{name!r} is a pickle that cannot be read: {error!r:.200}") from error
    if handle[:1] != b"{":
        try:
            return old_binary.read(handle)
        except OldBinaryError as error:
            raise ArtifactError(
                f"{name!r} is a pickled booster of an old XGBoost that cannot be read: {error}; "
                + _convert(name, _FROM_PICKLE)
            ) from error
    booster = Booster()
    try:
        booster.__setstate__({**shell.state, "handle": bytearray(handle)})
    except XGBoostError as error:
        raise ArtifactError(
            f"{name!r} is a pickled booster that cannot be read: {_first_line(error)}"
        ) from error
    return booster


def _from_binary(name: str, content: bytes) -> Booster:
    try:
        return old_binary.read(content)
    except OldBinaryError as error:
        if content.startswith(old_binary.PREFIX):
            what = f"{name!r} is in XGBoost's old binary format and cannot be read: {error}"
        else:
            what = (
                f"{name!r} is no XGBoost model: it is neither JSON, UBJSON nor a pickled Booster, "
                f"nor XGBoost's old binary format: {error}"
            )
        raise ArtifactError(f"{what}; if an old XGBoost reads it, {_convert(name, _FROM_BINARY)}") from error


def _convert(name: str, program: str) -> str:
    """Return the commands that make a model of today from the file *name*."""
    code = f"import pickle, xgboost as x; {program.format(name=name)}"
    return (
        f"convert it, in a virtual environment of its own: pip install {_CONVERTER}; "
        f'then, where the file is: python -c "{code}"; tar czf model.tar.gz xgboost-model.json'
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else "unreadable"
