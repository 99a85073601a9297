"""Models that the user's script serves, each in a process of its own."""

from __future__ import annotations

import io
import json
import os
import pickle
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import xgboost
from sklearn import __version__ as sklearn_version
from sklearn.linear_model import LogisticRegression

from sagemaker_monitor.emulator.models.archive import ArtifactError
from sagemaker_monitor.emulator.models.launch import Launch
from sagemaker_monitor.emulator.models.pool import ModelServers
from tests.emulator.models.servers import ask, stored

pytestmark = pytest.mark.long

PROGRAM = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
NUMPY = """
import os
import numpy as np

def model_fn(model_dir):
    print("noise on standard output")
    return np.loadtxt(os.path.join(model_dir, "weights.txt"))

def predict_fn(data, model):
    return data @ model
"""
JOBLIB = """
import os, joblib

def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))
"""


@pytest.fixture
def servers() -> Iterator[ModelServers]:
    """A pool, shut down afterwards."""
    pool = ModelServers()
    yield pool
    pool.shutdown()


@contextmanager
def served(
    servers: ModelServers,
    path: Path,
    members: dict[str, bytes | str],
    kind: str = "scikit-learn",
    **environment: str,
) -> Iterator[str]:
    """Give the endpoint of a model whose archive has *members*."""
    launch = Launch(stored(path, members), kind, {**PROGRAM, **environment})
    with servers.lease(launch, path / "servers", lambda: None) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def classifier() -> LogisticRegression:
    """A binary classifier of two features."""
    rows = np.random.default_rng(0).normal(size=(100, 2))
    return LogisticRegression().fit(rows, rows[:, 0] > 0)


def test_a_joblib_model_is_served_with_the_defaults(
    tmp_path: Path, servers: ModelServers, classifier: LogisticRegression
) -> None:
    """CSV, JSON and npy in; JSON unless asked otherwise, CSV and npy out; predictions are the model's own."""
    import joblib

    content = io.BytesIO()
    joblib.dump(classifier, content)
    rows = np.array([[1.5, 0.25], [-1.5, 0.25], [0.5, -2.0]], dtype=np.float32)
    expected = classifier.predict(rows).tolist()
    npy = io.BytesIO()
    np.save(npy, rows)
    csv = "".join(f"{a},{b}\n" for a, b in rows.tolist()).encode()

    with served(
        servers, tmp_path, {"model.joblib": content.getvalue(), "code/inference.py": JOBLIB}
    ) as model:
        status, kind, answer = ask(model, csv)
        assert (status, kind, json.loads(answer)) == (200, "application/json", expected)
        status, kind, answer = ask(model, json.dumps(rows.tolist()).encode(), "application/json", "text/csv")
        assert (status, kind, answer.decode().split()) == (200, "text/csv", [str(each) for each in expected])
        status, kind, answer = ask(model, npy.getvalue(), "application/x-npy", "application/x-npy")
        assert (status, np.load(io.BytesIO(answer)).tolist()) == (200, expected)
        status, _, answer = ask(model, b"x", "application/jsonlines")
        assert (
            status,
            b"'application/jsonlines' needs an input_fn; without one there are text/csv" in answer,
        ) == (
            415,
            True,
        )
        status, _, answer = ask(model, csv, accept="image/png")
        assert status == 406
        assert b"accept type 'image/png' needs an output_fn" in answer


def test_a_numpy_model_needs_no_framework(tmp_path: Path, servers: ModelServers) -> None:
    """Any script with a model_fn serves; what it prints goes to the log."""
    members: dict[str, bytes | str] = {"weights.txt": "2.0\n-1.0\n", "code/inference.py": NUMPY}

    with served(servers, tmp_path, members) as model:
        assert ask(model, b"1.5,2.5\n0.5,0.5\n", accept="text/csv")[2] == b"0.5\n0.5\n"


