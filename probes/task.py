"""Tasks of ECS, as probes use them. Each runs probes/container/act.py."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from probes import stage
from probes.probe import DiffersError, NotShownError

if TYPE_CHECKING:
    from probes.lab import Lab

START_SECONDS = 90.0
"""How long a task may take to run: on Fargate up to a minute."""

NO_IMAGE = "none"
"""The image of task definitions of which no task is to run."""

LOG_SECONDS = 10.0
"""How long a line may take to be in its log, besides what the environment takes to show a change."""


class Definition:
    """A task definition of the probe's own, with one container."""

    def __init__(
        self, lab: Lab, *command: str, role: str = "", cpu: int = 256, memory: int = 512, **container: object
    ) -> None:
        """Register it: `command` is what act.py does, `role` the ARN of the task role, `container` what else it has."""
        self._ecs = lab.client("ecs")
        self._lab = lab
        self.family = lab.name()
        self.group = lab.shared.once(stage.log_group)
        self.container = {
            "name": "main",
            "image": container.get("image") or lab.shared.once(stage.image),
            "essential": True,
            "command": list(command),
            "environment": self._environment(),
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": self.group,
                    "awslogs-region": self._ecs.meta.region_name,
                    "awslogs-stream-prefix": "probe",
                    "mode": "blocking",
                },
            },
            **container,
        }
        self.settings: dict[str, Any] = {"cpu": str(cpu), "memory": str(memory)}
        if role:
            self.settings["taskRoleArn"] = role
        self.arn = self.register()

    def _environment(self) -> list[dict[str, str]]:
        region = self._ecs.meta.region_name
        variables = {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
        variables.update(self._lab.environment.task_environment)
        return [{"name": name, "value": value} for name, value in variables.items()]

    def register(self, **changes: object) -> str:
        """Register a revision, whose container has these changes, and return its ARN."""
        registered = self._ecs.register_task_definition(
            family=self.family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            executionRoleArn=self._lab.shared.once(stage.execution_role),
            containerDefinitions=[{**self.container, **changes}],
            **self.settings,
        )
        arn: str = registered["taskDefinition"]["taskDefinitionArn"]
        self._lab.defer(self._ecs.deregister_task_definition, taskDefinition=arn)
        return arn


def network_configuration(lab: Lab) -> dict[str, Any]:
    """Return the network configuration of tasks and services."""
    network = lab.shared.once(stage.network)
    return {
        "awsvpcConfiguration": {
            "subnets": network.subnets,
            "securityGroups": [network.security_group],
            "assignPublicIp": "ENABLED",
        }
    }


class Task:
    """A task of ECS."""

    def __init__(self, lab: Lab, arn: str, group: str) -> None:
        """Describe the task `arn`, whose log group is `group`."""
        self._lab = lab
        self._ecs = lab.client("ecs")
        self._cluster = lab.shared.once(stage.cluster)
        self.arn = arn
        self.group = group

    def describe(self) -> dict[str, Any]:
        """Return what ECS tells of it; empty if it does not know it any more."""
        tasks: list[dict[str, Any]] = self._ecs.describe_tasks(cluster=self._cluster, tasks=[self.arn])["tasks"]
        return tasks[0] if tasks else {}

    def wait_for(self, status: str, seconds: float = START_SECONDS) -> dict[str, Any]:
        """Wait until the task has a status, and return its description.

        Raises DiffersError if it stopped without having it, NotShownError if it has not after `seconds`.
        """
        reached = self._lab.until(lambda: self.describe().get("lastStatus") in (status, "STOPPED"), seconds, every=0.5)
        found = self.describe()
        if reached and found.get("lastStatus") == "STOPPED" != status:
            reasons = [each.get("reason") for each in found.get("containers", [])]
            message = f"the task stopped: {found.get('stoppedReason')} {reasons}"
            raise DiffersError(message)
        if not reached:
            message = f"the task is {found.get('lastStatus')}, not {status}, after {seconds:.0f} s"
            raise NotShownError(message)
        return found

    def stop(self) -> None:
        """Stop it."""
        self._ecs.stop_task(cluster=self._cluster, task=self.arn)

    @property
    def address(self) -> str:
        """The private address of its network interface, empty if ECS tells none."""
        for attachment in self.describe().get("attachments", []):
            for detail in attachment["details"]:
                if detail["name"] == "privateIPv4Address":
                    return str(detail["value"])
        return ""

    def log(self) -> list[str]:
        """Return the lines of its log so far."""
        stream = f"probe/main/{self.arn.rpartition('/')[2]}"
        logs = self._lab.client("logs")
        lines: list[str] = []
        token = ""
        while True:
            answer = logs.get_log_events(
                logGroupName=self.group,
                logStreamName=stream,
                startFromHead=True,
                **({"nextToken": token} if token else {}),
            )
            lines += [event["message"] for event in answer["events"]]
            if not answer["events"] or answer.get("nextForwardToken") in (None, token):
                return lines
            token = answer["nextForwardToken"]

    def said(self, field: str) -> list[Any]:
        """Return the values of a field of what the container printed so far."""
        try:
            lines = self.log()
        except self._lab.client("logs").exceptions.ResourceNotFoundException:
            return []
        objects = [json.loads(line) for line in lines if line.startswith("{")]
        return [each[field] for each in objects if field in each]

    def says(self, field: str, seconds: float = LOG_SECONDS) -> Any:  # noqa: ANN401  # whatever act.py prints
        """Wait until the container has printed a field, and return its last value.

        Raises NotShownError if it does not.
        """
        if not self._lab.settles(lambda: self.said(field), seconds):
            message = f"the log of the task has no {field}"
            raise NotShownError(message)
        return self.said(field)[-1]


def start(lab: Lab, definition: Definition, arn: str = "") -> Task:
    """Start a task of the definition, or of another revision `arn`. It is stopped at the end of the probe."""
    ecs = lab.client("ecs")
    name = lab.shared.once(stage.cluster)
    answer = ecs.run_task(
        cluster=name,
        taskDefinition=arn or definition.arn,
        launchType="FARGATE",
        networkConfiguration=network_configuration(lab),
    )
    if not answer["tasks"]:
        message = f"no task was started: {answer.get('failures')}"
        raise DiffersError(message)
    task = Task(lab, answer["tasks"][0]["taskArn"], definition.group)

    def stop() -> None:
        if task.describe().get("lastStatus") not in (None, "STOPPED"):
            task.stop()

    lab.defer(stop)
    return task


class Service:
    """A service of the probe's own."""

    def __init__(
        self,
        lab: Lab,
        definition: Definition,
        count: int = 1,
        cluster: str = "",
        **parameters: Any,  # noqa: ANN401  # of CreateService
    ) -> None:
        """Create it, in a `cluster` of the probe's own or in that of all; it is removed at the end of the probe."""
        self._lab = lab
        self._ecs = lab.client("ecs")
        self._definition = definition
        self.cluster = cluster or lab.shared.once(stage.cluster)
        self.name = lab.name()
        self._ecs.create_service(
            cluster=self.cluster,
            serviceName=self.name,
            taskDefinition=definition.arn,
            desiredCount=count,
            launchType="FARGATE",
            networkConfiguration=network_configuration(lab),
            **parameters,
        )
        lab.defer(self._ecs.delete_service, cluster=self.cluster, service=self.name, force=True)

    def describe(self) -> dict[str, Any]:
        """Return what ECS tells of it."""
        described: dict[str, Any] = self._ecs.describe_services(cluster=self.cluster, services=[self.name])["services"][
            0
        ]
        return described

    def update(self, **parameters: object) -> None:
        """Update it."""
        self._ecs.update_service(cluster=self.cluster, service=self.name, **parameters)

    def running(self) -> list[Task]:
        """Return its tasks that run."""
        arns = self._ecs.list_tasks(cluster=self.cluster, serviceName=self.name, desiredStatus="RUNNING")["taskArns"]
        tasks = [Task(self._lab, arn, self._definition.group) for arn in arns]
        return [task for task in tasks if task.describe().get("lastStatus") == "RUNNING"]

    def wait_for_tasks(self, number: int, seconds: float = START_SECONDS) -> list[Task]:
        """Wait until so many tasks run and return them; raise NotShownError if they do not after `seconds`."""
        if not self._lab.until(lambda: len(self.running()) == number, seconds, every=0.5):
            events = [event["message"] for event in self.describe().get("events", [])[:2]]
            message = f"{len(self.running())} tasks run, not {number}, after {seconds:.0f} s: {events}"
            raise NotShownError(message)
        return self.running()

    def steady(self, seconds: float) -> bool:
        """Wait until there is one deployment, which is completed; tell whether that is so after `seconds`."""

        def completed() -> bool:
            deployments = self.describe()["deployments"]
            return len(deployments) == 1 and deployments[0].get("rolloutState") == "COMPLETED"

        return self._lab.until(completed, seconds, every=0.5)
