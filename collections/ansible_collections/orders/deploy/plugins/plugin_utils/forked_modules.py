"""Run Ansible modules in forks of Ansible's own process, which has imported what they need.

Without this, each task packs its module and all that it imports into an archive, starts Python, unpacks and compiles
it, imports boto3 and reads the description of an AWS service: half a second of CPU time for a call of milliseconds.
ansible.netcommon runs its modules in Ansible's process for the same reason ("direct execution").

A fork ends with its module, so nothing that a module does to its process reaches another one.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import re
import signal
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import ansible
from ansible.module_utils import _internal
from ansible.module_utils._internal._ansiballz._loader import run_module
from ansible.module_utils.common.json import Direction, get_module_encoder
from ansible.module_utils.json_utils import _filter_non_json_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    import botocore.session

PROFILE = "legacy"  # how modules that say nothing else write their arguments and results

CLIENT = re.compile(r'\.client\("([a-z0-9-]+)"')  # how a module gets a client of an AWS service


@functools.cache
def preload(name: str, path: str) -> None:
    """Import a module, and read the descriptions of the AWS services that it names, so that each of its forks has them.

    ``name`` is the one by which Python imports it, ``path`` its file. What is not installed is left to the module,
    which says so.
    """
    with suppress(ImportError):
        importlib.import_module(name)
        for service in CLIENT.findall(Path(path).read_text()):
            _read_description(service)
    gc.collect()
    gc.freeze()  # so that the garbage collection of a fork does not write to, and thereby copy, this memory


@functools.cache
def _read_description(service: str) -> None:
    session = _session()
    if service in session.get_available_services():  # a module may have clients of something else
        session.create_client(service, "us-east-1", aws_access_key_id="none", aws_secret_access_key="none")  # noqa: S106


@functools.cache
def _session() -> botocore.session.Session:
    import botocore.session  # noqa: PLC0415  # may be missing

    # Each session has a loader of its own, which lists the descriptions of all services, and keeps what it has read.
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    return botocore.session.Session()


def importable(name: str, path: str) -> str | None:
    """Return the name by which Python imports a module, or None for one that has to run as Ansible runs it otherwise.

    ``name`` is the module's full name, ``path`` its file. Modules that look for another Python interpreter, such as
    that of the system, need the archive to run there.
    """
    collection, _, own_name = name.rpartition(".")
    if Path(path).parent == Path(ansible.__file__).parent / "modules":
        imported = f"ansible.modules.{own_name}"
    elif path.endswith(f"/ansible_collections/{collection.replace('.', '/')}/plugins/modules/{own_name}.py"):
        imported = f"ansible_collections.{collection}.plugins.modules.{own_name}"
    else:
        return None
    return None if "respawn" in Path(path).read_text() else imported


@dataclass(frozen=True)
class Call:
    """A call of a module.

    ``name`` is the one by which Python imports the module, and ``environment`` is added to this process's own. The
    module starts in ``directory``.
    """

    name: str
    arguments: Mapping[str, Any]
    environment: Mapping[str, object]
    directory: str

    def run(self) -> dict[str, Any]:
        """Return the module's ``stdout``, ``stderr`` and exit status ``rc``.

        The fork does not outlive an interrupted call.
        """
        encoder = get_module_encoder(PROFILE, Direction.CONTROLLER_TO_MODULE)
        parameters = json.dumps({"ANSIBLE_MODULE_ARGS": self.arguments}, cls=encoder).encode()
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            fork = os.fork()
            if fork == 0:
                self._run_in_fork(parameters, stdout.fileno(), stderr.fileno())
            try:
                _, status = os.waitpid(fork, 0)
            except BaseException:  # such as the timeout of a task
                os.kill(fork, signal.SIGKILL)
                os.waitpid(fork, 0)
                raise
            stdout.seek(0)
            stderr.seek(0)
            return {
                "stdout": stdout.read().decode(errors="surrogateescape"),
                "stderr": stderr.read().decode(errors="surrogateescape"),
                "rc": os.waitstatus_to_exitcode(status),
            }

    def start(self, job: Path, seconds: int) -> None:
        """Run the module in the background for at most ``seconds``.

        ``job`` is the file that the module ``async_status`` reads. It has the result when the module has ended.
        """
        job.parent.mkdir(parents=True, exist_ok=True)
        _write_status(job, {"started": True, "finished": False, "ansible_job_id": job.name})
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            return
        try:
            os.setsid()  # so that an interrupted playbook does not interrupt the module
            if os.fork() == 0:  # the child of nobody who would have to wait for it
                for standard in range(3):
                    os.dup2(os.open(os.devnull, os.O_RDWR), standard)
                _write_status(job, self._result(seconds))
        finally:
            os._exit(0)

    def _result(self, seconds: int) -> dict[str, Any]:
        def time_out(*_: object) -> NoReturn:
            raise TimeoutError

        signal.signal(signal.SIGALRM, time_out)
        signal.alarm(seconds)
        try:
            output = self.run()
        except TimeoutError:
            return {"failed": True, "msg": f"The module did not end within {seconds} seconds."}
        signal.alarm(0)
        try:
            result: dict[str, Any] = json.loads(_filter_non_json_lines(output["stdout"])[0])
        except ValueError:
            return {"failed": True, "msg": "The module returned no result."} | output
        return result

    def _run_in_fork(self, parameters: bytes, stdout: int, stderr: int) -> NoReturn:
        """Run the module in this process, and end it."""
        status = 1
        try:
            atexit._clear()  # noqa: SLF001  # Ansible's own handlers would remove its files
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for standard, output in ((1, stdout), (2, stderr)):
                os.dup2(output, standard)
            sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
            os.chdir(self.directory)
            os.environ.update({key: str(value) for key, value in self.environment.items()})
            _internal.is_controller = False  # warnings belong into the result
            sys.modules.pop(self.name, None)  # it runs as a program, not as what this process may have imported
            run_module(
                json_params=parameters,
                profile=PROFILE,
                module_fqn=self.name,
                modlib_path=str(Path(ansible.__file__).parents[1]),
                extensions={},
            )
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        finally:
            atexit._run_exitfuncs()  # noqa: SLF001  # of the module: they remove its temporary files
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)


def _write_status(job: Path, status: Mapping[str, Any]) -> None:
    written = job.with_suffix(f"{job.suffix}.tmp")
    written.write_text(json.dumps(status))
    written.rename(job)
