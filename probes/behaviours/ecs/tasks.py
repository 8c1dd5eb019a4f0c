"""What a task's container gets, and how it ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from probes import stage
from probes.behaviours.sources import ECS, ECS_API
from probes.errors import expect_refused, refusal
from probes.identity import PROPAGATION_SECONDS, Role, allow
from probes.probe import LATE_SECONDS, NotShownError, expect, probe
from probes.queue import Queue
from probes.task import NO_IMAGE, START_SECONDS, Definition, network_configuration, start

if TYPE_CHECKING:
    from probes.lab import Lab

_CONTAINER = f"{ECS_API}API_ContainerDefinition.html"
_SYSTEM = "inventories/system.yml"
_SERVICE = "roles/service/vars/main.yml"
_CORRECTIONS = "roles/emulator/files/correct_ministack.py"
_SECONDS = 2 * START_SECONDS + 60
_LINES = 3000


@probe(_CONTAINER, f"{ECS_API}API_StopTask.html", used_by=_SYSTEM, seconds=_SECONDS)
def a_stopped_task_gets_sigterm_and_then_its_time(lab: Lab) -> None:
    """A container of a task that is stopped gets SIGTERM, and is killed only after its stop timeout."""
    definition = Definition(lab, "ignore_sigterm", stopTimeout=12)
    task = start(lab, definition)
    task.wait_for("RUNNING")
    task.says("alive")
    task.stop()
    task.wait_for("STOPPED", START_SECONDS)
    task.says("signal")
    lab.wait(2)
    signalled, last = _times(task.said("at"), task.log())
    expect(last - signalled > 12 - 1.5, f"killed {last - signalled:.1f} s after SIGTERM, with a stop timeout of 12 s")
    expect(
        last - signalled < 12 + LATE_SECONDS,
        f"killed {last - signalled:.1f} s after SIGTERM, with a stop timeout of 12 s",
    )


def _times(all_times: list[float], lines: list[str]) -> tuple[float, float]:
    """Return when SIGTERM came, and when the container last printed something."""
    number = next(index for index, line in enumerate(lines) if "SIGTERM" in line)
    return all_times[number], all_times[-1]


@probe(_CONTAINER, used_by="services/src/orders/processor/__main__.py", seconds=_SECONDS)
def a_container_may_finish_after_sigterm(lab: Lab) -> None:
    """A container that ends by itself within its stop timeout is not killed: its exit code is its own."""
    task = start(lab, Definition(lab, "obey_sigterm", "3", stopTimeout=20))
    task.wait_for("RUNNING")
    task.says("ready")
    task.stop()
    stopped = task.wait_for("STOPPED", START_SECONDS)
    task.says("ended")
    code = stopped["containers"][0].get("exitCode")
    expect(code == 0, f"the exit code is {code}")
    expect(stopped.get("stopCode") == "UserInitiated", f"stopCode is {stopped.get('stopCode')}")


@probe(f"{ECS}stopped-task-error-codes.html", used_by="roles/service/tasks/fail_with_reasons.yml", seconds=_SECONDS)
def an_ended_container_tells_its_exit_code(lab: Lab) -> None:
    """When its essential container ends, a task stops; the exit code and the reason can be read."""
    task = start(lab, Definition(lab, "exit_with", "7"))
    stopped = task.wait_for("STOPPED", START_SECONDS)
    code = stopped["containers"][0].get("exitCode")
    expect(code == 7, f"the exit code is {code}, not 7")
    expect(stopped.get("stopCode") == "EssentialContainerExited", f"stopCode is {stopped.get('stopCode')}")


@probe(f"{ECS}stopped-task-error-codes.html", used_by="roles/service/tasks/fail_with_reasons.yml", seconds=_SECONDS)
def an_image_that_cannot_be_pulled_stops_the_task(lab: Lab) -> None:
    """A task whose image cannot be pulled stops with CannotPullContainerError as its reason."""
    definition = Definition(lab, "exit_with", "0")
    image = definition.container["image"]
    task = start(lab, definition, definition.register(image=f"{image}-none"))
    stopped = task.wait_for("STOPPED", START_SECONDS + 60)
    reason = f"{stopped.get('stoppedReason')} {[each.get('reason') for each in stopped.get('containers', [])]}"
    expect("CannotPull" in reason, f"the reason is {reason}")


@probe(f"{ECS}using_awslogs.html", used_by="loadtest/src/loadtest/observe/completions.py", seconds=_SECONDS)
def the_log_is_complete(lab: Lab) -> None:
    """With the mode blocking, all lines that a container prints before it ends are in its log, in their order."""
    task = start(lab, Definition(lab, "lines", str(_LINES)))
    task.wait_for("STOPPED", START_SECONDS)
    lab.settles(lambda: len(task.log()) == _LINES, LATE_SECONDS)
    numbers = [int(line.partition(" ")[0]) for line in task.log()]
    expect(len(numbers) == _LINES, f"{len(numbers):,} of {_LINES:,} lines")
    expect(numbers == sorted(numbers), "the lines are not in their order")


@probe(_CONTAINER, f"{ECS_API}API_TaskDefinition.html", used_by=_CORRECTIONS, seconds=_SECONDS)
def too_much_memory_kills(lab: Lab) -> None:
    """A container that takes more memory than its limit is killed: its exit code is 137."""
    task = start(lab, Definition(lab, "allocate", "700", memory=512))
    stopped = task.wait_for("STOPPED", START_SECONDS + 30)
    expect(not task.said("finished"), "700 MiB were taken with a limit of 512")
    code = stopped["containers"][0].get("exitCode")
    expect(code == 137, f"the exit code is {code}")


@probe(f"{ECS}fargate-tasks-services.html", f"{ECS_API}API_TaskDefinition.html", used_by=_SYSTEM, seconds=_SECONDS)
def the_cpu_limit_holds(lab: Lab) -> None:
    """A task on Fargate with 256 CPU units gets a quarter of a CPU, also if there is more."""
    task = start(lab, Definition(lab, "burn", "60", cpu=256))
    task.wait_for("STOPPED", START_SECONDS + 60)
    share = task.says("share")
    expect(share < 0.4, f"{share:.2f} of a CPU in the best half second, with a quarter of one")
    if (busy := task.says("busy")) > 1:
        message = f"{busy:.1f} processes waited for each CPU, so that nobody got more than a share"
        raise NotShownError(message)


@probe(_CONTAINER, used_by=_CORRECTIONS, seconds=_SECONDS)
def a_read_only_root_cannot_be_written(lab: Lab) -> None:
    """With readonlyRootFilesystem, a container cannot write to its root file system."""
    task = start(lab, Definition(lab, "write", readonlyRootFilesystem=True))
    task.wait_for("STOPPED", START_SECONDS)
    expect(task.says("written") is False, "written")


@probe(f"{ECS_API}API_KernelCapabilities.html", used_by=_CORRECTIONS, seconds=_SECONDS)
def dropped_capabilities_are_gone(lab: Lab) -> None:
    """A container that drops ALL capabilities has none."""
    task = start(lab, Definition(lab, "capabilities", linuxParameters={"capabilities": {"drop": ["ALL"]}}))
    task.wait_for("STOPPED", START_SECONDS)
    capabilities = task.says("capabilities")
    expect(int(capabilities, 16) == 0, f"the bounding set is {capabilities}")


@probe(f"{ECS}task-metadata-endpoint-v4-fargate.html", seconds=_SECONDS)
def a_task_knows_itself(lab: Lab) -> None:
    """The metadata endpoint, of ECS_CONTAINER_METADATA_URI_V4, tells a container its task's ARN and family."""
    definition = Definition(lab, "metadata")
    task = start(lab, definition)
    task.wait_for("STOPPED", START_SECONDS)
    metadata = task.says("metadata")
    found = (metadata.get("TaskARN"), metadata.get("Family"))
    expect(metadata, f"no answer, but {task.said('error')}")
    expect(found == (task.arn, definition.family), f"TaskARN and Family: {found}")


