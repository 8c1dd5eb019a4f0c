from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from loadtest.generate.orders import OrderRefused, accepted_order_id, random_order

if TYPE_CHECKING:
    from loadtest.record.scenario import Scenario


def test_random_orders_fill_their_ranges_and_stay_inside(scenario: Scenario) -> None:
    random = Random(1)  # noqa: S311  # repeatable, not for cryptography
    orders = [random_order(scenario.order, random) for _ in range(2000)]
    items = [item for order in orders for item in order["items"]]
    assert len(items) == len(orders)
    assert {item["quantity"] for item in items} == {1, 2, 3, 4, 5}
    assert all(10 <= item["price"] <= 100 and round(item["price"], 2) == item["price"] for item in items)
    customers = {order["customer_id"] for order in orders}
    assert 1 <= min(customers) < 20
    assert 980 < max(customers) <= 1000


def test_an_accepted_order_is_known_by_its_id() -> None:
    assert accepted_order_id("/orders/async", 202, b'{"order_id": "a-1", "status": "pending"}') == "a-1"


def test_an_order_of_the_synchronous_path_has_no_id_to_follow() -> None:
    assert accepted_order_id("/orders/sync", 200, b'{"order_id": "a-1", "status": "completed"}') == ""


def test_a_202_is_not_a_success_of_the_synchronous_path() -> None:
    with pytest.raises(OrderRefused, match=r"^status 202: "):
        accepted_order_id("/orders/sync", 202, b'{"order_id": "a-1"}')


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (503, b"queue\n full", "status 503: queue full"),
        (200, b'{"order_id": "a-1"}', "status 200: "),
        (202, b"OK", "status 202, but no order: "),
        (202, b'{"id": 1}', "status 202, but no order: Object missing required field `order_id`"),
        (202, b'{"order_id": "\xff"}', "status 202, but no order: "),
        (202, b'{"order_id": "a-1", "x": ' + b"[" * 100_000, "status 202, but no order: "),
        (202, b'{"order_id": ""}', "status 202, but an empty order_id"),
        (400, b"\xff" * 1000, "status 400: " + "\ufffd" * 120),
    ],
)
def test_any_other_answer_is_refused_with_its_reason(status: int, body: bytes, reason: str) -> None:
    with pytest.raises(OrderRefused) as refusal:
        accepted_order_id("/orders/async", status, body)
    assert str(refusal.value).startswith(reason)
