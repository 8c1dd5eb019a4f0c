"""Calls of AWS as they are on the wire: what is called, with which parameters, and answers that its protocol allows.

The protocols are described in https://smithy.io/2.0/aws/protocols/index.html. The services of this project use query
and EC2 query (a form, answered in XML), JSON, and REST with XML (S3).
"""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree as ET

import botocore.session
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Credential=<access key>/<date>/<region>/<service>/aws4_request
SIGNATURE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
FIRST_ERROR = 300  # of the statuses of HTTP
SIGNED_AS = {"monitoring": "cloudwatch", "tagging": "tag"}  # the others are signed with the name that IAM has for them


class Call(NamedTuple):
    """A call of AWS. ``parameters`` is flat: ``{"Filter.1.Name": "tag:project"}``."""

    service: str  # as IAM names it
    operation: str
    parameters: dict[str, str]
    access_key: str = ""
    region: str = ""
    protocol: str = "query"

    @property
    def name(self) -> str:
        """The service and the operation, such as ``ec2:CreateVpc``."""
        return f"{self.service}:{self.operation}"

    def values(self, field: str) -> list[str]:
        """Return the values of a parameter, whatever its case and depth."""
        return [value for name, value in self.parameters.items() if _last(name) == field.lower()]

    def filters_out(self, fields: dict[str, str]) -> bool:
        """Tell whether the filters of EC2 in a call exclude resources with these values."""
        for name, key in self.parameters.items():
            if name.startswith("Filter.") and name.endswith(".Name") and key in fields:
                wanted = name.removesuffix("Name") + "Value."
                return fields[key] not in [self.parameters[each] for each in self.parameters if each.startswith(wanted)]
        return False

    def mentions(self, text: str) -> bool:
        """Tell whether a parameter is this text, or an ARN or a URL that ends in it.

        Filters do not count: what they do not find is no error.
        """
        return any(_names(value, text) for name, value in self.parameters.items() if not name.startswith("Filter."))


async def read_call(request: web.Request) -> Call | None:
    """Return the call that a request makes, or None for one that is not signed."""
    signature = SIGNATURE.search(request.headers.get("Authorization", ""))
    if not signature:
        return None
    access_key, region, service = signature.groups()
    body = await request.read()
    if target := request.headers.get("X-Amz-Target"):
        operation = target.rpartition(".")[2]
        parameters, protocol = dict(_flat(json.loads(body or b"{}"))), "json"
    elif service == "s3":
        operation, parameters = _s3_call(request)
        protocol = "rest-xml"
    else:
        parameters = dict(parse_qsl(body.decode(), keep_blank_values=True))
        operation = parameters.pop("Action", "")
        parameters.pop("Version", None)
        protocol = "ec2" if service == "ec2" else "query"
    return Call(
        service=SIGNED_AS.get(service, service),
        operation=operation,
        parameters=parameters,
        access_key=access_key,
        region=region,
        protocol=protocol,
    )


def error(call: Call, status: int, code: str, message: str) -> web.Response:
    """Return an error as the protocol of the call has it."""
    if call.protocol == "json":
        # SQS is a service that once spoke the query protocol: its codes of that time are in a header.
        headers = {"x-amzn-query-error": f"{code};Sender"} if call.service == "sqs" else {}
        text = json.dumps({"__type": code, "message": message})
        return web.Response(status=status, text=text, headers=headers, content_type="application/x-amz-json-1.1")
    elements = ET.Element("Error")
    ET.SubElement(elements, "Code").text = code
    ET.SubElement(elements, "Message").text = message
    if call.protocol == "ec2":
        root = ET.Element("Response")
        ET.SubElement(root, "Errors").append(elements)
    elif call.protocol == "query":
        root = ET.Element("ErrorResponse")
        root.append(elements)
    else:
        root = elements
    return web.Response(status=status, text=ET.tostring(root, "unicode"), content_type="text/xml")


def values(body: bytes, field: str) -> list[str]:
    """Return the values of a field in an answer, at any depth and whatever its case, in their order."""
    if _is_json(body):
        return [value for name, value in _flat(json.loads(body)) if _last(name) == field.lower()]
    return [element.text or "" for element in _xml(body).iter() if _local(element).lower() == field.lower()]


def changed(body: bytes, field: str, identity: str, new: dict[str, str]) -> bytes:
    """Return an answer in which the record whose ``field`` is ``identity``, or ends in it, has other values.

    ``new`` maps fields of the record to values; a dot leads to a field of a field: ``{"State.Code": "provisioning"}``.
    """
    if _is_json(body):
        document = json.loads(body)
        _change_json(document, lambda record: _names(record.get(field), identity), new)
        return json.dumps(document).encode()
    root = _xml(body)
    ET.register_namespace("", root.tag[1:].partition("}")[0] if root.tag.startswith("{") else "")
    for record in root.iter():
        if any(_local(child) == field and _names(child.text, identity) for child in record):
            for path, value in new.items():
                for element in _at(record, path.split(".")):
                    element.text = value
    return ET.tostring(root)


