import json

from orders.api.refusals import MAX_BODY_BYTES
from tests.unit.services.api.harness import Harness, assert_problem
from tests.unit.services.fakes import VALID_ORDER, sample


async def test_a_body_of_64_kib_is_accepted_and_a_larger_one_is_not(api: Harness) -> None:
    order = json.dumps(VALID_ORDER).encode()
    response, _ = await api.post("/orders/async", order.ljust(MAX_BODY_BYTES))
    assert response.status == 202
    assert_problem(*await api.post("/orders/async", order.ljust(MAX_BODY_BYTES + 1)), 413, "size limit")


async def test_requests_are_timed_by_route_and_status(api: Harness) -> None:
    await api.post("/orders/async")
    await api.get("/nowhere")
    assert sample(api.metrics, "http_request_seconds_count", route="/orders/async", status="202") == 1
    assert sample(api.metrics, "http_request_seconds_count", route="unmatched", status="404") == 1
