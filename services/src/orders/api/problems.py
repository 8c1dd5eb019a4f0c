"""Errors: every one is answered as RFC 9457 problem details, and none tells what goes on inside."""

import logging
from http import HTTPStatus

from sanic import HTTPResponse, Request
from sanic.exceptions import BadRequest, SanicException, ServiceUnavailable
from sanic.handlers import ErrorHandler

from orders.api.publisher import RETRY_AFTER_SECONDS
from orders.model import encode

_logger = logging.getLogger(__name__)


class NotJsonError(SanicException):
    """The body is not declared as JSON."""

    status_code = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    message = "The body must be application/json."


class IdempotencyKeyError(BadRequest):
    """The idempotency key is not one."""

    message = "Idempotency-Key must be 1 to 255 visible ASCII characters."


class NotNowError(ServiceUnavailable):
    """Orders cannot be published for the time being."""

    message = "Orders cannot be taken now; try again later, with the same Idempotency-Key if there was one."
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}  # noqa: RUF012  # Sanic declares it so


class ProblemHandler(ErrorHandler):
    """Turns whatever a handler or Sanic raises into a problem."""

    def default(self, request: Request, exception: Exception) -> HTTPResponse:
        """Answer an HTTP error with its own text; anything else is logged, and answered as 500 without details."""
        if isinstance(exception, SanicException):
            return problem(HTTPStatus(exception.status_code), str(exception), exception.headers)
        _logger.error("request failed", exc_info=exception, extra={"method": request.method, "path": request.path})
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The order service failed; this is not the request's fault.")


def problem(status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> HTTPResponse:
    """Make a problem response; `detail` is for the client's eyes."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return HTTPResponse(encode(body), status, headers, content_type="application/problem+json")
