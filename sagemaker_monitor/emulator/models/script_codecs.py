"""What AWS's script containers do where a script does not: decode requests, encode predictions."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sagemaker_monitor.emulator.models.exchange import CSV, JSON, RequestError

NPY = "application/x-npy"
# A script's input_fn gets these as text, everything else as bytes.
TEXTS = (JSON, CSV)


def decode(data: str | bytes, content_type: str) -> NDArray[Any]:
    """Return the array of a request; raise RequestError.

    CSV columns are typed one by one, and a single row is a vector, as in AWS's containers. Source:
    `encoders.decode` of the SageMaker Training Toolkit.
    """
    decoder = _DECODERS.get(content_type)
    if decoder is None:
        known = ", ".join(_DECODERS)
        raise RequestError(
            415, f"content type {content_type[:100]!r} needs an input_fn; without one there are {known}"
        )
    try:
        return decoder(data)
    except ValueError as error:
        raise RequestError(415, f"the request is no {content_type} that can be read: {error}") from error


def encode(prediction: Any, accept: str) -> bytes:
    """Return predictions as *accept* asks; raise RequestError 406 where there is no form for it."""
    encoder = _ENCODERS.get(accept)
    if encoder is None:
        known = ", ".join(_ENCODERS)
        raise RequestError(
            406, f"accept type {accept[:100]!r} needs an output_fn; without one there are {known}"
        )
    return encoder(prediction)


def _from_json(data: Any) -> NDArray[Any]:
    return np.array(json.loads(data))


def _from_csv(data: str) -> NDArray[Any]:
    table: NDArray[Any] = np.genfromtxt(io.StringIO(data), dtype=None, delimiter=",", encoding="utf-8")
    return table


def _from_npy(data: bytes) -> NDArray[Any]:
    # AWS's containers would unpickle objects; nobody needs that for numbers.
    array: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    return array


def _to_json(prediction: Any) -> bytes:
    return json.dumps(prediction, default=_plain).encode()


def _to_csv(prediction: Any) -> bytes:
    text = io.StringIO()
    np.savetxt(text, prediction, delimiter=",", fmt="%s")
    return text.getvalue().encode()


def _to_npy(prediction: Any) -> bytes:
    content = io.BytesIO()
    np.save(content, np.asarray(prediction), allow_pickle=False)
    return content.getvalue()


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no form in JSON")


_DECODERS: dict[str, Callable[[Any], NDArray[Any]]] = {CSV: _from_csv, JSON: _from_json, NPY: _from_npy}
_ENCODERS: dict[str, Callable[[Any], bytes]] = {JSON: _to_json, CSV: _to_csv, NPY: _to_npy}
