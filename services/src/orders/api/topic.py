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
    """Read the lists of a PublishBatch response, `Successful` and `Failed`, from XML.

    Raises `ResponseParserError` if it is not XML, and `KeyError` if it has no result.
    """
    # As botocore does, whatever the document declares. It is from SNS, and expat limits the expansion of entities.
    parser = XMLParser(encoding="utf-8")  # noqa: S314
    try:
        parser.feed(response)
        root = parser.close()
    except ParseError as error:
        message = f"the response is not XML: {error}"
        raise ResponseParserError(message) from error
    result = {_name(child): child for child in root}["PublishBatchResult"]
    return {_name(entries): [_read_entry(entry) for entry in entries] for entries in result}


def _read_entry(entry: Element) -> dict[str, Any]:
    fields: dict[str, Any] = {_name(field): field.text or "" for field in entry}
    if "SenderFault" in fields:
        fields["SenderFault"] = fields["SenderFault"] == "true"
    return fields


def _name(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2]
