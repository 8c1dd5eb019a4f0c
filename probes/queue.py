"""A queue of SQS, as probes use it."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

from probes.probe import NotShownError, expect, expect_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from probes.lab import Lab

LONGEST_WAIT = 20
_POLL_SECONDS = 15
_ARRIVAL_SECONDS = 10
"""How long a message that was sent may take to be received."""


class Queue:
    """A queue of the probe's own."""

    def __init__(self, lab: Lab, *, fifo: bool = False, **attributes: object) -> None:
        """Create it with these attributes; it is removed at the end of the probe."""
        self._lab = lab
        self.client = lab.client("sqs")
        self.name = lab.name(".fifo" if fifo else "")
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in attributes.items()}
        if fifo:
            texts["FifoQueue"] = "true"
        self.url: str = self.client.create_queue(QueueName=self.name, Attributes=texts)["QueueUrl"]
        lab.defer(self.client.delete_queue, QueueUrl=self.url)
        self.arn = self.attribute("QueueArn")

    def attribute(self, name: str) -> str:
        """Return the value of an attribute, empty if the environment has none."""
        answer = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        return str(answer.get("Attributes", {}).get(name, ""))

    def change(self, **attributes: object) -> None:
        """Set attributes; values other than text become JSON."""
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in attributes.items()}
        self.client.set_queue_attributes(QueueUrl=self.url, Attributes=texts)

    def send(self, body: str = "hello", **parameters: object) -> dict[str, Any]:
        """Send a message and return the answer."""
        answer: dict[str, Any] = self.client.send_message(QueueUrl=self.url, MessageBody=body, **parameters)
        return answer

    def receive(self, wait: float = 1, **parameters: object) -> list[dict[str, Any]]:
        """Receive once, with a long poll of `wait` seconds, and all system attributes."""
        parameters.setdefault("MessageSystemAttributeNames", ["All"])
        answer = self.client.receive_message(
            QueueUrl=self.url, WaitTimeSeconds=min(LONGEST_WAIT, int(wait)), **parameters
        )
        return list(answer.get("Messages", []))

    def receive_within(self, seconds: float, **parameters: object) -> dict[str, Any] | None:
        """Receive until there is a message or `seconds` have passed."""
        ends = time.monotonic() + seconds
        while True:
            if received := self.receive(1, **parameters):
                return received[0]
            if time.monotonic() > ends:
                return None
            self._lab.wait(0)

    def received(self, **parameters: object) -> dict[str, Any]:
        """Receive a message that was sent; raises NotShownError if none comes."""
        if message := self.receive_within(_ARRIVAL_SECONDS, **parameters):
            return message
        problem = f"a message that was sent is not received within {_ARRIVAL_SECONDS} s"
        raise NotShownError(problem)

    def expect_to_end_a_long_poll(self, act: Callable[[], object]) -> None:
        """Raise DiffersError unless a long poll that waits returns a message as soon as `act` makes one visible."""
        returned: list[float] = []

        def receive() -> None:
            if self.receive(_POLL_SECONDS):
                returned.append(time.monotonic())

        waiting = threading.Thread(target=receive, daemon=True)
        waiting.start()
        self._lab.wait(2)
        acted = time.monotonic()
        act()
        waiting.join(_POLL_SECONDS + 5)
        expect(returned, f"a long poll of {_POLL_SECONDS} s ended without the message")
        expect_time("received", 0, returned[0] - acted, returned[0] - acted)

    def collect(self, number: int, seconds: float, **parameters: object) -> list[dict[str, Any]]:
        """Receive and delete until there are `number` messages or `seconds` have passed."""
        ends = time.monotonic() + seconds
        found: list[dict[str, Any]] = []
        while len(found) < number and time.monotonic() < ends:
            self._lab.wait(0)
            for message in self.receive(1, MaxNumberOfMessages=10, **parameters):
                found.append(message)
                self.delete(message)
        return found

    def delete(self, message: dict[str, Any]) -> None:
        """Delete a message that was received."""
        self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def hide(self, message: dict[str, Any], seconds: int) -> None:
        """Change the visibility of a message that was received."""
        self.client.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds
        )
