"""The role smoke_order before the name has a DNS record, with moto as a stand-in for CloudWatch Logs."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from moto.server import ThreadedMotoServer

from tests.unit.https_api import NAME, certificate, serve
from tests.unit.role_runs import outcomes_of, role_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-west-2"}
LOGS = {"logGroupName": "/ecs/orders/processor", "logStreamName": "processor"}


@pytest.fixture
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_an_order_reaches_a_load_balancer_without_a_dns_record(moto: str, tmp_path: Path) -> None:
    logs: Any = botocore.session.Session().create_client(
        "logs",
        region_name="us-west-2",
        endpoint_url=moto,
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    logs.create_log_group(logGroupName=LOGS["logGroupName"])
    logs.create_log_stream(**LOGS)

    def complete() -> None:
        message = json.dumps({"message": "order completed", "order_id": "o-1"})
        logs.put_log_events(**LOGS, logEvents=[{"timestamp": int(time.time() * 1000), "message": message}])

    file = certificate(tmp_path)
    with serve(file) as api:
        api.accepted = complete
        environment = KEYS | {"AWS_ENDPOINT_URL": moto, "SSL_CERT_FILE": str(file), "NO_PROXY": "*"}
        run = role_run(
            "smoke_order",
            environment,
            smoke_order_url=f"https://{NAME}:{api.server_port}",
            smoke_order_address="127.0.0.1",
            smoke_order_log_groups={"processor": LOGS["logGroupName"]},
            smoke_order_attempts=1,
            smoke_order_attempt_seconds=5,
        )
        outcomes = outcomes_of({"first": run}, tmp_path)
    logs.close()

    assert outcomes["first"] == "went on", outcomes["output"]
    assert "Point the name at 127.0.0.1" in outcomes["output"]
