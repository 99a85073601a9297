"""What a policy can and cannot see beside a baseline, by the number of rows of a batch."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sagemaker_monitor.analysis.decision import spec as specification
from sagemaker_monitor.analysis.decision.attributions import LOCAL, Attributions, read_global, read_local
from sagemaker_monitor.analysis.decision.detecting import NO_SHIFT, simulators
from sagemaker_monitor.analysis.decision.power import Effort
from sagemaker_monitor.analysis.decision.sample import Sample, SampleError, read_sample
from sagemaker_monitor.analysis.decision.spec import (
    BIAS,
    DATA_QUALITY,
    EXPLAINABILITY,
    MODEL_QUALITY,
    Spec,
)
from sagemaker_monitor.analysis.decision.table import Table, TableError, kept_rows, read_table
from sagemaker_monitor.analysis.documents.custom import MONITOR as CUSTOM
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.analysis.outlook import AtRows, Rows, outlook
from sagemaker_monitor.aws import Aws, NotFoundError
from sagemaker_monitor.aws.storage import read
from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.replay import GoneError, fetch
from sagemaker_monitor.registry.versions import Version, latest_approved
from sagemaker_monitor.settings import Model
from steps.spec import script_spec

FEATURES, LABELLED, SCORED = FOLDERS = ("features", "labelled", "scored")
"""The folders of joined rows: what data quality, bias and model quality are computed from."""
NEED_SCORES = (
    "needs scored rows, which register joins: register a version, or give --baseline the folder join/ of an "
    "execution"
)
OF_TEAMS = (
    "a team's own monitor: what chance does to its metrics only its image knows, "
    "and its refusals are in none of these numbers"
)
FEWEST, MOST = 20, 1_000_000
"""Rows of a batch that are simulated."""


@dataclass(frozen=True)
class Calibrated:
    """The table: what was simulated, beside which rows, and which monitors could not be and why."""

    source: str
    rows: int
    sizes: tuple[AtRows, ...]
    without: dict[str, str]
    false_refusals: float
    unsimulated: dict[str, str]
    """Monitors of which no declared shift can be simulated, and why."""


def calibrate(
    aws: Aws,
    model: Model,
    *,
    baseline: str | None,
    sizes: Sequence[int],
    effort: Effort,
    tell: Callable[[str], None] = lambda _: None,
) -> Calibrated:
    """Return what *model*'s policy does to batches of each of *sizes*, beside the rows of *baseline*.

    *baseline* is a file or folder here or in S3; by default the approved version's rows, or else the
    configured baseline data. Raises UsageError, AwsError.
    """
    spec = specification.from_json(script_spec(model, aws.environment.name, "monitor-batch"))
    version = None if baseline else latest_approved(aws, aws.environment.model_package_group(model.model))
    with tempfile.TemporaryDirectory() as folder:
        source, root = _source(aws, model, baseline, version, Path(folder), tell)
        known = _rows(spec, root, source)
    known = replace(known, attributions=_attributions(aws, version))
    tell(f"the baseline: {source}")
    features = known.features if DATA_QUALITY in (spec.monitors or ()) else None
    made = simulators(spec, known.sample, features, predicted=known.predicted)
    for monitor in [each for each in made.known if each not in (spec.monitors or ())]:
        del made.known[monitor]
    if not known.predicted:
        made.known.pop(MODEL_QUALITY, None)
    without = {
        monitor: why
        for monitor, why in {**made.without, **_without(known)}.items()
        if monitor in (spec.monitors or ()) and monitor not in made.known
    }
    if known.attributions is not None and known.attributions.records is not None:
        without.pop(EXPLAINABILITY, None)
    if not known.predicted and BIAS in made.known:
        without["model_bias"] = NEED_SCORES
    without.update((each, OF_TEAMS) for each in spec.monitors or () if each.startswith(CUSTOM))
    found = tuple(outlook(spec, known, made, sizes, effort, tell))
    count = known.sample.rows if known.sample else features.rows if features else 0
    return Calibrated(source, count, found, without, spec.gate.false_refusals, {EXPLAINABILITY: NO_SHIFT})


def _source(
    aws: Aws,
    model: Model,
    given: str | None,
    version: Version | None,
    folder: Path,
    tell: Callable[[str], None],
) -> tuple[str, Path]:
    """Return where the baseline's rows come from, and the file or folder here that has them."""
    if given is not None and not given.startswith("s3://"):
        path = Path(given)
        if not path.exists():
            raise UsageError(f"--baseline: {path} does not exist")
        return str(path), path
    uri = given
    if uri is None and version is not None:
        uri = version.metadata.get("BaselineDataUri") or None
        if uri is None:
            tell(f"version {version.number} does not say where its baseline's rows are")
    told = f"{uri} (version {version.number})" if uri and version else uri
    if uri is None:
        uri = aws.environment.storage.resolve(model.data.baseline)
        told = f"{uri} (data.baseline; no approved version names its rows)"
    try:
        fetch(aws, uri, folder)
    except GoneError as error:
        raise UsageError(f"there are no rows of a baseline: {error}; give --baseline") from error
    return str(told), folder


