from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule


def describe(aws: Aws, *values: str) -> None:
    """Prepare the answer: the cluster with its setting of this value, or no cluster."""
    clusters = [{"settings": [{"name": "containerInsights", "value": value}]} for value in values]
    aws["ecs"].add_response(
        "describe_clusters", {"clusters": clusters}, {"clusters": ["orders"], "include": ["SETTINGS"]}
    )


@pytest.mark.parametrize(("enabled", "value"), [(True, "enabled"), (False, "disabled")])
def test_what_is_as_wanted_is_left_alone(aws: Aws, run_module: RunModule, enabled: bool, value: str) -> None:
    describe(aws, value)

    assert run_module(cluster="orders", enabled=enabled)["changed"] is False


def test_a_difference_is_set_right(aws: Aws, run_module: RunModule) -> None:
    describe(aws, "disabled")
    setting = {"name": "containerInsights", "value": "enabled"}
    aws["ecs"].add_response("update_cluster", {}, {"cluster": "orders", "settings": [setting]})

    assert run_module(cluster="orders", enabled=True)["changed"] is True


@pytest.mark.parametrize("values", [["disabled"], []])
def test_check_mode_only_says_so(aws: Aws, run_module: RunModule, values: list[str]) -> None:
    describe(aws, *values)

    assert run_module(cluster="orders", enabled=True, _ansible_check_mode=True)["changed"] is True


def test_an_error_names_the_cluster(aws: Aws, run_module: RunModule) -> None:
    aws["ecs"].add_client_error("describe_clusters", "AccessDeniedException")

    result = run_module(cluster="orders", enabled=True)

    assert result["failed"]
    assert "Container Insights of orders" in result["msg"]
