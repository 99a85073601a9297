"""A container in the place of a check step: what it compares, what it passes on, and what it is told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from sagemaker_monitor.analysis.container.__main__ import main
from sagemaker_monitor.analysis.container.baselining import NO_BASELINE

NAMES = {"baseline_statistics": "statistics.json", "baseline_constraints": "constraints.json"}
HEADER = json.dumps({"csv": {"header": True}})


@dataclass
class Job:
    """A job's directory, laid out as /opt/ml, with a dataset that begins at *start*."""

    root: Path
    start: int = 0

    def put(self, name: str, content: str) -> None:
        """Put a file in place."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    def run(self, **variables: str) -> tuple[int, str]:
        """Run the analyzer; return its exit code and its text."""
        rows = "\n".join(["x", *(str(self.start + number % 50) for number in range(400))])
        self.put("processing/input/data/data.csv", f"{rows}\n")
        environment = {
            "SAGEMAKER_MONITOR_ROOT": str(self.root),
            "dataset_format": HEADER,
            "dataset_source": "/opt/ml/processing/input/data",
            "output_path": "/opt/ml/processing/output",
            **variables,
        }
        code = main(["analyzer"], environment)
        return code, (self.root / "output" / "message").read_text()

    def files(self, folder: str) -> dict[str, str]:
        """Return the files of a folder below processing, content by name."""
        found = self.root / "processing" / folder
        return {each.name: each.read_text() for each in sorted(found.iterdir())} if found.exists() else {}


@pytest.fixture
def baseline(tmp_path: Path) -> dict[str, str]:
    """The documents of a baseline, by the variable that names each."""
    job = Job(tmp_path / "baseline")
    assert job.run() == (0, "Completed: Job completed successfully with no violations.")
    return {variable: job.files("output")[name] for variable, name in NAMES.items()}


def given(job: Job, documents: dict[str, str]) -> dict[str, str]:
    """Put baseline documents in place; return the variables that name them, and where the carried go."""
    variables = {"carried_path": "/opt/ml/processing/carried"}
    for variable, content in documents.items():
        job.put(f"processing/baseline/{variable}/{NAMES[variable]}", content)
        variables[variable] = f"/opt/ml/processing/baseline/{variable}/{NAMES[variable]}"
    return variables


# As for check steps: whether anything is compared, and which baseline a version would carry.
TABLE = [
    ("false", "false", True, "previous"),
    ("false", "true", True, "new"),
    ("True", "False", False, "previous"),
    ("true", "true", False, "new"),
]


@pytest.mark.parametrize(("skip", "register", "compared", "carried"), TABLE)
def test_options_decide_as_those_of_a_check_step(
    tmp_path: Path, baseline: dict[str, str], skip: str, register: str, compared: bool, carried: str
) -> None:
    """Skipping decides whether there are violations, registering which baseline is passed on, unaltered."""
    job = Job(tmp_path / "ml", start=40)

    code, text = job.run(**given(job, baseline), skip_check=skip, register_new_baseline=register)

    assert code == 0
    assert text.startswith("CompletedWithViolations" if compared else "Completed:")
    output = job.files("output")
    assert ("constraint_violations.json" in output) is compared
    new = {name: output[name] for name in NAMES.values()}
    previous = {NAMES[variable]: content for variable, content in baseline.items()}
    assert new != previous
    assert job.files("carried") == (new if carried == "new" else previous)


@pytest.mark.parametrize(("skip", "register", "compared", "carried"), TABLE)
def test_without_a_previous_baseline_only_one_can_be_established(
    tmp_path: Path, skip: str, register: str, compared: bool, carried: str
) -> None:
    """The document that stands for no baseline is enough to establish one, and else ends the job in words."""
    job = Job(tmp_path / "ml")

    code, text = job.run(
        **given(job, dict.fromkeys(NAMES, NO_BASELINE)), skip_check=skip, register_new_baseline=register
    )

    if compared or carried == "previous":
        assert code == 1
        assert text.startswith("there is no previous baseline to compare with; supply an approved version's")
        assert not job.files("output")
    else:
        assert code == 0
        assert job.files("carried") == job.files("output")
        assert set(job.files("output")) == set(NAMES.values())


def test_constraints_alone_are_compared_without_drift(tmp_path: Path, baseline: dict[str, str]) -> None:
    """As in a check step, the statistics may be missing; statistics without constraints may not."""
    job = Job(tmp_path / "ml", start=40)
    constraints = baseline | {"baseline_statistics": NO_BASELINE}
    statistics = baseline | {"baseline_constraints": NO_BASELINE}

    assert job.run(**given(job, constraints)) == (
        0,
        "Completed: Job completed successfully with no violations.",
    )
    assert job.files("carried") == {"constraints.json": baseline["baseline_constraints"]}
    assert job.run(**given(job, statistics)) == (
        1,
        "there is a previous baseline_statistics and no baseline_constraints; "
        "a comparison needs the constraints",
    )


def test_violations_fail_the_job_where_that_is_asked(tmp_path: Path, baseline: dict[str, str]) -> None:
    """With fail_on_violation the text counts the violations and nothing is written; without any, all is."""
    job = Job(tmp_path / "ml", start=40)
    variables = given(job, baseline)

    assert job.run(**variables, fail_on_violation="true") == (
        1,
        "the check failed, as FailOnViolation asks. Job completed successfully with 1 violations.",
    )
    assert not job.files("output")
    assert job.run(**variables, fail_on_violation="true", skip_check="true")[0] == 0


def test_a_switch_is_true_or_false(tmp_path: Path) -> None:
    """Anything else is refused by name."""
    code, text = Job(tmp_path).run(skip_check="yes")

    assert (code, text) == (1, "skip_check is 'yes'; it must be true or false")


def test_a_baseline_that_is_damaged_is_not_taken_for_none(tmp_path: Path, baseline: dict[str, str]) -> None:
    """Only the one document stands for no baseline; an empty or a broken one ends the job."""
    for content in ("", "{", "{}", "null"):
        job = Job(tmp_path / "ml")
        variables = given(job, baseline | {"baseline_constraints": content})

        code, text = job.run(**variables)

        assert code == 1
        assert text.startswith("the baseline cannot be read: ")


def test_the_job_configuration_completes_the_environment(tmp_path: Path) -> None:
    """What the process was not given, the file may; what it was given counts."""
    job = Job(tmp_path)
    environment = {"dataset_format": "wrong", "output_path": "wrong", "skip_check": "perhaps"}
    job.put("config/processingjobconfig.json", json.dumps({"Environment": environment}))

    assert job.run() == (1, "skip_check is 'perhaps'; it must be true or false")
    assert job.run(skip_check="false")[0] == 0


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("processingjobconfig.json", "{", "processingjobconfig.json is not JSON: "),
        ("processingjobconfig.json", "[]", "processingjobconfig.json must be an object"),
        (
            "processingjobconfig.json",
            '{"Environment": {"skip_check": 1}}',
            "processingjobconfig.json: Environment must be an object of texts",
        ),
        (
            "resourceconfig.json",
            '{"current_host": "algo-1", "hosts": ["algo-1", "algo-2"]}',
            "the job has 2 instances, and the analysis runs on one; set InstanceCount to 1",
        ),
    ],
)
def test_a_configuration_that_cannot_be_honoured_ends_the_job(
    tmp_path: Path, file: str, content: str, reason: str
) -> None:
    """The text says which file, and nothing is written."""
    job = Job(tmp_path)
    job.put(f"config/{file}", content)

    code, text = job.run()

    assert code == 1
    assert text.startswith(reason)
    assert not job.files("output")
