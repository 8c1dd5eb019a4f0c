import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from orders.api.openapi import DOCUMENT
from orders.aws import MAX_BATCH_BYTES
from orders.model import (
    MAX_ITEMS,
    InvalidOrderError,
    Item,
    create_order,
    decode_new_order,
    decode_order,
    encode,
    encode_ascii,
)
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
        (with_item(quantity="2"), "$.items[0].quantity"),
        (with_item(quantity=10_001.0), "$.items[0].quantity"),
        (with_item(quantity=0.0), "$.items[0].quantity"),
        (changed(customer_id=2.0**63), "$.customer_id"),
        (changed().replace(b"7", b"1.0000000000000000000001"), "$.customer_id"),
        (changed().replace(b"7", b"1e999999999"), "$.customer_id"),
        (changed().replace(b"7", b"1e-99999999999999999999"), "$.customer_id"),
        (changed().replace(b"7", b"0e99999999999999999999"), "$.customer_id"),
        (with_item(product_id="\ud800"), "surrogate"),
        (changed(x=2706.0).replace(b"2706.0", b"[" * 20_000 + b"]" * 20_000), "too deeply"),
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
        (with_item(quantity=2706), with_item(quantity=2706.0)),
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


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (b"2706.0", 2706),
        (b"2.706e3", 2706),
        (b"27060E-1", 2706),
        (b"1e4", 10_000),
        (b"0." + b"0" * 5000 + b"1e5001", 1),
        (b"1" + b"0" * 5000 + b"e-5000", 1),
    ],
)
def test_an_integer_may_have_a_fraction_of_zeros_or_an_exponent(number: bytes, value: int) -> None:
    body = changed(x=1e300, items=[VALID_ORDER["items"][0] | {"quantity": 5}])
    quantity = decode_new_order(body.replace(b'"quantity": 5', b'"quantity": ' + number)).items[0].quantity
    assert (quantity, type(quantity)) == (value, int)


@pytest.mark.parametrize("number", [2**53 + 1, 2**62 + 1, 2**63 - 1])
def test_a_large_customer_id_keeps_all_its_digits(number: int) -> None:
    assert decode_new_order(changed().replace(b"7", b"%d.0" % number, 1)).customer_id == number


def spell(number: int, spelling: random.Random) -> str:
    """Write a positive integer as JSON allows it."""
    zeros = spelling.randrange(3)
    return spelling.choice(
        [
            f"{number}",
            f"{number}.{'0' * (zeros + 1)}",
            f"{number}{spelling.choice('eE')}{spelling.choice(['', '+', '-'])}0",
            f"{number}{'0' * zeros}e-{zeros}",
            f"{str(number)[0]}.{str(number)[1:]}0e{len(str(number)) - 1}",
        ]
    )


def test_what_the_schema_allows_is_accepted() -> None:
    choose = random.Random(13)  # noqa: S311  # a seed, so that a failure can be repeated
    schemas = DOCUMENT["components"]["schemas"]
    new_order, item = schemas["NewOrder"]["properties"], schemas["Item"]["properties"]
    alphabet = "a \t\x00\x7f\xa0\u00fc\u2028\ud7ff\ue000\ufffd\ufffe\uffff\U0001f600\U0010ffff"

    def integer(schema: dict[str, Any]) -> int:
        low, high = int(schema["minimum"]), int(schema["maximum"])
        return choose.choice([low, low + 1, high - 1, high, choose.randint(low, high), 1 << choose.randrange(13)])

    def text() -> str:
        size = choose.choice([item["product_id"]["minLength"], 5, item["product_id"]["maxLength"]])
        return "".join(choose.choices(alphabet, k=size))

    for _ in range(2000):
        customer = integer(new_order["customer_id"])
        size = choose.choice([new_order["items"]["minItems"], 2, 2, 2, new_order["items"]["maxItems"]])
        items = [
            Item(text(), integer(item["quantity"]), choose.choice([0.0, 1e6, choose.uniform(0, 1e6)]))
            for _ in range(size)
        ]
        lines = [
            f'{{"product_id": {json.dumps(line.product_id, ensure_ascii=choose.random() < 0.5)}, '
            f'"quantity": {spell(line.quantity, choose)}, "price": {line.price!r}, "x": {choose.uniform(0, 9)}}}'
            for line in items
        ]
        body = (
            f'{{"x": [null, {{"y": 1e400}}], "customer_id": {spell(customer, choose)}, "items": [{", ".join(lines)}]}}'
        )
        order = create_order(decode_new_order(body.encode()), None)
        assert (order.customer_id, order.items) == (customer, tuple(items)), body
        published = encode_ascii(order)
        assert published.isascii()
        assert decode_order(published.decode()) == order


@pytest.mark.parametrize(
    "character",
    [
        "\x00",
        "\x0b",
        "\x1f",
        "\x7f",
        "\x85",
        "\ud7ff",
        "\ue000",
        "\ufffd",
        "\ufffe",
        "\uffff",
        "\U0001ffff",
        "\U0010ffff",
    ],
)
def test_any_character_is_published_as_ascii(character: str) -> None:
    order = create_order(decode_new_order(with_item(product_id=f"a{character}")), None)
    published = encode_ascii(order)
    assert all(0x20 <= byte < 0x80 for byte in published)
    assert json.loads(published)["items"][0]["product_id"] == f"a{character}"
    assert decode_order(published.decode()) == order


def test_a_valid_order_is_published_without_a_change() -> None:
    order = make_order()
    assert encode_ascii(order) == encode(order)


def test_the_largest_order_fits_into_a_message() -> None:
    items = (Item("\U0001f600" * 128, 10_000, 1 / 3 * 1e6),) * MAX_ITEMS
    order = msgspec.structs.replace(make_order(), customer_id=2**63 - 1, items=items)
    envelope = {"Type": "Notification", "Message": encode_ascii(order).decode()}
    assert len(json.dumps(envelope)) < MAX_BATCH_BYTES


def test_a_message_with_an_integer_that_has_a_fraction_of_zeros_is_read() -> None:
    order = make_order()
    assert decode_order(encode(order).decode().replace('"quantity":2', '"quantity":2.0')) == order


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
    "moment", ["0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59.999999-14:00"]
)
def test_a_message_with_a_moment_that_the_ledger_cannot_express_is_rejected(moment: str) -> None:
    body = encode(make_order()).decode().replace("2026-01-31T12:00:00.250000Z", moment)
    with pytest.raises(InvalidOrderError, match="created_at"):
        decode_order(body)


@pytest.mark.parametrize(
    "body", ["", "{}", "no order", '{"Type": "Notification"}', '{"Type": "Notification", "Message": "{}"}']
)
def test_a_message_without_an_order_is_rejected(body: str) -> None:
    with pytest.raises(InvalidOrderError):
        decode_order(body)
