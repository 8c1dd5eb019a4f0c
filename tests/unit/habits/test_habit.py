"""Tests of AWS's habits, in front of a stand-in that answers what it is told."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from habits import calls
from habits.__main__ import MESSAGES
from habits.calls import Call
from habits.habit import HABITS, Habit, habits
from tests.playbook import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp.typedefs import Handler

SIGNATURE = "AWS4-HMAC-SHA256 Credential={}/20260101/us-west-2/{}/aws4_request, SignedHeaders=host, Signature=0"
JSON_TARGETS = {"ecs": "AmazonEC2ContainerServiceV20141113", "sqs": "AmazonSQS"}


def request(service: str, operation: str, access_key: str = "key", **parameters: str) -> web.Request:
    """Return a request as an SDK sends it."""
    headers = {"Authorization": SIGNATURE.format(access_key, service)}
    if service in JSON_TARGETS:
        headers["X-Amz-Target"] = f"{JSON_TARGETS[service]}.{operation}"
        body = json.dumps(parameters).encode()
    else:
        body = urlencode({"Action": operation, "Version": "2016-11-15", **parameters}).encode()
    made = make_mocked_request("POST", "/", headers)
    made._read_bytes = body  # noqa: SLF001  # what read() returns
    return made


class Clock:
    """A clock that a test sets, and that never tells the same time twice."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


class AWS:
    """A habit in front of a stand-in whose answers a test sets."""

    def __init__(self, name: str, monkeypatch: pytest.MonkeyPatch, *rules: dict[str, object]) -> None:
        if rules:
            monkeypatch.setitem(HABITS, name, {"rules": list(rules)})
        self.clock = Clock()
        self.habit = Habit(name, 1, self.clock)
        self.answer = "{}"
        self.status = 200
        self.received: list[str] = []

    async def _answered(self, made: web.Request, handler: Handler) -> web.StreamResponse:
        return await self.habit.middleware(made, handler)

    def call(self, service: str, operation: str, **parameters: str) -> tuple[int, str]:
        """Make a call; return the status and the body of its answer."""

        async def handler(_: web.Request) -> web.Response:
            self.received.append(operation)
            return web.Response(status=self.status, text=self.answer)

        made = request(service, operation, **parameters)
        answer = asyncio.run(self._answered(made, handler))
        assert isinstance(answer, web.Response)
        return answer.status, answer.text or ""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AWS]:
    return lambda name, *rules: AWS(name, monkeypatch, *rules)


def test_a_refused_call_does_not_reach_the_stand_in(aws: Callable[..., AWS]) -> None:
    one = aws("x", {"calls": ["ec2:*"], "every": 2, "refuse": [503, "RequestLimitExceeded", "Too many"]})
    assert [one.call("ec2", "DescribeVpcs")[0] for _ in range(4)] == [200, 503, 200, 503]
    assert len(one.received) == 2
    assert one.habit.shown == 2


def test_a_call_that_is_repeated_takes_effect_twice(aws: Callable[..., AWS]) -> None:
    one = aws("x", {"calls": ["sns:Publish*"], "every": 2, "repeat": True})
    for _ in range(4):
        assert one.call("sns", "PublishBatch") == (200, "{}")
    assert one.call("sns", "CreateTopic") == (200, "{}")
    assert one.received == ["PublishBatch"] * 6 + ["CreateTopic"]
    assert one.habit.shown == 2


def test_a_list_is_reversed(aws: Callable[..., AWS]) -> None:
    one = aws("x", {"calls": ["sqs:ReceiveMessage"], "every": 2, "reverse": "Messages"})
    one.answer = json.dumps({"Messages": [{"MessageId": "1"}, {"MessageId": "2"}]})
    received = [json.loads(one.call("sqs", "ReceiveMessage")[1])["Messages"] for _ in range(2)]
    assert [[message["MessageId"] for message in messages] for messages in received] == [["1", "2"], ["2", "1"]]
    one.answer = "{}"
    assert [one.call("sqs", "ReceiveMessage") for _ in range(2)] == [(200, "{}")] * 2
    assert one.habit.shown == 1


