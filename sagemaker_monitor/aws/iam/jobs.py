"""What the execution role needs: SageMaker Pipelines creates jobs with it, and jobs use it themselves.

What Pipelines does on its behalf, and what jobs need before their containers start, is documented by AWS in
https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-access.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html.
"""

from __future__ import annotations

from sagemaker_monitor.aws.iam.grants import (
    ABORT,
    LIST,
    PASS,
    READ,
    WRITE,
    Grants,
    cloudwatch,
    s3,
    sagemaker,
    together,
)
from sagemaker_monitor.aws.iam.places import (
    BUCKET,
    CLARIFY_CONFIGS,
    DATA,
    DATA_BUCKETS,
    ENDPOINTS,
    EXECUTION_ROLE,
    EXECUTIONS,
    FILES,
    JOB_RECORDS,
    JOBS,
    LABELS,
    NO_TYPE,
    RESULTS,
    SERVED,
    SHADOWS,
    TRANSFORM_JOBS,
    UPLOADS,
    VERSIONS,
    Place,
)
from sagemaker_monitor.aws.iam.scope import Scope
from sagemaker_monitor.aws.iam.statement import Condition


def _network(scope: Scope) -> tuple[str, ...]:
    network = scope.environment.network
    if network is None:
        return ()
    parts = (
        "network-interface/*",
        *(f"subnet/{name}" for name in network.subnets),
        *(f"security-group/{name}" for name in network.security_groups),
    )
    return tuple(scope.arn("ec2", part) for part in parts)


def _with_network(scope: Scope) -> tuple[str, ...]:
    return ("*",) if scope.environment.network is not None else ()


def _metrics(_: Scope) -> Condition:
    return {"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "aws/sagemaker/*"]}}


MODELS = Place("Models", "models that executions create", lambda s: s.sagemaker("model", JOBS))
SHADOW_ENDPOINTS = Place(
    "ClarifyShadowEndpoints",
    "the endpoints on which Clarify asks a model",
    lambda s: (
        (
            *s.sagemaker("endpoint", SHADOWS),
            *s.sagemaker("endpoint-config", SHADOWS),
        )
        if s.asks_models
        else ()
    ),
)
REPOSITORIES = Place("Images", "images of jobs and models", lambda s: s.repositories())
REGISTRY_LOGIN = Place(
    "ImageRegistry", "the token to pull images with", lambda s: ("*",) if s.images else (), why=NO_TYPE
)
JOB_LOGS = Place(
    "WriteLogs",
    "logs of jobs and of Clarify's endpoints",
    lambda s: (s.arn("logs", "log-group:/aws/sagemaker/*"),),
)
METRICS = Place(
    "JobMetrics",
    "metrics of jobs' instances",
    lambda _: ("*",),
    _metrics,
    why=f"{NO_TYPE}; a condition keeps them to SageMaker's namespaces",
)
INTERFACES = Place(
    "NetworkInterfaces",
    "interfaces of jobs in the environment's subnets, with its security groups",
    _network,
    why="an interface has no name before it exists",
)
NETWORK = Place("LookAtNetwork", "the network that jobs join", _with_network, why=NO_TYPE)

_PIPELINES: Grants = {
    JOB_RECORDS: sagemaker("CreateProcessingJob", "StopProcessingJob", "AddTags"),
    TRANSFORM_JOBS: sagemaker("CreateTransformJob", "DescribeTransformJob", "StopTransformJob", "AddTags"),
    MODELS: sagemaker("CreateModel", "DescribeModel", "AddTags"),
    VERSIONS: sagemaker("CreateModelPackage", "AddTags"),
    EXECUTION_ROLE: frozenset({PASS}),
    CLARIFY_CONFIGS: s3(READ, WRITE),
}
"""What SageMaker Pipelines does with the role of a pipeline."""

_SCRIPTS: Grants = {
    EXECUTIONS: sagemaker("ListPipelineExecutionSteps"),
    JOB_RECORDS: sagemaker("DescribeProcessingJob"),
    VERSIONS: sagemaker("DescribeModelPackage", "ListModelPackages"),
    ENDPOINTS: sagemaker("DescribeEndpoint"),
}
"""What collect, join and decide ask."""

_SERVED: Grants = {SERVED: sagemaker("DescribeEndpointConfig", "DescribeModel")}

_OBJECTS: Grants = {
    BUCKET: s3(LIST),
    DATA_BUCKETS: s3(LIST),
    FILES: s3(READ),
    UPLOADS: s3(READ),
    DATA: s3(READ),
    LABELS: s3(READ),
    RESULTS: s3(READ, WRITE, ABORT),
}

_CLARIFY: Grants = {
    SHADOW_ENDPOINTS: sagemaker(
        *("CreateEndpointConfig", "CreateEndpoint", "DescribeEndpointConfig", "DescribeEndpoint"),
        *("InvokeEndpoint", "DeleteEndpoint", "DeleteEndpointConfig", "AddTags"),
    ),
}

_CONTAINERS: Grants = {
    REPOSITORIES: frozenset(
        {"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"}
    ),
    REGISTRY_LOGIN: frozenset({"ecr:GetAuthorizationToken"}),
    JOB_LOGS: frozenset(
        f"logs:{name}" for name in ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents")
    ),
    METRICS: cloudwatch("PutMetricData"),
    INTERFACES: frozenset(
        f"ec2:{name}{more}"
        for name in ("CreateNetworkInterface", "DeleteNetworkInterface")
        for more in ("", "Permission")
    ),
    NETWORK: frozenset(
        f"ec2:Describe{name}"
        for name in ("DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs")
    ),
}
"""What SageMaker does for a job's instances."""


def execution_grants(scope: Scope) -> Grants:
    """Return what the execution role is allowed; places that the scope does not have name no resource."""
    watched: tuple[Grants, ...] = (_SERVED,) if scope.endpoints else ()
    return together(_PIPELINES, _SCRIPTS, *watched, _OBJECTS, _CLARIFY, _CONTAINERS)
