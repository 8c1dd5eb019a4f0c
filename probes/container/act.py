"""What the container of a probe's task does: one of the functions below, named by its first argument.

It prints what it sees as JSON, one object a line: the log is how a probe gets to know it. Botocore is all it needs.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PORT = 8080
LINE = "x" * 80


def say(**fields: object) -> None:
    """Print an object, at once."""
    print(json.dumps({"at": time.time(), **fields}), flush=True)  # noqa: T201  # the log


def ignore_sigterm() -> None:
    """Print a line every quarter of a second, also after SIGTERM, until killed."""
    signal.signal(signal.SIGTERM, lambda *_: say(signal="SIGTERM"))
    while True:
        say(alive=True)
        time.sleep(0.25)


def obey_sigterm(seconds: str) -> None:
    """End with status 0 some seconds after SIGTERM."""

    def end(*_: object) -> None:
        say(signal="SIGTERM")
        time.sleep(float(seconds))
        say(ended=True)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    say(ready=True)
    while True:
        time.sleep(1)


def exit_with(status: str) -> None:
    """End with a status."""
    sys.exit(int(status))


def lines(number: str) -> None:
    """Print many lines as fast as possible, and end."""
    for each in range(int(number)):
        print(f"{each} {LINE}")  # noqa: T201  # the log


def allocate(mebibytes: str) -> None:
    """Take memory, and say so."""
    taken = []
    for each in range(int(mebibytes)):
        taken.append(b"x" * 1024 * 1024)
        if each % 16 == 0:
            say(taken=each)
    say(finished=True)


def burn(seconds: str) -> None:
    """Compute until half a CPU was to be had, or for some seconds.

    Say which share of a CPU there was in the best half second, and how busy all CPUs were.
    """
    shares = [0.0]
    ends = time.monotonic() + float(seconds)
    while max(shares) < 0.5 and time.monotonic() < ends:  # noqa: PLR2004  # as the docstring says
        began, used = time.monotonic(), time.process_time()
        while time.monotonic() - began < 0.5:  # noqa: PLR2004  # as the docstring says
            sum(range(1000))
        shares.append((time.process_time() - used) / (time.monotonic() - began))
    say(share=max(shares), busy=os.getloadavg()[0] / (os.cpu_count() or 1))


def write() -> None:
    """Try to write to the root file system."""
    try:
        Path("/probe").write_text("probe", encoding="utf-8")
    except OSError as error:
        say(written=False, error=str(error))
    else:
        say(written=True)


def capabilities() -> None:
    """Say which capabilities the container can have."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    say(capabilities=next(line.split()[1] for line in status.splitlines() if line.startswith("CapBnd")))


def metadata() -> None:
    """Say what the metadata endpoint tells of the task, or the error."""
    try:
        address = f"{os.environ['ECS_CONTAINER_METADATA_URI_V4']}/task"
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310  # ECS's own
            say(metadata=json.load(answer))
    except (KeyError, OSError, ValueError) as error:
        say(metadata={}, error=repr(error))


def send(*urls: str) -> None:
    """Say who the task is, and try to send a message to each queue."""
    import botocore.session  # noqa: PLC0415  # takes a second, which the others do not need
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # the same

    session = botocore.session.Session()
    sent = {}
    for url in urls:
        try:
            sqs: Any = session.create_client("sqs")
            sqs.send_message(QueueUrl=url, MessageBody="from a task")
            sent[url] = ""
        except ClientError as error:
            sent[url] = error.response["Error"]["Code"]
        except (BotoCoreError, ValueError) as error:  # such as credentials at an address that it does not trust
            sent[url] = repr(error)
    say(sent=sent)


class Handler(BaseHTTPRequestHandler):
    """Answers by the last part of the path."""

    protocol_version = "HTTP/1.1"
    healthy = True

    def do_GET(self) -> None:
        """Answer."""
        path, _, query = self.path.partition("?")
        action = path.rpartition("/")[2]
        seconds = float(urllib.parse.parse_qs(query).get("seconds", ["0"])[0])
        if action == "close":
            self.close_connection = True
            return
        time.sleep(seconds)
        status = 200 if action != "health" or Handler.healthy else 500
        if action == "fail":
            Handler.healthy = False
        answer = {"server": os.environ.get("SERVER", ""), "path": self.path, "headers": dict(self.headers.items())}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be silent."""


def serve() -> None:
    """Serve HTTP until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    say(ready=True)
    ThreadingHTTPServer(("0.0.0.0", PORT), Handler).serve_forever()  # noqa: S104  # of a container


ACTIONS = {
    function.__name__: function
    for function in (
        ignore_sigterm,
        obey_sigterm,
        exit_with,
        lines,
        allocate,
        burn,
        write,
        capabilities,
        metadata,
        send,
        serve,
    )
}

if __name__ == "__main__":
    ACTIONS[sys.argv[1]](*sys.argv[2:])
