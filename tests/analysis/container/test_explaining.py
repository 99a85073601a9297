"""The Clarify container explains models: documents, files, baselines of every kind, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from .conftest import Container, Finished, ModelServer, respond, serve

FEATURES = ["Age", "Job", "Income"]
ROWS = [[30, "nurse", 2.5], [41, "smith", 1.25], [52, "nurse", 0.5], [63, "clerk", 4.0]]
PREDICTOR = {"model_name": "loan", "instance_type": "ml.m5.large", "initial_instance_count": 1}
JOBS = {"nurse": 1.0, "smith": 2.0, "clerk": 3.0, "none": 0.0}
BASELINE = [[40, "none", 1.0]]


def score(row: list[str]) -> float:
    """Return the model's answer to a row of cells: a product, so that features interact."""
    return round(float(row[0]) * JOBS[row[1]] * float(row[2]), 9)


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    """A model with one output."""
    with serve(lambda rows: [score(row) for row in rows]) as server:
        yield server


def config(shap: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return an analysis configuration with *shap*, in the SDK's order; None takes a key away."""
    document = {
        "dataset_type": "text/csv",
        "headers": FEATURES,
        "methods": {"shap": shap, "report": {"name": "report", "title": "Analysis Report"}},
        "predictor": PREDICTOR,
        **changes,
    }
    return {key: value for key, value in document.items() if value is not None}


def csv(rows: list[list[Any]]) -> str:
    """Return *rows* as CSV without header."""
    return "".join(",".join("" if cell is None else str(cell) for cell in row) + "\n" for row in rows)


def global_values(done: Finished, label: str = "label0") -> dict[str, float]:
    """Return a label's global values; the run must have completed."""
    assert done.code == 0, done.message
    explained: dict[str, Any] = done.document("analysis.json")["explanations"]["kernel_shap"][label]
    assert list(explained) == ["global_shap_values", "expected_value"]
    return dict(explained["global_shap_values"])


def local_values(done: Finished) -> pl.DataFrame:
    """Return explanations_shap/out.csv."""
    return pl.read_csv(done.output / "explanations_shap" / "out.csv")


def test_documents_and_files_have_clarify_s_form(container: Container, model: ModelServer) -> None:
    """The analysis, local values by row, the baseline, the report and the log are there, in recorded form."""
    shap = {
        "baseline": BASELINE,
        "num_samples": 100,
        "agg_method": "mean_abs",
        "save_local_shap_values": True,
    }
    done = container.add("data.csv", csv(ROWS)).run(config(shap), endpoint=model.url)

    values = global_values(done)
    local = local_values(done)
    assert done.message == "Completed: SageMaker XAI Analyzer ran successfully"
    assert list(done.document("analysis.json")) == ["version", "explanations"]
    assert list(values) == FEATURES
    assert local.columns == ["Age_label0", "Job_label0", "Income_label0"]
    expected = done.document("analysis.json")["explanations"]["kernel_shap"]["label0"]["expected_value"]
    answers = [score([str(cell) for cell in row]) for row in ROWS]
    assert expected == score(["40", "none", "1.0"])
    np.testing.assert_allclose(np.array(answers) - expected, local.to_numpy().sum(axis=1), atol=1e-12)
    np.testing.assert_allclose(np.abs(local.to_numpy()).mean(axis=0), list(values.values()), atol=1e-12)
    assert (done.output / "explanations_shap" / "baseline.csv").read_text() == "Age,Job,Income\n40,none,1.0\n"
    assert "SHAP n_samples 6\nShap analyzer: explaining 4 rows, 3 columns...\n" in done.log
    page = (done.output / "report.html").read_text()
    assert all(name in page for name in FEATURES)
    assert done.files == ["analysis.json", "analysis_config.json", "explanations_shap", "report.html"]


def test_cells_reach_the_model_verbatim(container: Container, model: ModelServer) -> None:
    """In CSV each synthetic cell is the record's or the baseline's text, and coalitions are there once."""
    model.bodies.clear()
    container.add("data.csv", "030,nurse,2.50\n").run(config({"baseline": BASELINE}), endpoint=model.url)

    asked = [tuple(row) for request in model.requests for row in request]
    age, job, income = ("030", "40"), ("nurse", "none"), ("2.50", "1.0")
    synthetic = {(a, j, i) for a in age for j in job for i in income}
    assert len(asked) == len(synthetic) == 8
    assert set(asked) == synthetic


def test_local_values_are_left_out_unless_asked_for(container: Container, model: ModelServer) -> None:
    """Without save_local_shap_values there is the baseline alone, as the service's default says."""
    done = container.add("data.csv", csv(ROWS)).run(config({"baseline": BASELINE}), endpoint=model.url)

    assert [each.name for each in (done.output / "explanations_shap").iterdir()] == ["baseline.csv"]


def test_label_and_identifier_are_no_features(container: Container, model: ModelServer) -> None:
    """The label, the join source and excluded columns are neither explained nor sent to the model."""
    headers = ["id", "Age", "Region", "Job", "Income", "Loan"]
    rows = [[f"r{at}", row[0], "north", *row[1:], at % 2] for at, row in enumerate(ROWS)]
    names = {"label": "Loan", "joinsource_name_or_index": "id", "excluded_columns": ["Region"]}

    done = container.add("data.csv", csv(rows)).run(
        config({"baseline": BASELINE}, headers=headers, **names), endpoint=model.url
    )

    assert list(global_values(done)) == FEATURES


def test_several_outputs_are_several_labels(container: Container) -> None:
    """Each output is explained under its header, or label0, label1; local columns go output by output."""
    shap = {"baseline": BASELINE, "save_local_shap_values": True}
    container.add("data.csv", csv(ROWS))
    ages = {"Age": np.mean([abs(row[0] - 40) for row in ROWS]), "Job": 0.0, "Income": 0.0}
    with serve(lambda rows: [f"{score(row)},{float(row[0])}" for row in rows]) as server:

        def run(**predictor: Any) -> Finished:
            return container.run(config(shap, predictor={**PREDICTOR, **predictor}), endpoint=server.url)

        plain = run()
        assert global_values(plain, "label1") == pytest.approx(ages, abs=1e-12)
        assert local_values(plain).columns == [f"{name}_label{at}" for at in (0, 1) for name in FEATURES]
        named = run(label_headers=["yes", "no"])
        assert list(named.document("analysis.json")["explanations"]["kernel_shap"]) == ["yes", "no"]
        assert local_values(named).columns[2:4] == ["Income_yes", "Age_no"]
        assert global_values(run(label=1)) == pytest.approx(ages, abs=1e-12)
        wrong = run(label_headers=["yes"])

    assert "answers 2 scores for each row and predictor.label_headers has 1" in wrong.message


@pytest.mark.parametrize("agg_method", ["mean_abs", "median", "mean_sq"])
def test_rows_are_aggregated_as_asked(container: Container, model: ModelServer, agg_method: str) -> None:
    """Global values are the named aggregate of the local ones."""
    shap = {"baseline": BASELINE, "save_local_shap_values": True, "agg_method": agg_method}
    done = container.add("data.csv", csv(ROWS)).run(config(shap), endpoint=model.url)

    local = local_values(done).to_numpy()
    aggregate = {
        "mean_abs": np.abs(local).mean(axis=0),
        "median": np.median(local, axis=0),
        "mean_sq": (local**2).mean(axis=0),
    }[agg_method]
    np.testing.assert_allclose(aggregate, list(global_values(done).values()), rtol=1e-12)


def test_some_features_may_be_asked_for(container: Container, model: ModelServer) -> None:
    """Only those are reported, in dataset order, with the values that they have among all."""
    shap = {"baseline": BASELINE, "save_local_shap_values": True}
    container.add("data.csv", csv(ROWS))
    everything = global_values(container.run(config(shap), endpoint=model.url))
    done = container.run(config({**shap, "features_to_explain": ["Income", 0]}), endpoint=model.url)

    assert global_values(done) == {name: everything[name] for name in ("Age", "Income")}
    assert local_values(done).columns == ["Age_label0", "Income_label0"]


# --- baselines ---------------------------------------------------------------------------------


def baseline_of(done: Finished) -> str:
    """Return the baseline that was used."""
    assert done.code == 0, done.message
    return (done.output / "explanations_shap" / "baseline.csv").read_text()


def test_one_cluster_is_the_mean_record(container: Container, model: ModelServer) -> None:
    """num_clusters 1 is the mean of numbers and the most frequent category of the very rows explained."""
    done = container.add("data.csv", csv(ROWS)).run(config({"num_clusters": 1}), endpoint=model.url)

    assert baseline_of(done) == "Age,Job,Income\n46.5,nurse,2.0625\n"


def test_clusters_are_computed_when_nothing_is_given(container: Container, model: ModelServer) -> None:
    """Without a baseline and a number of clusters, their number is found."""
    groups = ((20, "nurse"), (80, "clerk"), (50, "smith"))
    rows = [[age + at, job, 1.0] for age, job in groups for at in range(5)]
    done = container.add("data.csv", csv(rows)).run(config({}), endpoint=model.url)

    lines = baseline_of(done).splitlines()
    assert sorted(lines[1:]) == ["22.0,nurse,1.0", "52.0,smith,1.0", "82.0,clerk,1.0"]


@pytest.mark.parametrize(
    "content", ["40,none,1.0\n50,nurse,2\n", "Age,Job,Income\n40,none,1.0\n50,nurse,2\n"]
)
def test_a_file_of_rows_is_an_input(container: Container, model: ModelServer, content: str) -> None:
    """The file of an S3 URI lies where the container's other files do; its header may be there or not."""
    put = container.root / "processing" / "input" / "shap_baseline" / "base.csv"
    put.parent.mkdir(parents=True)
    put.write_text(content)

    done = container.add("data.csv", csv(ROWS)).run(
        config({"baseline": "s3://bucket/base.csv"}), endpoint=model.url
    )

    assert baseline_of(done) == "Age,Job,Income\n40,none,1.0\n50,nurse,2\n"


def test_a_file_that_is_not_there_is_named_with_the_remedy(container: Container, model: ModelServer) -> None:
    """A URI whose file the container was not given says where it must be put."""
    done = container.add("data.csv", csv(ROWS)).run(
        config({"baseline": "s3://bucket/base.csv"}), endpoint=model.url
    )

    assert done.code == 1
    assert "methods.shap.baseline s3://bucket/base.csv is not among the job's inputs" in done.message
    assert "/opt/ml/processing/input/shap_baseline" in done.message


LINES = {"dataset_type": "application/jsonlines", "features": "features"}
WHOLE = {"dataset_type": "application/json", "features": "instances[*].features"}


@pytest.mark.parametrize(
    ("form", "content", "baseline"),
    [
        (LINES, "".join(json.dumps({"features": row}) + "\n" for row in ROWS), BASELINE),
        (LINES, "".join(json.dumps({"features": row}) + "\n" for row in ROWS), [{"features": BASELINE[0]}]),
        (LINES, "".join(json.dumps({"features": row}) + "\n" for row in ROWS), {"features": BASELINE[0]}),
        (
            WHOLE,
            json.dumps({"instances": [{"features": row} for row in ROWS]}),
            {"instances": [{"features": BASELINE[0]}]},
        ),
    ],
)
def test_records_may_be_json(container: Container, form: dict[str, Any], content: str, baseline: Any) -> None:
    """JSON data take a baseline as rows or in their own format; the model gets numbers as numbers."""

    def answer(body: bytes) -> bytes:
        rows = [json.loads(line)["features"] for line in body.decode().splitlines()]
        assert {type(cell) for row in rows for cell in (row[0], row[2])} <= {int, float}
        return "".join(json.dumps({"score": score([str(c) for c in row])}) + "\n" for row in rows).encode()

    kind = "application/jsonlines"
    predictor = {"content_type": kind, "accept_type": kind, "content_template": '{"features":$features}'}
    with respond(answer) as server:
        done = container.add("data.json", content).run(
            config({"baseline": baseline}, **form, predictor={**PREDICTOR, **predictor, "label": "score"}),
            endpoint=server.url,
        )

    assert baseline_of(done) == "Age,Job,Income\n40,none,1.0\n"
    assert list(global_values(done)) == FEATURES


def captured(rows: list[list[Any]]) -> str:
    """Return captured requests of one row each, with the model's answers."""

    def part(data: str) -> dict[str, str]:
        return {"observedContentType": "text/csv", "encoding": "CSV", "data": data}

    records = [
        {
            "captureData": {"endpointInput": part(csv([row]).strip()), "endpointOutput": part("0.5,1")},
            "eventMetadata": {"eventId": str(place)},
        }
        for place, row in enumerate(rows)
    ]
    return "\n".join(map(json.dumps, records))


def test_captured_requests_are_explained(container: Container, model: ModelServer) -> None:
    """A monitor explains the inputs that an endpoint captured; whatever it answered is not looked at."""
    setting = {"headers": FEATURES, "methods": {"shap": {"baseline": BASELINE}}, "predictor": PREDICTOR}
    captures = '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}'
    plain = container.add("data.csv", csv(ROWS)).run(config({"baseline": BASELINE}), endpoint=model.url)
    expected = global_values(plain)

    container.add("data.csv", captured(ROWS))
    done = container.run(setting, endpoint=model.url, variables={"dataset_format": captures})

    assert global_values(done) == pytest.approx(expected)


@pytest.mark.parametrize("live", [True, False], ids=["captures", "batch"])
@pytest.mark.parametrize(
    ("accept", "answer", "attributes"),
    [
        ("text/csv", lambda value: f"yes,{value}", {"inference_attribute": "1"}),
        (
            "application/jsonlines",
            lambda value: json.dumps({"score": value}),
            {"inference_attribute": "score"},
        ),
        (
            "application/jsonlines",
            lambda value: json.dumps({"label": "yes", "score": value}),
            {"inference_attribute": "label", "probability_attribute": "score"},
        ),
    ],
)
def test_a_monitor_s_attributes_say_where_the_scores_are(
    container: Container, model: ModelServer, accept: str, answer: Any, attributes: dict[str, str], live: bool
) -> None:
    """Where the configuration is silent, the shadow endpoint's answers are read as the captured ones are."""
    plain = container.add("data.csv", csv(ROWS)).run(config({"baseline": BASELINE}), endpoint=model.url)
    expected = global_values(plain)
    setting: dict[str, Any] = {} if live else {"dataset_type": "text/csv"}
    setting |= {"headers": FEATURES, "methods": {"shap": {"baseline": BASELINE}}}
    form = '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}'

    def answers(body: bytes) -> bytes:
        rows = [line.split(",") for line in body.decode().splitlines()]
        return "".join(answer(score(row)) + "\n" for row in rows).encode()

    form = form if live else '{"csv": {"header": false}}'
    container.add("data.csv", captured(ROWS) if live else csv(ROWS))
    with respond(answers) as server:
        done = container.run(
            {**setting, "predictor": {**PREDICTOR, "content_type": "text/csv", "accept_type": accept}},
            endpoint=server.url,
            variables={"dataset_format": form, **attributes},
        )

    assert global_values(done) == pytest.approx(expected)


def test_a_monitor_leaves_its_metrics_for_cloudwatch(container: Container, model: ModelServer) -> None:
    """Every global value and the expected value become metrics with the documented names and dimensions."""
    done = container.add("data.csv", csv(ROWS)).run(
        config({"baseline": BASELINE}),
        endpoint=model.url,
        variables={
            "publish_cloudwatch_metrics": "Enabled",
            "sagemaker_endpoint_name": "loans",
            "sagemaker_monitoring_schedule_name": "hourly",
            "metric_time": "2026-03-01T13:00:00Z",
        },
    )

    (file,) = (container.root / "output" / "metrics" / "cloudwatch").iterdir()
    found = {}
    for line in file.read_text().splitlines():
        metric = json.loads(line)
        dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
        found[metric["MetricName"]] = (metric["Value"], dimensions)
    common = {"Endpoint": "loans", "MonitoringSchedule": "hourly"}
    common |= {"ExplainabilityMethod": "KernelShap", "Label": "label0"}
    values = global_values(done)
    explained = done.document("analysis.json")["explanations"]["kernel_shap"]["label0"]
    assert found == {
        **{
            f"feature_{name}": (values[name], {**common, "ValueType": "GlobalShapValues"})
            for name in FEATURES
        },
        "ExpectedValue": (explained["expected_value"], {**common, "ValueType": "ExpectedValue"}),
    }


# --- drift -------------------------------------------------------------------------------------


def test_rankings_are_compared_with_the_baseline(container: Container, model: ModelServer) -> None:
    """The analysis of the same data passes, one where another feature leads violates with the exit text."""
    container.add("data.csv", csv(ROWS))
    first = container.run(config({"baseline": BASELINE}), endpoint=model.url)
    baseline = (first.output / "analysis.json").read_text()

    same = container.run(config({"baseline": BASELINE}), endpoint=model.url, baseline=baseline)
    assert same.message == "Completed: SageMaker XAI Analyzer ran successfully"
    assert "constraint_violations.json" not in same.files

    document = json.loads(baseline)
    label = document["explanations"]["kernel_shap"]["label0"]
    label["global_shap_values"] = {"Age": 100.0, "Job": 0.1, "Income": 0.2}
    drifted = container.run(config({"baseline": BASELINE}), endpoint=model.url, baseline=json.dumps(document))
    (violation,) = drifted.document("constraint_violations.json")["violations"]
    assert drifted.message == "CompletedWithViolations: Job completed successfully with 1 violations."
    assert list(violation) == ["label", "metric_name", "constraint_check_type", "description"]
    assert violation["label"] == "label0"
    assert violation["description"].startswith("Feature attribution drift 0.")
    assert violation["description"].endswith(" exceeds threshold 0.9")


def test_bias_and_attributions_are_analysed_together(container: Container) -> None:
    """One job may do both: explanations come first, and violations of both kinds stand in one report."""
    rows = [[age, "nurse", age % 2, int(age % 3 == 0)] for age in range(20, 120)]
    both = {
        "shap": {"baseline": [[40, "none", 1.0]]},
        "pre_training_bias": {"methods": "all"},
        "post_training_bias": {"methods": ["DI"]},
    }
    bias = {"label": "Loan", "label_values_or_threshold": [1], "facet": [{"name_or_index": "Income"}]}
    setting = config({}, headers=[*FEATURES, "Loan"], methods=both, **bias)
    container.add("data.csv", csv(rows))
    with serve(lambda rows: [int(float(row[0]) > 40 and row[1] == "nurse") for row in rows]) as server:
        done = container.run(setting, endpoint=server.url)
        assert done.code == 0, done.message
        document = done.document("analysis.json")
        alone = {"version": "1.0", "explanations": document["explanations"]}
        alone["explanations"]["kernel_shap"]["label0"]["global_shap_values"] |= {"Income": 50.0}
        drifted = container.run(setting, endpoint=server.url, baseline=json.dumps(alone))
        biased = {key: value for key, value in document.items() if key != "explanations"}
        passed = container.run(setting, endpoint=server.url, baseline=json.dumps(biased))

    assert list(document) == [
        "version", "explanations", "post_training_bias_metrics", "pre_training_bias_metrics",
    ]  # fmt: skip
    assert len(drifted.document("constraint_violations.json")["violations"]) == 1
    assert passed.message == "Completed: SageMaker XAI Analyzer ran successfully"


@pytest.mark.parametrize(
    ("baseline", "message"),
    [
        ({"version": "1.0"}, "the baseline has no explanations.kernel_shap"),
        (
            {"explanations": {"kernel_shap": {"label0": {"global_shap_values": {"Age": 1.0}}}}},
            "the baseline explains other features than this analysis",
        ),
        ({"explanations": []}, "the baseline cannot be read: explanations is list"),
    ],
)
def test_a_baseline_that_cannot_be_compared_is_an_error(
    container: Container, model: ModelServer, baseline: Any, message: str
) -> None:
    """No explanations, other features, another document: the job fails, says so and writes nothing."""
    done = container.add("data.csv", csv(ROWS)).run(
        config({"baseline": BASELINE}), endpoint=model.url, baseline=json.dumps(baseline)
    )

    assert done.code == 1
    assert message in done.message
    assert done.files == []


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shap", "message"),
    [
        ({"baseline": BASELINE, "num_clusters": 2}, "Baseline and num_clusters cannot be provided together."),
        ({"samples": 5}, "methods.shap.samples is no key; allowed: baseline, num_clusters"),
        ({"num_samples": "many"}, "methods.shap.num_samples must be an integer, not str"),
        ({"num_samples": 0}, "methods.shap.num_samples is 0; it must be at least 1"),
        ({"num_samples": True}, "methods.shap.num_samples is True; it must be at least 1"),
        ({"seed": -1}, "methods.shap.seed is -1; it must be at least 0"),
        ({"num_clusters": 9}, "num_clusters is 9, and the dataset has 4 different rows"),
        ({"agg_method": "max"}, "methods.shap.agg_method is 'max'; allowed: mean_abs, median, mean_sq"),
        ({"use_logit": 1}, "methods.shap.use_logit must be a bool, not int"),
        ({"text_config": {}}, "not supported by this container: methods.shap.text_config"),
        ({"image_config": {}}, "not supported by this container: methods.shap.image_config"),
        ({"baseline": []}, "methods.shap.baseline is empty; give at least one row"),
        ({"baseline": "base.csv"}, "methods.shap.baseline is 'base.csv'; it must be an S3 URI"),
        ({"baseline": [[1, "x", [2]]]}, "methods.shap.baseline[0][2] must be"),
        ({"baseline": [[1, "x", 2], {"a": 1}]}, "methods.shap.baseline has lists and objects"),
        ({"baseline": {"features": [1]}}, "baseline is an object; for dataset_type 'text/csv'"),
        ({"baseline": [[1, "x"]]}, "baseline[0] has 2 values, the model 3 features (Age, Job, Income)"),
        ({"baseline": [["old", "none", 1.0]]}, "has 'old' for 'Age': Could not convert string to float."),
        ({"features_to_explain": ["Agee"]}, "'Agee' is no column of the dataset; did you mean 'Age'?"),
        ({"features_to_explain": [7]}, "features_to_explain 7 is no column: the dataset has 3"),
    ],
)  # fmt: skip
def test_bad_configuration_is_refused(
    container: Container, model: ModelServer, shap: dict[str, Any], message: str
) -> None:
    """The failure names the key and what may stand there, and nothing is written."""
    done = container.add("data.csv", csv(ROWS)).run(config(shap), endpoint=model.url)

    assert done.code == 1
    assert message in done.message
    assert done.files == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"predictor": None}, "predictor is missing: methods.shap explains a model"),
        ({"methods": {"shap": {}, "pdp": {}}}, "not supported by this container: methods.pdp"),
        (
            {"methods": {"shap": {}, "asymmetric_shapley_value": {}}},
            "not supported by this container: methods.asymmetric_shapley_value",
        ),
        ({"excluded_columns": FEATURES}, "Data must contain features."),
        (
            {"label": "Income", "methods": {"shap": {"features_to_explain": ["Income"]}}},
            "features_to_explain has 'Income', which is no feature of the model",
        ),
    ],
)
def test_what_cannot_be_explained_is_refused(
    container: Container, model: ModelServer, changes: dict[str, Any], message: str
) -> None:
    """Without a model or features, and for methods there are not, the failure says which."""
    done = container.add("data.csv", csv(ROWS)).run(config({}, **changes), endpoint=model.url)

    assert done.code == 1
    assert message in done.message


