from sanic import Sanic

from orders.api.openapi import DOCS_PAGE, DOCUMENT
from orders.model import MAX_ITEMS
from tests.unit.services.api.harness import Harness


def test_the_schemas_contain_the_limits_of_the_model() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert schemas["NewOrder"]["properties"]["items"]["maxItems"] == MAX_ITEMS
    assert schemas["NewOrder"]["required"] == ["customer_id", "items"]
    assert schemas["Item"]["properties"]["price"]["minimum"] == 0


def test_every_reference_has_a_schema() -> None:
    def references(node: object) -> set[str]:
        if isinstance(node, dict):
            here = {node["$ref"]} if "$ref" in node else set[str]()
            return here.union(*(references(value) for value in node.values()))
        if isinstance(node, list):
            return set[str]().union(*(references(value) for value in node))
        return set()

    assert references(DOCUMENT) == {f"#/components/schemas/{name}" for name in ("NewOrder", "Order", "Item", "Problem")}


def test_the_page_shows_every_path_and_loads_no_external_resource() -> None:
    assert all(path in DOCS_PAGE for path in DOCUMENT["paths"])
    assert "src=" not in DOCS_PAGE
    assert "href=" not in DOCS_PAGE


async def test_the_openapi_document_describes_every_route(api: Harness) -> None:
    described = {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods}
    routes = Sanic.get_app("orders-api").router.routes
    assert {(f"/{route.path}", method.lower()) for route in routes for method in route.methods - {"HEAD"}} == described
    assert api.publisher.open
