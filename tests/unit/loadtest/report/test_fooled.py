"""Runs that look better than they are, and what notices it: a gate, the selection, a caution or the verdict."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.evaluate.evaluation import evaluate
from loadtest.record.run_directory import RunDirectory
from loadtest.report.document import Chart, Notice
from loadtest.report.sections import sections

from .synthetic import SCENARIO, Plan, write_run

if TYPE_CHECKING:
    from loadtest.record.run import Run
    from loadtest.report.report import Report, Row

    from .conftest import Compare, MakeRun

NAMES = ("localstack", "ministack")
FLASH_SALE: dict[str, Any] = SCENARIO | {
    "users": 30,
    "spawn_rate_per_second": 30,
    "duration_seconds": 21,
    "wait_seconds": {"min": 0, "max": 0},
    "arrivals_per_second": 60,
}


DOCUMENT = Path(__file__).parents[4] / "docs/comparison.md"


def test_each_test_that_the_documentation_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", DOCUMENT.read_text()))
    assert len(named) > 20
    assert named <= set(globals())


def evaluated(tmp_path: Path, **plan: Any) -> Run:  # noqa: ANN401  # fields of a plan
    return write_run(tmp_path / "run", Plan("localstack", 1, 20.0)._replace(**plan))


def failed(run: Run) -> dict[str, str]:
    return {gate.name: gate.detail for gate in run.gates if not gate.passed}


def row(report: Report, key: str) -> Row:
    assert report.figures is not None
    [found] = [each for each in report.figures.rows if each.key == key]
    return found


def ratio_of(report: Report, key: str) -> Any:  # noqa: ANN401  # the ratio of the only pair
    [pair] = row(report, key).ratios
    return pair.ratio


def text(report: Report) -> str:
    return str(sections(report))


def set_response(path: Path, ms: float) -> Path:
    """Let all answers of an evaluated run take the same time. Its gates stay: Little's law would notice."""
    file = path / "requests-synthetic-1.csv"
    header, *lines = file.read_text().splitlines()
    cells = [line.split(",") for line in lines]
    file.write_text("\n".join([header, *(",".join([each[0], str(ms), *each[2:]]) for each in cells)]) + "\n")
    gates = json.loads((path / "run.json").read_text())["gates"]
    evaluate(RunDirectory(path))
    run = json.loads((path / "run.json").read_text())
    (path / "run.json").write_text(json.dumps(run | {"gates": gates}))
    return path


def test_a_third_of_the_orders_dead_lettered(make_run: MakeRun, compare_runs: Compare, tmp_path: Path) -> None:
    run = evaluated(tmp_path, lose=95, dead_letter=95)
    assert (run.orders.dead_lettered, run.orders.lost) == (95, 0)
    assert f"95 of {run.orders.accepted} accepted orders" in failed(run)["no order dead-lettered"]
    report = compare_runs(make_run("localstack", 2, lose=95, dead_letter=95), make_run("ministack", 1))
    assert "Orders went wrong: localstack/2 (left out): 95 dead-lettered of " in report.verdict
    [notice] = [block for block in sections(report)[0].blocks if isinstance(block, Notice) and block.level == "bad"]
    assert notice.text == report.orders


def test_lost_orders_beside_as_many_foreign_dead_letters(make_run: MakeRun, compare_runs: Compare) -> None:
    path = make_run("localstack", 1, lose=90, foreign_dead_letters=90)
    orders = json.loads((path / "run.json").read_text())["orders"]
    assert (orders["dead_lettered"], orders["lost"]) == (0, 90)
    report = compare_runs(path, make_run("localstack", 2), make_run("ministack", 1))
    assert report.runs[0].state == "left out"
    assert "ledger closes" in str(report.runs[0].reason)
    assert "90 lost" in report.verdict


def test_a_verdict_without_losses_says_so(make_run: MakeRun, compare_runs: Compare) -> None:
    report = compare_runs(make_run("localstack", 1), make_run("ministack", 1))
    assert "No order was lost, dead-lettered or completed twice." in report.verdict


