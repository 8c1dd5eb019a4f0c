from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from ansible.module_utils.testing import patch_module_args

from tests.unit.https_api import NAME, Api, ApiHandler, certificate, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with serve(file) as server:
        yield server


def send(source: ModuleType, capsys: pytest.CaptureFixture[str], url: str, **arguments: object) -> dict[str, Any]:
    given = {"url": url, "body": {"customer_id": 1}, "status": 202, **arguments}
    with patch_module_args(given), pytest.raises(SystemExit):
        source.main()
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_a_name_without_a_dns_record_is_reached_at_the_address(
    source: ModuleType, api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    host = f"{NAME}:{api.server_port}"

    result = send(source, capsys, f"https://{host}/orders/async", address="127.0.0.1")

    assert (result["status"], result["json"], result["resolved"]) == (202, {"order_id": "o-1"}, False)
    assert (api.asked, api.sni, api.body) == (f"{host}/orders/async", NAME, {"customer_id": 1})


def test_a_certificate_of_another_name_is_refused(
    source: ModuleType, api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    result = send(source, capsys, f"https://other.invalid:{api.server_port}/", address="127.0.0.1")

    assert (result["failed"], result["status"]) == (True, -1)
    assert "certificate is not valid for 'other.invalid'" in result["msg"]


def test_another_status_fails_with_the_document(
    source: ModuleType, api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    api.status = 503

    result = send(source, capsys, f"https://{NAME}:{api.server_port}/", address="127.0.0.1")

    assert (result["failed"], result["status"], result["json"]) == (True, 503, {"order_id": "o-1"})
    assert "the status is 503 instead of 202" in result["msg"]


def test_without_an_address_the_name_is_looked_up(source: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with Api(("127.0.0.1", 0), ApiHandler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        result = send(source, capsys, f"http://localhost:{server.server_port}/orders/async")
        thread.join()

    assert (result["status"], result["resolved"]) == (202, True)


def test_a_closed_port_is_named(source: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    result = send(source, capsys, "http://127.0.0.1:1/orders")

    assert (result["failed"], result["status"]) == (True, -1)
    assert "http://127.0.0.1:1/orders: " in result["msg"]
    assert "Connection refused" in result["msg"]
