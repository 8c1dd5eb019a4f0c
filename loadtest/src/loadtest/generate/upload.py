"""Generates load in a place that nobody can fetch files from, such as a task on ECS.

Progress goes to standard output, in lines that begin with PROGRESS. What was recorded goes, in one archive, to the
address in the environment variable RESULTS_URL: a presigned one, so that no other permission is needed. Whoever knows
it could write there, so it stands in no message.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from loadtest.errors import LoadTestError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loadtest.clock import Clock
    from loadtest.record.run_directory import RunDirectory

RESULTS_URL = "LOADTEST_RESULTS_URL"
PROGRESS = "progress: "

_READY_SECONDS = 60
_ANSWER_SECONDS = 5
_UPLOAD_SECONDS = 300
_POLL_SECONDS = 1


def await_ready(host: str, clock: Clock) -> None:
    """Wait until the system says that it is ready; raise LoadTestError when it does not within a minute."""
    url = f"{host.rstrip('/')}/ready"
    give_up = clock.monotonic() + _READY_SECONDS
    while True:
        try:
            _call(urllib.request.Request(url), _ANSWER_SECONDS)  # noqa: S310  # the caller's own address
        except LoadTestError as error:
            if clock.monotonic() >= give_up:
                message = f"{url} did not answer from here for {_READY_SECONDS} s: {error}"
                raise LoadTestError(message) from error
        else:
            return
        clock.sleep(_POLL_SECONDS)


def send_load(
    run_directory: RunDirectory, scenario_name: str, host: str, clock: Clock, say: Callable[[str], None]
) -> None:
    """Run the command `generate` and say how far it is; raise LoadTestError when Locust fails.

    Locust does not survive this program.
    """
    command = [sys.executable, "-m", "loadtest", "generate"]
    command += ["--run-directory", str(run_directory.path), "--scenario", scenario_name, "--host", host]
    shown = ""
    with subprocess.Popen(command) as locust:  # noqa: S603  # our own command
        try:
            while locust.poll() is None:
                clock.sleep(_POLL_SECONDS)
                line = (
                    run_directory.generator_progress.read_text().strip()
                    if run_directory.generator_progress.exists()
                    else ""
                )
                if line != shown:
                    say(PROGRESS + line)
                    shown = line
        finally:
            locust.kill()
    if locust.returncode:
        message = f"Locust ended with exit status {locust.returncode}"
        raise LoadTestError(message)


def store(path: Path, url: str) -> None:
    """Upload the files in `path`, in one archive; raise LoadTestError when they are not taken."""
    with tempfile.TemporaryFile() as archive:
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            for file in sorted(path.iterdir()):
                tar.add(file, arcname=file.name)
        headers = {"Content-Length": str(archive.tell()), "Content-Type": "application/gzip"}
        archive.seek(0)
        request = urllib.request.Request(url, archive, headers, method="PUT")  # noqa: S310  # the caller's own address
        try:
            _call(request, _UPLOAD_SECONDS)
        except LoadTestError as error:
            message = f"the results could not be stored: {error}"
            raise LoadTestError(message) from error


def unpack(archive: Path, path: Path) -> None:
    """Put the files of an archive that `store` made into `path`."""
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(path, filter="data")
    except tarfile.TarError as error:
        message = f"the results cannot be unpacked: {error}"
        raise LoadTestError(message) from error


def _call(request: urllib.request.Request, seconds: float) -> None:
    """Make a request whose answer does not matter; raise LoadTestError when there is none, or it is an error."""
    try:
        with urllib.request.urlopen(request, timeout=seconds):  # noqa: S310  # the caller's own address
            pass
    except urllib.error.HTTPError as error:
        with error:
            message = f"{error} {error.read(500).decode(errors='replace')}".strip()
        raise LoadTestError(message) from error
    except OSError as error:
        raise LoadTestError(str(error)) from error
