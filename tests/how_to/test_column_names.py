"""docs/how-to/column-names.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sagemaker_monitor.cli.main import main
from sagemaker_monitor.settings import load_model
from tests.operations.doctor.looking import edit

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "column-names.md"
FILE = "models/mortgage.yaml"


def test_a_dot_is_refused_as_the_page_has_it(conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With file and line and the page's words; renamed, or with an engine of one's own, it is valid."""
    edit(conf, "features: [loanamt, ", "features: [loan.amount, ", FILE)
    assert main(["validate", "--conf-dir", str(conf)]) == 2
    told = capsys.readouterr().err.strip().removeprefix("error: ")

    assert told == re.findall(r"^conf/models.*$", PAGE.read_text(), re.MULTILINE)[0].replace(
        "conf/", f"{conf}/"
    )

    edit(conf, "loan.amount", "loan_amount", FILE)
    assert main(["validate", "--conf-dir", str(conf)]) == 0
    edit(conf, "loan_amount", "loan.amount", FILE)
    edit(conf, "data_quality: {}", "data_quality: {engine: own}", FILE)
    assert load_model("mortgage", conf).monitors.own == ("data_quality",)


@pytest.mark.parametrize("name", ["Account Length", "Int'l Plan_no", "in/come", "größe"])
def test_other_names_are_fine(conf: Path, name: str) -> None:
    """Spaces, upper case, slashes, apostrophes, and in pipelines letters of other alphabets."""
    edit(conf, "features: [loanamt, ", f'features: ["{name}", ', FILE)

    assert load_model("mortgage", conf).data_schema.features[0] == name


def test_init_leaves_data_quality_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The written file is valid, and says which name Spark cannot work with."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{number},{number}.5,{number % 2},{number % 2}\n" for number in range(40))
    Path("train.csv").write_text(f"id,loan.amount,female,paid\n{rows}")

    assert main(["init", "loans", "--data", "train.csv", "--label", "paid", "--facet", "female=1"]) == 0
    assert main(["validate"]) == 0
    assert load_model("loans", Path("conf")).monitors.data_quality is None
    assert "cannot name 'loan.amount'" in Path("conf/models/loans.yaml").read_text()
