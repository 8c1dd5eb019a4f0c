"""Synthetic run directories, simulated from a seed with known differences, to test the comparison with.

`evaluate` calculates their figures as it does for measured runs. As a program it writes `samples/runs`.
"""

from __future__ import annotations

import heapq
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from loadtest.evaluate.evaluation import evaluate
from loadtest.record.rows import (
    Completion,
    DeadLetter,
    EmulatorSample,
    GeneratorSample,
    HostSample,
    MemorySample,
    QueueSample,
    Request,
    write_rows,
)
from loadtest.record.run_directory import RunDirectory

if TYPE_CHECKING:
    from loadtest.record.run import Run

SAMPLES = Path(__file__).with_name("samples")

SCENARIO: dict[str, Any] = {
    "name": "synthetic",
    "description": "6 users for 40 s, simulated and not measured",
    "users": 6,
    "spawn_rate_per_second": 3,
    "duration_seconds": 40,
    "stop_timeout_seconds": 1,
    "wait_seconds": {"min": 0.6, "max": 1.0},
    "order": {
        "items": 1,
        "customer_id": {"min": 1, "max": 1000},
        "quantity": {"min": 1, "max": 5},
        "price": {"min": 10, "max": 100},
    },
    "max_failure_ratio": 0.01,
}

_SERVICE = {"cpu": 256, "memory": 512, "desired_count": 1}
SYSTEM = {
    "services": {"api": _SERVICE, "processor": _SERVICE},
    "cpu_architecture": "X86_64",
    "spot_percent": 0,
    "egress": "nat",
    "zones": 2,
    "vpc_id": "",
    "interface_endpoints": 5,
    "alarm_metrics": 12,
}

# The estimate for SYSTEM at the prices of us-west-2 of 2026.
_HOURS_PER_MONTH = 730
_SITE = "https://aws.amazon.com"
_TASK_PRICE = 0.25 * 0.04048 + 0.5 * 0.004445
_ROWS = [
    ("Fargate tasks of api: 0.25 vCPU, 0.5 GB", 1, _TASK_PRICE, "hour", "fargate"),
    ("Fargate tasks of processor: 0.25 vCPU, 0.5 GB", 1, _TASK_PRICE, "hour", "fargate"),
    ("Application load balancer", 1, 0.0225, "hour", "elasticloadbalancing"),
    ("Public IPv4 addresses of the load balancer", 2, 0.005, "hour", "vpc"),
    ("NAT gateway", 1, 0.045, "hour", "vpc"),
    ("Public IPv4 address of the NAT gateway", 1, 0.005, "hour", "vpc"),
    ("Metrics that alarms look at", 12, 0.1, "month", "cloudwatch"),
]


def _estimate() -> dict[str, Any]:
    rows = [
        {
            "what": what,
            "number": number,
            "price": price,
            "per": per,
            "source": f"{_SITE}/{page}/pricing/",
            "monthly": number * price * (_HOURS_PER_MONTH if per == "hour" else 1),
        }
        for what, number, price, per, page in _ROWS
    ]
    return {"rows": rows, "total": sum(row["monthly"] for row in rows), "hours_per_month": _HOURS_PER_MONTH}


def _use_price(what: str, price: float, per: str, page: str) -> dict[str, Any]:
    return {"what": what, "price": price, "per": per, "source": f"{_SITE}/{page}/pricing/"}


COST: dict[str, Any] = {
    "estimate": _estimate(),
    "prices": {
        "region": "us-west-2",
        "as_of": "2026",
        "by_use": {
            "load_balancer": _use_price("Load balancer", 0.008, "LCU-hour", "elasticloadbalancing"),
            "sns": _use_price("SNS", 0.5, "million publishes", "sns"),
            "sqs": _use_price("SQS", 0.4, "million requests", "sqs"),
            "ecr": _use_price("ECR", 0.1, "GB of images and month", "ecr"),
        },
    },
}

