"""A reverse proxy in front of a stand-in for AWS or an emulator, to give it habits that AWS has.

A habit is a middleware of aiohttp: it sees a call before the stand-in and its answer after, and can delay, refuse or
change both.
mitmproxy would serve too, but none of its releases of this decade accepts the packages locked in requirements/dev.txt.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from yarl import URL

from habits.calls import FIRST_ERROR, read_call

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import AsyncIterator, Iterator, Sequence

    from aiohttp.typedefs import Handler, Middleware

    from habits.calls import Call

# They belong to one connection, or are set anew (RFC 9110, 7.6.1).
NOT_FORWARDED = {"connection", "content-length", "keep-alive", "transfer-encoding"}


def delay(seconds: float) -> Middleware:
    """Return a habit: each call takes this much longer, as over a longer way."""

    @web.middleware
    async def habit(request: web.Request, handler: Handler) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await handler(request)

    return habit


def count(calls: Counter[str]) -> Middleware:
    """Return a habit that counts the calls of each service, and changes nothing."""

    @web.middleware
    async def habit(request: web.Request, handler: Handler) -> web.StreamResponse:
        call = await read_call(request)
        calls[call.service if call else "unsigned"] += 1
        return await handler(request)

    return habit


def record(calls: list[Call]) -> Middleware:
    """Return a habit that notes the calls that succeed, and changes nothing."""

    @web.middleware
    async def habit(request: web.Request, handler: Handler) -> web.StreamResponse:
        call = await read_call(request)
        answer = await handler(request)
        if call and answer.status < FIRST_ERROR:
            calls.append(call)
        return answer

    return habit


@contextmanager
def reverse_proxy(target: str, *habits: Middleware) -> Iterator[str]:
    """Run a proxy in front of the URL ``target``, on a free port of the loopback interface; yield its URL.

    The first habit sees a call first. A habit that fails raises at the end: its caller got a 500, as AWS may send it.
    """
    started: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        async with serve(target, *habits) as url:
            stop = asyncio.Event()
            started.set_result((url, asyncio.get_running_loop(), stop))
            await stop.wait()

    with ThreadPoolExecutor(1, "proxy") as thread:
        served = thread.submit(asyncio.run, run())
        served.add_done_callback(lambda _: started.cancel())  # it could not start
        try:
            url, loop, stop = started.result()
        except CancelledError:
            served.result()  # raises the reason
            raise
        try:
            yield url
        finally:
            loop.call_soon_threadsafe(stop.set)
            served.result()


@asynccontextmanager
async def serve(
    target: str, *habits: Middleware, host: str = "127.0.0.1", port: int = 0, own: Sequence[web.RouteDef] = ()
) -> AsyncIterator[str]:
    """Serve a proxy in front of the URL ``target``; yield its URL. It answers requests to the routes ``own`` itself.

    Raises an ExceptionGroup at the end if habits failed.
    """
    failures: list[Exception] = []

    @web.middleware
    async def keep_failures(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except (aiohttp.ClientError, ConnectionError):  # the target or the caller was stopped
            raise
        except Exception as error:
            failures.append(error)
            raise

    # Bodies pass as they are, compressed or not.
    async with aiohttp.ClientSession(auto_decompress=False, connector=aiohttp.TCPConnector(limit=0)) as session:

        async def forward(request: web.Request) -> web.Response:
            async with session.request(
                request.method,
                URL(f"{target}{request.raw_path}", encoded=True),
                headers=[(name, value) for name, value in request.headers.items() if name.lower() not in NOT_FORWARDED],
                data=await request.read(),
                allow_redirects=False,
            ) as answer:
                headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in NOT_FORWARDED]
                return web.Response(status=answer.status, headers=dict(headers), body=await answer.read())

        application = web.Application(middlewares=[keep_failures, *habits])
        application.add_routes([*own, web.route("*", "/{path:.*}", forward)])
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            address, bound_port = runner.addresses[0][:2]
            yield f"http://{address}:{bound_port}"
        finally:
            await runner.cleanup()
    if failures:
        message = "habits failed"
        raise ExceptionGroup(message, failures)
