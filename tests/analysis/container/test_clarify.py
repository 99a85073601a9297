"""What the Clarify container reads, asks and writes, and how it refuses what it cannot analyse."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sagemaker_monitor.analysis.container.__main__ import main
from sagemaker_monitor.analysis.container.paths import write_outputs

from .conftest import REPOSITORY, Container, serve

HEADERS = ["id", "age", "income", "sex", "approve"]
ROWS = [
    [index, 20 + index % 50, (index * 37) % 100 / 10, index % 2, int(index % 3 > 0)] for index in range(120)
]
CSV = "".join(",".join(map(str, row)) + "\n" for row in ROWS)
PREDICTOR = {"model_name": "m", "instance_type": "ml.m5.large", "initial_instance_count": 1}


def config(**changes: Any) -> dict[str, Any]:
    """Return a configuration that fits CSV, with *changes*; None removes a key."""
    document = {
        "dataset_type": "text/csv",
        "headers": HEADERS,
        "label": "approve",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "sex", "value_or_threshold": [1]}],
        "excluded_columns": ["sex"],
        "joinsource_name_or_index": "id",
        "methods": {"pre_training_bias": {"methods": "all"}},
        **changes,
    }
    return {key: value for key, value in document.items() if value is not None}


def metrics(document: dict[str, Any], stage: str = "pre_training", facet: str = "sex") -> dict[str, Any]:
    """Return the metrics of the first group of *facet* by name."""
    (result, *_) = document[f"{stage}_bias_metrics"]["facets"][facet]
    return {each["name"]: each.get("error", each["value"]) for each in result["metrics"]}


BOTH = {"pre_training_bias": {"methods": "all"}, "post_training_bias": {"methods": "all"}}

# --- what is read ------------------------------------------------------------------------------


def test_several_files_and_their_header_rows_are_one_dataset(container: Container) -> None:
    """Files are read in order of name, below any folder; a first row equal to the headers is no data."""
    lines = CSV.splitlines(keepends=True)
    container.add("part-1.csv", ",".join(HEADERS) + "\n" + "".join(lines[:50]))
    container.add("more/part-2.csv", "\r\n".join(each.strip() for each in lines[50:]) + "\r\n\r\n")
    whole = Container(container.root.parent / "whole").add("all.csv", "\ufeff" + CSV.rstrip())

    parts = container.run(config())
    expected = whole.run(config())

    assert parts.code == 0, parts.log
    assert expected.document("analysis.json") == parts.document("analysis.json")
    assert metrics(parts.document("analysis.json"))["CI"] == 0.0


def test_columns_without_headers_are_named_by_the_file_or_numbered(container: Container) -> None:
    """A header row gives names when the configuration does not; else columns go by their index."""
    headed = Container(container.root.parent / "headed").add("d.csv", ",".join(HEADERS) + "\n" + CSV)
    container.add("d.csv", CSV)
    by_index = config(
        headers=None,
        label=4,
        facet=[{"name_or_index": 3, "value_or_threshold": [1]}],
        excluded_columns=None,
        joinsource_name_or_index=0,
    )

    named = headed.run(config(headers=None)).document("analysis.json")
    numbered = container.run(by_index).document("analysis.json")

    assert named["pre_training_bias_metrics"]["label"] == "approve"
    assert numbered["pre_training_bias_metrics"]["label"] == "column_4"
    assert metrics(named) == metrics(numbered, facet="column_3")


def test_quoted_cells_may_hold_commas_and_newlines(container: Container) -> None:
    """Quotes are CSV's, and a facet's text values are compared as they are."""
    groups = ['"a, b"', '"c\nd"']
    rows = [[index, 1, 2, groups[index % 2], int(index % 3 > 0)] for index in range(120)]
    container.add("d.csv", "".join(",".join(map(str, row)) + "\n" for row in rows))

    done = container.run(config(facet=[{"name_or_index": "sex"}]))
    results = done.document("analysis.json")["pre_training_bias_metrics"]["facets"]["sex"]

    assert [each["value_or_threshold"] for each in results] == ["a, b", "c\nd"]


def test_group_variable_and_chosen_methods(container: Container) -> None:
    """A list of methods gives those metrics alone, in report order; CDDL needs the group variable."""
    container.add("d.csv", CSV)
    chosen = {"pre_training_bias": {"methods": ["DPL", "CDDL"]}}

    without = metrics(container.run(config(methods=chosen)).document("analysis.json"))
    other = Container(container.root.parent / "grouped").add("d.csv", CSV)
    grouped = metrics(other.run(config(methods=chosen, group_variable="age")).document("analysis.json"))

    assert list(without) == ["CDDL", "DPL"]
    assert without["CDDL"] == "Group variable is empty or not provided"
    assert isinstance(grouped["CDDL"], float)


def test_columns_that_nothing_looks_at_are_not_read(container: Container) -> None:
    """Labels and facets alone give what they give among all columns, by name or by index."""
    container.add("d.csv", CSV)
    both = {**BOTH, "post_training_bias": {"methods": "all"}}
    whole = container.run(config(methods=both, predicted_label="approve")).document("analysis.json")

    for changes in ({}, {"label": 4, "facet": [{"name_or_index": 3, "value_or_threshold": [1]}]}):
        alone = (
            Container(container.root.parent / f"alone{len(changes)}").add("d.csv", CSV).run(config(**changes))
        )
        section = alone.document("analysis.json")["pre_training_bias_metrics"]
        assert section == whole["pre_training_bias_metrics"]


# --- what the model is asked -------------------------------------------------------------------


def test_model_sees_features_alone_and_verbatim(container: Container) -> None:
    """Label, identifier and excluded columns stay here; an excluded column still is a facet."""
    container.add("d.csv", CSV.replace(",3.7,", ",3.70,"))
    setting = config(methods=BOTH, predictor={**PREDICTOR, "custom_attributes": "trace=1"})

    with serve(lambda rows: [float(row[1]) / 10 for row in rows]) as model:
        done = container.run(setting, endpoint=model.url)

    assert done.code == 0, done.log
    assert [row for request in model.requests for row in request][:2] == [["20", "0.0"], ["21", "3.70"]]
    assert model.headers[0]["Content-Type"] == "text/csv"
    assert model.headers[0]["X-Amzn-SageMaker-Custom-Attributes"] == "trace=1"
    assert isinstance(metrics(done.document("analysis.json"), "post_training")["DPPL"], float)


def test_threshold_is_exclusive(container: Container) -> None:
    """A score equal to the threshold is not favourable."""
    container.add("d.csv", CSV)
    chosen = {"post_training_bias": {"methods": ["DI", "DPPL"]}}
    setting = config(methods=chosen, predictor=PREDICTOR, probability_threshold=0.8)
    scores = {"0": 0.8, "1": 0.8000001}

    with serve(lambda rows: [scores[str(int(row[0]) % 2)] for row in rows]) as model:
        done = container.run(setting, endpoint=model.url)

    # Even and odd ages are those of even and odd rows, which are the facet.
    assert metrics(done.document("analysis.json"), "post_training") == {"DI": "Infinity", "DPPL": -1.0}


@pytest.mark.parametrize(
    ("predictor", "answer"),
    [
        ({"label": 1}, "0.3,{label}"),
        ({"probability": 1}, "no,{label}"),
        ({"label_headers": [0, 1]}, "{other},{label}"),
        ({"label_headers": [0, 1], "probability": 0}, '"[{other}, {label}]"'),
    ],
)
def test_answers_may_hold_labels_or_scores(
    container: Container, predictor: dict[str, Any], answer: str
) -> None:
    """A label is used as it is, a score is cut, and the header of the best score is the label."""
    container.add("d.csv", CSV)
    chosen = {"post_training_bias": {"methods": ["DPPL"]}}

    def model(rows: list[list[str]]) -> list[str]:
        labels = [int(row[0]) % 2 for row in rows]
        return [answer.format(label=label, other=1 - label) for label in labels]

    with serve(model) as server:
        done = container.run(
            config(methods=chosen, predictor={**PREDICTOR, **predictor}), endpoint=server.url
        )

    assert done.code == 0, done.message
    assert metrics(done.document("analysis.json"), "post_training")["DPPL"] == -1.0


def test_predicted_labels_of_the_dataset_need_no_model(container: Container) -> None:
    """A column of predicted labels is used as it stands."""
    container.add("d.csv", "".join(f"{line},{index % 2}\n" for index, line in enumerate(CSV.splitlines())))
    setting = config(
        headers=[*HEADERS, "guess"],
        predicted_label="guess",
        methods={"post_training_bias": {"methods": ["DPPL"]}},
    )

    done = container.run(setting)

    assert metrics(done.document("analysis.json"), "post_training")["DPPL"] == -1.0


# --- what is written ---------------------------------------------------------------------------


def test_equal_data_violates_nothing_and_writes_no_violations(container: Container) -> None:
    """Compared with itself an analysis has no violations, hence no document of them."""
    container.add("d.csv", CSV)
    first = container.run(config())
    again = Container(container.root.parent / "again").add("d.csv", CSV)

    done = again.run(config(), baseline=json.dumps(first.document("analysis.json")))

    assert done.message == "Completed: SageMaker XAI Analyzer ran successfully"
    assert done.files == ["analysis.json", "analysis_config.json"]


def test_report_is_written_when_asked_for_and_escapes_data(container: Container) -> None:
    """The page has the metrics, and no markup from the data."""
    container.add("d.csv", CSV)
    report = {"name": "report", "title": "<b>Bias</b>"}
    headers = ["id", "age", "income", "<script>", "approve"]
    setting = config(
        headers=headers,
        facet=[{"name_or_index": "<script>", "value_or_threshold": [1]}],
        excluded_columns=None,
        methods={"pre_training_bias": {"methods": "all"}, "report": report},
    )

    page = (container.run(setting).output / "report.html").read_text()

    assert "Class imbalance" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "<b>" not in page


def test_outputs_appear_complete_or_not_at_all(tmp_path: Path) -> None:
    """When a file cannot be written the others are not there either, nor anything beside them."""
    output = tmp_path / "output"

    with pytest.raises(OSError, match=r"a\.json"):
        write_outputs(output, {"a.json": "{}", "a.json/b.json": "{}"})
    assert list(tmp_path.iterdir()) == []

    (output / "rows").mkdir(parents=True)
    (output / "rows" / "earlier").write_text("kept")
    write_outputs(output, {"a.json": "{}", "rows/b.csv": "1", "more/c.csv": "2"})

    files = {str(each.relative_to(output)): each.read_text() for each in output.rglob("*") if each.is_file()}
    assert files == {"a.json": "{}", "rows/earlier": "kept", "rows/b.csv": "1", "more/c.csv": "2"}
    assert [each.name for each in tmp_path.iterdir()] == ["output"]


# --- what is refused ---------------------------------------------------------------------------

HEADER = ",".join(HEADERS) + "\n"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "the dataset is empty"),
        ("\n\n", "the dataset is empty"),
        (HEADER, "the dataset is empty"),
        (CSV + "1,2,3\n", "rows that are not 5 columns wide: row 121 has 3"),
        (CSV + "1,2,3,4\n" + CSV, "rows that are not 5 columns wide: row 121 has 4"),
        (CSV + "1,2,3,4,5,6\n", "rows that are not 5 columns wide: row 121 has 6"),
        (CSV + '1,2,3,"a,b"\n', "row 121 has 4"),
        ("1,2\n3,4\n", "has 2 columns, the headers name 5"),
        (CSV.encode() + b"1,2,3,\xff\xfe,1\n", "'d.csv' is not UTF-8: byte"),
        (CSV.replace("\n", "\r").encode(), "'d.csv' ends its lines with carriage returns alone; save it"),
        (b"\xff\xfe1\x00,\x002\x00", "'d.csv' is not UTF-8: byte 0"),
        (
            CSV + '1,2,3,4,"5\n6,7,8,9,0\n',
            "a quote is opened and never closed in row 121; close it",
        ),
        (CSV + '1,2,3,"a,5\n', "row 121 has 4"),
    ],
)
def test_bad_data_is_refused(container: Container, content: str | bytes, text: str) -> None:
    """A dataset that cannot be read ends the job with the file and the row, and no output."""
    done = container.add("d.csv", content).run(config())

    assert text in done.message
    assert (done.code, done.files) == (1, []), done.log
    assert "Traceback" not in done.log


def test_a_header_may_have_line_ends_in_a_name(container: Container) -> None:
    """Between quotes; the names are those of the whole first row."""
    plain = container.add("d.csv", HEADER + CSV).run(config()).document("analysis.json")
    facet = [{"name_or_index": "se\nx", "value_or_threshold": [1]}]
    container.add("d.csv", HEADER.replace("sex", '"se\nx"') + CSV)

    done = container.run(config(headers=None, facet=facet, excluded_columns=None))

    assert done.code == 0, done.message
    found = done.document("analysis.json")["pre_training_bias_metrics"]["facets"]
    assert found["se\nx"] == plain["pre_training_bias_metrics"]["facets"]["sex"]


def test_no_file_at_all_is_an_empty_dataset(container: Container) -> None:
    """An input without objects says so."""
    assert "the dataset is empty: no row of data in 0 file(s)" in container.run(config()).message


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"facet": [{"name_or_index": "sx"}]}, "Unable to locate the facet. facet 'sx' is no column"),
        ({"facet": [{"name_or_index": "sx"}]}, "did you mean 'sex'?"),
        ({"facet": [{"name_or_index": 9}]}, "Unable to locate the facet. facet 9 is no column"),
        (
            {"facet": [{"name_or_index": "income"}]},
            "Threshold values must be provided for continuous features",
        ),
        ({"label": "approved"}, "Headers must contain label."),
        ({"label": None}, "analysis_config.json.label is missing"),
        ({"facet": []}, "analysis_config.json.facet is missing"),
        ({"group_variable": "town"}, "group_variable 'town' is no column"),
        ({"excluded_columns": ["town"], "methods": BOTH, "predictor": PREDICTOR}, "excluded_columns 'town'"),
        ({"label_values_or_threshold": ["yes"]}, "'label' has not positive elements"),
        ({"methods": {"post_training_bias": {"methods": "all"}}}, "give predictor or predicted_label"),
        ({"methods": {}}, "asks for no analysis"),
        ({"methods": {"pre_training_bias": {"methods": ["DI"]}}}, "Invalid metric_name"),
        ({"methods": {"pdp": {"grid_resolution": 5}}}, "not supported by this container: methods.pdp"),
        ({"methods": {"pdp": {"grid_resolution": 5}}}, "methods.pdp"),
        ({"dataset_type": "application/x-image"}, "dataset_type 'application/x-image'"),
        ({"dataset_type": "text/tsv"}, "analysis_config.json.dataset_type is 'text/tsv'; allowed: text/csv"),
        ({"segment_config": []}, "not supported by this container: segment_config"),
        ({"time_series_data_config": {}}, "time_series_data_config"),
        ({"methods": {"asymmetric_shapley_value": {}}}, "methods.asymmetric_shapley_value"),
        ({"headers": ["a", "a", "b", "sex", "approve"]}, "two columns are called 'a'"),
        ({"facet_headers": ["sex"]}, "facet_headers needs facet_dataset_uri"),
        (
            {"dataset_type": "application/x-parquet", "facet_dataset_uri": "s3://b/k"},
            "are only supported for text/csv",
        ),
        ({"predictor": {"content_type": "image/png"}}, "predictor.content_type 'image/png'"),
        ({"predictor": {"content_type": "application/jsonlines"}}, "content_template field is required"),
        ({"predictor": {"label": "a.b"}}, "analysis_config.json.predictor.label is 'a.b'"),
        ({"probability_threshold": "0.5"}, "probability_threshold must be a float, not str"),
        ({"facets": []}, "analysis_config.json.facets is no key; allowed: dataset_type"),
        ({"facet": [{"values": [1]}]}, "analysis_config.json.facet[0].name_or_index is missing"),
        (
            {"methods": {"report": {"name": "../up"}, **BOTH}, "predictor": PREDICTOR},
            "report.name is a file name",
        ),
    ],
)
def test_bad_configuration_is_refused(container: Container, changes: dict[str, Any], text: str) -> None:
    """The failure names the key and what may stand there, and nothing is written."""
    done = container.add("d.csv", CSV).run(config(**changes))

    assert text in done.message
    assert (done.code, done.files) == (1, []), done.log
    assert "Traceback" not in done.log


@pytest.mark.parametrize("text", ["{", "[1]", "\ufeffx"])
def test_configuration_that_is_no_json_object_is_refused(container: Container, text: str) -> None:
    """Clarify's sentences for a file that cannot be loaded or has the wrong shape."""
    done = container.add("d.csv", CSV).run(text)

    assert done.message.startswith(
        ("Unable to load analysis configuration as JSON.", "Analysis configuration schema validation error.")
    )
    assert done.code == 1


