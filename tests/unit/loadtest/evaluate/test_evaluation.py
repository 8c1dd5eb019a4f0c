from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import pytest

from loadtest.errors import LoadTestError
from loadtest.evaluate.evaluation import evaluate
from loadtest.record.cost import Cost
from loadtest.record.documents import read_document
from loadtest.record.rows import Completion, GeneratorSample, MemorySample, QueueSample, Request, read_rows, write_rows
from loadtest.record.run import EmulatorUse, Experiment, Memory, Run
from tests.unit.loadtest.conftest import OPEN_MODEL, SCENARIO, START

if TYPE_CHECKING:
    from collections.abc import Callable

    from loadtest.record.run_directory import RunDirectory

ORDERS = 4 * 149
LAST_COMPLETION = 6.6

PAGE = "https://aws.amazon.com/pricing/"
COST = {
    "estimate": {
        "rows": [{"what": "NAT gateway", "number": 1, "price": 0.045, "per": "hour", "monthly": 32.85, "source": PAGE}],
        "total": 32.85,
        "hours_per_month": 730.0,
    },
    "prices": {
        "region": "us-west-2",
        "as_of": "2026",
        "by_use": {
            name: {"what": name, "price": 0.5, "per": "million", "source": PAGE}
            for name in ("load_balancer", "sns", "sqs")
        },
    },
}


def failed_gates(run: Run) -> list[str]:
    return [gate.name for gate in run.gates if not gate.passed]


def test_a_good_run_passes_every_gate(run_directory: RunDirectory) -> None:
    run = evaluate(run_directory)
    assert failed_gates(run) == []
    assert (run.orders.accepted, run.orders.completed, run.orders.lost) == (ORDERS, ORDERS, 0)
    assert run.requests.count == ORDERS
    assert run.requests.per_second == pytest.approx(10, rel=0.01)
    assert run.queue.peak_depth == 43
    # The last order takes 3 s; one that is 0.4 s older takes 4 s more.
    assert run.queue.drain_seconds == pytest.approx(LAST_COMPLETION, abs=1e-5)
    assert run.queue.model_drain_seconds == pytest.approx(3, abs=1e-5)
    assert run.clocks is not None
    assert (run.clocks.least, run.clocks.most) == pytest.approx((-0.05, 0.05), abs=1e-6)
    assert run.host_cpu_percent == 30
    assert run.emulator_use == {"localstack": EmulatorUse(40, 359)}
    assert run.end_to_end_seconds.p50 == pytest.approx(5)
    assert run.end_to_end_seconds.p99 is None
    assert run.settings["linger_ms"] == 5
    assert run.versions == {"localstack": "4.14.0", "locust": "2.47.0", "generator_python": "3.13.0"}


def test_run_json_has_the_documented_fields_and_can_be_read(run_directory: RunDirectory) -> None:
    run = evaluate(run_directory)
    document = json.loads(run_directory.run.read_text())
    assert list(document) == [
        *("schema", "environment", "run_id", "scenario", "started_at", "versions", "settings", "host", "requests"),
        *("orders", "queue", "end_to_end_seconds", "clocks", "memory", "host_cpu_percent", "emulator_use"),
        *("deployment", "cost", "emulators", "experiment", "gates"),
    ]
    assert document["schema"] == 3
    assert document["cost"] is None
    assert document["started_at"] == "2023-11-14T22:13:20Z"
    assert list(document["requests"]) == [
        *("count", "failures", "per_second", "offered_per_second", "ms", "missed", "late_max_ms"),
    ]
    assert list(document["requests"]["ms"]) == ["mean", "p50", "p95", "p99", "max"]
    assert list(document["orders"]) == [
        *("accepted", "completed", "duplicated", "dead_lettered", "lost", "redelivered"),
    ]
    assert list(document["queue"]) == ["peak_depth", "drain_seconds", "model_drain_seconds"]
    assert document["requests"]["ms"]["p99"] is document["requests"]["late_max_ms"] is None
    unmeasured = dict.fromkeys(["spans", "wait_seconds", "teardown_seconds", "changed_tasks"])
    assert document["deployment"] == {"total_seconds": 41.2, "roles": {"network": 6.5}, "changed": 31} | unmeasured
    assert all(list(gate) == ["name", "passed", "detail"] for gate in document["gates"])
    assert document["memory"]["api"] == {"start_mib": 61.0, "end_mib": 66.0, "peak_mib": 67.0}
    assert document["emulators"] is document["experiment"] is None
    assert read_document(run_directory.run, Run) == run


