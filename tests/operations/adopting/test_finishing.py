"""A draft becomes a file that is valid; images and archives become an artifact."""

from __future__ import annotations

from typing import Any

import pytest

from sagemaker_monitor.operations.adopting.draft import Draft
from sagemaker_monitor.operations.adopting.finishing import finished
from sagemaker_monitor.operations.adopting.served import framework_of, s3_uri
from sagemaker_monitor.operations.adopting.sources import Sources
from sagemaker_monitor.operations.errors import UsageError
from tests.operations.adopting.drafts import BIAS, CONF, LOCAL, config, drafted


@pytest.mark.parametrize(
    ("image", "known"),
    [
        (
            "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:0.90-1-cpu-py3",
            ("xgboost", "0.90-1"),
        ),
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1", ("xgboost", "1.7-1")),
        ("382416733822.dkr.ecr.us-east-1.amazonaws.com/linear-learner:1", ("linear-learner", "1")),
        ("1.dkr.ecr.x/sagemaker-scikit-learn:1.2-1-cpu-py3", ("scikit-learn", "1.2-1")),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/our-own:latest", None),
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:latest", None),
    ],
)
def test_the_image_tells_framework_and_version(image: str, known: tuple[str, str] | None) -> None:
    """AWS's images that serve models of ours, in each way that their tags are written; no other."""
    found = framework_of(image)

    assert (found and (found.name, found.version)) == known


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("https://b-1.s3-us-east-1.amazonaws.com/k/model.tar.gz", "s3://b-1/k/model.tar.gz"),
        ("https://b.s3.cn-north-1.amazonaws.com.cn/model.tar.gz", "s3://b/model.tar.gz"),
        ("https://b.s3.amazonaws.com/model.tar.gz", "s3://b/model.tar.gz"),
        ("s3://b/model.tar.gz", "s3://b/model.tar.gz"),
        ("https://example.com/model.tar.gz", "https://example.com/model.tar.gz"),
    ],
)
def test_a_model_that_is_named_by_https_is_an_object(url: str, uri: str) -> None:
    """As the notebook that introduces Model Monitor writes it; other addresses stay as they are."""
    assert s3_uri(url) == uri


def valid(**changes: Any) -> Draft:
    """Return a draft of a whole file with a bias schedule, other values at dotted paths."""
    draft = drafted(Sources(configs=(config(BIAS),)))
    draft.put(("schema_version",), 1)
    draft.put(("model",), "churn")
    draft.put(("artifact",), {"framework": "xgboost", "version": "1.7-1", "model_data": "m.tar.gz"})
    draft.put(("data",), {"baseline": "b.csv"})
    draft.put(("endpoint", "name"), {"local": "churn"})
    schedule = {"monitor": "bias", "of": "endpoint", "expression": "cron(0 * ? * * *)"}
    kept = {"local": {"name": "x", "definition": "x"}}
    draft.put(("monitoring_schedules", "bias"), {**schedule, "adopted": kept})
    for path, value in changes.items():
        draft.put(tuple(path.split("__")), value)
    return draft


@pytest.mark.parametrize(
    ("changes", "left_out", "why"),
    [
        (
            {"monitoring_schedules__bias__expression": "cron(5 4 ? * * *)"},
            "monitoring_schedules.bias",
            "is none",
        ),
        (
            {"monitoring_schedules__bias__window": {"start": "-PT90M"}},
            "monitoring_schedules.bias.window",
            "must be whole hours",
        ),
        (
            {"monitors__bias__facets": [{"name": "Sex", "values": [0]}, {"name": "A/B", "values": [1]}]},
            "monitors.bias.facets.1",
            "A/B",
        ),
        ({"endpoint__window": {"start": "-P90D", "end": "PT0H"}}, "endpoint", "62 days"),
        ({"monitors__explainability": {"baseline": [[1, 2, 3]]}}, "monitors.explainability", "3 values"),
    ],
)
def test_what_settings_refuse_is_left_out_and_told(changes: dict[str, Any], left_out: str, why: str) -> None:
    """The smallest part that is wrong, with what is wrong with it; what is written is valid."""
    draft = valid(**changes)

    text, model = finished(draft, "", LOCAL, ["local"], CONF / "models" / "churn.yaml")

    assert text == finished(draft, "", LOCAL, ["local"], CONF / "models" / "churn.yaml")[0]
    assert model.monitors.bias
    first = draft.items[0]
    assert (first.resource, first.field) == ("the model's file", left_out)
    assert why in first.why or why in first.value


def test_a_file_that_watches_nothing_is_refused_with_the_reasons() -> None:
    """And what no file can do without is refused as any file is."""
    nothing = valid(monitors={}, monitoring_schedules={})
    nothing.note("job definition x", "ConfigUri", "s3://b/c", "there is no object any more", "give it")
    with pytest.raises(
        UsageError, match=r"says what is watched \(job definition x, ConfigUri: there is no object"
    ):
        finished(nothing, "", LOCAL, ["local"], CONF / "models" / "churn.yaml")
    with pytest.raises(UsageError, match=r"nothing was written:\n.*has versions such as"):
        finished(valid(artifact__version="1"), "", LOCAL, ["local"], CONF / "models" / "churn.yaml")
