"""What the services publish to and receive from: stubs of SNS and SQS, and the emulators, as deployments run them."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any

import boto3

from orders.aws import MAX_BATCH_ENTRIES
from orders.model import create_order, decode_new_order, encode_ascii
from tests.bench.measurements import BenchError
from tests.bench.services.wrk import Request, load
from tests.playbook import ROOT, play
from tests.ports import free_ports
from tests.rehearsal.conftest import REGION, SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

NEW_ORDER = json.dumps({"customer_id": 7, "items": [{"product_id": "lamp", "quantity": 2, "price": 19.5}]})
# Of the root user of MiniStack; all others accept any.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "rehearsal-root", "AWS_SECRET_ACCESS_KEY": SECRET}
NAME = "orders"
# Short, so that a processor without messages stops soon.
LONG_POLL_SECONDS = 1
SETTLE_SECONDS = 30
_WARM_UP_CONNECTIONS, _WARM_UP_SECONDS = 10, 2
# About as long as SNS takes.
SLOW_MILLISECONDS = 8


@dataclass(frozen=True)
class Target:
    """An endpoint with a topic and a queue that is subscribed to it; a stub has them in name only."""

    name: str
    title: str
    endpoint: str
    topic_arn: str = f"arn:aws:sns:{REGION}:000000000000:{NAME}"
    queue_url: str = f"http://127.0.0.1/000000000000/{NAME}"
    endpoint_of_containers: str = ""

    def environment(self, *, in_container: bool = False) -> dict[str, str]:
        """Return the environment of a service that uses it."""
        return {
            **CREDENTIALS,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint_of_containers if in_container else self.endpoint,
            "SNS_TOPIC_ARN": self.topic_arn,
            "SQS_QUEUE_URL": self.queue_url,
            "LOG_LEVEL": "info",
        }

    def client(self, service: str) -> Any:  # noqa: ANN401  # botocore creates its classes at runtime
        """Return a client of SNS or SQS."""
        return boto3.session.Session().client(  # type: ignore[call-overload]  # either service
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    def publish_request(self, orders: int) -> Request:
        """Return a signed PublishBatch of that many orders, which can be sent again for some minutes."""
        captured: list[Request] = []

        def capture(request: Any, **_: object) -> None:  # noqa: ANN401  # of botocore, which has no types
            headers = {name: _text(value) for name, value in request.headers.items()}
            captured.append(Request(request.url, request.method, headers, _text(request.body)))
            raise _NotSentError

        client = self.client("sns")
        client.meta.events.register("before-send.sns.PublishBatch", capture)
        entries = [{"Id": str(number), "Message": body} for number, body in enumerate(new_orders(orders))]
        try:
            client.publish_batch(TopicArn=self.topic_arn, PublishBatchRequestEntries=entries)
        except _NotSentError:
            return captured[0]
        message = "botocore sends a request without the event before-send"
        raise BenchError(message)

    def settle(self) -> None:
        """Wait until what was published is delivered, as a stub has done at once; then there is nothing of it left."""


class _NotSentError(Exception):
    """A request was captured in place of being sent."""


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()


def new_orders(count: int) -> Iterator[str]:
    """Return orders as the API publishes them, each with an identifier of its own."""
    new = decode_new_order(NEW_ORDER.encode())
    for _ in range(count):
        yield encode_ascii(create_order(new, None)).decode()


class Emulator(Target):
    """An emulator, with a topic and a queue of its own."""

    def settle(self) -> None:
        """Wait until the queue no longer grows, then purge it."""
        client = self.client("sqs")
        deadline = time.monotonic() + SETTLE_SECONDS
        before, messages = -1, self.waiting(client)
        while messages != before:
            if time.monotonic() > deadline:
                message = f"{self.name} still delivers orders {SETTLE_SECONDS} s after a load"
                raise BenchError(message)
            time.sleep(0.3)
            before, messages = messages, self.waiting(client)
        client.purge_queue(QueueUrl=self.queue_url)

    def waiting(self, client: Any) -> int:  # noqa: ANN401  # botocore creates its classes at runtime
        """Return how many messages are in the queue."""
        name = "ApproximateNumberOfMessages"
        return int(client.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=[name])["Attributes"][name])

    def fill(self, messages: int) -> None:
        """Send that many orders to the empty queue."""
        client = self.client("sqs")

        def send(bodies: tuple[str, ...]) -> None:
            entries = [{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)]
            response = client.send_message_batch(QueueUrl=self.queue_url, Entries=entries)
            if len(response["Successful"]) != len(entries):
                message = f"{self.name} did not take orders: {response['Failed']}"
                raise BenchError(message)

        client.purge_queue(QueueUrl=self.queue_url)
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(send, batched(new_orders(messages), MAX_BATCH_ENTRIES)))


@contextmanager
def stub(milliseconds: int, host: str = "127.0.0.1") -> Iterator[Target]:
    """Run a stub of SNS and SQS on an address of this computer, which responds after a time."""
    command = [sys.executable, "-m", "tests.bench.services.stub", host, str(milliseconds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  # built here
        try:
            assert process.stdout is not None
            endpoint = f"http://{host}:{int(process.stdout.readline())}"
            yield Target(
                f"stub-{milliseconds}ms",
                f"stub, {milliseconds} ms" if milliseconds else "stub, at once",
                endpoint,
                endpoint_of_containers=endpoint,
            )
        finally:
            process.terminate()


@dataclass(frozen=True)
class Emulators:
    """Both emulators, and the Docker network that they are in."""

    localstack: Emulator
    ministack: Emulator
    network: str


@contextmanager
def emulators() -> Iterator[Emulators]:
    """Run LocalStack and MiniStack as deployments do, each with a topic and a queue; remove them at the end."""
    project = f"orders-bench-{secrets.token_hex(3)}"
    ports = dict(zip(("localstack", "ministack"), free_ports(2), strict=True))
    variables = {
        "project": project,
        "emulators": {
            name: {"port": port, "container": f"{project}-{name}", "serves": ["sns", "sqs"]}
            for name, port in ports.items()
        },
    }

    def set_state(state: str) -> int:
        playbook = [str(ROOT / "tests/rehearsal/ministack.yml"), "-i", "localhost,", "-c", "local"]
        return play([*playbook, "-e", json.dumps({**variables, "state": state})], {}).status

    try:
        if set_state("present") != 0:
            message = "the emulators could not be started"
            raise BenchError(message)
        prepared = {name: _prepare(name, project, port) for name, port in ports.items()}
        yield Emulators(prepared["localstack"], prepared["ministack"], project)
    finally:
        set_state("absent")


def _prepare(name: str, project: str, port: int) -> Emulator:
    endpoint = f"http://127.0.0.1:{port}"
    title = {"localstack": "LocalStack", "ministack": "MiniStack"}[name]
    unprepared = Target(name, title, endpoint)
    sns, sqs = unprepared.client("sns"), unprepared.client("sqs")
    attributes = {"ReceiveMessageWaitTimeSeconds": str(LONG_POLL_SECONDS)}
    url = sqs.create_queue(QueueName=NAME, Attributes=attributes)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name=NAME)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    emulator = Emulator(name, title, endpoint, topic, url, f"http://{project}-{name}:{port}")
    # The first deliveries take longer, while calls are answered faster without them.
    load([emulator.publish_request(MAX_BATCH_ENTRIES)], _WARM_UP_CONNECTIONS, _WARM_UP_SECONDS)
    emulator.settle()
    return emulator