@pytest.mark.parametrize("name", MESSAGES)
def test_a_load_test_sets_how_often_messages_meet_a_habit(name: str, aws: Callable[..., AWS]) -> None:
    one = aws(name)
    one.habit = Habit(name, 1, every=5)
    one.answer = json.dumps({"Messages": [{"MessageId": "1"}, {"MessageId": "2"}]})
    for _ in range(5):
        one.call("sns", "PublishBatch")
        one.call("sqs", "ReceiveMessage")
    assert one.habit.shown == (2 if name == "throttled_messages" else 1)


def test_a_refusal_after_a_change_ends_with_its_time(aws: Callable[..., AWS]) -> None:
    one = aws("queue_deleted_recently")
    one.call("sqs", "DeleteQueue", QueueUrl="http://sqs/1/orders-queue")
    assert one.call("sqs", "CreateQueue", QueueName="orders-queue")[0] == 400
    assert one.call("sqs", "CreateQueue", QueueName="another")[0] == 200
    one.clock.now = 61
    assert one.call("sqs", "CreateQueue", QueueName="orders-queue")[0] == 200


def test_a_stale_answer_is_that_before_the_change(aws: Callable[..., AWS]) -> None:
    one = aws("x", {"after": ["sqs:DeleteQueue"], "seconds": 60, "calls": ["sqs:ListQueues"], "stale": True})
    one.answer = '{"QueueUrls": ["a"]}'
    one.call("sqs", "ListQueues")
    one.call("sqs", "DeleteQueue", QueueUrl="a")
    one.answer = '{"QueueUrls": []}'
    one.clock.now = 59
    assert one.call("sqs", "ListQueues") == (200, '{"QueueUrls": ["a"]}')
    one.clock.now = 61
    assert one.call("sqs", "ListQueues") == (200, '{"QueueUrls": []}')


def test_what_was_removed_is_found_for_a_while(aws: Callable[..., AWS]) -> None:
    one = aws("x", {"after": ["sqs:DeleteQueue"], "seconds": 60, "calls": ["sqs:GetQueueUrl"], "stale": True})
    one.answer = '{"QueueUrl": "a"}'
    one.call("sqs", "GetQueueUrl", QueueName="a")
    one.call("sqs", "DeleteQueue", QueueUrl="a")
    one.status, one.answer = 400, "NonExistentQueue"
    assert one.call("sqs", "GetQueueUrl", QueueName="a") == (200, '{"QueueUrl": "a"}')
    assert one.call("sqs", "GetQueueUrl", QueueName="b") == (400, "NonExistentQueue")
    one.clock.now = 61
    assert one.call("sqs", "GetQueueUrl", QueueName="a") == (400, "NonExistentQueue")


def test_a_call_that_failed_changed_nothing(aws: Callable[..., AWS]) -> None:
    one = aws("queue_deleted_recently")
    one.status = 400
    one.call("sqs", "DeleteQueue", QueueUrl="http://sqs/1/orders-queue")
    one.status = 200
    assert one.call("sqs", "CreateQueue", QueueName="orders-queue")[0] == 200


def test_an_answer_from_before_another_change_is_not_repeated(aws: Callable[..., AWS]) -> None:
    one = aws("x", {"after": ["sqs:DeleteQueue"], "seconds": 60, "calls": ["sqs:ListQueues"], "stale": True})
    one.answer = '{"QueueUrls": ["a", "b"]}'
    one.call("sqs", "ListQueues")
    one.clock.now = 1
    one.call("sqs", "DeleteQueue", QueueUrl="a")
    one.clock.now = 100
    one.call("sqs", "DeleteQueue", QueueUrl="b")
    one.answer = '{"QueueUrls": []}'
    assert one.call("sqs", "ListQueues") == (200, '{"QueueUrls": []}')


def test_a_state_is_shown_in_xml(aws: Callable[..., AWS]) -> None:
    one = aws("nat_gateway_states")
    gateway = "<item><natGatewayId>{}</natGatewayId><state>available</state></item>"
    one.answer = '<R xmlns="http://ec2.amazonaws.com/doc/"><natGatewayId>nat-1</natGatewayId></R>'
    one.call("ec2", "CreateNatGateway", SubnetId="subnet-1")
    one.answer = f'<R xmlns="http://ec2.amazonaws.com/doc/">{gateway.format("nat-1")}{gateway.format("nat-2")}</R>'
    _, text = one.call("ec2", "DescribeNatGateways")
    assert calls.values(text.encode(), "state") == ["pending", "available"]


