"""Create the Sanic application: its endpoints, limits, error handler and life cycle."""

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
    """Create the application. It enters `open_publisher` before it serves, and exits it after the last response."""
    config = Config(env_prefix=None)  # Sanic would read its settings from the environment
    config.ACCESS_LOG = False
    config.MOTD = False
    config.REQUEST_MAX_SIZE = MAX_BODY_BYTES
    config.KEEP_ALIVE_TIMEOUT = 75  # above the load balancer's idle timeout of 60 s, so that the load balancer closes
    config.GRACEFUL_SHUTDOWN_TIMEOUT = 20  # with the publisher's 5 s, below the task's stop timeout of 30 s
    context = Context(payment, metrics)
    app = Sanic("orders-api", config=config, ctx=context, error_handler=ProblemHandler(), configure_logging=False)
    app.blueprint(routes)
    resources = AsyncExitStack()

    @app.before_server_start
    async def open_resources(_: App) -> None:
        context.publisher = await resources.enter_async_context(open_publisher())

    @app.before_server_stop
    async def stop_keep_alive(_: App) -> None:
        context.stopping = True

    # Sanic finishes the requests in flight between `before_server_stop` and `after_server_stop`.
    @app.after_server_stop
    async def close_resources(_: App) -> None:
        await resources.aclose()

    async def start_timer(request: Request) -> None:
        request.ctx.started = time.perf_counter()

    async def observe(request: Request, response: BaseHTTPResponse) -> None:
        route = f"/{request.route.path}" if request.route else "unmatched"
        if context.stopping and isinstance(request.stream, Http):
            request.stream.keep_alive = False  # or the server waits until its clients close their connections
        metrics.request_seconds.labels(route, response.status).observe(time.perf_counter() - request.ctx.started)

    app.register_middleware(start_timer, "request")
    app.register_middleware(observe, "response")
    return app
