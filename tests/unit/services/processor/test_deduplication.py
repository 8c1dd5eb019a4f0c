from uuid import UUID

from orders.processor.deduplication import RecentOrders


def test_an_added_order_is_in_the_collection() -> None:
    orders = RecentOrders(capacity=2)
    orders.add(UUID(int=1), 7)
    assert UUID(int=1) in orders
    assert UUID(int=2) not in orders
    assert [orders.get(UUID(int=number)) for number in (1, 2)] == [7, None]


def test_the_oldest_order_is_evicted_when_there_are_too_many() -> None:
    orders = RecentOrders(capacity=2)
    for number in (1, 2, 3):
        orders.add(UUID(int=number), number)
    assert [UUID(int=number) in orders for number in (1, 2, 3)] == [False, True, True]
