"""The Prometheus metrics of the API."""

from functools import cache
from time import monotonic

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

_REQUEST_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_TEXT_SECONDS = 1
_CALL_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """The metrics, in a registry of their own."""

    def __init__(self) -> None:
        """Register all metrics, at zero."""
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._text = b""
        self._text_until = 0.0
        accepted = Counter(
            "orders_accepted", "Orders published or paid for, by route.", ["route"], registry=self.registry
        )
        self.rejected = Counter(
            "orders_rejected", "Orders rejected with an error response, by reason.", ["reason"], registry=self.registry
        )
        request_seconds = Histogram(
            "http_request_seconds",
            "Seconds from the arrival of a request to its response.",
            ["route", "status"],
            buckets=_REQUEST_BUCKETS,
            registry=self.registry,
        )
        # The look-up of labels takes longer than the rest.
        self.accepted_of = cache(accepted.labels)
        self.request_seconds_of = cache(request_seconds.labels)
        self.connections = Gauge("connections", "Open connections.", registry=self.registry)
        self.connections_refused = Counter(
            "connections_refused", "Connections refused or closed, by reason.", ["reason"], registry=self.registry
        )
        self.aborted = Counter(
            "requests_aborted",
            "Requests whose clients closed the connection before the response.",
            registry=self.registry,
        )
        self.request_bytes = Gauge(
            "request_bytes", "Bytes of the orders that are being read or processed.", registry=self.registry
        )
        self.sync_queue_length = Gauge(
            "sync_queue_orders",
            "Orders in line for their payment, the one in progress included.",
            registry=self.registry,
        )
        self.batch_size = Histogram(
            "publish_batch_orders", "Orders in a publish call.", buckets=range(1, 11), registry=self.registry
        )
        self.publish_seconds = Histogram(
            "publish_call_seconds",
            "Duration of a publish call in seconds.",
            buckets=_CALL_BUCKETS,
            registry=self.registry,
        )
        self.publish_failures = Counter(
            "publish_failures", "Failed entries of publish calls, by error code.", ["code"], registry=self.registry
        )
        self.queue_length = Gauge("publish_queue_orders", "Orders waiting to be published.", registry=self.registry)
        self.calls_in_flight = Gauge("publish_calls_in_flight", "Publish calls in flight.", registry=self.registry)

    def text(self) -> bytes:
        """Return the metrics in Prometheus' text format, at most a second old.

        Generating it takes milliseconds, and whoever reaches the API may ask for it as often as they like.
        """
        now = monotonic()
        if now >= self._text_until:
            self._text = generate_latest(self.registry)
            self._text_until = now + _TEXT_SECONDS
        return self._text
