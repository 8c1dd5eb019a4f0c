"""Services: their tasks, their deployments, and their removal."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from probes import stage
from probes.behaviours.sources import ECS, ECS_API
from probes.errors import expect_refused
from probes.probe import NotShownError, expect, probe
from probes.task import NO_IMAGE, START_SECONDS, Definition, Service

if TYPE_CHECKING:
    from probes.lab import Lab

_SERVICE = "roles/service/tasks/ecs_service.yml"
_SECONDS = 3 * START_SECONDS + 60
_HEALTH = f"{ECS}healthcheck.html"
_ROLLING = f"{ECS}deployment-type-ecs.html"
_MOST_FAILURES = 10
_HEALTHY = {"command": ["CMD", "true"], "interval": 5, "timeout": 2, "retries": 2, "startPeriod": 0}


@probe(f"{ECS}service-concepts.html", used_by=_SERVICE, seconds=_SECONDS)
def an_ended_task_is_replaced(lab: Lab) -> None:
    """A service replaces a task that is stopped, and keeps its desired count."""
    service = Service(lab, Definition(lab, "serve", stopTimeout=2), count=2)
    first = service.wait_for_tasks(2)
    service.steady(START_SECONDS)
    first[0].stop()
    gone = first[0].arn

    def replaced() -> bool:
        arns = {task.arn for task in service.running()}
        return len(arns) == 2 and gone not in arns

    expect(lab.until(replaced, START_SECONDS, every=0.5), f"not replaced within {START_SECONDS:.0f} s")


@probe(f"{ECS}service-concepts.html", used_by=_SERVICE, seconds=_SECONDS)
def a_crashed_task_is_replaced(lab: Lab) -> None:
    """A service starts another task for one whose container ended by itself."""
    service = Service(lab, Definition(lab, "exit_with", "1"))
    stopped: set[str] = set()

    def two_ended() -> bool:
        ecs = lab.client("ecs")
        arns = ecs.list_tasks(cluster=service.cluster, serviceName=service.name, desiredStatus="STOPPED")["taskArns"]
        stopped.update(arns)
        return len(stopped) >= 2

    expect(
        lab.until(two_ended, START_SECONDS, every=0.5),
        f"{len(stopped)} tasks ended within {START_SECONDS:.0f} s, none followed",
    )


@probe(_HEALTH, f"{ECS_API}API_HealthCheck.html", used_by="services/src/orders/health.py", seconds=_SECONDS)
def a_failing_health_check_replaces_the_task(lab: Lab) -> None:
    """A service replaces a task whose container's health check fails so many times as it has retries."""
    check = {**_HEALTHY, "command": ["CMD", "false"]}
    service = Service(lab, Definition(lab, "serve", stopTimeout=2, healthCheck=check))
    first = service.wait_for_tasks(1)[0]

    def replaced() -> bool:
        return first.describe().get("lastStatus") in (None, "STOPPED")

    expect(lab.until(replaced, START_SECONDS, every=0.5), f"still running after {START_SECONDS:.0f} s")


@probe(_HEALTH, used_by="services/src/orders/health.py", seconds=_SECONDS)
def a_passing_health_check_is_reported(lab: Lab) -> None:
    """The health status of a task is HEALTHY when the health check of its container passes."""
    service = Service(lab, Definition(lab, "serve", stopTimeout=2, healthCheck=_HEALTHY))
    task = service.wait_for_tasks(1)[0]
    lab.until(lambda: task.describe().get("healthStatus") == "HEALTHY", 40, every=0.5)
    status = task.describe().get("healthStatus")
    expect(status == "HEALTHY", f"the health status is {status} after 40 s")


@probe(_ROLLING, f"{ECS_API}API_DeploymentConfiguration.html", used_by=_SERVICE, seconds=_SECONDS + 120)
def a_rolling_deployment_keeps_the_healthy_tasks(lab: Lab) -> None:
    """With minimumHealthyPercent 100, no fewer tasks than desired run at any time of a deployment."""
    definition = Definition(lab, "serve", stopTimeout=2)
    settings = {"minimumHealthyPercent": 100, "maximumPercent": 200}
    service = Service(lab, definition, count=2, deploymentConfiguration=settings)
    before = {task.arn for task in service.wait_for_tasks(2)}
    counts: list[int] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.3):
            counts.append(len(service.running()))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        service.update(taskDefinition=definition.register(environment=[{"name": "VERSION", "value": "2"}]))

        def rolled() -> bool:
            arns = {task.arn for task in service.running()}
            return len(arns) == 2 and not arns & before

        done = lab.until(rolled, 2 * START_SECONDS, every=0.5)
    finally:
        ended.set()
        watcher.join()
    expect(done, f"the tasks of the deployment before were not replaced within {2 * START_SECONDS:.0f} s")
    expect(min(counts) >= 2, f"{min(counts)} of 2 tasks ran at some time")


