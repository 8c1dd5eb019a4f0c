"""Run directories from strangers: whatever they contain, they forge no report and control no terminal."""

from __future__ import annotations

import json
import os
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.__main__ import main
from loadtest.evaluate.evaluation import evaluate
from loadtest.record.run_directory import RunDirectory
from loadtest.report.measured_run import leaves

from .synthetic import SAMPLES, Plan, resources, write_run
from .test_html import SCRIPTS, Elements

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTILE = (
    "\n\n# Forged\n\n- [x](javascript:alert(1)) `code` **b** | c | <img src=x onerror=alert(1)> &#35; ~~~\n=====\n> q"
    "\r\x1b[2J\x1b]0;t\x07\x9b31m\u202eevil\u2066\u200b\u2028\x00</title></svg><script>alert(1)</script>"
)
HARMLESS = "word"

COMPARISON = ("comparison.html", "comparison.md", "comparison.json")


def change(document: Any, text: str) -> Any:  # noqa: ANN401  # any JSON document
    """Append a text to every text in a document, and to the keys that are names."""
    if isinstance(document, str):
        return document + text
    if isinstance(document, list):
        return [change(value, text) for value in document]
    if isinstance(document, dict):
        return {key: change(value, text) for key, value in document.items()}
    return document


def write_hostile(path: Path, number: int, text: str) -> Path:
    """Write a run that has a text in all of its fields that can hold one."""
    write_run(
        path,
        Plan(
            "aws" if number == 1 else "ministack",
            number,
            20.0,
            resources=resources("orders", 1, api_tasks=number, alarms=number == 1),
        ),
    )
    run_file, resources_file = path / "run.json", path / "resources.json"
    run = json.loads(run_file.read_text())
    for field in ("environment", "run_id", "scenario", "host", "gates"):
        run[field] = change(run[field], text)
    run["versions"] = change(run["versions"], text) | {f"tool{text}": f"1{text}", "localstack": text}
    run["versions"]["images"] = {f"api{text}": f"image{text}"}
    run["settings"] |= {f"setting{text}": f"value{text}", "nested": {text: [text]}}
    run["deployment"]["roles"] = {role + text: seconds for role, seconds in run["deployment"]["roles"].items()}
    for span in run["deployment"]["spans"]:
        span["role"] += text
    for row in run["cost"]["estimate"]["rows"]:
        row |= {"what": row["what"] + text, "source": row["source"] + text}
    run["deployment"]["changed_tasks"] = [text]
    run["emulators"] = {f"{name}{text}": each | {"digest": text} for name, each in run["emulators"].items()}
    run["experiment"]["id"] += text
    run["cost"]["prices"] |= {"region": text, "as_of": text}
    run_file.write_text(json.dumps(run))
    recorded = json.loads(resources_file.read_text())
    for resource in recorded["resources"]:
        resource |= {"kind": resource["kind"] + text, "name": resource["name"] + text}
        nested = json.dumps({f"key{text}": f"{number}{text}", "list": [text, number]})
        resource["attributes"] |= {f"attribute{text}": f"{number}{text}", f"document{text}": nested}
    resources_file.write_text(json.dumps(recorded))
    scenario = path / "scenario.yml"
    scenario.write_text(scenario.read_text().replace("description:", f"description: {json.dumps(text)} #"))
    return path


def compare_hostile(tmp_path: Path, text: str) -> Path:
    directory = tmp_path / ("hostile" if text == HOSTILE else "harmless")
    runs = [
        write_hostile(directory / f"a{text.replace('/', '').replace(chr(0), '')}" / "1", 1, text),
        write_hostile(directory / "b" / "2", 2, text),
        write_hostile(directory / "b" / "3", 3, f"{text}!"),
    ]
    damaged = directory / "damaged" / text.replace("/", "").replace("\0", "")
    damaged.mkdir(parents=True)
    (damaged / "run.json").write_text(json.dumps({"schema": text, text: text}))
    output = directory / "report"
    assert main(["compare", *map(str, runs), str(damaged), "--output", str(output)]) == 0
    assert main(["report", "--run-directory", str(runs[0])]) == 0
    (runs[0] / "report.html").rename(output / "report.html")
    return output


@pytest.fixture
def reports(tmp_path: Path) -> tuple[Path, Path]:
    """The reports of hostile and of harmless runs: of all of them, and of the first."""
    return compare_hostile(tmp_path, HOSTILE), compare_hostile(tmp_path, HARMLESS)


