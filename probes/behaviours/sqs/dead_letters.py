"""Dead-letter queues, and moving their messages back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probes.behaviours.sources import SQS, SQS_API
from probes.errors import expect_refused, refusal
from probes.probe import LATE_SECONDS, NotShownError, expect, probe
from probes.queue import Queue

if TYPE_CHECKING:
    from typing import Any

    from probes.lab import Lab

_GUIDE = f"{SQS}sqs-dead-letter-queues.html"
_MOVE = f"{SQS_API}API_StartMessageMoveTask.html"
_MESSAGING = "roles/messaging/tasks/main.yml"
_REDRIVE = "collections/ansible_collections/orders/deploy/plugins/modules/sqs_message_move.py"


def _queues(lab: Lab, receives: int) -> tuple[Queue, Queue]:
    """Return a queue and its dead-letter queue."""
    dead = Queue(lab)
    policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": receives}
    return Queue(lab, RedrivePolicy=policy, VisibilityTimeout="0"), dead


def _dead(queue: Queue, dead: Queue) -> dict[str, Any]:
    """Receive the message of a queue, whose maxReceiveCount is 1, until it is dead, and return it from there."""
    queue.receive_within(10)
    queue.receive(1)
    message = dead.receive_within(10 + LATE_SECONDS, VisibilityTimeout=0)
    if message is None:
        problem = "no message in the dead-letter queue after 15 s"
        raise NotShownError(problem)
    return message


@probe(_GUIDE, used_by=_MESSAGING)
def after_exactly_so_many_receives(lab: Lab) -> None:
    """A message is received maxReceiveCount times; at the next attempt it moves to the dead-letter queue."""
    queue, dead = _queues(lab, receives=2)
    queue.send("letter")
    for number in (1, 2):
        message = queue.receive_within(10)
        expect(message, f"receive {number} of 2 finds no message")
    expect(not queue.receive(2), "received a third time")
    found = dead.receive_within(10 + LATE_SECONDS)
    expect(found and found["Body"] == "letter", "not in the dead-letter queue after 15 s")


@probe(_GUIDE)
def a_dead_letter_keeps_id_and_time(lab: Lab) -> None:
    """A dead letter of a standard queue keeps its message ID, its attributes and the time when it was first sent."""
    queue, dead = _queues(lab, receives=1)
    attributes = {"kind": {"DataType": "String", "StringValue": "order"}}
    sent = queue.send(MessageAttributes=attributes)
    first = queue.receive_within(10)
    expect(first, "a message that was sent is not received")
    queue.receive(1)
    found = dead.receive_within(10 + LATE_SECONDS, MessageAttributeNames=["All"])
    expect(found, "not in the dead-letter queue after 15 s")
    if first and found:
        expect(found["MessageId"] == sent["MessageId"], "another message ID")
        expect(found.get("MessageAttributes") == attributes, f"attributes: {found.get('MessageAttributes')}")
        times = [message["Attributes"].get("SentTimestamp") for message in (first, found)]
        expect(times[0] == times[1], f"SentTimestamp: first {times[0]}, then {times[1]}")


@probe(f"{SQS_API}API_ReceiveMessage.html")
def a_dead_letter_knows_where_it_was(lab: Lab) -> None:
    """A dead letter has DeadLetterQueueSourceArn, the ARN of its queue."""
    queue, dead = _queues(lab, receives=1)
    queue.send()
    source = _dead(queue, dead)["Attributes"].get("DeadLetterQueueSourceArn")
    expect(source == queue.arn, f"DeadLetterQueueSourceArn is {source}")


@probe(f"{SQS_API}API_ListDeadLetterSourceQueues.html")
def the_sources_are_listed(lab: Lab) -> None:
    """ListDeadLetterSourceQueues names the queues that use a dead-letter queue."""
    queue, dead = _queues(lab, receives=1)

    def urls() -> object:
        return queue.client.list_dead_letter_source_queues(QueueUrl=dead.url).get("queueUrls")

    lab.settles(lambda: urls() == [queue.url])
    expect(urls() == [queue.url], f"listed: {urls()}")


@probe(_GUIDE, f"{SQS_API}API_SetQueueAttributes.html")
def a_missing_dead_letter_queue_is_refused(lab: Lab) -> None:
    """A redrive policy with a queue that does not exist is refused with InvalidParameterValue."""
    queue = Queue(lab)
    policy = f'{{"deadLetterTargetArn": "{queue.arn}-none", "maxReceiveCount": 3}}'
    expect_refused("InvalidParameterValue", queue.change, RedrivePolicy=policy)


@probe(_GUIDE)
def a_queue_can_refuse_sources(lab: Lab) -> None:
    """A queue whose redrive permission is denyAll cannot become the dead-letter queue of another."""
    dead = Queue(lab, RedriveAllowPolicy={"redrivePermission": "denyAll"})
    queue = Queue(lab)
    policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 3}
    expect(refusal(queue.change, RedrivePolicy=policy), "accepted")


@probe(_MOVE, f"{SQS}sqs-configure-dead-letter-queue-redrive.html", used_by=_REDRIVE, seconds=120)
def can_be_moved_back(lab: Lab) -> None:
    """StartMessageMoveTask moves dead letters back to the queue where they were, and its task ends as COMPLETED."""
    queue, dead = _queues(lab, receives=1)
    queue.send("letter")
    _dead(queue, dead)
    queue.change(VisibilityTimeout="30")
    queue.client.start_message_move_task(SourceArn=dead.arn)
    message = queue.receive_within(60)
    expect(message and message["Body"] == "letter", "not back in its queue after 60 s")

    def status() -> object:
        tasks = queue.client.list_message_move_tasks(SourceArn=dead.arn).get("Results", [])
        return tasks[0].get("Status") if tasks else None

    lab.until(lambda: status() == "COMPLETED", 30)
    expect(status() == "COMPLETED", f"the status of the task is {status()}")


@probe(_MOVE)
def only_dead_letters_can_be_moved(lab: Lab) -> None:
    """StartMessageMoveTask refuses a queue that is no dead-letter queue, with InvalidParameterValue."""
    queue = Queue(lab)
    expect_refused("InvalidParameterValue", queue.client.start_message_move_task, SourceArn=queue.arn)


@probe(_GUIDE)
def a_fifo_queue_has_one_of_its_kind(lab: Lab) -> None:
    """The dead-letter queue of a FIFO queue has to be a FIFO queue: InvalidParameterValue."""
    dead = Queue(lab)
    queue = Queue(lab, fifo=True)
    policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 3}
    expect_refused("InvalidParameterValue", queue.change, RedrivePolicy=policy)
