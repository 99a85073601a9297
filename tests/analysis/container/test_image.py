"""The image of the Dockerfile: it holds what the analysis needs, and runs as SageMaker starts it."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]
ANALYSIS = REPOSITORY / "sagemaker_monitor" / "analysis"
CSV = "\n".join(["x,group,label", *(f"{i / 100},{i % 2},{int(i % 3 > i % 2)}" for i in range(400))])
DATASET_FORMAT = json.dumps({"csv": {"header": True}})
CONFIG = {
    "dataset_type": "text/csv",
    "headers": ["x", "group", "label"],
    "label": "label",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "group", "value_or_threshold": [1]}],
    "methods": {"pre_training_bias": {"methods": "all"}, "report": {"name": "report"}},
}


@dataclass
class Recipe:
    """What the Dockerfile says."""

    image: str = ""
    copies: list[tuple[str, str]] = field(default_factory=list)
    packages: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)


def recipe() -> Recipe:
    """Read the Dockerfile; what is not understood is kept in *other*."""
    found = Recipe()
    for line in (REPOSITORY / "Dockerfile").read_text().splitlines():
        name, _, rest = line.partition(" ")
        match name:
            case "FROM":
                found.image = rest
            case "COPY":
                source, target = rest.split()
                found.copies.append((source, target))
            case "ENV":
                key, _, value = rest.partition("=")
                found.environment[key] = value
            case "ENTRYPOINT":
                found.entrypoint = json.loads(rest)
            case "CMD":
                found.command = json.loads(rest)
            case "RUN" if rest.startswith("pip install "):
                words = shlex.split(rest)[2:]
                place = words.index("--constraint")
                found.packages = [word for word in words[:place] + words[place + 2 :] if word[0] != "-"]
            case "" | "#":
                pass
            case _:
                found.other.append(line)
    return found


def extra(name: str) -> list[str]:
    """Return the names of the packages of a list that setup.py gives an extra."""
    for node in ast.parse((REPOSITORY / "setup.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name.upper():
            requirements = ast.literal_eval(node.value)
            return sorted(re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in requirements)
    raise AssertionError(f"setup.py has no list {name.upper()}")


def imported() -> set[str]:
    """Return the packages outside the standard library that the analysis imports, late imports included."""
    names: set[str] = set()
    for file in ANALYSIS.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{file} has a relative import"
                names.add(str(node.module).partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"sagemaker_monitor"}


def test_the_extra_is_what_the_analysis_imports() -> None:
    """Nothing is missing from the extra `analysis`, and nothing is in it that no module needs."""
    assert sorted(imported()) == extra("analysis")


def test_the_image_installs_the_extra_and_copies_the_analysis() -> None:
    """The Dockerfile names the extra's packages, locked, and no module of ours that the analysis lacks."""
    found = recipe()

    assert found.packages == extra("analysis")
    assert ("constraints.txt", "/tmp/constraints.txt") in found.copies
    assert found.image.startswith(f"python:{sys.version_info.major}.{sys.version_info.minor}-slim")
    ours = {source for source, _ in found.copies} - {"constraints.txt"}
    assert ours == {"sagemaker_monitor/__init__.py", "sagemaker_monitor/analysis"}
    assert found.other == ["RUN python -m compileall -q /srv"]
    assert all((REPOSITORY / source).exists() for source, _ in found.copies)


def test_the_build_context_has_what_is_copied() -> None:
    """The ignore file lets through exactly the sources of the Dockerfile."""
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()

    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == {source for source, _ in recipe().copies}


def test_model_monitor_may_start_it_without_arguments() -> None:
    """The entry point is the analysis, its default the analyzer."""
    found = recipe()

    assert found.entrypoint == ["python", "-m", "sagemaker_monitor.analysis.container"]
    assert found.command == ["analyzer"]


