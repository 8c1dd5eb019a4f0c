"""A module that runs in a fork of Ansible's process does and returns what it does and returns otherwise."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.loaders import JSONFileLoader, create_loader

from ansible_collections.orders.deploy.plugins.plugin_utils import forked_modules
from ansible_collections.orders.deploy.plugins.plugin_utils.forked_modules import Call, preload

ROOT = Path(__file__).parents[3]

MODULE = """#!/usr/bin/python
import os, subprocess, sys
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.forked.test.plugins.module_utils import state

def main():
    module = AnsibleModule({"do": {"type": "str"}, "text": {"type": "str"}, "secret": {"type": "str", "no_log": True}},
                           supports_check_mode=True)
    do = module.params["do"]
    if do == "return":
        module.exit_json(changed=True, text=module.params["text"], check=module.check_mode,
                         forked="ansible.playbook" in sys.modules)
    if do == "fail":
        module.fail_json(msg="It failed", reason={"code": 7})
    if do == "raise":
        raise ValueError("not caught")
    if do == "warn":
        module.warn("Beware")
        module.deprecate("Old", version="9.9", collection_name="forked.test")
        module.exit_json()
    if do == "hide":
        module.exit_json(text="told " + module.params["secret"])
    if do == "environment":
        module.exit_json(value=os.environ.get("FORKED"))
    if do == "change":
        before = state.values + [os.environ.get("LEFT"), os.getcwd()]
        state.values.append("left"); os.environ["LEFT"] = "left"; os.chdir("/")
        module.exit_json(before=before)
    if do == "chatter":
        print("before the result")
        subprocess.run(["echo", "from a command"], check=True)
        print("to standard error", file=sys.stderr)
        module.exit_json(text="the result", read=sys.stdin.read())
    if do == "temporary":
        module.exit_json(directory=module.tmpdir, exists=os.path.isdir(module.tmpdir))
    if do == "die":
        os.kill(os.getpid(), 9)
    if do == "leave":
        sys.exit(3)
    if do == "wait":
        import time
        open(module.params["text"], "w").write(str(os.getpid()))
        time.sleep(60)

if __name__ == "__main__":
    main()
"""


def run_all(
    folder: Path, tasks: list[dict[str, Any]], *, forked: bool, check: bool = False, python: str = sys.executable
) -> list[dict[str, Any]]:
    """Return the result of each task of a playbook, which continues after one that fails."""
    plugins = folder / "ansible_collections/forked/test/plugins"
    for kind, name, text in (("modules", "example", MODULE), ("module_utils", "state", "values = []\n")):
        (plugins / kind).mkdir(parents=True, exist_ok=True)
        (plugins / kind / f"{name}.py").write_text(text)
    play = {"hosts": "localhost", "gather_facts": False, "ignore_errors": True, "tasks": tasks}
    (folder / "play.yml").write_text(json.dumps([play]))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")} | {
        "ANSIBLE_COLLECTIONS_PATH": f"{folder}:{ROOT / 'collections'}",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_REMOTE_TMP": str(folder / "remote"),
        **({"ANSIBLE_CALLBACKS_ENABLED": "orders.deploy.preload"} if forked else {}),
    }
    command = [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "-c", "local"]
    arguments = ["-e", f"ansible_python_interpreter={python}", *(["--check"] if check else []), folder / "play.yml"]
    done = subprocess.run(  # noqa: S603  # a command of this test
        [*map(str, command + arguments)], cwd=plugins, env=environment, capture_output=True, text=True, check=False
    )
    return [task["hosts"]["localhost"] for task in json.loads(done.stdout)["plays"][0]["tasks"]]


def run(
    folder: Path, task: dict[str, Any], *, forked: bool, check: bool = False, python: str = sys.executable
) -> dict[str, Any]:
    """Return the result of a task."""
    (result,) = run_all(folder, [task], forked=forked, check=check, python=python)
    return result


def example(do: str, **arguments: str) -> dict[str, Any]:
    return {"forked.test.example": {"do": do, **arguments}}


TASKS = {
    "fail": example("fail"),
    "raise": example("raise"),
    "warn": example("warn"),
    "hide": example("hide", secret="hidden"),  # noqa: S106  # no secret
    "environment": example("environment") | {"environment": [{"FORKED": 1}, {"FORKED": "{{ 'a b' }}"}]},
    "leave": example("leave"),
    "an unknown argument": example("return", unknown="argument"),
    "a module of Ansible": {"ansible.builtin.stat": {"path": "/"}},
    "a command": {"ansible.builtin.command": "pwd"},
    "a command in a shell": {"ansible.builtin.shell": "echo $HOME; false", "args": {"chdir": "/"}},
    "a file that differs": {
        "ansible.builtin.copy": {"content": "{{ 7 * 7 }}", "dest": "file", "mode": "0600"},
        "diff": True,
    },
    "a file that is the same": {"ansible.builtin.copy": {"content": "{{ 7 * 7 }}", "dest": "file"}},
    "a file of which nothing is known": {"ansible.builtin.copy": {"src": "missing", "dest": "file"}},
    "a template": {"ansible.builtin.template": {"src": "template", "dest": "file"}},
    "in the background": example("fail") | {"async": 20, "poll": 1},
    "a file that is removed": {"ansible.builtin.file": {"path": "file", "state": "absent"}},
}
# A traceback and `src` name temporary files.
VARYING = {
    *("exception", "module_stderr", "stat", "src"),
    *("start", "end", "delta", "ansible_job_id", "results_file"),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """The results of each task as Ansible runs it, and in a fork."""
    folder = tmp_path_factory.mktemp("forked")
    (folder / "template").write_text("{{ 6 * 7 }}")
    usual, forked = (run_all(folder, list(TASKS.values()), forked=forked) for forked in (False, True))
    return dict(zip(TASKS, zip(usual, forked, strict=True), strict=True))


@pytest.mark.parametrize("name", TASKS)
def test_the_result_is_the_same(results: dict[str, tuple[dict[str, Any], dict[str, Any]]], name: str) -> None:
    usual, forked = map(comparable, results[name])

    assert forked == usual


def test_a_module_that_was_imported_before_runs_without_a_warning(
    results: dict[str, tuple[dict[str, Any], dict[str, Any]]],
) -> None:
    _, forked = results["leave"]

    assert forked["module_stderr"] == ""


def comparable(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result without what differs between two runs."""
    return {name: value for name, value in result.items() if name not in VARYING}


