"""Read an XGBoost model as AWS's XGBoost container does: JSON, UBJSON, or a pickled Booster."""

from __future__ import annotations

import io
import pickle
import struct
from pathlib import Path
from typing import Any

from xgboost import Booster
from xgboost.core import XGBoostError

from sagemaker_monitor.emulator.models.archive import ArtifactError

MODEL_FILE = "xgboost-model"

# The last version that has wheels for today's Python, reads these formats and writes JSON.
_CONVERTER = "xgboost==1.7.6 'numpy<2' scipy"
_FROM_BINARY = "x.Booster(model_file={name!r}).save_model('xgboost-model.json')"
_FROM_PICKLE = "pickle.load(open({name!r}, 'rb')).save_model('xgboost-model.json')"
# A pickle of 0.90 holds the bare model, which later versions only load as a model.
_FROM_OLD_PICKLE = (
    "x.Booster.__setstate__ = lambda b, s: b.__dict__.update(state=s); "
    "m = x.Booster(); m.load_model(pickle.load(open({name!r}, 'rb')).state['handle']); "
    "m.save_model('xgboost-model.json')"
)
_SERIALIZED = b"CONFIG-offset:"
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
        raise ArtifactError(_foreign(path.name, content))
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
        raise ArtifactError(
            f"{name!r} is a pickled booster of {_writer(handle)}, which today's XGBoost cannot read; "
            + _convert(name, _FROM_PICKLE if handle.startswith(_SERIALIZED) else _FROM_OLD_PICKLE)
        )
    booster = Booster()
    try:
        booster.__setstate__({**shell.state, "handle": bytearray(handle)})
    except XGBoostError as error:
        raise ArtifactError(
            f"{name!r} is a pickled booster that cannot be read: {_first_line(error)}"
        ) from error
    return booster


def _foreign(name: str, content: bytes) -> str:
    if content[:4] == b"binf":
        return (
            f"{name!r} is in the binary format of {_writer(content)}, "
            f"which today's XGBoost cannot read; {_convert(name, _FROM_BINARY)}"
        )
    return (
        f"{name!r} is no XGBoost model: it is neither JSON, UBJSON nor a pickled Booster. "
        f"If it is in XGBoost's old binary format, {_convert(name, _FROM_BINARY)}"
    )


def _convert(name: str, program: str) -> str:
    """Return the commands that make a model of today from the file *name*."""
    code = f"import pickle, xgboost as x; {program.format(name=name)}"
    return (
        f"convert it, in a virtual environment of its own: pip install {_CONVERTER}; "
        f'then, where the file is: python -c "{code}"; tar czf model.tar.gz xgboost-model.json'
    )


def _writer(binary: bytes) -> str:
    """Say which XGBoost container wrote the binary model: its header carries the version since 1.0."""
    if binary.startswith(_SERIALIZED):
        binary = binary[len(_SERIALIZED) + 8 :]
    binary = binary.removeprefix(b"binf")
    if len(binary) < 28:
        return "an unknown XGBoost container"
    major, minor = struct.unpack_from("<II", binary, 20)
    if major == 0:
        return "XGBoost container 0.90 or older"
    return (
        f"XGBoost container {major}.{minor}" if major < 10 and minor < 100 else "an unknown XGBoost container"
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else "unreadable"