def _joined(folder: Path) -> bool:
    return any((folder / name).is_dir() for name in FOLDERS)


def _rows(spec: Spec, path: Path, source: str) -> Rows:
    """Return the rows below *path*: a folder of joined rows, or baseline data as it is configured."""
    files = sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path]
    try:
        if path.is_dir() and _joined(path):
            return _of_joined(spec, path)
        if not files:
            raise UsageError(
                f"--baseline: {source} has none of the folders {', '.join(FOLDERS)}, and no file; give a "
                "folder that register or monitor-batch joined (…/join), or a CSV file of baseline data"
            )
        return _of_data(spec, files)
    except (SampleError, TableError, csv.Error, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"--baseline: {source} is not usable: {error}") from error


def _of_joined(spec: Spec, root: Path) -> Rows:
    both = (root / LABELLED).is_dir() and (root / SCORED).is_dir()
    sample = read_sample(root / LABELLED, root / SCORED, spec) if both else None
    features = read_table(root / FEATURES) if (root / FEATURES).is_dir() else None
    return Rows(sample=sample, features=features)


def _of_data(spec: Spec, files: Sequence[Path]) -> Rows:
    """Return the rows of configured baseline data: inputs and labels, but nothing that was predicted."""
    columns = spec.columns
    width = 2 + len(columns.features) + len(columns.facet_columns)
    rows: list[list[str]] = []
    for file in files:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows += [row for row in csv.reader(stream) if row]
    for number, row in enumerate(rows, 1):
        if len(row) != width:
            raise TableError(
                f"row {number} has {len(row)} cells; baseline data has {width}: record key, features, facet "
                "columns, label"
            )
    if not rows:
        raise TableError("it has no row")
    count = len(columns.features)
    features = Table(
        columns.features, tuple(zip(*(row[1 : count + 1] for row in rows), strict=True)), len(rows)
    )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, cells in (
            (LABELLED, [row[1:] for row in rows]),
            (SCORED, [["0", row[-1]] for row in rows]),
        ):
            (root / name).mkdir()
            with (root / name / "data.csv").open("w", newline="", encoding="utf-8") as out:
                csv.writer(out).writerows(cells)
        sample: Sample | None = read_sample(root / LABELLED, root / SCORED, spec) if spec.facets else None
    if features.kept > kept_rows(count):
        most = kept_rows(count)
        features = Table(features.names, tuple(each[:most] for each in features.columns), features.rows)
    return Rows(sample=sample, features=features, predicted=False)


def _attributions(aws: Aws, version: Version | None) -> Attributions | None:
    """Return what the approved version's baseline attributes to each record; None where that is not kept."""
    uri = version.baselines.get("MODEL_EXPLAINABILITY") if version else None
    if uri is None:
        return None
    try:
        values = read_global(read(aws, uri).decode())
        local = read(aws, f"{uri.rpartition('/')[0]}/{LOCAL}").decode()
        return Attributions(values, read_local(local, tuple(values)))
    except (NotFoundError, DocumentError, UnicodeDecodeError):
        return None


def _without(known: Rows) -> dict[str, str]:
    """Return why monitors cannot be simulated for want of rows."""
    found = {
        EXPLAINABILITY: "needs the attributions of the baseline's single records, which the explainability "
        "check of an approved version left"
    }
    if known.sample is None:
        found[BIAS] = found[MODEL_QUALITY] = NEED_SCORES
    elif not known.predicted:
        found[MODEL_QUALITY] = NEED_SCORES
    if known.features is None:
        found[DATA_QUALITY] = "needs the rows of the inputs, the folder features/"
    return found
