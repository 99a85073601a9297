"""plan and upsert as a platform team uses them: saved plans, protected environments, many models."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pipelines.bundle import Bundle, PipelineDefinition, bundle_sha256
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.cli.main import main
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.settings import Environment
from tests.cli.test_terminal import Terminal
from tests.operations.emulated import definition, fail_step, make_bundle
from tests.operations.faults import Faults

Capture = pytest.CaptureFixture[str]


def run(conf: Path, *arguments: str) -> int:
    """Run a command with this configuration."""
    return main([*arguments, "--conf-dir", str(conf)])


def named(bundle: Bundle, model: str) -> Bundle:
    """Return the bundle as another model's."""
    pipelines = tuple(
        PipelineDefinition(each.name.replace("mortgage", model), each.pipeline, each.definition)
        for each in bundle.pipelines
    )
    sha256 = bundle_sha256(pipelines, bundle.assets, bundle.sha256)
    return replace(bundle, model=model, pipelines=pipelines, sha256=sha256)


def write_bundles(conf: Path, environment: Environment, folder: Path, *models: str, text: str = "no") -> Path:
    """Write a model file and a bundle of one small pipeline for each of *models*, as `build -o` does."""
    mortgage = (conf / "models" / "mortgage.yaml").read_text()
    made = make_bundle(environment, register=definition(fail_step(text)))
    for model in models:
        (conf / "models" / f"{model}.yaml").write_text(
            mortgage.replace("model: mortgage", f"model: {model}", 1)
        )
        named(made, model).write(folder / model)
    return folder


@pytest.fixture
def bundle_dir(environment: Environment, tmp_path: Path) -> Path:
    """A bundle of one small pipeline, as `build` writes it."""
    make_bundle(environment, register=definition(fail_step())).write(tmp_path / "bundle")
    return tmp_path / "bundle"


def protect(conf: Path) -> None:
    """Make `local` a protected environment."""
    local = conf / "environments" / "local.yaml"
    local.write_text(local.read_text() + "protected: true\n")


def deployed(aws: Aws) -> list[str]:
    """Return the names of the deployed pipelines."""
    found = aws.pages("sagemaker", "list_pipelines", "PipelineSummaries")
    return sorted(each["PipelineName"] for each in found)


def test_a_saved_plan_is_done_once_and_then_stale(
    aws: Aws, conf: Path, bundle_dir: Path, environment: Environment, tmp_path: Path, capsys: Capture
) -> None:
    """plan --out, upsert --plan-file; the same file for what was built anew is refused with 2."""
    saved = tmp_path / "out" / "plan.json"
    assert run(conf, "plan", "--bundle", str(bundle_dir), "--out", str(saved), "--exit-code") == 5
    assert f"upsert --plan-file {saved} --env local --conf-dir {conf}" in capsys.readouterr().err
    upsert = ("upsert", "--plan-file", str(saved), "--bundle", str(bundle_dir))

    assert run(conf, *upsert) == 0
    assert capsys.readouterr().out == "local: 3 changes (mortgage-register-local)\n"
    make_bundle(environment, register=definition(fail_step("shut"))).write(bundle_dir)
    assert run(conf, *upsert) == 2
    assert "the plan is stale: the configuration makes another bundle now" in capsys.readouterr().err


