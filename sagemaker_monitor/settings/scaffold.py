"""What the first model file of a newcomer looks like, written from a CSV file."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from pathlib import Path as FilePath

import yaml

from sagemaker_monitor.settings.csv_sample import CsvSample, read_sample
from sagemaker_monitor.settings.errors import ConfigError, Problem, listed, quoted
from sagemaker_monitor.settings.facet_proposal import FacetProposal
from sagemaker_monitor.settings.fields import NAME, SHAPES
from sagemaker_monitor.settings.proposal import Proposal, propose
from sagemaker_monitor.settings.spark_names import unfit_for_spark

WIDTH = 100
MOST_EXPLAINED = 100
"""Features whose mean record is written; a longer one belongs into a file."""

_TEMPLATE = """\
# Guessed from {rows} of {file}: read it through, and change what is wrong.
schema_version: 1
model: {model}

artifact:
  framework: xgboost
  version: "1.7-1"                  # of AWS's container
  model_data: models/{model}/model.tar.gz    # like every path here, below the environment's storage

schema:                             # files are CSV without a header, with the columns in this order
{record_key}
{features}
{facet_columns}
{label}

data:
  baseline: data/{model}/validation.csv      # labelled rows that the model was not trained on
  batches: data/{model}/batches/
  # ground_truth: {{uri: labels/{model}/}}     # where labels come later, in files of their own

monitors:
  {data_quality}
  model_quality: {{}}                 # predictions against labels: recall, precision, AUC and more
{explainability}  bias:
    facets:                         # who is watched for; the rest of the rows is compared with them
{facets}
"""


@dataclass(frozen=True)
class Scaffold:
    """A model file, valid at once, and what its author should know about the data files."""

    model: str
    text: str
    notes: tuple[str, ...]
    proposal: Proposal


def scaffold(
    model: str,
    file: FilePath,
    *,
    label: str,
    record_key: str | None = None,
    favourable: str | None = None,
    facets: Sequence[str] = (),
) -> Scaffold:
    """Return models/<model>.yaml for data that look like *file*, a CSV with a header.

    Only the file's beginning is read. Raises ConfigError where the file is none to start from, or a
    choice has to be made by the caller: the message names the option.
    """
    if not re.fullmatch(NAME, model) or len(model) > 63:
        raise ConfigError(
            [
                Problem(
                    f"{quoted(model)} is no name for a model: expected {SHAPES[NAME]}, at most 63 characters"
                )
            ]
        )
    sample = read_sample(file)
    proposal = propose(sample, label=label, record_key=record_key, favourable=favourable, facets=facets)
    return Scaffold(model, _text(model, sample, proposal), _notes(model, proposal), proposal)


def starter_environments() -> dict[str, str]:
    """Return the environment files that a new conf folder begins with, by file name."""
    folder = resources.files("sagemaker_monitor.settings") / "starter"
    return {name: (folder / name).read_text(encoding="utf-8") for name in ("base.yaml", "local.yaml")}


def _text(model: str, sample: CsvSample, proposal: Proposal) -> str:
    rows = f"{sample.rows:,} rows" if sample.whole else f"the first {sample.rows:,} rows"
    facets = "\n".join(_facet(facet) for facet in proposal.facets)
    return _TEMPLATE.format(
        rows=rows,
        file=_comment(FilePath(sample.file).name),
        model=scalar(model),
        record_key=_line("record_key", scalar(proposal.record_key), "never sent to the model"),
        features=_features(proposal),
        facet_columns=_list("facet_columns", proposal.facet_columns, "analysed, never sent to the model"),
        label=_label(proposal),
        data_quality=_data_quality(proposal),
        explainability=_explainability(sample, proposal),
        facets=facets,
    )


def _features(proposal: Proposal) -> str:
    lines = [_list("features", proposal.features, "in the order that the model was trained with")]
    if proposal.not_numbers:
        lines.append(_remark(f"left out, because XGBoost reads numbers only: {listed(proposal.not_numbers)}"))
    if proposal.identifiers:
        lines.append(_remark(f"left out, because they look like identifiers: {listed(proposal.identifiers)}"))
    return "\n".join(lines)


def _label(proposal: Proposal) -> str:
    label = proposal.label
    lines = [_line("label", scalar(label.name), "0 or 1; a batch may lack it, the baseline has it")]
    lines.append(_line("favourable", str(label.favourable), "the label's value that is the good outcome"))
    if label.written:
        lines.append(_remark(_written(label.written)))
    return "\n".join(lines)


def _written(values: tuple[str, str]) -> str:
    return f"in the data files, write {quoted(values[0])} as 1 and {quoted(values[1])} as 0"


def _facet(facet: FacetProposal) -> str:
    group = f"values: [{', '.join(_value(value) for value in facet.values)}]"
    if facet.threshold is not None:
        group = f"threshold: {Decimal(repr(facet.threshold)):f}"
    return aligned(f"      - {{name: {scalar(facet.name)}, {group}}}", f"{facet.share:.0%} of the rows")


def _data_quality(proposal: Proposal) -> str:
    unfit = unfit_for_spark(proposal.features)
    if not unfit:
        return (
            "data_quality: {}                  # types, missing values, categories and drift of the features"
        )
    return (
        f"# data_quality: {{}}    # Spark, which computes it, cannot name {quoted(unfit[0])}: rename it here"
    )


def _explainability(sample: CsvSample, proposal: Proposal) -> str:
    """Return the monitor as a comment, with the mean record, which is the same in every run."""
    if not 2 <= len(proposal.features) <= MOST_EXPLAINED:
        return ""
    row = wrapped([_mean(sample, name) for name in proposal.features])
    lines = [
        "# explainability:                 # which features the answers rest on; the model is asked often",
        "#   baseline:                     # contributions are measured from the mean of the rows read",
        *(f"#     {line.strip()}" for line in f"- [{row}]".splitlines()),
    ]
    return "".join(f"  {line}\n" for line in lines)


def _mean(sample: CsvSample, name: str) -> str:
    """Return the mean of a column's numbers, six digits of it, without an exponent."""
    counts = sample.column(name, "a feature").counts
    rows = counts.total()
    mean = math.fsum(float(cell) * (count / rows) for cell, count in counts.items())
    return f"{Decimal(f'{mean:.6g}'):f}"


