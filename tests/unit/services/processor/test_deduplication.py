from uuid import UUID

from orders.processor.deduplication import RecentOrders


def test_added_orders_are_remembered() -> None:
    orders = RecentOrders(limit=2)
    orders.add(UUID(int=1))
    assert UUID(int=1) in orders
    assert UUID(int=2) not in orders


def test_the_oldest_is_forgotten_when_there_are_too_many() -> None:
    orders = RecentOrders(limit=2)
    for number in (1, 2, 3):
        orders.add(UUID(int=number))
    assert [UUID(int=number) in orders for number in (1, 2, 3)] == [False, True, True]