def structure(page: str) -> list[str]:
    # The number of lines in the legend of a chart and of its ticks depends on the length of the names.
    return [tag for tag, _ in Elements(page).found if tag not in {"path", "text", "circle", "rect"}]


def test_no_control_character_is_in_a_report(reports: tuple[Path, Path]) -> None:
    for name in (*COMPARISON, "report.html"):
        text = (reports[0] / name).read_text()
        assert "evil" in text
        assert {character for character in text if not character.isprintable()} == {"\n"}
    report = json.loads((reports[0] / "comparison.json").read_text())
    assert all(f"{path}{value}".isprintable() for path, value in leaves(report))


@pytest.mark.parametrize("name", ["comparison.html", "report.html"])
def test_html_stays_inert(reports: tuple[Path, Path], name: str) -> None:
    hostile, harmless = ((output / name).read_text() for output in reports)
    elements = Elements(hostile)
    assert elements.open == []
    assert structure(hostile) == structure(harmless)
    assert "img" not in {tag for tag, _ in elements.found}
    assert [attributes for tag, attributes in elements.found if tag == "script"] == SCRIPTS
    assert not {name for _, attributes in elements.found for name in attributes if name.startswith("on")}


def test_markdown_cannot_be_forged(reports: tuple[Path, Path]) -> None:
    hostile, harmless = ((output / "comparison.md").read_text().splitlines() for output in reports)
    # As many lines, of the same kinds, with the same number of cells.
    kinds = [[re.sub(r"\w.*", "", line)[:2] for line in lines] for lines in (hostile, harmless)]
    assert kinds[0] == kinds[1]
    unescaped = [[re.sub(r"\\.", "", line) for line in lines] for lines in (hostile, harmless)]
    assert [line.count("|") for line in unescaped[0]] == [line.count("|") for line in unescaped[1]]
    for line in unescaped[0]:
        if line not in {"<details>", "</details>"} and not line.startswith("<summary>"):
            assert not re.search(r"[`<\[\]~]|&#?\w+;", line)
            assert not re.search(r"(?<!^)\*(?!\*$)", line.replace("**", ""))


