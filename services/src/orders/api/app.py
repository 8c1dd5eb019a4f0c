"""The application: endpoints, limits, error format and life cycle put together."""

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from sanic import Sanic
from sanic.config import Config
from sanic.http.http1 import Http
from sanic.response import BaseHTTPResponse

from orders.api.metrics import Metrics
from orders.api.problems import ProblemHandler
from orders.api.publisher import Publisher
from orders.api.routes import App, Context, Request, routes
from orders.payment import PaymentProvider

MAX_BODY_BYTES = 64 * 1024


def create_app(
    open_publisher: Callable[[], AbstractAsyncContextManager[Publisher]],
    payment: PaymentProvider,
    metrics: Metrics,
) -> App:
    """Make the application; it opens its publisher when the server starts, and closes it after the last answer."""
    config = Config(env_prefix=None)  # no settings but the service's own
    config.ACCESS_LOG = False
    config.MOTD = False
    config.REQUEST_MAX_SIZE = MAX_BODY_BYTES
    config.KEEP_ALIVE_TIMEOUT = 75  # above the load balancer's idle timeout of 60 s: it must be the one that closes
    config.GRACEFUL_SHUTDOWN_TIMEOUT = 20  # with the publisher's 5 s inside a task's stop timeout of 30 s
    context = Context(payment, metrics)
    app = Sanic("orders-api", config=config, ctx=context, error_handler=ProblemHandler(), configure_logging=False)
    app.blueprint(routes)
    opened = AsyncExitStack()

    @app.before_server_start
    async def open_all(_: App) -> None:
        context.publisher = await opened.enter_async_context(open_publisher())

    @app.before_server_stop
    async def stop_keeping_connections(_: App) -> None:
        context.stopping = True

    # Requests in flight still get their answers after `before_server_stop`; here the last one has left.
    @app.after_server_stop
    async def close_all(_: App) -> None:
        await opened.aclose()

    async def start_timing(request: Request) -> None:
        request.ctx.started = time.perf_counter()

    async def observe(request: Request, response: BaseHTTPResponse) -> None:
        route = f"/{request.route.path}" if request.route else "unmatched"
        if context.stopping and isinstance(request.stream, Http):
            request.stream.keep_alive = False  # else the server would wait for its clients to close their connections
        metrics.request_seconds.labels(route, response.status).observe(time.perf_counter() - request.ctx.started)

    app.register_middleware(start_timing, "request")
    app.register_middleware(observe, "response")
    return app
