import asyncio

import pytest

from orders.payment import SimulatedPaymentProvider
from tests.unit.services.fakes import make_order
from tests.unit.services.virtual_time import now, virtual_time


@pytest.mark.parametrize(("max_concurrent_payments", "seconds"), [(1, 12.0), (2, 6.0), (4, 3.0)])
def test_payments_wait_for_a_permit(max_concurrent_payments: int, seconds: float) -> None:
    @virtual_time
    async def pay_four() -> None:
        provider = SimulatedPaymentProvider(3, max_concurrent_payments=max_concurrent_payments)
        order = make_order()
        await asyncio.gather(*(provider.pay(order, idempotency_key=f"{n}") for n in range(4)))
        assert now() == seconds

    pay_four()
