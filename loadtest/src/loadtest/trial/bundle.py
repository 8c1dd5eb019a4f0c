"""Pack what a trial measured into one archive, without private values.

Only files that are named here are packed. Their text is scrubbed, and so are their names.
"""

from __future__ import annotations

import getpass
import io
import os
import re
import socket
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from loadtest.record.run_directory import RunDirectory
from loadtest.trial.pseudonyms import Known, Pseudonyms
from loadtest.trial.records import errors_by_task, read_tasks
from loadtest.trial.trial import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loadtest.trial.plan import Plan
    from loadtest.trial.trial import Trial

# The host that a file of a load generator names.
_GENERATOR_FILE = re.compile(r"(?:requests|generator)-(.+)-\d+\.csv")

_SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


def write_bundle(path: Path, directory: Path, checkout: Path, trial: Trial, versions: dict[str, Any]) -> None:
    """Write the bundle of the trial in `directory` to `path`, a .tar.gz file."""
    files = dict(_files(directory))
    steps = {each.name: read_tasks(each) for each in sorted((directory / "steps").iterdir())}
    documents: dict[str, object] = {
        "trial.json": trial,
        "versions.json": versions,
        "errors.json": errors_by_task(steps),
        **{f"tasks/{name}.json": tasks for name, tasks in steps.items()},
    }
    texts = {name: file.read_text(encoding="utf-8", errors="replace") for name, file in files.items()}
    texts |= {name: msgspec.json.encode(document).decode() for name, document in documents.items()}
    known = [*_known_here(trial.plan, checkout), *_generator_hosts(texts)]
    # A user can have the name of a scenario: every bundle has it.
    pseudonyms = Pseudonyms(each for each in known if each.value not in (*SCENARIOS, *trial.plan.names))
    partial = path.with_name(f".{path.name}")
    with tarfile.open(partial, "w:gz") as archive:
        for name, text in sorted(texts.items()):
            content = _scrubbed(name, text, pseudonyms).encode()
            entry = tarfile.TarInfo(pseudonyms.text(f"{path.name.removesuffix('.tar.gz')}/{name}"))
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    partial.replace(path)


def _files(directory: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files of the results, with their names in the bundle."""
    results = directory / "results"
    for path in sorted(results.glob("*")):
        if path.name in ("deployments", "teardowns"):
            yield from ((f"{path.name}/{file.name}", file) for file in path.glob("*.json"))
            continue
        run = RunDirectory(path)
        measured = [run.scenario, run.context, run.generator, run.locust, run.load_ended, run.queue, run.completions]
        measured += [run.redeliveries, run.dead_letters, run.memory, run.host, run.emulators]
        measured += [run.ledger, run.resources, run.run]
        measured += [*run.request_files(), *run.sample_files()]
        yield from ((f"runs/{path.name}/{file.name}", file) for file in measured if file.is_file())


def _scrubbed(name: str, text: str, pseudonyms: Pseudonyms) -> str:
    """Return a text without private values. JSON is read first: in its text, a value can have escape sequences."""
    if not name.endswith(".json"):
        return pseudonyms.text(text)
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):  # such as the rest of a run that was killed
        return pseudonyms.text(text)
    return msgspec.json.format(msgspec.json.encode(pseudonyms.document(document)), indent=2).decode() + "\n"


def _known_here(plan: Plan, checkout: Path) -> list[Known]:
    """Return what this computer and the plan say about who ran the trial."""
    caller = plan.caller.partition("/")[2].split("/")
    host = socket.gethostname()
    url = re.match(r"https?://([^/:]+)", plan.url)
    return [
        *(Known("SECRET", os.environ.get(name, "")) for name in _SECRETS),
        Known("CHECKOUT", str(checkout)),
        Known("HOME", str(Path.home()).removesuffix("/")),
        Known("LOAD_BALANCER", url[1] if url else ""),
        *(Known("HOST", name, word=True) for name in (host, host.partition(".")[0])),
        *(Known("USER", name, word=True) for name in (getpass.getuser(), os.environ.get("AWS_PROFILE", ""), *caller)),
    ]


def _generator_hosts(names: dict[str, Any]) -> Iterator[Known]:
    """Yield the hosts of the load generators."""
    for name in names:
        if found := _GENERATOR_FILE.fullmatch(Path(name).name):
            yield Known("HOST", found[1], word=True)
