"""Stand-ins for AWS, to rehearse the inventory aws: the moto server, and MiniStack with AUTH=true.

A reverse proxy gives both the habits of AWS in habits.yml.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
import yaml

from habits.habit import habits
from habits.proxy import record, reverse_proxy
from tests.playbook import ROOT, Play, has_snapshots, play
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from habits.calls import Call
    from habits.habit import Habit

HERE = Path(__file__).parent
REGION = "us-west-2"
LONGEST_POLICY = 6144  # the maximum of a managed policy, in characters without white space
TIME_SCALE = 0.1  # a minute of AWS takes six seconds
SECRET = "any-secret-will-do"  # noqa: S105  # of the root user; the stand-ins accept any


class StandIn:
    """A stand-in for an AWS account; `aws_environment` directs `inventories/aws` to it."""

    def __init__(self, name: str, directory: Path, root: Path = ROOT) -> None:
        """Choose the project and the port; ``root`` is the checkout that is deployed."""
        self.name = name
        self.root = root
        self.project = f"orders-reh-{secrets.token_hex(3)}"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.endpoint = self.url  # for the playbooks: the habits of AWS are in front of it
        self.calls: list[Call] = []  # of the playbooks
        self.credentials = {"AWS_ACCESS_KEY_ID": "rehearsal-root", "AWS_SECRET_ACCESS_KEY": SECRET}
        self.boundary = ""  # the permissions boundary of the roles, if the deployer has to set one
        self.directory = directory
        self.lacks: dict[str, Any] = yaml.safe_load((HERE / "stand_ins.yml").read_text())[name]

    @property
    def variables(self) -> dict[str, Any]:
        """The variables that override the inventory's: the endpoint, directories, and what the stand-in lacks."""
        lacking = {
            name: variable["value"].format(port=self.port, project=self.project)
            if isinstance(variable["value"], str)
            else variable["value"]
            for name, variable in self.lacks["variables"].items()
        }
        # Never the same, so that all roles run each time.
        snapshots = str(self.directory / "snapshots" / secrets.token_hex(3))
        return {
            "project": self.project,
            "results_directory": str(self.directory / "results"),
            **({"snapshot_directory": snapshots} if has_snapshots(self.root) else {}),
            "confirm": True,
            "aws_environment": self.environment(self.endpoint),
            "iam_roles_permissions_boundary": self.boundary,
            **lacking,
        }

    @staticmethod
    def environment(endpoint: str) -> dict[str, str]:
        """Return the inventory's ``aws_environment``."""
        return {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": endpoint}

    @contextmanager
    def behaving(self, *names: str) -> Iterator[list[Habit]]:
        """Give the stand-in these habits of AWS as well, or all that can be on together."""
        before = self.endpoint
        given = habits(TIME_SCALE, names or None)
        try:
            with reverse_proxy(before, *(habit.middleware for habit in given), record(self.calls)) as self.endpoint:
                yield given
        finally:
            self.endpoint = before

    @property
    def scales(self) -> bool:
        """Whether it has Application Auto Scaling."""
        return "autoscaling_enabled" not in self.lacks["variables"]

    def play(self, playbook: str, *arguments: str, kill_at: str = "", **variables: Any) -> Play:  # noqa: ANN401  # a variable has any type
        """Run a playbook with the inventory aws."""
        command = [playbook, *self._arguments(variables), *arguments]
        done = play(command, self.credentials, root=self.root, kill_at=kill_at)
        return done._replace(changed=[task for task in done.changed if task not in self.lacks["changed"]])

    def trial(self, output: Path, *, interrupt_at: str = "") -> Play:
        """Run a trial with the inventory aws, whose bundle goes to ``output``; interrupt it when it starts a task."""
        command = ["-m", "loadtest", "trial", "--output", str(output), "--", *self._arguments({})]
        return play(command, self.credentials, program="python", kill_at=interrupt_at, kill_with=signal.SIGINT)

    def _arguments(self, variables: dict[str, Any]) -> list[str]:
        skipped = ",".join(self.lacks["skip_tags"])
        arguments = ["-i", "inventories/aws", "-e", json.dumps({**self.variables, **variables})]
        return [*arguments, "--skip-tags", skipped] if skipped else arguments

    def resources(self) -> dict[str, list[str]]:
        """Return the resources of the project, by kind."""
        file = self.directory / "resources.json"
        assert self._look(HERE / "resources.yml", file) == 0
        resources: dict[str, list[str]] = json.loads(file.read_text())
        return resources

    def _look(self, playbook: Path, file: Path) -> int:
        """Run a playbook that writes to a file, without the habits of AWS: they would answer as before."""
        return self.play(str(playbook), file=str(file), aws_environment=self.environment(self.url)).status

    def untagged(self, key: str) -> list[str]:
        """Return the resources of the project whose tags, as the services describe them, lack a key."""
        file = self.directory / "snapshot.json"
        assert self._look(HERE / "snapshot.yml", file) == 0
        kinds: dict[str, dict[str, Any]] = json.loads(file.read_text())
        return sorted(
            identifier
            for resources in kinds.values()
            for identifier, described in resources.items()
            if f'"{key}"' not in json.dumps(described)
        )

    def client(self, service: str, credentials: dict[str, str] | None = None, region: str = REGION) -> Any:  # noqa: ANN401  # botocore creates its classes at runtime
        """Return a client of a service: with the permissions of the root user, or with these credentials."""
        credentials = credentials or {"AWS_ACCESS_KEY_ID": "rehearsal-root", "AWS_SECRET_ACCESS_KEY": SECRET}
        return botocore.session.Session().create_client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
        )

    @property
    def account(self) -> str:
        """The identifier of the account."""
        account: str = self.client("sts").get_caller_identity()["Account"]
        return account

    def documented_policies(self) -> dict[str, str]:
        """Return the policies of docs/deployer-policies for this account and project, by name."""
        variables = {"PARTITION": "aws", "ACCOUNT": self.account, "REGION": REGION, "PROJECT": self.project}
        policies = {}
        for file in (ROOT / "docs/deployer-policies").glob("*.json"):
            policies[file.stem] = file.read_text()
            for name, value in variables.items():
                policies[file.stem] = policies[file.stem].replace(f"${{{name}}}", value)
        return policies

    def become_deployer(self) -> None:
        """Switch to a user with the policies of docs/deployer-policies and the exceptions of stand_ins.yml."""
        iam = self.client("iam")
        iam.create_user(UserName="deployer")
        exceptions = {"Effect": "Allow", "Action": list(self.lacks["actions"]), "Resource": "*"}
        policies = {"exceptions": json.dumps({"Version": "2012-10-17", "Statement": [exceptions]})}
        for name, document in {**policies, **self.documented_policies()}.items():
            assert len("".join(document.split())) <= LONGEST_POLICY
            created = iam.create_policy(PolicyName=f"{self.project}-{REGION}-{name}", PolicyDocument=document)["Policy"]
            if name == "boundary":  # of the roles, not of the deployer
                self.boundary = created["PolicyName"]
            else:
                iam.attach_user_policy(UserName="deployer", PolicyArn=created["Arn"])
        self.renew_credentials()

    def renew_credentials(self) -> None:
        """Replace the access key of the deployer."""
        iam = self.client("iam")
        if not iam.list_users()["Users"]:
            iam.create_user(UserName="deployer")
        key = iam.create_access_key(UserName="deployer")["AccessKey"]
        self.credentials = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def answers(url: str) -> bool:
    """Whether a server answers."""
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310  # http, on loopback
            return True
    except OSError:
        return False


