"""The order: as a client sends it, and as it is published, with functions that read both.

The same declarations validate JSON, write it and describe it in the OpenAPI document. Unknown fields are ignored.
"""

import json
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MAX_ITEMS = 100

type ProductId = Annotated[str, Meta(min_length=1, max_length=128)]
type Quantity = Annotated[int, Meta(ge=1, le=10_000, description="Number of pieces.")]
type Price = Annotated[float, Meta(ge=0, le=1_000_000, description="Price of one piece.")]
type CustomerId = Annotated[int, Meta(ge=1, le=2**63 - 1)]

_FIRST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MOMENT = datetime(9999, 12, 31, tzinfo=UTC)
_TOO_DEEP = "JSON is nested too deeply"
_IDEMPOTENCY_NAMESPACE = uuid.UUID("6f0b3c1e-6f0a-4a52-9f6c-0a1c7f5b8d21")


class Item(msgspec.Struct, frozen=True):
    """One line of an order."""

    product_id: ProductId
    quantity: Quantity
    price: Price


type Items = Annotated[tuple[Item, ...], Meta(min_length=1, max_length=MAX_ITEMS)]


class NewOrder(msgspec.Struct, frozen=True):
    """An order as a client sends it."""

    customer_id: CustomerId
    items: Items


class Order(msgspec.Struct, frozen=True):
    """An accepted order, as it is answered, published and processed."""

    order_id: uuid.UUID
    customer_id: CustomerId
    status: Literal["pending", "completed"]
    items: Items
    created_at: Annotated[datetime, Meta(tz=True)]

    def __post_init__(self) -> None:
        """Refuse a moment that the ledger cannot express: its time is UTC, and unix seconds."""
        if not _FIRST_MOMENT <= self.created_at < _LAST_MOMENT:
            message = "`created_at` is before 1970, or at the end of 9999"
            raise ValueError(message)


class InvalidOrderError(ValueError):
    """The body is not a valid order. The message says where and why."""


class _Envelope(msgspec.Struct, frozen=True):
    """The notification in which SNS wraps a message, unless the subscription has raw delivery."""

    type: str | None = msgspec.field(name="Type", default=None)
    message: str = msgspec.field(name="Message", default="")


def _number(text: str) -> int | float:
    """Read a number with a fraction or an exponent. 2706.0 is an integer, as JSON Schema has it.

    A float keeps 53 bits. A customer's id has up to 63, so read it as a `Decimal`.
    """
    number = float(text)
    if 1 <= number <= 2**63 and number.is_integer():
        exact = Decimal(text)
        if exact == exact.to_integral_value():
            return int(exact)
    return number


_values = msgspec.json.Decoder(float_hook=_number)
_new_orders = msgspec.json.Decoder(NewOrder)
_orders = msgspec.json.Decoder(Order)
_envelopes = msgspec.json.Decoder(_Envelope)

encode = msgspec.json.Encoder().encode


def encode_ascii(value: object) -> bytes:
    """Write a value as JSON of ASCII characters only.

    SQS documents which characters a message may have, and a message with others can get lost. JSON can escape them.
    """
    text = encode(value)
    return text if text.isascii() else json.dumps(msgspec.to_builtins(value), separators=(",", ":")).encode("ascii")


def decode_new_order(body: bytes) -> NewOrder:
    """Read a client's order from JSON. Raises `InvalidOrderError` if it is not JSON or not a valid order."""
    try:
        return _decode(_new_orders, body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidOrderError(str(error)) from error
    except RecursionError:
        raise InvalidOrderError(_TOO_DEEP) from None


def _decode[T](decoder: msgspec.json.Decoder[T], text: bytes | str) -> T:
    """Decode `text`. If its type is wrong, try again with 2706.0 read as 2706: that is slower, and rarely needed."""
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        try:
            return msgspec.convert(_values.decode(text), decoder.type)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise error from None  # it describes what the client sent


def decode_order(body: str) -> Order:
    """Read an order from a message, raw or in SNS' envelope. Raises `InvalidOrderError` if it holds none."""
    try:
        envelope = _envelopes.decode(body)
        return _decode(_orders, envelope.message if envelope.type == "Notification" else body)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise InvalidOrderError(str(error)) from error
    except RecursionError:
        raise InvalidOrderError(_TOO_DEEP) from None


def create_order(new: NewOrder, idempotency_key: str | None) -> Order:
    """Create a pending order from a client's order.

    The same customer, the same key and the same items always give the same order id, so that consumers recognise an
    order that was sent again. White space, the order of fields and unknown fields make no difference. Other items with
    the same key are another order, with an id of its own. Without a key, the id is random.
    """
    if idempotency_key is None:
        order_id = uuid.uuid4()
    else:
        # `+ 0.0`, because -0.0 is the same price as 0.0.
        items = [(item.product_id, item.quantity, item.price + 0.0) for item in new.items]
        order_id = uuid.uuid5(_IDEMPOTENCY_NAMESPACE, encode((new.customer_id, idempotency_key, items)).decode())
    return Order(order_id, new.customer_id, "pending", new.items, datetime.now(UTC))
