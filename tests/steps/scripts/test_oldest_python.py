"""The scripts run under the oldest Python that AWS's scikit-learn image may have."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from steps.archive import archive_of
from steps.collect import MODULES, SCHEDULED_MODULES
from steps.decide import MODULES as DECISION_MODULES
from steps.join import MODULES as JOIN_MODULES
from tests.analysis.decision.cases import people, spec_document
from tests.analysis.decision.inputs import columns, inputs
from tests.analysis.decision.scoring import answers, records
from tests.analysis.invocations.test_records import line
from tests.steps.scripts.test_decide import rows
from tests.steps.scripts.test_join import ADDED, SPEC
from tests.steps.scripts.watched import Watched, joined

ROOT = Path(__file__).parents[3]
SCRIPTS = ROOT / "steps" / "scripts"
VERSIONS = ("3.8", "3.9", "3.10")
STANDARD_LIBRARY_ONLY = (
    "sagemaker_monitor.analysis.documents.verdict_json",
    "sagemaker_monitor.analysis.documents.analysis",
    "sagemaker_monitor.analysis.documents.cloudwatch",
    "sagemaker_monitor.analysis.decision.spec",
    "sagemaker_monitor.analysis.decision.wording",
)
JOIN = """
import argparse, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from steps.scripts import collect
from steps.scripts.joining import joined, label_objects
window = ("2026-03-01T09:00:00+01:00", "2026-03-02T00:00Z")
assert label_objects.read_window(*window) == collect.read_window(*window)
root = Path(sys.argv[2])
print(joined.run(argparse.Namespace(
    spec=root / "spec.json", transform=root / "transform", output=root / "output", labels_uri="",
    window_start="2026-03-01T09:00:00Z", window_end="2026-03-02", collected=None)))
"""
INPUTS_AND_COLLECT = """
import argparse, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import collect, inputs
root = Path(sys.argv[2])
print(inputs.run(argparse.Namespace(
    spec=root / "spec.json", input=root / "batch", output=root / "output")))
window = ("2026-03-01T09:00:00+01:00", "2026-03-02T00:00Z")
start = collect.read_window(*window).start
rows = collect.count_rows(root / "captured", "s3://data/captured", 7)
print(collect.stamp(start), rows)
"""
OF_ENDPOINT = """
import sys
sys.path.insert(0, sys.argv[1])
from datetime import datetime, timezone
from pathlib import Path
from sagemaker_monitor.analysis.invocations.captured import read_invocation
from sagemaker_monitor.analysis.invocations.expected import Expected
from sagemaker_monitor.analysis.invocations.records import records_of
from steps.scripts.captured_window import Rows, hours_of
from steps.scripts.scheduled import scheduled_window
from steps.scripts.serving import Judged
expected = Expected(("a", "b"))
invocation = read_invocation(sys.argv[3])
assert Judged(None, "arn", None).whose("v0", invocation.time) == "unknown"
with Rows(Path(sys.argv[2]), expected, 1) as rows:
    for record in records_of(invocation, expected):
        assert rows.write(record, invocation.time)
    rows.finish()
window = scheduled_window("2026-03-01T09:20:00Z", (-1, 0), datetime.now(timezone.utc))
print((Path(sys.argv[2]) / "transform" / "part-00000.csv").read_text(), hours_of(window, window.end))
"""
SCHEDULED = """
import sys
sys.path[:0] = sys.argv[1:3]
from datetime import datetime, timezone
import collect_late, find_batch
from steps.scripts.scheduled import scheduled_moment
moment = scheduled_moment("2026-03-01T09:20:00Z", datetime.now(timezone.utc))
scorers = collect_late.Scorers(lambda *asked, **request: None, "arn", "x-monitor-ground-truth-d/execution/1")
print(find_batch.batch_uri("s3://b/", "{year}/{hour}", moment), scorers.taken("s3://b/monitor-batch/e/x"))
"""
CONCLUDE = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from sagemaker_monitor.analysis.decision import calibration, spec
from sagemaker_monitor.analysis.decision.conclude import conclude
from sagemaker_monitor.analysis.decision.sample import read_sample
root = Path(sys.argv[2])
known = spec.from_json(json.loads((root / "spec.json").read_text()))
one, two = (read_sample(root / n / "labelled", root / n / "scored", known) for n in ("one", "two"))
pairs = [("DPL", 0), ("TE", 0), ("KL", 0)]
family = calibration.chance(calibration.patterns(one, two), pairs, splits=999).offsets(pairs, 0.05)
print(json.dumps([[o.up, o.down] for o in family.offsets.values()]))
"""
MODELS = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from sagemaker_monitor.analysis.decision import evidence, reading, spec
from sagemaker_monitor.analysis.decision.conclude import conclude
from sagemaker_monitor.analysis.decision.sample import read_sample
from sagemaker_monitor.analysis.documents.verdict_json import to_json
root = Path(sys.argv[2])
told = json.loads((root / "told.json").read_text())
class Service:
    def text(self, uri):
        return told["objects"].get(uri)
