import asyncio

import pytest

from orders.payment import SimulatedProvider
from tests.unit.services.fakes import make_order
from tests.unit.services.virtual_time import now, virtual_time


@pytest.mark.parametrize(("at_once", "seconds"), [(1, 12.0), (2, 6.0), (4, 3.0)])
def test_payments_wait_in_line_for_a_free_lane(at_once: int, seconds: float) -> None:
    @virtual_time
    async def pay_four() -> None:
        provider = SimulatedProvider(3, at_once=at_once)
        order = make_order()
        await asyncio.gather(*(provider.pay(order, idempotency_key=f"{n}") for n in range(4)))
        assert now() == seconds

    pay_four()