@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        (lambda rows: [0.9] * (len(rows) - 1), 200, "the model answered 119 predictions for 120 rows"),
        (lambda rows: ["high"] * len(rows), 200, "Could not convert string to float."),
        (lambda rows: ["0.1,0.9"] * len(rows), 200, "the model answers 2 scores for each row"),
        (lambda rows: ["nan"] * len(rows), 200, "no finite scores"),
        (lambda rows: ["bad column"], 415, "the model refused 120 rows with HTTP status 415: bad column"),
        (lambda rows: [0.5] * len(rows), 200, "No Label values are present in the predicted Label Column"),
    ],
)
def test_model_that_answers_wrongly_ends_the_job(
    container: Container, answer: Any, status: int, text: str
) -> None:
    """What the model does wrong is the failure, and nothing is written."""
    container.add("d.csv", CSV)

    with serve(answer, status) as model:
        done = container.run(config(methods=BOTH, predictor=PREDICTOR), endpoint=model.url)

    assert text in done.message
    assert (done.code, done.files) == (1, []), done.log
    assert "Traceback" not in done.log


@pytest.mark.parametrize(
    ("endpoint", "text"),
    [
        ("", "set SAGEMAKER_MONITOR_SHADOW_ENDPOINT"),
        ("ftp://x", "it must be http://"),
        ("http://127.0.0.1:9/invocations", "the model did not answer at http://127.0.0.1:9/invocations"),
    ],
)
def test_model_that_cannot_be_reached_ends_the_job(container: Container, endpoint: str, text: str) -> None:
    """An endpoint that is missing, wrong or closed is named."""
    done = container.add("d.csv", CSV).run(config(methods=BOTH, predictor=PREDICTOR), endpoint=endpoint)

    assert text in done.message
    assert (done.code, done.files) == (1, [])


