"""A first configuration is written from a CSV, valid at once."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.profile import profile
from sagemaker_monitor.operations.scaffold import assign, model_yaml, write_configuration, write_data
from sagemaker_monitor.settings import load, load_model

ROWS = (
    "approve,customer_id,income,gender_male,age,region,no\n"
    "1,c1,10.5,1,30,north,0\n"
    "0,c2,,0,61,south,1\n"
    "1,c3,30,1,45,north,1\n"
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A small CSV with everything: label, key, numbers, a protected column, text, an awkward name."""
    path = tmp_path / "train.csv"
    path.write_text(ROWS)
    return path


def test_roles_are_guessed_from_names_and_values(data: Path) -> None:
    """Key and facet are found, text is left out, numbers are features; what was guessed is said."""
    roles = assign(profile(data), label="approve", record_key=None, facets=())

    assert roles.record_key == "customer_id"
    assert roles.facets == {"gender_male": "values: [0]"}
    assert roles.features == ("income", "age", "no")
    assert roles.left_out == ("region",)
    assert roles.guessed == ("record_key customer_id", "facet gender_male values: [0]")


def test_facets_may_be_values_texts_and_thresholds(data: Path) -> None:
    """Each way of naming a group becomes its YAML; protected columns are no features."""
    roles = assign(
        profile(data), label="approve", record_key="customer_id", facets=("age>40", "region=south,north")
    )

    assert roles.facets == {"age": "threshold: 40.0", "region": 'values: ["south", "north"]'}
    assert roles.features == ("income", "gender_male", "no")
    assert roles.guessed == ()


def test_what_is_written_is_valid_at_once(data: Path, tmp_path: Path) -> None:
    """The model, and the environment that was written with it, load; awkward names survive YAML."""
    roles = assign(profile(data), label="approve", record_key=None, facets=("age>40", "region=south"))
    conf = tmp_path / "conf"

    written = write_configuration(conf, "credit", model_yaml("credit", roles), replace=False)

    model, environment = load("credit", "local", conf)
    assert written == [conf / "models" / "credit.yaml", conf / "environments" / "local.yaml"]
    assert model.data_schema.features == ("income", "gender_male", "no")
    assert environment.account == "000000000000"
    assert not list(conf.rglob("*.partial"))


def test_the_data_is_written_as_pipelines_read_it(data: Path, tmp_path: Path) -> None:
    """No header, the columns in the configured order, cells as they stand."""
    roles = assign(profile(data), label="approve", record_key=None, facets=())
    target = tmp_path / "out" / "baseline.csv"

    assert write_data(data, roles, target) == 3
    assert list(csv.reader(target.read_text().splitlines()))[1] == ["c2", "", "61", "1", "0", "0"]
    assert list(target.parent.iterdir()) == [target]


def test_a_model_that_is_there_is_not_overwritten(data: Path, tmp_path: Path) -> None:
    """Without --force an edited file stays as it is."""
    text = model_yaml("credit", assign(profile(data), label="approve", record_key=None, facets=()))
    write_configuration(tmp_path, "credit", text, replace=False)
    edited = tmp_path / "models" / "credit.yaml"
    edited.write_text(text + "# mine\n")

    with pytest.raises(UsageError, match=r"credit\.yaml is there already; --force replaces it"):
        write_configuration(tmp_path, "credit", text, replace=False)
    assert edited.read_text().endswith("# mine\n")

    write_configuration(tmp_path, "credit", text, replace=True)
    assert load_model("credit", tmp_path).model == "credit"


@pytest.mark.parametrize("name", ["../evil", "a/b", "", "a--b", "x" * 64, "a b"])
def test_a_name_that_is_none_writes_nothing(data: Path, tmp_path: Path, name: str) -> None:
    """A model's name never becomes a path elsewhere."""
    text = model_yaml("credit", assign(profile(data), label="approve", record_key=None, facets=()))

    with pytest.raises(UsageError, match="is no name for a model"):
        write_configuration(tmp_path / "conf", name, text, replace=True)
    assert not (tmp_path / "conf").exists()


@pytest.mark.parametrize(
    ("label", "key", "facets", "said"),
    [
        ("aprove", None, (), "no column 'aprove'; did you mean 'approve'"),
        ("age", None, (), "'age' must hold 0 and 1 and nothing else; it holds 30, 45, 61"),
        ("approve", "region", (), "'region' is empty or the same in some rows"),
        ("approve", None, ("colour=1",), "no column 'colour'"),
        ("approve", None, ("gender_male=2",), "'gender_male' never is 2; it holds 0, 1"),
        ("approve", None, ("region>3",), "'region' is not numeric"),
        ("approve", None, ("age>old",), "'old' is no number"),
        ("approve", None, ("age",), "must be column=value"),
        ("approve", None, ("approve=1",), "must name different columns"),
    ],
)
def test_what_does_not_fit_the_data_is_named(
    data: Path, label: str, key: str | None, facets: tuple[str, ...], said: str
) -> None:
    """Each option that the data contradicts is answered with what the data holds."""
    with pytest.raises(UsageError, match=said):
        assign(profile(data), label=label, record_key=key, facets=facets)


def test_without_a_likely_facet_the_candidates_are_named(tmp_path: Path) -> None:
    """Nothing that looks protected: the option is asked for, with the columns that could be meant."""
    path = tmp_path / "d.csv"
    path.write_text("id,y,flag,x\n1,0,1,3\n2,1,0,4\n")

    with pytest.raises(UsageError, match=r"--facet is missing.*columns of 0 and 1: flag"):
        assign(profile(path), label="y", record_key=None, facets=())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("a,b\n", "has a header and no rows"),
        ("1,2\n3,4\n", "has no header line"),
        ("a,a\n1,2\n", "names a more than once"),
        ("a,\n1,2\n", "column 2 has no name"),
        ("a,b\n1,2\n1,2,3\n", r"d\.csv:3 has 3 cells, the header 2"),
        ("a,b\n1,\xe9\n".encode("latin-1"), "is no CSV in UTF-8"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(tmp_path: Path, content: str | bytes, said: str) -> None:
    """Empty, ragged, headerless or binary files are named for what they are."""
    path = tmp_path / "d.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(UsageError, match=said):
        profile(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A missing file is a usage error."""
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        profile(tmp_path / "none.csv")
