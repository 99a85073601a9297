"""How environments and models are found, and whether they fit each other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sagemaker_monitor.settings import ConfigError, known_environments, known_models, load, load_all

from .conftest import DEV, MODEL, Project

CONF = Path(__file__).parents[2] / "conf"


@pytest.mark.parametrize("name", ["dve", "Dev", "DEV"])
def test_an_unknown_environment_is_answered_with_the_close_match(name: str, project: Project) -> None:
    """A mistyped name costs one reading of the message."""
    project.write("environments/prod.yaml", DEV)

    assert project.problems("environment", name) == [
        f"environments: no environment '{name}'; did you mean 'dev'? known: dev, prod"
    ]


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "x" * 10_000])
def test_a_name_is_never_a_path(name: str, project: Project) -> None:
    """Only names of files that are there are opened."""
    (problem,) = project.problems("model", name)

    assert problem.startswith("models: no model '")
    assert problem.endswith("; known: loans")


def test_base_is_no_environment(project: Project) -> None:
    """What the others are laid over cannot be chosen itself."""
    assert project.problems("environment", "base") == [
        "environments: base.yaml is no environment, the others are laid over it; known: dev"
    ]


def test_a_file_with_the_other_ending_is_pointed_out(project: Project) -> None:
    """One ending is read, and who uses the other one is told."""
    project.write("environments/prod.yml", DEV)

    assert project.problems("environment", "prod") == [
        "environments: prod.yml is not read: rename it to prod.yaml"
    ]


def test_a_conf_folder_that_is_not_there_is_pointed_out(tmp_path: Path) -> None:
    """A wrong --conf-dir is not answered with a list of nothing, nor with advice about a file in it."""
    nowhere = Project(tmp_path / "nowhere")
    why = (
        "no such folder: --conf-dir names the folder that holds environments/ and models/, and init makes one"
    )

    assert nowhere.problems("model", "loans") == [f"models: {why}"]
    assert nowhere.all_problems() == [f"environments: {why}"]


def test_the_problems_of_all_files_come_at_once(project: Project) -> None:
    """One run of validate names every mistake of the folder."""
    project.write("environments/prod.yaml", DEV.replace("bucket", "bukcet"))
    project.write("models/loans.yaml", MODEL.replace("xgboost", "torch"))
    project.write("models/churn.yaml", "")

    files = [problem.split(": ")[0] for problem in project.all_problems()]

    assert files == [
        "environments/prod.yaml:6",
        "models/churn.yaml",
        "models/loans.yaml:4",
    ]


def test_a_folder_without_environments_is_answered(project: Project) -> None:
    """Nothing to deploy to is a mistake, not an empty success."""
    (project.conf / "environments/dev.yaml").unlink()

    assert project.all_problems() == ["environments: holds no environment: add local.yaml"]


def test_a_problem_of_base_is_told_once(project: Project) -> None:
    """Three environments over one wrong base are one line."""
    project.write("environments/base.yaml", "schema_version: 1\nregion: europe\n")
    project.write("environments/prod.yaml", DEV)

    assert project.all_problems() == [
        "environments/base.yaml:2: region: 'europe' is not valid: expected a region such as eu-west-1"
    ]


def test_a_group_name_too_long_for_the_registry_is_refused(project: Project) -> None:
    """The limit of SageMaker is met before anything is sent."""
    name = "m" * 40
    project.write(f"models/{name}.yaml", MODEL.replace("model: loans", f"model: {name}"))
    project.write(
        "environments/dev.yaml",
        DEV + "registry:\n  model_package_group: '{model}-in-this-department-of-ours'\n",
    )

    with pytest.raises(ConfigError) as refused:
        load(name, "dev", project.conf)

    assert str(refused.value).removeprefix(f"{project.conf}/") == (
        "environments/dev.yaml:8: registry.model_package_group: gives"
        f" '{'m' * 40}-in-this-department…' for the model {name}: 67 characters, at most 63"
    )


def test_two_models_in_one_group_are_refused(project: Project) -> None:
    """Versions of two models in one group would be each other's baselines."""
    project.write("models/churn.yaml", MODEL.replace("model: loans", "model: churn"))
    project.write("environments/dev.yaml", DEV + "registry:\n  model_package_group: shared\n")

    assert project.all_problems() == [
        "environments/dev.yaml:8: registry.model_package_group: puts the versions of churn, loans"
        " into one group 'shared': write '{model}' into it"
    ]


def test_uris_too_long_once_resolved_are_refused(project: Project) -> None:
    """Labels become a container argument of at most 256 characters, other URIs have 1024."""
    truth = "l" * 240
    text = MODEL.replace("data/validation.csv", f"{'d' * 1010}\n  ground_truth: {{uri: {truth}}}")
    project.write("models/loans.yaml", text)

    assert project.all_problems() == [
        "environments/dev.yaml:5: storage.prefix: makes data.baseline of the model loans an S3 URI of"
        " 1043 characters, at most 1024",
        "environments/dev.yaml:5: storage.prefix: makes data.ground_truth.uri of the model loans an S3 URI of"
        " 273 characters, at most 256",
    ]


def test_a_model_and_an_environment_are_loaded_together(project: Project) -> None:
    """load returns both, or every problem of both."""
    model, environment = load("loans", "dev", project.conf)
    with pytest.raises(ConfigError) as refused:
        load("loan", "dve", project.conf)

    assert (model.model, environment.name) == ("loans", "dev")
    assert len(refused.value.problems) == 2


def test_the_projects_own_configuration_is_valid() -> None:
    """The environments that ship are those of the documentation, and load."""
    configuration = load_all(CONF)

    assert known_environments(CONF) == ["dev", "local", "prod", "staging"]
    assert list(configuration.models) == known_models(CONF)
    assert configuration.environments["prod"].approval.on_pass == "PendingManualApproval"
    assert configuration.environments["local"].endpoint_url == "http://127.0.0.1:4780"
    assert {name for name, env in configuration.environments.items() if not env.is_placeholder} == {"local"}


def test_loading_imports_no_aws_library() -> None:
    """A typing mistake is answered before anything slow is imported."""
    code = (
        "import sys; from pathlib import Path; import sagemaker_monitor.settings as s;"
        f"s.load_all(Path({str(CONF)!r}));"
        "print(sorted({'boto3', 'botocore', 'sagemaker', 'numpy', 'polars', 'moto'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"
