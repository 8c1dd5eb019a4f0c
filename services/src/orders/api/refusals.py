"""What a request may be, and the responses to requests that exceed it, written in advance so that they cost little."""

from enum import StrEnum
from http import HTTPStatus

from orders.api.problems import RETRY_LATER, problem_response
from orders.api.publisher import RETRY_AFTER_SECONDS

HEAD_SECONDS = 10
"""How long a client may take to send the head of a request, from its first byte, or from the connect if it is new."""
REQUEST_SECONDS = 20
"""How long a client may take to send a whole request, from its first byte."""
MAX_BODY_BYTES = 64 * 1024
MAX_HEAD_BYTES = 8192
MAX_REQUEST_LINE_BYTES = 2048
MAX_SLASHES = 32
"""Sanic's router recurses once for each slash at the end of a path."""
MAX_HEADERS = 64


class Refusal(StrEnum):
    """Why a connection was refused or closed, as a label of the metric `connections_refused_total`."""

    TOO_MANY = "too_many"
    SLOW = "slow"
    UNREAD = "unread"
    TARGET = "target"
    HEAD = "head"
    MALFORMED = "malformed"
    REQUEST_BYTES = "request_bytes"
    SYNC_QUEUE = "sync_queue"


def _response(status: HTTPStatus, detail: str) -> bytes:
    response = problem_response(status, detail)
    body = response.body or b""
    headers = {"content-type": response.content_type, "content-length": len(body), "connection": "close"}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = RETRY_AFTER_SECONDS
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{lines}\r\n".encode() + body


RESPONSES = {
    Refusal.TOO_MANY: _response(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections are open; try again later."),
    Refusal.REQUEST_BYTES: _response(HTTPStatus.SERVICE_UNAVAILABLE, RETRY_LATER),
    Refusal.SYNC_QUEUE: _response(HTTPStatus.SERVICE_UNAVAILABLE, RETRY_LATER),
    Refusal.SLOW: _response(
        HTTPStatus.REQUEST_TIMEOUT,
        f"The head of a request must arrive within {HEAD_SECONDS} s, and all of it within {REQUEST_SECONDS} s.",
    ),
    Refusal.TARGET: _response(
        HTTPStatus.REQUEST_URI_TOO_LONG,
        f"The request line may have {MAX_REQUEST_LINE_BYTES} bytes and {MAX_SLASHES} slashes.",
    ),
    Refusal.MALFORMED: _response(
        HTTPStatus.BAD_REQUEST,
        "The request line must be ASCII, and each line after it must begin with a field's name and a colon.",
    ),
    Refusal.HEAD: _response(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"The head of a request may have {MAX_HEAD_BYTES} bytes and {MAX_HEADERS} fields.",
    ),
}
