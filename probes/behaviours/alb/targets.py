"""Which targets a load balancer sends requests to, and what can be said about target groups."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from probes import stage
from probes.behaviours.sources import ELB, ELB_API
from probes.errors import expect_refused, refusal
from probes.probe import NotShownError, expect, probe
from probes.target import TargetGroup, get, servers
from probes.task import START_SECONDS, Definition, Service, start

if TYPE_CHECKING:
    from probes.lab import Lab

_HEALTH = f"{ELB}target-group-health-checks.html"
_GROUP = "roles/load_balancer/tasks/target_group.yml"
_SECONDS = 3 * START_SECONDS + 300
_UNHEALTHY_SECONDS = 30.0


def _healthy(lab: Lab, group: TargetGroup, number: int) -> None:
    if not group.wait_for_states(*["healthy"] * number, seconds=90):
        message = f"the targets are {group.states()} after 90 s"
        raise NotShownError(message)
    if not lab.until(lambda: group.get().status == 200, 30, every=0.5):
        message = f"the targets are healthy, but the answer is {group.get().status}"
        raise NotShownError(message)


@probe(_HEALTH, used_by="services/src/orders/api/routes.py", seconds=_SECONDS)
def a_failing_target_is_unhealthy(lab: Lab) -> None:
    """A target whose health check fails so many times as the threshold says is unhealthy."""
    group = TargetGroup(lab, lab.shared.once(servers)[0], Matcher={"HttpCode": "299"})
    group.wait_for_states("unhealthy", seconds=90)
    expect(
        group.states() == ["unhealthy"], f"the target is {group.states()}, though its health check gets 200, not 299"
    )


@probe(_HEALTH, used_by=_GROUP, seconds=_SECONDS)
def the_codes_of_a_health_check_can_be_chosen(lab: Lab) -> None:
    """A target is healthy if its health check answers with one of the codes of the matcher."""
    group = TargetGroup(lab, lab.shared.once(servers)[0], Matcher={"HttpCode": "200-204"})
    group.wait_for_states("healthy", seconds=90)
    expect(group.states() == ["healthy"], f"the target is {group.states()}")


@probe(_HEALTH, used_by="services/src/orders/api/routes.py", seconds=_SECONDS)
def an_unhealthy_target_gets_no_requests(lab: Lab) -> None:
    """While another target is healthy, an unhealthy one gets no requests."""
    healthy = lab.shared.once(servers)[0]
    definition = Definition(lab, "serve", stopTimeout=2)
    environment = [*definition.container["environment"], {"name": "SERVER", "value": "failing"}]  # type: ignore[misc]
    failing = start(lab, definition, definition.register(environment=environment))
    failing.wait_for("RUNNING")
    failing.says("ready")
    group = TargetGroup(lab, healthy, failing)
    _healthy(lab, group, 2)
    # From now on, the health checks of the one that this reaches fail.
    only = TargetGroup(lab, failing)
    _healthy(lab, only, 1)
    only.get("fail")
    lab.wait(_UNHEALTHY_SECONDS)
    answering = {group.get().seen["server"] for _ in range(12)}
    expect(
        answering == {"one"},
        f"{_UNHEALTHY_SECONDS:.0f} s after its health checks began to fail, {sorted(answering)} answer",
    )


@probe(f"{ELB}load-balancer-target-groups.html", seconds=_SECONDS)
def requests_are_shared_by_the_targets(lab: Lab) -> None:
    """Requests go to all healthy targets in turn."""
    group = TargetGroup(lab, *lab.shared.once(servers))
    _healthy(lab, group, 2)
    answering = [group.get().seen["server"] for _ in range(12)]
    expect(set(answering) == {"one", "two"}, f"of 12 requests, all are answered by {answering[0]}")


@probe(f"{ELB}edit-target-group-attributes.html", used_by=_GROUP, seconds=_SECONDS)
def draining_waits_for_requests_in_flight(lab: Lab) -> None:
    """A target that is deregistered finishes its requests within the deregistration delay, and gets no more."""
    one, two = lab.shared.once(servers)
    group = TargetGroup(lab, one)
    group.set(**{"deregistration_delay.timeout_seconds": "30"})
    _healthy(lab, group, 1)
    statuses: list[int] = []
    slow = threading.Thread(target=lambda: statuses.append(group.get("echo?seconds=4").status), daemon=True)
    slow.start()
    lab.wait(1)
    group.register(two)
    group.deregister(one)
    states = group.states()
    slow.join(20)
    expect(statuses == [200], f"the request in flight got {statuses}")
    expect("draining" in states, f"the targets are {states}, none is draining")
    lab.until(lambda: group.get().status == 200, 60, every=0.5)
    answering = {group.get().seen["server"] for _ in range(6)}
    expect(answering == {"two"}, f"after the deregistration, {sorted(answering)} answer")


@probe(
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-load-balancing.html",
    used_by="roles/service/tasks/ecs_service.yml",
    seconds=_SECONDS,
)
def a_service_registers_its_tasks(lab: Lab) -> None:
    """The tasks of a service are registered in its target group when they run, and answer."""
    group = TargetGroup(lab)
    definition = Definition(
        lab, "serve", stopTimeout=2, portMappings=[{"containerPort": stage.SERVER_PORT, "protocol": "tcp"}]
    )
    target = {"targetGroupArn": group.arn, "containerName": "main", "containerPort": stage.SERVER_PORT}
    service = Service(lab, definition, loadBalancers=[target])
    service.wait_for_tasks(1)
    began = time.monotonic()
    answered = lab.until(lambda: group.get().status == 200, START_SECONDS, every=0.5)
    expect(
        answered, f"the load balancer answers {group.get().status} {time.monotonic() - began:.0f} s after the task ran"
    )


@probe(_HEALTH, f"{ELB_API}API_TargetHealth.html", used_by="roles/service/tasks/wait.yml", seconds=_SECONDS)
def a_new_target_is_initial(lab: Lab) -> None:
    """A target that was registered a moment ago is initial, not healthy, until its checks have passed."""
    group = TargetGroup(lab, lab.shared.once(servers)[0], HealthCheckIntervalSeconds=10, HealthyThresholdCount=5)
    states = group.states()
    expect(states == ["initial"], f"the target is {states}")


def _group(lab: Lab) -> tuple[Any, str]:
    elb = lab.client("elbv2")
    network = lab.shared.once(stage.network)
    name = lab.name().removeprefix("orders-")[:32]
    arn = elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=network.vpc, TargetType="ip")
    lab.defer(elb.delete_target_group, TargetGroupArn=arn["TargetGroups"][0]["TargetGroupArn"])
    return elb, arn["TargetGroups"][0]["TargetGroupArn"]


@probe(f"{ELB_API}API_DescribeTargetGroups.html", used_by="roles/emulator/files/correct_ministack.py")
def an_unknown_target_group_is_an_error(lab: Lab) -> None:
    """DescribeTargetGroups for an unknown name is refused with TargetGroupNotFound."""
    elb, _ = _group(lab)
    expect_refused("TargetGroupNotFound", elb.describe_target_groups, Names=["orders-probe-none"])


@probe(f"{ELB_API}API_DeleteTargetGroup.html", used_by="habits/habits.yml", seconds=_SECONDS)
def a_used_target_group_cannot_be_deleted(lab: Lab) -> None:
    """DeleteTargetGroup of a group that a rule forwards to is refused with ResourceInUse."""
    group = TargetGroup(lab)
    expect_refused("ResourceInUse", lab.client("elbv2").delete_target_group, TargetGroupArn=group.arn)


@probe(f"{ELB_API}API_CreateListener.html", used_by="roles/load_balancer/tasks/main.yml", seconds=_SECONDS)
def https_needs_a_certificate(lab: Lab) -> None:
    """An HTTPS listener without a certificate is refused."""
    balancer = lab.shared.once(stage.load_balancer)
    response = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "none"}
    elb = lab.client("elbv2")

    def create() -> None:
        created = elb.create_listener(
            LoadBalancerArn=balancer.arn,
            Protocol="HTTPS",
            Port=443,
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": response}],
        )
        lab.defer(elb.delete_listener, ListenerArn=created["Listeners"][0]["ListenerArn"])

    expect(refusal(create), "accepted")


@probe(f"{ELB_API}API_CreateLoadBalancer.html", used_by="roles/load_balancer/tasks/main.yml", seconds=_SECONDS)
def a_load_balancer_needs_two_zones(lab: Lab) -> None:
    """An application load balancer with a subnet of one zone only is refused."""
    network = lab.shared.once(stage.network)
    elb = lab.client("elbv2")

    def create() -> None:
        name = lab.name().removeprefix("orders-")[:32]
        created = elb.create_load_balancer(Name=name, Subnets=network.subnets[:1], Type="application")
        lab.defer(elb.delete_load_balancer, LoadBalancerArn=created["LoadBalancers"][0]["LoadBalancerArn"])

    expect(refusal(create), "accepted")


@probe(
    f"{ELB}load-balancer-cloudwatch-metrics.html",
    used_by="roles/monitoring/templates/alarms.yml.j2",
    seconds=_SECONDS + 300,
)
def a_load_balancer_has_metrics(lab: Lab) -> None:
    """A load balancer that gets requests has the metric RequestCount, within some minutes."""
    balancer = lab.shared.once(stage.load_balancer)
    cloudwatch = lab.client("cloudwatch")
    name = balancer.arn.partition("loadbalancer/")[2]

    def points() -> object:
        get(f"{stage.url_of(lab)}/for-the-metrics")
        now = datetime.now(UTC)
        return cloudwatch.get_metric_statistics(
            Namespace="AWS/ApplicationELB",
            MetricName="RequestCount",
            Dimensions=[{"Name": "LoadBalancer", "Value": name}],
            StartTime=now - timedelta(minutes=15),
            EndTime=now + timedelta(minutes=5),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]

    patience = 75 + 5 * lab.environment.settle_seconds
    expect(lab.until(points, patience, every=5), f"none within {patience:.0f} s")