def test_the_memory_of_the_services_is_in_the_run(run_directory: RunDirectory) -> None:
    write_rows(run_directory.memory, MemorySample, [MemorySample(START + 5, "api", "a", 61.5)])
    assert evaluate(run_directory).memory == {"api": Memory(61.5, 61.5, 61.5)}


def test_the_emulators_and_the_place_in_an_experiment_are_taken_from_the_context(run_directory: RunDirectory) -> None:
    emulator = {"image": "localstack:4.14.0", "digest": "sha256:5eed", "started_at": "2023-11-14T21:00:00Z"}
    change_context(emulators={"localstack": emulator}, experiment={"id": "7", "round": 2})(run_directory)
    run = evaluate(run_directory)
    assert msgspec.to_builtins(run.emulators) == {"localstack": emulator}
    assert run.experiment == Experiment("7", 2)


def test_what_was_not_collected_is_unknown(run_directory: RunDirectory) -> None:
    for path in (run_directory.host, run_directory.emulators, run_directory.memory):
        path.unlink()
    run = evaluate(run_directory)
    assert (run.host_cpu_percent, run.emulator_use, run.memory) == (None, None, None)
    assert failed_gates(run) == ["same tasks throughout"]


def test_the_cost_is_taken_from_the_context(run_directory: RunDirectory) -> None:
    change_context(cost=COST)(run_directory)
    assert evaluate(run_directory).cost == msgspec.convert(COST, Cost)
    assert json.loads(run_directory.run.read_text())["cost"] == COST


def test_a_run_json_of_schema_1_without_memory_and_cost_is_read(run_directory: RunDirectory) -> None:
    run = evaluate(run_directory)
    document = json.loads(run_directory.run.read_text()) | {"schema": 1}
    del document["memory"], document["cost"]
    run_directory.run.write_text(json.dumps(document))
    assert read_document(run_directory.run, Run) == msgspec.structs.replace(run, schema=1, memory=None)


def test_the_ledger_lists_each_accepted_order(run_directory: RunDirectory) -> None:
    evaluate(run_directory)
    lines = run_directory.ledger.read_text().splitlines()
    assert lines[0] == "order_id,accepted_at,completed_at,times_completed,latency_seconds"
    assert len(lines) == 1 + ORDERS


def test_a_lost_order_and_one_completed_twice_fail_their_gates(run_directory: RunDirectory) -> None:
    completions = read_rows(run_directory.completions, Completion)
    write_rows(run_directory.completions, Completion, [*completions[1:], Completion("order-1-1", START, START + 99, 2)])
    run = evaluate(run_directory)
    assert failed_gates(run) == ["no faster than the model", "ledger closes", "no order completed twice"]
    assert (run.orders.lost, run.orders.duplicated) == (1, 1)


def test_repeated_ids_and_completions_of_other_orders_are_counted(run_directory: RunDirectory) -> None:
    requests = read_rows(run_directory.request_files()[0], Request)
    write_rows(run_directory.request_files()[0], Request, [*requests[:-1], requests[0]])
    [ledger_gate] = [gate for gate in evaluate(run_directory).gates if gate.name == "ledger closes"]
    assert "1 answers repeat the id of another order; 1 completions of other orders ignored" in ledger_gate.detail