def test_a_model_that_fails_fails_the_job(container: Container) -> None:
    """Without an endpoint, and with one that answers words or refuses, the reason is the job's."""
    container.add("data.csv", csv(ROWS))
    shap = {"baseline": BASELINE}
    without = container.run(config(shap))
    with serve(lambda rows: ["high" for _ in rows]) as server:
        words = container.run(config(shap), endpoint=server.url)
    with serve(lambda rows: ["1" for _ in rows], status=500) as server:
        refused = container.run(config(shap), endpoint=server.url)

    assert "shadow endpoint is not known" in without.message
    assert "Could not convert string to float." in words.message
    assert "HTTP status 500" in refused.message
    assert refused.files == []


def test_gaps_are_sent_as_gaps(container: Container) -> None:
    """Absent cells of records and of the baseline reach the model empty."""
    seen: list[list[str]] = []

    def answer(rows: list[list[str]]) -> list[int]:
        seen.extend(rows)
        return [len("".join(row)) for row in rows]

    with serve(answer) as server:
        done = container.add("data.csv", "30,,2.5\n").run(
            config({"baseline": [[40, "none", None]]}), endpoint=server.url
        )

    assert done.code == 0, done.message
    assert {tuple(row) for row in seen} == {
        (age, job, income) for age in ("30", "40") for job in ("", "none") for income in ("2.5", "")
    }


def test_outputs_are_the_same_for_the_same_seed(tmp_path: Path, container: Container) -> None:
    """With a seed two runs write the same bytes; without, their analyses differ."""
    names = [f"f{at}" for at in range(13)]
    rows = np.random.default_rng(1).normal(size=(20, 13)).round(3).tolist()
    container.add("data.csv", csv(rows))

    def analysis(**shap: Any) -> str:
        with serve(lambda asked: [float(row[0]) * float(row[1]) + float(row[12]) for row in asked]) as server:
            setting = config({"baseline": [[0.0] * 13], "num_samples": 40, **shap}, headers=names)
            return (container.run(setting, endpoint=server.url).output / "analysis.json").read_text()

    assert analysis(seed=5) == analysis(seed=5)
    assert analysis() != analysis()
