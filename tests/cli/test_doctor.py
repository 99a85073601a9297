"""doctor as people and builds type it: lines, JSON, JUnit, exit codes, what it calls and imports."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.iam.commands import actions_of
from sagemaker_monitor.aws.storage import put
from sagemaker_monitor.cli.main import main
from sagemaker_monitor.operations.doctor.examine import FIRST, OF_ENVIRONMENT, OF_MODEL, examine
from sagemaker_monitor.settings import load_model
from tests.cli.heavy import HEAVY
from tests.operations.doctor.looking import edit, subject

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "doctor.md"
Capture = pytest.CaptureFixture[str]
ACTIONS = {
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadBucket": "s3:ListBucket",
}
ENCRYPTION = {"s3:GetBucketEncryption": "s3:GetEncryptionConfiguration"}


def doctor(conf: Path, *arguments: str) -> int:
    """Run the command with this configuration."""
    return main(["doctor", *arguments, "--conf-dir", str(conf)])


def test_before_anything_is_deployed(aws: Aws, conf: Path, capsys: Capture) -> None:
    """An empty account has no problem, and warnings with the commands to type, a line a finding."""
    assert doctor(conf) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("local: ")
    assert " problem" not in lines[-1]
    assert all(re.match(r"(ok|warning|problem|not known) +[a-z]", line) for line in lines[:-1])
    (version,) = (line for line in lines if "mortgage version: " in line)
    assert "fix: sagemaker-monitor run register --model mortgage --mode bootstrap --env local" in version


def test_a_problem_of_the_configuration_is_two_and_of_the_account_three(
    aws: Aws, conf: Path, capsys: Capture
) -> None:
    """A batch that is wrong is for its owner, a bucket that is missing for the account's, also beside it."""
    batch = conf / "batch.csv"
    batch.write_text("1,2\n")
    assert doctor(conf, "mortgage", "--input", str(batch)) == 2
    assert "line 1 has 2 cells" in capsys.readouterr().out
    edit(conf, "bucket: sagemaker-monitor-local", "bucket: not-there")

    assert doctor(conf, "mortgage", "--input", str(batch)) == 3


def test_json_has_what_is_documented(aws: Aws, conf: Path, capsys: Capture) -> None:
    """Every key and every check of the page is there, and no other."""
    assert doctor(conf, "--format", "json") == 0
    told = json.loads(capsys.readouterr().out)
    page = PAGE.read_text()

    keys = set(re.findall(r"^\| `(\w+)` \| ", page, re.MULTILINE))
    assert keys == {*told, *told["findings"][0]}
    assert sum(told["counts"].values()) == len(told["findings"])
    checks = [check.name for check in (*FIRST, *OF_ENVIRONMENT, *OF_MODEL)]
    assert re.findall(r"^- `([a-z-]+)`", page, re.MULTILINE) == checks


def test_junit_fails_where_there_is_a_problem(aws: Aws, conf: Path, capsys: Capture) -> None:
    """A problem fails, what is not known is skipped."""
    batch = conf / "batch.csv"
    batch.write_text("1,2\n")
    assert doctor(conf, "mortgage", "--input", str(batch), "--format", "junit") == 2

    (suite,) = ElementTree.fromstring(capsys.readouterr().out)
    outcomes = {case.get("name"): [child.tag for child in case] for case in suite.iter("testcase")}
    assert outcomes["mortgage batch-columns"] == ["failure"]
    assert outcomes["quotas"] == ["skipped"]
    assert outcomes["identity"] == []


@pytest.mark.parametrize("arguments", [("--input", "b.csv"), ("mortgage", "other", "--labels", "l.csv")])
def test_a_batch_is_of_one_model(conf: Path, capsys: Capture, arguments: tuple[str, ...]) -> None:
    """Without the one model that it is of, a batch is a usage error."""
    assert doctor(conf, *arguments) == 2
    assert "are of one model" in capsys.readouterr().err


def test_it_calls_what_is_documented_and_nothing_that_writes(aws: Aws, conf: Path) -> None:
    """Every call that leaves the process is one of the page's permissions, and none is a write."""
    edit(conf, "  bucket: sagemaker-monitor-local", "  bucket: sagemaker-monitor-local\n  kms_key: alias/k")
    found: set[str] = set()

    def record(model: object, **_: object) -> None:
        name = f"{model.service_model.service_name}:{model.name}"  # type: ignore[attr-defined]
        found.add({**ACTIONS, **ENCRYPTION}.get(name, name))

    seen = subject(conf)
    real = seen.aws._real  # type: ignore[attr-defined]
    real._session.events.register("before-call.*.*", record)
    assert len(list(examine(seen.context, [seen]))) > 15

    assert found - {"sts:GetCallerIdentity"} <= actions_of("doctor")
    assert len(found) > 10
    assert (seen.aws.writes, real.writes) == ([], [])


def test_it_imports_neither_the_sdk_nor_what_computes(aws: Aws, conf: Path, tmp_path: Path) -> None:
    """Also where rows of a batch are compared with the baseline's."""
    columns = load_model("mortgage", conf).data_schema.columns
    rows = "".join(",".join([str(row), *("1" for _ in columns[1:])]) + "\n" for row in range(50))
    put(aws, f"{aws.environment.storage.root}/data/mortgage/validation.csv", rows.encode())
    (tmp_path / "batch.csv").write_text(rows)
    code = (
        "import sys; from sagemaker_monitor.cli.main import main; "
        f"main(['doctor', 'mortgage', '--input', 'batch.csv', '--conf-dir', {str(conf)!r}]); "
        f"loaded = [m for m in {HEAVY!r} if m in sys.modules]; "
        "assert not loaded, loaded"
    )
    environment = {"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "mortgage batch-order: " in done.stdout
