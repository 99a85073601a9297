"""How a CSV file with a header is written as the pipelines read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sagemaker_monitor.settings import ConfigError
from sagemaker_monitor.settings.data_file import write_data_file
from sagemaker_monitor.settings.scaffold import scaffold

LOANS = """\
approve,sex,income,name,loan_id
yes,f,100,Ann,1
no,m,2.50,Bob,2
yes,m,,Cid,3
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file whose columns are in another order than pipelines read them."""
    path = tmp_path / "loans.csv"
    path.write_text(LOANS, encoding="utf-8")
    return path


def test_columns_are_ordered_and_the_label_becomes_a_number(source: Path, tmp_path: Path) -> None:
    """Cells stay as they are, columns without a part and the header are gone."""
    target = tmp_path / "validation.csv"
    made = scaffold("loans", source, label="approve")

    assert write_data_file(made.proposal, source, target) == 3
    assert target.read_text(encoding="utf-8") == "1,100,f,1\n2,2.50,m,0\n3,,m,1\n"


def test_a_number_label_is_written_as_a_whole_one(source: Path, tmp_path: Path) -> None:
    """1.0 and 1 are different types to AWS, so a file has one of them."""
    source.write_text(LOANS.replace("yes", "1.0").replace("no", "0"), encoding="utf-8")
    made = scaffold("loans", source, label="approve")
    write_data_file(made.proposal, source, tmp_path / "out.csv")

    assert [line[-1] for line in (tmp_path / "out.csv").read_text().splitlines()] == ["1", "0", "1"]


@pytest.mark.parametrize(
    ("addition", "expected"),
    [
        ("maybe,m,5,Dan,4\n", "loans.csv:5: the label 'approve' is not 'yes' or 'no'"),
        (",m,5,Dan,4\n", "loans.csv:5: the label 'approve' is not 'yes' or 'no'"),
        ("yes,m,5,Dan,3\n", "loans.csv:5: the record key 'loan_id' is there twice"),
        ("yes,m,5,Dan,\n", "loans.csv:5: the record key 'loan_id' is empty"),
        ("yes,m,5\n", "loans.csv:5: has 3 cells, but the header has 5"),
        (
            'yes,"m\n",5,Dan,4\n',
            "loans.csv:6: a cell holds a line break: batch transform reads one record a line",
        ),
        ("yes,m,5,\udcff,4\n", "loans.csv: is not UTF-8 text: save it as UTF-8"),
        (f"yes,m,{'9' * 200_000},Dan,4\n", "loans.csv:4: is not CSV: field larger than field limit (131072)"),
    ],
)
def test_a_row_that_cannot_be_used_leaves_nothing_behind(
    addition: str, expected: str, source: Path, tmp_path: Path
) -> None:
    """The whole file is read, and either all of it is written or none."""
    made = scaffold("loans", source, label="approve")
    source.write_text(LOANS + addition, encoding="utf-8", errors="surrogateescape")

    with pytest.raises(ConfigError) as refused:
        write_data_file(made.proposal, source, tmp_path / "out.csv")

    assert str(refused.value).removeprefix(f"{tmp_path}/") == expected
    assert [path.name for path in tmp_path.iterdir()] == ["loans.csv"]


def test_a_folder_that_is_not_there_is_answered(source: Path, tmp_path: Path) -> None:
    """What the operating system refuses is told with the file's name."""
    made = scaffold("loans", source, label="approve")

    with pytest.raises(ConfigError, match="cannot be used: No such file or directory"):
        write_data_file(made.proposal, source, tmp_path / "nowhere/out.csv")


def test_the_source_is_never_overwritten(source: Path) -> None:
    """A slip of the hand does not cost the data."""
    made = scaffold("loans", source, label="approve")

    with pytest.raises(ConfigError, match="is the file to be read"):
        write_data_file(made.proposal, source, source)

    assert source.read_text(encoding="utf-8") == LOANS
