"""What the errors of a call say: that AWS, too, would refuse it, or that the environment does not have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from probes.probe import DiffersError

if TYPE_CHECKING:
    from collections.abc import Callable

_NOT_OFFERED = {
    "InvalidAction",
    "NotImplemented",
    "NotImplementedException",
    "NotYetImplemented",
    "UnknownAction",
    "UnknownOperationException",
}
_NOT_IMPLEMENTED = 501
_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}


def code_of(error: ClientError) -> str:
    """Return the error code, without the prefix that SQS had in its query protocol."""
    return str(error.response.get("Error", {}).get("Code", "")).removeprefix("AWS.SimpleQueueService.")


def describe(error: ClientError) -> str:
    """Return the operation, the code and the message of an error, in one line of at most 300 characters."""
    message = " ".join(str(error.response.get("Error", {}).get("Message", "")).split())
    return f"{error.operation_name}: {code_of(error)}: {message}"[:300]


def is_not_offered(error: ClientError) -> bool:
    """Tell whether the environment does not know the operation."""
    return (
        code_of(error) in _NOT_OFFERED or error.response["ResponseMetadata"].get("HTTPStatusCode") == _NOT_IMPLEMENTED
    )


def is_failure(error: ClientError) -> bool:
    """Tell whether the answer is no error of AWS. So answer environments that lack an operation, or fail in it."""
    return code_of(error).isdigit()  # botocore takes the status of HTTP for a code that is missing


def is_denied(error: ClientError) -> bool:
    """Tell whether the caller may not do it."""
    return code_of(error) in _DENIED


def refusal(call: Callable[..., Any], **parameters: Any) -> str:  # noqa: ANN401  # of any operation
    """Call, and return the code of the error, or an empty string if there was none.

    Raises ClientError if the environment does not know the operation, or fails in it.
    """
    try:
        call(**parameters)
    except ClientError as error:
        if is_not_offered(error) or is_failure(error):
            raise
        return code_of(error)
    return ""


def expect_refused(codes: str, call: Callable[..., Any], **parameters: Any) -> None:  # noqa: ANN401  # of any operation
    """Raise DiffersError unless the call is refused with one of the codes, which are separated by blanks."""
    code = refusal(call, **parameters)
    if not code:
        message = f"accepted, not refused with {codes.replace(' ', ' or ')}"
        raise DiffersError(message)
    if code not in codes.split():
        message = f"refused with {code}, not {codes.replace(' ', ' or ')}"
        raise DiffersError(message)
