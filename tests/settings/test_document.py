"""What a file that is no proper YAML is answered."""

from __future__ import annotations

import string
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagemaker_monitor.settings import load_model
from sagemaker_monitor.settings.document import MAX_BYTES, Document, overlay
from sagemaker_monitor.settings.errors import Position

from .conftest import MODEL, Project

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

UNREADABLE: dict[str, tuple[str | bytes, list[str]]] = {
    "nothing": ("", [": is empty: it needs at least `schema_version: 1`"]),
    "only a comment": ("# soon\n", [": is empty: it needs at least `schema_version: 1`"]),
    "a list": ("- a\n- b\n", [":1: must be a mapping: lines of `key: value`"]),
    "a word": ("hello", [":1: must be a mapping: lines of `key: value`"]),
    "no version": (
        MODEL.replace("schema_version: 1\n", ""),
        [":1: schema_version is missing: write `schema_version: 1` at the top"],
    ),
    "a newer version": (
        MODEL.replace("schema_version: 1", "schema_version: 2"),
        [
            ":1: schema_version: is 2, newer than this version reads (1): upgrade sagemaker-monitor",
        ],
    ),
    "a version in quotes": (
        MODEL.replace("schema_version: 1", "schema_version: '1'"),
        [":1: schema_version: must be the number 1"],
    ),
    "a version that is true": (
        MODEL.replace("schema_version: 1", "schema_version: yes"),
        [":1: schema_version: must be the number 1"],
    ),
    "a key twice": (
        MODEL + "artifact:\n  framework: xgboost\n",
        [":19: the key 'artifact' stands twice, first on line 3: remove one"],
    ),
    "keys twice at two depths": (
        MODEL.replace("  record_key: id\n", "  record_key: id\n  label: other\n") + "model: loans\n",
        [
            ":10: schema: the key 'label' stands twice, first on line 8: remove one",
            ":20: the key 'model' stands twice, first on line 2: remove one",
        ],
    ),
    "an unclosed bracket": (
        "schema_version: 1\nmodel: [loans\nartifact: {}\n",
        [":3: is not YAML: while parsing a flow sequence expected ',' or ']', but got ':'"],
    ),
    "a tab": (
        "schema_version: 1\n\tmodel: loans\n",
        [
            ":2: is not YAML: while scanning for the next token"
            " found character '\\t' that cannot start any token: indent with spaces",
        ],
    ),
    "a cron expression in braces": (
        "schema_version: 1\nschedules: {monitor-batch: cron(0 6 ? * MON *)}\n",
        [
            ":2: is not YAML: while parsing a flow mapping expected ',' or '}', but got '?': within braces"
            " quote a value with a question mark, such as a cron expression",
        ],
    ),
    "two documents": (
        MODEL + "---\na: 1\n",
        [
            ":19: is not YAML: expected a single document in the stream but found another document",
        ],
    ),
    "an alias of nothing": (
        "schema_version: 1\nmodel: *loans\n",
        [":2: is not YAML: found undefined alias 'loans'"],
    ),
    "a Python object": (
        "schema_version: 1\nmodel: !!python/object/apply:os.system [ls]\n",
        [
            ":2: model: the tag 'tag:yaml.org,2002:python/object/apply:os.system' is not allowed:"
            " write a plain value"
        ],
    ),
    "a merge key": (
        "schema_version: 1\n<<: {a: 1}\n",
        [":2: merge keys (<<) are not used here: write the keys out, or alias a whole value"],
    ),
    "keys that are not text": (
        "schema_version: 1\n1: a\nno: b\n? [a]\n: c\n",
        [
            ":2: '1' as a key is not text: put it in quotes",
            ":3: 'no' as a key is not text: put it in quotes",
            ":4: a list or mapping as a key is not text: put it in quotes",
        ],
    ),
    "a number that is none": (
        "schema_version: 1\nmodel: 0b_\n",
        [":2: model: '0b_' cannot be read as a number: quote it if it is text"],
    ),
    "a number of five thousand digits": (
        "schema_version: 1\nmodel: " + "9" * 5000 + "\n",
        [":2: model: '" + "9" * 59 + "…' cannot be read as a number: quote it if it is text"],
    ),
    "a control character": (
        "schema_version: 1\nmodel: loa\x07ns\n",
        [":2: holds the control character '\\x07', which YAML does not allow: remove it"],
    ),
    "a binary file": (b"\x89PNG\r\n\x1a\n\x00\x00", [":1: is not UTF-8 text (byte 0x89): save it as UTF-8"]),
    "latin-1": (
        "schema_version: 1\nmodel: prêts\n".encode("latin-1"),
        [":2: is not UTF-8 text (byte 0xea): save it as UTF-8"],
    ),
    "UTF-16": (MODEL.encode("utf-16"), [":1: is not UTF-8 text (byte 0xff): save it as UTF-8"]),
    "a data file": ("x" * (MAX_BYTES + 1), [": is larger than 256 KiB: it is no configuration"]),
    "aliases that multiply": (
        "schema_version: 1\n" + BOMB,
        [":2: is more than 50000 values, aliases included"],
    ),
    "an alias of itself": (
        "schema_version: 1\nmodel: &m [*m]\n",
        [":2: is more than 20 levels, aliases included"],
    ),
    "endless brackets": (
        "schema_version: 1\nmodel: " + "[" * 10_000,
        [":2: is not YAML: more than 20 levels deep"],
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_answered_with_its_line(name: str, project: Project) -> None:
    """Whatever stands in the file, the answer is one line for each problem."""
    content, expected = UNREADABLE[name]
    project.write("models/loans.yaml", content)

    assert project.problems("model", "loans") == [f"models/loans.yaml{problem}" for problem in expected]


def test_a_folder_in_a_files_place_is_answered(project: Project) -> None:
    """What the operating system refuses is a problem of the configuration, too."""
    (project.conf / "models/mortgage.yaml").mkdir()

    assert project.problems("model", "mortgage") == ["models/mortgage.yaml: cannot be read: Is a directory"]


def test_a_byte_order_mark_and_windows_line_ends_are_read(project: Project) -> None:
    """Files saved by Windows editors are fine."""
    project.write("models/loans.yaml", MODEL.replace("\n", "\r\n").encode("utf-8-sig"))

    assert project.problems("model", "loans") == []


def test_an_alias_repeats_a_value(project: Project) -> None:
    """A whole value can be written once and used twice."""
    text = MODEL.replace("values: [1]", "values: &one [1]").replace("values: [0]", "values: *one")
    project.write("models/loans.yaml", text)

    bias = load_model("loans", project.conf).monitors.bias

    assert bias
    assert [facet.values for facet in bias.facets] == [(1,), (1,)]


@given(
    cut=st.integers(0, len(MODEL)),
    length=st.integers(0, 20),
    insert=st.text(st.sampled_from(string.printable + "&*!é\x00\ud800\u2028"), max_size=8),
)
def test_no_damage_to_a_file_raises_anything_else(cut: int, length: int, insert: str) -> None:
    """A file damaged anywhere is either valid or answered by a ConfigError."""
    with tempfile.TemporaryDirectory() as folder:
        damaged = MODEL[:cut] + insert + MODEL[cut + length :]
        path = Project(Path(folder)).write(
            "models/loans.yaml", damaged.encode("utf-8", errors="surrogatepass")
        )
        problems = Project(path.parent.parent).problems("model", "loans")

    assert all(problem.startswith("models/loans.yaml") for problem in problems)


nested = st.recursive(
    st.integers(0, 3),
    lambda children: st.dictionaries(st.sampled_from("abc"), children, max_size=3),
    max_leaves=8,
)


@given(
    base=st.dictionaries(st.sampled_from("abc"), nested), over=st.dictionaries(st.sampled_from("abc"), nested)
)
def test_what_lies_over_base_always_wins(base: dict[str, object], over: dict[str, object]) -> None:
    """Laying the same file over the result again changes nothing, and neither input is changed."""
    documents = Document(base), Document(over, _positions(over))
    before = repr(documents)

    once = overlay(*documents)

    assert overlay(once, documents[1]).data == once.data
    assert repr(documents) == before


def _positions(data: dict[str, object]) -> dict[tuple[str | int, ...], Position]:
    return {
        path: Position("over.yaml", 1)
        for key, value in data.items()
        for path in [
            (key,),
            *((key, *rest) for rest in (_positions(value) if isinstance(value, dict) else {})),
        ]
    }
