"""adopt as people type it: one file, never over another, and everything else on the screen or as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.cli.main import main
from tests.operations.adopting import notebook

Capture = pytest.CaptureFixture[str]
OPTIONS = ("adopt", "--schedule", "churn-data", "--model", "churn", "--framework", "xgboost:1.7-1")


@pytest.fixture
def watched(aws: Aws) -> Aws:
    """The emulator, with a data-quality monitor of others."""
    notebook.make_bucket(aws)
    notebook.make_documents(aws)
    notebook.make_definition(aws, "DataQuality", "churn-data")
    notebook.make_schedule(aws, "DataQuality", "churn-data")
    return aws


@pytest.mark.usefixtures("watched")
def test_one_file_is_written_and_none_is_replaced(conf: Path, tmp_path: Path, capsys: Capture) -> None:
    """It is the model's, or the one that -o names; without --force one that is there stays as it is."""
    given = (*OPTIONS, "--conf-dir", str(conf), "--label", "Churn")
    before = {path: path.read_bytes() for path in conf.rglob("*.yaml")}
    file = conf / "models" / "churn.yaml"

    assert main([*given]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == str(file)
    assert "monitoring_schedules.data-quality" in out
    assert "record_preprocessor: none (ours:" in out
    assert "next: sagemaker-monitor validate" in err
    assert {path: path.read_bytes() for path in conf.rglob("*.yaml") if path != file} == before
    assert main(["validate", "--conf-dir", str(conf)]) == 0

    text = file.read_text()
    file.write_text("mine")
    assert main([*given]) == 2
    assert "--force replaces it" in capsys.readouterr().err
    assert file.read_text() == "mine"
    assert main([*given, "--force"]) == 0
    assert file.read_text() == text

    other = tmp_path / "elsewhere" / "churn.yaml"
    assert main([*given, "-o", str(other)]) == 0
    assert main([*given, "-o", str(other)]) == 2
    assert other.read_text() == text


@pytest.mark.usefixtures("watched")
def test_programs_read_what_is_not_in_the_file(conf: Path, capsys: Capture) -> None:
    """With --format json: placeholders, what is kept, and items, by the keys that the page names."""
    assert main([*OPTIONS, "--conf-dir", str(conf), "--label", "Churn", "--format", "json"]) == 0

    document = json.loads(capsys.readouterr().out)
    assert set(document) == {"file", "model", "placeholders", "kept", "not_expressed"}
    keys = {each["key"] for each in document["placeholders"] if each["why"]}
    assert {"schema.record_key", "schema.favourable", "data.baseline"} <= keys
    role = next(each for each in document["kept"] if each["key"] == "role")
    assert (role["theirs"], role["ours"]) == (
        notebook.ROLE,
        "arn:aws:iam::000000000000:role/sagemaker-monitor-execution",
    )


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "give it with --label"),
        (["--label", "Churn", "--framework", "tensorflow"], "not of the form NAME:VERSION"),
        (["--label", "Churn", "--record-key", "Churn"], "is the label or a feature"),
        (["--label", "Churn", "--framework", "xgboost:1"], "has versions such as"),
        (["--label", "Churn", "--schedule", "none"], "there is no monitoring schedule none"),
    ],
)
def test_what_is_missing_is_asked_for(conf: Path, options: list[str], says: str, capsys: Capture) -> None:
    """Exit code 2, the option that helps, and no file."""
    assert main([*OPTIONS, "--conf-dir", str(conf), *options]) == 2

    assert says in capsys.readouterr().err
    assert not (conf / "models" / "churn.yaml").exists()
