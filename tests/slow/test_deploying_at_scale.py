"""Two hundred models and more calls than AWS takes: built, deployed, killed, and the same in the end."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.bundle import Bundle
from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.aws.storage import list_objects
from sagemaker_monitor.emulator.config import EmulatorConfig
from sagemaker_monitor.emulator.server import Server
from sagemaker_monitor.operations.ledger import read_entry
from sagemaker_monitor.operations.resources.pipelines import pipeline_tags, read_pipeline
from sagemaker_monitor.operations.upsert import look
from sagemaker_monitor.settings import Environment, load_environment, load_model
from tests.cli.test_deploying import write_bundles
from tests.operations.emulated import CONF
from tests.operations.faults import Faults

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

ROOT = Path(__file__).parents[2]
MODELS = int(os.environ.get("MODELS", "200"))
# What the kernel says of a child that has ended includes the memory of its parent before exec.
MEASURED = (
    "import sys; from sagemaker_monitor.cli.main import main; code = main(sys.argv[1:]); "
    "print(open('/proc/self/status').read(), file=sys.stderr); sys.exit(code)"
)
KILLS = int(os.environ.get("KILLS", "100"))


@dataclass
class Place:
    """An emulator of its own, and a configuration whose `local` it is."""

    server: Server
    conf: Path

    @property
    def environment(self) -> Environment:
        """The environment `local`."""
        return load_environment("local", self.conf)

    @property
    def aws(self) -> Aws:
        """A connection that is not yet used."""
        return connect(self.environment)

    def upsert(self, dist: Path) -> subprocess.Popen[str]:
        """Begin an upsert of all bundles in *dist*, as a process of its own."""
        arguments = ["upsert", "--conf-dir", str(self.conf), "--bundle", str(dist), "--format", "json"]
        return subprocess.Popen(
            [sys.executable, "-c", MEASURED, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A place with a bucket and no model."""
    conf = tmp_path / "conf"
    shutil.copytree(CONF, conf)
    with Server(EmulatorConfig(state_dir=tmp_path / "state", port=0)) as server:
        local = conf / "environments" / "local.yaml"
        local.write_text(local.read_text().replace("http://127.0.0.1:4780", server.url))
        found = Place(server, conf)
        environment = found.environment
        location = {"LocationConstraint": environment.region}
        found.aws.call(
            "s3",
            "create_bucket",
            Bucket=environment.storage.bucket,
            CreateBucketConfiguration=location,
        )
        yield found


def require_deployed(place: Place, bundles: list[Bundle], *, files: set[str] | None = None) -> None:
    """Check that what is deployed is what *bundles* say, and that nothing else is there."""
    aws, environment = place.aws, place.environment
    for bundle in bundles:
        model = load_model(bundle.model, place.conf)
        for pipeline in bundle.pipelines:
            deployed = read_pipeline(aws, pipeline.name)
            assert deployed is not None
            assert deployed.answer["PipelineDefinition"] == pipeline.definition
            assert deployed.fields["tags"] == pipeline_tags(model, environment, pipeline.pipeline)
        entry = read_entry(aws, bundle.model)
        assert entry.work is None
        assert entry.done is not None
        assert entry.done.bundle == bundle.sha256
        outlook = look(aws, bundle, model)
        assert {change.done for change in outlook.changes(aws)} == {"unchanged"}
        assert outlook.is_recorded
        assert outlook.surplus == ()
    names = {each["PipelineName"] for each in aws.pages("sagemaker", "list_pipelines", "PipelineSummaries")}
    assert names == {pipeline.name for bundle in bundles for pipeline in bundle.pipelines}
    stored = {item.uri for item in list_objects(aws, f"{environment.storage.root}/assets/")}
    assert stored == (files or set()) | {asset.uri for bundle in bundles for asset in bundle.assets}


def write_models(conf: Path) -> None:
    """Let a configuration have as many models as are asked for, each as the example's."""
    mortgage = conf / "models" / "mortgage.yaml"
    text = mortgage.read_text()
    mortgage.unlink()
    for number in range(MODELS):
        name = f"m{number:03}"
        changed = text.replace("model: mortgage", f"model: {name}", 1)
        (conf / "models" / f"{name}.yaml").write_text(changed)