@pytest.mark.parametrize(
    ("baseline", "reason"),
    [
        ({"version": 0.0, "features": []}, "the baseline has no pre_training_bias_metrics"),
        ({"version": "1.0", "violations": []}, "give the analysis.json of the same check"),
        ({"pre_training_bias_metrics": {"facets": {"zz": []}}}, "has other facets than this analysis"),
        ({"pre_training_bias_metrics": {"facets": {}}}, "none in the baseline"),
    ],
)
def test_a_baseline_without_the_analysis_ends_the_job(
    container: Container, baseline: dict[str, Any], reason: str
) -> None:
    """Compared with another monitor's document, or other facets, any data would pass."""
    done = container.add("d.csv", CSV).run(config(), baseline=json.dumps(baseline))

    assert (done.code, done.files) == (1, [])
    assert reason in done.message


@pytest.mark.parametrize("baseline", ["{", '{"pre_training_bias_metrics": 1}'])
def test_broken_baseline_ends_the_job(container: Container, baseline: str) -> None:
    """A baseline that cannot be read is not taken for one without constraints."""
    done = container.add("d.csv", CSV).run(config(), baseline=baseline)

    assert "the baseline cannot be read" in done.message
    assert (done.code, done.files) == (1, [])


def test_one_class_of_labels_is_analysed(container: Container) -> None:
    """Where everybody has the good outcome, metrics are neutral or say why they are not there."""
    container.add("d.csv", "".join(f"{index},1,2,{index % 2},1\n" for index in range(120)))

    done = container.run(config(group_variable="age"))

    assert done.code == 0
    assert metrics(done.document("analysis.json")) == {
        "CDDL": "No negative labels in set",
        **dict.fromkeys(("CI", "DPL", "JS", "KL", "KS", "LP", "TVD"), 0.0),
    }


