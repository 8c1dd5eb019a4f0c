"""Whatever is set in the shell or in ~/.aws: calls go where the inventory says, or the deployment is refused."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import ansible_collections.amazon.aws
import botocore
import pytest
from botocore.exceptions import BotoCoreError
from botocore.loaders import Loader
from botocore.session import Session
from botocore.utils import get_environ_proxies

from tests.unit.role_runs import ROOT, clean_environment

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]
OPERATIONS = {"sns": "list_topics", "ecs": "list_clusters", "s3": "list_buckets"}  # s3 has the most settings of its own
# An address, a switch, a number, and a name in the configuration.
VALUES = ["http://elsewhere.test", "true", "1", "elsewhere"]
CONFIGURATION = """
[default]
endpoint_url = http://elsewhere.test
ignore_configured_endpoint_urls = true
use_fips_endpoint = true
use_dualstack_endpoint = true
s3 =
  use_accelerate_endpoint = true
aws_access_key_id = elsewhere
aws_secret_access_key = elsewhere
aws_session_token = elsewhere
[profile elsewhere]
endpoint_url = http://elsewhere.test
"""

LOADER = Loader()


def variables_of_the_sdk() -> list[str]:
    """Return the variables in the sources of botocore and of amazon.aws, the endpoint of each service, and proxies."""
    sources = [*Path(botocore.__file__).parent.glob("*.py")]
    sources += Path(*ansible_collections.amazon.aws.__path__).glob("plugins/module_utils/*.py")
    quoted = r"""["']((?:AWS|BOTO|BOTOCORE|EC2|S3)_[A-Z0-9_]+)["']"""
    found = {name for source in sources for name in re.findall(quoted, source.read_text())}
    services = LOADER.list_available_services("service-2")
    ids = {LOADER.load_service_model(service, "service-2")["metadata"]["serviceId"] for service in services}
    endpoints = {f"AWS_ENDPOINT_URL_{re.sub('[ -]', '_', name).upper()}" for name in ids}
    return sorted(found | endpoints | set(PROXIES))


VARIABLES = variables_of_the_sdk()


def read_inventory(name: str, directory: Path) -> dict[str, Any]:
    """Return `aws_environment` of an inventory, and as `refused` the patterns of the role preflight."""
    output = directory / "variables.json"
    content = "{{ {'aws_environment': aws_environment, 'refused': __preflight_leading_variables} | to_json }}"
    tasks = [
        {"include_vars": f"{ROOT}/roles/preflight/vars/main.yml"},
        {"copy": {"content": content, "dest": str(output), "mode": "0600"}},
    ]
    playbook = directory / "playbook.yml"
    playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    subprocess.run(  # noqa: S603  # our own command
        [Path(sys.executable).with_name("ansible-playbook"), playbook, f"--inventory={ROOT}/inventories/{name}"],
        cwd=ROOT,
        env=clean_environment(directory),
        check=True,
        capture_output=True,
    )
    variables: dict[str, Any] = json.loads(output.read_text())
    return variables


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory in which no variable of the SDK is set."""
    (tmp_path / ".aws").mkdir()
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


class Sent(NamedTuple):
    """Where a request went, through which proxies, and with whose credentials."""

    endpoint: str
    proxies: dict[str, str]
    access_key: str
    session_token: str | None


class SentError(Exception):
    """Ends a call, whose request is about to be sent."""


def sent_requests() -> list[Sent]:
    """Return what the SDK would send to each service.

    Raises BotoCoreError or ValueError if the SDK refuses a variable.
    """
    session = Session()
    session.register_component("data_loader", LOADER)
    requests = []

    def record(request: AWSPreparedRequest, **_: object) -> None:
        url = urlsplit(request.url)
        authorization = str(request.headers["Authorization"])
        access_key = authorization.partition("Credential=")[2].partition("/")[0]
        token = request.headers.get("X-Amz-Security-Token")
        requests.append(Sent(f"{url.scheme}://{url.netloc}", get_environ_proxies(request.url), access_key, token))
        raise SentError

    for service, operation in OPERATIONS.items():
        client = session.create_client(service)
        client.meta.events.register("before-send", record)
        with contextlib.suppress(SentError):
            getattr(client, operation)()
        client.close()
    return requests


def test_nothing_leads_calls_of_an_emulator_elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("config", "credentials"):
        (home / ".aws" / name).write_text(CONFIGURATION)
    inventory = read_inventory("localstack", home)
    own = inventory["aws_environment"]
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    expected = sent_requests()
    assert expected == [
        Sent(endpoint, {}, own["AWS_ACCESS_KEY_ID"], None)
        for endpoint in ("http://127.0.0.1:4566", "http://127.0.0.1:4567", "http://127.0.0.1:4567")
    ]

    elsewhere = {}
    for name in VARIABLES:
        if name in own or any(re.fullmatch(pattern, name) for pattern in inventory["refused"]):
            continue
        for value in VALUES:
            with monkeypatch.context() as shell, contextlib.suppress(BotoCoreError, ValueError):
                shell.setenv(name, value)
                if (sent := sent_requests()) != expected:
                    elsewhere[name, value] = sent
    assert elsewhere == {}


def test_no_endpoint_in_a_file_leads_calls_of_aws_elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in read_inventory("aws", home)["aws_environment"].items():
        monkeypatch.setenv(name, value)
    (home / ".aws" / "config").write_text("[default]\nendpoint_url = http://elsewhere.test\n")
    (home / ".aws" / "credentials").write_text("[default]\naws_access_key_id = test\naws_secret_access_key = test\n")

    endpoints = [sent.endpoint for sent in sent_requests()]

    assert endpoints == [f"https://{service}.us-west-2.amazonaws.com" for service in OPERATIONS]
