#!/usr/bin/python
"""The module that moves messages from queues to another queue."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sqs_message_move
short_description: Move messages from SQS queues to another one, and lose none
description:
  - Sends each message first and deletes it then. Killed in between, it leaves a message in both queues, but never in
    none; what it has received and not sent, its queue shows again after its visibility timeout.
  - SQS's own StartMessageMoveTask only takes the dead letters of another queue, not those of a subscription.
  - Moves no more than the queues hold at the beginning, so messages that come back meanwhile do not keep it going. In
    check mode it only counts.
options:
  sources:
    description: The addresses of the queues to empty, in their order.
    type: list
    elements: str
    required: true
  destination:
    description: The address of the queue that the messages are sent to.
    type: str
    required: true
  limit:
    description: How many messages to move at most, from all queues together. All of them where it is not given.
    type: int
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
author: The order system
"""

EXAMPLES = r"""
- name: Give the dead letters another try
  orders.deploy.sqs_message_move:
    sources: [https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue-dead-letters]
    destination: https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue
"""

RETURN = r"""
queues:
  description:
    - For each source its C(url), how many messages were C(waiting) there at the beginning and how many others were
      C(in_flight) (hidden, as somebody received them), and how many were C(moved).
  type: list
  elements: dict
  returned: always
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
from botocore.exceptions import BotoCoreError, ClientError

Client = Any  # botocore makes its classes as it runs
Message = dict[str, Any]

# The most that SQS takes in one call. Ten orders, of at most 64 KiB each, are below its limit for the size of a batch.
BATCH = 10
# How long to wait for a message that SQS counted, before taking it that there is none: waiting at all makes SQS ask all
# of its servers.
WAIT_SECONDS = 3

WAITING = "ApproximateNumberOfMessages"
IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"


class NotAllError(Exception):
    """Some messages of a batch could not be sent or deleted."""


def count(sqs: Client, url: str) -> dict[str, Any]:
    """Return how many messages a queue holds."""
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[WAITING, IN_FLIGHT])["Attributes"]
    return {"url": url, "waiting": int(answer[WAITING]), "in_flight": int(answer[IN_FLIGHT]), "moved": 0}


def receive(sqs: Client, url: str, number: int) -> list[Message]:
    """Receive up to so many messages, with all that their senders gave them."""
    answer = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=min(number, BATCH),
        MessageAttributeNames=["All"],
        WaitTimeSeconds=WAIT_SECONDS,
    )
    messages: list[Message] = answer.get("Messages", [])
    return messages


def as_sent(message: Message) -> Message:
    """Return what a received message was sent as."""
    attributes = message.get("MessageAttributes", {})
    return {"MessageBody": message["Body"]} | ({"MessageAttributes": attributes} if attributes else {})


def move_batch(sqs: Client, messages: list[Message], queue: dict[str, Any], destination: str) -> None:
    """Send messages of a queue, delete those that were sent, and count them; raise NotAllError when some are left."""
    numbered = {str(number): message for number, message in enumerate(messages)}
    entries = [{"Id": number} | as_sent(message) for number, message in numbered.items()]
    sent = sqs.send_message_batch(QueueUrl=destination, Entries=entries)

    numbers = [entry["Id"] for entry in sent.get("Successful", [])]
    entries = [{"Id": number, "ReceiptHandle": numbered[number]["ReceiptHandle"]} for number in numbers]
    deleted = sqs.delete_message_batch(QueueUrl=queue["url"], Entries=entries) if entries else {}
    queue["moved"] += len(deleted.get("Successful", []))

    for answer, what in (
        (sent, "could not be sent"),
        (deleted, "were sent but not deleted, so they are in both queues"),
    ):
        if failed := answer.get("Failed"):
            message = f"{len(failed)} messages of {queue['url']} {what} ({failed[0]['Code']})"
            raise NotAllError(message)


def main() -> None:
    """Run the module."""
    module = AnsibleAWSModule(
        argument_spec={
            "sources": {"type": "list", "elements": "str", "required": True},
            "destination": {"type": "str", "required": True},
            "limit": {"type": "int"},
        },
        supports_check_mode=True,
    )
    destination, limit = module.params["destination"], module.params["limit"]
    sqs = module.client("sqs")
    queues: list[dict[str, Any]] = []
    try:
        queues += [count(sqs, url) for url in module.params["sources"]]
        waiting = sum(queue["waiting"] for queue in queues)
        allowed = waiting if limit is None else min(limit, waiting)
        if module.check_mode:
            module.exit_json(changed=allowed > 0, queues=queues)
        for queue in queues:
            left = min(allowed, queue["waiting"])
            while left and (messages := receive(sqs, queue["url"], left)):
                move_batch(sqs, messages, queue, destination)
                left -= len(messages)
            allowed -= queue["moved"]
    except NotAllError as error:
        module.fail_json(msg=f"{error}. None was lost; run it again.", queues=queues)
    except (BotoCoreError, ClientError) as error:
        module.fail_json_aws(error, msg=f"Could not move messages to {destination}", queues=queues)
    module.exit_json(changed=any(queue["moved"] for queue in queues), queues=queues)


if __name__ == "__main__":
    main()
