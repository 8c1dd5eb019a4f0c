"""The lifecycle of a deployment on the emulators. Each test is a step that needs the steps before it."""

from __future__ import annotations

import json
import shutil
import socket
import time
import urllib.request
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.orders.deploy.plugins.filter.differences import differences
from tests.end_to_end.conftest import docker
from tests.end_to_end.drift import changes
from tests.playbook import NEW_IMAGE, NEW_TASK

if TYPE_CHECKING:
    from tests.end_to_end.conftest import Deployment

pytestmark = pytest.mark.timeout(900)  # it builds images, and sends and processes a load of a minute

# What a repaired resource need not have again as it was: moments, identifiers, and a filter that lets everything pass.
NEW_AFTER_REPAIR = {
    "AlarmConfigurationUpdatedTimestamp",
    "FilterPolicy",
    "FilterPolicyScope",
    "LastModified",
    "LastModifiedTimestamp",
    "RouteTableAssociationId",
}

ORDER = {"customer_id": 7, "items": [{"product_id": "P-1", "quantity": 2, "price": 9.5}]}


def send(url: str, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(url, json.dumps(order).encode(), {"Content-Type": "application/json"})  # noqa: S310  # http, on loopback
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310  # http, on loopback
        return response.status, json.load(response)


def comparable(snapshot: object) -> object:
    """Return a snapshot without what is new after a repair, and with its lists sorted again."""
    if isinstance(snapshot, dict):
        return {key: comparable(value) for key, value in snapshot.items() if key not in NEW_AFTER_REPAIR}
    if isinstance(snapshot, list):
        return sorted(map(comparable, snapshot), key=json.dumps)
    return snapshot


def test_a_port_in_use_fails_before_anything_is_created(deployment: Deployment) -> None:
    with socket.create_server(("127.0.0.1", deployment.ports["localstack"])):
        play = deployment.play("site.yml")
    assert play.status != 0
    assert f"Port {deployment.ports['localstack']} of this computer is in use" in play.output
    assert docker("network", "ls", "--quiet", "--filter", f"name=^{deployment.project}$") == ""


def test_without_docker_the_message_has_a_remedy(deployment: Deployment) -> None:
    play = deployment.play("site.yml", environment={"DOCKER_HOST": "unix:///nonexistent.sock"})
    assert play.status != 0
    assert "Start Docker" in play.output


def test_a_load_test_without_a_deployment_fails(deployment: Deployment) -> None:
    play = deployment.play("playbooks/load_test.yml")
    assert play.status != 0
    assert "Deploy first" in play.output


def test_check_mode_without_emulators_fails(deployment: Deployment) -> None:
    play = deployment.play("site.yml", "--check")
    assert play.status != 0
    assert "the emulators do not run. Deploy first" in " ".join(play.output.split())


def test_the_first_deployment_succeeds(deployment: Deployment) -> None:
    play = deployment.play("site.yml")
    assert play.status == 0
    assert "and was completed" in play.output


def test_a_second_deployment_runs_no_role_that_changes_something(deployment: Deployment) -> None:
    play = deployment.play("site.yml")
    assert (play.status, play.changed) == (0, [])
    assert "TASK [messaging" not in play.output
    assert "and was completed" in play.output


def test_without_a_snapshot_all_roles_run_and_change_nothing(deployment: Deployment) -> None:
    shutil.rmtree(deployment.snapshots)
    play = deployment.play("site.yml")
    assert (play.status, play.changed) == (0, [])
    assert "TASK [messaging" in play.output


def test_what_others_change_is_seen_shown_and_repaired(deployment: Deployment) -> None:
    (file,) = deployment.snapshots.iterdir()
    deployed = json.loads(file.read_text())["taken"]["resources"]
    before = deployment.take_snapshot()
    unseen = []
    for name, change in changes(deployment.client, deployment.project):
        change()
        after = deployment.take_snapshot()
        if after == before:
            unseen.append(name)
        before = after
    assert unseen == []

    drift = deployment.play("playbooks/drift.yml")
    assert drift.status == 0
    assert "retentionInDays" in drift.output

    assert deployment.play("site.yml").status == 0
    repaired = json.loads(file.read_text())["taken"]["resources"]
    assert differences(comparable(deployed), comparable(repaired)) == []


def test_the_api_answers_like_the_reference_system(deployment: Deployment) -> None:
    status, order = send(f"{deployment.url}/orders/async", ORDER)
    assert status == 202
    assert order["status"] == "pending"
    assert order["items"] == ORDER["items"]
    assert order.keys() == {"order_id", "customer_id", "items", "status", "created_at"}

    status, order = send(f"{deployment.url}/orders/sync", ORDER)
    assert (status, order["status"]) == (200, "completed")


def test_everything_listens_on_loopback_only(deployment: Deployment) -> None:
    bindings = []
    for emulator in deployment.ports:
        ports = json.loads(
            docker("inspect", "--format", "{{json .HostConfig.PortBindings}}", deployment.container(emulator))
        )
        bindings += [binding["HostIp"] for port in ports.values() for binding in port]
    for task in deployment.tasks():
        assert json.loads(docker("inspect", "--format", "{{json .HostConfig.PortBindings}}", task)) in (None, {})
    assert set(bindings) == {"127.0.0.1"}


def test_services_do_not_run_as_root(deployment: Deployment) -> None:
    users = {docker("exec", task, "id", "-u").strip() for task in deployment.tasks()}
    assert users == {"10001"}


def test_a_task_cannot_use_the_emulator_beyond_its_role(deployment: Deployment) -> None:
    url = f"http://{deployment.container('ministack')}:{deployment.ports['ministack']}"
    attacks = Path(__file__).with_name("attacks_from_a_task.py").read_text()
    outcomes = json.loads(docker("exec", "--interactive", deployment.task("api"), "python3", "-", url, stdin=attacks))
    refused = {
        "401",
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
    }
    assert {attempt: outcome for attempt, outcome in outcomes.items() if outcome not in refused} == {}


def container_definition(**fields: object) -> dict[str, Any]:
    return {"containerDefinitions": [{"name": "attack", "memory": 64, "essential": True, **fields}]}


@pytest.mark.parametrize(
    ("definition", "refused"),
    [
        pytest.param(container_definition(privileged=True), "Privileged", id="privileged"),
        pytest.param(
            container_definition(mountPoints=[{"sourceVolume": "host", "containerPath": "/host"}])
            | {"volumes": [{"name": "host", "host": {"sourcePath": "/"}}]},
            "Volumes {'/host'",
            id="bind of the root directory",
        ),
        pytest.param(container_definition() | {"pidMode": "host"}, "PidMode", id="processes of the host"),
        pytest.param(container_definition() | {"networkMode": "host"}, "NetworkMode", id="network of the host"),
        pytest.param(
            container_definition(linuxParameters={"capabilities": {"add": ["SYS_ADMIN"]}}), "CapAdd", id="capability"
        ),
        pytest.param(
            container_definition(portMappings=[{"containerPort": 8080, "hostPort": 0}]) | {"networkMode": "bridge"},
            "PortBindings",
            id="port of the host",
        ),
        pytest.param(container_definition(image="python:3.13-slim"), "python:3.13-slim", id="image of the host"),
    ],
)
def test_not_even_the_root_user_of_the_emulator_gets_a_container_with_more_than_a_task_needs(
    deployment: Deployment, definition: dict[str, Any], refused: str
) -> None:
    ecs = deployment.client("ecs")
    image = docker("inspect", "--format", "{{.Config.Image}}", deployment.task("api")).strip()
    containers = [{"image": image, **container} for container in definition["containerDefinitions"]]
    made = ecs.register_task_definition(family="attack", **{**definition, "containerDefinitions": containers})
    before = deployment.tasks()
    task = ecs.run_task(cluster=deployment.project, taskDefinition=made["taskDefinition"]["taskDefinitionArn"])[
        "tasks"
    ][0]

    deadline = time.monotonic() + 60
    while task["lastStatus"] != "STOPPED":
        assert time.monotonic() < deadline, task
        time.sleep(0.5)
        (task,) = ecs.describe_tasks(cluster=deployment.project, tasks=[task["taskArn"]])["tasks"]

    assert refused in docker("logs", deployment.container("ministack") + "-engine").splitlines()[-1]
    assert set(deployment.tasks()) <= set(before)
    ecs.deregister_task_definition(taskDefinition=made["taskDefinition"]["taskDefinitionArn"])


def test_tasks_run_within_the_limits_of_their_definition(deployment: Deployment) -> None:
    for task in deployment.tasks():
        limits = json.loads(docker("inspect", "--format", "{{json .HostConfig}}", task))
        assert (limits["ReadonlyRootfs"], limits["Memory"]) == (True, 512 * 1024 * 1024)
        assert limits["SecurityOpt"] == ["no-new-privileges"]
        assert limits["Privileged"] is False


def test_the_baseline_load_is_processed_completely(deployment: Deployment) -> None:
    play = deployment.play("playbooks/load_test.yml", load_test_scenario="baseline")
    assert f"Page: {deployment.results}/" in play.output
    run = deployment.latest_run()
    assert (play.status == 0) == all(gate["passed"] for gate in run["gates"])
    assert deployment.failed_gates() == set()
    orders, queue = run["orders"], run["queue"]
    assert orders["accepted"] > 1000  # from 20 users; the exact number depends on this computer
    assert orders["accepted"] == orders["completed"] == run["requests"]["count"]
    assert (orders["lost"], orders["duplicated"], orders["dead_lettered"], run["requests"]["failures"]) == (0, 0, 0, 0)
    assert queue["drain_seconds"] > 0.97 * queue["model_drain_seconds"]  # a busy computer only takes longer


def test_run_json_describes_the_deployment(deployment: Deployment) -> None:
    run = deployment.latest_run()
    assert run["settings"]["workers"] == 100
    assert run["settings"]["payment_seconds"] == 3
    assert run["deployment"]["total_seconds"] > 0
    assert run["deployment"]["roles"].keys() >= {"emulator", "messaging", "network", "service"}
    assert 0 < run["deployment"]["wait_seconds"] < run["deployment"]["total_seconds"]
    assert run["memory"].keys() == {"api", "processor"}
    assert run["deployment"]["changed_tasks"]
    assert run["emulators"].keys() == run["emulator_use"].keys() == {"localstack", "ministack"}
    assert all(0 < memory["start_mib"] <= memory["peak_mib"] for memory in run["memory"].values())
    assert run["settings"]["system"]["services"]["api"] == {"cpu": 256, "memory": 512, "desired_count": 1}


def test_resources_json_describes_the_resources(deployment: Deployment) -> None:
    resources = {(each["kind"], each["name"]): each["attributes"] for each in deployment.resources_of_latest_run()}
    assert resources["queues", f"{deployment.project}-queue"]["VisibilityTimeout"] == "30"
    assert resources["task_definitions", f"{deployment.project}-api"]["cpu"] == "256"
    assert resources["vpcs", deployment.project] == {"CidrBlock": "10.0.0.0/16"}


def test_a_failed_gate_fails_the_playbook(deployment: Deployment) -> None:
    # A delayed order, so that the queue is not empty at the start.
    order = {**ORDER, "order_id": str(uuid.uuid4()), "status": "pending", "created_at": "2026-01-01T00:00:00Z"}
    deployment.sqs().send_message(QueueUrl=deployment.queue_url(), MessageBody=json.dumps(order), DelaySeconds=90)
    play = deployment.play("playbooks/load_test.yml", load_test_scenario="smoke")
    assert play.status != 0
    assert f"Page: {deployment.results}/" in play.output
    assert deployment.failed_gates() == {"queue empty at start"}


def test_redrive_moves_dead_letters_to_the_processor(deployment: Deployment) -> None:
    order = {**ORDER, "order_id": str(uuid.uuid4()), "status": "pending", "created_at": "2026-01-01T00:00:00Z"}
    dead_letters = f"{deployment.queue_url()}-dead-letters"
    deployment.sqs().send_message(QueueUrl=dead_letters, MessageBody=json.dumps(order))
    counted = deployment.play("playbooks/redrive.yml", redrive_dry_run=True)
    assert counted.status == 0
    assert f"{deployment.project}-queue-dead-letters: 1 waiting" in counted.output
    moved = deployment.play("playbooks/redrive.yml")
    assert moved.status == 0
    assert f"1 moved to {deployment.project}-queue" in moved.output
    deadline = time.monotonic() + 120
    while "order completed" not in deployment.play("playbooks/logs.yml", logs_contains=order["order_id"]).output:
        assert time.monotonic() < deadline


def test_only_an_edited_service_is_deployed_again(deployment: Deployment, edited: Path) -> None:
    play = deployment.play("site.yml", image_root=str(edited))
    assert play.status == 0
    assert play.changed == NEW_IMAGE + NEW_TASK
    with (edited / "services/src/orders/processor/__init__.py").open("a") as source:
        source.write("# edited again\n")
    play = deployment.play("site.yml", image_root=str(edited))
    assert play.status == 0
    assert play.changed == NEW_IMAGE + NEW_TASK
    assert "TASK [messaging" not in play.output


def test_a_part_that_fails_stops_the_deployment(deployment: Deployment) -> None:
    play = deployment.play("site.yml", network_cidr="10.9.0.0/16")
    assert play.status != 0
    assert "network_cidr: 10.9.0.0/16 is not 10.0.0.0/16" in play.output
    assert "The deployment stops: part-network failed" in play.output
    assert "TASK [service" not in play.output


def test_a_changed_setting_updates_one_service_without_a_new_image(deployment: Deployment) -> None:
    play = deployment.play("site.yml", workers=50)
    assert play.status == 0
    assert play.changed == NEW_TASK
    status = deployment.play("playbooks/status.yml")
    assert "workers: 50" in status.output


@pytest.mark.parametrize("emulator", ["localstack", "ministack"])
def test_a_killed_emulator_is_restored(deployment: Deployment, emulator: str) -> None:
    docker("rm", "--force", deployment.container(emulator))
    play = deployment.play("site.yml", workers=50)
    assert play.status == 0
    assert "and was completed" in play.output
    assert len(deployment.tasks()) == 2  # the containers of the killed emulator are removed


def test_a_deployment_on_the_restored_emulators_changes_nothing(deployment: Deployment) -> None:
    play = deployment.play("site.yml", workers=50)
    assert (play.status, play.changed) == (0, [])


def test_the_documented_additional_service_is_deployed(
    deployment: Deployment, tree: Path, documented_services: dict[str, Any]
) -> None:
    play = deployment.play("site.yml", workers=50, image_root=str(tree), services=documented_services)
    assert play.status == 0
    assert play.changed == [
        "iam_roles : Create the roles [part-messaging]",
        "iam_roles : Set the inline policy of each role [part-messaging]",
        "image : Build the image [part-watcher]",
        "image : Push the image [part-images]",
        "monitoring : Create the alarms [part-monitoring]",
        "monitoring : Create the dashboard [part-monitoring]",
        "registry : Create the image repositories [part-images]",
        "service : Create or update the service [part-watcher]",
        "service : Create the log group [part-watcher]",
        "service : Register the task definition [part-watcher]",
    ]
    logs = deployment.play("playbooks/logs.yml", services=documented_services, logs_service="watcher")
    assert "dead letters" in logs.output


def test_teardown_leaves_nothing(deployment: Deployment, documented_services: dict[str, Any]) -> None:
    play = deployment.play("playbooks/teardown.yml", services=documented_services)
    assert play.status == 0
    assert f"Nothing is left of {deployment.project}" in play.output
    assert docker("ps", "--all", "--quiet", "--filter", f"label=project={deployment.project}") == ""
    assert deployment.tasks() == []
    assert docker("network", "ls", "--quiet", "--filter", f"name=^{deployment.project}$") == ""


def test_a_second_teardown_changes_nothing(deployment: Deployment) -> None:
    play = deployment.play("playbooks/teardown.yml")
    assert (play.status, play.changed) == (0, [])
