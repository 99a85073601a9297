"""Linear Learner artifacts as MXNet would write them, made from plain arrays."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np


def parameters(arrays: dict[str, Any]) -> bytes:
    """Return an MXNet parameter file of float32 arrays."""
    content = struct.pack("<QQQ", 0x112, 0, len(arrays))
    for values in arrays.values():
        array = np.asarray(values, dtype="<f4")
        content += struct.pack("<IiI", 0xF993FAC9, 0, array.ndim)
        content += struct.pack(f"<{array.ndim}q", *array.shape) + struct.pack("<iii", 1, 0, 0)
        content += array.tobytes()
    content += struct.pack("<Q", len(arrays))
    for name in arrays:
        content += struct.pack("<Q", len(name)) + name.encode()
    return content


def model_file(weights: Any, bias: Any, *, content: bytes | None = None, **attributes: Any) -> bytes:
    """Return a `model_algo-1`: *weights* (features, outputs), *bias* (outputs), and the attributes given."""
    known = {"predictor_type": "binary_classifier", "loss_type": "logistic", "threshold": 0.5}
    arrays = {"arg:fc0_weight": weights, "arg:fc0_bias": np.reshape(bias, (1, -1))}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("manifest.json", '{"mx-mod": "mxnet_module", "version": 1}')
        archive.writestr("additional-params.json", json.dumps(known | attributes))
        archive.writestr("mx-mod-0000.params", parameters(arrays) if content is None else content)
    return buffer.getvalue()


def unpacked(directory: Path, content: bytes) -> Path:
    """Write a `model_algo-1` into *directory*, as an unpacked artifact has it."""
    (directory / "model_algo-1").write_bytes(content)
    return directory
