"""`python -m loadtest trial`, as a user starts and interrupts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import Ansible

ROOT = Path(__file__).parents[4]
type Start = Callable[[], subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path, ansible: Ansible) -> Iterator[Start]:
    """Start the command with the stand-in for Ansible."""
    started = []

    def run() -> subprocess.Popen[str]:
        command = [str(ansible.python), "-m", "loadtest", "trial", "--output", str(tmp_path / "results")]
        path = [str(ROOT / "loadtest/src"), sysconfig.get_path("purelib")]
        process = subprocess.Popen(  # noqa: S603  # built here
            [*command, "--", "-i", "inventories/aws"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with process:
            process.kill()


def last_line(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=50)
    sys.stdout.write(output)
    return output.splitlines()[-1]


def steps(tmp_path: Path) -> dict[str, str]:
    """Return the outcomes of the steps, from the bundle."""
    (bundle,) = (tmp_path / "results").glob("aws-trial-*.tar.gz")
    with tarfile.open(bundle) as archive:
        file = archive.extractfile(f"{bundle.name.removesuffix('.tar.gz')}/trial.json")
        assert file is not None
        trial = json.load(file)
    return {each["name"]: each["outcome"] for each in trial["steps"] + trial["teardown"]["attempts"]}


def test_the_last_line_says_that_nothing_is_left(start: Start, ansible: Ansible, tmp_path: Path) -> None:
    process = start()

    assert last_line(process) == "Nothing is left of orders in account 123456789012, region us-west-2."
    assert process.returncode == 0
    assert ansible.calls == ["aws_trial", "site", "baseline", "flash_sale", "teardown"]
    assert set(steps(tmp_path).values()) == {"succeeded"}


def test_without_a_confirmation_nothing_is_run(start: Start, ansible: Ansible, tmp_path: Path) -> None:
    ansible.behave(aws_trial=["fail"])

    process = start()

    assert last_line(process) == "loadtest: there is no trial, and nothing was created; the reason is above"
    assert process.returncode == 2
    assert ansible.calls == ["aws_trial"]
    assert list((tmp_path / "results").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
@pytest.mark.parametrize("during", ["site", "flash_sale"])
def test_a_signal_leads_to_the_teardown(
    start: Start, ansible: Ansible, tmp_path: Path, during: str, number: signal.Signals
) -> None:
    ansible.behave(**{during: ["wait"]})
    process = start()
    ansible.wait_for(during)

    process.send_signal(number)

    assert last_line(process).startswith("Nothing is left of orders")
    assert process.returncode == 1
    assert ansible.calls[-2:] == [during, "teardown"]
    assert list(steps(tmp_path).values())[-2:] == ["interrupted", "succeeded"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_does_not_stop_the_teardown(start: Start, ansible: Ansible, number: signal.Signals) -> None:
    ansible.behave(teardown=["wait"])
    process = start()
    ansible.wait_for("teardown")

    process.send_signal(number)
    process.send_signal(number)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)  # it would have ended
    ansible.end("teardown")

    assert last_line(process).startswith("Nothing is left of orders")
    assert process.returncode == 0
    assert ansible.calls.count("teardown") == 1


def test_a_terminal_that_is_closed_does_not_stop_the_trial(start: Start, ansible: Ansible, tmp_path: Path) -> None:
    ansible.behave(site=["wait"])
    process = start()
    ansible.wait_for("site")
    assert process.stdout is not None
    process.stdout.close()
    ansible.end("site")

    process.wait(50)

    assert ansible.calls[-1] == "teardown"
    (log,) = (tmp_path / "results").glob("aws-trial-*/trial.log")
    assert log.read_text().splitlines()[-1].startswith("Nothing is left of orders")
