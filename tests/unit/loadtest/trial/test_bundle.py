"""No private value is in any byte of a bundle, and what the report needs is."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import tarfile
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loadtest.__main__ import main
from loadtest.record.documents import read_document
from loadtest.record.run import Run
from loadtest.trial.bundle import write_bundle
from loadtest.trial.plan import Plan
from loadtest.trial.records import Remaining
from loadtest.trial.step import Outcome, Step
from loadtest.trial.trial import Teardown, Trial
from tests.unit.loadtest.report.synthetic import SAMPLES

if TYPE_CHECKING:
    import pytest

RUN = SAMPLES / "runs/localstack/1"
HEX = "0123456789abcdef"
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def words(alphabet: str, least: int, most: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=least, max_size=most)


def identifying(address: object) -> bool:
    return len(str(address)) > 6 and not (address.is_loopback or address.is_unspecified)  # type: ignore[attr-defined]  # of ipaddress


# Long or odd enough not to be anywhere by chance.
ACCOUNTS = words("0123456789", 12, 12).filter(lambda account: len(set(account)) > 3)
NAMES = st.from_regex(r"[a-z]{4}[a-z0-9._-]{2,8}[a-z0-9]", fullmatch=True)
HOSTS = st.from_regex(r"[a-z]{4}[a-z0-9-]{2,8}[a-z0-9]", fullmatch=True)
KNOWN = st.fixed_dictionaries(
    {
        "account": ACCOUNTS,
        "user": NAMES,
        "host": NAMES,
        "generator": NAMES,
        "profile": NAMES,
        "caller": NAMES,
        "home": NAMES.map("/srv/people/{}".format),
        "secret": words(BASE64, 40, 40),
        "token": words(BASE64, 120, 400),
        "balancer": HOSTS.map("{}.example.org".format),
    }
)
SHAPED = st.one_of(
    ACCOUNTS,
    st.tuples(st.sampled_from(["vpc", "subnet", "sg", "eni", "nat", "i"]), words(HEX, 17, 17) | words(HEX, 8, 8)).map(
        "-".join
    ),
    st.ip_addresses(v=4).filter(identifying).map(str),
    st.ip_addresses(v=6).filter(identifying).map(str),
    st.tuples(HOSTS, st.sampled_from(["us-west-2.elb.amazonaws.com", "cn-north-1.elb.amazonaws.com.cn"])).map(".".join),
    st.tuples(st.sampled_from(["AKIA", "ASIA", "AROA"]), words("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, 16)).map(
        "".join
    ),
    words(BASE64, 120, 400),
    st.tuples(NAMES, HOSTS).map("{0[0]}@{0[1]}.example".format),
    NAMES.map("/home/{}".format),
)
PRIVATE = {
    **dict.fromkeys(["user", "profile", "caller"], "alice"),
    **dict.fromkeys(["secret", "token"], "a-secret"),
    "host": "lap-7",
    "account": "123456789012",
    "home": "/home/alice",
    "balancer": "orders.example.org",
}
AROUND = st.sampled_from(
    [
        "{}",
        " {} ",
        "'{}'",
        '"{}"',
        "a\n{}\nb",
        "({})",
        "x={}, y",
        "https://{}/x",
        "\t{}",
        "{{'k': '\\n{}'}}",
        "é{}é",
        "[{}]",
    ]
)


def trial_of(known: dict[str, str]) -> Trial:
    plan = Plan(
        project="orders",
        region="us-west-2",
        account=known["account"],
        caller=f"arn:aws:sts::{known['account']}:assumed-role/Admins/{known['caller']}",
        url=f"https://{known['balancer']}",
        names=["orders", "aws", "api", "processor"],
        hours=2,
        dollars_per_hour=0.14,
        versions={"docker": "28.0.0"},
    )
    attempt = Step("teardown-1", Outcome.FAILED, 1.5, 2)
    remaining = Remaining({"vpcs": ["vpc-0a1b2c3d"]}, {})
    return Trial(plan=plan, steps=[], teardown=Teardown([attempt], remaining, [f"{known['user']} may not"]))


def copy_run(source: Path, run: Path, host: str) -> None:
    """Copy a run, as if its load generator had been on a host."""
    shutil.copytree(source, run)
    for kind in ("requests", "generator"):
        (run / f"{kind}-synthetic-1.csv").rename(run / f"{kind}-{host}-1.csv")


def write_trial(directory: Path, host: str, texts: list[str], keys: list[str], order_id: str) -> None:
    """Write the directory of a trial with these texts in files of all kinds."""
    run = directory / "results/20260105T121000Z-baseline"
    copy_run(RUN, run, host)
    together = " ".join(texts)
    for name in ("run.json", "context.json"):
        document = json.loads((run / name).read_text())
        document["versions"] |= {"texts": texts, "images": {"api": together}, **dict.fromkeys(keys, 1)}
        (run / name).write_text(json.dumps(document, ensure_ascii=name == "run.json"))
    resource = {"kind": "vpcs", "name": together, "attributes": {"Policy": json.dumps({"Statement": texts})}}
    (run / "resources.json").write_text(json.dumps({"schema": 1, "resources": [resource]}))
    (run / "scenario.yml").write_text((run / "scenario.yml").read_text() + f"# {json.dumps(together)}\n")
    (run / "redeliveries.csv").write_text(f"order_id,message_id,receive_count\n{order_id},m-1,2\n")
    with (run / f"requests-{host}-1.csv").open("a") as file:
        file.write(f'1767615040.5,20.25,503,{order_id},"{together.replace(chr(34), chr(34) * 2)}"\n')
    (run / "load-ended.json").write_text(json.dumps(texts)[:-1])  # cut off
    for name in ("deployments", "teardowns"):
        (directory / "results" / name).mkdir()
        (directory / "results" / name / "1.json").write_text(json.dumps({"roles": dict.fromkeys(keys, 1)}))
    error = {"code": "UnauthorizedOperation", "operation": "CreateVpc", "message": together}
    task: dict[str, Any] = {"began": 0, "seconds": 1.5, "role": "network", "host": "localhost", "outcome": "failed"}
    (directory / "steps/deploy").mkdir(parents=True)
    (directory / "steps/deploy/tasks.jsonl").write_text(
        json.dumps({**task, "task": "Create the VPC", "message": together, "errors": [error]}) + "\n"
    )


def bundled(directory: Path, known: dict[str, str]) -> Path:
    """Write the bundle of a trial on a computer with these private values, and return its path."""
    environment = {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": known["secret"],
        "AWS_SESSION_TOKEN": known["token"],
        "AWS_PROFILE": known["profile"],
    }
    path = directory.with_name("aws-trial.tar.gz")
    with ExitStack() as stack:
        stack.enter_context(patch.dict("os.environ", environment))
        stack.enter_context(patch("getpass.getuser", lambda: known["user"]))
        stack.enter_context(patch("socket.gethostname", lambda: known["host"]))
        stack.enter_context(patch.object(Path, "home", lambda: Path(known["home"])))
        write_bundle(path, directory, Path("/srv/checkout"), trial_of(known), {"programs": {"python": "3.13"}})
    return path


@settings(max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    known=KNOWN,
    shaped=st.lists(st.tuples(SHAPED, AROUND), min_size=1, max_size=6),
    around=AROUND,
    order=st.uuids(version=4),
)
def test_no_private_value_is_in_a_bundle(
    known: dict[str, str], shaped: list[tuple[str, str]], around: str, order: object
) -> None:
    private = {*known.values(), *(value for value, _ in shaped)}
    keys = [each.format(value) for value, each in shaped]
    texts = [around.format(value) for value in known.values()] + keys
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary) / "trial"
        write_trial(directory, known["generator"], texts, keys, str(order))

        content = gzip.decompress(bundled(directory, known).read_bytes())

    assert [value for value in private if value.encode() in content] == []
    assert [value for value in private if json.dumps(value)[1:-1].encode() in content] == []
    assert str(order).encode() in content


def test_the_bundle_has_the_files_that_were_measured(tmp_path: Path) -> None:
    write_trial(tmp_path / "trial", "lap-7", ["vpc-0a1b2c3d"], [], "l1-0-000")
    (tmp_path / "trial/results/20260105T121000Z-baseline/locust.html").write_text("not measured")

    with tarfile.open(fileobj=io.BytesIO(bundled(tmp_path / "trial", PRIVATE).read_bytes())) as archive:
        names = [each.name.removeprefix("aws-trial/") for each in archive.getmembers()]
        assert {(each.uid, each.gid, each.uname, each.gname) for each in archive.getmembers()} == {(0, 0, "", "")}
        file = archive.extractfile("aws-trial/errors.json")
        assert file is not None
        errors = json.load(file)

    run = "runs/20260105T121000Z-baseline"
    rows = ["completions.csv", "dead-letters.csv", "emulators.csv", "generator-HOST-1-1.csv", "host.csv", "memory.csv"]
    rows += ["queue.csv", "redeliveries.csv", "requests-HOST-1-1.csv"]
    documents = ["context.json", "generator.json", "load-ended.json", "locust.json", "resources.json", "run.json"]
    assert names == sorted(
        ["trial.json", "versions.json", "errors.json", "tasks/deploy.json", "deployments/1.json", "teardowns/1.json"]
        + [f"{run}/{name}" for name in [*rows, *documents, "scenario.yml"]]
    )
    expected = {"code": "UnauthorizedOperation", "operation": "CreateVpc", "message": "VPC-1", "times": 1}
    assert errors == [{"step": "deploy", "role": "network", "task": "Create the VPC", **expected}]


def test_the_report_compares_a_run_of_a_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = tmp_path / "trial/results"
    for number in (1, 2):
        copy_run(SAMPLES / f"runs/ministack/{number}", results / f"{number}-baseline", "lap-7")
    (tmp_path / "trial/steps").mkdir()
    with tarfile.open(bundled(tmp_path / "trial", PRIVATE)) as archive:
        archive.extractall(tmp_path / "inbox", filter="data")
    runs = sorted((tmp_path / "inbox/aws-trial/runs").iterdir())
    others = [SAMPLES / "runs/localstack/1", SAMPLES / "runs/localstack/2"]

    status = main(["compare", "--output", str(tmp_path / "comparison"), "--", *map(str, [*others, *runs])])

    assert status == 0
    assert "Compared: localstack (2 runs), ministack (2 runs)" in capsys.readouterr().out
    assert read_document(runs[0] / "run.json", Run) == read_document(results / "1-baseline/run.json", Run)
