"""Checks that an image of one's own makes: processing steps in the place of SageMaker's check steps.

The image is the analysis of this project (Dockerfile), or another that keeps Model Monitor's contract.
It calls no AWS service: the previous baseline is an input, whose default says that there is none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sagemaker_monitor.analysis.container.baselining import (
    CARRIED,
    CONSTRAINTS,
    FAIL,
    NO_BASELINE,
    REGISTER,
    SKIP,
    STATISTICS,
)
from sagemaker_monitor.analysis.decision.own_engine import CHECK_TYPE, documents_of
from sagemaker_monitor.settings.environment import MONITOR_IMAGE
from sagemaker_monitor.settings.schema import DataSchema
from steps.baselining import Baselining
from steps.build import Build
from steps.clarify_check import facet_values
from steps.script import INPUT, OUTPUT, image_step, own_image, s3_input, s3_output
from steps.spec import Check

DATASET = f"{INPUT}/data"
PREDICTIONS = f"{INPUT}/predicted_label_dataset"
BASELINE = "/opt/ml/processing/baseline"
CARRIED_PATH = "/opt/ml/processing/carried"
FOLDERS = {
    "DATA_QUALITY": "data-quality",
    "MODEL_QUALITY": "model-quality",
    "DATA_BIAS": "data-bias",
    "MODEL_BIAS": "model-bias",
}


def no_baseline(build: Build, check: Check) -> dict[str, str]:
    """Return, by part, the S3 URIs of the documents that stand for no previous baseline of *check*.

    They have the names of the real ones, and so the same paths in the container.
    """
    return {
        part: build.asset(name, NO_BASELINE.encode()) for part, name in documents_of(check.check_type).items()
    }


def own_check(
    build: Build,
    check: Check,
    *,
    data_uri: Any,
    predictions_uri: Any = None,
    baselining: Baselining,
    depends_on: list[Any],
) -> Any:
    """Return the step that makes *check* over the rows below *data_uri* with the image `monitor`.

    A monitor of a team's own has its own image, and need not know how baselines are carried: decide says
    which one a version carries. *predictions_uri* is where model bias finds the predicted labels of these
    rows. The step has `baselines`, what a check step would have as properties.
    """
    clarify = check.monitor == "bias"
    folder = check.monitor if check.custom else FOLDERS[check.check_type]
    carries = build.pipeline == "register" and check.custom is None
    inputs = [s3_input("dataset", data_uri, DATASET)]
    if clarify:
        inputs += _clarify_inputs(build, check, predictions_uri)
    inputs += [
        s3_input(f"baseline_{part.lower()}", uri, f"{BASELINE}/{part.lower()}")
        for part, uri in _previous(check, baselining).items()
    ]
    outputs = [s3_output("report", build.output(folder), OUTPUT)]
    if carries:
        outputs.append(s3_output("carried", build.output(folder, "carried"), CARRIED_PATH))
    step = image_step(
        build,
        name=check.step(build.pipeline),
        image=own_image(build, check.custom.image if check.custom else MONITOR_IMAGE),
        arguments=[] if check.custom else ["clarify" if clarify else "analyzer"],
        environment={
            **(check.custom.environment if check.custom else {}),
            **({} if clarify else _quality_environment(build, check)),
            **_check_environment(check, baselining, carries=carries),
        },
        inputs=inputs,
        outputs=outputs,
        depends_on=depends_on,
    )
    step.baselines = _baselines(build, check, folder)
    return step


def _previous(check: Check, baselining: Baselining) -> dict[str, Any]:
    given = {"Statistics": baselining.supplied_statistics, "Constraints": baselining.supplied_constraints}
    return {part: given[part] for part in documents_of(check.check_type)}


def _baselines(build: Build, check: Check, folder: str) -> dict[str, Any]:
    """Return the S3 URIs that a check step would have as properties, by the properties' names."""
    documents = documents_of(check.check_type).items()
    return {
        **{f"CalculatedBaseline{part}": build.output(folder, name) for part, name in documents},
        **{
            f"BaselineUsedForDriftCheck{part}": build.output(folder, "carried", name)
            for part, name in documents
        },
    }


def _check_environment(check: Check, baselining: Baselining, *, carries: bool) -> dict[str, Any]:
    variables = {"Constraints": CONSTRAINTS, "Statistics": STATISTICS}
    return {
        CHECK_TYPE: check.check_type,
        SKIP: _text(baselining.skip_check),
        REGISTER: _text(baselining.register_new_baseline),
        FAIL: _text(baselining.fail_on_violation),
        "output_path": OUTPUT,
        "publish_cloudwatch_metrics": "Disabled",
        **{
            variables[part]: f"{BASELINE}/{part.lower()}/{name}"
            for part, name in documents_of(check.check_type).items()
        },
        **({CARRIED: CARRIED_PATH} if carries else {}),
    }


def _text(switch: Any) -> Any:
    """Return a switch as a text: an environment has nothing else."""
    return str(switch).lower() if isinstance(switch, bool) else switch.to_string()


def _quality_environment(build: Build, check: Check) -> dict[str, str]:
    """Return what Model Monitor sets for a CSV with a header."""
    schema = build.model.data_schema
    dataset = {
        "dataset_format": json.dumps({"csv": {"header": True, "output_columns_position": "START"}}),
        "dataset_source": DATASET,
    }
    if check.check_type != "MODEL_QUALITY":
        return dataset
    return {
        **dataset,
        "analysis_type": "MODEL_QUALITY",
        "problem_type": schema.problem_type,
        "ground_truth_attribute": "label",
        **answer_attributes(schema),
    }


def answer_attributes(schema: DataSchema) -> dict[str, str]:
    """Return what tells model quality that the column prediction is P(1), or the number or class."""
    if not schema.is_binary:
        return {"inference_attribute": "prediction"}
    return {
        "probability_attribute": "prediction",
        "probability_threshold_attribute": str(schema.prediction.threshold),
    }


def _clarify_inputs(build: Build, check: Check, predictions_uri: Any) -> Iterable[Any]:
    text = json.dumps(_analysis_config(build, check), indent=2)
    config = build.asset("analysis_config.json", text.encode())
    yield s3_input("analysis_config", config, f"{INPUT}/config")
    if check.check_type == "MODEL_BIAS":
        yield s3_input("predicted_label_dataset", predictions_uri, PREDICTIONS)


def _analysis_config(build: Build, check: Check) -> dict[str, Any]:
    """Return the configuration of a bias analysis; the model's answers are given, since none can be asked."""
    schema, bias = build.model.data_schema, build.model.monitors.bias
    assert bias is not None, "a bias check is only built for a model with a bias monitor"
    config: dict[str, Any] = {
        "dataset_type": schema.content_type,
        "headers": [*schema.features, *schema.facet_columns, schema.label],
        "label": schema.label,
        "label_values_or_threshold": [schema.favourable],
        "facet": [
            {"name_or_index": facet.name, "value_or_threshold": facet_values(facet)} for facet in bias.facets
        ],
    }
    if schema.facet_columns:
        config["excluded_columns"] = list(schema.facet_columns)
    if bias.group_variable:
        config["group_variable"] = bias.group_variable
    stage = "post_training_bias" if check.check_type == "MODEL_BIAS" else "pre_training_bias"
    config["methods"] = {"report": {"name": "report", "title": "Analysis Report"}, stage: {"methods": "all"}}
    if check.check_type == "MODEL_BIAS":
        config |= {
            "predicted_label_dataset_uri": PREDICTIONS,
            "predicted_label_headers": ["predicted_label"],
        }
    return config
