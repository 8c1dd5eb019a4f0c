"""What the playbooks check before anything else, as a user starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.role_runs import ROOT, clean_environment

# One starts other playbooks, one removes images from this computer.
NEVER_CALL_AWS = {"experiment.yml", "remove_images.yml"}
PLAYBOOKS = sorted(
    str(file.relative_to(ROOT)) for file in ROOT.glob("playbooks/*.yml") if file.name not in NEVER_CALL_AWS
)
NOWHERE = "http://127.0.0.1:1"


def failure(directory: Path, *arguments: str, **environment: str) -> str:
    """Run a playbook, which fails, and return its output."""
    done = subprocess.run(  # noqa: S603  # our own command
        [Path(sys.executable).with_name("ansible-playbook"), *arguments],
        cwd=ROOT,
        env=clean_environment(directory) | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stdout  # a task failed
    return done.stdout


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_a_left_over_endpoint_is_refused_by_name(playbook: str, tmp_path: Path) -> None:
    output = failure(tmp_path, playbook, "--inventory=inventories/aws", AWS_ENDPOINT_URL_SQS=NOWHERE)

    assert "AWS_ENDPOINT_URL_SQS: set in this shell" in output
    assert "Run `unset AWS_ENDPOINT_URL_SQS` first" in output


def test_a_profile_is_refused_with_emulators(tmp_path: Path) -> None:
    output = failure(tmp_path, "site.yml", AWS_DEFAULT_PROFILE="work")

    assert "AWS_DEFAULT_PROFILE: set in this shell" in output


def test_an_unknown_scenario_is_refused_first(tmp_path: Path) -> None:
    output = failure(tmp_path, "playbooks/load_test.yml", "--extra-vars=load_test_scenario=nope")

    assert "scenario: there is no nope; there are baseline, flash_sale, high," in output
    assert "preflight" not in output


def test_wrong_limits_of_a_trial_are_refused_first(tmp_path: Path) -> None:
    limits = '--extra-vars={"trial_hours": 0.5, "trial_dollars": "nan"}'

    output = failure(tmp_path, "playbooks/aws_trial.yml", "--inventory=inventories/aws", limits)

    assert "trial_hours: 0.5 is not a number from 1 to 24" in output
    assert "trial_dollars: 'nan' is not a number from 0.01 to 1000" in output


@pytest.fixture
def world_writable(tmp_path: Path) -> Path:
    """A directory with the project, to which everyone may write."""
    for entry in ROOT.iterdir():
        if entry.name != ".git":
            (tmp_path / entry.name).symlink_to(entry)
    if not (tmp_path / ".venv").exists():
        (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    tmp_path.chmod(0o777)
    return tmp_path


def test_make_finds_the_roles_in_a_directory_that_everyone_may_write_to(world_writable: Path) -> None:
    done = subprocess.run(
        ["make", "--old-file=.venv/.installed-deploy", "deploy", "ARGS=--list-tasks"],  # noqa: S607  # whichever make there is
        cwd=world_writable,
        env={name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "ANSIBLE_"))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "preflight : Check the inventory" in done.stdout