@contextmanager
def moto(stand_in: StandIn) -> Iterator[None]:
    """Run the moto server."""
    assert play([str(HERE / "base_image.yml"), "-i", "localhost,", "-c", "local"], {}).status == 0
    log = (stand_in.directory / "moto.log").open("w")
    command = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(stand_in.port)]
    environment = {**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
    with log, subprocess.Popen(command, env=environment, stdout=log, stderr=log) as server:  # noqa: S603  # built here
        try:
            deadline = time.monotonic() + 60
            while not answers(f"{stand_in.url}/moto-api/"):
                assert time.monotonic() < deadline, (stand_in.directory / "moto.log").read_text()
                time.sleep(0.2)
            yield
        finally:
            server.terminate()


@contextmanager
def ministack(stand_in: StandIn) -> Iterator[None]:
    """Run MiniStack, which enforces IAM policies."""

    def set_state(state: str) -> Play:
        variables = {"project": stand_in.project, "stand_in_port": stand_in.port, "state": state}
        return play([str(HERE / "ministack.yml"), "-i", "localhost,", "-c", "local", "-e", json.dumps(variables)], {})

    try:
        assert set_state("present").status == 0
        stand_in.become_deployer()
        yield
    finally:
        set_state("absent")
        images = ["docker", "images", "-q", "--filter", f"label=project={stand_in.project}"]
        for image in set(subprocess.check_output(images, text=True).split()):  # noqa: S603  # built here
            subprocess.run(["docker", "rmi", "--force", image], check=False)  # noqa: S603, S607  # built here


@pytest.fixture(scope="module", params=[moto, ministack], ids=["moto", "ministack"])
def stand_in(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """Return each stand-in in turn, for all tests of the module."""
    run = request.param
    stand_in = StandIn(run.__name__, tmp_path_factory.mktemp(run.__name__))
    with run(stand_in), stand_in.behaving():
        yield stand_in


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Deselect the tests that need containers or policies on moto, which runs none and enforces none."""
    items[:] = [
        item
        for item in items
        if not {"containers", "policies"} & set(item.keywords) or item.callspec.params["stand_in"] is not moto
    ]
