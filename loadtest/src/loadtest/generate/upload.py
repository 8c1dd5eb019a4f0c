"""Generate load where no files can be fetched from, such as in a task on ECS, and upload the run directory.

Progress lines on standard output begin with PROGRESS. The run directory is uploaded as one archive to the URL in the
environment variable RESULTS_URL. The URL is presigned, so the task needs no permissions. It is a secret: whoever has it
can write to the bucket, so no message contains it.
"""

from __future__ import annotations

import gzip
import http.client
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zlib
from typing import TYPE_CHECKING, Any, override

from loadtest.errors import LoadTestError
from loadtest.record.run_directory import read_progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loadtest.clock import Clock
    from loadtest.record.run_directory import RunDirectory

RESULTS_URL = "LOADTEST_RESULTS_URL"
PROGRESS = "progress: "

MOST_FILES = 100
MOST_UNPACKED_BYTES = 512 * 1024 * 1024
"""Of the files of a run, which are a few megabytes each."""

_READY_SECONDS = 60
_ANSWER_SECONDS = 5
_UPLOAD_SECONDS = 300
_POLL_SECONDS = 1


def wait_until_ready(host: str, clock: Clock) -> None:
    """Wait until the API's readiness endpoint answers; raise LoadTestError when it does not within a minute."""
    url = f"{host.rstrip('/')}/ready"
    give_up = clock.monotonic() + _READY_SECONDS
    while True:
        try:
            _call(url, _ANSWER_SECONDS)
        except LoadTestError as error:
            if clock.monotonic() >= give_up:
                message = f"{url} did not answer for {_READY_SECONDS} s: {error}"
                raise LoadTestError(message) from error
        else:
            return
        clock.sleep(_POLL_SECONDS)


def run_generate(
    run_directory: RunDirectory, scenario_name: str, host: str, clock: Clock, show: Callable[[str], None]
) -> None:
    """Run the command `generate` and show its progress; raise LoadTestError when Locust fails.

    Kills Locust when an exception interrupts it.
    """
    command = [sys.executable, "-m", "loadtest", "generate"]
    command += ["--run-directory", str(run_directory.path), "--scenario", scenario_name, "--host", host]
    shown = ""
    with subprocess.Popen(command) as locust:  # noqa: S603  # our own command
        try:
            while locust.poll() is None:
                clock.sleep(_POLL_SECONDS)
                line = read_progress(run_directory.generator_progress)
                if line != shown:
                    show(PROGRESS + line)
                    shown = line
        finally:
            locust.kill()
    if locust.returncode:
        message = f"Locust failed with exit status {locust.returncode}"
        raise LoadTestError(message)


def upload(path: Path, url: str) -> None:
    """Upload the files in `path` as one archive; raise LoadTestError when the upload fails."""
    with tempfile.TemporaryFile() as archive:
        with tarfile.open(fileobj=archive, mode="w:gz") as tar:
            for file in sorted(path.iterdir()):
                tar.add(file, arcname=file.name)
        headers = {"Content-Length": str(archive.tell()), "Content-Type": "application/gzip"}
        archive.seek(0)
        try:
            _call(url, _UPLOAD_SECONDS, data=archive, headers=headers, method="PUT")
        except LoadTestError as error:
            message = f"cannot upload the results: {error}"
            raise LoadTestError(message) from error


def unpack(archive: Path, path: Path) -> None:
    """Extract an archive of `upload` into `path`; raise LoadTestError when it is damaged, unsafe or too large.

    Whoever can write to the bucket can replace the archive, and a small one can unpack to any size.
    """
    try:
        with _BoundedGzipFile(archive) as unpacked, tarfile.open(fileobj=unpacked, mode="r|") as tar:
            for number, member in enumerate(tar, start=1):
                _check_member(member, number)
                tar.extract(member, path, filter="data")
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        message = f"cannot unpack the results: {error}"
        raise LoadTestError(message) from error


def _check_member(member: tarfile.TarInfo, number: int) -> None:
    if number > MOST_FILES:
        message = f"more than {MOST_FILES} files"
        raise tarfile.TarError(message)
    if not member.isreg() or member.issparse() or "/" in member.name:
        message = f"{member.name!r} is not a plain file of a run directory"
        raise tarfile.TarError(message)


class _BoundedGzipFile(gzip.GzipFile):
    """Fails after MOST_UNPACKED_BYTES."""

    @override
    def read(self, size: int | None = -1) -> bytes:
        content = super().read(size)
        if self.tell() > MOST_UNPACKED_BYTES:
            message = f"more than {MOST_UNPACKED_BYTES:,} bytes"
            raise tarfile.TarError(message)
        return content


def _call(url: str, seconds: float, **options: Any) -> None:  # noqa: ANN401  # whatever urllib takes
    """Send a request and discard the answer; raise LoadTestError when there is none, or it is an error."""
    try:
        request = urllib.request.Request(url, **options)  # noqa: S310  # the caller's own address
        with urllib.request.urlopen(request, timeout=seconds):  # noqa: S310  # the caller's own address
            pass
    except urllib.error.HTTPError as error:
        with error:
            message = f"{error} {error.read(500).decode(errors='replace')}".strip()
        raise LoadTestError(message) from error
    except ValueError as error:
        message = "the URL is invalid"  # it can be secret
        raise LoadTestError(message) from error
    except (OSError, http.client.HTTPException) as error:
        raise LoadTestError(str(error)) from error
