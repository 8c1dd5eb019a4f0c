"""How long a message that was received stays hidden."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from botocore.exceptions import ReadTimeoutError

from probes.behaviours.sources import SQS, SQS_API
from probes.errors import expect_refused, refusal
from probes.probe import LATE_SECONDS, DiffersError, expect, expect_time, probe
from probes.queue import Queue

if TYPE_CHECKING:
    from typing import Any

    from probes.lab import Lab

_VISIBILITY = f"{SQS}sqs-visibility-timeout.html"
_EXTENDER = "services/src/orders/processor/visibility.py"
_QUEUE = "services/src/orders/processor/queue.py"


def _received(queue: Queue, **parameters: object) -> dict[str, Any]:
    """Send a message and receive it."""
    queue.send()
    return queue.received(**parameters)


def _expect_hidden_for(queue: Queue, due: float, began: float, counted: float) -> None:
    """Expect the message of a queue again `due` seconds after a call that took from `began` to `counted`."""
    again = queue.receive_within(due + 10)
    now = time.monotonic()
    expect(again, f"a message that was hidden for {due:g} s is not visible after {now - counted:.0f} s")
    expect_time("visible again", due, now - counted, now - began)


@probe(f"{SQS_API}API_ReceiveMessage.html", used_by=_QUEUE)
def of_the_request(lab: Lab) -> None:
    """The visibility timeout of a receive request holds for its messages, whatever the queue's is."""
    queue = Queue(lab, VisibilityTimeout="30")
    queue.send()
    began = time.monotonic()
    received = queue.receive(10, VisibilityTimeout=3)
    expect(received, "a message that was sent is not received within 10 s")
    _expect_hidden_for(queue, 3, began, time.monotonic())


@probe(_VISIBILITY, used_by="roles/messaging/tasks/main.yml")
def of_the_queue(lab: Lab) -> None:
    """Without one in the request, the visibility timeout of the queue holds."""
    queue = Queue(lab, VisibilityTimeout="3")
    queue.send()
    began = time.monotonic()
    expect(queue.receive(10), "a message that was sent is not received within 10 s")
    _expect_hidden_for(queue, 3, began, time.monotonic())


@probe(_VISIBILITY, seconds=90)
def of_thirty_seconds_by_default(lab: Lab) -> None:
    """Without any setting, a message that was received is hidden for 30 seconds."""
    queue = Queue(lab)
    queue.send()
    began = time.monotonic()
    expect(queue.receive(10), "a message that was sent is not received within 10 s")
    _expect_hidden_for(queue, 30, began, time.monotonic())


@probe(f"{SQS_API}API_ChangeMessageVisibility.html", _VISIBILITY, used_by=_EXTENDER)
def of_zero_wakes_a_waiting_receive(lab: Lab) -> None:
    """A message whose visibility timeout is set to 0 is visible at once, also to a long poll that already waits."""
    queue = Queue(lab, VisibilityTimeout="30")
    message = _received(queue)
    queue.expect_to_end_a_long_poll(lambda: queue.hide(message, 0))


@probe(f"{SQS_API}API_ChangeMessageVisibility.html", used_by=_EXTENDER)
def can_be_extended(lab: Lab) -> None:
    """A new visibility timeout counts from the call that sets it, and replaces the rest of the one before."""
    queue = Queue(lab, VisibilityTimeout="4")
    message = _received(queue)
    lab.wait(2)
    began = time.monotonic()
    queue.hide(message, 6)
    _expect_hidden_for(queue, 6, began, time.monotonic())


@probe(f"{SQS_API}API_ChangeMessageVisibility.html", used_by=_EXTENDER)
def can_be_extended_after_it_ended(lab: Lab) -> None:
    """In a standard queue, visibility can be changed after the timeout, while nobody else received the message."""
    queue = Queue(lab, VisibilityTimeout="1")
    message = _received(queue)
    lab.wait(2)
    code = refusal(
        queue.client.change_message_visibility,
        QueueUrl=queue.url,
        ReceiptHandle=message["ReceiptHandle"],
        VisibilityTimeout=10,
    )
    # AWS documents MessageNotInflight, and accepted the call when it was recorded for LocalStack's tests.
    expect(code in ("", "MessageNotInflight"), f"refused with {code}")


@probe(f"{SQS_API}API_ChangeMessageVisibility.html", used_by=_EXTENDER)
def of_a_deleted_message_cannot_change(lab: Lab) -> None:
    """The visibility of a message that was deleted cannot be changed: InvalidParameterValue."""
    queue = Queue(lab, VisibilityTimeout="30")
    message = _received(queue)
    queue.delete(message)
    call = {"QueueUrl": queue.url, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 10}
    # Deletion can take a moment to reach all servers.
    lab.settles(lambda: refusal(queue.client.change_message_visibility, **call))
    expect_refused("InvalidParameterValue MessageNotInflight", queue.client.change_message_visibility, **call)


@probe(f"{SQS_API}API_ChangeMessageVisibility.html", _VISIBILITY)
def of_more_than_twelve_hours_is_refused(lab: Lab) -> None:
    """A visibility timeout of more than 12 hours is refused with InvalidParameterValue."""
    queue = Queue(lab)
    message = _received(queue)
    expect_refused(
        "InvalidParameterValue",
        queue.client.change_message_visibility,
        QueueUrl=queue.url,
        ReceiptHandle=message["ReceiptHandle"],
        VisibilityTimeout=43201,
    )


@probe(f"{SQS_API}API_ChangeMessageVisibilityBatch.html", used_by=_EXTENDER)
def of_a_batch_fails_by_entry(lab: Lab) -> None:
    """In a batch, a bad receipt handle fails its own entry, as the sender's fault, and no other."""
    queue = Queue(lab, VisibilityTimeout="30")
    message = _received(queue)
    answer = queue.client.change_message_visibility_batch(
        QueueUrl=queue.url,
        Entries=[
            {"Id": "good", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 20},
            {"Id": "bad", "ReceiptHandle": "no-receipt", "VisibilityTimeout": 20},
        ],
    )
    expect([each["Id"] for each in answer.get("Successful", [])] == ["good"], f"successful: {answer.get('Successful')}")
    failed = answer.get("Failed", [])
    expect([each["Id"] for each in failed] == ["bad"], f"failed: {failed}")
    expect(failed[0].get("SenderFault") is True, f"SenderFault is {failed[0].get('SenderFault')}")


@probe(_VISIBILITY, f"{SQS}standard-queues-at-least-once-delivery.html", used_by=_QUEUE)
def covers_an_interrupted_receive(lab: Lab) -> None:
    """A message that a receive took whose client is gone comes back: it is received again within its timeout."""
    queue = Queue(lab, VisibilityTimeout="4")
    impatient = lab.client("sqs", read_seconds=2, attempts=1)
    try:
        impatient.receive_message(QueueUrl=queue.url, WaitTimeSeconds=10)
    except ReadTimeoutError:
        pass
    else:
        problem = "a long poll of 10 s on an empty queue ended within 2 s"
        raise DiffersError(problem)
    queue.send()
    sent = time.monotonic()
    message = queue.receive_within(4 + 10)
    expect(message, "a message sent after the receiver was gone is not received within 14 s")
    expect(time.monotonic() - sent < 4 + LATE_SECONDS, f"received after {time.monotonic() - sent:.1f} s")
