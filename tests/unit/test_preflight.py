"""The checks before a deployment, and their messages, with moto as a stand-in for AWS."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import botocore.session
import pytest

from tests.unit.role_runs import ROOT, clean_environment, command, outcomes_of, role_run

if TYPE_CHECKING:
    from collections.abc import Iterator

NOWHERE = "http://127.0.0.1:1"
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "any-secret-will-do", "AWS_REGION": "us-west-2"}
ACCOUNT = {"id": "123456789012", "arn": "arn:aws:sts::123456789012:user/moto", "partition": "aws"}
EMULATORS = {"rest": {"port": 4567, "container": "orders-rest", "serves": ["default"]}}


class Moto(NamedTuple):
    """A stand-in for AWS. A test uses a region as if it were an account."""

    address: str

    def environment(self, region: str) -> dict[str, str]:
        """Return the environment variables that direct the SDKs to it."""
        return KEYS | {"AWS_ENDPOINT_URL": self.address, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}

    def create_vpcs(self, region: str, count: int, **tags: str) -> None:
        """Create VPCs beside the default one."""
        tag_list = [{"Key": key, "Value": value} for key, value in tags.items()]
        ec2: Any = botocore.session.Session().create_client(
            "ec2",
            region_name=region,
            endpoint_url=self.address,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )
        for number in range(count):
            specifications = [{"ResourceType": "vpc", "Tags": tag_list}] if tag_list else []
            ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16", TagSpecifications=specifications)
        ec2.close()


class Refusing(BaseHTTPRequestHandler):
    """Answer as AWS with the error in the path, and as a Docker Engine on ARM."""

    def do_POST(self) -> None:
        error = f"<Error><Type>Sender</Type><Code>{self.path.strip('/')}</Code><Message>Refused</Message></Error>"
        self.answer(403, f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>")

    def do_GET(self) -> None:
        self.answer(200, json.dumps({"ApiVersion": "1.41", "Architecture": "aarch64"}))

    def answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Discard the message."""


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moto]:
    log = tmp_path_factory.mktemp("moto") / "log"  # an unread pipe would fill up and block moto
    program = Path(sys.executable).with_name("moto_server")
    with (
        log.open("w") as file,
        subprocess.Popen([program, "-H", "127.0.0.1", "-p", "0"], stdout=file, stderr=file) as server,  # noqa: S603  # built here
    ):
        try:
            while not (address := re.search(r"http://127\.0\.0\.1:\d+", log.read_text())):
                assert server.poll() is None, log.read_text()
                time.sleep(0.1)
            yield Moto(address[0])
        finally:
            server.kill()


@pytest.fixture(scope="module")
def refusing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def plan_run(moto: Moto, region: str, **variables: object) -> dict[str, Any]:
    """Return a run of the role plan, with the facts of the role account."""
    return role_run(
        "plan", moto.environment(region), aws_region=region, account=ACCOUNT | {"region": region}, **variables
    )