def test_without_samples_of_the_queue_its_depth_is_unknown(run_directory: RunDirectory) -> None:
    write_rows(run_directory.queue, QueueSample, [])
    run = evaluate(run_directory)
    assert failed_gates(run) == ["queue empty at start", "queue drained"]
    assert run.queue.peak_depth is None


def test_a_load_that_ended_early_fails_its_gate(run_directory: RunDirectory) -> None:
    [samples_file] = run_directory.sample_files()
    write_rows(samples_file, GeneratorSample, read_rows(samples_file, GeneratorSample)[:50])
    assert "load sent as planned" in failed_gates(evaluate(run_directory))


def test_a_run_without_locust_s_count_can_be_read_but_fails_the_gate(run_directory: RunDirectory) -> None:
    run_directory.locust.unlink()
    run = evaluate(run_directory)
    assert failed_gates(run) == ["every request recorded"]
    assert run.requests.count == ORDERS


def test_requests_that_no_process_recorded_fail_their_gate(run_directory: RunDirectory) -> None:
    run_directory.locust.write_text(json.dumps([{"num_requests": 2 * ORDERS, "num_failures": 0}]))
    assert failed_gates(evaluate(run_directory)) == ["every request recorded"]


def test_twice_the_orders_that_were_due_fail_their_gate(run_directory: RunDirectory) -> None:
    load = SCENARIO | OPEN_MODEL | {"arrivals_per_second": 5}
    run_directory.scenario.write_bytes(msgspec.yaml.encode(load))
    [requests_file] = run_directory.request_files()
    rows = [msgspec.structs.replace(row, due_at=row.started_at) for row in read_rows(requests_file, Request)]
    write_rows(requests_file, Request, rows)
    assert failed_gates(evaluate(run_directory)) == ["load sent as planned"]


def truncate(run_directory: RunDirectory) -> None:
    text = run_directory.request_files()[0].read_text()
    run_directory.request_files()[0].write_text(text[: len(text) // 2])


def change_context(**changes: object) -> Callable[[RunDirectory], None]:
    def change(run_directory: RunDirectory) -> None:
        run_directory.context.write_text(json.dumps(json.loads(run_directory.context.read_text()) | changes))

    return change


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda run_directory: run_directory.context.unlink(), r"context\.json: No such file"),
        (lambda run_directory: run_directory.scenario.unlink(), r"scenario\.yml: No such file"),
        (lambda run_directory: run_directory.generator.unlink(), r"generator\.json: No such file"),
        (lambda run_directory: run_directory.locust.write_text("[{}]"), r"locust\.json: .*`num_requests`"),
        (lambda run_directory: run_directory.queue.unlink(), r"queue\.csv: No such file"),
        (lambda run_directory: run_directory.completions.unlink(), r"completions\.csv: No such file"),
        (lambda run_directory: run_directory.request_files()[0].unlink(), "needs a requests-"),
        (lambda run_directory: run_directory.sample_files()[0].unlink(), "needs a requests-"),
        (truncate, r"requests-host-1\.csv: (ends in the middle of a line|line \d+)"),
        (change_context(scenario="high"), "scenario is 'high', but 'synthetic' was sent"),
        (change_context(started_at="yesterday"), "started_at is 'yesterday': Invalid RFC3339"),
        (change_context(settings={"workers": 0}), "settings: workers is 0: Expected `int` >= 1"),
        (
            change_context(deployment={"total_seconds": 1, "roles": {"network": "long"}}),
            r"deployment\.roles\[\.\.\.\]: Expected",
        ),
        (change_context(surprise=1), "unknown field `surprise`"),
        (change_context(cost={}), "cost: Object missing required field `estimate`"),
    ],
)
def test_a_damaged_run_directory_is_an_error_with_the_reason(
    run_directory: RunDirectory, damage: Callable[[RunDirectory], None], reason: str
) -> None:
    damage(run_directory)
    with pytest.raises(LoadTestError, match=reason):
        evaluate(run_directory)
    assert not run_directory.run.exists()
