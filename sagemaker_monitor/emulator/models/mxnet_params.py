"""Read the arrays of an MXNet parameter file (`*.params`) without MXNet."""

from __future__ import annotations

import math
import struct

import numpy as np
from numpy.typing import NDArray

_LIST = 0x112
# How one array begins: version 1 has 64-bit dimensions, 2 adds the storage type, 3 numpy's shapes.
_V1, _V2, _V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_TYPES = ("<f4", "<f8", "<f2", "u1", "<i4", "i1", "<i8")
_DENSE = 0
_MOST_DIMENSIONS = 32


class ParametersError(Exception):
    """The bytes are no parameter file that can be read; the message says why."""


def read(content: bytes) -> dict[str, NDArray[np.generic]]:
    """Return the arrays by name, such as `arg:fc0_weight`, as MXNet's `mx.nd.save` wrote them.

    Source of the layout: MXNet's NDArray serialisation (src/ndarray/ndarray.cc), little-endian. Raises
    ParametersError.
    """
    reader = _Reader(content)
    if reader.number("Q") != _LIST:
        raise ParametersError("it does not begin as a list of MXNet arrays does")
    reader.number("Q")
    arrays = [reader.array() for _ in range(reader.count("array"))]
    names = [reader.name() for _ in range(reader.count("name"))]
    if len(names) != len(arrays):
        raise ParametersError(f"it has {len(arrays)} arrays and {len(names)} names")
    return dict(zip(names, arrays, strict=True))


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content, self._at = memoryview(content), 0

    def number(self, form: str) -> int:
        (value,) = struct.unpack(f"<{form}", self._take(struct.calcsize(f"<{form}")))
        return int(value)

    def count(self, what: str) -> int:
        """Return how many things follow; each takes at least eight bytes."""
        count = self.number("Q")
        if count * 8 > len(self._content) - self._at:
            raise ParametersError(f"it ends before its {count} {what}s")
        return count

    def name(self) -> str:
        return bytes(self._take(self.number("Q"))).decode("utf-8", "replace")

    def array(self) -> NDArray[np.generic]:
        version = self.number("I")
        if version in (_V2, _V3) and self.number("i") != _DENSE:
            raise ParametersError("it has a sparse array; only dense ones are read")
        # Before version 1 the number of dimensions came first, and they had 32 bits.
        old = version not in (_V1, _V2, _V3)
        dimensions = version if old else self.number("I")
        if dimensions > _MOST_DIMENSIONS:
            raise ParametersError("it has an array in a form that is not known")
        shape = [self.number("I" if old else "q") for _ in range(dimensions)]
        self._take(8)  # the device that it was saved from
        kind = self.number("i")
        if not 0 <= kind < len(_TYPES) or any(size < 0 for size in shape):
            raise ParametersError("it has an array in a form that is not known")
        dtype = np.dtype(_TYPES[kind])
        values = np.frombuffer(self._take(math.prod(shape) * dtype.itemsize), dtype)
        return values.reshape(shape)

    def _take(self, size: int) -> memoryview:
        if size > len(self._content) - self._at:
            raise ParametersError("it ends too early")
        self._at += size
        return self._content[self._at - size : self._at]
