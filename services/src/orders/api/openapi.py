"""Describe the API: the OpenAPI document, and an HTML page rendered from it.

The schemas are generated from `orders.model`, so the document describes what the API validates.
"""

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from msgspec.json import schema_components

from orders.model import NewOrder, Order

_, _SCHEMAS = schema_components((NewOrder, Order), ref_template="#/components/schemas/{name}")


def _json(schema: str, media_type: str = "application/json") -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _problem(description: str) -> dict[str, Any]:
    return {"description": description, "content": _json("Problem", "application/problem+json")}


def _retry_later(description: str) -> dict[str, Any]:
    header = {"description": "Seconds to wait before trying again.", "schema": {"type": "integer"}}
    return {**_problem(description), "headers": {"Retry-After": header}}


def _order_operation(summary: str, description: str, responses: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "post": {
            "summary": summary,
            "description": description,
            "parameters": [
                {
                    "name": "Idempotency-Key",
                    "in": "header",
                    "description": "The same customer, key and items always give the same order_id, so that an order "
                    "sent again is recognised downstream. The same key with other items is another order: both are "
                    "paid for.",
                    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
                }
            ],
            "requestBody": {"required": True, "content": _json("NewOrder")},
            "responses": {
                **responses,
                "400": _problem("Unreadable or invalid; the detail names the field."),
                "408": _problem("Sent too slowly."),
                "413": _problem("More than 64 KiB."),
                "415": _problem("Not application/json."),
                "503": _retry_later("Orders cannot be taken at the moment."),
            },
        }
    }


def _text_operation(
    summary: str, media_type: str = "text/plain", failures: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    success = {"description": "Answered.", "content": {media_type: {"schema": {"type": "string"}}}}
    return {"get": {"summary": summary, "responses": {"200": success, **(failures or {})}}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Order API", "version": "1", "description": "Takes orders. Unknown fields are ignored."},
    "paths": {
        "/orders/async": _order_operation(
            "Place an order",
            "Publishes the order; it is paid for later.",
            {
                "202": {"description": "Published, to be paid for.", "content": _json("Order")},
                "422": _problem("Refused by SNS; trying again does not help."),
            },
        ),
        "/orders/sync": _order_operation(
            "Place an order and wait for its payment",
            "The payment provider takes one payment at a time: callers wait in a line of limited length.",
            {"200": {"description": "Paid for.", "content": _json("Order")}},
        ),
        "/health": _text_operation("The process answers"),
        "/ready": _text_operation(
            "Orders can be taken", failures={"503": _retry_later("Orders cannot be taken at the moment.")}
        ),
        "/metrics": _text_operation("Metrics in Prometheus' text format"),
        "/openapi.json": _text_operation("This document", "application/json"),
        "/docs": _text_operation("This document, for people", "text/html"),
    },
    "components": {
        "schemas": {
            **_SCHEMAS,
            "Problem": {
                "description": "RFC 9457 problem details.",
                "type": "object",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                },
            },
        }
    },
}

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    "code,pre{background:#f3f3f3;border-radius:4px;padding:.1em .3em}pre{padding:1em;overflow:auto}"
    "td{padding:.1rem 1rem .1rem 0;vertical-align:top}"
)


def _operation_html(path: str, method: str, operation: Mapping[str, Any]) -> str:
    parameters = "".join(
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{escape(p['description'])}</td></tr>"
        for p in operation.get("parameters", ())
    )
    responses = "".join(
        f"<tr><td><code>{status}</code></td><td>{escape(response['description'])}</td></tr>"
        for status, response in operation["responses"].items()
    )
    return (
        f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(operation['summary'])}. "
        f"{escape(operation.get('description', ''))}</p><table>{parameters}{responses}</table>"
    )


def _page(document: Mapping[str, Any]) -> str:
    info = document["info"]
    operations = "".join(
        _operation_html(path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    schemas = "".join(
        f"<h3>{escape(name)}</h3><pre>{escape(json.dumps(schema, indent=2))}</pre>"
        for name, schema in document["components"]["schemas"].items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])}</title>'
        f"<style>{_STYLE}</style><h1>{escape(info['title'])}</h1><p>{escape(info['description'])}</p>"
        f"{operations}<h2>Schemas</h2>{schemas}</html>"
    )


DOCS_PAGE = _page(DOCUMENT)
