"""The lifecycle of a deployment with the inventory aws, on each stand-in.

Each test is a step that needs the steps before it.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.conftest import docker
from tests.playbook import NEW_IMAGE, NEW_TASK, retried_tasks
from tests.rehearsal.conftest import REGION

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rehearsal.conftest import StandIn

pytestmark = pytest.mark.timeout(900)  # it builds images and runs playbooks with a hundred tasks


# Calls from the container of each service, and whether they are allowed. (The images contain no other AWS services.)
CALLS = {
    "api": {
        ("sns", "publish", "to the topic"): ({"TopicArn": "{topic}", "Message": "{{}}"}, "allowed"),
        ("sns", "publish", "to another"): ({"TopicArn": "{topic}-other", "Message": "{{}}"}, "refused"),
        ("sns", "list_topics", ""): ({}, "refused"),
        ("sqs", "receive_message", "from the queue"): ({"QueueUrl": "{queue}"}, "refused"),
        ("sqs", "list_queues", ""): ({}, "refused"),
    },
    "processor": {
        ("sqs", "receive_message", "from the queue"): ({"QueueUrl": "{queue}"}, "allowed"),
        ("sqs", "receive_message", "from the dead-letter queue"): ({"QueueUrl": "{queue}-dead-letters"}, "refused"),
        ("sqs", "send_message", "to the queue"): ({"QueueUrl": "{queue}", "MessageBody": "{{}}"}, "refused"),
        ("sqs", "purge_queue", "the queue"): ({"QueueUrl": "{queue}"}, "refused"),
        ("sns", "publish", "to the topic"): ({"TopicArn": "{topic}", "Message": "{{}}"}, "refused"),
        ("sqs", "list_queues", ""): ({}, "refused"),
    },
}
# Makes one call and prints its result.
CALL = """
import json, os, sys, botocore.exceptions, botocore.session
service, operation, arguments = json.loads(sys.argv[1])
client = botocore.session.Session().create_client(service, region_name=os.environ["AWS_REGION"])
try:
    getattr(client, operation)(**arguments)
    print("allowed")
except botocore.exceptions.ClientError as error:
    code = error.response["Error"]["Code"]
    print("refused" if code in ("AccessDenied", "AccessDeniedException", "AuthorizationError") else error)