@probe(f"{ECS}task-iam-roles.html", used_by=_CORRECTIONS, seconds=_SECONDS)
def a_task_has_its_role_and_no_other(lab: Lab) -> None:
    """The AWS SDK in a task finds the credentials of the task role, with its permissions and no others."""
    allowed, other = Queue(lab), Queue(lab)
    role = Role(lab, {"Service": "ecs-tasks.amazonaws.com"}, allow("sqs:SendMessage", on=allowed.arn))
    lab.wait(min(PROPAGATION_SECONDS, lab.environment.settle_seconds))
    task = start(lab, Definition(lab, "send", allowed.url, other.url, role=role.arn))
    task.wait_for("STOPPED", START_SECONDS)
    sent = task.says("sent")
    expect(sent[allowed.url] == "", f"to the queue that the role allows: {sent[allowed.url]}")
    denied = sent[other.url] in ("AccessDenied", "AccessDeniedException", "AWS.SimpleQueueService.AccessDenied")
    expect(denied, f"to another queue: {sent[other.url]}" if sent[other.url] else "sent to another queue, too")


@probe(f"{ECS}task-iam-roles.html", used_by="roles/iam_roles/tasks/roles.yml", seconds=_SECONDS)
def a_task_without_a_role_has_no_credentials(lab: Lab) -> None:
    """A task on Fargate without a task role has no credentials: calls of AWS fail in it."""
    queue = Queue(lab)
    task = start(lab, Definition(lab, "send", queue.url))
    task.wait_for("STOPPED", START_SECONDS)
    sent = task.says("sent")[queue.url]
    expect(sent, "sent")