def test_a_plan_of_another_revision_is_refused(
    aws: Aws,
    conf: Path,
    bundle_dir: Path,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a build says of its commit is kept, and compared."""
    saved = tmp_path / "plan.json"
    monkeypatch.setenv("CODEBUILD_RESOLVED_SOURCE_VERSION", "abc")
    run(conf, "plan", "--bundle", str(bundle_dir), "--out", str(saved))
    assert json.loads(saved.read_text())["revision"] == "abc"
    monkeypatch.setenv("CODEBUILD_RESOLVED_SOURCE_VERSION", "def")
    capsys.readouterr()

    assert run(conf, "upsert", "--plan-file", str(saved), "--bundle", str(bundle_dir)) == 2
    assert "is of revision abc, and this is def: nothing was written" in capsys.readouterr().err
    assert deployed(aws) == []


def test_a_protected_environment_needs_somebody_who_agrees(
    aws: Aws, conf: Path, bundle_dir: Path, capsys: Capture
) -> None:
    """Without a terminal and without --yes nothing is written; with --yes it is."""
    protect(conf)

    assert run(conf, "upsert", "--bundle", str(bundle_dir)) == 2
    assert "give --yes" in capsys.readouterr().err
    assert deployed(aws) == []
    assert run(conf, "upsert", "--bundle", str(bundle_dir), "--yes") == 0
    assert deployed(aws) == ["mortgage-register-local"]


@pytest.mark.parametrize(
    ("answer", "names"),
    [pytest.param(b"y\n", [], marks=pytest.mark.long), (b"yes\n", ["mortgage-register-local"])],
)
def test_on_a_terminal_the_plan_is_shown_and_a_person_asked(
    aws: Aws, conf: Path, bundle_dir: Path, answer: bytes, names: list[str]
) -> None:
    """Only `yes` writes, and what is written was on the screen."""
    protect(conf)
    terminal = Terminal("upsert", "--bundle", str(bundle_dir), "--conf-dir", str(conf), columns=200, lines=50)
    terminal.wait_for("upsert to local (account 000000000000)? only 'yes' is taken: ")
    assert "+ pipeline mortgage-register-local" in terminal.text
    terminal.type(answer)

    assert terminal.end() == 0
    assert deployed(aws) == names


@pytest.mark.long
def test_a_model_that_could_not_be_planned_is_a_failure_when_the_others_are_agreed_to(
    aws: Aws, conf: Path, environment: Environment, tmp_path: Path
) -> None:
    """The exit code says so although everything that was asked about was done."""
    protect(conf)
    folder = write_bundles(conf, environment, tmp_path / "dist", "a", "b")
    (conf / "models" / "b.yaml").write_text("model: b\n")
    terminal = Terminal("upsert", "--bundle", str(folder), "--conf-dir", str(conf), columns=200, lines=50)
    terminal.wait_for("only 'yes' is taken: ")
    terminal.type(b"yes\n")

    assert terminal.end() == 2
    assert deployed(aws) == ["a-register-local"]


@pytest.mark.long
@pytest.mark.timeout(120)
def test_what_a_person_agreed_to_is_sent_as_it_was_built(aws: Aws, conf: Path) -> None:
    """A model's file that changes while the question stands is for the next upsert, not for this one."""
    protect(conf)
    terminal = Terminal("upsert", "--conf-dir", str(conf), columns=200, lines=50)
    terminal.wait_for("only 'yes' is taken: ")
    file = conf / "models" / "mortgage.yaml"
    file.write_text(file.read_text().replace("false_refusals: 0.05", "false_refusals: 0.04"))
    terminal.type(b"yes\n")

    assert terminal.end() == 0
    assert "mortgage-register-local" in deployed(aws)
    assert run(conf, "plan", "--exit-code") == 5


@pytest.mark.parametrize("model_count", [1, 2])
def test_what_was_done_before_a_failure_is_in_the_document(
    emulator: Server,
    aws: Aws,
    conf: Path,
    environment: Environment,
    tmp_path: Path,
    capsys: Capture,
    model_count: int,
) -> None:
    """upsert --format json, not allowed to make pipelines: files and groups that were made, and the error."""
    models = ("a", "b")[:model_count]
    folder = write_bundles(conf, environment, tmp_path / "dist", *models)
    Faults(emulator, seed=1).denied["CreatePipeline"] = "you may not"

    assert run(conf, "upsert", "--bundle", str(folder), "--format", "json") == 3

    told = json.loads(capsys.readouterr().out)
    done = [(each["kind"], each["done"]) for each in told["changes"]]
    assert ("asset", "uploaded") in done
    assert done.count(("model package group", "created")) == model_count
    assert set(told["failed"]) == set(models)
    assert "you may not" in told["failed"]["a"]
    assert told["writes"] > 2


def test_changes_by_hand_are_pending_where_upsert_undoes_them(
    aws: Aws, conf: Path, bundle_dir: Path, capsys: Capture
) -> None:
    """plan --exit-code: 0 for what upsert leaves alone, a limit of parallel steps; 5 for a tag it removes."""
    name = "mortgage-register-local"
    run(conf, "upsert", "--bundle", str(bundle_dir))
    found = aws.call("sagemaker", "describe_pipeline", PipelineName=name)
    capsys.readouterr()
    limit = {"MaxParallelExecutionSteps": 3}
    aws.call("sagemaker", "update_pipeline", PipelineName=name, ParallelismConfiguration=limit)
    assert run(conf, "plan", "--bundle", str(bundle_dir), "--exit-code") == 0
    assert (
        "runs at most 3 steps at a time: set outside this package, and left alone" in capsys.readouterr().out
    )

    tag = {"Key": "by", "Value": "hand"}
    aws.call("sagemaker", "add_tags", ResourceArn=found["PipelineArn"], Tags=[tag])
    assert run(conf, "plan", "--bundle", str(bundle_dir), "--exit-code") == 5
    assert run(conf, "upsert", "--bundle", str(bundle_dir)) == 0
    assert run(conf, "plan", "--bundle", str(bundle_dir), "--exit-code") == 0


def test_of_many_models_one_failure_is_told_at_the_end(
    aws: Aws, conf: Path, environment: Environment, tmp_path: Path, capsys: Capture
) -> None:
    """The others are deployed; the message names the model, and the exit code is its error's."""
    folder = write_bundles(conf, environment, tmp_path / "dist", "a", "b", "c")
    (conf / "models" / "b.yaml").write_text("model: b\n")

    code = run(conf, "upsert", "--bundle", str(folder))

    told = capsys.readouterr()
    assert code == 2
    assert deployed(aws) == ["a-register-local", "c-register-local"]
    assert "error: b: " in told.err
    assert told.err.endswith("1 of 3 models failed; what was done with the others stands\n")
    assert told.out.endswith(" changes (a-register-local, c-register-local)\n")


def test_one_model_of_many_bundles(
    aws: Aws, conf: Path, environment: Environment, tmp_path: Path, capsys: Capture
) -> None:
    """--model takes its bundle out of the directory that build wrote."""
    folder = write_bundles(conf, environment, tmp_path / "dist", "a", "b")

    assert run(conf, "upsert", "--bundle", str(folder), "--model", "b") == 0
    assert deployed(aws) == ["b-register-local"]
    assert run(conf, "upsert", "--bundle", str(folder), "--model", "x") == 2
    assert "holds no bundle" in capsys.readouterr().err


def test_a_plan_for_a_pull_request(
    aws: Aws, conf: Path, environment: Environment, tmp_path: Path, capsys: Capture
) -> None:
    """Markdown with a table of models, their lines as a diff, and what was changed by hand."""
    folder = write_bundles(conf, environment, tmp_path / "dist", "a", "b")
    run(conf, "upsert", "--bundle", str(folder))
    write_bundles(conf, environment, folder, "b", text="```\n# shut")
    aws.call("sagemaker", "delete_pipeline", PipelineName="a-register-local")
    capsys.readouterr()

    assert run(conf, "plan", "--bundle", str(folder), "--format", "markdown") == 0

    text = capsys.readouterr().out
    assert text.startswith("## local: 2 of 2 models would change, 1 changed by hand\n")
    assert "! Steps[Refuse].Arguments.ErrorMessage: no → '''" in text
    assert "pipeline a-register-local was deleted" in text
    assert text.count("```") == 2 * text.count("```diff")

    (conf / "models" / "b.yaml").write_text("model: b\n")
    saved = [tmp_path / "out" / name for name in ("plan.json", "plan.md", "plan.xml")]
    options = [option for path in saved for option in ("--out", str(path))]
    assert run(conf, "plan", "--bundle", str(folder), *options) == 2
    assert not saved[0].exists()  # a plan without b is none to approve
    assert saved[1].read_text().startswith("## local: 1 of 1 models would change")
    suite = ElementTree.parse(saved[2]).getroot()[0]
    outcomes = {case.get("name"): [each.tag for each in case] for case in suite.iter("testcase")}
    assert outcomes == {"a": ["failure"], "b": ["error"]}


def test_a_model_that_is_no_longer_configured_is_named(
    aws: Aws, conf: Path, environment: Environment, tmp_path: Path, capsys: Capture
) -> None:
    """What was deployed and has no model file is told with the command that removes it."""
    folder = write_bundles(conf, environment, tmp_path / "dist", "a", "b")
    run(conf, "upsert", "--bundle", str(folder))
    (conf / "models" / "b.yaml").unlink()
    capsys.readouterr()

    assert run(conf, "plan", "--bundle", str(folder / "a")) == 0

    assert (
        "local b: deployed, and no longer configured: sagemaker-monitor destroy b" in capsys.readouterr().out
    )


def test_versions_are_listed_and_gone_back_to(
    aws: Aws, conf: Path, bundle_dir: Path, environment: Environment, capsys: Capture
) -> None:
    """Without --to the versions with their bundles; with it the older one becomes the deployed one."""
    first = make_bundle(environment, register=definition(fail_step()))
    run(conf, "upsert", "--bundle", str(bundle_dir))
    make_bundle(environment, register=definition(fail_step("shut"))).write(bundle_dir)
    run(conf, "upsert", "--bundle", str(bundle_dir))
    capsys.readouterr()

    assert run(conf, "rollback", "mortgage", "register") == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in listed] == [["version", "2"], ["version", "1"]]
    assert listed[0].endswith("  deployed")
    assert run(conf, "rollback", "mortgage", "register", "--to", "1") == 0

    told = capsys.readouterr()
    assert "Steps[Refuse].Arguments.ErrorMessage: shut → The gate is closed." in told.out
    described = aws.call("sagemaker", "describe_pipeline", PipelineName="mortgage-register-local")
    assert described["PipelineDefinition"] == first.pipelines[0].definition
    assert run(conf, "rollback", "mortgage", "registr") == 2
    assert "there are register, monitor-batch" in capsys.readouterr().err


