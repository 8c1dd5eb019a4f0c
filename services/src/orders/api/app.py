"""Create the Sanic application: its endpoints, limits, error handler and life cycle."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from sanic import Sanic
from sanic.config import Config
from sanic.response import BaseHTTPResponse

from orders.api.guard import Guard
from orders.api.metrics import Metrics
from orders.api.problems import ProblemHandler, rejection_reason
from orders.api.publisher import Publisher
from orders.api.refusals import MAX_BODY_BYTES, REQUEST_SECONDS
from orders.api.routes import App, Context, Request, route_of, routes
from orders.api.settings import LOAD_BALANCER_IDLE_SECONDS, Limits
from orders.payment import PaymentProvider

if TYPE_CHECKING:
    from orders.api.connections import GuardedHttp


def create_app(
    open_publisher: Callable[[], AbstractAsyncContextManager[Publisher]],
    payment: PaymentProvider,
    metrics: Metrics,
    limits: Limits = Limits(),  # noqa: B008  # frozen
) -> App:
    """Create the application, to be served with the protocol `Connection`.

    It enters `open_publisher` before it serves, and exits it after the last response.
    """
    config = Config(env_prefix=None)  # Sanic would read its settings from the environment
    config.ACCESS_LOG = False
    config.MOTD = False
    config.REQUEST_MAX_SIZE = MAX_BODY_BYTES
    config.REQUEST_TIMEOUT = 2 * REQUEST_SECONDS  # `Guard` is stricter: Sanic starts again with each byte
    config.RESPONSE_TIMEOUT = LOAD_BALANCER_IDLE_SECONDS  # the endpoints' own timeouts are shorter
    config.KEEP_ALIVE_TIMEOUT = LOAD_BALANCER_IDLE_SECONDS + 15  # so that the load balancer closes idle connections
    config.GRACEFUL_SHUTDOWN_TIMEOUT = 20  # with the publisher's 5 s, below the task's stop timeout of 30 s
    guard = Guard(limits, metrics)
    context = Context(payment, metrics, guard, limits.sync_seconds)
    app = Sanic("orders-api", config=config, ctx=context, error_handler=ProblemHandler(), configure_logging=False)
    app.blueprint(routes)
    resources = AsyncExitStack()

    @app.before_server_start
    async def open_resources(_: App) -> None:
        context.publisher = await resources.enter_async_context(open_publisher())
        guarding = asyncio.create_task(guard.run())
        resources.callback(guarding.cancel)

    @app.before_server_stop
    async def stop_keep_alive(_: App) -> None:
        context.stopping = guard.stopping = True

    # Sanic finishes the requests in flight between `before_server_stop` and `after_server_stop`.
    @app.after_server_stop
    async def close_resources(_: App) -> None:
        await resources.aclose()

    def observe(request: Request, response: BaseHTTPResponse) -> None:
        http = cast("GuardedHttp", request.stream)
        if context.stopping:
            http.keep_alive = False  # or the server waits until its clients close their connections
        if response.status >= HTTPStatus.BAD_REQUEST and http.protocol.has_order:
            metrics.rejected.labels(rejection_reason(request.ctx, response.status)).inc()
        metrics.request_seconds_of(route_of(request), response.status).observe(time.perf_counter() - http.perft0)

    app.register_middleware(observe, "response")
    return app
