"""The HTTP endpoints of the API."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from types import SimpleNamespace
from typing import cast

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST
from sanic import Blueprint, HTTPResponse, Sanic
from sanic import Request as SanicRequest
from sanic.config import Config

from orders.api.admission import FullError
from orders.api.guard import Guard
from orders.api.metrics import Metrics
from orders.api.openapi import DOCS_PAGE, DOCUMENT
from orders.api.problems import (
    InvalidBodyError,
    InvalidIdempotencyKeyError,
    RefusedBySnsError,
    RetryLaterError,
    UnsupportedMediaTypeError,
)
from orders.api.publisher import Publisher, UnavailableError
from orders.batching import RejectedError
from orders.model import InvalidOrderError, Order, create_order, decode_new_order, encode
from orders.payment import PaymentError, PaymentProvider


@dataclass
class Context:
    """The dependencies of the endpoints. The publisher is set when the server starts."""

    payment: PaymentProvider
    metrics: Metrics
    guard: Guard
    sync_seconds: float
    publisher: Publisher = field(init=False)
    stopping: bool = False


type App = Sanic[Config, Context]
type Request = SanicRequest[App, SimpleNamespace]
type Endpoint = Callable[[Request], Awaitable[HTTPResponse]]

routes = Blueprint("orders")

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_DOCS_HTML = DOCS_PAGE.encode()
_OPENAPI_JSON = msgspec.json.format(encode(DOCUMENT))


@routes.post("/orders/async")
async def order_async(request: Request) -> HTTPResponse:
    """Publish an order, and respond when SNS has confirmed it."""
    context = request.app.ctx
    order = _parse_order(request)
    try:
        await context.publisher.publish(order)
    except UnavailableError as error:
        raise RetryLaterError(reason=error.reason) from error
    except RejectedError as error:
        raise RefusedBySnsError from error
    return _respond(request, order, HTTPStatus.ACCEPTED)


@routes.post("/orders/sync")
async def order_sync(request: Request) -> HTTPResponse:
    """Pay for an order, and respond when it is paid for."""
    context = request.app.ctx
    order = _parse_order(request)
    try:
        with context.guard.sync_line.place():
            async with asyncio.timeout(context.sync_seconds):
                await context.payment.pay(order, idempotency_key=str(order.order_id))
    except FullError as error:
        raise RetryLaterError(reason="sync_queue") from error
    except TimeoutError as error:
        raise RetryLaterError(reason="sync_timeout") from error
    except PaymentError as error:
        raise RetryLaterError(reason="payment") from error
    return _respond(request, msgspec.structs.replace(order, status="completed"), HTTPStatus.OK)


def _get(path: str) -> Callable[[Endpoint], Endpoint]:
    """Let a function answer GET, and HEAD with it.

    `ignore_body=False`: Sanic logs an error for each body that a client sends and nobody reads.
    """
    return cast("Callable[[Endpoint], Endpoint]", routes.route(path, methods=("GET", "HEAD"), ignore_body=False))


@_get("/health")
async def health(_: Request) -> HTTPResponse:
    """Return 200: the process is alive."""
    return HTTPResponse("OK", content_type="text/plain; charset=utf-8")


@_get("/ready")
async def ready(request: Request) -> HTTPResponse:
    """Return 200 if orders can be published now, else 503."""
    if not request.app.ctx.publisher.ready:
        raise RetryLaterError
    return HTTPResponse("OK", content_type="text/plain; charset=utf-8")


@_get("/metrics")
async def metrics(request: Request) -> HTTPResponse:
    """Return the metrics in Prometheus' text format."""
    return HTTPResponse(request.app.ctx.metrics.text(), content_type=CONTENT_TYPE_LATEST)


@_get("/openapi.json")
async def openapi(_: Request) -> HTTPResponse:
    """Return the OpenAPI document."""
    return HTTPResponse(_OPENAPI_JSON, content_type="application/json")


@_get("/docs")
async def docs(_: Request) -> HTTPResponse:
    """Return the OpenAPI document as an HTML page."""
    return HTTPResponse(_DOCS_HTML, content_type="text/html; charset=utf-8")


def _parse_order(request: Request) -> Order:
    """Return the request's order. Raises the HTTP error to respond with if the request is invalid."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaTypeError
    key = request.headers.get("idempotency-key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise InvalidIdempotencyKeyError
    body, request.body = request.body, b""  # the order takes its place in memory
    try:
        return create_order(decode_new_order(body), key)
    except InvalidOrderError as error:
        raise InvalidBodyError(str(error)) from error


def route_of(request: Request) -> str:
    """Return the route of a request as a label. A path is none: strangers could make any number of labels of it."""
    return f"/{request.route.path}" if request.route else "unmatched"


def _respond(request: Request, order: Order, status: HTTPStatus) -> HTTPResponse:
    request.app.ctx.metrics.accepted_of(route_of(request)).inc()
    return HTTPResponse(encode(order), status, content_type="application/json")
