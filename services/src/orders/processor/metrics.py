"""The processor's metrics, in a registry of their own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_LATENCY_BUCKETS = (1, 2.5, 5, 10, 20, 30, 60, 120, 180, 300, 600, 1800)


class Metrics:
    """What the processor counts and times."""

    def __init__(self) -> None:
        """Start at zero."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.received = Counter("messages_received", "Messages received.", registry=self.registry)
        self.completed = Counter("orders_completed", "Orders paid for.", registry=self.registry)
        self.duplicates = Counter(
            "orders_duplicate",
            "Orders not paid again: completed before, or in work.",
            ["state"],
            registry=self.registry,
        )
        self.failed = Counter(
            "orders_failed", "Messages that came to nothing, by reason.", ["reason"], registry=self.registry
        )
        self.receive_errors = Counter("receive_errors", "Receive calls that failed.", registry=self.registry)
        self.visibility_lost = Counter(
            "messages_visibility_lost", "Messages that went back to the queue too early.", registry=self.registry
        )
        self.acknowledge_failures = Counter(
            "acknowledge_failures", "Entries of delete calls that failed, by code.", ["code"], registry=self.registry
        )
        self.acknowledge_batch = Histogram(
            "acknowledge_batch_messages", "Messages in one delete call.", buckets=range(1, 11), registry=self.registry
        )
        self.latency_seconds = Histogram(
            "order_latency_seconds",
            "From an order's acceptance to its payment.",
            buckets=_LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.in_work = Gauge("orders_in_work", "Orders being worked on.", registry=self.registry)
        self.free_slots = Gauge("slots_free", "Slots that wait for no message and hold none.", registry=self.registry)
