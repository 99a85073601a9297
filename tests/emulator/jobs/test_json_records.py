"""Values and filters of JSON records."""

from __future__ import annotations

import json
from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_monitor.emulator.jobs.csv_records import RecordError
from sagemaker_monitor.emulator.jobs.json_records import compile_filter, parse, render

RECORD = {"features": [1, 2.5, 3], "id": "k", "deep": {"a b": {"x": 1}}, "rows": [{"x": 1}, {"x": 2}]}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$.features", [1, 2.5, 3]),
        ("$['features']", [1, 2.5, 3]),
        ("$.features[0]", 1),
        ("$.features[0,-1]", [1, 3]),
        ("$.features[1:]", [2.5, 3]),
        ("$.features[:-1]", [1, 2.5]),
        ("$['id','features']", {"id": "k", "features": [1, 2.5, 3]}),
        ("$.deep['a b'].x", 1),
        ("$.deep.['a b'].x", 1),
        ("$.rows[*].x", [1, 2]),
        ("$.rows[*]['x']", [1, 2]),
        ("$.deep.*", [{"x": 1}]),
        (" $ ", RECORD),
    ],
)
def test_filters_select(expression: str, expected: Any) -> None:
    """Members, items, slices and every item, from the record's own values."""
    keep = compile_filter(expression)

    assert (RECORD if keep is None else keep(RECORD)) == expected


@given(
    st.recursive(
        st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
        ),
    ),
    st.lists(st.sampled_from([".a", ".b", "[0]", "[-1]"]), min_size=1, max_size=3),
)
def test_plain_paths_find_what_jmespath_finds(record: Any, steps: list[str]) -> None:
    """On members and items JMESPath is an oracle; what it finds nothing at is an error here."""
    path = "".join(steps)
    keep = compile_filter(f"${path}")
    assert keep is not None
    expected = jmespath.search(f"@{path}", record)
    try:
        found = keep(record)
    except RecordError:
        found = None

    assert found == expected


@pytest.mark.parametrize(
    "expression", ["$..x", "features", "$[?(@.x)]", "$[0:9:2]", "$.a[", "$['a", "$.", "$[a]", "$['a',0]"]
)
def test_other_paths_are_refused_by_name(expression: str) -> None:
    """A path that there is no meaning for is refused, with the forms there are."""
    with pytest.raises(ValueError, match=r"is not supported; for JSON there are '\$'"):
        compile_filter(expression)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("$.label", r"has no 'label' for the filter '\$\.label'"),
        ("$['id','label']", "has no 'label'"),
        ("$.features[3]", "has 3 items, too few"),
        ("$.features[3:]", "has nothing that the filter"),
        ("$.id[0]", "has no list"),
        ("$[1:]", "has no list"),
    ],
)
def test_a_record_without_what_a_filter_names_is_refused(expression: str, reason: str) -> None:
    """A filter that selects nothing is an error, never an empty record."""
    keep = compile_filter(expression)

    assert keep is not None
    with pytest.raises(RecordError, match=reason):
        keep(RECORD)


@pytest.mark.parametrize("text", ["{", "", "{'a': 1}", '{"a": NaN}', '{"a": 1} {"b": 2}'])
def test_what_is_no_json_is_refused(text: str) -> None:
    """Values that JSON has no form for are refused too."""
    with pytest.raises(RecordError, match="is not JSON"):
        parse(text)


def test_keys_are_sorted_and_text_stays() -> None:
    """As recorded: no spaces, capitals first, letters of any script as they are."""
    assert render({"b": [1, 2.5], "SageMakerOutput": {"z": 1, "a": "é"}}) == (
        '{"SageMakerOutput":{"a":"é","z":1},"b":[1,2.5]}'
    )
    assert json.loads(render(RECORD)) == RECORD
