"""The orders that users send, and which answers are a success."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from random import Random

    from loadtest.record.scenario import OrderMix

_PRODUCTS = 1000
_SHOWN = 120

# The HTTP status of a success, by path.
_SUCCESS = {"/orders/async": 202, "/orders/sync": 200}


class _Answer(Struct):
    order_id: str


class OrderRefused(Exception):  # noqa: N818  # an outcome of a request, not an error of this program
    """The order was not accepted; the message becomes the `error` of the request's row."""


def random_order(mix: OrderMix, random: Random) -> dict[str, Any]:
    """Return a random order as the body of a request."""
    return {
        "customer_id": random.randint(mix.customer_id.min, mix.customer_id.max),
        "items": [
            {
                "product_id": f"product-{random.randint(1, _PRODUCTS)}",
                "quantity": random.randint(mix.quantity.min, mix.quantity.max),
                "price": round(random.uniform(mix.price.min, mix.price.max), 2),
            }
            for _ in range(mix.items)
        ],
    }


def accepted_order_id(path: str, status: int, body: bytes) -> str:
    """Return the id of the order that an answer accepts; empty on the synchronous path, whose orders reach no queue.

    Raises OrderRefused when the answer is not a success.
    """
    if status != _SUCCESS[path]:
        shown = body[:_SHOWN].decode(errors="replace")
        message = f"status {status}: {' '.join(shown.split())}"
        raise OrderRefused(message)
    try:
        order_id = msgspec.json.decode(body, type=_Answer).order_id
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        message = f"status {status}, but no order: {error}"
        raise OrderRefused(message) from error
    if not order_id:
        message = f"status {status}, but an empty order_id"
        raise OrderRefused(message)
    return order_id if path == "/orders/async" else ""
