"""Run one training job: stage its channels, run its container, store its model.

The container finds what SageMaker gives it below /opt/ml: `input/data/<channel>`, `input/config/*.json`,
`checkpoints`, `model` and `output/data` to write to, and `output/failure` for its reason
(https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html).
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.jobs import child
from sagemaker_monitor.emulator.jobs.container import Container
from sagemaker_monitor.emulator.jobs.failure import MOST, JobFailed, exit_reason
from sagemaker_monitor.emulator.jobs.images import XGBOOST, relocate_all, repository, trainer_of
from sagemaker_monitor.emulator.jobs.interruption import Interrupted, TimedOut
from sagemaker_monitor.emulator.jobs.mirror import Mirror
from sagemaker_monitor.emulator.jobs.staging import Upload, collect, copy_to, local_path, staged, stored
from sagemaker_monitor.emulator.jobs.training_metrics import final_metrics
from sagemaker_monitor.emulator.jobs.work import Work
from sagemaker_monitor.emulator.models.archive import ArtifactError, extract
from sagemaker_monitor.emulator.s3.keys import S3Error

CHECKPOINTS = "/opt/ml/checkpoints"
PROGRAM, SUBMITTED = "sagemaker_program", "sagemaker_submit_directory"
"""The hyperparameters that name the script of a framework's container, and the archive that has it."""
_MODULE = "sagemaker_monitor.emulator.models.{}"
_PICKLING = re.compile(r"(?:0\.\d+|1\.[0-2])(?:[-.].*)?")
"""Tags of XGBoost containers that save a pickled Booster: those before 1.3-1.

https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html says so.
"""


def run(work: Work) -> dict[str, Any]:
    """Do the job; return what its record gains. Raises JobFailed, Interrupted and OSError."""
    work.prepare()
    work.enter("Downloading")
    _stage(work)
    command, environment = _container(work)
    work.enter("Training")
    try:
        with Mirror.of_all(work, [*_checkpoints(work), *_tensorboard(work)]):
            code = child.run_job(work, command, environment)
    except Interrupted as interrupted:
        # What a job has written when it is stopped is a model that can be hosted.
        if not interrupted.at_once:
            _store(work, stopped=True)
        work.enter("MaxRuntimeExceeded" if isinstance(interrupted, TimedOut) else "Stopped")
        raise
    if code:
        raise JobFailed(exit_reason(code, work.root / "output" / "failure", work.log))
    work.enter("Uploading")
    _store(work)
    return {"FinalMetricDataList": final_metrics(work)}


def _stage(work: Work) -> None:
    record = work.record
    config = work.root / "input" / "config"
    config.mkdir(parents=True)
    (work.root / "model").mkdir()
    (work.root / "output" / "data").mkdir(parents=True, exist_ok=True)
    channels: dict[str, dict[str, str]] = {}
    for channel in record.get("InputDataConfig") or []:
        name = channel["ChannelName"]
        source = channel["DataSource"]["S3DataSource"]
        try:
            selected = staged(work.context, source, record["RoleArn"])
        except JobFailed as failed:
            raise JobFailed(f"ClientError: Data download failed:{failed}"[:MOST]) from failed
        copy_to(selected, work.root / "input" / "data" / name, work.interruption.check)
        channels[name] = {
            # What FastFile streams is there before anybody reads it.
            "TrainingInputMode": "File",
            "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": "None",
            **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
        }
    for local, uri in _checkpoints(work):
        local.mkdir(parents=True, exist_ok=True)
        copy_to(stored(work.context, uri), local, work.interruption.check)
    for file, document in (
        ("hyperparameters.json", record.get("HyperParameters") or {}),
        ("inputdataconfig.json", channels),
        ("resourceconfig.json", _resources(record)),
    ):
        (config / file).write_text(json.dumps(document), encoding="utf-8")


def _resources(record: dict[str, Any]) -> dict[str, Any]:
    kind = record.get("ResourceConfig", {}).get("InstanceType", "")
    group = "homogeneousCluster"
    return {
        "current_host": "algo-1",
        "current_instance_type": kind,
        "current_group_name": group,
        "hosts": ["algo-1"],
        "instance_groups": [{"instance_group_name": group, "instance_type": kind, "hosts": ["algo-1"]}],
        "network_interface_name": "eth0",
    }


def _checkpoints(work: Work) -> list[tuple[Path, str]]:
    config = work.record.get("CheckpointConfig")
    if config is None:
        return []
    return [(local_path(work.root, config.get("LocalPath", CHECKPOINTS)), config["S3Uri"])]


