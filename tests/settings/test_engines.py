"""Who computes a monitor, and which image does."""

from __future__ import annotations

import pytest

from sagemaker_monitor.settings import load_environment, load_model

from .conftest import DEV, MODEL, Project

OWN = MODEL.replace("  bias:\n", "  data_quality: {engine: own}\n  bias:\n    engine: own\n")


def test_sagemaker_computes_what_nobody_else_shall(project: Project) -> None:
    """The engine is SageMaker's unless it is said; own ones are counted by monitor."""
    project.write("models/loans.yaml", MODEL)
    assert load_model("loans", project.conf).monitors.own == ()

    project.write("models/loans.yaml", OWN)
    assert load_model("loans", project.conf).monitors.own == ("data_quality", "bias")


def test_an_engine_is_one_of_two(project: Project) -> None:
    """Anything else is answered with what is allowed."""
    project.write("models/loans.yaml", OWN.replace("{engine: own}", "{engine: ours}"))

    assert project.problems("model", "loans") == [
        "models/loans.yaml:15: monitors.data_quality.engine: must be one of sagemaker, own,"
        " not the text 'ours'"
    ]


def test_attributions_cannot_be_computed_without_a_shadow_endpoint(project: Project) -> None:
    """The refusal says why and what to do."""
    project.write("models/loans.yaml", MODEL + "  explainability: {engine: own}\n")

    assert project.problems("model", "loans") == [
        "models/loans.yaml:19: monitors.explainability.engine: cannot be own: attributions ask the model,"
        " and only SageMaker's check step starts a shadow endpoint for that; remove it"
    ]


def test_an_own_engine_needs_its_image(project: Project) -> None:
    """An environment without it is told which model needs it, and how it is given."""
    project.write("models/loans.yaml", OWN)
    project.write("environments/dev.yaml", DEV + "images: {scorer: team/scorer:1}\n")

    assert project.all_problems() == [
        "environments/dev.yaml:7: images: has no monitor, which engine: own of data_quality, bias of the"
        " model loans needs: give monitor: <repository>:<tag>"
    ]
    project.write("environments/dev.yaml", DEV + "images: {monitor: team/watch:1}\n")
    assert project.all_problems() == []


@pytest.mark.parametrize(
    "image", ["watch:1.0", "team/watch:2024-01", "a/b-c/d_e:latest", f"watch@sha256:{'0' * 64}"]
)
def test_an_image_is_a_repository_with_a_tag_or_a_digest(project: Project, image: str) -> None:
    """The registry's host follows from account and region, and is not written."""
    project.write("environments/dev.yaml", DEV + f"images: {{monitor: '{image}'}}\n")

    assert load_environment("dev", project.conf).images == {"monitor": image}


@pytest.mark.parametrize(
    "image", ["watch", "Watch:1", "host.example.com:443/watch:1", "watch:", "watch@sha256:0", "/watch:1"]
)
def test_another_image_is_refused(project: Project, image: str) -> None:
    """Without a tag, with a registry, or spelled as no repository is."""
    project.write("environments/dev.yaml", DEV + f"images: {{monitor: '{image}'}}\n")

    (problem,) = project.problems("environment", "dev")
    assert problem.startswith(f"environments/dev.yaml:7: images.monitor: '{image}' is not valid: expected a")


def test_a_registry_is_not_written(project: Project) -> None:
    """Its host would be another one in every environment."""
    image = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/watch:1"
    project.write("environments/dev.yaml", DEV + f"images: {{monitor: '{image}'}}\n")

    (problem,) = project.problems("environment", "dev")
    assert "must be the repository and its tag alone" in problem