known = spec.from_json(told["spec"])
one, two = (read_sample(root / n / "labelled", root / n / "scored", known) for n in ("one", "two"))
version = {"DriftCheckBaselines": told["version"]}
checks = [reading.check_evidence(Service(), each, told["steps"][each.step], version) for each in known.checks]
found = evidence.Evidence(
    run=evidence.Run("arn", None, "0", "now", None),
    labels=evidence.Labels("labels-complete", two.rows, two.rows, 1.0, 0.9, 0, 0),
    checks=tuple(checks), batch=two, baseline=evidence.BaselineVersion("arn", None, one, None))
verdict = to_json(conclude(known, found))
def rounded(value):
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return round(value, 8) if isinstance(value, float) else value
print(json.dumps(rounded(verdict)))
"""
DRIFT = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from sagemaker_monitor.analysis.decision import drift, reading
from sagemaker_monitor.analysis.decision.table import read_table
root = Path(sys.argv[2])
found = drift.drift(read_table(root / "one"), read_table(root / "two"), 0.05, splits=500)
print(json.dumps([found.limits(found.features, 0.05), found.left_out]))
"""


def candidates() -> list[Path]:
    """Return interpreters, oldest first: the one OLDEST_PYTHON names, then pyenv's and the path's."""
    found = [Path(os.environ["OLDEST_PYTHON"])] if os.environ.get("OLDEST_PYTHON") else []
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in VERSIONS:
        found += sorted(pyenv.glob(f"{version}.*/bin/python"))
        on_path = shutil.which(f"python{version}")
        found += [Path(on_path)] if on_path else []
    return found


def runs(python: Path, code: str) -> bool:
    """Return whether *python* runs *code*."""
    answer = subprocess.run([python, "-I", "-c", code], capture_output=True, check=False, timeout=60)
    return answer.returncode == 0


@cache
def oldest() -> Path:
    """Return the oldest interpreter that can be had; the test is skipped where none is older than 3.11."""
    for python in candidates():
        if runs(python, "import sys; assert (3, 8) <= sys.version_info < (3, 11)"):
            return python
    pytest.skip(f"no Python {VERSIONS[0]} to {VERSIONS[-1]} was found; OLDEST_PYTHON may name one")


