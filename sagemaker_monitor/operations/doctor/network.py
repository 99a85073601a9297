"""The jobs' network: whether subnets and security groups exist and fit each other, and what jobs reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sagemaker_monitor.aws.errors import AwsError
from sagemaker_monitor.operations.doctor.context import Context
from sagemaker_monitor.operations.doctor.finding import Finding, not_known, ok, problem, warning

NEEDED = ("s3", "sagemaker.api", "sagemaker.runtime")
"""The services that jobs call, as endpoints of a VPC are named."""
_ABSENT = ("InvalidSubnetID.NotFound", "InvalidGroup.NotFound", "InvalidGroupId.Malformed")


def network(context: Context) -> Iterator[Finding]:
    """Yield whether the subnets and security groups of network are there, in one VPC."""
    configured = context.environment.network
    if configured is None:
        return
    if context.aws.is_local:
        yield not_known("the emulator has no network")
        return
    subnets = _described(context, "subnets", configured.subnets)
    groups = _described(context, "security_groups", configured.security_groups)
    if isinstance(subnets, Finding) or isinstance(groups, Finding):
        yield subnets if isinstance(subnets, Finding) else groups  # type: ignore[misc]
        return
    vpcs = sorted({each["VpcId"] for each in (*subnets, *groups)})
    if len(vpcs) > 1:
        yield problem(
            f"subnets and security groups are of {len(vpcs)} VPCs: {', '.join(vpcs)}",
            f"name those of one VPC in {context.key('network')}",
            side="configuration",
        )
        return
    few = [each["SubnetId"] for each in subnets if each.get("AvailableIpAddressCount", 99) < 4]
    if few:
        yield warning(
            f"{', '.join(few)} has fewer than 4 addresses left, and every instance of a job takes one",
            f"name another subnet in {context.key('network', 'subnets')}",
        )
    yield ok(f"{len(subnets)} subnets and {len(groups)} security groups of {vpcs[0]}")


def reach(context: Context) -> Iterator[Finding]:
    """Yield whether jobs in the subnets reach S3 and SageMaker: by endpoints of the VPC, or by a NAT."""
    configured = context.environment.network
    if configured is None or context.aws.is_local:
        return
    subnets = _described(context, "subnets", configured.subnets)
    if isinstance(subnets, Finding):
        return  # told of the network
    vpc = subnets[0]["VpcId"]
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    endpoints = list(context.aws.pages("ec2", "describe_vpc_endpoints", "VpcEndpoints", Filters=of_vpc))
    there = {each["ServiceName"].partition(f"{context.environment.region}.")[2] for each in endpoints}
    missing = [name for name in NEEDED if name not in there]
    if not missing:
        yield ok(f"{vpc} has endpoints of {', '.join(NEEDED)}")
        return
    tables = list(context.aws.pages("ec2", "describe_route_tables", "RouteTables", Filters=of_vpc))
    closed = [each["SubnetId"] for each in subnets if not _goes_out(each["SubnetId"], tables)]
    if not closed:
        yield ok(f"{vpc} has no endpoint of {', '.join(missing)}; its subnets go out by a NAT")
        return
    region = context.environment.region
    yield problem(
        f"jobs in {', '.join(closed)} reach no {', '.join(missing)}: no endpoint of {vpc} and no route by a "
        "NAT; they would hang until their time is over",
        "; ".join(
            f"aws ec2 create-vpc-endpoint --vpc-id {vpc} --service-name com.amazonaws.{region}.{name}"
            for name in missing
        ),
    )


def _described(context: Context, what: str, names: Sequence[str]) -> list[dict[str, Any]] | Finding:
    """Return what EC2 says of subnets or security groups, or that one of them is not there."""
    items, ids = ("Subnets", "SubnetIds") if what == "subnets" else ("SecurityGroups", "GroupIds")
    try:
        return list(context.aws.pages("ec2", f"describe_{what}", items, **{ids: list(names)}))
    except AwsError as error:
        if error.code not in _ABSENT:
            raise
        return problem(
            f"{what.replace('_', ' ')} of network are not all in {context.environment.region}: {error}",
            f"correct {context.key('network', what)}",
            side="configuration",
        )


def _goes_out(subnet: str, tables: Sequence[dict[str, Any]]) -> bool:
    """Return whether the subnet's route table, its own or the main one, sends what is elsewhere to a NAT.

    An internet gateway is of no use: SageMaker gives instances in a VPC no public address.
    """
    own = [table for table in tables if any(each.get("SubnetId") == subnet for each in table["Associations"])]
    main = [table for table in tables if any(each.get("Main") for each in table["Associations"])]
    routes = [route for table in (own or main) for route in table.get("Routes", ())]
    return any(
        route.get("DestinationCidrBlock") == "0.0.0.0/0"
        and (
            "NatGatewayId" in route
            or "TransitGatewayId" in route
            or "NetworkInterfaceId" in route
            or "InstanceId" in route
        )
        for route in routes
    )
