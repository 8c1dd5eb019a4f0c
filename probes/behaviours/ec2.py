"""How addresses of EC2 are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from probes.behaviours.sources import EC2_API
from probes.errors import code_of, describe
from probes.probe import NotShownError, expect, probe

if TYPE_CHECKING:
    from typing import Any

    from probes.lab import Lab

_DESCRIBE_ADDRESSES = f"{EC2_API}API_DescribeAddresses.html"
_CORRECTION = "roles/emulator/files/correct_ministack.py"


def _addresses(lab: Lab) -> list[dict[str, Any]]:
    """Allocate two addresses, each with a tag of its own. For all probes: an account may have five."""
    ec2 = lab.client("ec2")
    allocated: list[dict[str, Any]] = []
    for name in (lab.name(), lab.name()):
        tags = {"ResourceType": "elastic-ip", "Tags": [{"Key": "Name", "Value": name}]}
        try:
            address = ec2.allocate_address(Domain="vpc", TagSpecifications=[tags])
        except ClientError as error:
            if code_of(error) != "AddressLimitExceeded":
                raise
            raise NotShownError(describe(error)) from error
        lab.defer(ec2.release_address, AllocationId=address["AllocationId"])
        allocated.append({**address, "name": name})
    return allocated


def _expect_only(lab: Lab, address: dict[str, Any], **parameters: object) -> None:
    ec2 = lab.client("ec2")

    def found() -> list[str]:
        return [each["PublicIp"] for each in ec2.describe_addresses(**parameters)["Addresses"]]

    only = [address["PublicIp"]]
    expect(lab.settles(lambda: found() == only), f"{len(found())} addresses are found, not the one")


@probe(_DESCRIBE_ADDRESSES, used_by=_CORRECTION)
def an_address_is_found_by_its_value(lab: Lab) -> None:
    """DescribeAddresses with a public address returns that address alone."""
    first, _ = lab.shared.once(_addresses)
    _expect_only(lab, first, PublicIps=[first["PublicIp"]])


@probe(_DESCRIBE_ADDRESSES, used_by=_CORRECTION)
def an_address_is_found_by_its_tags(lab: Lab) -> None:
    """DescribeAddresses with a filter for a tag returns the addresses that have it, and no others."""
    first, _ = lab.shared.once(_addresses)
    _expect_only(lab, first, Filters=[{"Name": "tag:Name", "Values": [first["name"]]}])