ROLES = {"emulator": 9.0, "messaging": 4.0, "image": 14.0, "network": 7.0, "load_balancer": 3.0, "service": 11.0}


_NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


class Plan(NamedTuple):
    """The parameters of a run."""

    environment: str
    number: int
    response_ms: float
    """Median of its response times."""
    overhead_seconds: float = 0.05
    """Time per order in addition to the payment."""
    workers: int = 10
    payment_seconds: float = 3.0
    teardown_seconds: float | None = None
    resources: list[dict[str, Any]] | None = None
    project: str = "orders"
    scenario: dict[str, Any] = SCENARIO
    commit: str = "1234567890abcdef1234567890abcdef12345678"
    cost: dict[str, Any] | None = COST
    spans: bool = True
    """Whether the deployment recorded the periods of its roles."""
    refuse: bool = False
    """Whether every order is refused."""
    lose: int = 0
    """Number of accepted orders that are never completed."""
    dead_letter: int = 0
    """How many of these are in the dead-letter queue."""
    foreign_dead_letters: int = 0
    working: int | None = None
    """Workers that there really are; None: as many as the settings say."""
    ahead_seconds: float = 0.0
    """By how much the services' clock is ahead."""
    stall: tuple[float, float] = (0.0, 0.0)
    """When the load generator stops, in seconds since the start of the load, and for how long."""
    slow_share: float = 0.0
    """Share of the answers that take five times as long."""
    host_cpu_percent: float = 30.0
    emulator_digest: str = "sha256:5eed"
    emulator_started: int = 0
    """Minutes after noon at which the emulator was started."""
    minutes: float | None = None
    """When the run begins, in minutes after noon; None: in turns."""
    changed_tasks: tuple[str, ...] | None = ("network : Create the VPC",)
    experiment: str | None = "synthetic"


def write_run(path: Path, plan: Plan) -> Run:
    """Write a run directory, and return its figures."""
    chance = random.Random(f"{plan.environment} {plan.number}")  # noqa: S311  # not for cryptography
    # The environments take turns, five minutes apart.
    minutes = plan.minutes
    if minutes is None:
        minutes = 10 * plan.number + 5 * (plan.environment == "ministack")
    begun = _NOON + timedelta(minutes=minutes)
    start = begun.timestamp() + 3
    run_directory = RunDirectory(path)
    path.mkdir(parents=True)
    requests = _requests(plan, chance, start)
    completions = _completions(plan, requests)
    write_rows(path / "requests-synthetic-1.csv", Request, requests)
    queue = _samples(plan, completions, start)
    shifted = [
        msgspec.structs.replace(
            each, created_at=each.created_at + plan.ahead_seconds, completed_at=each.completed_at + plan.ahead_seconds
        )
        for each in completions
    ]
    write_rows(run_directory.completions, Completion, shifted)
    write_rows(run_directory.queue, QueueSample, queue)
    seconds = range(plan.scenario["duration_seconds"] + 1)
    stopped, stopped_seconds = plan.stall
    write_rows(
        path / "generator-synthetic-1.csv",
        GeneratorSample,
        [
            GeneratorSample(start + second, plan.scenario["users"], 5.0)
            for second in seconds
            if not stopped < second < stopped + stopped_seconds
        ],
    )
    busy = round(plan.host_cpu_percent + plan.number / 10, 1)
    write_rows(run_directory.host, HostSample, [HostSample(start + each, busy) for each in seconds])
    write_rows(
        run_directory.emulators,
        EmulatorSample,
        [EmulatorSample(start + each, plan.environment, 40.0 + each % 3, 300.0 + each) for each in seconds],
    )
    letters = [each.order_id for each in requests if each.order_id][: plan.dead_letter]
    letters += [f"another-{number}" for number in range(plan.foreign_dead_letters)]
    write_rows(run_directory.dead_letters, DeadLetter, [DeadLetter(f"m-{each}", each) for each in letters])
    run_directory.scenario.write_bytes(msgspec.yaml.encode(plan.scenario))
    run_directory.generator.write_text('{"python": "3.13.0", "locust": "2.47.0", "cpu_count": 2}\n')
    failures = sum(1 for request in requests if request.error)
    run_directory.locust.write_text(json.dumps([{"num_requests": len(requests), "num_failures": failures}]) + "\n")
    run_directory.context.write_text(json.dumps(_context(plan, chance, begun), indent=2) + "\n")
    if plan.resources is not None:
        run_directory.resources.write_text(
            json.dumps({"schema": 1, "project": plan.project, "resources": plan.resources}, indent=2) + "\n"
        )
    write_rows(run_directory.memory, MemorySample, _memory(chance, start, queue[-1].time))
    run = evaluate(run_directory)
    run_directory.ledger.unlink()  # the comparison does not read it
    return run


