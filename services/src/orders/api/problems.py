"""Return every error as RFC 9457 problem details, without internal details."""

import logging
from http import HTTPStatus
from types import SimpleNamespace

from sanic import HTTPResponse, Request
from sanic.exceptions import BadRequest, SanicException, ServiceUnavailable
from sanic.handlers import ErrorHandler

from orders.api.publisher import RETRY_AFTER_SECONDS
from orders.model import encode

_logger = logging.getLogger(__name__)


class InvalidBodyError(BadRequest):
    """The body is not a valid order."""

    reason = "invalid"


class UnsupportedMediaTypeError(SanicException):
    """The content type is not application/json."""

    reason = "media_type"
    status_code = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    message = "The body must be application/json."


class InvalidIdempotencyKeyError(BadRequest):
    """The value of the Idempotency-Key header is invalid."""

    reason = "idempotency_key"
    message = "Idempotency-Key must be 1 to 255 visible ASCII characters."


class RefusedBySnsError(SanicException):
    """SNS has rejected the order as the sender's fault."""

    reason = "refused"
    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    message = "SNS refused the order, and would refuse it again. Do not try again."


_MAX_DETAIL = 500
RETRY_LATER = "Orders cannot be accepted now; try again later, with the same Idempotency-Key if there was one."


class RetryLaterError(ServiceUnavailable):
    """Orders cannot be accepted at the moment. The response has a Retry-After header."""

    message = RETRY_LATER
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}  # noqa: RUF012  # Sanic declares it so

    def __init__(self, *, reason: str | None = None) -> None:
        """Create the error. `reason` is a label of the metric `orders_rejected_total`."""
        super().__init__()
        self.reason = reason


def rejection_reason(context: SimpleNamespace, status: int) -> str:
    """Return why the request with that `ctx` got an error response, as a label of `orders_rejected_total`."""
    reason: str | None = getattr(context, "reason", None)
    return (
        reason or _OTHER_REASONS.get(status) or ("error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "malformed")
    )


_OTHER_REASONS: dict[int, str] = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too_large", HTTPStatus.REQUEST_TIMEOUT: "slow"}


class ProblemHandler(ErrorHandler):
    """Turns each exception that a handler or Sanic raises into a problem response."""

    def default(self, request: Request, exception: Exception) -> HTTPResponse:
        """Respond to an HTTP error with its own message. Log any other exception, and respond with 500.

        An exception may have a `reason`, for `rejection_reason`.
        """
        request.ctx.reason = getattr(exception, "reason", None)
        if isinstance(exception, SanicException):
            return problem_response(HTTPStatus(exception.status_code), str(exception), exception.headers)
        _logger.error("request failed", exc_info=exception, extra={"method": request.method, "path": request.path})
        return problem_response(
            HTTPStatus.INTERNAL_SERVER_ERROR, "The order service failed. The request is not at fault; try again later."
        )


def problem_response(status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> HTTPResponse:
    """Return a response with problem details. A detail may quote what no JSON can contain, at any length."""
    detail = detail[:_MAX_DETAIL].encode("ascii", "backslashreplace").decode()
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return HTTPResponse(encode(body), status, headers, content_type="application/problem+json")
