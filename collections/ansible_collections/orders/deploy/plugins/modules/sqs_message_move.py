#!/usr/bin/python
"""Move messages between SQS queues."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: sqs_message_move
short_description: Move messages between SQS queues
description:
  - Sends each message before it deletes it, so an interruption can leave a message in both queues, but loses none. A
    message that was received but not sent reappears in its queue after the visibility timeout.
  - No module of amazon.aws or community.aws moves messages. StartMessageMoveTask of SQS accepts only the dead-letter
    queue of a queue, not that of a subscription.
  - Moves at most as many messages as the queues hold at the start, so it ends even if messages keep failing.
  - In check mode, it only counts the messages.
options:
  sources:
    description: The URLs of the queues to empty, one after the other.
    type: list
    elements: str
    required: true
  destination:
    description: The URL of the queue to send the messages to.
    type: str
    required: true
  limit:
    description: The maximum number of messages to move from all queues together. By default, all.
    type: int
extends_documentation_fragment: [amazon.aws.common.modules, amazon.aws.region.modules, amazon.aws.boto3]
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Send the dead letters to their queue again
  orders.deploy.sqs_message_move:
    sources: [https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue-dead-letters]
    destination: https://sqs.us-west-2.amazonaws.com/000000000000/orders-queue
"""

RETURN = r"""
queues:
  description: The queues, in the order of O(sources).
  type: list
  elements: dict
  returned: always
  contains:
    url:
      description: The URL of the queue.
      type: str
    waiting:
      description: The number of messages that could be received at the start.
      type: int
    in_flight:
      description: The number of messages that were hidden at the start, because another consumer had received them.
      type: int
    moved:
      description: The number of messages that were moved.
      type: int
"""

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.orders.deploy.plugins.module_utils.aws import Client, fail_on_aws_error

Message = dict[str, Any]

# SQS's limit for a batch. Ten orders of at most 64 KiB each are below its limit for the size of a batch.
BATCH = 10
# A wait of any length makes SQS ask all of its servers, so that an empty answer is reliable.
WAIT_SECONDS = 3

WAITING = "ApproximateNumberOfMessages"
IN_FLIGHT = "ApproximateNumberOfMessagesNotVisible"


class IncompleteBatchError(Exception):
    """SQS did not send or delete some messages of a batch."""


def count(sqs: Client, url: str) -> dict[str, Any]:
    """Return the numbers of messages in a queue."""
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[WAITING, IN_FLIGHT])["Attributes"]
    return {"url": url, "waiting": int(answer[WAITING]), "in_flight": int(answer[IN_FLIGHT]), "moved": 0}


def receive(sqs: Client, url: str, number: int) -> list[Message]:
    """Receive up to ``number`` messages, but at most a batch, with their attributes."""
    answer = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=min(number, BATCH),
        MessageAttributeNames=["All"],
        WaitTimeSeconds=WAIT_SECONDS,
    )
    messages: list[Message] = answer.get("Messages", [])
    return messages


def as_sent(message: Message) -> Message:
    """Return the fields that send a received message again."""
    attributes = message.get("MessageAttributes", {})
    return {"MessageBody": message["Body"]} | ({"MessageAttributes": attributes} if attributes else {})


def move_batch(sqs: Client, messages: list[Message], queue: dict[str, Any], destination: str) -> None:
    """Send messages of a queue, delete those that were sent, and count them.

    Raises IncompleteBatchError if SQS did not send or delete some of them.
    """
    numbered = {str(number): message for number, message in enumerate(messages)}
    entries = [{"Id": number} | as_sent(message) for number, message in numbered.items()]
    sent = sqs.send_message_batch(QueueUrl=destination, Entries=entries)

    numbers = [entry["Id"] for entry in sent.get("Successful", [])]
    entries = [{"Id": number, "ReceiptHandle": numbered[number]["ReceiptHandle"]} for number in numbers]
    deleted = sqs.delete_message_batch(QueueUrl=queue["url"], Entries=entries) if entries else {}
    queue["moved"] += len(deleted.get("Successful", []))

    for answer, problem in (
        (sent, "could not be sent"),
        (deleted, "were sent but not deleted, so they are in both queues"),
    ):
        if failed := answer.get("Failed"):
            message = f"{len(failed)} messages of {queue['url']} {problem} ({failed[0]['Code']})"
            raise IncompleteBatchError(message)


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
    with fail_on_aws_error(module, f"Could not move messages to {destination}", queues=queues):
        queues += [count(sqs, url) for url in module.params["sources"]]
        waiting = sum(queue["waiting"] for queue in queues)
        allowed = waiting if limit is None else min(limit, waiting)
        if module.check_mode:
            module.exit_json(changed=allowed > 0, queues=queues)
        try:
            for queue in queues:
                left = min(allowed, queue["waiting"])
                while left and (messages := receive(sqs, queue["url"], left)):
                    move_batch(sqs, messages, queue, destination)
                    left -= len(messages)
                allowed -= queue["moved"]
        except IncompleteBatchError as error:
            module.fail_json(msg=f"{error}. No message was lost; run the playbook again.", queues=queues)
    module.exit_json(changed=any(queue["moved"] for queue in queues), queues=queues)


if __name__ == "__main__":
    main()
