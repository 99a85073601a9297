"""The check steps over joined rows and over inputs, which every pipeline makes alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipelines.parameters import CheckParameters
from steps.build import Build
from steps.clarify_check import data_bias_check, explainability_check, model_bias_check
from steps.join import EXPLAINED, PREDICTED, Joined
from steps.own_check import own_check
from steps.quality_check import data_quality_check, model_quality_check
from steps.spec import DATA_QUALITY, Check

# Check type to its factory, the folder of joined rows that it reads, and whether it asks the model.
_FACTORIES: dict[str, tuple[Any, str, bool]] = {
    "DATA_QUALITY": (data_quality_check, "features", False),
    "MODEL_EXPLAINABILITY": (explainability_check, EXPLAINED, True),
    "MODEL_QUALITY": (model_quality_check, "scored", False),
    "DATA_BIAS": (data_bias_check, "labelled", False),
    "MODEL_BIAS": (model_bias_check, "labelled", True),
}


def make_checks(
    build: Build,
    checks: Iterable[Check],
    parameters: CheckParameters,
    joined: Joined,
    model_name: Any,
    *,
    depends_on: list[Any],
) -> dict[str, Any]:
    """Return the steps of *checks* by check type; those that ask the model ask *model_name*."""
    made = {}
    for check in checks:
        if check.custom:
            made[check.check_type] = own_check(
                build,
                check,
                data_uri=joined.uris[check.custom.input],
                baselining=parameters.baselining[check.name],
                depends_on=depends_on,
            )
            continue
        factory, folder, asks_model = _FACTORIES[check.check_type]
        if check.monitor in build.model.monitors.own:
            made[check.check_type] = own_check(
                build,
                check,
                data_uri=joined.uris[folder],
                predictions_uri=joined.uris[PREDICTED] if asks_model else None,
                baselining=parameters.baselining[check.name],
                depends_on=depends_on,
            )
            continue
        made[check.check_type] = factory(
            build,
            data_uri=joined.uris[folder],
            baselining=parameters.baselining[check.name],
            depends_on=depends_on,
            **({"model_name": model_name} if asks_model else {}),
        )
    return made


def check_inputs(build: Build, parameters: CheckParameters, features_uri: Any) -> Any:
    """Return the check of the inputs below *features_uri*, before anything is joined; None without one."""
    monitors = build.model.monitors
    if not monitors.data_quality:
        return None
    baselining = parameters.baselining[DATA_QUALITY.name]
    given: dict[str, Any] = {"data_uri": features_uri, "baselining": baselining, "depends_on": []}
    if DATA_QUALITY.monitor in monitors.own:
        return own_check(build, DATA_QUALITY, **given)
    return data_quality_check(build, **given)
