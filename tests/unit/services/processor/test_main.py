"""The processor as a process: start, completion record, settings and shutdown."""

import json
import signal

from orders.model import encode
from tests.unit.services.fakes import make_order
from tests.unit.services.processes import service, start
from tests.unit.services.stub_aws import StubAws, sqs_response

URL = "http://sqs.us-west-2.localhost/000000000000/orders"


async def test_an_order_in_progress_is_completed_and_acknowledged_after_sigterm(stub_aws: StubAws) -> None:
    order = make_order()
    message = {
        "MessageId": "m",
        "ReceiptHandle": "r",
        "Body": encode(order).decode(),
        "Attributes": {"ApproximateReceiveCount": "1"},
    }
    messages = iter([{"Messages": [message]}])
    stub_aws.responses["ReceiveMessage"] = lambda: sqs_response(next(messages, {}))
    stub_aws.responses["DeleteMessageBatch"] = lambda: sqs_response({"Successful": [{"Id": "0"}]})
    variables = {"SQS_QUEUE_URL": URL, "NUM_WORKERS": "1", "PAYMENT_SECONDS": "0.5"}
    async with service("processor", stub_aws.environment | variables) as (process, _):
        await stub_aws.requested.wait()
        process.send_signal(signal.SIGTERM)
        assert process.stdout
        lines = [json.loads(line) async for line in process.stdout]
    assert process.returncode == 0
    assert [line["memory_mib"] > 1 for line in lines if line["message"] == "memory"] == [True]
    (completed,) = [line for line in lines if line["message"] == "order completed"]
    assert completed | {"level": "info", "logger": "orders.processor", "message_id": "m"} == completed
    assert completed["order_id"] == str(order.order_id)
    deletes = stub_aws.requests_for("DeleteMessageBatch")
    assert [entry["ReceiptHandle"] for delete in deletes for entry in delete["Entries"]] == ["r"]


async def test_sigint_shuts_it_down(stub_aws: StubAws) -> None:
    stub_aws.responses["ReceiveMessage"] = lambda: sqs_response({})
    stub_aws.open.clear()
    async with service("processor", stub_aws.environment | {"SQS_QUEUE_URL": URL, "STOP_TIMEOUT_SECONDS": "3"}) as (
        process,
        _,
    ):
        process.send_signal(signal.SIGINT)
    assert process.returncode == 0
    stub_aws.open.set()


async def test_invalid_settings_exit_with_one_line() -> None:
    process = await start("processor", {"AWS_REGION": "us-west-2", "SQS_QUEUE_URL": "orders", "NUM_WORKERS": "-1"})
    out, err = await process.communicate()
    assert process.returncode == 2
    assert out == b""
    assert err.decode() == (
        "invalid settings: SQS_QUEUE_URL is 'orders', must be a queue's URL, like "
        "https://sqs.us-west-2.amazonaws.com/123456789012/orders; "
        "NUM_WORKERS is '-1', must be a whole number from 1 to 10000\n"
    )
