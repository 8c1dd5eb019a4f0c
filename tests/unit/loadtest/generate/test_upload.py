from __future__ import annotations

import gzip
import io
import signal
import subprocess
import sys
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, override

import pytest

from loadtest.errors import LoadTestError
from loadtest.generate.upload import PROGRESS, RESULTS_URL, unpack, upload, wait_until_ready

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.loadtest.conftest import JumpingClock


class Storage(ThreadingHTTPServer):
    """Takes uploads, as a bucket does, and answers that it is ready, as the order API does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), StorageHandler)
        self.stored: dict[str, bytes] = {}
        self.refuses = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class StorageHandler(BaseHTTPRequestHandler):
    server: Storage

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.server.refuses:
            self.server.stored[self.path] = body
        self.send_response(403 if self.server.refuses else 200)
        self.end_headers()
        if self.server.refuses:
            self.wfile.write(b"<Code>AccessDenied</Code>")

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("url", ["localhost/secret", "http://a b/secret", "http://localhost:port/secret"])
def test_an_invalid_url_is_an_error_that_does_not_show_it(tmp_path: Path, url: str) -> None:
    with pytest.raises(LoadTestError, match="cannot upload the results: ") as failure:
        upload(tmp_path, url)
    assert "secret" not in str(failure.value)


def test_what_is_uploaded_can_be_unpacked(tmp_path: Path, storage: Storage) -> None:
    for name in ("run", "downloaded"):
        (tmp_path / name).mkdir()
    (tmp_path / "run/requests-a-1.csv").write_text("started_at\n")
    upload(tmp_path / "run", f"{storage.url}/results")
    archive = tmp_path / "archive"
    archive.write_bytes(storage.stored["/results"])
    unpack(archive, tmp_path / "downloaded")
    assert {path.name: path.read_text() for path in (tmp_path / "downloaded").iterdir()} == {
        "requests-a-1.csv": "started_at\n"
    }


def test_the_error_of_a_refused_upload_has_no_url(tmp_path: Path, storage: Storage) -> None:
    storage.refuses = True
    with pytest.raises(LoadTestError, match=r"cannot upload the results: HTTP Error 403: .*AccessDenied") as refused:
        upload(tmp_path, f"{storage.url}/results?signature=secret")
    assert "secret" not in str(refused.value)


def test_an_archive_cannot_write_outside_the_directory(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../elsewhere"), io.BytesIO())
    (tmp_path / "run").mkdir()
    with pytest.raises(LoadTestError, match="cannot unpack the results"):
        unpack(archive, tmp_path / "run")
    assert not (tmp_path / "elsewhere").exists()


def entry(name: str, **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info


@pytest.mark.parametrize(
    ("info", "reason"),
    [
        (entry("link", type=tarfile.SYMTYPE, linkname="/etc/passwd"), "'link' is not a plain file"),
        (entry("link", type=tarfile.LNKTYPE, linkname="run.json"), "'link' is not a plain file"),
        (entry("pipe", type=tarfile.FIFOTYPE), "'pipe' is not a plain file"),
        (entry("directory", type=tarfile.DIRTYPE), "'directory' is not a plain file"),
        (entry("/tmp/absolute"), "'/tmp/absolute' is not a plain file"),  # noqa: S108  # not written
        (entry("below/file"), "'below/file' is not a plain file"),
    ],
)
def test_an_archive_has_nothing_but_plain_files(tmp_path: Path, info: tarfile.TarInfo, reason: str) -> None:
    with tarfile.open(tmp_path / "archive", "w:gz") as tar:
        tar.addfile(info)
    (tmp_path / "run").mkdir()
    with pytest.raises(LoadTestError, match=f"^cannot unpack the results: {reason}"):
        unpack(tmp_path / "archive", tmp_path / "run")
    assert list((tmp_path / "run").iterdir()) == []


class Zeros(io.RawIOBase):
    """Endless zeros, which take a thousandth of their size in an archive."""

    @override
    def read(self, size: int = -1) -> bytes:
        return bytes(size)


def test_an_archive_cannot_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadtest.generate.upload.MOST_UNPACKED_BYTES", 1024**2)
    with tarfile.open(tmp_path / "archive", "w:gz", compresslevel=1) as tar:
        tar.addfile(entry("requests-a-1.csv", size=16 * 1024**2), Zeros())
    (tmp_path / "run").mkdir()
    with pytest.raises(LoadTestError, match=r"^cannot unpack the results: more than 1,048,576 bytes"):
        unpack(tmp_path / "archive", tmp_path / "run")
    assert sum(path.stat().st_size for path in (tmp_path / "run").iterdir()) <= 1024**2


def test_an_archive_has_no_more_than_a_hundred_files(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "archive", "w:gz") as tar:
        for number in range(101):
            tar.addfile(entry(f"requests-a-{number}.csv"))
    (tmp_path / "run").mkdir()
    with pytest.raises(LoadTestError, match=r"^cannot unpack the results: more than 100 files"):
        unpack(tmp_path / "archive", tmp_path / "run")


@pytest.mark.parametrize(
    "content", [b"", b"<Error/>", b"\x1f\x8b\x08\x00", gzip.compress(b"x" * 2000), gzip.compress(b"x")[:-9]]
)
def test_a_damaged_archive_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "archive").write_bytes(content)
    with pytest.raises(LoadTestError, match=r"^cannot unpack the results: "):
        unpack(tmp_path / "archive", tmp_path)


def test_an_api_that_never_answers_is_an_error(clock: JumpingClock) -> None:
    with pytest.raises(LoadTestError, match=r"http://127\.0\.0\.1:1/ready did not answer for 60 s"):
        wait_until_ready("http://127.0.0.1:1/", clock)
    assert clock.elapsed >= 60


def start_command(run_directory: Path, storage: Storage, scenario: str) -> subprocess.Popen[str]:
    arguments = ["--run-directory", str(run_directory), "--scenario", scenario, "--host", storage.url]
    return subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "loadtest", "generate-and-upload", *arguments],
        env={RESULTS_URL: f"{storage.url}/results"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_nothing_is_uploaded_when_locust_fails(tmp_path: Path, storage: Storage) -> None:
    with start_command(tmp_path, storage, "no-such") as process:
        _, errors = process.communicate()
    assert process.returncode == 2
    assert "Locust failed with exit status 2" in errors
    assert storage.stored == {}


def test_sigterm_stops_the_load_at_once(tmp_path: Path, storage: Storage) -> None:
    with start_command(tmp_path, storage, "smoke") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(PROGRESS)
        stopped = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 128 + signal.SIGTERM
        assert time.monotonic() - stopped < 5
    assert storage.stored == {}
