"""A small project folder that tests write configuration into."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sagemaker_monitor.settings import ConfigError, load_all, load_environment, load_model

MODEL = """\
schema_version: 1
model: loans
artifact:
  framework: xgboost
  version: "1.7-1"
  model_data: models/loans/model.tar.gz
schema:
  label: approve
  record_key: id
  features: [income, amount]
  facet_columns: [black, male]
data:
  baseline: data/validation.csv
monitors:
  bias:
    facets:
      - {name: black, values: [1]}
      - {name: male, values: [0]}
"""

BASE = """\
schema_version: 1
region: eu-west-1
"""

DEV = """\
schema_version: 1
account: "111122223333"
roles:
  execution: arn:aws:iam::111122223333:role/run
storage:
  bucket: loans-dev
"""


@dataclass(frozen=True)
class Project:
    """A conf folder; files are named from it."""

    conf: Path

    def write(self, name: str, content: str | bytes) -> Path:
        """Write *content* to the file *name* and return its path."""
        path = self.conf / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def problems(self, kind: str, name: str) -> list[str]:
        """Return what is wrong with one model or environment, with paths relative to the folder."""
        load = {"model": load_model, "environment": load_environment}[kind]
        try:
            load(name, self.conf)
        except ConfigError as error:
            return self._relative(error)
        return []

    def all_problems(self) -> list[str]:
        """Return what is wrong with the whole folder."""
        try:
            load_all(self.conf)
        except ConfigError as error:
            return self._relative(error)
        return []

    def _relative(self, error: ConfigError) -> list[str]:
        return str(error).replace(f"{self.conf}/", "").replace(str(self.conf), ".").splitlines()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A valid project: base, dev and the model loans."""
    made = Project(tmp_path / "conf")
    made.write("environments/base.yaml", BASE)
    made.write("environments/dev.yaml", DEV)
    made.write("models/loans.yaml", MODEL)
    return made


@pytest.fixture(autouse=True)
def csv_limit() -> Iterator[None]:
    """The limit of a command's own process, for one test: the analysis raises it in that of its container."""
    before = csv.field_size_limit(131072)
    yield
    csv.field_size_limit(before)
