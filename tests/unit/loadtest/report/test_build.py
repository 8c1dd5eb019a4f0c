"""Every number of the sample report, calculated again from the raw rows with csv and statistics."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from statistics import fmean, geometric_mean, median, median_low, stdev
from typing import TYPE_CHECKING, Any

import pytest

from .synthetic import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ENVIRONMENTS = {name: [f"{name}/{number}" for number in (1, 2, 3)] for name in ("localstack", "ministack")}
PAIR = {"numerator": "ministack", "denominator": "localstack"}
REPORT: dict[str, Any] = json.loads((SAMPLES / "report/comparison.json").read_text())
FIGURES = REPORT["figures"]
RESULTS = ("response", "throughput", "queue", "end_to_end", "memory", "emulators", "deployment")
ADDITIVE = ("drain_added", "end_to_end_added")
SERVICES = ("api", "processor")

TAIL = (500, 600, 700, 750, 800, 850, 900, 920, 940, 950, 960, 970, 980, 985, 990, 993, 995, 997, 998, 999)

# Student's t of the printed tables, 95 % on both sides, by degrees of freedom.
T = {1: 12.7062, 2: 4.30265, 3: 3.18245, 4: 2.77645}


def rounded(value: float) -> Any:  # noqa: ANN401  # pytest's own
    """Allow for the six digits of the report."""
    return pytest.approx(value, rel=1e-5, abs=1e-9)


def table(run: str, name: str) -> list[dict[str, str]]:
    with (SAMPLES / "runs" / run / name).open(newline="") as file:
        return list(csv.DictReader(file))


def nearest_rank(values: Iterable[float], share: float) -> float | None:
    ordered = sorted(values)
    if len(ordered) * (1 - share) < 10 - 1e-9:
        return None
    return ordered[max(0, math.ceil(round(share * len(ordered), 9)) - 1)]


class RawRun:
    """The figures of a run, from its rows."""

    def __init__(self, run: str) -> None:
        requests = table(run, "requests-synthetic-1.csv")
        self.context = json.loads((SAMPLES / "runs" / run / "context.json").read_text())
        generator = [float(row["time"]) for row in table(run, "generator-synthetic-1.csv")]
        self.start, self.window = min(generator), max(generator) - min(generator)
        self.started = [float(row["started_at"]) for row in requests]
        self.all_response_ms = [float(row["response_ms"]) for row in requests]
        self.ended = [start + ms / 1000 for start, ms in zip(self.started, self.all_response_ms, strict=True)]
        # Six users start at three a second.
        self.steady, self.steady_seconds = self.start + 2, self.window - 2
        self.response_ms = [
            ms for start, ms in zip(self.started, self.all_response_ms, strict=True) if self.is_steady(start)
        ]
        self.failures = sum(1 for row in requests if row["error"])
        assert all(row["status"] == "202" for row in requests)
        completions = {row["order_id"]: row for row in table(run, "completions.csv")}
        assert set(completions) == {row["order_id"] for row in requests}
        self.created = [float(row["created_at"]) for row in completions.values()]
        self.completed = [float(row["completed_at"]) for row in completions.values()]
        self.latencies = [end - start for start, end in zip(self.created, self.completed, strict=True)]
        samples = table(run, "queue.csv")
        self.depths = [
            (float(row["time"]), sum(int(row[state]) for state in ("visible", "in_flight", "delayed")))
            for row in samples
        ]
        self.in_flight = [(float(row["time"]), int(row["in_flight"])) for row in samples]
        self.dead_letters = int(samples[-1]["dead_letters"]) - int(samples[0]["dead_letters"])
        self.drain = max(self.completed) - max(self.created)
        self.memory = {
            service: [
                (float(row["time"]), float(row["memory_mib"]))
                for row in table(run, "memory.csv")
                if row["service"] == service
            ]
            for service in SERVICES
        }
        self.model_latencies = list(self._model())
        self.model_drain = max(a + b for a, b in zip(sorted(self.created), self.model_latencies, strict=True)) - max(
            self.created
        )
        self.host = [float(row["cpu_percent"]) for row in self._loaded(table(run, "host.csv"))]
        emulators = self._loaded(table(run, "emulators.csv"))
        self.emulator_cpu = [float(row["cpu_percent"]) for row in emulators]
        self.emulator_memory = [float(row["memory_mib"]) for row in emulators]

    def is_steady(self, time: float) -> bool:
        return self.steady <= time < self.steady + self.steady_seconds

    def _loaded(self, rows: list[dict[str, str]]) -> list[dict[str, str]]:
        return [row for row in rows if self.start <= float(row["time"]) < self.start + self.window]

    def _model(self) -> Iterator[float]:
        """Assign each order, ordered by creation, to the worker that has been idle longest."""
        settings = self.context["settings"]
        workers = [0.0] * settings["workers"]
        for created in sorted(self.created):
            number = workers.index(min(workers))
            workers[number] = max(created, workers[number]) + settings["payment_seconds"]
            yield workers[number] - created

    def loaded(self, service: str) -> list[float]:
        """Return the memory of the service's only process during the load."""
        return [mib for time, mib in self.memory[service] if self.start <= time < self.start + self.window]


