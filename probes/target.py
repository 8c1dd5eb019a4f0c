"""Targets of a load balancer, as probes use them."""

from __future__ import annotations

import http.client
import itertools
import json
import urllib.parse
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probes import stage
from probes.probe import NotShownError
from probes.task import Definition, Task, start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from probes.lab import Lab

_PRIORITIES = itertools.count(1)
_HEALTH_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of a load balancer."""

    status: int
    headers: dict[str, str]
    """Their names are in lower case."""
    body: str

    @property
    def seen(self) -> dict[str, Any]:
        """What act.py says it got: `server`, `path`, `headers`.

        Raises NotShownError if it was not the one that answered.
        """
        try:
            found: dict[str, Any] = json.loads(self.body)
            found["headers"] = {name.lower(): value for name, value in found["headers"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"no target answered, but status {self.status}: {self.body[:100]!r}"
            raise NotShownError(message) from error
        return found


def servers(lab: Lab) -> list[Task]:
    """Start two tasks that serve HTTP; for `Shared.once`."""
    definition = Definition(lab, "serve", stopTimeout=5)
    tasks = []
    for name in ("one", "two"):
        environment = [*definition.container["environment"], {"name": "SERVER", "value": name}]  # type: ignore[misc]
        tasks.append(start(lab, definition, definition.register(environment=environment)))
    for task in tasks:
        task.wait_for("RUNNING")
    for task in tasks:
        task.says("ready")
    return tasks


class TargetGroup:
    """A target group of the probe's own, with a rule that forwards the paths below `/<name>/` to it."""

    def __init__(self, lab: Lab, *targets: Task, **settings: object) -> None:
        """Create it with these settings, and register the targets."""
        self._lab = lab
        self._elb = lab.client("elbv2")
        balancer = lab.shared.once(stage.load_balancer)
        network = lab.shared.once(stage.network)
        name = lab.name().removeprefix("orders-")[:32]
        self.path = f"/{name}"
        checks = {
            "HealthCheckProtocol": "HTTP",
            "HealthCheckPath": "/health",
            "HealthCheckIntervalSeconds": 5,
            "HealthCheckTimeoutSeconds": 2,
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 2,
        }
        self.arn: str = self._elb.create_target_group(
            Name=name,
            Protocol="HTTP",
            Port=stage.SERVER_PORT,
            VpcId=network.vpc,
            TargetType="ip",
            **{**checks, **settings},
        )["TargetGroups"][0]["TargetGroupArn"]
        lab.defer(self._elb.delete_target_group, TargetGroupArn=self.arn)
        self.set(**{"deregistration_delay.timeout_seconds": "0"})
        self.rule: str = self._elb.create_rule(
            ListenerArn=balancer.listener,
            Priority=next(_PRIORITIES),
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": [f"{self.path}/*"]}}],
            Actions=[{"Type": "forward", "TargetGroupArn": self.arn}],
        )["Rules"][0]["RuleArn"]
        lab.defer(self._elb.delete_rule, RuleArn=self.rule)
        for target in targets:
            self.register(target)

    def set(self, **attributes: str) -> None:
        """Set attributes of the target group."""
        pairs = [{"Key": key, "Value": value} for key, value in attributes.items()]
        self._elb.modify_target_group_attributes(TargetGroupArn=self.arn, Attributes=pairs)

    @staticmethod
    def _target(task: Task) -> dict[str, Any]:
        address = task.address
        if not address:
            message = "ECS tells no address of the task"
            raise NotShownError(message)
        return {"Id": address, "Port": stage.SERVER_PORT}

    def register(self, task: Task) -> None:
        """Register a task."""
        self._elb.register_targets(TargetGroupArn=self.arn, Targets=[self._target(task)])

    def deregister(self, task: Task) -> None:
        """Deregister a task."""
        self._elb.deregister_targets(TargetGroupArn=self.arn, Targets=[self._target(task)])

    def states(self) -> list[str]:
        """Return the health of the targets."""
        found = self._elb.describe_target_health(TargetGroupArn=self.arn)["TargetHealthDescriptions"]
        return sorted(each["TargetHealth"]["State"] for each in found)

    def wait_for_states(self, *states: str, seconds: float = _HEALTH_SECONDS) -> bool:
        """Wait until the health of the targets is this; tell whether it is so after `seconds`."""
        return self._lab.until(lambda: self.states() == sorted(states), seconds, every=0.5)

    def get(self, action: str = "echo", headers: Mapping[str, str] | None = None, timeout: float = 30) -> Answer:
        """Call the load balancer with a path below the group's."""
        return get(f"{stage.url_of(self._lab)}{self.path}/{action}", headers, timeout)


def get(url: str, headers: Mapping[str, str] | None = None, timeout: float = 30) -> Answer:
    """Call a URL without following redirects, and with headers as they are.

    Raises NotShownError if there is no answer.
    """
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("GET", target, headers=dict(headers or {}))
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)
    except (OSError, http.client.HTTPException) as error:
        message = f"the load balancer does not answer: {error!r}"
        raise NotShownError(message) from error
    finally:
        connection.close()
