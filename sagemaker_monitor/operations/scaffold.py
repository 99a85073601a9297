"""Write a first configuration for a model from its data: valid at once, and meant to be edited."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sagemaker_monitor.operations.errors import UsageError
from sagemaker_monitor.operations.profile import ColumnProfile, read_rows

PROTECTED = re.compile(
    r"(sex|gender|male|female|wom[ae]n|race|ethnic\w*|black|white|asian|hispan\w*|latin\w*|age|old|marital|married"
    r"|religion|disab\w*|national\w*)",
    re.IGNORECASE,
)
"""Words in the names of columns that laws against discrimination speak of."""
_MAJORITY = re.compile(r"(male|white)", re.IGNORECASE)
MODEL_NAME = r"[A-Za-z0-9](-?[A-Za-z0-9])*"
MODEL_NAME_LIMIT = 63
MOST_SHOWN = 6
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})

LOCAL_ENVIRONMENT = """\
# The emulator on this machine: no AWS account, no credentials.
schema_version: 1
account: "000000000000"
region: us-east-1
endpoint_url: http://127.0.0.1:4780
roles:
  execution: arn:aws:iam::000000000000:role/sagemaker-monitor-execution
storage:
  bucket: sagemaker-monitor-local
approval:
  on_pass: Approved
"""


@dataclass(frozen=True)
class Roles:
    """What each column of the data is for; *facets* maps a column to the YAML of its sensitive group."""

    label: str
    record_key: str
    features: tuple[str, ...]
    facets: Mapping[str, str]
    left_out: tuple[str, ...]
    guessed: tuple[str, ...]
    """Which of these were guessed from names and values."""

    @property
    def order(self) -> tuple[str, ...]:
        """The columns as data files have them."""
        return (self.record_key, *self.features, *self.facets, self.label)


def assign(
    columns: Sequence[ColumnProfile], *, label: str, record_key: str | None, facets: Sequence[str]
) -> Roles:
    """Return what each column is for; *facets* are `column=value,value` or `column>number`."""
    by_name = {column.name: column for column in columns}
    _known(label, by_name, "--label")
    if not by_name[label].is_binary:
        raise UsageError(f"--label: {label!r} must hold 0 and 1 and nothing else; {_holds(by_name[label])}")
    guessed = []
    if record_key is None:
        record_key = _guess_key(columns)
        guessed.append(f"record_key {record_key}")
    _known(record_key, by_name, "--record-key")
    if not by_name[record_key].is_unique:
        raise UsageError(
            f"--record-key: {record_key!r} is empty or the same in some rows; it must tell rows apart"
        )
    groups = dict(_parse_facet(text, by_name) for text in facets)
    if not groups:
        groups = _guess_facets([column for column in columns if column.name not in (label, record_key)])
        guessed.extend(f"facet {name} {group}" for name, group in groups.items())
    taken = {label, record_key, *groups}
    if len(taken) < 2 + len(groups):
        raise UsageError("--label, --record-key and --facet must name different columns")
    rest = [column for column in columns if column.name not in taken]
    features = tuple(column.name for column in rest if column.is_numeric)
    if not features:
        raise UsageError("no numeric column is left to be a feature")
    left_out = tuple(column.name for column in rest if not column.is_numeric)
    return Roles(label, record_key, features, groups, left_out, tuple(guessed))


def model_yaml(model: str, roles: Roles) -> str:
    """Return the text of models/<model>.yaml."""
    facets = "\n".join(f"      - {{name: {_scalar(name)}, {group}}}" for name, group in roles.facets.items())
    return f"""\
schema_version: 1
model: {_scalar(model)}

artifact:
  framework: xgboost
  version: "1.7-1"
  model_data: models/{model}/model.tar.gz

# Files are CSV without a header, their columns in this order: record_key, features, facet_columns, label.
schema:
  label: {_scalar(roles.label)}
  favourable: 1
  record_key: {_scalar(roles.record_key)}    # joins labels; never sent to the model
  features: [{", ".join(map(_scalar, roles.features))}]
  facet_columns: [{", ".join(map(_scalar, roles.facets))}]    # analysed, never sent to the model

data:
  baseline: data/{model}/baseline.csv

