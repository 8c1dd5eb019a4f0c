"""The API's metrics, in a registry of their own."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_REQUEST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_CALL_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """What the API counts and times."""

    def __init__(self) -> None:
        """Start at zero."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.accepted = Counter(
            "orders_accepted", "Orders published or paid, and answered so.", ["route"], registry=self.registry
        )
        self.rejected = Counter("orders_rejected", "Orders answered with an error.", ["reason"], registry=self.registry)
        self.request_seconds = Histogram(
            "http_request_seconds",
            "From a request's arrival to its response.",
            ["route", "status"],
            buckets=_REQUEST_BUCKETS,
            registry=self.registry,
        )
        self.batch_size = Histogram(
            "publish_batch_orders", "Orders in one publish call.", buckets=range(1, 11), registry=self.registry
        )
        self.publish_seconds = Histogram(
            "publish_call_seconds", "Duration of a publish call.", buckets=_CALL_BUCKETS, registry=self.registry
        )
        self.publish_failures = Counter(
            "publish_failures", "Entries of publish calls that failed, by code.", ["code"], registry=self.registry
        )
        self.queue_length = Gauge("publish_queue_orders", "Orders taken and not yet published.", registry=self.registry)
        self.in_flight = Gauge("publish_calls_in_flight", "Publish calls in flight.", registry=self.registry)
