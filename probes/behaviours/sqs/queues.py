"""Queues: their names, attributes, URLs, and the ends of them and of their messages."""

from __future__ import annotations

import time
import urllib.parse
from typing import TYPE_CHECKING

from probes.behaviours.sources import SQS, SQS_API
from probes.errors import expect_refused, refusal
from probes.probe import expect, probe
from probes.queue import Queue

if TYPE_CHECKING:
    from probes.lab import Lab

_CREATE = f"{SQS_API}API_CreateQueue.html"
_PURGE = f"{SQS_API}API_PurgeQueue.html"
_MODULE = "collections/ansible_collections/orders/deploy/plugins/modules/sqs_queue.py"
_HABITS = "habits/habits.yml"


@probe(_CREATE, f"{SQS_API}API_GetQueueAttributes.html", used_by=_MODULE)
def have_defaults(lab: Lab) -> None:
    """A new queue hides messages for 30 s, keeps them for 4 days, takes 1 MiB, and encrypts with keys of SQS."""
    queue = Queue(lab)
    wanted = {
        "VisibilityTimeout": "30",
        "MessageRetentionPeriod": "345600",
        "MaximumMessageSize": "1048576",
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
    }
    answer = queue.client.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])
    found = {name: answer.get("Attributes", {}).get(name) for name in wanted}
    other = {name: value for name, value in found.items() if value != wanted[name]}
    expect(not other, f"{other}")


@probe(_CREATE, used_by=_MODULE)
def can_be_created_again_as_they_are(lab: Lab) -> None:
    """Creating a queue with the name and attributes of an existing one returns its URL."""
    queue = Queue(lab, DelaySeconds="5")
    url = queue.client.create_queue(QueueName=queue.name, Attributes={"DelaySeconds": "5"})["QueueUrl"]
    expect(url == queue.url, f"returned {url}, not {queue.url}")


@probe(_CREATE)
def cannot_be_created_with_other_attributes(lab: Lab) -> None:
    """Creating a queue with the name of an existing one and other attributes is refused with QueueNameExists."""
    queue = Queue(lab, DelaySeconds="5")
    expect_refused(
        "QueueAlreadyExists QueueNameExists",
        queue.client.create_queue,
        QueueName=queue.name,
        Attributes={"DelaySeconds": "6"},
    )


@probe(f"{SQS_API}API_DeleteQueue.html", _CREATE, used_by=_HABITS)
def leave_their_name_for_a_minute(lab: Lab) -> None:
    """For 60 seconds after its removal, a queue cannot be created again: QueueDeletedRecently."""
    queue = Queue(lab)
    queue.client.delete_queue(QueueUrl=queue.url)
    expect_refused("QueueDeletedRecently", queue.client.create_queue, QueueName=queue.name)


@probe(f"{SQS_API}API_DeleteQueue.html", used_by=_HABITS, seconds=150)
def are_gone_when_deleted(lab: Lab) -> None:
    """A queue that was removed takes no messages, at the latest a minute later: QueueDoesNotExist."""
    queue = Queue(lab)
    queue.client.delete_queue(QueueUrl=queue.url)
    lab.settles(lambda: refusal(queue.send), 10)
    expect_refused("NonExistentQueue QueueDoesNotExist", queue.send)


@probe(f"{SQS_API}API_GetQueueUrl.html", used_by=_MODULE)
def that_do_not_exist_have_no_url(lab: Lab) -> None:
    """GetQueueUrl of an unknown name is refused with QueueDoesNotExist."""
    expect_refused("NonExistentQueue QueueDoesNotExist", lab.client("sqs").get_queue_url, QueueName=lab.name())


@probe(f"{SQS}sqs-queue-message-identifiers.html", used_by="roles/messaging/tasks/describe.yml")
def have_urls_of_account_and_name(lab: Lab) -> None:
    """The URL of a queue ends with the account's number and its name, and GetQueueUrl returns the same."""
    queue = Queue(lab)
    account = queue.arn.split(":")[4]
    path = urllib.parse.urlsplit(queue.url).path
    expect(path == f"/{account}/{queue.name}", f"the path of the URL is {path}")
    found = queue.client.get_queue_url(QueueName=queue.name, QueueOwnerAWSAccountId=account)["QueueUrl"]
    expect(found == queue.url, f"GetQueueUrl returns {found}")


