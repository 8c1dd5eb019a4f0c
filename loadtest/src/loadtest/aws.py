"""Clients of AWS."""

from __future__ import annotations

from typing import Any

import boto3

from loadtest.errors import LoadTestError


def client(service: str, **options: Any) -> Any:  # noqa: ANN401  # whatever boto3 takes; it creates client classes at run time
    """Return a client; raises LoadTestError when the endpoint is no URL."""
    try:
        return boto3.client(service, **options)  # type: ignore[call-overload]  # boto3-stubs wants a literal name
    except ValueError as error:
        raise LoadTestError(str(error)) from error
