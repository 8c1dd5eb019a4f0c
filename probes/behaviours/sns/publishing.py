"""What a topic takes, and from whom."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from probes.behaviours.sources import IAM, SNS, SNS_API
from probes.errors import expect_refused, refusal
from probes.probe import expect, probe
from probes.topic import Topic

if TYPE_CHECKING:
    from probes.lab import Lab

_PUBLISH = f"{SNS_API}API_Publish.html"
_BATCH = f"{SNS_API}API_PublishBatch.html"
_LARGEST = 256 * 1024
_BATCHES = "services/src/orders/api/topic.py"
_CALLS = 300


def _entries(number: int, message: str = "hello") -> list[dict[str, object]]:
    return [{"Id": str(each), "Message": message} for each in range(number)]


@probe(_PUBLISH, used_by=_BATCHES)
def a_message_has_up_to_256_kib(lab: Lab) -> None:
    """A message of 256 KiB is accepted, a longer one refused with InvalidParameter."""
    topic = Topic(lab)
    code = refusal(topic.publish, message="a" * _LARGEST)
    expect(not code, f"256 KiB are refused with {code}")
    expect_refused("InvalidParameter InvalidParameterValue", topic.publish, message="a" * (_LARGEST + 1))


@probe(_BATCH, used_by=_BATCHES)
def a_batch_has_256_kib_in_all(lab: Lab) -> None:
    """A batch whose messages are longer than 256 KiB together is refused with BatchRequestTooLong."""
    topic = Topic(lab)
    expect_refused(
        "BatchRequestTooLong",
        topic.client.publish_batch,
        TopicArn=topic.arn,
        PublishBatchRequestEntries=_entries(2, "a" * (200 * 1024)),
    )


@probe(_BATCH, used_by=_BATCHES)
def a_batch_answers_by_entry(lab: Lab) -> None:
    """PublishBatch answers for each entry by its Id, with a message ID for each that succeeded."""
    topic = Topic(lab)
    answer = topic.publish_batch(*_entries(10))
    found = sorted(each["Id"] for each in answer.get("Successful", []))
    expect(found == [str(number) for number in range(10)], f"successful: {found}")
    expect(len({each.get("MessageId") for each in answer["Successful"]}) == 10, "message IDs are not different")
    expect(not answer.get("Failed"), f"failed: {answer.get('Failed')}")


@probe(_BATCH, used_by=_BATCHES)
def a_batch_of_eleven_is_refused(lab: Lab) -> None:
    """A batch of more than 10 messages is refused with TooManyEntriesInBatchRequest."""
    topic = Topic(lab)
    expect_refused(
        "TooManyEntriesInBatchRequest TooManyEntriesInBatchRequestException",
        topic.client.publish_batch,
        TopicArn=topic.arn,
        PublishBatchRequestEntries=_entries(11),
    )


@probe(_BATCH)
def entries_of_a_batch_have_different_ids(lab: Lab) -> None:
    """A batch in which two entries have the same Id is refused with BatchEntryIdsNotDistinct."""
    topic = Topic(lab)
    expect_refused(
        "BatchEntryIdsNotDistinct",
        topic.client.publish_batch,
        TopicArn=topic.arn,
        PublishBatchRequestEntries=_entries(1) * 2,
    )


@probe(_BATCH)
def an_empty_batch_is_refused(lab: Lab) -> None:
    """A batch without entries is refused with EmptyBatchRequest."""
    topic = Topic(lab)
    expect_refused("EmptyBatchRequest", topic.client.publish_batch, TopicArn=topic.arn, PublishBatchRequestEntries=[])


@probe(_PUBLISH)
def an_empty_message_is_refused(lab: Lab) -> None:
    """A message without a character is refused with InvalidParameter."""
    topic = Topic(lab)
    expect_refused("InvalidParameter", topic.publish, message="")


@probe(_PUBLISH)
def a_subject_is_short(lab: Lab) -> None:
    """A subject of more than 100 characters is refused with InvalidParameter."""
    topic = Topic(lab)
    expect_refused("InvalidParameter", topic.publish, Subject="s" * 101)


@probe(_PUBLISH)
def json_needs_a_default(lab: Lab) -> None:
    """With the structure json, a message without a default is refused with InvalidParameter."""
    topic = Topic(lab)
    expect_refused("InvalidParameter", topic.publish, message=json.dumps({"sqs": "x"}), MessageStructure="json")


@probe(_PUBLISH, used_by=_BATCHES)
def a_topic_that_does_not_exist_is_an_error(lab: Lab) -> None:
    """Publishing to a topic that does not exist is refused with NotFound."""
    topic = Topic(lab)
    expect_refused("NotFound", topic.client.publish, TopicArn=f"{topic.arn}-none", Message="hello")


@probe(_PUBLISH, f"{SNS}fifo-message-dedup.html")
def a_fifo_topic_needs_a_group(lab: Lab) -> None:
    """A message to a FIFO topic without MessageGroupId is refused with InvalidParameter."""
    topic = Topic(lab, fifo=True, ContentBasedDeduplication="true")
    expect_refused("InvalidParameter", topic.publish)


@probe(f"{SNS}sns-access-policy-use-cases.html", f"{IAM}reference_policies_evaluation-logic.html", seconds=120)
def an_explicit_deny_holds(lab: Lab) -> None:
    """A topic policy that denies Publish to everyone denies it to the owner's account, too: AuthorizationError."""
    topic = Topic(lab)
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic.arn}
    topic.client.set_topic_attributes(
        TopicArn=topic.arn,
        AttributeName="Policy",
        AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    code = lab.settles(lambda: refusal(topic.publish))
    expect(
        code in ("AuthorizationError", "AuthorizationErrorException"), f"refused with {code}" if code else "accepted"
    )


@probe(f"{SNS_API}API_ListTopics.html", used_by="services/src/orders/batching.py")
def too_many_calls_are_throttled(lab: Lab) -> None:
    """ListTopics is limited to 30 calls a second: of 300 at once, some are refused with Throttling."""
    client = lab.client("sns", attempts=1)
    with ThreadPoolExecutor(30) as threads:
        codes = set(threads.map(lambda _: refusal(client.list_topics), range(_CALLS)))
    expect(
        codes & {"Throttling", "ThrottlingException", "ThrottledException", "Throttled"}, f"answers: {sorted(codes)}"
    )
