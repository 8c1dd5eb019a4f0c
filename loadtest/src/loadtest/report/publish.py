"""Publish a comparison with the rows behind it, so that anybody can calculate its figures again.

The rows are made smaller first: orders are numbered, instead of their random ids, times have a tenth of a millisecond,
and response times a thousandth. The runs are evaluated and compared anew from these rows, so what is published is
exactly what they give. Names of hosts are left out.
"""

from __future__ import annotations

import csv
import io
import lzma
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from loadtest.errors import LoadTestError
from loadtest.evaluate.evaluation import evaluate
from loadtest.record.documents import read_document
from loadtest.record.run import SCHEMA, Run
from loadtest.record.run_directory import RunDirectory
from loadtest.report.accounts import account_ids
from loadtest.report.measured_run import labels_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ARCHIVE = "runs.tar.xz"

_EMULATED_ACCOUNT = "000000000000"
_TIMES = {"started_at", "due_at", "created_at", "completed_at", "time"}
_TIME_DECIMALS, _RESPONSE_DECIMALS = 4, 3
_MOST_BYTES = 512 * 1024**2


def write_archive(paths: Sequence[Path], archive: Path) -> None:
    """Write the runs at these paths, with smaller rows, to an archive; the same runs give the same bytes.

    Raises LoadTestError if a run is of an earlier schema, has the ID of an AWS account, or passes other gates then.
    """
    with TemporaryDirectory() as directory:
        small = [
            _write_small(path, Path(directory) / label) for path, label in zip(paths, labels_of(paths), strict=True)
        ]
        files = sorted(file for run in small for file in run.iterdir())
        with (
            lzma.open(archive, "wb", preset=9 | lzma.PRESET_EXTREME) as compressed,
            tarfile.open(fileobj=compressed, mode="w") as packed,
        ):
            for file in files:
                entry = tarfile.TarInfo(str(file.relative_to(directory)))
                entry.size = file.stat().st_size
                packed.addfile(entry, io.BytesIO(file.read_bytes()))


def unpack(archive: Path, directory: Path) -> list[Path]:
    """Unpack the runs of an archive below a directory, and return their paths in order.

    Raises LoadTestError if it is damaged, or has anything but files, or more than 512 MiB.
    """
    try:
        with lzma.open(archive) as compressed, tarfile.open(fileobj=compressed, mode="r:") as packed:
            members = packed.getmembers()
            if not all(member.isfile() for member in members) or sum(each.size for each in members) > _MOST_BYTES:
                message = f"{archive}: is no archive of runs"
                raise LoadTestError(message)
            packed.extractall(directory, members=members, filter="data")
    except (lzma.LZMAError, tarfile.TarError, EOFError) as error:
        message = f"{archive}: {error}"
        raise LoadTestError(message) from error
    return sorted(path.parent for path in directory.rglob("run.json"))


def _write_small(path: Path, small: Path) -> Path:
    """Write a run with smaller rows, evaluate it, and return its path."""
    run_directory = RunDirectory(path)
    original = read_document(run_directory.run, Run)
    if original.schema != SCHEMA:
        message = f"{path}: has schema {original.schema}; only runs of schema {SCHEMA} can be published"
        raise LoadTestError(message)
    if account_ids(run_directory) - {_EMULATED_ACCOUNT}:
        message = f"{path}: has the ID of an AWS account; publish the runs of a trial's bundle, which has pseudonyms"
        raise LoadTestError(message)
    small.mkdir(parents=True)
    numbers: dict[str, str] = {}
    for name, source in _sources(run_directory):
        text = source.read_text(encoding="utf-8")
        (small / name).write_text(_smaller(text, numbers) if name.endswith(".csv") else text, encoding="utf-8")
    run = evaluate(RunDirectory(small))
    (small / "ledger.csv").unlink()  # a comparison calculates it
    if [(gate.name, gate.passed) for gate in run.gates] != [(gate.name, gate.passed) for gate in original.gates]:
        message = f"{path}: does not pass the same gates with smaller rows"
        raise LoadTestError(message)
    return small


def _sources(run_directory: RunDirectory) -> Iterator[tuple[str, Path]]:
    """Yield the files that a comparison needs, requests first, with names that have no host in them."""
    for kind, files in (("requests", run_directory.request_files()), ("generator", run_directory.sample_files())):
        for number, file in enumerate(files, start=1):
            yield f"{kind}-{number}.csv", file
    for file in (
        *(run_directory.completions, run_directory.redeliveries, run_directory.dead_letters),
        *(run_directory.queue, run_directory.memory),
        *(run_directory.host, run_directory.emulators, run_directory.scenario, run_directory.context),
        *(run_directory.generator, run_directory.locust, run_directory.resources, run_directory.probes),
    ):
        if file.exists():
            yield file.name, file


def _smaller(text: str, numbers: dict[str, str]) -> str:
    """Return CSV text with fewer digits, and with numbers for ids, which `numbers` collects."""
    rows = csv.DictReader(io.StringIO(text))
    out = io.StringIO()
    writer = csv.DictWriter(out, rows.fieldnames or [], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        for name, value in row.items():
            if not value:
                continue
            if name in {"order_id", "message_id"}:
                row[name] = numbers.setdefault(value, str(len(numbers) + 1))
            elif name in _TIMES:
                row[name] = str(round(float(value), _TIME_DECIMALS))
            elif name == "response_ms":
                row[name] = str(round(float(value), _RESPONSE_DECIMALS))
        writer.writerow(row)
    return out.getvalue()