def with_record(body: bytes, earlier: bytes, field: str, identity: str) -> bytes:
    """Return an answer with the record whose ``field`` is ``identity``, from an earlier answer to the same call."""
    if _is_json(body):
        document = json.loads(body)
        lists = dict(_lists(document))
        for name, records in _lists(json.loads(earlier)):
            for record in records:
                if _names(record.get(field), identity) and record not in lists.get(name, [record]):
                    lists[name].append(record)
        return json.dumps(document).encode()
    root = _xml(body)
    ET.register_namespace("", root.tag[1:].partition("}")[0] if root.tag.startswith("{") else "")
    for parent in _xml(earlier).iter():
        for element in parent:
            if any(_local(child) == field and _names(child.text, identity) for child in element):
                for target in [each for each in root.iter(parent.tag) if identity not in each.itertext()][:1]:
                    target.append(element)
    return ET.tostring(root)


def reversed_list(body: bytes, name: str) -> bytes:
    """Return an answer in JSON whose list of records with this name is in reverse order."""
    document = json.loads(body)
    for each, records in _lists(document):
        if each == name:
            records.reverse()
    return json.dumps(document).encode()


def _lists(document: Any) -> Iterator[tuple[str, list[dict[str, Any]]]]:  # noqa: ANN401  # JSON
    """Yield the lists of records in a document, by name."""
    for name, value in document.items() if isinstance(document, dict) else ():
        if isinstance(value, list) and all(isinstance(each, dict) for each in value):
            yield name, value
        elif isinstance(value, dict):
            yield from _lists(value)


def _names(value: object, identity: str) -> bool:
    """Tell whether a value is this text, or an ARN or a URL that ends in it."""
    return isinstance(value, str) and (value == identity or value.endswith((f"/{identity}", f":{identity}")))


def _at(element: ET.Element, path: list[str]) -> list[ET.Element]:
    """Return the elements at a path of names below an element, in any namespace."""
    if not path:
        return [element]
    return [found for child in element if _local(child) == path[0] for found in _at(child, path[1:])]


def _change_json(document: Any, matches: Callable[[dict[str, Any]], bool], new: dict[str, str]) -> None:  # noqa: ANN401  # JSON
    if isinstance(document, dict):
        if matches(document):
            document.update(new)
        for value in document.values():
            _change_json(value, matches, new)
    elif isinstance(document, list):
        for value in document:
            _change_json(value, matches, new)


def _flat(document: Any, path: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401  # JSON
    if isinstance(document, dict):
        for name, value in document.items():
            yield from _flat(value, f"{path}.{name}" if path else name)
    elif isinstance(document, list):
        for number, value in enumerate(document, start=1):
            yield from _flat(value, f"{path}.{number}")
    else:
        yield path, document if isinstance(document, str) else json.dumps(document)


def _last(name: str) -> str:
    """Return the field that a flat name ends with, without its position in a list: ``services.1`` is ``services``."""
    return next((part for part in reversed(name.split(".")) if not part.isdigit() and part != "member"), "").lower()


def _is_json(body: bytes) -> bool:
    return body.lstrip()[:1] in (b"{", b"[")


def _xml(body: bytes) -> ET.Element:
    return ET.fromstring(body)  # noqa: S314  # of a stand-in or an emulator that runs here


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _s3_call(request: web.Request) -> tuple[str, dict[str, str]]:
    """Return the operation of S3 whose method, depth of path and query fit a request best, and the bucket and key."""
    path = unquote(request.path).strip("/").split("/", 1)
    names = dict(zip(("Bucket", "Key"), [part for part in path if part], strict=False))
    fitting = [
        (len(query), -len(operation), operation)
        for operation, method, depth, query in _s3_operations()
        if method == request.method and depth == len(names) and query <= set(request.query)
    ]
    # Of PutObject and CopyObject, which differ in headers alone, the shorter name is the plain operation.
    return max(fitting, default=(0, 0, "Unknown"))[2], {**names, **request.query}


@functools.cache
def _s3_operations() -> list[tuple[str, str, int, set[str]]]:
    service = botocore.session.Session().get_service_model("s3")
    operations = []
    for name in service.operation_names:
        model = service.operation_model(name)
        if model.deprecated:
            continue
        path, _, query = model.http["requestUri"].partition("?")
        shape = model.input_shape
        required = [shape.members[member].serialization for member in shape.required_members] if shape else []
        keys = {key for key, _ in parse_qsl(query, keep_blank_values=True)}
        keys |= {field["name"] for field in required if field.get("location") == "querystring"}
        operations.append((name, model.http["method"], path.count("{"), keys))
    return operations