@dataclass(frozen=True)
class Image:
    """The image's Python and files, outside a container."""

    python: Path
    srv: Path
    recipe: Recipe

    def run(self, ml: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Start the entry point where *ml* is /opt/ml and the image's files are /srv."""
        program, *rest = [*self.recipe.entrypoint, *(arguments or self.recipe.command)]
        assert program == "python"
        command = shlex.join([str(self.python), *rest])
        script = (
            f"mount --bind {shlex.quote(str(self.srv))} /srv && mount --bind {shlex.quote(str(ml))} /mnt && "
            "mount -t tmpfs none /opt && mkdir /opt/ml && mount --move /mnt /opt/ml && "
            f"cd / && exec {command}"
        )
        return subprocess.run(
            ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
            env={"PATH": os.environ["PATH"], **self.recipe.environment, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Build what the Dockerfile describes: a fresh environment with its packages, and a copy of its files."""
    attempt = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    if (
        shutil.which("unshare") is None
        or subprocess.run(attempt, check=False, capture_output=True).returncode
    ):
        pytest.skip("no user namespaces here, so nothing can be /opt/ml")
    found, root = recipe(), tmp_path_factory.mktemp("image")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, root / "venv"], check=True)
    python = root / "venv" / "bin" / "python"
    install = [uv, "pip", "install", "--quiet", "--python", python, "--constraint", "constraints.txt"]
    subprocess.run([*install, *found.packages], check=True, cwd=REPOSITORY)
    for source, target in found.copies:
        if target.startswith("/srv/"):
            place = root / target[1:]
            place.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (REPOSITORY / source).is_dir() else shutil.copy
            copy(REPOSITORY / source, place)
    return Image(python, root / "srv", found)


def put(ml: Path, name: str, content: str) -> None:
    """Put a file below the directory that becomes /opt/ml."""
    (ml / name).parent.mkdir(parents=True, exist_ok=True)
    (ml / name).write_text(content)


def variables(**more: str) -> dict[str, str]:
    """Return what Model Monitor sets for a data quality job."""
    return {
        "dataset_format": DATASET_FORMAT,
        "dataset_source": "/opt/ml/processing/input/data",
        "output_path": "/opt/ml/processing/output",
        "publish_cloudwatch_metrics": "Disabled",
        **more,
    }


@pytest.mark.slow
def test_the_analyzer_runs_below_opt_ml(image: Image, tmp_path: Path) -> None:
    """Started bare: a baseline, then a comparison with it; texts, exit codes and files are the contract's."""
    put(tmp_path, "processing/input/data/data.csv", CSV)
    (tmp_path / "processing/output").mkdir()

    done = image.run(tmp_path, **variables())

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "output/message").read_text() == (
        "Completed: Job completed successfully with no violations."
    )
    output = tmp_path / "processing/output"
    assert sorted(each.name for each in output.iterdir()) == ["constraints.json", "statistics.json"]

    for name in ("constraints.json", "statistics.json"):
        put(tmp_path, f"processing/baseline/{name}", (output / name).read_text())
    put(tmp_path, "processing/input/data/data.csv", CSV.replace("1,0,", "99.5,0,"))
    compared = {
        f"baseline_{name}": f"/opt/ml/processing/baseline/{name}.json"
        for name in ("constraints", "statistics")
    }
    done = image.run(tmp_path, **variables(**compared))

    assert done.returncode == 0, done.stderr
    violations = json.loads((output / "constraint_violations.json").read_text())["violations"]
    assert (tmp_path / "output/message").read_text() == (
        f"CompletedWithViolations: Job completed successfully with {len(violations)} violations."
    )
    assert violations


@pytest.mark.slow
def test_clarify_runs_below_opt_ml(image: Image, tmp_path: Path) -> None:
    """With the argument `clarify`: the analysis and its report, from the packages of the image alone."""
    put(tmp_path, "processing/input/data/data.csv", CSV.partition("\n")[2])
    put(tmp_path, "processing/input/config/analysis_config.json", json.dumps(CONFIG))

    done = image.run(tmp_path, "clarify")

    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "processing/output/analysis.json").read_text())
    assert found["pre_training_bias_metrics"]["facets"]["group"]
    assert (tmp_path / "output/message").read_text() == "Completed: SageMaker XAI Analyzer ran successfully"


@pytest.mark.slow
def test_what_is_wrong_ends_the_process_with_an_error(image: Image, tmp_path: Path) -> None:
    """The code is not zero, the text says what is wrong, and there is no output."""
    done = image.run(tmp_path, **variables(dataset_format="csv"))

    assert done.returncode != 0
    assert "dataset_format" in (tmp_path / "output/message").read_text()
    assert not (tmp_path / "processing/output").exists()


@pytest.mark.slow
def test_every_module_of_the_image_can_be_imported(image: Image, tmp_path: Path) -> None:
    """No module of the analysis needs a package that the image has not."""
    names = [
        ".".join(file.relative_to(REPOSITORY).with_suffix("").parts)
        for file in sorted(ANALYSIS.rglob("*.py"))
        if file.name not in ("__init__.py", "__main__.py")
    ]
    code = f"import importlib\nfor name in {names!r}:\n    importlib.import_module(name)\n"

    done = subprocess.run(
        [image.python, "-c", code],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(image.srv)},
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )

    assert done.returncode == 0, done.stderr