def output(python: Path, *arguments: str) -> str:
    """Return what *python* prints; it must succeed."""
    answer = subprocess.run(
        [python, "-I", "-B", *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The modules of decide as they are shipped."""
    path = tmp_path / "decision.zip"
    path.write_bytes(archive_of(DECISION_MODULES))
    return path


def test_everything_that_is_shipped_compiles(archive: Path) -> None:
    """Scripts and shipped modules have no syntax that the oldest Python lacks."""
    code = (
        "import sys, zipfile\n"
        "for name in zipfile.ZipFile(sys.argv[1]).namelist():\n"
        "    compile(zipfile.ZipFile(sys.argv[1]).read(name), name, 'exec')\n"
        "for name in sys.argv[2:]:\n"
        "    compile(open(name, encoding='utf-8').read(), name, 'exec')\n"
        "print('compiled')"
    )
    scripts = [str(path) for path in sorted(SCRIPTS.rglob("*.py"))]

    assert output(oldest(), "-c", code, str(archive), *scripts) == "compiled\n"


@pytest.mark.parametrize("module", STANDARD_LIBRARY_ONLY)
def test_verdicts_need_nothing_but_the_standard_library(archive: Path, module: str) -> None:
    """Reading a verdict needs no numpy, and names evaluated at import exist in the oldest Python."""
    output(oldest(), "-c", f"import sys; sys.path.insert(0, sys.argv[1]); import {module}", str(archive))


def test_join_runs(tmp_path: Path) -> None:
    """What join.py imports, shipped as an archive, does its work there, from rows to labels.json."""
    path = tmp_path / "join.zip"
    path.write_bytes(archive_of(JOIN_MODULES))
    (tmp_path / "transform").mkdir()
    (tmp_path / "transform" / "a.out").write_text(f"a,1,2,1,1,{ADDED}\nb,1,2,0,0,{ADDED}\n")
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))

    said = output(oldest(), "-c", JOIN, str(path), str(tmp_path))

    assert said == "labels-complete: 2 of 2 rows have a label\n"
    assert (tmp_path / "output" / "labelled" / "data.csv").read_text() == "1,2,1,1\n1,2,0,0\n"


def test_inputs_and_collect_read_there(tmp_path: Path) -> None:
    """The batch is cut, and windows and captured rows are read, as under the newest Python."""
    (tmp_path / "batch").mkdir()
    (tmp_path / "batch" / "a.csv").write_text("a,1,2,1\n")
    (tmp_path / "spec.json").write_text(json.dumps(SPEC))
    (tmp_path / "captured").write_text(f"a,1,2,1,{ADDED}\n")

    said = output(oldest(), "-c", INPUTS_AND_COLLECT, str(SCRIPTS), str(tmp_path))

    assert said == "1 rows of 2 columns; the model has 2 features\n2026-03-01T08:00:00Z 1\n"
    assert (tmp_path / "output" / "features" / "data.csv").read_text() == "income,term\n1,2\n"


def test_captures_of_an_endpoint_are_read_there(tmp_path: Path) -> None:
    """What collect_endpoint.py imports, shipped as an archive, reads a captured line and makes its rows."""
    path = tmp_path / "collect.zip"
    path.write_bytes(archive_of(MODULES))

    said = output(oldest(), "-c", OF_ENDPOINT, str(path), str(tmp_path), line("1.0,x\n2,y", "0.5\n0.25\n"))

    assert said == (
        "e1/0,1.0,x,,0.5,e1/0,2026-03-01T09:00:00Z\ne1/1,2,y,,0.25,e1/1,2026-03-01T09:00:00Z\n"
        " ['2026/03/01/08']\n"
    )


def test_what_a_scheduled_run_looks_for_is_found_under_the_oldest_python(tmp_path: Path) -> None:
    """The archive and the scripts beside it import, and read a time."""
    path = tmp_path / "scheduled.zip"
    path.write_bytes(archive_of(SCHEDULED_MODULES))

    assert output(oldest(), "-c", SCHEDULED, str(path), str(SCRIPTS)) == "s3://b/2026/09 False\n"


def test_limits_are_the_same_under_another_numpy(archive: Path, tmp_path: Path) -> None:
    """The oldest Python, with the numpy it has, calibrates to the same limits, digit for digit."""
    python = oldest()
    if not runs(python, "import numpy"):
        pytest.skip(f"{python} has no numpy; OLDEST_PYTHON may name an interpreter that has one")
    (tmp_path / "spec.json").write_text(json.dumps(spec_document()))
    for name, sample in (("one", people(1, 300)), ("two", people(2, 200))):
        for folder, text in rows(sample).items():
            (tmp_path / name / folder).mkdir(parents=True)
            (tmp_path / name / folder / "data.csv").write_text(text)

    there = output(python, "-c", CONCLUDE, str(archive), str(tmp_path))

    assert there == output(Path(sys.executable), "-c", CONCLUDE, str(archive), str(tmp_path))


def test_drift_limits_are_the_same_under_another_numpy(archive: Path, tmp_path: Path) -> None:
    """Random splits of the inputs' rows give the same limits, too."""
    python = oldest()
    if not runs(python, "import numpy"):
        pytest.skip(f"{python} has no numpy; OLDEST_PYTHON may name an interpreter that has one")
    for name, found in (("one", columns(1, 300, missing=0.1)), ("two", columns(2, 900))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data.csv").write_text(inputs(found).text)

    there = output(python, "-c", DRIFT, str(archive), str(tmp_path))

    assert there == output(Path(sys.executable), "-c", DRIFT, str(archive), str(tmp_path))


def test_verdicts_on_models_are_the_same_under_another_numpy(archive: Path, tmp_path: Path) -> None:
    """Documents of both monitors of a model are read, judged and written there, alike to the eighth digit."""
    python = oldest()
    if not runs(python, "import numpy"):
        pytest.skip(f"{python} has no numpy; OLDEST_PYTHON may name an interpreter that has one")
    batch, baseline = answers(6, 300), answers(1, 400)
    watched = Watched(batch, baseline, records(4, 300, (0.02, 0.05, 0.2, 0.3)), records(1, 400))
    told = {
        "spec": watched.document,
        "steps": watched.steps,
        "version": watched.version,
        "objects": watched.objects,
    }
    (tmp_path / "told.json").write_text(json.dumps(told))
    for name, of in (("one", baseline), ("two", batch)):
        for folder, text in joined(of).items():
            (tmp_path / name / folder).mkdir(parents=True)
            (tmp_path / name / folder / "data.csv").write_text(text)

    there = output(python, "-c", MODELS, str(archive), str(tmp_path))

    assert there == output(Path(sys.executable), "-c", MODELS, str(archive), str(tmp_path))
    assert json.loads(there)["decision"] == "refused"
