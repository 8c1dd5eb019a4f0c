from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import ANY

if TYPE_CHECKING:
    from tests.unit.conftest import Aws, RunModule

BODY = {"widgets": [{"type": "text", "properties": {"markdown": "Orders"}}]}
OTHER: dict[str, Any] = {"widgets": []}
TAGS = {"project": "orders"}


def on_it(aws: Aws, body: dict[str, Any] | None) -> None:
    """Let there be a dashboard with this on it, or none."""
    if body is None:
        aws["cloudwatch"].add_client_error("get_dashboard", "ResourceNotFound", http_status_code=404)
    else:
        # CloudWatch keeps the text that it was given, with its spaces.
        aws["cloudwatch"].add_response("get_dashboard", {"DashboardBody": json.dumps(body, indent=2)})


def test_a_dashboard_is_made_with_its_tags(aws: Aws, run_module: RunModule) -> None:
    on_it(aws, None)
    asked = {
        "DashboardName": "orders",
        "DashboardBody": json.dumps(BODY),
        "Tags": [{"Key": "project", "Value": "orders"}],
    }
    aws["cloudwatch"].add_response("put_dashboard", {}, asked)

    assert run_module(name="orders", body=BODY, tags=TAGS)["changed"] is True


def test_another_dashboard_is_written_over(aws: Aws, run_module: RunModule) -> None:
    on_it(aws, OTHER)
    asked = {"DashboardName": "orders", "DashboardBody": json.dumps(BODY)}
    aws["cloudwatch"].add_response("put_dashboard", {}, asked)

    assert run_module(name="orders", body=BODY, tags=TAGS)["changed"] is True


def test_a_dashboard_is_removed(aws: Aws, run_module: RunModule) -> None:
    on_it(aws, OTHER)
    aws["cloudwatch"].add_response("delete_dashboards", {}, {"DashboardNames": ["orders"]})

    assert run_module(name="orders", state="absent")["changed"] is True


@pytest.mark.parametrize(("live", "arguments"), [(BODY, {"body": BODY}), (None, {"state": "absent"})])
def test_what_is_as_it_should_be_is_left_alone(
    aws: Aws, run_module: RunModule, live: dict[str, Any] | None, arguments: dict[str, Any]
) -> None:
    on_it(aws, live)

    assert run_module(name="orders", **arguments)["changed"] is False


@pytest.mark.parametrize(
    ("live", "arguments"), [(None, {"body": BODY}), (OTHER, {"body": BODY}), (OTHER, {"state": "absent"})]
)
def test_check_mode_only_tells(
    aws: Aws, run_module: RunModule, live: dict[str, Any] | None, arguments: dict[str, Any]
) -> None:
    on_it(aws, live)

    assert run_module(name="orders", _ansible_check_mode=True, **arguments)["changed"] is True


def test_what_cloudwatch_thinks_of_it_is_told(aws: Aws, run_module: RunModule) -> None:
    messages = [{"DataPath": "/widgets/0", "Message": "no such metric"}]
    on_it(aws, None)
    aws["cloudwatch"].add_response(
        "put_dashboard",
        {"DashboardValidationMessages": messages},
        {"DashboardName": "orders", "DashboardBody": ANY, "Tags": []},
    )

    assert run_module(name="orders", body=BODY)["messages"] == messages


def test_an_error_names_the_dashboard(aws: Aws, run_module: RunModule) -> None:
    aws["cloudwatch"].add_client_error("get_dashboard", "AccessDenied")

    result = run_module(name="orders", body=BODY)

    assert result["failed"]
    assert "the dashboard orders" in result["msg"]