def test_a_load_generator_that_stopped_for_three_of_twenty_seconds(tmp_path: Path) -> None:
    run = evaluated(tmp_path, scenario=FLASH_SALE, stall=(8.0, 3.0), workers=100)
    assert set(failed(run)) == {"orders sent when due", "generator never paused"}
    assert run.requests.ms.p95 is not None
    assert run.requests.ms.p95 > 1500
    assert run.requests.late_max_ms == pytest.approx(3000, abs=20)
    assert run.requests.offered_per_second == pytest.approx(60, rel=0.01)


def test_the_same_load_without_a_stop_passes(tmp_path: Path) -> None:
    run = evaluated(tmp_path, scenario=FLASH_SALE, workers=100)
    assert failed(run) == {}
    assert run.requests.ms.p95 is not None
    assert run.requests.ms.p95 < 60


def test_orders_that_are_missing_lower_the_offered_rate(tmp_path: Path) -> None:
    run = evaluated(tmp_path, scenario=FLASH_SALE, workers=100)
    path = tmp_path / "run/requests-synthetic-1.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:601]))
    assert run.requests.offered_per_second == pytest.approx(60, rel=0.01)
    assert evaluate(RunDirectory(tmp_path / "run")).requests.offered_per_second == pytest.approx(30, rel=0.01)


@pytest.mark.parametrize("changed", [("network : Create the VPC", "base_image : Pull the image"), None])
def test_deployments_that_did_not_do_the_same(
    make_run: MakeRun, compare_runs: Compare, changed: tuple[str, ...] | None
) -> None:
    runs = [make_run(name, number) for number in (1, 2, 3) for name in NAMES]
    assert ratio_of(compare_runs(*runs), "deployment").ratio is not None
    other = make_run("ministack", 4, changed_tasks=changed)
    assert ratio_of(compare_runs(*runs, make_run("localstack", 4), other), "deployment").ratio is None


def test_deployment_times_are_not_among_the_ratios(make_run: MakeRun, compare_runs: Compare) -> None:
    report = compare_runs(make_run("localstack", 1), make_run("ministack", 1))
    [ratios] = [each for each in sections(report) if each.heading == "Ratios"]
    assert "Drain time" in str(ratios)
    assert "Deployment" not in str(ratios)


def test_more_workers_than_the_settings_say(tmp_path: Path) -> None:
    run = evaluated(tmp_path, workers=8, working=12)
    assert set(failed(run)) == {"no faster than the model", "no more payments than workers"}
    assert failed(run)["no more payments than workers"] == "12 payments at once, 8 workers"


def test_another_task_that_starts_during_the_run(tmp_path: Path) -> None:
    evaluated(tmp_path)
    path = tmp_path / "run/memory.csv"
    header, *lines = path.read_text().splitlines()
    late = [line.replace("processor/processor/1", "processor/processor/2") for line in lines if "processor" in line]
    path.write_text("\n".join([header, *sorted(lines + late[-3:])]) + "\n")
    found = failed(evaluate(RunDirectory(tmp_path / "run")))
    assert set(found) == {"same tasks throughout"}
    assert "processor: 2 tasks, 1 started" in found["same tasks throughout"]


def test_the_seconds_that_an_environment_adds_stand_beside_the_ratio(make_run: MakeRun, compare_runs: Compare) -> None:
    report = compare_runs(*(make_run(name, number) for number in (1, 2, 3) for name in NAMES))
    added = row(report, "drain_added")
    # Each order takes 50 ms more than its payment, and each worker makes about 29 of them.
    assert added.environments["localstack"].centre == pytest.approx(1.45, abs=0.15)
    assert added.ratios[0].ratio.reason == "a difference has no ratio"


def test_the_drain_is_measured_more_precisely_than_the_queue_is_sampled(tmp_path: Path) -> None:
    run = evaluated(tmp_path)
    assert run.queue.drain_seconds is not None
    assert run.queue.model_drain_seconds is not None
    samples = tmp_path / "run/queue.csv"
    header, *lines = samples.read_text().splitlines()
    samples.write_text("\n".join([header, *lines[::5], lines[-1]]) + "\n")
    assert evaluate(RunDirectory(tmp_path / "run")).queue.drain_seconds == run.queue.drain_seconds


