from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

ARN = "arn:aws:ecs:us-west-2:000000000000:cluster/orders"
WANTED: dict[str, Any] = {"cluster": "orders", "container_insights": True, "tags": {"project": "orders"}}
TAGGED = [{"key": "project", "value": "orders"}]


def answer(aws: Aws, *, insights: str = "enabled", tags: list[dict[str, str]] = TAGGED) -> None:
    """Prepare the description of the cluster, by default as wanted."""
    setting = {"name": "containerInsights", "value": insights}
    cluster = {"clusterName": "orders", "clusterArn": ARN, "settings": [setting], "tags": tags}
    aws["ecs"].add_response(
        "describe_clusters", {"clusters": [cluster]}, {"clusters": ["orders"], "include": ["SETTINGS", "TAGS"]}
    )


@pytest.mark.parametrize(("wanted", "insights"), [(True, "enabled"), (False, "disabled")])
def test_a_cluster_that_is_as_wanted_is_left_alone(
    aws: Aws, run_module: RunModule, wanted: bool, insights: str
) -> None:
    answer(aws, insights=insights)

    assert run_module(**WANTED | {"container_insights": wanted})["changed"] is False


def test_container_insights_are_switched(aws: Aws, run_module: RunModule) -> None:
    answer(aws, insights="disabled")
    setting = {"name": "containerInsights", "value": "enabled"}
    aws["ecs"].add_response("update_cluster", {}, {"cluster": "orders", "settings": [setting]})

    assert run_module(**WANTED)["changed"] is True


def test_missing_tags_are_set(aws: Aws, run_module: RunModule) -> None:
    answer(aws, tags=[])
    aws["ecs"].add_response("tag_resource", {}, {"resourceArn": ARN, "tags": TAGGED})

    assert run_module(**WANTED)["changed"] is True


def test_other_tags_are_removed(aws: Aws, run_module: RunModule) -> None:
    answer(aws, tags=[*TAGGED, {"key": "owner", "value": "nobody"}])
    aws["ecs"].add_response("untag_resource", {}, {"resourceArn": ARN, "tagKeys": ["owner"]})

    assert run_module(**WANTED)["changed"] is True


def test_check_mode_changes_nothing(aws: Aws, run_module: RunModule) -> None:
    answer(aws, insights="disabled", tags=[])

    assert run_module(**WANTED, _ansible_check_mode=True)["changed"] is True


def test_in_check_mode_the_cluster_may_be_missing(aws: Aws, run_module: RunModule) -> None:
    aws["ecs"].add_response("describe_clusters", {"clusters": []})

    assert run_module(**WANTED, _ansible_check_mode=True)["changed"] is True


def test_otherwise_a_missing_cluster_is_an_error_that_names_it(aws: Aws, run_module: RunModule) -> None:
    aws["ecs"].add_response("describe_clusters", {"clusters": []})

    assert run_module(**WANTED)["msg"] == "The cluster orders does not exist"


def test_an_error_names_the_cluster(aws: Aws, run_module: RunModule) -> None:
    aws["ecs"].add_client_error("describe_clusters", "AccessDeniedException")

    result = run_module(**WANTED)

    assert result["failed"]
    assert "of the cluster orders" in result["msg"]
