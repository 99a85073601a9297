"""The hyperparameters of the built-in XGBoost algorithm, checked in the words of AWS's container.

Names and ranges: XGBoost Hyperparameters, SageMaker's developer guide; words: the published SageMaker XGBoost
container.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

OBJECTIVES = (
    *("binary:logistic", "binary:logitraw", "binary:hinge", "count:poisson", "multi:softmax"),
    *("multi:softprob", "rank:pairwise", "rank:ndcg", "rank:map", "reg:linear", "reg:squarederror"),
    *("reg:logistic", "reg:gamma", "reg:pseudohubererror", "reg:squaredlogerror", "reg:absoluteerror"),
    *("reg:tweedie", "survival:aft", "survival:cox"),
)
OURS = ("num_round", "early_stopping_rounds", "csv_weights", "save_model_on_termination")
"""Those that are not XGBoost's own."""


class ParameterError(Exception):
    """A hyperparameter is missing, unknown, or has a value that it must not have."""


@dataclass(frozen=True)
class Range:
    """The numbers from *low* to *high*, without an end that is *open*."""

    low: float = -math.inf
    high: float = math.inf
    open: str = ""

    def __contains__(self, value: float) -> bool:
        above = value > self.low if "low" in self.open else value >= self.low
        return above and (value < self.high if "high" in self.open else value <= self.high)

    def __str__(self) -> str:
        first, last = ("(" if "low" in self.open else "["), (")" if "high" in self.open else "]")
        return f"{first}{self.low:g}, {self.high:g}{last}"


Allowed = Range | tuple[str, ...] | None
Kind = tuple[Callable[[str], Any], Allowed]


def _list(text: str) -> list[str]:
    return [each.strip() for each in text.split(",")]


def _value(text: str) -> Any:
    return ast.literal_eval(text)


_POSITIVE, _COUNT, _SHARE = Range(0), Range(1), Range(0, 1, "low")
_SWITCH = (int, Range(0, 1))
_KINDS: dict[str, Kind] = {
    "num_round": (int, _COUNT),
    "csv_weights": _SWITCH,
    "early_stopping_rounds": (int, _COUNT),
    "save_model_on_termination": (str, ("true", "false")),
    "booster": (str, ("gbtree", "gblinear", "dart")),
    "verbosity": (int, Range(0, 3)),
    "silent": _SWITCH,  # of the containers until 1.0, and of notebooks ever since
    "nthread": (int, _COUNT),
    "eta": (float, Range(0, 1)),
    "gamma": (float, _POSITIVE),
    "max_depth": (int, _POSITIVE),
    "min_child_weight": (float, _POSITIVE),
    "max_delta_step": (float, _POSITIVE),
    **dict.fromkeys(("subsample", "colsample_bytree", "colsample_bylevel"), (float, _SHARE)),
    "colsample_bynode": (float, _SHARE),
    "lambda": (float, _POSITIVE),
    "alpha": (float, _POSITIVE),
    "tree_method": (str, ("auto", "exact", "approx", "hist", "gpu_hist")),
    "sketch_eps": (float, Range(0, 1, "low high")),
    "scale_pos_weight": (float, Range(0, open="low")),
    "updater": (_list, None),
    "dsplit": (str, ("row", "col")),
    "refresh_leaf": _SWITCH,
    "process_type": (str, ("default", "update")),
    "grow_policy": (str, ("depthwise", "lossguide")),
    "max_leaves": (int, _POSITIVE),
    "max_bin": (int, _POSITIVE),
    "predictor": (str, ("auto", "cpu_predictor", "gpu_predictor")),
    "monotone_constraints": (_value, None),
    "interaction_constraints": (_value, None),
    "sample_type": (str, ("uniform", "weighted")),
    "normalize_type": (str, ("tree", "forest")),
    "rate_drop": (float, Range(0, 1)),
    "one_drop": _SWITCH,
    "skip_drop": (float, Range(0, 1)),
    "lambda_bias": (float, Range(0, 1)),
    "tweedie_variance_power": (float, Range(1, 2, "low high")),
    "objective": (str, OBJECTIVES),
    "num_class": (int, Range(2)),
    "base_score": (float, _POSITIVE),
    "eval_metric": (_list, None),
    "seed": (int, Range(-(2**31), 2**31 - 1, "low high")),
    "num_parallel_tree": (int, _COUNT),
    "aft_loss_distribution": (str, ("normal", "logistic", "extreme")),
    "aft_loss_distribution_scale": (float, _POSITIVE),
    "max_cat_to_onehot": (int, _POSITIVE),
    "deterministic_histogram": (str, ("true", "false")),
    "sampling_method": (str, ("uniform", "gradient_based")),
}
_ALIASES = {
    "learning_rate": "eta",
    "min_split_loss": "gamma",
    "reg_lambda": "lambda",
    "reg_alpha": "alpha",
}
# What the libraries of today have no more, and do as if by themselves.
_GONE = ("silent", "dsplit", "sketch_eps", "predictor", "lambda_bias", "deterministic_histogram")


def checked(given: Mapping[str, str]) -> dict[str, Any]:
    """Return hyperparameters by their own names, as values; raise ParameterError for the first that is wrong.

    What SageMaker and its SDK add for themselves (`sagemaker_…`) is left out; cross-validation (`_kfold`) and
    metrics of a tuning job (`_tuning_objective_metric`) are not done.
    """
    named = {_ALIASES.get(name, name): text for name, text in given.items() if name[:10] != "sagemaker_"}
    if "num_round" not in named:
        raise ParameterError("Missing required hyperparameter: num_round")
    values = {name: _checked(name, text) for name, text in named.items()}
    objective, classes = values.get("objective", "reg:squarederror"), values.get("num_class")
    if objective.startswith("multi:") and classes is None:
        raise ParameterError("Require input for parameter 'num_class' for multi-classification")
    return values


def for_library(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the hyperparameters XGBoost itself is told."""
    own = {name: value for name, value in values.items() if name not in (*OURS, *_GONE)}
    if isinstance(own.get("updater"), list):
        own["updater"] = ",".join(own["updater"])
    # The container's default is the older name of the same objective.
    if own.get("objective", "reg:linear") == "reg:linear":
        own["objective"] = "reg:squarederror"
    if own.get("tree_method") == "gpu_hist":
        own["tree_method"] = "hist"
    return own


def _checked(name: str, text: str) -> Any:
    if name in ("_kfold", "_num_cv_round", "_tuning_objective_metric"):
        raise ParameterError(
            f"Hyperparameter {name}: cross-validation and tuning are not done in the emulator"
        )
    if name not in _KINDS:
        raise ParameterError(
            f"Extraneous hyperparameter found: {name}; there are: {', '.join(sorted(_KINDS))}"
        )
    parse, allowed = _KINDS[name]
    try:
        value = parse(text.strip().strip('"'))
    except (ValueError, SyntaxError) as error:
        what = f", it is {_called(parse)}" if parse in (int, float) else ""
        raise ParameterError(f"Hyperparameter {name}: could not parse value {text[:100]!r}{what}") from error
    if allowed is not None and value not in allowed:
        shown = allowed if isinstance(allowed, Range) else list(allowed)
        raise ParameterError(f"Hyperparameter {name}: {value} is not in {shown}")
    return value


def _called(parse: Callable[[str], Any]) -> str:
    return "a whole number" if parse is int else "a number"
