"""Serve a model through the user's script: model_fn, input_fn, predict_fn, output_fn, or transform_fn."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.models.exchange import JSON, Answer, RequestError, media_type, text_of
from sagemaker_monitor.emulator.models.script_codecs import TEXTS, decode, encode

_FUNCTIONS = ("input_fn", "predict_fn", "output_fn")


@dataclass(frozen=True)
class Toolkit:
    """What a framework's container does for the functions that a script does not have."""

    name: str
    input_fn: Callable[[Any, str], Any]
    predict_fn: Callable[[Any, Any], Any]


class ScriptModel:
    """A script and the model that its model_fn returned; one request at a time."""

    def __init__(self, toolkit: Toolkit, program: Path, model_dir: Path) -> None:
        """Import the script and call its model_fn. Raises ArtifactError."""
        self._program = program
        self._versions: list[str] = []
        self._turn = threading.Lock()
        with self._watched():
            module = _import(program)
            functions = _functions(module, toolkit, program)
            self._model = functions["model_fn"](str(model_dir))
        self._transform = functions.get("transform_fn")
        self._functions = functions

    def answer(self, content_type: str, accept: str, body: bytes) -> Answer:
        """Return what the script's functions make of the request. Raises RequestError, 500 if they fail."""
        kind = media_type(content_type, JSON)
        wanted = media_type(accept.split(",")[0], "*/*")
        if wanted == "*/*":
            wanted = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
        data = text_of(body) if kind in TEXTS else body
        with self._turn:
            try:
                result = self._call(data, kind, wanted)
            except RequestError as error:
                if self._versions:
                    raise RequestError(error.status, f"{error}; {'; '.join(self._versions)}") from error
                raise
        return _answer(result, wanted)

    def _call(self, data: Any, kind: str, wanted: str) -> Any:
        if self._transform is not None:
            return self._run("transform_fn", self._model, data, kind, wanted)
        given = self._run("input_fn", data, kind)
        prediction = self._run("predict_fn", given, self._model)
        return self._run("output_fn", prediction, wanted)

    def _run(self, name: str, *arguments: Any) -> Any:
        try:
            return self._functions[name](*arguments)
        except RequestError:
            raise
        # The border of the user's code, which may raise anything.
        except Exception as error:
            traceback.print_exc()
            raise RequestError(500, f"{name} of {self._program.name} raised {_words(error)}") from error

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Turn whatever the user's code raises into an ArtifactError; note the versions it warns about."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                yield
            except ArtifactError:
                raise
            except ModuleNotFoundError as error:
                raise ArtifactError(
                    f"{self._program.name} needs the package {error.name!r}, which is not here: scripts run "
                    "in the emulator's own Python; install it there"
                ) from error
            # The border of the user's code, which may raise anything and may exit.
            except (Exception, SystemExit) as error:
                traceback.print_exc()
                self._versions = _versions(caught)
                told = "; ".join([f"{self._program.name} failed: {_words(error)}", *self._versions])
                raise ArtifactError(told) from error
        self._versions = _versions(caught)
        for version in self._versions:
            print(version, file=sys.stderr, flush=True)


def serve(toolkit: Toolkit, model_dir: Path, environ: dict[str, str]) -> ScriptModel:
    """Return the model of the script that SAGEMAKER_PROGRAM names. Raises ArtifactError."""
    folder = Path(environ.get("SAGEMAKER_SUBMIT_DIRECTORY", str(model_dir / "code")))
    program = folder / environ["SAGEMAKER_PROGRAM"]
    if not program.is_file():
        found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        raise ArtifactError(
            f"there is no script {environ['SAGEMAKER_PROGRAM']!r} in {folder.name}/ "
            f"(SAGEMAKER_SUBMIT_DIRECTORY); found {', '.join(found[:10])[:300] or 'nothing'}"
        )
    _require(folder / "requirements.txt")
    return ScriptModel(toolkit, program, model_dir)


