"""Calculate what more orders per second need on AWS, from the figures of the bench, quotas and prices."""

from __future__ import annotations

import math
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import yaml

from tests.bench.services.api_figures import SLOW
from tests.bench.services.consumers import MANY_WORKERS, ORDERS, PAYMENT_SECONDS, WORKERS
from tests.bench.services.figures import number, values
from tests.bench.tables import table
from tests.playbook import ROOT

if TYPE_CHECKING:
    from tests.bench.services.figures import Results

QUOTAS = Path(__file__).with_name("quotas.yml")
PRICES = ROOT / "roles/plan/vars/main/prices.yml"
RATES = (1_000, 10_000, 100_000, 1_000_000)
# The share of what it took in the bench with which a task is loaded, and of its quota a queue: for peaks and failures.
LOADED = 0.6
TASK_VCPUS, TASK_GIGABYTES = 0.25, 0.5
# What an order and its response have through the load balancer, and its record in the log, with what CloudWatch adds.
HTTP_BYTES, LOG_BYTES = 1000, 350
GIGABYTE = 1e9
HOUR = 3600
MILLION = 1_000_000


def prices() -> dict[str, Any]:
    """Return the price list of the deployments."""
    loaded: dict[str, Any] = yaml.safe_load(PRICES.read_text())
    return loaded


def scale(results: Results) -> str:
    """Return the table of what rates need; "" unless all that it is calculated from was measured."""
    needed = [
        values(results, "task", f"{SLOW} api-task", "one", "orders_per_second"),
        values(results, "task", f"{SLOW} processor-task", "one", "orders_per_second"),
        values(results, "api-stub", f"{SLOW} ours", "500", "PublishBatch"),
        values(results, "processor", "localstack ours", str(ORDERS), "ReceiveMessage"),
        values(results, "processor", "localstack ours", str(ORDERS), "DeleteMessageBatch"),
    ]
    if not all(needed):
        return ""
    api, processor, *calls = (median(found) for found in needed)
    columns = [rows(rate, api, processor, calls) for rate in RATES]
    body = [[name, *(column[name] for column in columns)] for name in columns[0]]
    quotas = yaml.safe_load(QUOTAS.read_text())
    sources = "\n".join(f"- {name}: {quota['what']}: <{quota['source']}>" for name, quota in quotas.items())
    return f"{table(['orders per second', *(f'{rate:,}' for rate in RATES)], body)}\n\nQuotas:\n\n{sources}"


def rows(rate: float, api: float, processor: float, calls: list[float]) -> dict[str, str]:
    """Return what `rate` orders per second need, by what it is.

    `api` and `processor` are orders per second of one task in the bench; `calls` those of SNS, and two of SQS, for
    1,000 orders.
    """
    quotas, price = yaml.safe_load(QUOTAS.read_text()), prices()
    by_use, fargate = price["__plan_by_use"], price["__plan_prices"]["fargate"]["X86_64"]
    api_tasks = math.ceil(rate / (api * LOADED))
    processor_tasks = math.ceil(rate / min(processor * LOADED, MANY_WORKERS / PAYMENT_SECONDS))
    tasks = api_tasks + processor_tasks
    balancers = math.ceil(api_tasks / quotas["load_balancer"]["targets"])
    lcus = rate * HTTP_BYTES * HOUR / GIGABYTE / quotas["lcu"]["gigabytes_per_hour"]
    in_flight = rate * PAYMENT_SECONDS
    as_deployed = math.ceil(in_flight / WORKERS)
    hourly = {
        "Fargate": tasks * (TASK_VCPUS * fargate["vcpu"] + TASK_GIGABYTES * fargate["gigabyte"]),
        "load balancers": balancers * price["__plan_prices"]["load_balancer"]["price"]
        + lcus * by_use["load_balancer"]["price"],
        "SNS": rate * HOUR / MILLION * calls[0] / 1000 * by_use["sns"]["price"],
        "SQS": rate * HOUR / MILLION * sum(calls[1:]) / 1000 * by_use["sqs"]["price"],
        "CloudWatch Logs": rate * HOUR * LOG_BYTES / GIGABYTE * by_use["logs"]["price"],
    }
    return {
        f"API tasks of {TASK_VCPUS} vCPU": f"{api_tasks:,}",
        f"processor tasks of {TASK_VCPUS} vCPU, {MANY_WORKERS:,} workers each": f"{processor_tasks:,}",
        f"... with {WORKERS} workers each, as deployed": f"{as_deployed:,}",
        "vCPUs, multiple of the quota": number(tasks * TASK_VCPUS / quotas["fargate"]["vcpus"]),
        "load balancers, by their targets": f"{balancers:,}",
        "LCUs, by their gigabytes": number(lcus),
        "SNS, multiple of the quota of us-west-2": number(rate / quotas["sns"]["us-west-2"]),
        "... of us-east-1": number(rate / quotas["sns"]["us-east-1"]),
        "orders in flight": f"{in_flight:,}",
        "queues": f"{math.ceil(in_flight / (quotas['sqs']['in_flight'] * LOADED)):,}",
        **{f"{name}, dollars per hour": f"{cost:,.2f}" for name, cost in hourly.items()},
        "all of these for 1,000,000 orders": f"{sum(hourly.values()) / (rate * HOUR) * MILLION:,.2f}",
    }