monitors:
  bias:
    facets:    # the groups that are watched
{facets}
"""


def write_configuration(conf_dir: Path, model: str, text: str, *, replace: bool) -> list[Path]:
    """Write the model's file, and the environment `local` where there is none; return what was written.

    A file that turns out not to be valid is not left behind. Raises UsageError, ConfigError.
    """
    from sagemaker_monitor.settings import ConfigError, known_environments, load_model

    if not re.fullmatch(MODEL_NAME, model) or len(model) > MODEL_NAME_LIMIT:
        raise UsageError(
            f"{model[:80]!r} is no name for a model: up to {MODEL_NAME_LIMIT} letters and digits, "
            "with single hyphens between them"
        )
    target = conf_dir / "models" / f"{model}.yaml"
    if target.exists() and not replace:
        raise UsageError(f"{target} is there already; --force replaces it")
    before = target.read_bytes() if target.exists() else None
    written = [_write(target, text)]
    try:
        load_model(model, conf_dir)
    except ConfigError:
        target.unlink() if before is None else target.write_bytes(before)
        raise
    if not known_environments(conf_dir):
        written.append(_write(conf_dir / "environments" / "local.yaml", LOCAL_ENVIRONMENT))
    return written


def write_data(source: Path, roles: Roles, target: Path) -> int:
    """Write *source* as data files are: no header, the columns in order; return the number of rows."""
    rows = read_rows(source)
    header = [name.strip() for name in next(rows)]
    places = [header.index(name) for name in roles.order]
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    count = 0
    try:
        with partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            for row in rows:
                writer.writerow([row[place] for place in places])
                count += 1
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    return count


def _parse_facet(text: str, columns: Mapping[str, ColumnProfile]) -> tuple[str, str]:
    for separator in (">", "="):
        name, found, group = (part.strip() for part in text.partition(separator))
        if not found or not group:
            continue
        _known(name, columns, "--facet")
        if separator == ">":
            if not columns[name].is_numeric:
                raise UsageError(
                    f"--facet {text!r}: {name!r} is not numeric; give values instead: {name}=value"
                )
            return name, f"threshold: {_number(group, text)}"
        values = [value.strip() for value in group.split(",")]
        known = columns[name].values
        absent = [value for value in values if known is not None and value not in known]
        if absent:
            raise UsageError(
                f"--facet {text!r}: {name!r} never is {', '.join(absent)}; {_holds(columns[name])}"
            )
        return name, f"values: [{', '.join(map(_value, values))}]"
    raise UsageError(f"--facet {text!r} must be column=value, column=value,value or column>number")


def _guess_facets(columns: Sequence[ColumnProfile]) -> dict[str, str]:
    found = {
        column.name: f"values: [{0 if any(map(_MAJORITY.fullmatch, _words(column.name))) else 1}]"
        for column in columns
        if column.is_binary and any(map(PROTECTED.fullmatch, _words(column.name)))
    }
    if not found:
        binary = [column.name for column in columns if column.is_binary][:12]
        raise UsageError(
            "--facet is missing: name the groups of people to watch, such as --facet black=1 or "
            f"--facet 'age>40'; columns of 0 and 1: {', '.join(binary) or 'none'}"
        )
    return found


def _guess_key(columns: Sequence[ColumnProfile]) -> str:
    unique = [column.name for column in columns if column.is_unique]
    likely = [name for name in unique if _words(name)[-1] in ("id", "key", "number", "uuid", "nr")]
    if len(likely) == 1:
        return likely[0]
    raise UsageError(
        "--record-key is missing: name the column that tells rows apart; "
        f"columns without repeated values: {', '.join((likely or unique)[:12]) or 'none, so add one'}"
    )


def _words(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [word.lower() for word in re.split(r"[^A-Za-z0-9]+", spaced) if word] or [""]


def _known(name: str, columns: Mapping[str, Any], option: str) -> None:
    if name not in columns:
        close = get_close_matches(name, columns, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(list(columns)[:20])}"
        raise UsageError(f"{option}: the data has no column {name!r}; {hint}")


def _holds(column: ColumnProfile) -> str:
    if column.values is None:
        return f"it holds more than {MOST_SHOWN} different values"
    shown = [value[:20] or "empty cells" for value in sorted(column.values)[:MOST_SHOWN]]
    more = ["…"] if len(column.values) > MOST_SHOWN else []
    return f"it holds {', '.join(shown + more)}"


def _number(text: str, whole: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise UsageError(f"--facet {whole!r}: {text!r} is no number") from error


def _value(text: str) -> str:
    return text if re.fullmatch(r"-?(0|[1-9]\d*)", text) else json.dumps(text, ensure_ascii=False)


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
    return path