def test_a_drift_from_round_to_round_does_not_hide_a_difference(make_run: MakeRun, compare_runs: Compare) -> None:
    runs = [
        make_run(name, number, 20.0 * 1.25**number * (1.25 if name == "ministack" else 1.0))
        for number in (1, 2, 3, 4, 5)
        for name in NAMES
    ]
    ratio = ratio_of(compare_runs(*runs), "response_p50")
    assert ratio.rounds == 5
    assert ratio.low < 1.25 < ratio.high
    assert ratio.verdict == "differs"


def test_intervals_are_labelled_as_within_the_experiment(make_run: MakeRun, compare_runs: Compare) -> None:
    report = compare_runs(*(make_run(name, number) for number in (1, 2) for name in NAMES))
    assert "interval within this experiment in brackets" in text(report)
    assert "within this experiment, as other days and computers give other figures" in text(report)


def test_a_clock_that_is_shifted_by_five_seconds(tmp_path: Path) -> None:
    run, straight = evaluated(tmp_path / "a", ahead_seconds=-5.0), evaluated(tmp_path / "b")
    assert set(failed(run)) == {"clocks agree"}
    assert run.clocks is not None
    assert run.clocks.shift == pytest.approx(-5, abs=0.02)
    assert run.queue.drain_seconds == pytest.approx(straight.queue.drain_seconds, abs=1e-3)
    assert run.queue.model_drain_seconds == pytest.approx(straight.queue.model_drain_seconds, abs=1e-3)


def test_a_clock_that_is_shifted_a_little_is_corrected_and_shown(make_run: MakeRun, compare_runs: Compare) -> None:
    shifted = make_run("localstack", 1, ahead_seconds=0.3)
    report = compare_runs(shifted, make_run("ministack", 1))
    assert report.runs[0].state == "compared"
    assert report.runs[0].clocks is not None
    assert report.runs[0].clocks.shift == pytest.approx(0.3, abs=0.01)
    assert f"{report.runs[0].clocks.shift:+.4f} (" in text(report)
    assert report.figures is not None
    completed = report.figures.timelines.environments["localstack"].completed
    assert not any(completed[:3])  # no order is completed before its payment, which takes 3 s


def test_equal_environments_are_not_different(make_run: MakeRun, compare_runs: Compare) -> None:
    report = compare_runs(*(make_run(name, number, 20.0) for number in (1, 2, 3, 4, 5) for name in NAMES))
    assert report.figures is not None
    verdicts = [pair.ratio.verdict for row in report.figures.rows for pair in row.ratios]
    assert "differs" not in verdicts
    assert "equal" in verdicts
    assert "cannot tell" in verdicts


def test_the_margin_decides_what_differs(make_run: MakeRun, compare_runs: Compare) -> None:
    runs = [
        set_response(make_run(name, number), ms * (1 + number / 1000))
        for number in (1, 2, 3)
        for name, ms in (("localstack", 20.0 + number / 100), ("ministack", 20.4))
    ]
    assert ratio_of(compare_runs(*runs), "response_p50").verdict == "equal"
    assert ratio_of(compare_runs(*runs, margin=0.01), "response_p50").verdict == "differs"


def test_response_times_in_two_groups(make_run: MakeRun, compare_runs: Compare) -> None:
    load = SCENARIO | {"users": 20, "spawn_rate_per_second": 20}
    runs = [
        make_run(name, number, slow_share=share, scenario=load, workers=100)
        for number in (1, 2)
        for name, share in (("localstack", 0.53), ("ministack", 0.0))
    ]
    [caution] = [each for each in compare_runs(*runs).cautions if "two groups" in each]
    assert caution.startswith("The response times of localstack come in two groups, in 2 of its runs: near ")


