"""Tests of what is sent to a target."""

from __future__ import annotations

from urllib.parse import parse_qs

from orders.model import decode_order
from tests.bench.services.targets import Target, new_orders

# Nothing listens there.
TARGET = Target("stub", "a stub", "http://127.0.0.1:1", endpoint_of_containers="http://172.17.0.1:1")


def test_a_signed_request_is_made_and_not_sent() -> None:
    request = TARGET.publish_request(3)

    assert (request.method, request.url) == ("POST", "http://127.0.0.1:1/")
    assert request.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=rehearsal-root/")
    parameters = parse_qs(request.body)
    assert parameters["Action"] == ["PublishBatch"]
    assert [name for name in parameters if name.endswith(".Message")] == [
        f"PublishBatchRequestEntries.member.{number}.Message" for number in (1, 2, 3)
    ]


def test_each_order_has_an_identifier_of_its_own() -> None:
    assert len({decode_order(order).order_id for order in new_orders(20)}) == 20


def test_containers_have_an_endpoint_of_their_own() -> None:
    assert TARGET.environment()["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert TARGET.environment(in_container=True)["AWS_ENDPOINT_URL"] == "http://172.17.0.1:1"