"""


def test_check_mode_creates_nothing(stand_in: StandIn) -> None:
    play = stand_in.play("site.yml", "--check")
    assert play.status == 0
    assert stand_in.resources() == {}
    (stand_in.directory / "reported.json").write_text(json.dumps(play.changed))


def test_the_first_deployment_changes_what_check_mode_reported(stand_in: StandIn) -> None:
    play = stand_in.play("site.yml")
    assert play.status == 0
    reported = json.loads((stand_in.directory / "reported.json").read_text())
    # A module that failed after its change, and then succeeded, reports no change.
    assert sorted({*play.changed, *(task for task in reported if task in retried_tasks(play.output))}) == reported


def test_a_second_deployment_changes_nothing(stand_in: StandIn) -> None:
    play = stand_in.play("site.yml")
    assert (play.status, play.changed) == (0, [])


def test_with_a_snapshot_of_the_last_deployment_no_role_runs(stand_in: StandIn) -> None:
    kept = str(stand_in.directory / "snapshots" / "kept")
    assert stand_in.play("site.yml", snapshot_directory=kept).status == 0
    play = stand_in.play("site.yml", snapshot_directory=kept)
    assert play.status == 0
    assert "Nothing was changed since the last deployment" in play.output
    assert "TASK [messaging" not in play.output


def test_changed_tags_reach_every_resource(stand_in: StandIn) -> None:
    tags = {"project": stand_in.project, "environment": "aws", "managed-by": "ansible"}
    assert stand_in.play("site.yml", resource_tags={**tags, "owner": "somebody"}).status == 0
    # The dashboard keeps its tags, and no call returns them.
    assert stand_in.untagged("owner") == [
        f"arn:aws:cloudwatch::{stand_in.account}:dashboard/{stand_in.project}-{REGION}",
    ]
    assert stand_in.play("site.yml").status == 0


def test_check_mode_after_the_deployment_reports_no_change(stand_in: StandIn) -> None:
    play = stand_in.play("site.yml", "--check")
    assert (play.status, play.changed) == (0, [])


@pytest.mark.containers
@pytest.mark.parametrize("service", ["api", "processor"])
def test_a_service_has_only_the_permissions_that_it_needs(stand_in: StandIn, service: str) -> None:
    names = {
        "queue": stand_in.client("sqs").get_queue_url(QueueName=f"{stand_in.project}-queue")["QueueUrl"],
        "topic": f"arn:aws:sns:{REGION}:{stand_in.account}:{stand_in.project}-events",
    }
    (container,) = docker(
        "ps", "-q", "--filter", f"network={stand_in.project}", "--filter", f"name=ministack-ecs-.*-{service}"
    ).split()

    def call(client: str, operation: str, arguments: dict[str, str]) -> str:
        filled = {name: value.format(**names) for name, value in arguments.items()}
        return docker("exec", container, "python3", "-c", CALL, json.dumps([client, operation, filled])).strip()

    calls = CALLS[service]
    results = {name: call(name[0], name[1], arguments) for name, (arguments, _) in calls.items()}
    assert results == {name: expected for name, (_, expected) in calls.items()}


@pytest.mark.containers
def test_the_load_balancer_publishes_only_the_orders_and_their_health(stand_in: StandIn) -> None:
    def status(path: str) -> int:
        url = stand_in.variables["load_balancer_url"]
        try:
            with urllib.request.urlopen(f"{url}{path}", timeout=30) as response:  # noqa: S310  # http, on loopback
                return int(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    public = {"/health": 200, "/ready": 200, "/orders/sync": 405}  # the API knows POST only
    private = dict.fromkeys(
        ["/metrics", "/docs", "/openapi.json", "/", "/orders", "/health/x", "//metrics", "/orders/../metrics"], 404
    )
    assert {path: status(path) for path in public | private} == public | private


def test_only_an_edited_service_is_deployed_again(stand_in: StandIn, edited: Path) -> None:
    play = stand_in.play("site.yml", image_root=str(edited))
    assert play.status == 0
    skipped = "image_push" in stand_in.lacks["skip_tags"]
    assert play.changed == ([] if skipped else NEW_IMAGE) + NEW_TASK


def test_a_rollback_to_an_unknown_image_lists_the_known_images(stand_in: StandIn) -> None:
    play = stand_in.play("playbooks/rollback.yml", rollback_service="processor", rollback_image="unknown")
    assert play.status != 0
    assert "'unknown' is none of the images that you can roll processor back to" in play.output
    assert f"({stand_in.project}-processor:1)" in play.output
    assert f"({stand_in.project}-processor:2, runs now)" in play.output


def test_a_rollback_runs_the_given_image(stand_in: StandIn) -> None:
    first = stand_in.client("ecs").describe_task_definition(taskDefinition=f"{stand_in.project}-processor:1")
    image = first["taskDefinition"]["containerDefinitions"][0]["image"]
    tag = image.rpartition(":")[2]
    play = stand_in.play("playbooks/rollback.yml", rollback_service="processor", rollback_image=tag)
    assert (play.status, play.changed) == (0, [f"rollback : Roll back to {tag}"])
    again = stand_in.play("site.yml")
    assert (again.status, again.changed) == (0, [])


def test_a_changed_setting_updates_one_service(stand_in: StandIn) -> None:
    play = stand_in.play("site.yml", workers=50)
    # When more processors are started depends on how many workers each has.
    scaling = ["autoscaling : Create the scaling policy [part-processor]"]
    assert (play.status, play.changed) == (0, (scaling if stand_in.scales else []) + NEW_TASK)


def test_a_teardown_that_was_killed_is_completed_by_the_next(stand_in: StandIn) -> None:
    killed = stand_in.play("playbooks/teardown.yml", kill_at="load_balancer : Remove the target group")
    assert killed.status != 0
    assert stand_in.resources() != {}
    play = stand_in.play("playbooks/teardown.yml")
    assert play.status == 0
    assert f"Nothing is left of {stand_in.project}" in play.output
    assert stand_in.resources() == {}


def test_a_second_teardown_changes_nothing(stand_in: StandIn) -> None:
    play = stand_in.play("playbooks/teardown.yml")
    assert (play.status, play.changed) == (0, [])


def test_a_deployment_that_was_killed_is_completed_by_the_next(stand_in: StandIn) -> None:
    killed = stand_in.play("site.yml", kill_at="load_balancer : Create the target group")
    assert killed.status != 0
    assert "load_balancers" not in stand_in.resources()
    play = stand_in.play("site.yml")
    assert play.status == 0
    again = stand_in.play("site.yml")
    assert (again.status, again.changed) == (0, [])


def test_teardown_leaves_nothing(stand_in: StandIn) -> None:
    play = stand_in.play("playbooks/teardown.yml")
    assert play.status == 0
    assert stand_in.resources() == {}