def _tensorboard(work: Work) -> list[tuple[Path, str]]:
    config = work.record.get("TensorBoardOutputConfig")
    if config is None:
        return []
    local = local_path(work.root, config.get("LocalPath", "/opt/ml/output/tensorboard"))
    return [(local, f"{config['S3OutputPath'].rstrip('/')}/{work.name}/tensorboard-output")]


def _container(work: Work) -> tuple[list[str], dict[str, str]]:
    """Return the command of the job's container and its environment."""
    specification = work.record["AlgorithmSpecification"]
    image = specification["TrainingImage"]
    about = {"TRAINING_JOB_NAME": work.name, "TRAINING_JOB_ARN": work.record["TrainingJobArn"]}
    own = about | work.record.get("Environment", {})
    trainer = trainer_of(work.context.config.images, image)
    entrypoint, arguments = (
        specification.get(member) or [] for member in ("ContainerEntrypoint", "ContainerArguments")
    )
    if not entrypoint and not trainer:
        return _ours(work, image, own)
    # As Docker has it: an entry point of the job's takes the image's place, and `train` is an argument.
    words = [*entrypoint, *arguments] if entrypoint else [*(trainer or ()), *(arguments or ["train"])]
    container = Container.of(work.root)
    return container.command(words), child.environment(
        work.context, work.root, container.environment(own), ours=False
    )


def _ours(work: Work, image: str, own: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return what stands for the containers that we know: the built-in XGBoost, or a framework's script."""
    given = work.record.get("HyperParameters") or {}
    if PROGRAM not in given and repository(image) in XGBOOST:
        own = relocate_all(own, work.root)
        for local, _ in _checkpoints(work):
            own["SAGEMAKER_MONITOR_CHECKPOINTS"] = str(local)
        if _PICKLING.fullmatch(image.rpartition(":")[2]):
            own["SAGEMAKER_MONITOR_PICKLED"] = "1"
        command = [sys.executable, "-m", _MODULE.format("train_xgboost")]
        return command, child.environment(work.context, work.root, own, ours=True)
    _unpack_code(work, script_mode(given, SUBMITTED))
    container = Container.of(work.root)
    environment = child.environment(work.context, work.root, own, ours=True)
    environment |= container.environment(own | {"PYTHONPATH": environment["PYTHONPATH"]})
    return container.command([sys.executable, "-m", _MODULE.format("train_script")]), environment


def script_mode(hyperparameters: Mapping[str, str], name: str) -> str:
    """Return a hyperparameter of script mode, which the SDK writes as JSON, empty where there is none."""
    text = hyperparameters.get(name, "")
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, str) else text


def _unpack_code(work: Work, submitted: str) -> None:
    """Unpack the script's archive, from S3 or from a channel, to /opt/ml/code. Raises JobFailed."""
    code = work.root / "code"
    if submitted.startswith("s3://"):
        try:
            archive = work.context.s3.get(submitted).path
        except S3Error as error:
            raise JobFailed(f"ClientError: cannot read {SUBMITTED} {submitted}: {error}") from error
    else:
        archive = local_path(work.root, submitted)
    if archive.is_dir():
        shutil.copytree(archive, code)
        return
    try:
        extract(archive, code, name=submitted)
    except (ArtifactError, FileNotFoundError) as error:
        raise JobFailed(f"ClientError: {SUBMITTED} cannot be unpacked: {error}") from error


def _store(work: Work, *, stopped: bool = False) -> None:
    from sagemaker_monitor.emulator.api.training_jobs import artifact_uri

    uri = artifact_uri(work.record)
    written = any((work.root / "model").iterdir())
    if not written and not stopped:
        raise JobFailed("AlgorithmError: the training wrote no model to /opt/ml/model")
    packed = work.record["OutputDataConfig"].get("CompressionType", "GZIP") == "GZIP"
    base = uri.rpartition("/")[0] if packed else uri.rstrip("/").rpartition("/")[0]
    uploads = []
    for folder, name in ((work.root / "model", "model"), (work.root / "output" / "data", "output")):
        if not folder.is_dir() or not any(folder.iterdir()):
            continue
        if packed:
            archive = work.root / f"{name}.tar.gz"
            _pack(folder, archive)
            uploads.append(Upload(archive, f"{base}/{name}.tar.gz"))
        else:
            uploads += collect(folder, f"{base}/{name}")
    work.finish(uploads, work.root / "input", work.root / "model", stopped=stopped)


def _pack(folder: Path, target: Path) -> None:
    with tarfile.open(target, "w:gz") as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, path.name)
