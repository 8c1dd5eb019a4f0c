"""The run directory: the names of its files."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class RunDirectory:
    """The files of one run below `path`."""

    def __init__(self, path: Path) -> None:
        """Set the paths; no file is created or read."""
        self.path = path
        self.scenario = path / "scenario.yml"
        self.context = path / "context.json"
        self.generator = path / "generator.json"
        self.locust = path / "locust.json"
        self.generator_progress = path / "generator-progress.txt"
        self.load_ended = path / "load-ended.json"
        self.queue = path / "queue.csv"
        self.queue_progress = path / "queue-progress.txt"
        self.completions = path / "completions.csv"
        self.redeliveries = path / "redeliveries.csv"
        self.dead_letters = path / "dead-letters.csv"
        self.memory = path / "memory.csv"
        self.host = path / "host.csv"
        self.emulators = path / "emulators.csv"
        self.ledger = path / "ledger.csv"
        self.resources = path / "resources.json"
        self.probes = path / "probes.json"
        self.run = path / "run.json"
        self.report = path / "report.html"

    @property
    def own_requests(self) -> Path:
        """The requests of this Locust process; several processes and hosts can share a run directory."""
        return self.path / f"requests-{_process()}.csv"

    @property
    def own_samples(self) -> Path:
        """The samples of this Locust process."""
        return self.path / f"generator-{_process()}.csv"

    def request_files(self) -> list[Path]:
        """Return the requests of all Locust processes, ordered by name."""
        return sorted(self.path.glob("requests-*.csv"))

    def sample_files(self) -> list[Path]:
        """Return the samples of all Locust processes, ordered by name."""
        return sorted(self.path.glob("generator-*.csv"))


def write_atomically(path: Path, text: str) -> None:
    """Replace the content of `path` by `text`, so that a reader sees the old or the new content, never a part."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def read_progress(path: Path) -> str:
    """Return a progress line; empty before the first one is written."""
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


def _process() -> str:
    return f"{socket.gethostname()}-{os.getpid()}"