@pytest.mark.parametrize(
    ("change", "caution"),
    [
        ({"emulator_digest": "sha256:07he"}, "digests.localstack is sha256:5eed (2), sha256:07he (1), of 3 runs."),
        ({"emulator_started": 5}, "The emulator localstack of localstack was restarted between its runs"),
        ({"host_cpu_percent": 75.0}, "This computer used 75.5 % of its CPU during localstack/2, and 30.3 % in"),
    ],
)
def test_a_run_under_other_conditions(
    make_run: MakeRun, compare_runs: Compare, change: dict[str, Any], caution: str
) -> None:
    runs = [make_run(name, number) for number in (1, 3) for name in NAMES]
    good = compare_runs(*runs, make_run("localstack", 2), make_run("ministack", 2))
    assert good.cautions == []
    report = compare_runs(*runs, make_run("localstack", 5, minutes=21, **change), make_run("ministack", 5, minutes=26))
    assert caution.replace("localstack/2", "localstack/5") in " ".join(report.cautions)


def test_another_version_of_docker_in_the_middle(make_run: MakeRun, compare_runs: Compare) -> None:
    runs = [make_run(name, number) for number in (1, 2, 3) for name in NAMES]
    for path, version in zip(runs, ("27.1", "27.1", "27.1", "27.1", "28.0", "27.1"), strict=True):
        run = json.loads((path / "run.json").read_text())
        run["versions"]["docker"] = version
        (path / "run.json").write_text(json.dumps(run))
    [caution] = compare_runs(*runs).cautions
    assert caution == (
        "The runs of localstack were made with different software: versions.docker is 27.1 (2), 28.0 (1), of 3 runs."
    )


def test_an_order_that_is_not_in_turns_although_it_changes_twice(make_run: MakeRun, compare_runs: Compare) -> None:
    order = ["localstack", *["ministack"] * 5, *["localstack"] * 4]
    runs = [make_run(name, number, minutes=5.0 * number, experiment=None) for number, name in enumerate(order)]
    report = compare_runs(*runs)
    assert report.cautions[0].startswith("The environments were not loaded in turns: 6 of 10 runs are in no round")
    assert ratio_of(report, "response_p50").rounds is None
    [chart] = [
        block
        for section in sections(report)
        for block in section.blocks
        if isinstance(block, Chart) and block.slug == "runs"
    ]
    assert [line[1] for line in chart.table.rows] == order


def test_what_the_emulators_use_is_shown(make_run: MakeRun, compare_runs: Compare) -> None:
    report = compare_runs(make_run("localstack", 1), make_run("ministack", 1))
    assert row(report, "emulator_memory").environments["localstack"].values == [339]
    assert "CPU of the emulators, % of a core" in text(report)


def test_the_ramp_is_in_no_rate_and_in_no_time(tmp_path: Path) -> None:
    slow_start = SCENARIO | {"users": 30, "spawn_rate_per_second": 1.5}  # twenty of the forty seconds
    run = evaluated(tmp_path, scenario=slow_start, workers=100)
    # Thirty users with a think time of 0.8 s and an answer after 20 ms.
    assert run.requests.offered_per_second == pytest.approx(30 / 0.82, rel=0.03)
    assert run.requests.per_second == pytest.approx(30 / 0.82, rel=0.03)


def test_the_closed_model_has_no_gate_that_cannot_fail(tmp_path: Path) -> None:
    run = evaluated(tmp_path)
    assert "offered load achieved" not in {gate.name for gate in run.gates}
    assert "Little's law" in {gate.name for gate in run.gates}


def test_the_bound_of_losses_counts_runs_too(make_run: MakeRun, compare_runs: Compare) -> None:
    runs = [make_run(name, number) for number in (1, 2, 3, 4, 5) for name in NAMES]
    assert "0 of 5 runs (below 45 %)" in text(compare_runs(*runs))
    assert "takes them for independent" in text(compare_runs(*runs))


def test_prices_are_not_verified_since_their_date(make_run: MakeRun, compare_runs: Compare) -> None:
    report = compare_runs(make_run("localstack", 1), make_run("ministack", 1))
    assert "us-west-2 of 2026, not verified since" in text(report)
