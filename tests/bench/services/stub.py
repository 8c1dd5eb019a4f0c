"""Answer PublishBatch, ReceiveMessage and DeleteMessageBatch as SNS and SQS do, with next to no CPU time.

It stands for services that are fast, as on AWS, or take a fixed time. It confirms everything and keeps nothing: its
queue never ends. It reads only what the services send, so it is no server for anything else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import uuid
from datetime import UTC, datetime
from typing import cast

import uvloop

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
_MOST = 10


def published(entries: int) -> bytes:
    """Return the body of a PublishBatch response that confirms the entries "0", "1", ..."""
    members = "".join(
        f"<member><Id>{number}</Id><MessageId>{uuid.uuid4()}</MessageId></member>" for number in range(entries)
    )
    return (
        '<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult><Failed/>'
        f"<Successful>{members}</Successful></PublishBatchResult><ResponseMetadata><RequestId>{uuid.uuid4()}"
        "</RequestId></ResponseMetadata></PublishBatchResponse>"
    ).encode()


def received(messages: int) -> bytes:
    """Return the body of a ReceiveMessage response with orders that nobody has seen before."""
    now = datetime.now(UTC).isoformat()
    orders = [
        {
            "order_id": str(uuid.uuid4()),
            "customer_id": 7,
            "status": "pending",
            "items": [{"product_id": "lamp", "quantity": 2, "price": 19.5}],
            "created_at": now,
        }
        for _ in range(messages)
    ]
    return json.dumps(
        {
            "Messages": [
                {
                    "MessageId": order["order_id"],
                    "ReceiptHandle": order["order_id"],
                    "Body": json.dumps(order),
                    "Attributes": {"ApproximateReceiveCount": "1"},
                }
                for order in orders
            ]
        }
    ).encode()


def deleted(entries: int) -> bytes:
    """Return the body of a DeleteMessageBatch response that confirms the entries "0", "1", ..."""
    return json.dumps({"Successful": [{"Id": str(number)} for number in range(entries)], "Failed": []}).encode()


_PUBLISHED = [published(number) for number in range(_MOST + 1)]
_DELETED = [deleted(number) for number in range(_MOST + 1)]


def respond(request: bytes) -> bytes:
    """Return the response to a request, both with their heads."""
    if b"AmazonSQS.ReceiveMessage" in request:
        body = received(json.loads(request.partition(b"\r\n\r\n")[2])["MaxNumberOfMessages"])
    elif b"AmazonSQS.DeleteMessageBatch" in request:
        body = _DELETED[request.count(b'"ReceiptHandle"')]
    else:
        body = _PUBLISHED[request.count(b".Id=")]
        return _HEAD % (b"text/xml", len(body)) + body
    return _HEAD % (b"application/x-amz-json-1.0", len(body)) + body


class Stub(asyncio.Protocol):
    """A connection. Its client sends a request at a time."""

    def __init__(self, delay: float) -> None:
        """Respond `delay` seconds after a request."""
        self._delay = delay
        self._received = bytearray()
        self._transport: asyncio.Transport  # from the beginning of the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Respond when a request has arrived."""
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._received, 0, head)
        if len(self._received) < head + 4 + (int(length[1]) if length else 0):
            return
        response = respond(bytes(self._received))
        self._received.clear()
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._write, response)
        else:
            self._write(response)

    def _write(self, response: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(response)


async def serve(host: str, delay: float) -> None:
    """Serve on a free port of `host`, print it, and serve until the process ends."""
    server = await asyncio.get_running_loop().create_server(lambda: Stub(delay), host, 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("host")
    parser.add_argument("milliseconds", type=float, help="the time from a request to its response")
    arguments = parser.parse_args()
    uvloop.run(serve(arguments.host, arguments.milliseconds / 1000))