RUNS = {name: [RawRun(run) for run in runs] for name, runs in ENVIRONMENTS.items()}

METRICS: dict[str, Callable[[RawRun], Any]] = {
    "response_mean": lambda run: fmean(run.response_ms),
    "response_p50": lambda run: nearest_rank(run.response_ms, 0.5),
    "response_p95": lambda run: nearest_rank(run.response_ms, 0.95),
    "response_p99": lambda run: nearest_rank(run.response_ms, 0.99),
    "offered": lambda run: sum(map(run.is_steady, run.started)) / run.steady_seconds,
    "answered": lambda run: sum(map(run.is_steady, run.ended)) / run.steady_seconds,
    "accepted": lambda run: sum(map(run.is_steady, run.ended)) / run.steady_seconds,
    "completed": lambda run: len(run.completed) / (max(run.completed) - min(run.created)),
    "peak_depth": lambda run: max(depth for _, depth in run.depths),
    "drain": lambda run: run.drain,
    "drain_model": lambda run: run.model_drain,
    "drain_over_model": lambda run: run.drain / run.model_drain,
    "drain_added": lambda run: run.drain - run.model_drain,
    "end_to_end_p50": lambda run: nearest_rank(run.latencies, 0.5),
    "end_to_end_p95": lambda run: nearest_rank(run.latencies, 0.95),
    "end_to_end_p99": lambda run: nearest_rank(run.latencies, 0.99),
    "model_p50": lambda run: nearest_rank(run.model_latencies, 0.5),
    "model_p95": lambda run: nearest_rank(run.model_latencies, 0.95),
    "end_to_end_over_model": lambda run: median_low(run.latencies) / median_low(run.model_latencies),
    "end_to_end_added": lambda run: median_low(run.latencies) - median_low(run.model_latencies),
    "host_cpu": lambda run: fmean(run.host),
    "emulator_cpu": lambda run: fmean(run.emulator_cpu),
    "emulator_memory": lambda run: max(run.emulator_memory),
    "memory_api": lambda run: run.loaded("api")[-1],
    "memory_growth_api": lambda run: run.loaded("api")[-1] / run.loaded("api")[0],
    "memory_processor": lambda run: run.loaded("processor")[-1],
    "memory_growth_processor": lambda run: run.loaded("processor")[-1] / run.loaded("processor")[0],
    "deployment": lambda run: run.context["deployment"]["total_seconds"],
    "deployment_made": lambda run: (
        run.context["deployment"]["total_seconds"] - run.context["deployment"]["wait_seconds"]
    ),
    "deployment_wait": lambda run: run.context["deployment"]["wait_seconds"],
    "teardown": lambda run: run.context["deployment"]["teardown_seconds"],
}
ROWS = {row["key"]: row for part in RESULTS for row in FIGURES[part]}


def values(key: str, environment: str) -> list[float]:
    return [value for run in RUNS[environment] if (value := METRICS[key](run)) is not None]


def test_no_figure_is_left_unchecked() -> None:
    assert ROWS.keys() == METRICS.keys()
    assert set(FIGURES) == {
        *("scenario", "settings", *RESULTS, "events", "roles", "spans", "costs", "timelines", "distributions"),
        *("windows", "references", "by_workers"),
    }
    assert [environment["runs"] for environment in REPORT["environments"]] == list(ENVIRONMENTS.values())
    assert [environment["deployments"] for environment in REPORT["environments"]] == [3, 3]


@pytest.mark.parametrize("key", METRICS)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_figures_of_the_runs_and_their_interval(key: str, environment: str) -> None:
    found, expected = ROWS[key]["environments"][environment], values(key, environment)
    assert found["values"] == [rounded(value) for value in expected]
    if not expected:
        assert (found["centre"], found["low"], found["high"]) == (None, None, None)
        return
    if key in ADDITIVE:
        centre, margin = fmean(expected), T[2] * stdev(expected) / math.sqrt(3)
        low, high = centre - margin, centre + margin
    else:
        centre = geometric_mean(expected)
        factor = math.exp(T[2] * stdev(math.log(value) for value in expected) / math.sqrt(3))
        low, high = centre / factor, centre * factor
    assert found["centre"] == rounded(centre)
    if found["low"] is found["high"] is None:
        assert high - low < 1e-6  # all runs measured the same
        return
    assert (found["low"], found["high"]) == (rounded(low), rounded(high))