def _notes(model: str, proposal: Proposal) -> tuple[str, ...]:
    notes = [
        "data files are CSV without a header, with these columns in this order: "
        + ",".join(proposal.columns if len(proposal.columns) <= 40 else _ends(proposal.columns)),
        f"baseline: data/{model}/validation.csv, labelled rows that the model was not trained on",
        f"batches: below data/{model}/batches/, the same columns; the label may be left out",
        f"labels that come later: files of two columns, {proposal.record_key},{proposal.label.name}",
    ]
    if proposal.label.written:
        notes.append(_written(proposal.label.written))
    if proposal.not_numbers or proposal.identifiers:
        left_out = listed([*proposal.not_numbers, *proposal.identifiers])
        notes.append(f"the files do not have the columns that were left out: {left_out}")
    return tuple(notes)


def _ends(columns: tuple[str, ...]) -> tuple[str, ...]:
    return (*columns[:20], f"… {len(columns) - 25} more …", *columns[-5:])


def _line(key: str, value: str, comment: str) -> str:
    return aligned(f"  {key}: {value}", comment)


def _list(key: str, names: tuple[str, ...], comment: str) -> str:
    text = f"  {key}: [{', '.join(scalar(name) for name in names)}]"
    if len(text) <= WIDTH - 20:
        return aligned(text, comment)
    items = wrapped([scalar(name) for name in names])
    return "\n".join([aligned(f"  {key}:", comment), f"    [{items}]"])


def wrapped(items: list[str]) -> str:
    # Names may hold spaces, so lines are filled item by item.
    lines = [""]
    for item in items:
        if lines[-1] and len(lines[-1]) + len(item) > WIDTH - 10:
            lines.append("")
        lines[-1] += f"{item}, "
    return "\n     ".join(line.rstrip() for line in lines).removesuffix(",")


def aligned(text: str, comment: str) -> str:
    return f"{text:<35} # {comment}"


def _remark(text: str) -> str:
    return "\n".join(f"  # {line}" for line in textwrap.wrap(_comment(text), WIDTH - 4))


def _comment(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)


def _value(value: int | str) -> str:
    return str(value) if isinstance(value, int) else scalar(value)


def scalar(text: str) -> str:
    """Return *text* so that YAML reads it as this text, in a list, too."""
    if re.fullmatch(r"[A-Za-z_][\w-]*", text, re.ASCII) and yaml.safe_load(text) == text:
        return text
    dumped: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=10**9)
    return dumped.rstrip("\n")