@probe(f"{ECS_API}API_RunTask.html", used_by=_SERVICE)
def awsvpc_needs_a_network(lab: Lab) -> None:
    """A task with the network mode awsvpc is refused without a network configuration: InvalidParameterException."""
    name = lab.shared.once(stage.cluster)
    arn = _registered(lab)
    expect_refused(
        "InvalidParameterException", lab.client("ecs").run_task, cluster=name, taskDefinition=arn, launchType="FARGATE"
    )


@probe(
    f"{ECS}task-cpu-memory-error.html",
    f"{ECS_API}API_RegisterTaskDefinition.html",
    used_by="roles/preflight/vars/main.yml",
)
def fargate_has_certain_sizes(lab: Lab) -> None:
    """A task on Fargate with 256 CPU units and 4 GiB of memory is refused with ClientException."""
    expect_refused("ClientException", _registered, lab=lab, cpu="256", memory="4096")


def _registered(lab: Lab, cpu: str = "256", memory: str = "512", family: str = "") -> str:
    """Register a task definition that is not run, and return its ARN."""
    ecs = lab.client("ecs")
    registered = ecs.register_task_definition(
        family=family or lab.name(),
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu=cpu,
        memory=memory,
        # On AWS, the memory of the task is enough; moto fails where a container has none.
        containerDefinitions=[{"name": "main", "image": NO_IMAGE, "essential": True, "memory": 512}],
    )
    arn: str = registered["taskDefinition"]["taskDefinitionArn"]
    lab.defer(ecs.deregister_task_definition, taskDefinition=arn)
    return arn


@probe(f"{ECS_API}API_RegisterTaskDefinition.html", used_by="roles/service/tasks/deregister_old.yml")
def revisions_count_up(lab: Lab) -> None:
    """Revisions of a family count up; a deregistered one is INACTIVE, and its number is not used again."""
    ecs = lab.client("ecs")
    family = lab.name()
    first, second = _registered(lab, family=family), _registered(lab, family=family)
    expect((first[-2:], second[-2:]) == (":1", ":2"), f"revisions: {first}, {second}")
    ecs.deregister_task_definition(taskDefinition=second)
    status = ecs.describe_task_definition(taskDefinition=second)["taskDefinition"]["status"]
    expect(status == "INACTIVE", f"the status is {status}")
    third = _registered(lab, family=family)
    expect(third.endswith(":3"), f"the next revision is {third}")


@probe(f"{ECS_API}API_RunTask.html")
def an_unknown_cluster_is_an_error(lab: Lab) -> None:
    """RunTask in a cluster that does not exist is refused with ClusterNotFoundException."""
    ecs = lab.client("ecs")
    definition, name = _registered(lab), lab.name()
    network = network_configuration(lab)

    def start() -> None:
        ecs.run_task(cluster=name, taskDefinition=definition, launchType="FARGATE", networkConfiguration=network)
        lab.defer(ecs.delete_cluster, cluster=name)

    expect_refused("ClusterNotFoundException", start)


@probe("https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html", seconds=120)
def too_many_calls_are_throttled(lab: Lab) -> None:
    """DescribeClusters is limited to a burst of 50 and then 20 calls a second: of 400 at once, some are refused."""
    ecs = lab.client("ecs", attempts=1)
    with ThreadPoolExecutor(20) as threads:
        codes = set(threads.map(lambda _: refusal(ecs.describe_clusters), range(400)))
    expect(codes & {"ThrottlingException", "Throttling"}, f"answers: {sorted(codes)}")
