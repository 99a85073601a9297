"""Processing steps that run one of our scripts in AWS's scikit-learn image."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from sagemaker_monitor.settings.custom import is_key
from sagemaker_monitor.settings.schema import CheckCompute, ScriptCompute
from steps.archive import archive_of
from steps.build import Build

INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"


@dataclass(frozen=True)
class Shipped:
    """Modules that a script imports, by package: the step's input that brings their archive, and its name."""

    input: str
    file: str
    modules: Mapping[str, Iterable[str]]


def script_image(region: str) -> str:
    """Return the newest scikit-learn processing image that the SDK knows in *region*."""
    from sagemaker.core import image_uris
    from sagemaker.core.image_uris import config_for_framework

    versions = config_for_framework("sklearn")["inference"]["versions"]
    newest = max(versions, key=lambda version: [int(number) for number in re.findall(r"\d+", version)])
    return str(image_uris.retrieve("sklearn", region=region, version=newest, image_scope="inference"))


def own_image(build: Build, key: str) -> str:
    """Return the URI of the image that the environment has under *key*, in its account's registry.

    *key* may be a repository with a tag or a digest instead.
    """
    environment = build.environment
    image = environment.images[key] if is_key(key) else key
    # The registry of an account has the host of AWS's own images, but for the account.
    host = script_image(environment.region).partition("/")[0]
    return f"{environment.account}.{host.partition('.')[2]}/{image}"


def script_asset(build: Build, script: str) -> str:
    """Return the S3 URI of steps/scripts/*script*."""
    return build.asset(script, (files("steps") / "scripts" / script).read_bytes())


def spec_asset(build: Build) -> str:
    """Return the S3 URI of what the scripts are told: columns, expected checks and the policy."""
    from steps.spec import script_spec

    text = json.dumps(
        script_spec(build.model, build.environment.name, build.pipeline, build.checks),
        indent=2,
        sort_keys=True,
    )
    return build.asset("spec.json", text.encode())


def s3_input(name: str, uri: Any, path: str) -> Any:
    """Return the processing input that puts what is below *uri* into the folder *path*."""
    from sagemaker.core.shapes import ProcessingInput, ProcessingS3Input

    return ProcessingInput(
        input_name=name,
        s3_input=ProcessingS3Input(
            s3_uri=uri, local_path=path, s3_data_type="S3Prefix", s3_input_mode="File"
        ),
    )


def s3_output(name: str, uri: Any, path: str) -> Any:
    """Return the processing output that uploads the folder *path* to *uri* when the job has ended."""
    from sagemaker.core.shapes import ProcessingOutput, ProcessingS3Output

    return ProcessingOutput(
        output_name=name,
        s3_output=ProcessingS3Output(s3_uri=uri, local_path=path, s3_upload_mode="EndOfJob"),
    )


def option(name: str, value: Any) -> Any:
    """Return one container argument, name and value: an argument of its own may not be empty, a value may."""
    from sagemaker.core.workflow.functions import Join

    return f"{name}={value}" if isinstance(value, str) else Join(on="=", values=[name, value])


def script_step(
    build: Build,
    *,
    name: str,
    script: str,
    arguments: list[Any],
    inputs: list[Any],
    outputs: list[Any],
    property_files: list[Any],
    shipped: Shipped | None = None,
    depends_on: list[Any] | None = None,
) -> Any:
    """Return the step that runs *script* with *arguments*; the specification is always among its inputs.

    What is *shipped* the script finds by --modules.
    """
    brought = []
    if shipped is not None:
        folder = f"{INPUT}/{shipped.input}"
        arguments = ["--modules", f"{folder}/{shipped.file}", *arguments]
        brought = [s3_input(shipped.input, build.asset(shipped.file, archive_of(shipped.modules)), folder)]
    return _processing_step(
        build,
        name=name,
        image=script_image(build.environment.region),
        entrypoint=["python3", f"{INPUT}/code/{script}"],
        compute=build.environment.compute.scripts,
        environment={"AWS_DEFAULT_REGION": build.environment.region},
        arguments=["--spec", f"{INPUT}/spec/spec.json", *arguments],
        inputs=[
            s3_input("code", script_asset(build, script), f"{INPUT}/code"),
            s3_input("spec", spec_asset(build), f"{INPUT}/spec"),
            *brought,
            *inputs,
        ],
        outputs=outputs,
        property_files=property_files,
        depends_on=depends_on,
    )


def image_step(
    build: Build,
    *,
    name: str,
    image: str,
    arguments: list[Any],
    environment: dict[str, Any],
    inputs: list[Any],
    outputs: list[Any],
    depends_on: list[Any],
) -> Any:
    """Return the step that runs *image* on the instance of checks, by the entry point that it has itself."""
    return _processing_step(
        build,
        name=name,
        image=image,
        entrypoint=None,
        compute=build.environment.compute.checks,
        environment=environment,
        arguments=arguments or None,
        inputs=inputs,
        outputs=outputs,
        property_files=[],
        depends_on=depends_on,
    )


def _processing_step(
    build: Build,
    *,
    name: str,
    image: str,
    entrypoint: list[str] | None,
    compute: ScriptCompute | CheckCompute,
    environment: dict[str, Any],
    arguments: list[Any] | None,
    inputs: list[Any],
    outputs: list[Any],
    property_files: list[Any],
    depends_on: list[Any] | None,
) -> Any:
    from sagemaker.core.processing import Processor
    from sagemaker.mlops.workflow.steps import ProcessingStep

    storage = build.environment.storage
    processor = Processor(
        role=build.role,
        image_uri=image,
        entrypoint=entrypoint,
        instance_count=1,
        instance_type=compute.instance_type,
        volume_size_in_gb=compute.volume_size_gb,
        volume_kms_key=storage.kms_key,
        output_kms_key=storage.kms_key,
        max_runtime_in_seconds=int(compute.max_runtime.total_seconds()),
        env=environment,
        network_config=_network(build),
        sagemaker_session=build.sagemaker_session,
    )
    return ProcessingStep(
        name=name,
        step_args=processor.run(arguments=arguments, inputs=inputs, outputs=outputs),
        property_files=property_files,
        depends_on=depends_on,
    )


def _network(build: Build) -> Any:
    network = build.environment.network
    if network is None:
        return None
    from sagemaker.core.network import NetworkConfig

    return NetworkConfig(subnets=list(network.subnets), security_group_ids=list(network.security_groups))
