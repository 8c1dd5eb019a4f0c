from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

MESSAGING = {"port": 4566, "container": "orders-messaging", "serves": ["sns", "sqs"]}
REST = {"port": 4567, "container": "orders-rest", "serves": ["default"]}


def test_each_service_has_the_address_of_its_emulator(source: ModuleType) -> None:
    assert source.sdk_endpoints({"messaging": MESSAGING, "rest": REST}, "127.0.0.1") == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4567",
        "AWS_ENDPOINT_URL_SNS": "http://127.0.0.1:4566",
        "AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:4566",
    }


def test_without_a_host_the_containers_are_the_hosts(source: ModuleType) -> None:
    assert source.sdk_endpoints({"rest": REST}) == {"AWS_ENDPOINT_URL": "http://orders-rest:4567"}


@pytest.mark.parametrize(
    ("emulators", "message"),
    [
        ({"rest": {"port": 4567}}, "emulators.rest: container, serves must be set"),
        ({"messaging": MESSAGING, "rest": REST | {"serves": ["default", "sns"]}}, "emulators.rest.serves: 'sns'"),
        ({"messaging": MESSAGING}, "no emulator serves 'default'"),
        ({}, "no emulator serves 'default'"),
    ],
)
def test_incomplete_tables_of_emulators_are_refused(
    source: ModuleType, emulators: dict[str, Any], message: str
) -> None:
    with pytest.raises(source.AnsibleFilterError, match=message):
        source.sdk_endpoints(emulators)


def test_ansible_finds_the_filter(source: ModuleType) -> None:
    assert source.FilterModule().filters() == {"sdk_endpoints": source.sdk_endpoints}
