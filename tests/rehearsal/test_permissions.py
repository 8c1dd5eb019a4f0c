"""The documented permissions are those that the playbooks use: no call needs more, and none is there without a call.

The calls are those of deployments in several variants on moto, which requires no permissions.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from aiohttp import web

from habits.proxy import record, reverse_proxy
from tests.playbook import ROOT
from tests.rehearsal.conftest import HERE, REGION, StandIn, moto
from tests.rehearsal.permissions import PERMISSIONS, Need, granted, needs, permitted

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

pytestmark = pytest.mark.timeout(900)  # the first test waits for the deployments

ROLES = sorted(path.parent.name for path in ROOT.glob("roles/*/README.md"))
ACTION = re.compile(r"`((?!orders|amazon|community|ansible)[a-z0-9-]+:[A-Z][A-Za-z0-9]*\*?)`")


class Recorded(NamedTuple):
    """What the calls of the playbooks need, by the role that makes them."""

    needs: dict[str, set[Need]]
    policies: list[dict[str, Any]]

    def actions(self, *roles: str) -> set[str]:
        """Return the actions that roles need, or all of them."""
        return {need.action for role in roles or self.needs for need in self.needs.get(role, ())}


def existing_network(stand_in: StandIn) -> dict[str, Any]:
    """Create a VPC with subnets, as the owner of an account may have it; return the variables that name it."""
    ec2 = stand_in.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.8.{number}.0/24", AvailabilityZone=REGION + zone)
        for number, zone in enumerate("abab")
    ]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    (table,) = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    return {
        "network_vpc_id": vpc,
        "network_vpc_public_subnet_ids": [created["Subnet"]["SubnetId"] for created in subnets[:2]],
        "network_vpc_service_subnet_ids": [created["Subnet"]["SubnetId"] for created in subnets[2:]],
    }


@web.middleware
async def ready(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer as the API of the system does when it is ready."""
    return web.Response() if request.path == "/ready" else await handler(request)


def play_variants(stand_in: StandIn) -> None:
    """Deploy the variants of the inventory, each over the one before, and use what operators use."""
    stand_in.boundary = f"{stand_in.project}-{REGION}-boundary"
    boundary = stand_in.documented_policies()["boundary"]
    stand_in.client("iam").create_policy(PolicyName=stand_in.boundary, PolicyDocument=boundary)
    certificate = stand_in.client("acm").request_certificate(DomainName="orders.example.com")["CertificateArn"]
    tags = {"project": stand_in.project, "environment": "aws", "managed-by": "ansible"}
    https = {"load_balancer_certificate_arn": certificate, "load_balancer_url": "https://orders.example.com"}
    del stand_in.lacks["skip_tags"]["load_test"]
    for variables in (
        {"monitoring_email": "nobody@example.com"},
        {"workers": 50, "resource_tags": {**tags, "owner": "somebody"}},
        {"network_egress": "endpoints", "exec_enabled": True, **https},
        {"network_egress": "public"},
    ):
        assert stand_in.play("site.yml", **variables).status == 0
    assert stand_in.play("playbooks/status.yml").status == 0
    assert stand_in.play("playbooks/redrive.yml").status == 0
    # It fails: moto starts no task.
    load: dict[str, Any] = {
        "load_test_scenario": "smoke",
        "load_test_runner": "fargate",
        "load_test_start_timeout_seconds": 30,
    }
    stand_in.play("playbooks/load_test.yml", load_balancer_url=stand_in.endpoint, **load)
    stand_in.play("playbooks/logs.yml")  # it finds none
    first = stand_in.client("ecs").describe_task_definition(taskDefinition=f"{stand_in.project}-processor:1")
    tag = first["taskDefinition"]["containerDefinitions"][0]["image"].rpartition(":")[2]
    stand_in.play("playbooks/rollback.yml", rollback_service="processor", rollback_image=tag)
    assert stand_in.play("playbooks/teardown.yml").status == 0
    assert stand_in.play("site.yml", **existing_network(stand_in)).status == 0
    assert stand_in.play("playbooks/teardown.yml").status == 0


@pytest.fixture(scope="module", params=["moto"])  # the name selects the tests that run on moto
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Record the calls of all variants."""
    stand_in = StandIn("moto", tmp_path_factory.mktemp("moto"))
    plugins = {"ANSIBLE_CALLBACK_PLUGINS": str(HERE / "plugins/callback"), "ANSIBLE_CALLBACKS_ENABLED": "role_keys"}
    stand_in.credentials |= plugins
    with moto(stand_in), reverse_proxy(stand_in.url, ready, record(stand_in.calls)) as stand_in.endpoint:
        play_variants(stand_in)
        account = stand_in.account
        policies = stand_in.documented_policies()
    by_role: dict[str, set[Need]] = {}
    for call in stand_in.calls:
        by_role.setdefault(call.access_key, set()).update(needs(call, account))
    return Recorded(by_role, [json.loads(text) for name, text in policies.items() if name != "boundary"])


def test_the_deployer_is_permitted_what_the_playbooks_call(recorded: Recorded) -> None:
    needed = set().union(*recorded.needs.values())
    free = set(PERMISSIONS["always_permitted"])
    missing = {need for need in needed if need.action not in free and not permitted(need, recorded.policies)}
    assert sorted((need.action, need.resource) for need in missing) == []


def test_the_deployer_is_permitted_nothing_that_no_playbook_calls(recorded: Recorded) -> None:
    called = recorded.actions()
    unused = {action for action in granted(recorded.policies) if not any(fnmatchcase(call, action) for call in called)}
    assert unused == set(PERMISSIONS["not_called_here"])


@pytest.mark.parametrize("role", ROLES)
def test_the_readme_of_a_role_lists_what_it_calls(recorded: Recorded, role: str) -> None:
    text = (ROOT / "roles" / role / "README.md").read_text()
    documented = set(ACTION.findall(text.partition("## IAM actions")[2])) - set(PERMISSIONS["always_permitted"])
    called = recorded.actions(role) - set(PERMISSIONS["always_permitted"])
    if "The reading actions of [docs/deployer-policies]" in text:
        assert all(re.match(r"[a-z0-9-]+:(Describe|Get|List)", action) for action in called)
        return
    missing = {action for action in called if not any(fnmatchcase(action, known) for known in documented)}
    unused = {known for known in documented if not any(fnmatchcase(action, known) for action in called)}
    reasons = set(PERMISSIONS["not_called_by"].get(role, {}))
    assert (missing, unused - reasons - set(PERMISSIONS["not_called_here"]), reasons - unused) == (set(), set(), set())
