"""The zones that the role network uses, computed from what EC2 lists."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.role_runs import ROOT

if TYPE_CHECKING:
    from tests.unit.conftest import Play

PLAYBOOK = f"""
- hosts: localhost
  gather_facts: false
  vars_files: ["{ROOT}/roles/network/vars/main.yml"]
  tasks:
    - debug:
        msg: "zones: {{{{ __network_usable_zones | join(' ') }}}}."
"""
# All zones of an account, which names each zone differently.
TOKYO = {"ap-northeast-1a": "apne1-az4", "ap-northeast-1c": "apne1-az1", "ap-northeast-1b": "apne1-az3"}
OREGON = {"us-west-2a": "usw2-az2", "us-west-2b": "usw2-az1", "us-west-2c": "usw2-az3"}


def services(region: str, zones: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Return the endpoint services of a region, with zones by short name; all others have all zones of Oregon."""
    return [
        {
            "service_name": f"com.amazonaws.{region}.{name}",
            "service_type": [{"service_type": "Gateway" if name == "s3" else "Interface"}],
            "availability_zones": zones.get(name, list(OREGON)),
        }
        for name in ("ecr.api", "ecr.dkr", "logs", "sns", "sqs", "s3")
    ]


@pytest.mark.parametrize(
    ("region", "zones", "egress", "usable"),
    [
        pytest.param("ap-northeast-1", TOKYO, "nat", "ap-northeast-1a ap-northeast-1c", id="Fargate"),
        pytest.param("us-west-2", OREGON, "nat", "us-west-2a us-west-2b us-west-2c", id="all"),
        pytest.param("us-west-2", OREGON, "endpoints", "us-west-2a us-west-2c", id="endpoints"),
    ],
)
def test_the_zones_have_what_the_services_need(
    play: Play, region: str, zones: dict[str, str], egress: str, usable: str
) -> None:
    variables = {
        "aws_region": region,
        "network_egress": egress,
        "network_exec_enabled": False,
        "__network_zones": {
            "availability_zones": [{"zone_name": name, "zone_id": identifier} for name, identifier in zones.items()]
        },
        "__network_endpoint_services": {
            "service_details": services(
                region, {"sns": ["us-west-2a", "us-west-2c"], "sqs": ["us-west-2c", "us-west-2a"]}
            )
        },
    }

    played = play(PLAYBOOK, "--extra-vars", json.dumps(variables))

    assert f"zones: {usable}." in played.output