@probe(f"{ECS}deployment-circuit-breaker.html", used_by=_SERVICE, seconds=8 * START_SECONDS)
def a_failing_deployment_is_rolled_back(lab: Lab) -> None:
    """With circuit breaker and rollback, a deployment whose tasks cannot start fails, and the one before returns."""
    definition = Definition(lab, "serve", stopTimeout=2)
    breaker = {"enable": True, "rollback": True}
    service = Service(lab, definition, deploymentConfiguration={"deploymentCircuitBreaker": breaker})
    service.wait_for_tasks(1)
    if not service.steady(2 * START_SECONDS):
        message = "the first deployment was not completed"
        raise NotShownError(message)
    # Its tasks never run, which is what AWS counts first.
    failing = definition.register(image=f"{definition.container['image']}-none")
    service.update(taskDefinition=failing)
    failed: set[str] = set()
    failures = 0

    def decided() -> bool:
        nonlocal failures
        described = service.describe()
        failed.update(
            each["taskDefinition"] for each in described["deployments"] if each.get("rolloutState") == "FAILED"
        )
        failures = max([failures, *(each.get("failedTasks", 0) for each in described["deployments"])])
        return bool(described["taskDefinition"] == definition.arn) or failures >= _MOST_FAILURES

    # AWS gives up after 3 failed tasks, which on Fargate takes some minutes.
    lab.until(decided, 4 * START_SECONDS, every=0.5)
    back = service.describe()["taskDefinition"] == definition.arn
    expect(back, f"{failures} tasks failed, and the deployment goes on")
    expect(failing in failed, "returned, but no deployment was FAILED")


@probe(f"{ECS_API}API_UpdateService.html", used_by="roles/autoscaling/tasks/main.yml", seconds=_SECONDS)
def the_desired_count_can_change(lab: Lab) -> None:
    """After UpdateService with another desired count, so many tasks run."""
    service = Service(lab, Definition(lab, "serve", stopTimeout=2))
    service.wait_for_tasks(1)
    service.update(desiredCount=2)
    expect(
        lab.until(lambda: len(service.running()) == 2, START_SECONDS, every=0.5),
        f"{len(service.running())} tasks run, not 2",
    )
    service.update(desiredCount=1)
    expect(
        lab.until(lambda: len(service.running()) == 1, START_SECONDS, every=0.5),
        f"{len(service.running())} tasks run, not 1",
    )


@probe(f"{ECS_API}API_DeleteService.html", used_by="roles/service/tasks/absent.yml", seconds=_SECONDS)
def a_service_with_tasks_needs_force(lab: Lab) -> None:
    """Without force, removing a service whose desired count is above 0 is refused with InvalidParameterException."""
    service = Service(lab, Definition(lab, image=NO_IMAGE))
    expect_refused(
        "InvalidParameterException", lab.client("ecs").delete_service, cluster=service.cluster, service=service.name
    )


@probe(f"{ECS_API}API_DeleteCluster.html", used_by="roles/cluster/tasks/absent.yml", seconds=_SECONDS)
def a_cluster_with_services_cannot_be_deleted(lab: Lab) -> None:
    """DeleteCluster of a cluster with services is refused with ClusterContainsServicesException."""
    ecs = lab.client("ecs")
    name = lab.name()
    ecs.create_cluster(clusterName=name)
    lab.defer(ecs.delete_cluster, cluster=name)
    Service(lab, Definition(lab, image=NO_IMAGE), count=0, cluster=name)
    expect_refused("ClusterContainsServicesException", ecs.delete_cluster, cluster=name)


@probe(f"{ECS_API}API_DescribeServices.html", used_by="roles/service/tasks/absent.yml", seconds=_SECONDS)
def a_removed_service_is_inactive(lab: Lab) -> None:
    """A service that was removed is DRAINING or INACTIVE, and can still be described."""
    service = Service(lab, Definition(lab, image=NO_IMAGE), count=0)
    lab.client("ecs").delete_service(cluster=service.cluster, service=service.name)
    found = lab.client("ecs").describe_services(cluster=service.cluster, services=[service.name])
    statuses = [each["status"] for each in found["services"]]
    expect(statuses in (["DRAINING"], ["INACTIVE"]), f"described: {statuses}, failures {found['failures']}")


@probe(
    "https://docs.aws.amazon.com/autoscaling/application/userguide/what-is-application-auto-scaling.html",
    used_by="roles/autoscaling/tasks/main.yml",
    seconds=_SECONDS,
)
def a_scaling_policy_has_alarms(lab: Lab) -> None:
    """A target-tracking policy for the tasks of a service creates the CloudWatch alarms that it scales by."""
    service = Service(lab, Definition(lab, image=NO_IMAGE), count=0)
    scaling = lab.client("application-autoscaling")
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{service.cluster}/{service.name}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scaling.register_scalable_target(**target, MinCapacity=0, MaxCapacity=2)
    lab.defer(scaling.deregister_scalable_target, **target)
    metric = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
    scaling.put_scaling_policy(
        **target,
        PolicyName=lab.name(),
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 50.0, "PredefinedMetricSpecification": metric},
    )
    alarms = scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=target["ResourceId"])
    names = [alarm["AlarmName"] for policy in alarms["ScalingPolicies"] for alarm in policy.get("Alarms", [])]
    expect(len(names) == 2, f"{len(names)} alarms")
    found = lab.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    expect(len(found) == 2, f"{len(found)} of {len(names)} alarms exist")


@probe(f"{ECS_API}API_CreateService.html", used_by=_SERVICE)
def an_unknown_task_definition_is_an_error(lab: Lab) -> None:
    """CreateService with a task definition that does not exist is refused with ClientException."""
    ecs = lab.client("ecs")
    cluster, name = lab.shared.once(stage.cluster), lab.name()

    def create() -> None:
        ecs.create_service(cluster=cluster, serviceName=name, taskDefinition=f"{name}:1", desiredCount=0)
        lab.defer(ecs.delete_service, cluster=cluster, service=name)

    expect_refused("ClientException InvalidParameterException", create)
