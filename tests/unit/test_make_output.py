"""What make commands show: a short output of playbooks, and errors whose last line says what to do."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTALLED = "--old-file=.venv/.installed-deploy"
SHOW_CALLBACK = "PLAYBOOK=printenv ANSIBLE_STDOUT_CALLBACK \\#"  # instead of Ansible; the rest of the line is a comment


def make(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MAKE"))}
    return subprocess.run(  # noqa: S603  # our own command
        ["make", *arguments],  # noqa: S607  # whichever make there is
        cwd=directory,
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with the Makefile, and nothing installed."""
    (tmp_path / "Makefile").symlink_to(ROOT / "Makefile")
    (tmp_path / "loadtest").mkdir()
    for name in (
        "requirements/uv.txt",
        "requirements/deploy.txt",
        "requirements/loadtest.txt",
        "loadtest/pyproject.toml",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("command", ["deploy", "load", "experiment", "status", "teardown"])
def test_playbooks_of_users_are_shown_in_short(command: str) -> None:
    made = make(ROOT, "--silent", INSTALLED, command, SHOW_CALLBACK)

    assert made.stdout == "orders.deploy.phases\n"


def test_the_callback_of_the_shell_is_kept() -> None:
    made = make(ROOT, "--silent", INSTALLED, "deploy", SHOW_CALLBACK, ANSIBLE_STDOUT_CALLBACK="default")

    assert made.stdout == "default\n"


def test_tests_get_the_output_of_ansible(project: Path) -> None:
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/pytest").write_text("#!/bin/sh\nprintenv ANSIBLE_STDOUT_CALLBACK || echo none\n")
    (project / ".venv/bin/pytest").chmod(0o755)

    made = make(project, "--silent", "--old-file=.venv/.installed-dev", "unit")

    assert made.stdout == "none\n"


def reason(made: subprocess.CompletedProcess[str]) -> str:
    """Return the last line of errors that is not make's own about the exit status."""
    assert made.returncode == 2
    lines = [line for line in made.stderr.splitlines() if not line.startswith("make: ***")]
    return lines[-1]


def test_without_python_the_message_has_a_remedy(project: Path) -> None:
    made = make(project, "deploy", "PYTHON=")

    assert "There is no python3. Install Python 3.12 or later" in reason(made)


def test_an_old_python_is_named(project: Path) -> None:
    (project / "python").write_text(
        "#!/bin/sh\n"
        "exec python3 -c \"import sys, platform; sys.version_info = (3, 9); platform.python_version = lambda: '3.9.2'; "
        'exec(sys.argv[1])" "$2"\n'
    )
    (project / "python").chmod(0o755)

    made = make(project, "deploy", "PYTHON=./python")

    assert reason(made).startswith("Python 3.12 or later is needed, ./python is 3.9.2. ")


def test_an_installation_that_failed_is_tried_again(project: Path) -> None:
    (project / "requirements/uv.txt").write_text("nothing-has-this-name==1 --hash=sha256:0\n")
    for _ in range(2):
        made = make(project, "deploy", f"PYTHON={sys.executable}", PIP_NO_INDEX="1")

        assert "nothing-has-this-name" in reason(made)


@pytest.mark.parametrize(
    ("variable", "choices"),
    [
        ("INVENTORY", "inventories/aws inventories/localstack"),
        ("EXPERIMENT", "aws emulators messaging versions workers"),
    ],
)
def test_a_file_that_does_not_exist_is_named_with_those_that_do(variable: str, choices: str) -> None:
    made = make(ROOT, INSTALLED, "experiment", f"{variable}=nope")

    complaint = re.fullmatch(r"Makefile:\d+: \*\*\* (.*)\.  Stop\.", reason(made))
    assert complaint is not None
    head, _, names = complaint[1].partition(", but ")
    assert (head, sorted(names.split())) == (f"{variable}: there is no nope", choices.split())


@pytest.mark.parametrize("command", ["deploy", "status"])
def test_without_docker_the_last_line_has_a_remedy(command: str) -> None:
    made = make(ROOT, "--silent", INSTALLED, command, DOCKER_HOST="unix:///nonexistent.sock")

    assert made.returncode == 2
    assert made.stdout.splitlines()[-1].startswith("No Docker Engine answers: ")