def test_labels_of_which_none_is_favourable_are_told_of(container: Container) -> None:
    """An absent label makes whole numbers fractions, above whose largest nothing is: the log says so."""
    done = container.add("d.csv", f"{CSV}1,30,2,1,\n").run(config())

    assert done.code == 0
    assert set(metrics(done.document("analysis.json")).values()) >= {0.0}
    assert "warning: no label is favourable: 'approve' has 121 float values, 1 of them absent" in done.log


def test_absent_labels_are_named_where_predicted_ones_are_of_another_type(container: Container) -> None:
    """The text that users know from Clarify alone does not lead to the row."""
    headers = [*HEADERS, "guess"]
    rows = "".join(f"{line},{number % 2}\n" for number, line in enumerate(CSV.splitlines()))
    container.add("d.csv", f"{rows}1,30,2,1,,1\n")

    done = container.run(config(headers=headers, predicted_label="guess", methods=BOTH))

    assert done.message.startswith("Predicted Label Column series datatype is not the same as Label")
    assert done.message.endswith("1 of 121 labels are absent: leave those rows out")


def test_facet_value_nobody_has_is_reported_per_metric(container: Container) -> None:
    """An empty sensitive group does not stop the analysis."""
    done = container.add("d.csv", CSV).run(
        config(facet=[{"name_or_index": "sex", "value_or_threshold": [7]}])
    )

    assert done.code == 0
    assert metrics(done.document("analysis.json"))["DPL"] == "Facet set is empty."


