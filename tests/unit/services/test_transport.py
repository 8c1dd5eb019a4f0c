"""An operation with the environment's endpoints, credentials, proxies and certificates. tests/fuzz has its bytes."""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import ClientSSLError, web
from aiohttp.test_utils import TestServer
from botocore.exceptions import ClientError, NoCredentialsError
from cryptography.x509 import IPAddress

from orders.aws import create_client
from orders.transport import Operation
from tests.unit.https_api import certificate
from tests.unit.services.stub_aws import StubAws, serve_stub, sns_error, sns_response, sqs_response

BODY = b"Action=PublishBatch&Version=2010-03-31"


@asynccontextmanager
async def operation(name: str = "PublishBatch", *, read_timeout: float = 5) -> AsyncIterator[Operation]:
    service = "sns" if name == "PublishBatch" else "sqs"
    async with create_client(
        service, region_name="us-west-2", max_pool_connections=1, read_timeout=read_timeout
    ) as client:
        yield Operation(client, name)


def set_environment(monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def access_keys(stub: StubAws) -> list[str]:
    return [headers["Authorization"].split("Credential=")[1].split("/")[0] for headers in stub.headers]


async def test_the_body_of_a_success_response_is_returned(stub_aws: StubAws) -> None:
    stub_aws.responses["PublishBatch"] = lambda: sns_response(["0"], [])
    async with operation() as publish_batch:
        assert await publish_batch(BODY) == sns_response(["0"], []).body
    assert stub_aws.requests == [("PublishBatch", {"Action": "PublishBatch", "Version": "2010-03-31"})]


async def test_an_error_response_of_sns_raises_the_clients_exception(stub_aws: StubAws) -> None:
    stub_aws.responses["PublishBatch"] = lambda: sns_error("NotFound", 404)
    async with operation() as publish_batch:
        with pytest.raises(ClientError, match="NotFound") as caught:
            await publish_batch(BODY)
    assert type(caught.value).__name__ == "NotFoundException"
    assert caught.value.operation_name == "PublishBatch"


async def test_an_error_response_of_sqs_raises_the_clients_exception(stub_aws: StubAws) -> None:
    def respond() -> web.Response:
        response = sqs_response({"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no queue"})
        response.set_status(400)
        response.headers["x-amzn-query-error"] = "AWS.SimpleQueueService.NonExistentQueue;Sender"
        return response

    stub_aws.responses["ReceiveMessage"] = respond
    async with operation("ReceiveMessage") as receive_message:
        with pytest.raises(ClientError, match="NonExistentQueue") as caught:
            await receive_message(b"{}")
    assert type(caught.value).__name__ == "QueueDoesNotExist"


async def test_a_response_that_does_not_come_raises(stub_aws: StubAws) -> None:
    stub_aws.responses["PublishBatch"] = lambda: sns_response(["0"], [])
    stub_aws.open.clear()
    async with operation(read_timeout=0.1) as publish_batch:
        with pytest.raises(TimeoutError):
            await publish_batch(BODY)
    stub_aws.open.set()


async def test_the_endpoint_of_the_service_wins(stub_aws: StubAws, monkeypatch: pytest.MonkeyPatch) -> None:
    stub_aws.responses["PublishBatch"] = lambda: sns_response(["0"], [])
    set_environment(monkeypatch, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_SNS": stub_aws.url})
    async with operation() as publish_batch:
        await publish_batch(BODY)
    assert len(stub_aws.requests) == 1


async def test_a_proxy_gets_the_request_unless_no_proxy_names_the_endpoint(
    stub_aws: StubAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub_aws.responses["PublishBatch"] = lambda: sns_response(["0"], [])
    async with serve_stub() as proxy:
        proxy.responses = stub_aws.responses
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        async with operation() as publish_batch:
            await publish_batch(BODY)
        assert (len(proxy.requests), len(stub_aws.requests)) == (1, 0)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        async with operation() as publish_batch:
            await publish_batch(BODY)
        assert (len(proxy.requests), len(stub_aws.requests)) == (1, 1)


async def test_the_endpoints_certificate_is_verified_with_the_environments_authorities(
    stub_aws: StubAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = certificate(tmp_path, IPAddress(ip_address("127.0.0.1")))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    assert stub_aws.url
    async with serve_stub(context) as stub:
        stub.responses["PublishBatch"] = lambda: sns_response(["0"], [])
        monkeypatch.setenv("AWS_ENDPOINT_URL", stub.url)
        async with operation() as publish_batch:
            with pytest.raises(ClientSSLError):
                await publish_batch(BODY)
        monkeypatch.setenv("AWS_CA_BUNDLE", str(file))
        async with operation() as publish_batch:
            await publish_batch(BODY)
        assert len(stub.requests) == 1


async def test_no_credentials_raise(stub_aws: StubAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    async with operation() as publish_batch:
        with pytest.raises(NoCredentialsError):
            await publish_batch(BODY)
    assert stub_aws.requests == []


async def test_a_profile_has_the_credentials(
    stub_aws: StubAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stub_aws.responses["PublishBatch"] = lambda: sns_response(["0"], [])
    file = tmp_path / "credentials"
    file.write_text("[orders]\naws_access_key_id = of-profile\naws_secret_access_key = s\naws_session_token = token\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    set_environment(monkeypatch, {"AWS_PROFILE": "orders", "AWS_SHARED_CREDENTIALS_FILE": str(file)})
    async with operation() as publish_batch:
        await publish_batch(BODY)
    assert access_keys(stub_aws) == ["of-profile"]
    assert stub_aws.headers[0]["X-Amz-Security-Token"] == "token"
    assert ";x-amz-security-token" in stub_aws.headers[0]["Authorization"]


async def test_a_tasks_credentials_are_refreshed_before_they_expire(
    stub_aws: StubAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub_aws.responses["PublishBatch"] = lambda: sns_response(["0"], [])
    keys = iter(["first", "second", "third"])

    async def credentials(_: web.Request) -> web.Response:
        expiration = f"{datetime.now(UTC) + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
        return web.json_response(
            {"AccessKeyId": next(keys), "SecretAccessKey": "s", "Token": "t", "Expiration": expiration}
        )

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    app = web.Application()
    app.router.add_get("/credentials", credentials)
    async with TestServer(app) as agent:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", str(agent.make_url("/credentials")))
        async with operation() as publish_batch:
            await publish_batch(BODY)
            await publish_batch(BODY)
    assert access_keys(stub_aws) == ["second", "third"]