@pytest.mark.parametrize("key", METRICS)
def test_the_ratios_and_their_intervals(key: str) -> None:
    [pair] = ROWS[key]["ratios"]
    assert {name: pair[name] for name in PAIR} == PAIR
    above, below = values(key, "ministack"), values(key, "localstack")
    ratio = pair["ratio"]
    if not above or not below or key in ADDITIVE:
        reason = "a difference has no ratio" if key in ADDITIVE else "not measured in both"
        nothing = {"verdict": "cannot tell", "reason": reason, "by_round": {}}
        assert ratio == dict.fromkeys(["ratio", "low", "high", "rounds"]) | nothing
        return
    logs = [math.log(own / other) for own, other in zip(above, below, strict=True)]  # of the same round
    assert ratio["ratio"] == rounded(math.exp(fmean(logs)))
    assert ratio["rounds"] == 3
    assert ratio["by_round"] == {str(number): rounded(math.exp(log)) for number, log in enumerate(logs, start=1)}
    if stdev(logs) < 1e-9:
        assert (ratio["low"], ratio["high"], ratio["verdict"]) == (None, None, "cannot tell")
        return
    low, high = (math.exp(fmean(logs) + sign * T[2] * stdev(logs) / math.sqrt(3)) for sign in (-1, 1))
    assert (ratio["low"], ratio["high"]) == (rounded(low), rounded(high))
    differs, equal = low > 1.05 or high < 1 / 1.05, low >= 1 / 1.05 and high <= 1.05
    assert ratio["verdict"] == ("differs" if differs else "equal" if equal else "cannot tell")


def test_the_drain_by_the_number_of_workers() -> None:
    sized = {(10, name): runs for name, runs in RUNS.items()} | {(20, "ministack"): [RawRun("ministack/more-workers")]}

    found = {(each["workers"], each["environment"]): each for each in FIGURES["by_workers"]}

    assert list(found) == [(10, "localstack"), (10, "ministack"), (20, "ministack")]
    for key, runs in sized.items():
        for name in ("drain", "drain_model", "drain_over_model"):
            assert found[key][name]["values"] == [rounded(METRICS[name](run)) for run in runs]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_failures_are_counted_and_bounded(environment: str) -> None:
    runs = RUNS[environment]
    trials = sum(len(run.started) for run in runs)
    counts = {
        "failures": sum(run.failures for run in runs),
        "lost": 0,
        "duplicated": 0,
        "dead_lettered": sum(run.dead_letters for run in runs),
    }
    assert {events["key"]: events["environments"][environment] for events in FIGURES["events"]} == {
        key: {
            "events": count,
            "trials": trials,
            "upper_bound": rounded(1 - 0.05 ** (1 / trials)),
            "runs": 3,
            "runs_with_events": 0,
            "upper_bound_of_runs": rounded(1 - 0.05 ** (1 / 3)),
        }
        for key, count in counts.items()
    }


