"""What `init` writes from a CSV file, and what it asks back."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.settings import ConfigError, Model, load_all, load_model
from sagemaker_monitor.settings.csv_sample import MAX_BYTES, MAX_ROWS
from sagemaker_monitor.settings.facet_proposal import is_protected
from sagemaker_monitor.settings.scaffold import Scaffold, scaffold, starter_environments

CONF = Path(__file__).parents[2] / "conf"

LOANS = """\
loan_id,income,city,sex,age,approve
1,100,Bonn,f,61,1
2,250.5,Köln,m,33,0
3,-3e2,"Au, Tirol",m,45,1
4,,Bonn,m,27,1
"""


def write(folder: Path, content: str | bytes) -> Path:
    """Write *content* to a CSV file and return its path."""
    path = folder / "data.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def load(made: Scaffold, folder: Path) -> Model:
    """Return the model that *made* is, read back as any model file is."""
    path = folder / "conf/models" / f"{made.model}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(made.text, encoding="utf-8")
    return load_model(made.model, folder / "conf")


def refusal(folder: Path, content: str | bytes, **options: object) -> str:
    """Return why no model file is made of *content*."""
    path = write(folder, content)
    with pytest.raises(ConfigError) as refused:
        scaffold("loans", path, **{"label": "approve", **options})  # type: ignore[arg-type]
    return str(refused.value).replace(str(path), "data.csv")


def test_every_column_gets_its_part(tmp_path: Path) -> None:
    """Keys, numbers, protected attributes and text are told apart by name and value."""
    model = load(scaffold("loans", write(tmp_path, LOANS), label="approve"), tmp_path)

    assert model.data_schema.columns == ("loan_id", "income", "sex", "age", "approve")
    assert model.data_schema.features == ("income",)
    assert model.monitors.bias
    assert [(facet.name, facet.values, facet.threshold) for facet in model.monitors.bias.facets] == [
        ("sex", ("f",), None),
        ("age", (), 33.0),
    ]


def test_the_file_says_what_was_left_out_and_why(tmp_path: Path) -> None:
    """A text column is no feature, and who looks for it finds the reason."""
    made = scaffold("loans", write(tmp_path, LOANS), label="approve")

    assert "  # left out, because XGBoost reads numbers only: city\n" in made.text
    assert made.notes[0].endswith("in this order: loan_id,income,sex,age,approve")
    assert made.notes[-1] == "the files do not have the columns that were left out: city"


def test_the_file_is_short(tmp_path: Path) -> None:
    """A first model is read in a minute."""
    made = scaffold("loans", write(tmp_path, LOANS), label="approve")
    lines = [line for line in made.text.splitlines() if line.strip() and not line.strip().startswith("#")]

    assert len(lines) <= 25


def test_attributions_are_measured_from_the_mean_of_the_rows_read(tmp_path: Path) -> None:
    """The commented monitor is valid as soon as its marks are gone, and holds the mean of what is there."""
    rows = [("1", "1e308", "0"), ("2.5", "", "1"), ("3", "1e308", "0"), ("", "1e308", "1")]
    text = "id,income,black,approve,huge\n" + "".join(
        f"{n},{one},{n % 2},{last},{other}\n" for n, (one, other, last) in enumerate(rows)
    )
    made = scaffold("loans", write(tmp_path, text), label="approve")
    lines = made.text.splitlines()
    first = next(place for place, line in enumerate(lines) if "explainability:" in line)
    last = lines.index("  bias:")
    lines[first:last] = [line.replace("# ", "", 1) for line in lines[first:last]]
    found = load(replace(made, text="\n".join(lines)), tmp_path).monitors.explainability

    assert found is not None
    assert [[float(value) for value in row] for row in found.baseline] == [[2.16667, 1e308]]
    assert load(made, tmp_path).monitors.model_quality is not None


@pytest.mark.parametrize(
    ("column", "cells", "facet"),
    [
        ("black", "010101010101", ((1,), None)),
        ("male", "010101010101", ((0,), None)),
        ("is_white", ["0.0", "1.0"] * 6, ((0,), None)),
        ("Gender", ["Male", "Female"] * 6, (("Female",), None)),
        ("race", ["a", "a", "b", "c"] * 3, (("b", "c"), None)),
        ("age", [str(age) for age in range(20, 32)], ((), 25.0)),
        ("age", ["20", "30", "40", *["90"] * 9], ((), 40.0)),
        ("marital_status", ["no", "null"] * 6, (("no",), None)),
    ],
)
def test_the_watched_group_is_guessed(
    column: str, cells: list[str], facet: tuple[tuple[int | str, ...], float | None], tmp_path: Path
) -> None:
    """The smaller or usually disadvantaged group is proposed, and its values are read back as written."""
    rows = "".join(f"{n},{n}.5,{cell},{n % 2}\n" for n, cell in enumerate(cells))
    made = scaffold("loans", write(tmp_path, f"id,income,{column},approve\n{rows}"), label="approve")
    bias = load(made, tmp_path).monitors.bias

    assert bias
    assert [(found.values, found.threshold) for found in bias.facets] == [facet]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("race", True),
        ("applicant_sex", True),
        ("ApplicantRace", True),
        ("hispanic", True),
        ("AGE", True),
        ("mortgage", False),
        ("trace", False),
        ("threshold", False),
        ("usage", False),
        ("income", False),
    ],
)
def test_protected_attributes_are_known_by_words_not_by_letters(name: str, expected: bool) -> None:
    """A mortgage is no age."""
    assert is_protected(name) is expected


def test_a_label_of_two_words_says_how_to_write_it(tmp_path: Path) -> None:
    """Data files hold 0 and 1, so the file says which word is which."""
    text = LOANS.replace(",1\n", ",yes\n").replace(",0\n", ",no\n")
    made = scaffold("loans", write(tmp_path, text), label="approve")

    assert load(made, tmp_path).data_schema.favourable == 1
    assert "  # in the data files, write 'yes' as 1 and 'no' as 0\n" in made.text


def test_the_caller_chooses_over_every_guess(tmp_path: Path) -> None:
    """Given options win, and protected columns that are no facets still are no features."""
    made = scaffold(
        "loans",
        write(tmp_path, LOANS.replace("loan_id", "reference")),
        label="approve",
        record_key="reference",
        favourable="0",
        facets=["city"],
    )
    model = load(made, tmp_path)

    assert model.data_schema.record_key == "reference"
    assert model.data_schema.favourable == 0
    assert model.data_schema.facet_columns == ("city", "sex", "age")
    assert model.monitors.bias
    assert [facet.name for facet in model.monitors.bias.facets] == ["city"]


@pytest.mark.parametrize(
    ("option", "group"),
    [
        ("sex=m", (("m",), None)),
        ("city=Bonn,Köln", (("Bonn", "Köln"), None)),
        ("age=27, 33", ((27, 33), None)),
        ("age>40", ((), 40.0)),
        ("income > 1e2", ((), 100.0)),
        ("a=b", ((1,), None)),
    ],
)
def test_the_caller_can_say_whom_to_watch(
    option: str, group: tuple[tuple[int | str, ...], float | None], tmp_path: Path
) -> None:
    """A facet option names a column, or a column and its group."""
    rows = LOANS.splitlines()
    text = "\n".join([f"{rows[0]},a=b", *(f"{row},{n % 2}" for n, row in enumerate(rows[1:]))])
    extra = "\n".join(f"{line},{'amount' if not n else n * 1.5}" for n, line in enumerate(text.splitlines()))
    made = scaffold("loans", write(tmp_path, extra), label="approve", facets=[option])
    bias = load(made, tmp_path).monitors.bias

    assert bias
    assert [(facet.values, facet.threshold) for facet in bias.facets] == [group]


@pytest.mark.parametrize("threshold", ["1e20", "1.5e-7", "-2e16"])
def test_a_threshold_with_an_exponent_stays_a_number(threshold: str, tmp_path: Path) -> None:
    """YAML reads 1e+20 as text, so such numbers are written out."""
    text = LOANS.replace(",61,", ",1e30,").replace(",27,", ",-1e30,")
    made = scaffold("loans", write(tmp_path, text), label="approve", facets=[f"age>{threshold}"])
    bias = load(made, tmp_path).monitors.bias

    assert bias
    assert bias.facets[0].threshold == float(threshold)


def test_a_huge_file_is_read_only_at_its_beginning(tmp_path: Path) -> None:
    """A file of any size takes the time of its first rows."""
    path = tmp_path / "huge.csv"
    with path.open("wb") as stream:
        stream.write(b"id,income,black,approve\n")
        stream.writelines(b"%d,%d,%d,%d\n" % (n, n, n % 2, n % 3 == 0) for n in range(MAX_ROWS + 10))
        stream.seek(10 * 2**30)
        stream.write(b"\n")

    made = scaffold("loans", path, label="approve")

    assert made.text.startswith("# Guessed from the first 5,000 rows of huge.csv:")


def test_wide_rows_cut_by_the_limit_are_left_out(tmp_path: Path) -> None:
    """Where reading stops in the middle of a quoted cell, that row does not count."""
    half = "x" * 20_000
    rows = "".join(f'"{half}\n{half}",{n},{n},{n % 2},{n % 2}\n' for n in range(MAX_BYTES // 40_000 + 10))
    made = scaffold("loans", write(tmp_path, f"text,id,income,black,approve\n{rows}"), label="approve")

    assert made.text.startswith("# Guessed from the first 209 rows of data.csv:")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "data.csv: is empty: a CSV file with a header is needed"),
        ("  \n\n", "data.csv: is empty: a CSV file with a header is needed"),
        ("id,approve\n", "data.csv: has no rows below its header: a sample of the data is needed"),
        ("approve\n1\n", "data.csv:1: has one column only"),
        (
            "id;approve\n1;1\n",
            "data.csv:1: has one column only; cells are separated by ';', commas are needed",
        ),
        ("1,2,3\n4,5,6\n", "data.csv:1: begins with numbers: its first line must name the columns"),
        ("id,a,a,approve\n1,2,3,1\n", "data.csv:1: column names are there twice: a"),
        (
            ",id,approve\n0,1,1\n",
            "data.csv:1: column 1 has no name (pandas writes its index so; index=False leaves it out)",
        ),
        (
            'id,"a\nb",approve\n1,2,1\n',
            "data.csv:1: the name of column 2 has control characters or more than 255 characters",
        ),
        ("id,approve\n1,1\n2\n", "data.csv:3: has 1 cells, but the header has 2"),
        (
            b"PK\x03\x04\x00\x00",
            "data.csv: is no text: a CSV file is needed, not an archive, a workbook or a Parquet file",
        ),
        ("id,città\n1,1\n".encode("latin-1"), "data.csv:1: is not UTF-8 text (byte 0xe0): save it as UTF-8"),
        (
            f"id,approve\n1,{'x' * 200_000}\n",
            "data.csv:2: is not CSV: field larger than field limit (131072)",
        ),
        (b"x" * (MAX_BYTES + 1), "data.csv: has one endless line"),
        (
            LOANS.replace("approve", "approved"),
            "data.csv:1: has no column 'approve' for the label; did you mean 'approved'?"
            " columns: loan_id, income, city, sex, age, approved",
        ),
        (
            LOANS.replace(",0\n", ",2\n").replace("27,1", "27,3"),
            "data.csv: the label 'approve' has 3 values in the rows read: a binary classifier's has two;"
            " for another schema.problem_type write the model's file by hand",
        ),
        (
            LOANS.replace(",0\n", ",1\n"),
            "data.csv: the label 'approve' has 1 value in the rows read: a binary classifier's has two;"
            " for another schema.problem_type write the model's file by hand",
        ),
        (
            LOANS.replace(",0\n", ",2\n"),
            "data.csv: which value of 'approve' is the good outcome? give --favourable with one of 1, 2",
        ),
        (
            LOANS.replace("loan_id", "amount"),
            "data.csv: no column tells records apart (unique, and named like an id or key):"
            " name one with --record-key, or add a column of numbers 1, 2, 3, …",
        ),
        (
            LOANS.replace("sex", "colr").replace(",age", ",years"),
            "data.csv: no column is named like a protected attribute with values to watch:"
            " name one with --facet; columns: loan_id, income, city, colr, years, approve",
        ),
        (
            LOANS.replace("100", "low"),
            "data.csv: no column of numbers is left for the features, and XGBoost reads numbers only",
        ),
    ],
)
def test_a_file_nothing_can_be_made_of_is_answered(
    content: str | bytes, expected: str, tmp_path: Path
) -> None:
    """The answer names the file, the line and the option that decides."""
    assert refusal(tmp_path, content) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {"facets": ["gender"]},
            "data.csv:1: has no column 'gender' for a facet;"
            " columns: loan_id, income, city, sex, age, approve",
        ),
        (
            {"facets": ["approve"]},
            "data.csv: the facet 'approve' is the label or the record key: name another column",
        ),
        (
            {"facets": ["age>40", "age=27"]},
            "data.csv: the facet 'age' is given twice: put its values in one, as in column=1,2",
        ),
        (
            {"facets": ["sex=x"]},
            "data.csv: the facet 'sex' has no value 'x' in the rows read",
        ),
        (
            {"facets": ["sex=f,m"]},
            "data.csv: the facet 'sex' watches all rows: none is left to compare with",
        ),
        (
            {"facets": ["sex>3"]},
            "data.csv: the facet 'sex>3': a threshold needs a number, and a column of numbers",
        ),
        (
            {"facets": ["age>61"]},
            "data.csv: the facet 'age>61' watches nobody in the rows read: choose another threshold",
        ),
        (
            {"facets": ["age>0"]},
            "data.csv: the facet 'age>0' watches all rows: choose another threshold",
        ),
        (
            {"facets": ["age>old"]},
            "data.csv: the facet 'age>old': a threshold needs a number, and a column of numbers",
        ),
        (
            {"record_key": "sex"},
            "data.csv: the record key 'sex' is empty or repeats in the rows read",
        ),
        (
            {"record_key": "approve"},
            "data.csv: the record key 'approve' is also the label or a facet: name another column",
        ),
        (
            {"favourable": "yes"},
            "data.csv: the label 'approve' is 0 or 1, and 'yes' is not: give 0 or 1",
        ),
    ],
)
def test_an_option_that_cannot_be_is_answered(
    options: dict[str, object], expected: str, tmp_path: Path
) -> None:
    """Options are checked against the file."""
    assert refusal(tmp_path, LOANS, **options) == expected


def test_a_model_name_that_aws_would_not_take_is_refused(tmp_path: Path) -> None:
    """The name becomes names of AWS resources and of a file."""
    with pytest.raises(ConfigError, match=r"'\.\./loans' is no name for a model"):
        scaffold("../loans", write(tmp_path, LOANS), label="approve")


def test_a_file_that_is_not_there_is_answered(tmp_path: Path) -> None:
    """A missing file is a usage error, not a traceback."""
    with pytest.raises(ConfigError, match="cannot be read: No such file or directory"):
        scaffold("loans", tmp_path / "nothing.csv", label="approve")


def test_starter_environments_are_the_projects_own(tmp_path: Path) -> None:
    """A new folder begins with the base and local environments that this project has, and they load."""
    for name, text in starter_environments().items():
        (tmp_path / "environments").mkdir(exist_ok=True)
        (tmp_path / "environments" / name).write_text(text, encoding="utf-8")
        ours = (CONF / "environments" / name).read_text(encoding="utf-8")
        assert ours == f"{ours.splitlines()[0]}\n{text}"

    assert list(load_all(tmp_path).environments) == ["local"]


NEEDED = ("the key", "the income", "the sex", "the label")
# Texts of this module are among what is tried.
names = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), min_size=1).filter(
    lambda name: bool(name.strip()) and name.strip().isprintable() and name.strip() not in NEEDED
)
cells = st.one_of(
    st.integers(-5, 5).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["", "no", "null", "yes", "a: b", "#", "'", '"', "1.0", "0x1F", "2026-01-01", "f", "m"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
)


@settings(deadline=None)
@given(
    header=st.lists(names, min_size=1, max_size=4, unique_by=str.strip),
    rows=st.lists(st.tuples(cells, cells, cells, cells), min_size=2, max_size=15),
)
def test_whatever_is_scaffolded_is_valid_at_once(header: list[str], rows: list[tuple[str, ...]]) -> None:
    """For any names and cells beside the four that are needed, the outcome is a model file that loads."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([*NEEDED, *header])
    for index, row in enumerate(rows):
        writer.writerow([index, f"{index}.5", "mf"[index % 2], index % 2, *row[: len(header)]])
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), buffer.getvalue())
        made = scaffold("loans", path, label="the label")
        schema = load(made, Path(folder)).data_schema
        try:
            chosen = scaffold("loans", path, label="the label", facets=[header[0].strip()])
        except ConfigError as refused:
            chosen = None
            reason = str(refused)
        facets = load(chosen, Path(folder)).data_schema.facet_columns if chosen else ()

    assert {"the key", "the income", "the sex", "the label"} <= set(schema.columns)
    assert set(schema.columns) <= {*NEEDED, *(name.strip() for name in header)}
    assert header[0].strip() in facets if chosen else "say whom to watch" in reason or "/ *" in reason