@probe(f"{SQS_API}API_ListQueues.html", used_by="roles/snapshot/tasks/take.yml")
def are_listed_by_prefix(lab: Lab) -> None:
    """ListQueues with a prefix returns the queues whose names begin with it, and no others."""
    queue = Queue(lab)
    Queue(lab)

    def urls() -> object:
        return queue.client.list_queues(QueueNamePrefix=queue.name).get("QueueUrls")

    lab.settles(lambda: urls() == [queue.url])
    expect(urls() == [queue.url], f"listed: {urls()}")


@probe(f"{SQS_API}API_SetQueueAttributes.html")
def refuse_attributes_that_do_not_exist(lab: Lab) -> None:
    """An attribute that does not exist is refused with InvalidAttributeName."""
    queue = Queue(lab)
    expect_refused("InvalidAttributeName", queue.change, NoSuchAttribute="1")


@probe(f"{SQS_API}API_SetQueueAttributes.html")
def refuse_values_out_of_range(lab: Lab) -> None:
    """A retention period of less than 60 seconds is refused with InvalidAttributeValue."""
    queue = Queue(lab)
    expect_refused("InvalidAttributeValue", queue.change, MessageRetentionPeriod="59")


@probe(_PURGE, used_by="README.md", seconds=120)
def are_empty_after_a_purge(lab: Lab) -> None:
    """PurgeQueue deletes all messages, hidden ones too, within 60 seconds."""
    queue = Queue(lab, VisibilityTimeout="1")
    for _ in range(3):
        queue.send()
    queue.receive_within(10)
    queue.client.purge_queue(QueueUrl=queue.url)
    lab.wait(max(3.0, lab.environment.settle_seconds))
    message = queue.receive(2)
    expect(not message, "a message was received after the purge")


@probe(_PURGE, used_by=_HABITS)
def can_be_purged_once_a_minute(lab: Lab) -> None:
    """A second purge within 60 seconds is refused with PurgeQueueInProgress."""
    queue = Queue(lab)
    queue.client.purge_queue(QueueUrl=queue.url)
    expect_refused("PurgeQueueInProgress", queue.client.purge_queue, QueueUrl=queue.url)


@probe(f"{SQS_API}API_SetQueueAttributes.html", used_by="roles/messaging/defaults/main.yml", seconds=180)
def drop_messages_after_the_retention_period(lab: Lab) -> None:
    """A message that is older than the queue's retention period, at least 60 seconds, is not delivered any more."""
    queue = Queue(lab, MessageRetentionPeriod="60", VisibilityTimeout="0")
    sent = time.monotonic()
    queue.send()
    lab.wait(45)
    kept = queue.receive(3)
    age = time.monotonic() - sent
    expect(kept, f"gone after {age:.0f} s")
    lab.wait(75 - age)
    gone = lab.until(lambda: not queue.receive(1), lab.environment.settle_seconds)
    expect(gone, f"still delivered after {time.monotonic() - sent:.0f} s")


@probe(f"{SQS_API}API_TagQueue.html", used_by=_MODULE)
def have_tags(lab: Lab) -> None:
    """TagQueue adds and replaces tags, UntagQueue removes them, ListQueueTags returns them."""
    queue = Queue(lab)
    client = queue.client
    client.tag_queue(QueueUrl=queue.url, Tags={"one": "1", "two": "2"})
    client.tag_queue(QueueUrl=queue.url, Tags={"two": "3"})
    client.untag_queue(QueueUrl=queue.url, TagKeys=["one"])

    def tags() -> object:
        return client.list_queue_tags(QueueUrl=queue.url).get("Tags")

    lab.settles(lambda: tags() == {"two": "3"})
    expect(tags() == {"two": "3"}, f"tags: {tags()}")