def test_the_seconds_of_the_roles_are_means_and_the_spans_those_of_the_first_run() -> None:
    roles = {name: [run.context["deployment"]["roles"] for run in runs] for name, runs in RUNS.items()}
    assert {each["role"]: each["seconds"] for each in FIGURES["roles"]} == {
        role: {name: rounded(fmean(each[role] for each in own)) for name, own in roles.items()}
        for role in roles["localstack"][0]
    }
    assert FIGURES["spans"] == {name: runs[0].context["deployment"]["spans"] for name, runs in RUNS.items()}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_timelines(environment: str) -> None:
    runs = RUNS[environment]
    last = max(max(*run.completed, run.depths[-1][0]) - run.start for own in RUNS.values() for run in own)
    width = math.ceil(last / 120)
    bins = range(int(last / width) + 1)

    def rates(name: str) -> list[float]:
        counts = [Counter(int((time - run.start) // width) for time in getattr(run, name)) for run in runs]
        return [median(count[number] / width for count in counts) for number in bins]

    def states(name: str) -> list[float | None]:
        last_of = [{int((time - run.start) // width): value for time, value in getattr(run, name)} for run in runs]
        seen = [[own[number] for own in last_of if number in own] for number in bins]
        return [median(own) if own else None for own in seen]

    def backlogs(completions: Callable[[RawRun], list[float]]) -> list[float]:
        ends = [(number + 1) * width for number in bins]
        return [
            median(
                sum(time - run.start <= end for time in run.created)
                - sum(time - run.start <= end for time in completions(run))
                for run in runs
            )
            for end in ends
        ]

    def by_the_model(run: RawRun) -> list[float]:
        return [a + b for a, b in zip(sorted(run.created), run.model_latencies, strict=True)]

    assert FIGURES["timelines"]["bin_seconds"] == width
    assert FIGURES["timelines"]["environments"][environment] == {
        "offered": [rounded(value) for value in rates("started")],
        "accepted": [rounded(value) for value in rates("ended")],
        "completed": [rounded(value) for value in rates("completed")],
        "depth": states("depths"),
        "in_flight": states("in_flight"),
        "backlog": backlogs(lambda run: run.completed),
        "backlog_model": backlogs(by_the_model),
    }


def test_the_distributions() -> None:
    expected = []
    for environment, runs in ENVIRONMENTS.items():
        for label, run in zip(runs, RUNS[environment], strict=True):
            ordered = sorted(run.response_ms)
            ranks = [max(1, math.ceil(round(len(ordered) * percent / 100, 9))) for percent in range(101)]
            tail = [nearest_rank(ordered, mille / 1000) for mille in TAIL]
            expected.append(
                (
                    environment,
                    label,
                    [rounded(ordered[rank - 1]) for rank in ranks],
                    [None if value is None else rounded(value) for value in tail],
                )
            )
    assert [
        (each["environment"], each["run"], each["response_ms"], each["tail_ms"]) for each in FIGURES["distributions"]
    ] == expected
    assert {each["peaks"] for each in FIGURES["distributions"]} == {None}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_medians_by_window(environment: str) -> None:
    runs = RUNS[environment]
    width = FIGURES["windows"]["window_seconds"]
    assert width == 10
    starts = range(0, int(min(run.window for own in RUNS.values() for run in own)), width)

    def medians_of(of: Callable[[RawRun, float], Any]) -> list[Any]:
        seen = [[value for run in runs if (value := of(run, run.start + start)) is not None] for start in starts]
        return [rounded(median(own)) if own else None for own in seen]

    def percentile(share: float) -> list[Any]:
        return medians_of(
            lambda run, start: nearest_rank(
                [ms for at, ms in zip(run.started, run.all_response_ms, strict=True) if start <= at < start + width],
                share,
            )
        )

    def memory(service: str) -> list[Any]:
        return medians_of(
            lambda run, start: max(
                (mib for at, mib in run.memory[service] if start <= at < start + width), default=None
            )
        )

    assert FIGURES["windows"]["environments"][environment] == {
        "response_p50_ms": percentile(0.5),
        "response_p95_ms": percentile(0.95),
        "memory_mib": {service: memory(service) for service in SERVICES},
    }
    # Too few requests for a p95; test_windows has more.
    assert set(FIGURES["windows"]["environments"][environment]["response_p95_ms"]) == {None}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_costs(environment: str) -> None:
    assert REPORT["prices"][environment] == {"region": "us-west-2", "as_of": "2026"}
    cost = FIGURES["costs"][environment]
    # Two tasks of 0.25 vCPU and 0.5 GB, a load balancer with two addresses, a NAT gateway with one; twelve metrics.
    hourly = 2 * (0.25 * 0.04048 + 0.5 * 0.004445) + 0.0225 + 3 * 0.005 + 0.045
    monthly = hourly * 730 + 12 * 0.10
    assert cost["monthly"] == rounded(monthly)
    assert sum(line["monthly"] for line in cost["lines"]) == pytest.approx(monthly, rel=1e-4)
    assert all(line["source"].startswith("https://aws.amazon.com/") for line in cost["lines"])
    for line in cost["lines"]:
        hours = {"hour": 730, "month": 1}[line["per"]]
        assert line["monthly"] == pytest.approx(line["number"] * line["price"] * hours, rel=1e-4)
    volumes = [point["orders_per_month"] for point in cost["curve"]]
    # Ten workers that take 3 s each, day and night.
    assert (volumes[0], volumes[-1], len(volumes)) == (rounded(876), rounded(10 / 3 * 3600 * 730), 25)
    for point in cost["curve"]:
        fixed = monthly / point["orders_per_month"] * 1e6
        assert point["low"] == pytest.approx(fixed + 0.1 * 0.50 + 0.2 * 0.40, rel=2e-5)
        assert point["high"] == pytest.approx(fixed + 0.50 + 2 * 0.40 + 1e6 / (25 * 3600) * 0.008, rel=2e-5)


def test_the_resources() -> None:
    kinds = {each["kind"]: (each["counts"], each["same"]) for each in REPORT["parity"]["kinds"]}
    counts = {
        name: Counter(
            resource["kind"]
            for resource in json.loads((SAMPLES / "runs" / runs[0] / "resources.json").read_text())["resources"]
        )
        for name, runs in ENVIRONMENTS.items()
    }
    same = {"alarms": False, "clusters": True, "queues": False, "services": False, "topics": True}
    assert kinds == {kind: ({name: own[kind] for name, own in counts.items()}, equal) for kind, equal in same.items()}
    assert [(each["kind"], each["attribute"], each["why"]) for each in REPORT["parity"]["differences"]] == [
        ("alarms", None, "not offered by this emulator"),
        ("queues", "QueueUrl", "endpoint"),
        ("services", "desiredCount", "scale"),
    ]