def _require(file: Path) -> None:
    """Raise ArtifactError for the packages of a requirements file that are not there."""
    if not file.is_file():
        return
    # In a job's process this pip installs nothing: see jobs/site/pip.
    asked = [sys.executable, "-m", "pip", "install", "-r", str(file)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    print(done.stdout, file=sys.stderr, end="", flush=True)
    if done.returncode:
        raise ArtifactError(f"{file.name}: {done.stderr.strip()[:500]}")


def scikit_learn() -> Toolkit:
    """Return what the scikit-learn container does: arrays in float32, model.predict."""

    def input_fn(data: Any, content_type: str) -> Any:
        array = decode(data, content_type)
        return array.astype(np.float32) if content_type in TEXTS else array

    return Toolkit("scikit-learn", input_fn, lambda given, model: model.predict(given))


def xgboost() -> Toolkit:
    """Return what the XGBoost container does in script mode: a DMatrix, booster.predict."""

    def input_fn(data: Any, content_type: str) -> Any:
        from xgboost import DMatrix

        return DMatrix(np.atleast_2d(decode(data, content_type).astype(np.float32)))

    def predict_fn(given: Any, model: Any) -> Any:
        return model.predict(given, validate_features=False)

    return Toolkit("XGBoost", input_fn, predict_fn)


def _import(program: Path) -> ModuleType:
    """Import the script under its own name, with its folder first on the path; pickles may refer to it."""
    sys.path.insert(0, str(program.parent))
    specification = importlib.util.spec_from_file_location(program.stem, program)
    if specification is None or specification.loader is None:
        raise ArtifactError(f"{program.name} is no Python script; SAGEMAKER_PROGRAM must end in .py")
    module = importlib.util.module_from_spec(specification)
    sys.modules[program.stem] = module
    specification.loader.exec_module(module)
    return module


def _functions(module: ModuleType, toolkit: Toolkit, program: Path) -> dict[str, Callable[..., Any]]:
    own = {
        name: getattr(module, name)
        for name in ("model_fn", "transform_fn", *_FUNCTIONS)
        if callable(getattr(module, name, None))
    }
    if "model_fn" not in own:
        raise ArtifactError(
            f"{program.name} has no model_fn(model_dir), which returns the model; the {toolkit.name} "
            "container has no default for it"
        )
    mixed = [name for name in _FUNCTIONS if name in own]
    if "transform_fn" in own and mixed:
        raise ArtifactError(f"{program.name} has transform_fn and {', '.join(mixed)}; it is one or the other")
    defaults = {"input_fn": toolkit.input_fn, "predict_fn": toolkit.predict_fn, "output_fn": encode}
    return {**defaults, **own}


def _answer(result: Any, wanted: str) -> Answer:
    """Return what output_fn gave as an answer: a body, a body with its type, or a Response with both."""
    if hasattr(result, "get_data"):
        return Answer(result.mimetype or wanted, result.get_data())
    body, kind = result if isinstance(result, tuple) and len(result) == 2 else (result, wanted)
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, bytes | bytearray) or not isinstance(kind, str):
        raise RequestError(
            500, f"output_fn returned {type(body).__name__}; it must return str or bytes, or (body, accept)"
        )
    return Answer(kind, bytes(body))


def _versions(caught: list[warnings.WarningMessage]) -> list[str]:
    """Say which version of scikit-learn saved what was loaded, where it is another than this one."""
    found = {
        (each.message.original_sklearn_version, each.message.current_sklearn_version)
        for each in caught
        if hasattr(each.message, "original_sklearn_version")
        and hasattr(each.message, "current_sklearn_version")
    }
    return [
        f"the model was saved by scikit-learn {saved} and is read by {here}: predictions may differ or fail; "
        f"install scikit-learn {saved} beside the emulator, or save the model anew"
        for saved, here in sorted(found)
    ]


def _words(error: BaseException) -> str:
    """Return an error and the script's line that it came through last."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = str(Path(__file__).parent)
    lines = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames if ours not in frame.filename]
    where = f" ({lines[-1]})" if lines else ""
    return f"{type(error).__name__}: {str(error)[:400]}{where}"
