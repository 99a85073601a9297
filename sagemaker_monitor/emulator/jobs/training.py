"""Run one training job: stage its channels, run its container, store its model.

The container finds what SageMaker gives it below /opt/ml: `input/data/<channel>`, `input/config/*.json`,
`model` to write to, and `output/failure` for its reason
(https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo.html).
"""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path
from typing import Any

from sagemaker_monitor.emulator.jobs import child
from sagemaker_monitor.emulator.jobs.failure import MOST, JobFailed, exit_reason
from sagemaker_monitor.emulator.jobs.images import relocate_all, trainer_of
from sagemaker_monitor.emulator.jobs.staging import Upload, copy_to, listed, select
from sagemaker_monitor.emulator.jobs.work import Work

DEFAULT_RUNTIME = 86_400
_METRIC = re.compile(r"([\w-]+)-([\w@.-]+):(-?[\d.]+(?:e[+-]?\d+)?|nan)", re.IGNORECASE)


def run(work: Work) -> dict[str, Any]:
    """Do the job; return what its record gains. Raises JobFailed, Interrupted and OSError."""
    work.prepare()
    _stage(work)
    image = work.record["AlgorithmSpecification"]["TrainingImage"]
    trainer = trainer_of(work.context.config.images, image)
    assert trainer is not None
    own = relocate_all(work.record.get("Environment", {}), work.root)
    code = child.run(
        trainer.command(work.root),
        root=work.root,
        environ=child.environment(work.context, work.root, own, ours=trainer.ours),
        log=work.log,
        seconds=work.record["StoppingCondition"].get("MaxRuntimeInSeconds", DEFAULT_RUNTIME),
        until=work.interruption,
    )
    failure = work.root / "output" / "failure"
    if code:
        raise JobFailed(exit_reason(code, failure, work.log))
    _store(work)
    return {"FinalMetricDataList": _metrics(work)} if trainer.ours else {}


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
            if source["S3DataType"] == "ManifestFile":
                selected, _, _ = listed(work.context, source["S3Uri"], record["RoleArn"])
            else:
                selected = select(work.context, source["S3Uri"], record["RoleArn"])
        except JobFailed as failed:
            raise JobFailed(f"ClientError: Data download failed:{failed}"[:MOST]) from failed
        copy_to(selected, work.root / "input" / "data" / name, work.interruption.check)
        about = {
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        }
        channels[name] = about | ({"ContentType": channel["ContentType"]} if "ContentType" in channel else {})
    hosts = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "eth0"}
    for file, document in (
        ("hyperparameters.json", record.get("HyperParameters") or {}),
        ("inputdataconfig.json", channels),
        ("resourceconfig.json", hosts),
    ):
        (config / file).write_text(json.dumps(document), encoding="utf-8")


def _store(work: Work) -> None:
    from sagemaker_monitor.emulator.api.training_jobs import artifact_uri

    uri = artifact_uri(work.record)
    model = work.root / "model.tar.gz"
    if not any((work.root / "model").iterdir()):
        raise JobFailed("AlgorithmError: the training wrote no model to /opt/ml/model")
    _pack(work.root / "model", model)
    uploads = [Upload(model, uri)]
    data = work.root / "output" / "data"
    if any(data.iterdir()):
        archive = work.root / "output.tar.gz"
        _pack(data, archive)
        uploads.append(Upload(archive, f"{uri.rpartition('/')[0]}/output.tar.gz"))
    work.finish(uploads, work.root / "input", work.root / "model")


def _pack(folder: Path, target: Path) -> None:
    with tarfile.open(target, "w:gz") as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, path.name)


def _metrics(work: Work) -> list[dict[str, Any]]:
    """Return the last value that the log has of each metric, called as the built-in algorithm calls them."""
    found: dict[str, float] = {}
    for channel, name, value in _METRIC.findall(work.log.read_text(encoding="utf-8", errors="replace")):
        found[f"{channel}:{name}"] = float(value)
    now = work.context.now()
    return [
        {"MetricName": name, "Value": value, "Timestamp": now}
        for name, value in found.items()
        if value == value  # CloudWatch takes no NaN
    ]
