"""Bias metrics of counted rows are those of all rows, whatever the cells and wherever a piece ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sagemaker_monitor.analysis.bias.metrics import POST_TRAINING, PRE_TRAINING
from sagemaker_monitor.analysis.container import biasing
from sagemaker_monitor.analysis.container.config import AnalysisConfig
from sagemaker_monitor.analysis.container.roles import Roles
from sagemaker_monitor.analysis.datasets.csv_files import CsvTable, read_csv
from sagemaker_monitor.analysis.datasets.dataset import Dataset
from sagemaker_monitor.analysis.datasets.tallies import tallied
from sagemaker_monitor.analysis.documents.analysis import Analysis
from sagemaker_monitor.analysis.errors import AnalysisError

HEADERS = ["facet", "label", "predicted", "group"]
WHOLE = st.sampled_from(["0", "1", "2"])
MIXED = st.sampled_from(["0", "1", "01", "+1", " 1", " ", "", "1.0", "0.5", "NA", "x", '"1"', "true", "7000"])
FAR = st.sampled_from(["0", "1", str(-(2**63)), str(2**63 - 1), "-1000", "1023", "1024"])
COLUMN = st.sampled_from([WHOLE, MIXED, FAR, st.integers(0, 5000).map(str), st.floats(0, 1).map(str)])


def config(folder: Path, facet: dict[str, Any], positive: list[Any]) -> AnalysisConfig:
    """Return the configuration of all metrics but the flip test, with a group variable."""
    document = {
        "dataset_type": "text/csv",
        "headers": HEADERS,
        "label": "label",
        "predicted_label": "predicted",
        "label_values_or_threshold": positive,
        "group_variable": "group",
        "facet": [{"name_or_index": "facet", **facet}, {"name_or_index": 3}],
        "methods": {
            "pre_training_bias": {"methods": "all"},
            "post_training_bias": {"methods": ["AD", "CDDPL", "DI", "GE", "RD", "TE"]},
        },
    }
    path = folder / "analysis_config.json"
    path.write_text(json.dumps(document))
    return AnalysisConfig.read(path, monitor=False)


def analysed(config: AnalysisConfig, dataset: Dataset) -> str:
    """Return the analysis, or what is wrong."""
    try:
        found = biasing.sections(config, dataset, Roles.of(config, dataset), None)
    except AnalysisError as error:
        return str(error)
    return Analysis(found[PRE_TRAINING], found[POST_TRAINING], None).to_json()


@settings(max_examples=60, deadline=None)
@given(data=st.data(), size=st.integers(1, 400))
def test_counted_rows_give_the_same_analysis(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, size: int
) -> None:
    """Of whole numbers, of texts, and of columns that turn out not to be what they began as."""
    kinds = [data.draw(COLUMN) for _ in HEADERS]
    whole = st.tuples(WHOLE, WHOLE, WHOLE, WHOLE)
    starts = data.draw(st.lists(whole, max_size=30))
    rows = [*starts, *data.draw(st.lists(st.tuples(*kinds) | whole, min_size=1, max_size=30))]
    facet = data.draw(st.sampled_from([{}, {"value_or_threshold": [1]}, {"value_or_threshold": [0.5]}]))
    folder = tmp_path_factory.mktemp("tallies")
    asked = config(folder, facet, data.draw(st.sampled_from([[1], ["x"], [0, 1], [0.5]])))
    file = folder / "d.csv"
    file.write_text("".join(",".join(row) + "\n" for row in [HEADERS, *rows]))

    every = read_csv([file], HEADERS)
    counted = tallied(CsvTable.of([file], HEADERS), [(0, 1, 2, 3), (3, 1, 2)], size=size)

    assert len(counted) == len(every)
    assert analysed(asked, counted) == analysed(asked, every)