@pytest.mark.parametrize("check", [False, True])
def test_a_module_returns_what_it_was_given(tmp_path: Path, check: bool) -> None:
    result = run(tmp_path, example("return", text="ä \U0001f600 {{ 1 + 1 }}"), forked=True, check=check)

    assert (result["text"], result["changed"], result["check"]) == ("ä \U0001f600 2", True, check)
    assert result["forked"]


def test_nothing_of_a_module_reaches_the_next(tmp_path: Path) -> None:
    result = run(tmp_path, example("change") | {"loop": [1, 2]}, forked=True)

    assert [each["before"] for each in result["results"]] == [[None, str(tmp_path)]] * 2


def test_other_output_does_not_hide_the_result(tmp_path: Path) -> None:
    result = run(tmp_path, example("chatter"), forked=True)

    assert (result["text"], result["read"]) == ("the result", "")


def test_a_temporary_directory_is_removed(tmp_path: Path) -> None:
    result = run(tmp_path, example("temporary"), forked=True)

    assert result["exists"]
    assert not Path(result["directory"]).exists()


def test_a_module_that_is_killed_fails(tmp_path: Path) -> None:
    result = run(tmp_path, example("die"), forked=True)

    assert result["failed"]
    assert result["rc"] == -9


def test_a_module_does_not_outlive_the_timeout_of_its_task(tmp_path: Path) -> None:
    result = run(tmp_path, example("wait", text=str(tmp_path / "pid")) | {"timeout": 3}, forked=True)

    assert result["failed"]
    assert not Path("/proc", (tmp_path / "pid").read_text()).exists()


@pytest.mark.parametrize(
    ("task", "python"),
    [
        pytest.param({"delegate_to": "other"}, sys.executable, id="on another host"),
        pytest.param({}, "/usr/bin/python3", id="in another Python"),
    ],
)
def test_where_a_fork_would_differ_a_module_runs_as_usual(tmp_path: Path, task: dict[str, Any], python: str) -> None:
    result = run(tmp_path, example("return", text="usual") | task, forked=True, python=python)

    assert (result["text"], result["forked"]) == ("usual", False)


def test_a_module_in_the_background_is_forked(tmp_path: Path) -> None:
    result = run(tmp_path, example("return", text="later") | {"async": 20, "poll": 1}, forked=True)

    assert (result["text"], result["forked"], result["finished"]) == ("later", True, True)


def test_a_command_in_the_background_runs_as_usual(tmp_path: Path) -> None:
    result = run(tmp_path, {"ansible.builtin.shell": "cat /proc/$PPID/cmdline", "async": 20, "poll": 1}, forked=True)

    assert "AnsiballZ_command" in result["stdout"]


def test_a_module_in_the_background_ends_in_time(tmp_path: Path) -> None:
    job = tmp_path / "jobs" / "j1.1"

    Call("ansible.modules.wait_for", {"path": str(tmp_path / "missing"), "timeout": 60}, {}, "/").start(job, 1)

    assert json.loads(job.read_text()) == {"started": True, "finished": False, "ansible_job_id": "j1.1"}
    result = wait_for_result(job)
    assert result == {"failed": True, "msg": "The module did not end within 1 seconds."}


def test_a_module_in_the_background_that_is_killed_fails(tmp_path: Path) -> None:
    result = run(tmp_path, example("die") | {"async": 20, "poll": 1}, forked=True)

    assert (result["failed"], result["msg"], result["rc"]) == (True, "The module returned no result.", -9)


def wait_for_result(job: Path) -> dict[str, Any]:
    """Return what a job left when it ended."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        status: dict[str, Any] = json.loads(job.read_text())
        if "started" not in status:
            return status
        time.sleep(0.05)
    pytest.fail(f"{job} has no result after 30 s")


def test_a_client_of_something_else_than_aws_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forked_modules, "_session", botocore.session.Session)
    module = tmp_path / "module.py"
    module.write_text('engine = sdk.client("no-such-service")')

    preload("json", str(module))
    gc.unfreeze()


def test_what_a_module_needs_is_read_before_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.session, "create_loader", create_loader)  # one that has read nothing
    name = "ansible_collections.orders.deploy.plugins.modules.sqs_queue"

    preload(name, str(ROOT / "collections" / f"{name.replace('.', '/')}.py"))
    gc.unfreeze()

    assert name in sys.modules
    monkeypatch.delattr(JSONFileLoader, "load_file")
    botocore.session.Session().create_client("sqs", "us-east-1", aws_access_key_id="none", aws_secret_access_key="none")  # noqa: S106