def test_own_functions_and_their_types_are_used(tmp_path: Path, servers: ModelServers) -> None:
    """input_fn gets text for CSV and JSON and bytes else; output_fn may return a body with its type."""
    script = """
import json

def model_fn(model_dir):
    return 10

def input_fn(data, content_type):
    return [type(data).__name__, content_type]

def predict_fn(data, model):
    return [*data, model]

def output_fn(prediction, accept):
    return json.dumps([*prediction, accept]) + "\\n", "application/jsonlines"
"""
    with served(servers, tmp_path, {"code/inference.py": script}) as model:
        assert ask(model, b"x", "text/csv; charset=utf-8", "text/csv") == (
            200,
            "application/jsonlines",
            b'["str", "text/csv", 10, "text/csv"]\n',
        )
        assert ask(model, b"x", "application/jsonlines")[2] == (
            b'["bytes", "application/jsonlines", 10, "application/json"]\n'
        )


def test_transform_fn_does_all_of_it(tmp_path: Path, servers: ModelServers) -> None:
    """transform_fn gets the model, the data and both types."""
    script = """
def model_fn(model_dir):
    return "m"

def transform_fn(model, data, content_type, accept):
    return f"{model} {data} {content_type} {accept}"
"""
    with served(servers, tmp_path, {"code/inference.py": script}) as model:
        assert ask(model, b"1,2", accept="text/csv") == (200, "text/csv", b"m 1,2 text/csv text/csv")


def test_xgboost_in_script_mode_decodes_to_a_matrix(
    tmp_path: Path, servers: ModelServers, booster: xgboost.Booster
) -> None:
    """The XGBoost container's defaults ask the booster that model_fn returned."""
    script = """
import os, xgboost

def model_fn(model_dir):
    return xgboost.Booster(model_file=os.path.join(model_dir, "own.json"))
"""
    expected = booster.predict(xgboost.DMatrix(np.array([[1.5, 2.5, 3.5]])))
    members = {"own.json": bytes(booster.save_raw("json")), "code/inference.py": script}

    with served(servers, tmp_path, members, "xgboost-script") as model:
        answer = ask(model, b"1.5,2.5,3.5\n", accept="text/csv")[2]
    assert np.float32(answer.decode()) == expected[0]


def test_a_script_may_lie_outside_of_the_artifact(tmp_path: Path, servers: ModelServers) -> None:
    """SAGEMAKER_SUBMIT_DIRECTORY in S3 is an archive of its own."""
    model = stored(tmp_path, {"weights.txt": "2.0\n-1.0\n"})
    code = stored(tmp_path, {"inference.py": NUMPY}, "sourcedir.tar.gz")
    launch = Launch(model, "scikit-learn", {**PROGRAM, "SAGEMAKER_SUBMIT_DIRECTORY": "s3://b/c"}, code)

    with servers.lease(launch, tmp_path / "servers", lambda: None) as endpoint:
        assert ask(endpoint, b"1.5,2.5\n0.5,0.5\n")[2] == b"[0.5, 0.5]"


