"""The topic to which orders are published: its interface, and the implementation for SNS."""

from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import quote_plus, urlencode
from xml.etree.ElementTree import Element, ParseError, XMLParser

from botocore.parsers import ResponseParserError

from orders.aws import Client, Failure, batch_results
from orders.transport import Operation


class Topic(Protocol):
    """Delivers messages to its subscribers."""

    async def publish(self, messages: Sequence[bytes]) -> Sequence[Failure | None]:
        """Publish up to 10 messages of ASCII text, 262,144 bytes in total.

        Returns one result per message, in the messages' order: a failure, or None for success. May raise any exception
        if the whole call failed; the messages may have been published nevertheless.
        """


class SnsTopic:
    """An SNS topic."""

    def __init__(self, client: Client, arn: str) -> None:
        """Publish to the topic `arn` with the configuration of an SNS client."""
        self._publish_batch = Operation(client, "PublishBatch")
        version = client.meta.service_model.api_version
        self._body = urlencode({"Action": "PublishBatch", "Version": version, "TopicArn": arn})

    async def publish(self, messages: Sequence[bytes]) -> Sequence[Failure | None]:
        """Publish the messages in one PublishBatch call."""
        entries = [
            f"&PublishBatchRequestEntries.member.{index + 1}.Id={index}"
            f"&PublishBatchRequestEntries.member.{index + 1}.Message={message.decode('latin-1').translate(_QUOTED)}"
            for index, message in enumerate(messages)
        ]
        response = await self._publish_batch("".join([self._body, *entries]).encode("ascii"))
        return batch_results(read_result(response), len(messages))


_QUOTED = [quote_plus(bytes([byte])) for byte in range(256)]
"""Each byte in a form. `quote_plus` takes longer for a whole message."""


def read_result(response: bytes) -> dict[str, list[dict[str, Any]]]:
    """Read the lists `Successful` and `Failed` from the XML of a PublishBatch response.

    Raises `ResponseParserError` if it is not XML, or lacks something, or has it twice.
    """
    # As botocore does, whatever the document declares. It is from SNS, and expat limits the expansion of entities.
    parser = XMLParser(encoding="utf-8")  # noqa: S314
    try:
        parser.feed(response)
        result = _child(parser.close(), "PublishBatchResult")
    except ParseError as error:
        message = f"the response is not XML: {error}"
        raise ResponseParserError(message) from error
    return {
        "Successful": [{"Id": _text(entry, "Id")} for entry in _entries(result, "Successful")],
        "Failed": [
            {
                "Id": _text(entry, "Id"),
                "Code": _text(entry, "Code"),
                "SenderFault": _text(entry, "SenderFault") == "true",
            }
            for entry in _entries(result, "Failed")
        ],
    }


def _entries(result: Element, name: str) -> Element | tuple[()]:
    return _child(result, name) if any(_name(child) == name for child in result) else ()


def _text(entry: Element, name: str) -> str:
    return _child(entry, name).text or ""


def _child(parent: Element, name: str) -> Element:
    """Return the only child with that name."""
    children = [child for child in parent if _name(child) == name]
    if len(children) != 1:
        message = f"the response has {len(children)} elements {name} in {_name(parent)}"
        raise ResponseParserError(message)
    return children[0]


def _name(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2]
