"""What was deployed is removed, whatever happens before."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import psutil

from loadtest.trial import step
from loadtest.trial.log import Log
from loadtest.trial.step import Interruption, Outcome
from loadtest.trial.trial import Playbooks, Retries, Trial, run_trial, verdict

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from loadtest.trial.plan import Plan

    from .conftest import Ansible

ALL = ["site", "baseline", "flash_sale", "teardown"]
AT_ONCE = Retries(attempt_seconds=30, pauses=(0, 0))
TEARDOWN_ONLY = 0.5  # hours


def run(playbooks: Playbooks, plan: Plan, retries: Retries = AT_ONCE) -> Trial:
    return run_trial(playbooks, plan, Log(playbooks.directory / "trial.log"), Interruption(), retries)


def outcomes(trial: Trial) -> dict[str, str]:
    return {each.name: each.outcome for each in trial.steps + trial.teardown.attempts}


def test_a_trial_deploys_loads_and_tears_down(playbooks: Playbooks, ansible: Ansible, plan: Plan) -> None:
    trial = run(playbooks, plan)

    assert ansible.calls == ALL
    assert outcomes(trial) == dict.fromkeys(["deploy", "baseline", "flash_sale", "teardown-1"], "succeeded")
    assert trial.exit_status == 0


def test_nothing_is_loaded_without_a_deployment(playbooks: Playbooks, ansible: Ansible, plan: Plan) -> None:
    ansible.behave(site=["fail"])

    trial = run(playbooks, plan)

    assert ansible.calls == ["site", "teardown"]
    assert outcomes(trial) == {"deploy": "failed", "teardown-1": "succeeded"}
    assert trial.exit_status == 1


def test_a_load_test_that_fails_does_not_keep_the_next(playbooks: Playbooks, ansible: Ansible, plan: Plan) -> None:
    ansible.behave(baseline=["fail"])

    trial = run(playbooks, plan)

    assert ansible.calls == ALL
    assert outcomes(trial)["baseline"] == "failed"
    assert trial.exit_status == 1


def test_a_program_that_cannot_be_started_is_a_failure(playbooks: Playbooks, plan: Plan) -> None:
    trial = run(msgspec.structs.replace(playbooks, program="/nonexistent/ansible-playbook"), plan)

    assert outcomes(trial) == dict.fromkeys(["deploy", "teardown-1", "teardown-2", "teardown-3"], "failed")
    assert trial.exit_status == 3


def test_a_step_that_hangs_is_ended_with_its_workers(
    playbooks: Playbooks, ansible: Ansible, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step, "_GRACE_SECONDS", 0.2)
    ansible.behave(baseline=["hang"])

    trial = run(playbooks, msgspec.structs.replace(plan, hours=TEARDOWN_ONLY + 3 / 3600))

    worker = int((ansible.directory / "worker").read_text())
    assert not psutil.pid_exists(worker) or psutil.Process(worker).status() == psutil.STATUS_ZOMBIE
    assert ansible.calls == ["site", "baseline", "teardown"]
    assert outcomes(trial)["baseline"] == Outcome.TOO_LATE
    assert trial.exit_status == 1


def test_after_the_deadline_nothing_more_is_started(playbooks: Playbooks, ansible: Ansible, plan: Plan) -> None:
    ansible.behave(site=["wait"])

    trial = run(playbooks, msgspec.structs.replace(plan, hours=TEARDOWN_ONLY))

    assert ansible.calls[-1] == "teardown"
    assert outcomes(trial) == {"deploy": Outcome.TOO_LATE, "teardown-1": "succeeded"}


def test_a_teardown_that_fails_is_tried_again(playbooks: Playbooks, ansible: Ansible, plan: Plan) -> None:
    ansible.behave(teardown=["fail", "succeed"])

    trial = run(playbooks, plan)

    assert ansible.calls == [*ALL, "teardown"]
    assert trial.exit_status == 0
    assert verdict(trial, "remove").startswith("Nothing is left of orders in account 123456789012")


def test_a_teardown_that_hangs_is_tried_again(
    playbooks: Playbooks, ansible: Ansible, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step, "_GRACE_SECONDS", 0.2)
    ansible.behave(teardown=["hang", "succeed"])

    trial = run(playbooks, plan, Retries(attempt_seconds=2, pauses=(0,)))

    assert outcomes(trial)["teardown-1"] == Outcome.TOO_LATE
    assert trial.exit_status == 0


def test_what_cannot_be_removed_is_named_with_the_command_that_removes_it(
    playbooks: Playbooks, ansible: Ansible, plan: Plan
) -> None:
    ansible.behave(teardown=["fail"])

    trial = run(playbooks, plan)

    assert ansible.calls == [*ALL, "teardown", "teardown"]
    assert trial.exit_status == 3
    lines = verdict(trial, playbooks.remove_all).splitlines()
    assert lines[0].startswith("NOT EVERYTHING IS REMOVED of orders in account 123456789012, region us-west-2.")
    assert "0.14 dollars an hour" in lines[1]
    assert "  vpcs: vpc-1" in lines
    assert "Check that nothing is left: Resources of orders are left" in lines
    assert lines[-1] == (
        f"  cd {playbooks.checkout} && {ansible.program} playbooks/teardown.yml -i inventories/aws "
        """-e '{"workers": 50}'"""
    )


def test_without_a_listing_nobody_knows_what_is_left(playbooks: Playbooks, ansible: Ansible, plan: Plan) -> None:
    ansible.behave(teardown=["wait"])

    trial = run(playbooks, plan, Retries(attempt_seconds=0, pauses=()))

    assert trial.teardown.remaining is None
    assert "What is left is not known." in verdict(trial, "remove")


def test_an_error_of_this_program_does_not_keep_the_teardown(
    playbooks: Playbooks, ansible: Ansible, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_plan: object) -> float:
        message = "an error of this program"
        raise ValueError(message)

    monkeypatch.setattr("loadtest.trial.plan.Plan.load_seconds", property(fail))

    trial = run(playbooks, plan)

    assert ansible.calls == ["teardown"]
    assert trial.exit_status == 1
    assert "an error of this program" in (playbooks.directory / "trial.log").read_text()


def test_the_log_goes_on_without_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as gone:
        monkeypatch.setattr("sys.stdout", gone)
        with Log(tmp_path / "log") as log:
            log.say("first")
        log.say("last")

    assert (tmp_path / "log").read_text() == "first\nlast\n"
