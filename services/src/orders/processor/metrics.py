"""The Prometheus metrics of the processor."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_LATENCY_BUCKETS = (1, 2.5, 5, 10, 20, 30, 60, 120, 180, 300, 600, 1800)


class Metrics:
    """The metrics, in a registry of their own."""

    def __init__(self) -> None:
        """Register all metrics, at zero."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.received = Counter("messages_received", "Deliveries of messages.", registry=self.registry)
        self.completed = Counter("orders_completed", "Orders paid for.", registry=self.registry)
        self.duplicates = Counter(
            "orders_duplicate",
            "Redelivered orders that were not paid for again, by state: completed or in_work.",
            ["state"],
            registry=self.registry,
        )
        self.failed = Counter(
            "orders_failed", "Deliveries that completed no order, by reason.", ["reason"], registry=self.registry
        )
        self.receive_errors = Counter("receive_errors", "Receive calls that failed.", registry=self.registry)
        self.visibility_lost = Counter(
            "messages_visibility_lost",
            "Messages that became visible while they were in progress.",
            registry=self.registry,
        )
        self.acknowledge_failures = Counter(
            "acknowledge_failures", "Failed entries of delete calls, by error code.", ["code"], registry=self.registry
        )
        self.acknowledge_batch = Histogram(
            "acknowledge_batch_messages", "Messages in a delete call.", buckets=range(1, 11), registry=self.registry
        )
        self.latency_seconds = Histogram(
            "order_latency_seconds",
            "Seconds from the acceptance of an order to its payment.",
            buckets=_LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.in_progress = Gauge("orders_in_work", "Orders in progress.", registry=self.registry)
        self.available_permits = Gauge(
            "slots_free", "Permits held by neither a message nor a receive call.", registry=self.registry
        )
