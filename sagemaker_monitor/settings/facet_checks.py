"""Which facets a model cannot be watched for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sagemaker_monitor.settings.errors import Finding, Path, choices, quoted
from sagemaker_monitor.settings.model import Model
from sagemaker_monitor.settings.monitors import BiasMonitor, Facet


def check_facets(bias: BiasMonitor, model: Model) -> Iterator[Finding]:
    """Yield what is wrong with the facets of *bias*, and with its group variable."""
    schema = model.data_schema
    known = (*schema.facet_columns, *schema.features)
    seen: set[str] = set()
    for index, facet in enumerate(bias.facets):
        path: Path = ("monitors", "bias", "facets", index)
        if facet.name in (schema.label, schema.record_key):
            yield (
                (*path, "name"),
                f"{quoted(facet.name)} is the label or the record key: a facet is about people",
            )
        elif facet.name not in known:
            yield (*path, "name"), _no_column(facet.name, known)
        if facet.name in seen:
            yield (*path, "name"), f"the facet {quoted(facet.name)} is there twice: put its values in one"
        seen.add(facet.name)
        yield from _facet(facet, path)
    if bias.group_variable is not None and bias.group_variable not in known:
        yield ("monitors", "bias", "group_variable"), _no_column(bias.group_variable, known)


def _facet(facet: Facet, path: Path) -> Iterator[Finding]:
    if set("/*?[]") & set(facet.name):
        yield (*path, "name"), f"{quoted(facet.name)} holds one of / * ? [ ], which rules could not name"
    repeated = [value for value, count in Counter(map(str, facet.values)).items() if count > 1]
    if repeated:
        yield (*path, "values"), f"the value {quoted(repeated[0])} is there twice"


def _no_column(name: str, known: Sequence[str]) -> str:
    return f"{quoted(name)} is no column of features or facet_columns{choices(name, known, 'columns')}"