def test_failure_ends_the_process_with_1_and_leaves_nothing(container: Container) -> None:
    """The failure's text is the message and stands in the log, without a traceback."""
    done = container.add("d.csv", HEADER).run(config(), own_process=True)

    assert done.code == 1
    assert f"exit_message: {done.message}" in done.log
    assert "Traceback" not in done.log
    assert [each.name for each in (container.root / "processing").iterdir()] == ["input"]


def test_unreadable_input_still_leaves_a_message(container: Container) -> None:
    """What the file system refuses becomes the failure reason too."""
    container.root.joinpath("processing", "input", "config", "analysis_config.json").mkdir(parents=True)
    code = main(["clarify"], {"SAGEMAKER_MONITOR_ROOT": str(container.root)})
    message = (container.root / "output" / "message").read_text()

    assert code == 1
    assert message.startswith("a file could not be read or written: ")


def test_only_known_containers_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Another word than clarify or analyzer is a usage error."""
    assert main(["merger"], {}) == 2
    assert capsys.readouterr().err.startswith("usage:")


def test_importing_the_container_is_cheap() -> None:
    """Heavy libraries and readers are imported when they are used, and no AWS library is at all."""
    ours = ("records.captured", "datasets.sides", "datasets.json_files", "documents.violations")
    heavy = (
        *("polars", "scipy", "pandas", "sklearn", "boto3", "jmespath"),
        *(f"sagemaker_monitor.analysis.{each}" for each in ours),
    )
    code = (
        "import sys, sagemaker_monitor.analysis.container.clarify;"
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
