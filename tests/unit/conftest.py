"""Fixtures for the source under test, AWS modules with stubbed clients, and playbooks."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import botocore.session
import pytest
from ansible.module_utils.testing import patch_module_args
from botocore.stub import Stubber

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parents[2]
PLUGINS = ROOT / "collections/ansible_collections/orders/deploy/plugins"


session = functools.cache(botocore.session.Session)  # it keeps the descriptions of services that it has read


class Aws(dict[str, Stubber]):
    """The botocore stubbers of AWS services, by the name of the service."""

    def __missing__(self, service: str) -> Stubber:
        client = session().create_client(
            service,
            region_name="us-west-2",
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  # not a secret
        )
        stub = self[service] = Stubber(client)
        stub.activate()
        return stub


class RunModule(Protocol):
    def __call__(self, **arguments: object) -> dict[str, Any]: ...


class Played(NamedTuple):
    status: int
    output: str


class StartPlaybook(Protocol):
    def __call__(self, playbook: str, *arguments: str, **environment: str) -> subprocess.Popen[str]: ...


class Play(Protocol):
    def __call__(self, playbook: str, *arguments: str, **environment: str) -> Played: ...


@pytest.fixture(scope="module")
def source(request: pytest.FixtureRequest) -> ModuleType:
    """The plugin or program with the name of the test file."""
    name = request.path.stem.removeprefix("test_")
    if plugins := sorted(PLUGINS.glob(f"*/{name}.py")):  # an action before the module that documents it
        return importlib.import_module(f"ansible_collections.orders.deploy.plugins.{plugins[0].parent.name}.{name}")
    directories = ("roles/*/files", "requirements", "tests/molecule/collections/ansible_collections/*/*/plugins/*")
    (path,) = (path for directory in directories for path in ROOT.glob(f"{directory}/{name}.py"))
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """Stubbed AWS services. A test fails if it does not use every response."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    services = Aws()
    yield services
    for stub in services.values():
        stub.client.close()
        stub.assert_no_pending_responses()


@pytest.fixture
def run_module(
    source: ModuleType, aws: Aws, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> RunModule:
    """Run the module under test with arguments, as Ansible does, and return its result."""

    def run(**arguments: object) -> dict[str, Any]:
        monkeypatch.setattr(source.AnsibleAWSModule, "client", lambda _self, service: aws[service].client)
        with patch_module_args(arguments), pytest.raises(SystemExit) as end:
            source.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert bool(end.value.code) == result.get("failed", False)
        return result

    return run


@pytest.fixture
def start_playbook(tmp_path: Path) -> Iterator[StartPlaybook]:
    """Start Ansible with the settings of the project on a playbook; its files stay in a temporary directory."""
    started = []

    def start(playbook: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        (tmp_path / "playbook.yml").write_text(playbook)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AWS_"))}
        own = {"HOME": str(tmp_path), "ANSIBLE_HOME": f"{tmp_path}/home", "ANSIBLE_ASYNC_DIR": f"{tmp_path}/async"}
        process = subprocess.Popen(  # noqa: S603  # built here
            [Path(sys.executable).with_name("ansible-playbook"), tmp_path / "playbook.yml", *arguments],
            cwd=ROOT,
            env=inherited | own | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with process:
            process.kill()


@pytest.fixture
def play(start_playbook: StartPlaybook) -> Play:
    """Run a playbook and return its result."""

    def run(playbook: str, *arguments: str, **environment: str) -> Played:
        process = start_playbook(playbook, *arguments, **environment)
        output, _ = process.communicate(timeout=30)
        return Played(process.returncode, output)

    return run
