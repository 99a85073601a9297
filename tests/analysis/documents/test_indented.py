"""Indented JSON is the standard library's, byte for byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_monitor.analysis.documents.indented import indented

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_it_is_what_the_standard_library_writes(value: Any) -> None:
    """Of any value, empty objects and lists included."""
    assert indented(value) == json.dumps(value, indent=4, allow_nan=False)


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": [{"b": float("-inf")}]}])
def test_what_is_no_number_is_refused(value: Any) -> None:
    """JSON has neither NaN nor infinities."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        indented(value)