def test_the_process_sees_nothing_of_the_emulators_environment(
    tmp_path: Path, servers: ModelServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only PATH, the language and the container's own variables reach a script, paths as it has them."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    script = """
import json, os

def model_fn(model_dir):
    same = model_dir == os.environ["SM_MODEL_DIR"] and os.path.samefile(model_dir, "/opt/ml/model")
    return sorted(os.environ), os.getpid(), same, os.environ["OWN"]

def transform_fn(model, data, content_type, accept):
    return json.dumps(model)
"""
    with served(servers, tmp_path, {"code/inference.py": script}, OWN="/opt/ml/model/x") as model:
        names, process, same, own = json.loads(ask(model, b"1")[2])

    known = {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "HOME", "PYTHONPATH", "PYTHONUNBUFFERED", "SM_MODEL_DIR"}
    assert set(names) <= known | set(PROGRAM) | {"OWN", "SAGEMAKER_MONITOR_RELOCATES"}
    assert process != os.getpid()
    assert same
    assert own.endswith("/model/x")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"code/other.py": ""}, r"there is no script 'inference\.py' in code/ .*; found other\.py"),
        ({"weights.txt": ""}, r"there is no script 'inference\.py' in code/ .*; found nothing"),
        (
            {"code/inference.py": "x = 1"},
            r"inference\.py has no model_fn\(model_dir\).*scikit-learn cont",
        ),
        (
            {"code/inference.py": "import nothing_of_the_kind"},
            "needs the package 'nothing_of_the_kind'",
        ),
        ({"code/inference.py": "def"}, r"inference\.py failed: SyntaxError: "),
        ({"code/inference.py": "raise SystemExit(3)"}, r"inference\.py failed: SystemExit: 3"),
        (
            {"code/inference.py": "def model_fn(d):\n    return {}['weights']"},
            r"inference\.py failed: KeyError: 'weights' \(inference\.py:2\)",
        ),
        (
            {"code/inference.py": "model_fn = transform_fn = input_fn = print"},
            r"has transform_fn and input_fn; it is one or the other",
        ),
        (
            {"code/inference.py": "", "code/requirements.txt": "numpy\nno-such-thing>=1\n"},
            r"requirements\.txt: ERROR: not installed: no-such-thing\. Jobs run in the emulator's own Python",
        ),
        ({"code/inference.py": "import os; os._exit(7)"}, "its server ended with exit code 7"),
    ],
)
def test_a_script_that_cannot_serve_says_why(
    tmp_path: Path, servers: ModelServers, members: dict[str, bytes | str], reason: str
) -> None:
    """A missing script or function, a missing package and an exception name the script and the line."""
    with (
        pytest.raises(ArtifactError, match=f"s3://b/model.tar.gz cannot be served: .*{reason}"),
        served(servers, tmp_path, members),
    ):
        pass
    assert list((tmp_path / "servers").iterdir()) == []


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (
            "def predict_fn(data, model):\n    raise ValueError('bad rows')",
            "predict_fn .*: bad rows",
        ),
        ("def output_fn(prediction, accept):\n    return 5", "output_fn returned int; it must return str or"),
    ],
)
def test_a_script_that_throws_answers_500(
    tmp_path: Path, servers: ModelServers, function: str, reason: str
) -> None:
    """The answer names the function, the error and its line; the server goes on serving."""
    script = f"def model_fn(d):\n    return 1\n\n{function}\n\n" + (
        "" if "predict_fn" in function else "def predict_fn(data, model):\n    return 1\n"
    )
    with served(servers, tmp_path, {"code/inference.py": script}) as model:
        for _ in range(2):
            status, _, answer = ask(model, b"1.5,2.5")
            assert status == 500
            assert re.search(reason, answer.decode())


def test_another_version_of_scikit_learn_is_said_when_it_fails(
    tmp_path: Path, servers: ModelServers, classifier: LogisticRegression
) -> None:
    """A model saved by another version is served; when it fails, the versions stand in the reason."""
    saved = pickle.dumps(classifier)
    other = "0" * len(sklearn_version)
    assert saved.count(sklearn_version.encode()) == 1
    script = """
import os, pickle

def model_fn(model_dir):
    with open(os.path.join(model_dir, "model.pkl"), "rb") as file:
        return pickle.load(file)
"""
    members: dict[str, bytes | str] = {
        "model.pkl": saved.replace(sklearn_version.encode(), other.encode()),
        "code/inference.py": script,
    }
    with served(servers, tmp_path, members) as model:
        assert ask(model, b"1.5,2.5\n3.5,4.5\n")[0] == 200
        status, _, answer = ask(model, b"1.5\n2.5\n")

    told = answer.decode()
    assert status == 500
    assert "predict_fn of inference.py raised ValueError" in told
    assert f"saved by scikit-learn {other} and is read by {sklearn_version}" in told
