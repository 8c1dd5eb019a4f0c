"""Calls of AWS that respect check mode, and their errors."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

with suppress(ImportError):  # AnsibleAWSModule reports that botocore is missing
    from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

Client = Any  # botocore creates the classes of its clients at run time


class Call(NamedTuple):
    """A call that changes something in AWS: the client's method, and its arguments."""

    operation: str
    arguments: dict[str, Any]


def send(module: AnsibleAWSModule, client: Client, calls: Iterable[Call]) -> None:
    """Make the calls one after the other; in check mode, make none."""
    if module.check_mode:
        return
    for call in calls:
        getattr(client, call.operation)(**call.arguments)


@contextmanager
def fail_on_aws_error(module: AnsibleAWSModule, message: str, **result: object) -> Iterator[None]:
    """Fail the module with ``message``, and with ``result``, when a call of AWS in the block fails."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=message, **result)
