"""A first configuration is written whole, valid, and over nobody's work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sagemaker_monitor.operations.conf_files import write_first_files
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.settings import ConfigError, load, load_model
from sagemaker_monitor.settings.scaffold import Scaffold, scaffold


@pytest.fixture
def made(tmp_path: Path) -> Scaffold:
    """A model file made from a small CSV."""
    path = tmp_path / "d.csv"
    path.write_text("customer_id,income,gender,approve\nc1,10.5,F,1\nc2,3,M,0\nc3,30,M,1\n")
    return scaffold("credit", path, label="approve")


def test_an_empty_folder_becomes_a_valid_configuration(made: Scaffold, tmp_path: Path) -> None:
    """The model and the environment `local` load together, and no partial file is left."""
    conf = tmp_path / "conf"

    written = write_first_files(conf, made, replace=False)

    model, environment = load("credit", "local", conf)
    assert written[0] == conf / "models" / "credit.yaml"
    assert (model.model, environment.name) == ("credit", "local")
    assert set(written) == {path for path in conf.rglob("*") if path.is_file()}


def test_environments_that_are_there_stay(made: Scaffold, conf: Path) -> None:
    """A folder with environments gets the model's file and nothing else."""
    assert write_first_files(conf, made, replace=False) == [conf / "models" / "credit.yaml"]


def test_an_edited_file_stays_without_force(made: Scaffold, conf: Path) -> None:
    """What somebody wrote is replaced only when they say so."""
    (path,) = write_first_files(conf, made, replace=False)
    path.write_text(made.text + "# mine\n")

    with pytest.raises(UsageError, match=r"credit\.yaml is there already; --force replaces it"):
        write_first_files(conf, made, replace=False)
    assert path.read_text().endswith("# mine\n")

    write_first_files(conf, made, replace=True)
    assert path.read_text() == made.text


def test_what_is_not_valid_is_taken_back(made: Scaffold, conf: Path) -> None:
    """A file that does not load leaves the one before, or none."""
    bad = replace(made, text="schema_version: 1\n")

    with pytest.raises(ConfigError):
        write_first_files(conf, bad, replace=False)
    assert not (conf / "models" / "credit.yaml").exists()

    write_first_files(conf, made, replace=False)
    with pytest.raises(ConfigError):
        write_first_files(conf, bad, replace=True)
    assert load_model("credit", conf).model == "credit"


def test_a_folder_that_cannot_be_written_is_named(made: Scaffold, tmp_path: Path) -> None:
    """A file where the folder should be is a usage error."""
    (tmp_path / "conf").write_text("")

    with pytest.raises(UsageError, match="cannot be written"):
        write_first_files(tmp_path / "conf", made, replace=False)