def test_destroy_of_a_name_that_is_nobody_s_is_refused(
    aws: Aws, conf: Path, environment: Environment, tmp_path: Path, capsys: Capture
) -> None:
    """It exits 2 with the close match of files and ledger; what has a file alone is known."""
    folder = write_bundles(conf, environment, tmp_path / "dist", "churn", "pension")
    assert run(conf, "destroy", "churn", "--yes") == 0
    run(conf, "upsert", "--bundle", str(folder))
    (conf / "models" / "pension.yaml").unlink()
    capsys.readouterr()

    for typed, meant in (("chrn", "churn"), ("pensoin", "pension")):
        assert run(conf, "destroy", typed, "--yes") == 2
        told = capsys.readouterr()
        assert told.out == ""
        assert f"no model '{typed}': no file in {conf / 'models'} has it, and nothing of it" in told.err
        assert f"did you mean '{meant}'? known: churn, mortgage, pension" in told.err


def test_destroy_asks_and_prune_shows(aws: Aws, conf: Path, bundle_dir: Path, capsys: Capture) -> None:
    """Without a terminal destroy needs --yes; prune deletes nothing without it, and keeps what is young."""
    run(conf, "upsert", "--bundle", str(bundle_dir))
    assert run(conf, "destroy", "mortgage") == 2
    told = capsys.readouterr()
    assert "  - pipeline mortgage-register-local\n  - model package group mortgage" in told.out
    assert "give --yes" in told.err

    assert run(conf, "destroy", "mortgage", "--yes") == 0
    assert "deleted  pipeline mortgage-register-local" in capsys.readouterr().err
    assert deployed(aws) == []
    assert run(conf, "destroy", "mortgage", "--yes") == 0
    assert capsys.readouterr().out == "local mortgage: nothing that upsert made\n"
    assert run(conf, "prune") == 0
    assert "and 1 that are too young" in capsys.readouterr().out
    time.sleep(1.1)
    assert run(conf, "prune", "--older-than", "1s") == 0
    assert "nothing was deleted: --yes deletes them" in capsys.readouterr().out
    assert run(conf, "prune", "--older-than", "1s", "--yes") == 0
    assert "local: deleted 1 files" in capsys.readouterr().out