@pytest.fixture(scope="module")
def outcomes(moto: Moto, refusing: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The outcome of each role run."""
    moto.create_vpcs("eu-west-1", 4)
    moto.create_vpcs("eu-west-2", 4, project="orders")
    emulated = KEYS | {"AWS_ENDPOINT_URL": NOWHERE}
    role_runs = {
        "no credentials": role_run(
            "preflight", {"AWS_REGION": "us-west-2", "AWS_EC2_METADATA_SERVICE_ENDPOINT": NOWHERE}
        ),
        "expired": role_run("account", KEYS | {"AWS_ENDPOINT_URL": f"http://{refusing}/ExpiredToken"}),
        "no answer": role_run("account", KEYS | {"AWS_ENDPOINT_URL": NOWHERE}),
        "no docker": role_run("preflight", emulated | {"DOCKER_HOST": "unix:///nonexistent.sock"}, emulators=EMULATORS),
        "other processors": role_run("preflight", emulated | {"DOCKER_HOST": f"tcp://{refusing}"}, emulators=EMULATORS),
        "emulators without endpoint": role_run("preflight", KEYS, emulators=EMULATORS),
        "nobody to ask": plan_run(moto, "us-west-2", confirm=False),
        "agreed": plan_run(moto, "us-west-2", confirm="true"),
        "restricted": plan_run(
            moto,
            "us-west-2",
            confirm=True,
            network_allowed_cidrs=["203.0.113.0/24"],
            load_balancer_certificate_arn="arn:aws:acm:us-west-2:123456789012:certificate/1",
        ),
        "full": plan_run(moto, "eu-west-1", confirm=True),
        "there already": plan_run(moto, "eu-west-2", confirm=False),
    }
    return outcomes_of(role_runs, tmp_path_factory.mktemp("outcomes"))


# The first test waits for the run of all roles.
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no credentials", ["Unable to locate credentials", "export AWS_PROFILE", "aws sso login", "AWS Details"]),
        ("expired", ["The credentials have expired", "aws sso login", "AWS Details"]),
        ("no answer", ["Nothing answers for the region us-west-2", "aws_region"]),
        ("no docker", ["No Docker Engine answers", "Start Docker"]),
        ("other processors", ["builds images for ARM64", "Set cpu_architecture to ARM64"]),
        ("emulators without endpoint", ["aws_environment: has no AWS_ENDPOINT_URL"]),
        ("nobody to ask", ["Nothing was created", "confirm it with -e confirm=true"]),
        ("agreed", ["went on"]),
        (
            "full",
            ["VPCs per region: 1 needed, 5 of 5 in use", "--quota-code L-F678F1CE --desired-value 6", "network_vpc_id"],
        ),
        ("there already", ["went on"]),
    ],
)
def test_a_role_run_has_its_outcome(outcomes: dict[str, str], name: str, said: list[str]) -> None:
    assert [words for words in said if words not in outcomes[name]] == [], outcomes[name]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("region", "facts"),
    [
        ("cn-north-1", "aws-cn amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov amazonaws.com"),
        ("eusc-de-east-1", "aws-eusc amazonaws.eu"),
    ],
)
def test_the_account_has_the_partition_and_dns_suffix_of_its_region(
    moto: Moto, tmp_path: Path, region: str, facts: str
) -> None:
    run = role_run("account", moto.environment(region), aws_region=region)
    run["block"][1] = {"set_fact": {"__message": "{{ account.partition }} {{ account.dns_suffix }}"}}

    assert outcomes_of({"account": run}, tmp_path)["account"] == facts


@pytest.mark.timeout(600)
def test_the_plan_is_shown_before_the_question(outcomes: dict[str, str]) -> None:
    plan = outcomes["output"].partition("orders in aws: account 123456789012, region us-west-2")[2]

    assert "NAT gateway" in plan.partition("Quotas:")[0]
    assert "VPCs per region: 1 of 5 in use; 1 needed" in plan
    assert "Fargate, on demand: not known whether 0.5 fits" in plan
    assert "Access: open to the world, without TLS." in plan
    assert "set network_allowed_cidrs" in plan
    assert "set load_balancer_certificate_arn" in plan
    assert "Access: open to 203.0.113.0/24, with TLS." in outcomes["output"]


@pytest.mark.timeout(600)
def test_yes_at_a_terminal_continues(moto: Moto, tmp_path: Path) -> None:
    role_runs = {"asked": plan_run(moto, "us-west-2", confirm=False)}
    in_a_terminal = ["script", "--quiet", "--command", " ".join(command(tmp_path, role_runs)), "/dev/null"]
    with subprocess.Popen(  # noqa: S603  # built here
        in_a_terminal,
        cwd=ROOT,
        env=clean_environment(tmp_path) | {"TERM": "dumb"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        for line in process.stdout:
            if "Type yes" in line:
                break
        # Ansible discards input before its prompt, so type until it reads the answer.
        with contextlib.suppress(BrokenPipeError):
            while process.poll() is None:
                process.stdin.write("yes\n")
                process.stdin.flush()
                time.sleep(0.5)
        process.stdout.read()

    assert json.loads((tmp_path / "outcomes.json").read_text()) == {"asked": "went on"}
