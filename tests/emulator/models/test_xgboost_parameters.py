"""The hyperparameters of the built-in XGBoost, in the words of AWS's container."""

from __future__ import annotations

import pytest

from sagemaker_monitor.emulator.models.xgboost_parameters import ParameterError, checked, for_library

ROUNDS = {"num_round": "3"}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "Missing required hyperparameter: num_round"),
        ({"num_round": "0"}, r"Hyperparameter num_round: 0 is not in \[1, inf\]"),
        ({"num_round": "2.5"}, "num_round: could not parse value '2.5', it is a whole number"),
        ({**ROUNDS, "eta": "fast"}, "Hyperparameter eta: could not parse value 'fast', it is a number"),
        ({**ROUNDS, "subsample": "0"}, r"Hyperparameter subsample: 0.0 is not in \(0, 1\]"),
        ({**ROUNDS, "booster": "tree"}, r"booster: tree is not in \['gbtree', 'gblinear', 'dart'\]"),
        ({**ROUNDS, "depth": "3"}, "Extraneous hyperparameter found: depth; there are: .*max_depth"),
        ({**ROUNDS, "objective": "multi:softmax"}, "Require input for parameter 'num_class'"),
        ({**ROUNDS, "monotone_constraints": "(1,"}, "monotone_constraints: could not parse value"),
        ({**ROUNDS, "_kfold": "5"}, "_kfold: cross-validation and tuning are not done in the emulator"),
    ],
)
def test_a_wrong_hyperparameter_is_named(given: dict[str, str], text: str) -> None:
    """With its value and what it may be."""
    with pytest.raises(ParameterError, match=text):
        checked(given)


def test_the_library_gets_values_under_its_own_names() -> None:
    """Aliases, numbers, lists and tuples are read; what is ours or SageMaker's is left out."""
    values = checked(
        {
            "num_round": "10",
            "learning_rate": "0.2",
            "min_split_loss": "4",
            "eval_metric": "auc, logloss",
            "monotone_constraints": "(1, 0)",
            "objective": '"reg:linear"',
            "updater": "grow_colmaker,prune",
            "early_stopping_rounds": "2",
            "predictor": "cpu_predictor",
            "sagemaker_job_name": '"x"',
        }
    )

    assert (values["num_round"], values["early_stopping_rounds"]) == (10, 2)
    assert for_library(values) == {
        "eta": 0.2,
        "gamma": 4.0,
        "eval_metric": ["auc", "logloss"],
        "monotone_constraints": (1, 0),
        "objective": "reg:squarederror",
        "updater": "grow_colmaker,prune",
    }
