import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orders.model import InvalidOrderError, create_order, decode_new_order, decode_order, encode
from tests.unit.services.fakes import VALID_ORDER, make_order


def changed(**fields: object) -> bytes:
    return json.dumps(VALID_ORDER | fields).encode()


def with_item(**fields: object) -> bytes:
    return changed(items=[VALID_ORDER["items"][0] | fields])


def test_a_valid_order_is_read() -> None:
    order = decode_new_order(changed())
    assert order.customer_id == 7
    assert [(item.product_id, item.quantity, item.price) for item in order.items] == [("lamp", 2, 19.5)]


def test_unknown_fields_are_ignored() -> None:
    assert decode_new_order(changed(colour="red")) == decode_new_order(changed())


def test_a_price_can_be_a_whole_number() -> None:
    assert decode_new_order(with_item(price=20)).items[0].price == 20


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b"\xff", "malformed"),
        (b'{"customer_id": 1, "items": [{"product_id": "\xff"}]}', "utf-8"),
        (b"[]", "object"),
        (b'{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "too deeply"),
        (b"[" * 20_000, ""),
        (changed(customer_id=10**4_000), "$.customer_id"),
        (b"{}", "customer_id"),
        (changed(customer_id=0), "$.customer_id"),
        (changed(customer_id="7"), "$.customer_id"),
        (changed(customer_id=True), "$.customer_id"),
        (changed(customer_id=2**63), "$.customer_id"),
        (changed(items=[]), "$.items"),
        (changed(items=VALID_ORDER["items"] * 101), "$.items"),
        (with_item(product_id=""), "$.items[0].product_id"),
        (with_item(product_id="x" * 129), "$.items[0].product_id"),
        (with_item(quantity=0), "$.items[0].quantity"),
        (with_item(quantity=10_001), "$.items[0].quantity"),
        (with_item(quantity=1.5), "$.items[0].quantity"),
        (with_item(price=-0.01), "$.items[0].price"),
        (with_item(price=1_000_001), "$.items[0].price"),
        (with_item(price=float("nan")), "malformed"),
        (changed().replace(b"19.5", b"1e999"), "$.items[0].price"),
    ],
)
def test_an_invalid_order_is_rejected_with_the_field(body: bytes, detail: str) -> None:
    with pytest.raises(InvalidOrderError) as caught:
        decode_new_order(body)
    assert detail in str(caught.value)


def test_an_order_has_the_fields_of_the_reference_system() -> None:
    order = create_order(decode_new_order(changed()), None)
    fields: dict[str, Any] = json.loads(encode(order))
    created_at = datetime.fromisoformat(fields.pop("created_at"))
    assert created_at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - created_at) < timedelta(minutes=1)
    assert fields == VALID_ORDER | {"order_id": str(order.order_id), "status": "pending"}


def test_orders_without_a_key_have_different_ids() -> None:
    new = decode_new_order(changed())
    assert create_order(new, None).order_id != create_order(new, None).order_id


def test_the_same_key_of_the_same_customer_gives_the_same_id() -> None:
    new = decode_new_order(changed())
    assert create_order(new, "k").order_id == create_order(new, "k").order_id


@pytest.mark.parametrize(("customer", "key"), [(8, "k"), (7, "l")])
def test_another_customer_or_key_gives_another_id(customer: int, key: str) -> None:
    other = create_order(decode_new_order(changed(customer_id=customer)), key)
    assert other.order_id != create_order(decode_new_order(changed()), "k").order_id


@pytest.mark.parametrize(
    "body",
    [
        with_item(price=0),
        with_item(quantity=1),
        with_item(product_id="lamp "),
        changed(items=VALID_ORDER["items"] * 2),
    ],
)
def test_another_content_with_the_same_key_gives_another_id(body: bytes) -> None:
    order = create_order(decode_new_order(changed()), "invoice-1001")
    assert create_order(decode_new_order(body), "invoice-1001").order_id != order.order_id


@pytest.mark.parametrize(
    ("body", "again"),
    [
        (changed(), json.dumps(dict(reversed(VALID_ORDER.items())), indent=2).encode()),
        (changed(), changed(colour="red")),
        (with_item(price=20), with_item(price=20.0)),
        (with_item(price=0.0), with_item(price=-0.0)),
        (with_item(product_id="\u00fc"), with_item(product_id="\u00fc").replace(b"\\u00fc", b"\xc3\xbc")),
    ],
)
def test_the_same_content_in_other_words_gives_the_same_id(body: bytes, again: bytes) -> None:
    assert body != again
    assert len({create_order(decode_new_order(text), "k").order_id for text in (body, again)}) == 1


def test_keys_and_contents_are_told_apart() -> None:
    new = decode_new_order(changed())
    assert create_order(new, "k,[]").order_id != create_order(new, "k").order_id


def test_a_raw_message_is_read() -> None:
    order = make_order()
    assert decode_order(encode(order).decode()) == order


def test_a_message_in_an_sns_envelope_is_read() -> None:
    order = make_order()
    envelope = {"Type": "Notification", "MessageId": str(uuid.uuid4()), "Message": encode(order).decode()}
    assert decode_order(json.dumps(envelope)) == order


def test_an_order_with_nanoseconds_and_an_offset_is_read() -> None:
    body = encode(make_order()).decode().replace("12:00:00.250000Z", "05:00:00.250000123-07:00")
    assert decode_order(body).created_at == make_order().created_at


@pytest.mark.parametrize(
    "body", ["", "{}", "no order", '{"Type": "Notification"}', '{"Type": "Notification", "Message": "{}"}']
)
def test_a_message_without_an_order_is_rejected(body: str) -> None:
    with pytest.raises(InvalidOrderError):
        decode_order(body)