def _requests(plan: Plan, chance: random.Random, start: float) -> list[Request]:
    scenario = plan.scenario
    # Runs differ by 4 %, and answers within a run by 40 %.
    median = plan.response_ms * chance.lognormvariate(0, 0.04)
    requests: list[Request] = []

    def send(number: str, now: float, due_at: float | None) -> float:
        response_ms = round(median * chance.lognormvariate(0, 0.4), 2)
        if plan.slow_share and chance.random() < plan.slow_share:
            response_ms *= 5
        answer = (503, "", "queue full") if plan.refuse else (202, f"{plan.environment[0]}{plan.number}-{number}", "")
        requests.append(Request(round(now, 3), response_ms, *answer, due_at))
        return response_ms / 1000

    if "arrivals_per_second" in scenario:
        stopped, stopped_seconds = start + plan.stall[0], plan.stall[1]
        ramp = scenario["users"] / scenario["spawn_rate_per_second"]
        for number in range(round(scenario["arrivals_per_second"] * (scenario["duration_seconds"] - ramp))):
            due_at = round(start + ramp + number / scenario["arrivals_per_second"], 3)
            awake = stopped + stopped_seconds if stopped <= due_at < stopped + stopped_seconds else due_at
            send(f"{number:04}", awake, due_at)
    else:
        for user in range(scenario["users"]):
            now = start + user / scenario["spawn_rate_per_second"]
            while now < start + scenario["duration_seconds"]:
                now += send(f"{user}-{len(requests):03}", now, None)
                now += chance.uniform(scenario["wait_seconds"]["min"], scenario["wait_seconds"]["max"])
    return sorted(requests, key=lambda request: request.started_at)


def _completions(plan: Plan, requests: list[Request]) -> list[Completion]:
    free_at = [0.0] * (plan.working or plan.workers)
    completions = []
    for request in filter(lambda request: request.order_id, requests):
        created_at = round(request.started_at + request.response_ms / 2000, 3)
        completed_at = max(created_at, free_at[0]) + plan.payment_seconds + plan.overhead_seconds
        heapq.heapreplace(free_at, completed_at)
        completions.append(Completion(request.order_id, created_at, round(completed_at, 3), 1))
    return completions[plan.lose :]


def _samples(plan: Plan, completions: list[Completion], start: float) -> list[QueueSample]:
    last = max((completion.completed_at for completion in completions), default=start)
    samples = []
    for second in range(-2, int(max(last - start, plan.scenario["duration_seconds"])) + 6):
        now = start + second + 0.2
        depth = sum(1 for each in completions if each.created_at <= now < each.completed_at)
        in_flight = min(depth, plan.working or plan.workers)
        samples.append(QueueSample(round(now, 1), depth - in_flight, in_flight, 0, 0))
    return samples


