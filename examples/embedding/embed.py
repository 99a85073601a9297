"""Build a pipeline of this folder, deploy it, run it to its end, and say what it concluded.

python embed.py training --data ../../data/train.csv --baseline-data ../../data/validation.csv --bootstrap
python embed.py checked  --data ../../data/train.csv
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import checked
import training

from pipelines.embedding import build_pipeline
from sagemaker_monitor.aws import Aws, connect
from sagemaker_monitor.operations.embedded import conclude_embedded, deploy, start_embedded
from sagemaker_monitor.operations.follow import follow
from sagemaker_monitor.operations.gating import evidence_of
from sagemaker_monitor.operations.uploads import to_uri
from sagemaker_monitor.registry import gate
from sagemaker_monitor.settings import Model, load

# The pipeline, and the word under which its verdict lies.
PIPELINES = {"training": (training, "register"), "checked": (checked, checked.PIPELINE)}
EXIT = {"open": 0, "refused": 10}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one of the two pipelines; 0 when its verdict is open, 10 when it refused, otherwise 3."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("pipeline", choices=PIPELINES)
    parser.add_argument("--data", required=True, help="prepared rows with a header, a file or an S3 URI")
    parser.add_argument("--baseline-data", help="of training: labelled rows to judge the model on")
    parser.add_argument("--bootstrap", action="store_true", help="there is no baseline yet")
    parser.add_argument("--env", default="local")
    parser.add_argument("--conf-dir", type=Path, default=Path(__file__).parents[2] / "conf")
    options = parser.parse_args(arguments)

    model, environment = load("mortgage", options.env, options.conf_dir)
    module, word = PIPELINES[options.pipeline]
    bundle = build_pipeline(module.get_pipeline, model, environment)
    aws = connect(environment)
    for change in deploy(aws, bundle):
        print(f"{change.done:>10}  {change.kind} {change.name}")

    parameters = {"TrainingDataUri": to_uri(aws, options.data, option="--data")}
    if options.baseline_data:
        parameters["BaselineDataUri"] = to_uri(aws, options.baseline_data, option="--baseline-data")
    started = start_embedded(
        aws,
        model,
        bundle.pipelines[0].name,
        parameters=parameters,
        modes=["bootstrap"] if options.bootstrap else [],
    )
    print(started.execution_arn)
    *_, last = follow(aws, started.execution_arn)
    outcome = conclude_embedded(aws, last, model, word)
    print(outcome.verdict.summary if outcome.verdict and not outcome.problem else outcome.problem)
    for step in outcome.failed:
        print(f"  {step.name}: {step.reason}")
    if options.pipeline == "training" and outcome.conclusion == "open":
        print(opened(aws, model, started.pipeline_name))
    return EXIT.get(outcome.conclusion, 3)


def opened(aws: Aws, model: Model, pipeline_name: str) -> str:
    """Open the newest version by its evidence, as `gate --registered-by … --apply`; return what was done."""
    evidence = evidence_of(aws, model, None, registered_by=pipeline_name)
    return gate.apply(aws, evidence, aws.environment.approval.on_pass).message


if __name__ == "__main__":
    sys.exit(main())