def test_the_terminal_gets_no_control_character(reports: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    run = next(path.parent for path in reports[0].parent.glob("a*/1/run.json"))
    assert main(["table", str(run)]) == 0
    (run / "context.json").write_text((run / "context.json").read_text().replace('"aws"', json.dumps(HOSTILE)))
    assert main(["evaluate", "--run-directory", str(run)]) == 0
    (run / "run.json").write_text(json.dumps({"schema": HOSTILE}))
    assert main(["table", str(run)]) == 2
    shown = capsys.readouterr()
    assert "evil" in shown.out
    assert {character for character in shown.out + shown.err if not character.isprintable()} == {"\n"}
    assert len(shown.err.splitlines()) == 1


ACCOUNT, OTHER = "123456789012", "210987654321"
NUMBER = "202601051210"
"""Has twelve digits, but is no account."""


def test_no_account_id_is_in_a_report(make_run: Callable[..., Path], tmp_path: Path) -> None:
    runs = []
    for environment, account in (("aws", ACCOUNT), ("aws2", OTHER)):
        found = resources("orders", 1, api_tasks=1, alarms=False)
        found += [
            {
                "kind": "buckets",
                "name": f"orders-results-{account}",
                "attributes": {
                    "arn": f"arn:aws:s3:::orders-results-{account}",
                    "policy": json.dumps({"Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "number": environment}),
                    "number": NUMBER,
                    "environment": environment,
                },
            },
            {
                "kind": "queues",
                "name": "queue",
                "attributes": {"url": f"https://sqs.us-west-2.amazonaws.com/{account}/queue", "n": environment},
            },
        ]
        path = make_run(environment, 1, resources=found)
        run = json.loads((path / "run.json").read_text())
        run["versions"]["images"] = {"api": f"{account}.dkr.ecr.us-west-2.amazonaws.com/orders/api:tag"}
        run["host"] = {"account": account, "name": f"host-{account}", "number": NUMBER, "index": environment}
        run["gates"][0]["detail"] = f"in {account}"
        (path / "run.json").write_text(json.dumps(run))
        runs.append(path)
    damaged = tmp_path / "damaged"
    shutil.copytree(runs[0], damaged)
    text = (damaged / "run.json").read_text()
    (damaged / "run.json").write_text(text.replace('"count": ', f'"count": "arn:aws:sns:us-west-2:{ACCOUNT}:x", "x": '))
    assert main(["compare", *map(str, runs), str(damaged), "--output", str(tmp_path / "report")]) == 0
    for name in COMPARISON:
        report = (tmp_path / "report" / name).read_text()
        assert ACCOUNT not in report
        assert OTHER not in report
        assert "host-ACCOUNT" in report
        assert NUMBER in report
        assert "arn:aws:sns:us-west-2:ACCOUNT:x" in report
    parity = json.loads((tmp_path / "report/comparison.json").read_text())["parity"]
    assert {(each["kind"], each["attribute"]) for each in parity["differences"]} == {
        ("buckets", "environment"),
        ("buckets", "policy.number"),
        ("queues", "n"),
    }
    assert main(["report", "--run-directory", str(runs[0])]) == 0
    report = (runs[0] / "report.html").read_text()
    assert ACCOUNT not in report
    assert "host-ACCOUNT" in report
    assert NUMBER in report


@pytest.mark.parametrize(
    "name", ["run.json", "resources.json", "scenario.yml", "queue.csv", "requests-synthetic-1.csv"]
)
@pytest.mark.parametrize("damage", ["large", "link", "pipe", "nested", "endless line"])
def test_a_file_that_cannot_be_read_is_one_line(
    tmp_path: Path, name: str, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    shutil.copytree(SAMPLES / "runs/localstack/1", run)
    (run / name).unlink()
    match damage:
        case "large":
            with (run / name).open("wb") as file:
                file.truncate(2 * 1024**3)
        case "link":
            (run / name).symlink_to("/dev/zero")
        case "pipe":
            os.mkfifo(run / name)
        case "nested":
            (run / name).write_text("[" * 100_000)
        case "endless line":
            (run / name).write_text('"' + "x" * 200_000)
    good = str(SAMPLES / "runs/ministack/1")
    assert main(["compare", str(run), good, "--output", str(tmp_path / "report")]) == 0
    report = json.loads((tmp_path / "report/comparison.json").read_text())
    assert [entry["state"] for entry in report["runs"]] == ["damaged", "compared"]
    assert name in report["runs"][0]["reason"]
    assert len(report["runs"][0]["reason"]) < 1000
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("workers", [10**6, 10**12, 10**30])
def test_a_number_of_workers_cannot_exhaust_the_memory(make_run: Callable[..., Path], workers: int) -> None:
    path = make_run("aws", 1)
    for name in ("run.json", "context.json"):
        document = json.loads((path / name).read_text())
        document["settings"]["workers"] = workers
        (path / name).write_text(json.dumps(document))
    assert main(["evaluate", "--run-directory", str(path)]) == 2
    assert main(["compare", str(path), "--output", str(path / "report")]) == 2
    assert json.loads((path / "report/comparison.json").read_text())["runs"][0]["state"] == "damaged"


@pytest.mark.parametrize("value", [1e-320, 1e-7, 1e9, 0.0])
@pytest.mark.parametrize("field", ["total_seconds", "wait_seconds"])
def test_extreme_figures_are_shown(make_run: Callable[..., Path], tmp_path: Path, field: str, value: float) -> None:
    runs = [make_run("aws", 1), make_run("aws", 2), make_run("ministack", 1), make_run("ministack", 2)]
    run = json.loads((runs[0] / "run.json").read_text())
    run["deployment"][field] = value
    (runs[0] / "run.json").write_text(json.dumps(run))
    assert main(["compare", *map(str, runs), "--output", str(tmp_path / "report")]) == 0


def test_requests_outside_of_the_load_have_no_response_times(make_run: Callable[..., Path], tmp_path: Path) -> None:
    path = make_run("aws", 1)
    requests = path / "requests-synthetic-1.csv"
    header, *rows = requests.read_text().splitlines()
    rows = [",".join(["1.0", "0.0", *row.split(",")[2:]]) for row in rows]
    requests.write_text("\n".join([header, *rows]) + "\n")
    found = evaluate(RunDirectory(path)).requests
    assert (found.per_second, found.ms.mean) == (0, None)
    assert main(["compare", str(path), "--output", str(tmp_path / "report")]) == 2  # it fails gates
    assert json.loads((tmp_path / "report/comparison.json").read_text())["runs"][0]["state"] == "left out"