def _memory(chance: random.Random, start: float, end: float) -> list[MemorySample]:
    samples = []
    for service, typical_mib in {"api": 62.0, "processor": 70.0}.items():
        memory_mib = typical_mib * chance.lognormvariate(0, 0.02)
        now = start - chance.uniform(0, 10)
        while now < end + 5:
            samples.append(MemorySample(round(now, 3), service, f"{service}/{service}/1", round(memory_mib, 2)))
            memory_mib *= chance.uniform(1, 1.02)
            now += 10.002
    return sorted(samples, key=lambda sample: sample.time)


def _context(plan: Plan, chance: random.Random, begun: datetime) -> dict[str, Any]:
    speed = chance.lognormvariate(0, 0.05)
    roles = {role: round(seconds * speed, 2) for role, seconds in ROLES.items()}
    spans, now = [], 0.0
    for role, seconds in roles.items():
        spans.append({"role": role, "started": round(now, 2), "seconds": seconds})
        # The image is built while the network is created.
        now += seconds if role != "image" else 1.0
    return {
        "environment": plan.environment,
        "run_id": f"synthetic-{plan.number}",
        "scenario": plan.scenario["name"],
        "started_at": begun.isoformat(),
        "versions": {"commit": plan.commit, plan.environment: f"{plan.environment}:synthetic"},
        "settings": {"workers": plan.workers, "payment_seconds": plan.payment_seconds, "system": SYSTEM},
        "host": {"cpus": 2, "system": "synthetic"},
        "deployment": {
            "total_seconds": round(now, 2),
            "roles": roles,
            "changed": 31,
            "spans": spans if plan.spans else None,
            "wait_seconds": round(roles["service"] * 0.6, 2),
            "teardown_seconds": plan.teardown_seconds,
            "changed_tasks": plan.changed_tasks,
        },
        "cost": plan.cost,
        "emulators": {}
        if plan.environment.startswith("aws")
        else {
            plan.environment: {
                "image": f"{plan.environment}:synthetic",
                "digest": plan.emulator_digest,
                "started_at": (_NOON + timedelta(minutes=plan.emulator_started)).isoformat(),
            }
        },
        "experiment": plan.experiment and {"id": plan.experiment, "round": plan.number},
    }


def _resource(kind: str, name: str, **attributes: object) -> dict[str, Any]:
    return {"kind": kind, "name": name, "attributes": attributes}


def resources(project: str, port: int, *, api_tasks: int, alarms: bool) -> list[dict[str, Any]]:
    """Return the resources of an environment, as in `resources.json`."""
    found = [
        _resource("clusters", project, status="ACTIVE"),
        _resource(
            "queues",
            f"{project}-queue",
            VisibilityTimeout="30",
            QueueUrl=f"http://localhost:{port}/000000000000/{project}-queue",
        ),
        _resource("queues", f"{project}-queue-dead-letters", MessageRetentionPeriod="1209600"),
        _resource("services", "api", desiredCount=api_tasks, launchType="FARGATE"),
        _resource("services", "processor", desiredCount=1, launchType="FARGATE"),
        _resource("topics", f"{project}-events", KmsMasterKeyId="alias/aws/sns"),
    ]
    if alarms:
        found.append(_resource("alarms", f"{project}-dead-letters", Threshold="0"))
    return sorted(found, key=lambda each: (each["kind"], each["name"]))


def sample_plans() -> dict[str, Plan]:
    """Return the runs of `samples`: three of each environment, and one with twice the workers."""
    localstack = resources("orders", 4566, api_tasks=1, alarms=True)
    ministack = resources("orders-ministack", 4567, api_tasks=2, alarms=False)
    plans = {}
    for number in (1, 2, 3):
        plans[f"localstack/{number}"] = Plan(
            "localstack", number, 24.0, resources=localstack, teardown_seconds=21.5 + number
        )
        plans[f"ministack/{number}"] = Plan("ministack", number, 12.0, resources=ministack, project="orders-ministack")
    plans["ministack/more-workers"] = Plan("ministack", 4, 12.0, workers=20)
    return plans


if __name__ == "__main__":
    for name, plan in sample_plans().items():
        write_run(SAMPLES / "runs" / name, plan)
