"""The endpoints."""

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from types import SimpleNamespace

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sanic import Blueprint, HTTPResponse, Sanic
from sanic import Request as SanicRequest
from sanic.config import Config
from sanic.exceptions import BadRequest

from orders.api.metrics import Metrics
from orders.api.openapi import DOCS_PAGE, DOCUMENT
from orders.api.problems import IdempotencyKeyError, NotJsonError, NotNowError
from orders.api.publisher import Publisher, UnavailableError
from orders.model import Order, UnreadableOrderError, accept, decode_new_order, encode
from orders.payment import PaymentProvider


@dataclass
class Context:
    """What the endpoints work with; the publisher opens when the server starts."""

    payment: PaymentProvider
    metrics: Metrics
    publisher: Publisher = field(init=False)
    stopping: bool = False


type App = Sanic[Config, Context]
type Request = SanicRequest[App, SimpleNamespace]

routes = Blueprint("orders")

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_OPENAPI_JSON = msgspec.json.format(encode(DOCUMENT))


@routes.post("/orders/async")
async def order_async(request: Request) -> HTTPResponse:
    """Publish an order, to be paid for later."""
    context = request.app.ctx
    order = _read(request)
    try:
        await context.publisher.publish(order)
    except UnavailableError as error:
        context.metrics.rejected.labels(error.reason).inc()
        raise NotNowError from error
    return _accepted(request, order, HTTPStatus.ACCEPTED)


@routes.post("/orders/sync")
async def order_sync(request: Request) -> HTTPResponse:
    """Pay for an order while the client waits."""
    order = _read(request)
    await request.app.ctx.payment.pay(order, idempotency_key=str(order.order_id))
    return _accepted(request, msgspec.structs.replace(order, status="completed"), HTTPStatus.OK)


@routes.get("/health")
async def health(_: Request) -> HTTPResponse:
    """Say that the process answers."""
    return HTTPResponse("OK", content_type="text/plain; charset=utf-8")


@routes.get("/ready")
async def ready(request: Request) -> HTTPResponse:
    """Say whether orders can be taken now."""
    if not request.app.ctx.publisher.ready:
        raise NotNowError
    return HTTPResponse("OK", content_type="text/plain; charset=utf-8")


@routes.get("/metrics")
async def metrics(request: Request) -> HTTPResponse:
    """Give the metrics in Prometheus' text format."""
    return HTTPResponse(generate_latest(request.app.ctx.metrics.registry), content_type=CONTENT_TYPE_LATEST)


@routes.get("/openapi.json")
async def openapi(_: Request) -> HTTPResponse:
    """Describe this API."""
    return HTTPResponse(_OPENAPI_JSON, content_type="application/json")


@routes.get("/docs")
async def docs(_: Request) -> HTTPResponse:
    """Describe this API for people."""
    return HTTPResponse(DOCS_PAGE, content_type="text/html; charset=utf-8")


def _read(request: Request) -> Order:
    """Make an order of the request; a bad one is counted and raised as the HTTP error that it is."""
    rejected = request.app.ctx.metrics.rejected
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        rejected.labels("media_type").inc()
        raise NotJsonError
    key = request.headers.get("idempotency-key")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        rejected.labels("idempotency_key").inc()
        raise IdempotencyKeyError
    try:
        return accept(decode_new_order(request.body), key)
    except UnreadableOrderError as error:
        rejected.labels("invalid").inc()
        raise BadRequest(str(error)) from error


def _accepted(request: Request, order: Order, status: HTTPStatus) -> HTTPResponse:
    request.app.ctx.metrics.accepted.labels(request.path).inc()
    return HTTPResponse(encode(order), status, content_type="application/json")
