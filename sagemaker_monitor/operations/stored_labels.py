"""Ground truth records that lie below a model's labels already, by the hour of their captures."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sagemaker_monitor.analysis.documents.ground_truth import GroundTruthRecord
from sagemaker_monitor.analysis.documents.strict import DocumentError
from sagemaker_monitor.aws import Aws
from sagemaker_monitor.aws.storage import split_uri
from sagemaker_monitor.operations.errors import OperationError
from sagemaker_monitor.operations.hour_folders import objects_in
from sagemaker_monitor.operations.label_files import WRONG, can_be_label
from sagemaker_monitor.operations.windows import Window


@dataclass(frozen=True)
class StoredLabels:
    """The objects in each hour's folder, which attribute of JSON data is the label, and what it may be."""

    aws: Aws
    uris: Mapping[datetime, tuple[str, ...]]
    attribute: str
    problem_type: str

    @classmethod
    def find(
        cls, aws: Aws, root: str, hours: Set[datetime], attribute: str, problem_type: str
    ) -> StoredLabels:
        """Return what lies in the folders of *hours*, at least one, below *root*. Raises AwsError."""
        window = Window(min(hours), max(hours) + timedelta(hours=1))
        found = {
            hour: tuple(each.uri for each in objects if each.size)
            for hour, objects in objects_in(aws, root, window).items()
            if hour in hours
        }
        return cls(aws, found, attribute, problem_type)

    def of(self, hour: datetime) -> dict[str, str]:
        """Return one hour's labels by inference id. Raises OperationError for a record that is none."""
        labels: dict[str, str] = {}
        for uri in self.uris.get(hour, ()):
            for where, record in self._records(uri):
                try:
                    label = record.label(self.attribute)
                except DocumentError as error:
                    raise OperationError(f"{where} is no ground truth record: {error}") from error
                if not can_be_label(label, self.problem_type):
                    wrong = WRONG[self.problem_type]
                    raise OperationError(f"{where} is no ground truth record: its label {wrong}")
                labels.setdefault(record.event_id, label)
        return labels

    def _records(self, uri: str) -> Iterator[tuple[str, GroundTruthRecord]]:
        """Yield where it stands and what it says of each record; a file of another format has none."""
        bucket, key = split_uri(uri)
        with tempfile.TemporaryDirectory(prefix="sagemaker-monitor-") as folder:
            path = Path(folder) / "stored"
            self.aws.call("s3", "download_file", Bucket=bucket, Key=key, Filename=str(path))
            with path.open(encoding="utf-8-sig") as lines:
                yield from _parsed(lines, uri)


def _parsed(lines: Iterator[str], uri: str) -> Iterator[tuple[str, GroundTruthRecord]]:
    number = 0
    try:
        for number, line in enumerate(lines, 1):
            if number == 1 and not line.lstrip().startswith("{"):
                return
            if line.strip():
                yield f"{uri} line {number}", GroundTruthRecord.from_json(line)
    except UnicodeDecodeError as error:
        raise OperationError(f"{uri} is not UTF-8 text, after line {number}") from error
    except DocumentError as error:
        raise OperationError(f"{uri} line {number} is no ground truth record: {error}") from error