@dataclass(frozen=True)
class Built:
    """The bundles of all models below *dist*, and what building each cost, in order."""

    dist: Path
    costs: list[dict[str, Any]]

    def some(self, folder: Path, count: int) -> Path:
        """Return a folder with the bundles of the first *count* models."""
        folder.mkdir()
        for each in sorted(self.dist.iterdir())[:count]:
            (folder / each.name).symlink_to(each)
        return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Every model, built in one process."""
    folder = tmp_path_factory.mktemp("built")
    conf, dist = folder / "conf", folder / "dist"
    shutil.copytree(CONF, conf)
    write_models(conf)
    process = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "slow" / "building.py"), str(conf), str(dist)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return Built(dist, [json.loads(line) for line in process.stdout.splitlines()])


def test_building_costs_the_same_for_the_last_model_as_for_the_first(built: Built) -> None:
    """The CPU of a pipeline is constant, and memory flat."""
    costs, quarter = built.costs, MODELS // 4
    early, late = costs[quarter : 2 * quarter], costs[-quarter:]
    seconds = [statistics.median(each["seconds"] for each in part) for part in (early, late)]
    growth = costs[-1]["kilobytes"] - costs[quarter]["kilobytes"]
    print(f"\nbuilding: {seconds[0] / 3:.3f} then {seconds[1] / 3:.3f} s of CPU a pipeline; ", end="")
    print(f"{costs[quarter]['kilobytes'] >> 10} MB, then {growth / 1024:+.1f} MB")

    assert seconds[1] < 1.3 * seconds[0]
    assert growth < 16 << 10


@pytest.mark.parametrize("count", [MODELS // 4, MODELS])
def test_upsert_asks_as_much_of_many_models_as_of_few(
    place: Place, built: Built, tmp_path: Path, count: int
) -> None:
    """First and again, calls are so many a model at most, and the second writes nothing."""
    write_models(place.conf)
    folder = built.some(tmp_path / "some", count)
    faults = Faults(place.server, seed=1)
    for what, most in (("first", 70), ("again", 45)):
        before, began = faults.counts["requests"], time.monotonic()
        process = place.upsert(folder)
        out, err = process.communicate()
        seconds, calls = time.monotonic() - began, (faults.counts["requests"] - before) / count
        print(f"\n{what} upsert of {count} models: {seconds:.0f} s, ", end="")
        print(f"{calls:.0f} calls a model, {peak(err) >> 10} MB at most")
        assert process.returncode == 0, err[-3000:]
        assert calls < most
    assert json.loads(out)["writes"] == 0


def test_upsert_of_600_pipelines_converges_while_a_fifth_of_all_calls_is_throttled(
    place: Place, built: Built, tmp_path: Path
) -> None:
    """Deployed despite throttling, 5xx and lost answers; then there is nothing to do."""
    write_models(place.conf)
    dist = built.dist
    faults = Faults(place.server, seed=5, throttled=0.2, broken=0.02, lost=0.02)
    process = place.upsert(dist)
    out, err = process.communicate()
    print(f"upsert: {dict(faults.counts)}, {peak(err) >> 10} MB at most")
    assert process.returncode == 0, err[-3000:]
    faults.calm()
    bundles = [Bundle.read(folder) for folder in sorted(dist.iterdir())]
    require_deployed(place, bundles)

    peaks = []
    for count in (MODELS // 4, MODELS):
        process = place.upsert(built.some(tmp_path / f"again-{count}", count))
        out, err = process.communicate()
        assert process.returncode == 0, err[-3000:]
        assert json.loads(out)["writes"] == 0
        peaks.append(peak(err))
    print(f"no-op of {MODELS // 4} models, then of {MODELS}: {[each >> 10 for each in peaks]} MB at most")
    assert peaks[1] < peaks[0] + (32 << 10)


def peak(err: str) -> int:
    """Return the most memory that an upsert had in use, in kilobytes, as it said at its end."""
    return int(err.rpartition("VmHWM:")[2].split()[0])


def test_killed_at_a_hundred_points_and_run_again_it_converges(place: Place, tmp_path: Path) -> None:
    """SIGKILL before or after the n-th request, n at random: the next run completes, and nothing is left."""
    models = ("a", "b", "c")
    folders = [
        write_bundles(place.conf, place.environment, tmp_path / text, *models, text=text)
        for text in ("open", "shut")
    ]
    bundles = [[Bundle.read(folder / model) for model in models] for folder in folders]
    files = {asset.uri for side in bundles for bundle in side for asset in bundle.assets}
    chance = random.Random(11)
    faults = Faults(place.server, seed=1)
    killed = 0
    for turn in range(KILLS):
        process = place.upsert(folders[turn % 2])
        until = faults.counts["requests"] + chance.randint(1, 60 if turn < 2 else 45)

        def kill(number: int, until: int = until, process: subprocess.Popen[str] = process) -> None:
            if number == until:
                process.send_signal(signal.SIGKILL)
                process.wait()

        if chance.random() < 0.5:
            faults.before = kill
        else:
            faults.after = kill
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        faults.before = faults.after = faults.nothing

        process = place.upsert(folders[turn % 2])
        _, err = process.communicate()
        assert process.returncode == 0, err[-3000:]
        require_deployed(place, bundles[turn % 2], files=files if turn else None)
    print(f"\nkilled {killed} of {KILLS} times before the end")
    assert killed > KILLS / 2
