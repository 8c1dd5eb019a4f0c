"""Return every error as RFC 9457 problem details, without internal details."""

import logging
from http import HTTPStatus

from sanic import HTTPResponse, Request
from sanic.exceptions import BadRequest, SanicException, ServiceUnavailable
from sanic.handlers import ErrorHandler

from orders.api.publisher import RETRY_AFTER_SECONDS
from orders.model import encode

_logger = logging.getLogger(__name__)


class UnsupportedMediaTypeError(SanicException):
    """The content type is not application/json."""

    status_code = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    message = "The body must be application/json."


class InvalidIdempotencyKeyError(BadRequest):
    """The value of the Idempotency-Key header is invalid."""

    message = "Idempotency-Key must be 1 to 255 visible ASCII characters."


_MAX_DETAIL = 500
RETRY_LATER = "Orders cannot be accepted now; try again later, with the same Idempotency-Key if there was one."


class RetryLaterError(ServiceUnavailable):
    """Orders cannot be published at the moment. The response has a Retry-After header."""

    message = RETRY_LATER
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}  # noqa: RUF012  # Sanic declares it so


class ProblemHandler(ErrorHandler):
    """Turns each exception that a handler or Sanic raises into a problem response."""

    def default(self, request: Request, exception: Exception) -> HTTPResponse:
        """Respond to an HTTP error with its own message. Log any other exception, and respond with 500."""
        if isinstance(exception, SanicException):
            return problem_response(HTTPStatus(exception.status_code), str(exception), exception.headers)
        _logger.error("request failed", exc_info=exception, extra={"method": request.method, "path": request.path})
        return problem_response(
            HTTPStatus.INTERNAL_SERVER_ERROR, "The order service failed. The request is not at fault."
        )


def problem_response(status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> HTTPResponse:
    """Return a response with problem details. A detail may quote what no JSON can contain, at any length."""
    detail = detail[:_MAX_DETAIL].encode("ascii", "backslashreplace").decode()
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return HTTPResponse(encode(body), status, headers, content_type="application/problem+json")
