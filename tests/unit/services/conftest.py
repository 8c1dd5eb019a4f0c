"""Fixtures that several tests share."""

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.unit.services.stub_aws import StubAws, serve_stub


@pytest.fixture(autouse=True)
def no_aws_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the AWS variables and configuration files of the machine that runs the tests."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)


@pytest_asyncio.fixture
async def stub_aws(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StubAws]:
    """A stub of AWS, with the AWS SDK's environment variables set to it."""
    async with serve_stub() as stub:
        for name, value in stub.environment.items():
            monkeypatch.setenv(name, value)
        yield stub
