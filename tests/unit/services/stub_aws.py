"""A stub HTTP server with as much of the protocols of SNS and SQS as the services use. The real AWS client calls it.

SNS requests are form fields and its responses XML; SQS uses JSON for both.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

type Respond = Callable[[], web.Response]


@dataclass
class StubAws:
    """Answers each action with its entry of `responses`, once `open` is set, and keeps the requests."""

    responses: dict[str, Respond] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    requested: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """The AWS SDK's environment variables for this server."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-west-2",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def requests_for(self, action: str) -> list[dict[str, Any]]:
        return [parameters for name, parameters in self.requests if name == action]

    async def handle(self, request: web.Request) -> web.Response:
        if target := request.headers.get("X-Amz-Target"):
            action, parameters = target.removeprefix("AmazonSQS."), await request.json()
        else:
            parameters = dict(await request.post())
            action = str(parameters["Action"])
        self.requests.append((action, parameters))
        self.headers.append(request.headers)
        self.requested.set()
        await self.open.wait()
        return self.responses[action]()


def sqs_response(body: dict[str, Any]) -> web.Response:
    return web.Response(text=json.dumps(body), content_type="application/x-amz-json-1.0")


def sqs_error(code: str, status: int = 400) -> web.Response:
    return web.Response(
        text=json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": code}),
        status=status,
        content_type="application/x-amz-json-1.0",
    )


def sns_response(successful: list[str], failed: list[tuple[str, str, bool]]) -> web.Response:
    members = "".join(f"<member><Id>{entry}</Id><MessageId>m-{entry}</MessageId></member>" for entry in successful)
    failures = "".join(
        f"<member><Id>{entry}</Id><Code>{code}</Code><SenderFault>{str(fault).lower()}</SenderFault></member>"
        for entry, code, fault in failed
    )
    return web.Response(
        text=f'<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>'
        f"<Successful>{members}</Successful><Failed>{failures}</Failed></PublishBatchResult></PublishBatchResponse>",
        content_type="text/xml",
    )


def sns_error(code: str, status: int) -> web.Response:
    return web.Response(
        text=f'<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{code}</Message></Error></ErrorResponse>",
        status=status,
        content_type="text/xml",
    )


@asynccontextmanager
async def serve_stub(context: ssl.SSLContext | None = None) -> AsyncIterator[StubAws]:
    """Serve a stub on a free port of the loopback interface, with TLS if it gets a context."""
    stub = StubAws()
    stub.open.set()
    app = web.Application()
    app.router.add_post("/{tail:.*}", stub.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    host, port = runner.addresses[0][:2]
    stub.url = f"{'https' if context else 'http'}://{host}:{port}"
    try:
        yield stub
    finally:
        await runner.cleanup()
