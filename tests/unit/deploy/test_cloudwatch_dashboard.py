from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

BODY = {"widgets": [{"type": "text", "properties": {"markdown": "Orders"}}]}
OTHER: dict[str, Any] = {"widgets": []}
TAGS = {"project": "orders"}


def answer(aws: Aws, body: dict[str, Any] | None) -> None:
    """Prepare the answer of CloudWatch: a dashboard with this body, or none."""
    if body is None:
        aws["cloudwatch"].add_client_error("get_dashboard", "ResourceNotFound", http_status_code=404)
    else:
        # CloudWatch stores the text as it was sent, with its spaces.
        aws["cloudwatch"].add_response("get_dashboard", {"DashboardBody": json.dumps(body, indent=2)})


def test_a_new_dashboard_is_created_with_its_tags(aws: Aws, run_module: RunModule) -> None:
    answer(aws, None)
    asked = {
        "DashboardName": "orders",
        "DashboardBody": json.dumps(BODY),
        "Tags": [{"Key": "project", "Value": "orders"}],
    }
    aws["cloudwatch"].add_response("put_dashboard", {}, asked)

    assert run_module(name="orders", body=BODY, tags=TAGS)["changed"] is True


def test_a_changed_dashboard_is_written(aws: Aws, run_module: RunModule) -> None:
    answer(aws, OTHER)
    asked = {"DashboardName": "orders", "DashboardBody": json.dumps(BODY)}
    aws["cloudwatch"].add_response("put_dashboard", {}, asked)

    assert run_module(name="orders", body=BODY, tags=TAGS)["changed"] is True


def test_a_dashboard_is_removed(aws: Aws, run_module: RunModule) -> None:
    answer(aws, OTHER)
    aws["cloudwatch"].add_response("delete_dashboards", {}, {"DashboardNames": ["orders"]})

    assert run_module(name="orders", state="absent")["changed"] is True


@pytest.mark.parametrize(("live", "arguments"), [(BODY, {"body": BODY}), (None, {"state": "absent"})])
def test_an_unchanged_dashboard_is_left_alone(
    aws: Aws, run_module: RunModule, live: dict[str, Any] | None, arguments: dict[str, Any]
) -> None:
    answer(aws, live)

    assert run_module(name="orders", **arguments)["changed"] is False


@pytest.mark.parametrize(
    ("live", "arguments"), [(None, {"body": BODY}), (OTHER, {"body": BODY}), (OTHER, {"state": "absent"})]
)
def test_check_mode_changes_nothing(
    aws: Aws, run_module: RunModule, live: dict[str, Any] | None, arguments: dict[str, Any]
) -> None:
    answer(aws, live)

    assert run_module(name="orders", _ansible_check_mode=True, **arguments)["changed"] is True


def test_an_error_names_the_dashboard(aws: Aws, run_module: RunModule) -> None:
    aws["cloudwatch"].add_client_error("get_dashboard", "AccessDenied")

    result = run_module(name="orders", body=BODY)

    assert result["failed"]
    assert "the dashboard orders" in result["msg"]
