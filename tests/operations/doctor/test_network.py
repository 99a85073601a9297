"""What doctor says of networks and images of one's own, by EC2 and ECR of moto's server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from sagemaker_monitor.aws import Aws
from sagemaker_monitor.operations.doctor import images, network, quotas
from sagemaker_monitor.operations.doctor.context import Context
from sagemaker_monitor.operations.doctor.examine import Check, _look
from sagemaker_monitor.operations.doctor.finding import Finding
from sagemaker_monitor.settings import Model
from sagemaker_monitor.settings.environment import Network
from tests.operations.doctor.looking import context, edit

pytestmark = pytest.mark.long


class Elsewhere(Aws):
    """An AWS that is no emulator: moto's own server."""

    @property
    def is_local(self) -> bool:
        """Return that it is not."""
        return False


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The address of moto's server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """What moto's server takes: anybody's."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nobody")


def at(found: Context, url: str, **changes: object) -> Context:
    """Return a context whose calls go to *url*."""
    environment = found.environment.model_copy(update={"endpoint_url": url, **changes})
    return replace(found, aws=Elsewhere(environment))


@pytest.fixture
def vpc(moto: str, conf: Path) -> tuple[Context, Aws, str, str]:
    """A VPC with one subnet and one security group, configured; what asks, and the ids of VPC and subnet."""
    found = at(context(conf), moto)
    ec2 = found.aws
    ec2._account_verified = True  # it is nobody's account
    made = str(ec2.call("ec2", "create_vpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])
    subnet = str(ec2.call("ec2", "create_subnet", VpcId=made, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"])
    group = ec2.call("ec2", "create_security_group", GroupName="jobs", Description="jobs", VpcId=made)[
        "GroupId"
    ]
    configured = Network(subnets=(subnet,), security_groups=(group,))
    return at(found, moto, network=configured), ec2, made, subnet


def test_a_network_without_a_way_out(vpc: tuple[Context, Aws, str, str]) -> None:
    """First nothing is reached; then S3 and SageMaker by endpoints; the fix is what makes them."""
    found, ec2, made, _ = vpc
    (there,) = network.network(found)
    (closed,) = network.reach(found)
    for name in network.NEEDED:
        ec2.call("ec2", "create_vpc_endpoint", VpcId=made, ServiceName=f"com.amazonaws.eu-west-1.{name}")
    (open_,) = network.reach(found)

    assert there.seen == f"1 subnets and 1 security groups of {made}"
    assert (closed.status, "reach no s3, sagemaker.api, sagemaker.runtime" in closed.seen) == (
        "problem",
        True,
    )
    assert "--service-name com.amazonaws.eu-west-1.sagemaker.runtime" in closed.fix
    assert open_.status == "ok"


def test_a_network_with_a_nat(vpc: tuple[Context, Aws, str, str]) -> None:
    """A route by a NAT is a way out; one to an internet gateway is none."""
    found, ec2, made, subnet = vpc
    table = ec2.call("ec2", "create_route_table", VpcId=made)["RouteTable"]["RouteTableId"]
    ec2.call("ec2", "associate_route_table", RouteTableId=table, SubnetId=subnet)
    gateway = ec2.call("ec2", "create_internet_gateway")["InternetGateway"]["InternetGatewayId"]
    ec2.call("ec2", "attach_internet_gateway", InternetGatewayId=gateway, VpcId=made)
    everywhere = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0"}
    ec2.call("ec2", "create_route", GatewayId=gateway, **everywhere)
    (internet,) = network.reach(found)
    ec2.call("ec2", "delete_route", **everywhere)
    address = ec2.call("ec2", "allocate_address", Domain="vpc")["AllocationId"]
    nat = ec2.call("ec2", "create_nat_gateway", SubnetId=subnet, AllocationId=address)["NatGateway"]
    ec2.call("ec2", "create_route", NatGatewayId=nat["NatGatewayId"], **everywhere)
    (by_nat,) = network.reach(found)

    assert (internet.status, by_nat.status) == ("problem", "ok")


def test_a_network_that_is_not_there(vpc: tuple[Context, Aws, str, str], moto: str) -> None:
    """A subnet that nobody has, and a group of another VPC: the key to correct is named."""
    found, ec2, _, _ = vpc
    configured = found.environment.network
    assert configured is not None
    other = ec2.call("ec2", "create_vpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    group = ec2.call("ec2", "create_security_group", GroupName="other", Description="x", VpcId=other)[
        "GroupId"
    ]

    def looked(**changes: object) -> Finding:
        (told,) = network.network(at(found, moto, network=configured.model_copy(update=changes)))
        return told

    missing = looked(subnets=("subnet-0123456789abcdef0",))
    mixed = looked(security_groups=(group,))

    assert (missing.status, "subnets of network are not all in eu-west-1" in missing.seen) == (
        "problem",
        True,
    )
    assert "network.subnets" in missing.fix
    assert (mixed.status, "are of 2 VPCs" in mixed.seen) == ("problem", True)


def test_an_image_of_ones_own(moto: str, conf: Path, model: Model) -> None:
    """No repository, then a repository without the tag, then the image."""
    edit(conf, "  model_quality: {}", "  model_quality: {engine: own}", "models/mortgage.yaml")
    edit(conf, "account:", "images: {monitor: 'team/monitor:1.0'}\naccount:")
    found = at(context(conf), moto)
    ecr = found.aws
    ecr._account_verified = True
    (nowhere,) = images.own(found)
    ecr.call("ecr", "create_repository", repositoryName="team/monitor", registryId=found.environment.account)
    (untagged,) = images.own(found)
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = json.dumps(
        {"schemaVersion": 2, "mediaType": kind, "config": {"digest": "sha256:0"}, "layers": []}
    )
    ecr.call(
        "ecr",
        "put_image",
        repositoryName="team/monitor",
        imageManifest=manifest,
        imageTag="1.0",
        registryId=found.environment.account,
    )
    (there,) = images.own(found)

    assert nowhere.seen == "the account's registry has no repository team/monitor in eu-west-1"
    assert untagged.seen == "the repository team/monitor has no image 1.0"
    assert there.status == "ok"


def test_what_no_service_answers_is_not_known(moto: str, conf: Path) -> None:
    """A service that refuses ends no other check, and is no problem."""
    (found,) = _look(Check("quotas", quotas.quotas), at(context(conf), moto), "")

    assert (found.status, found.check) == ("not known", "quotas")