def test_a_state_of_a_state_is_shown(aws: Callable[..., AWS]) -> None:
    one = aws("load_balancer_states")
    state = "<State><Code>active</Code></State>"
    one.answer = f"<R><member><LoadBalancerArn>arn:x/app/orders/1</LoadBalancerArn>{state}</member></R>"
    one.call("elasticloadbalancing", "CreateLoadBalancer", Name="orders")
    _, text = one.call("elasticloadbalancing", "DescribeLoadBalancers")
    assert calls.values(text.encode(), "code") == ["provisioning"]


def test_a_state_is_shown_in_json(aws: Callable[..., AWS]) -> None:
    one = aws("removed_services_and_clusters")
    one.answer = '{"clusters": [{"clusterName": "orders", "status": "ACTIVE"}], "failures": []}'
    one.call("ecs", "DescribeClusters", clusters="orders")
    one.call("ecs", "DeleteCluster", cluster="orders")
    one.answer = '{"clusters": [], "failures": [{"reason": "MISSING"}]}'
    _, text = one.call("ecs", "DescribeClusters", clusters="orders")
    assert json.loads(text)["clusters"] == [{"clusterName": "orders", "status": "INACTIVE"}]


def test_a_lost_answer_took_effect(aws: Callable[..., AWS]) -> None:
    one = aws("x", {"calls": ["ec2:Create*"], "every": 1, "lose": "answer"})
    assert one.call("ec2", "CreateVpc")[0] == 500
    assert one.received == ["CreateVpc"]


def test_credentials_that_expired_stay_expired_and_others_work(aws: Callable[..., AWS]) -> None:
    one = aws("x", {"calls": ["sqs:*"], "from_call": 2, "refuse": [403, "ExpiredToken", "Expired"]})
    statuses = [one.call("sqs", "ListQueues", access_key=key)[0] for key in ("old", "old", "old", "new", "new", "new")]
    assert statuses == [200, 403, 403, 200, 200, 200]


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("ec2", "<Response><Errors><Error><Code>C</Code><Message>M</Message></Error></Errors></Response>"),
        ("iam", "<ErrorResponse><Error><Code>C</Code><Message>M</Message></Error></ErrorResponse>"),
        ("ecs", '{"__type": "C", "message": "M"}'),
    ],
)
def test_an_error_has_the_form_of_its_protocol(service: str, expected: str) -> None:
    protocols = {"ec2": "ec2", "iam": "query", "ecs": "json"}
    assert calls.error(Call(service, "X", {}, protocol=protocols[service]), 400, "C", "M").text == expected


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/", "ListBuckets"),
        ("PUT", "/bucket", "CreateBucket"),
        ("PUT", "/bucket?lifecycle", "PutBucketLifecycleConfiguration"),
        ("PUT", "/bucket/key", "PutObject"),
        ("GET", "/bucket/a/b", "GetObject"),
    ],
)
def test_calls_of_s3_are_known_by_method_path_and_query(method: str, path: str, operation: str) -> None:
    made = make_mocked_request(method, path, {"Authorization": SIGNATURE.format("key", "s3")})
    made._read_bytes = b""  # noqa: SLF001  # what read() returns
    call = asyncio.run(calls.read_call(made))
    assert call is not None
    assert call.operation == operation


@pytest.mark.parametrize("name", HABITS)
def test_each_habit_has_a_source_and_rules_that_can_be_read(name: str) -> None:
    assert HABITS[name]["as_on_aws"].endswith(".")
    assert "https://docs.aws.amazon.com/" in HABITS[name]["source"]
    Habit(name, 1)  # fails if a field is unknown


def test_the_habits_that_are_on_together_are_those_that_are_not_alone() -> None:
    together = {habit.name for habit in habits(1)}
    assert set(HABITS) - together == {"lost_answers", "expired_token", *MESSAGES}


@pytest.mark.parametrize("name", HABITS)
def test_the_documentation_lists_each_habit(name: str) -> None:
    assert f"| `{name}` | {HABITS[name]['as_on_aws']} |\n" in (ROOT / "docs/aws.md").read_text()
