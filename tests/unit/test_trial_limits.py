"""Limits of a trial that make no sense are refused before anything is created."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from loadtest.errors import FileError
from loadtest.record.documents import read_document
from loadtest.trial.plan import Plan
from tests.unit.role_runs import outcomes_of, role_run
from tests.unit.test_first_checks import failure

if TYPE_CHECKING:
    from pathlib import Path

NOWHERE = {"AWS_REGION": "us-west-2", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
ACCOUNT = {"id": "123456789012", "arn": "arn:aws:iam::123456789012:user/alice", "region": "us-west-2"}
TEN_CENTS_AN_HOUR = {"cost": {"estimate": {"total": 73.0, "hours_per_month": 730}}}


def test_wrong_limits_are_refused_first(tmp_path: Path) -> None:
    limits = json.dumps({"trial_hours": 0.5, "trial_dollars": "nan"})

    output = failure(tmp_path, "playbooks/aws_trial.yml", "--inventory=inventories/aws", "--extra-vars", limits)

    assert "trial_hours: 0.5 is not a number from 1 to 24" in output
    assert "trial_dollars: 'nan' is not a number from 0.01 to 1000" in output


def test_dollars_that_pay_for_too_little_are_refused_with_what_is_needed(tmp_path: Path) -> None:
    facts = {"account": ACCOUNT, "plan": TEN_CENTS_AN_HOUR, "trial_plan_file": f"{tmp_path}/plan.json"}

    outcomes = outcomes_of({"few": role_run("trial", NOWHERE, **facts, trial_dollars="0.05")}, tmp_path)

    assert outcomes["few"] == (
        "trial_dollars: 0.05 pays for 30 minutes at 0.100 dollars an hour. A trial needs 60 minutes: "
        "set trial_dollars to 0.10 or more."
    )
    assert not (tmp_path / "plan.json").exists()


@pytest.mark.parametrize("hours", ["0.9", "25", "null", '"two"'])
def test_a_plan_without_a_limit_is_no_plan(tmp_path: Path, hours: str) -> None:
    texts = dict.fromkeys(["project", "region", "account", "caller", "url"], "x")
    document = json.dumps({**texts, "dollars_per_hour": 0.1, "versions": {}, "names": [], "hours": 0})
    (tmp_path / "plan.json").write_text(document.replace('"hours": 0', f'"hours": {hours}'))

    with pytest.raises(FileError, match="hours"):
        read_document(tmp_path / "plan.json", Plan)
