"""Each role rejects wrong values, with a message that names the variable.

No service answers, so a role that accepts a wrong value fails with another message.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
import yaml

from tests.unit.role_runs import ROOT, outcomes_of, role_run

NOWHERE = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_REGION": "us-west-2",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "any-secret-will-do",
    "DOCKER_HOST": "unix:///nonexistent.sock",
}
ACCOUNT = {
    "id": "123456789012",
    "arn": "arn:aws:sts::123456789012:user/moto",
    "partition": "aws",
    "region": "us-west-2",
    "dns_suffix": "amazonaws.com",
}
EXISTING = {
    "network_vpc_id": "vpc-1",
    "network_vpc_public_subnet_ids": ["subnet-1", "subnet-2"],
    "network_vpc_service_subnet_ids": ["subnet-3"],
}
SCALED = {
    "autoscaling_service_name": "api",
    "autoscaling_cluster_name": "orders",
    "autoscaling_load_balancer_arn": "arn",
    "autoscaling_target_group_arn": "arn",
    "autoscaling_queue_name": "queue",
    "autoscaling_workers": 1,
}
EXPERIMENT = {"experiment_environments": [{"inventory": "nowhere"}]}
LOADED = {"load_test_url": "http://127.0.0.1:1"}
MONITORED = {
    "monitoring_topic_arn": "arn",
    "monitoring_queue_arn": "arn",
    "monitoring_dead_letter_queue_arn": "arn",
    "monitoring_subscription_dead_letter_queue_arn": "arn",
    "monitoring_load_balancer_arn": "arn",
    "monitoring_target_group_arn": "arn",
    "monitoring_cluster_name": "orders",
    "monitoring_services": ["api"],
}


class Wrong(NamedTuple):
    """A wrong value of a variable (None: not set), the expected message, and other variables."""

    variable: str
    value: object
    said: str
    others: dict[str, Any] = {}  # noqa: RUF012  # never changed


UNSET = None

WRONG = [
    Wrong("autoscaling_service_name", UNSET, "missing required arguments: autoscaling_"),
    Wrong("autoscaling_workers", "many", "autoscaling_workers"),
    Wrong("autoscaling_enabled", "perhaps", "autoscaling_enabled"),
    Wrong("autoscaling_scaling", {"min": 0, "max": 1}, 'services.api.scaling: {"min": 0, "max": 1} must have', SCALED),
    Wrong(
        "autoscaling_scaling",
        {"min": 2, "max": 1, "by": "cpu", "target": 5},
        "max (min or more), by (requests_per_target or backlog_per_task)",
        SCALED,
    ),
    Wrong("base_image_ca_bundles", {"a": 1}, "base_image_ca_bundles"),
    Wrong("cluster_container_insights", "sometimes", "cluster_container_insights"),
    Wrong("comparison_runs", UNSET, "missing required arguments: comparison_runs"),
    Wrong("comparison_runs", [], "comparison_runs: names no run"),
    Wrong("comparison_reference", "perhaps", "comparison_reference"),
    Wrong("emulator_start_timeout_seconds", "soon", "emulator_start_timeout_seconds"),
    Wrong("experiment_environments", [], "experiment_environments: names nothing to load"),
    Wrong(
        "experiment_environments",
        [{"files": ["a.yml"]}],
        "missing required arguments: inventory found in experiment_environments",
    ),
    Wrong("experiment_repeats", 0, "experiment_repeats: 0 is not a number from 1", EXPERIMENT),
    Wrong(
        "experiment_deploy",
        "no",
        "experiment_deploy: must be true for environments with a commit",
        {"experiment_environments": [{"inventory": "nowhere", "commit": "HEAD"}]},
    ),
    Wrong("experiment_scenario", "storm", "scenario: there is no storm; there are baseline,", EXPERIMENT),
    Wrong("experiment_seed", "odd", "experiment_seed"),
    Wrong("image_service", UNSET, "missing required arguments: image_service", {"image_sources": []}),
    Wrong("image_sources", {"a": 1}, "image_sources"),
    Wrong("load_balancer_port", "http", "load_balancer_port"),
    Wrong("load_balancer_vpc_id", UNSET, "missing required arguments: load_balancer_security_group_id"),
    Wrong("load_balancer_deregistration_delay_seconds", "long", "load_balancer_deregistration_delay_seconds"),
    Wrong("load_test_runner", "moon", "value of load_test_runner must be one of: hosts, fargate, got: moon", LOADED),
    Wrong("load_test_cpu", 300, "value of load_test_cpu must be one of: 256, 512, 1024, 2048, 4096, got: 300", LOADED),
    Wrong(
        "load_test_log_retention_days", 8, "value of load_test_log_retention_days must be one of: 1, 3, 5, 7", LOADED
    ),
    Wrong("logs_minutes", "all", "logs_minutes"),
    Wrong("logs_service", "reports", "logs_service: 'reports' is not a service; the services are api, processor"),
    Wrong("messaging_max_receive_count", "often", "messaging_max_receive_count"),
    Wrong("messaging_tls_only", "mostly", "messaging_tls_only"),
    Wrong(
        "messaging_topic_kms_key_id",
        "my key",
        "messaging_topic_kms_key_id: 'my key' is no KMS key",
        {"account": ACCOUNT},
    ),
    Wrong("monitoring_email", "me", "monitoring_email: 'me' is no e-mail address", MONITORED),
    Wrong("monitoring_p99_seconds", "slow", "monitoring_p99_seconds"),
    Wrong("monitoring_services", {"api": 1}, "monitoring_services"),
    Wrong("network_cidr", "10.0.0.0/8", "network_cidr: '10.0.0.0/8' must have a size from /16 to /22"),
    Wrong("network_cidr", "10.0.0.1/16", "did you mean 10.0.0.0/16?"),
    Wrong("network_zones", 7, "network_zones: 7 is not a number from 2 to 6"),
    Wrong("network_zones", "two", "network_zones"),
    Wrong("network_egress", "door", "value of network_egress must be one of: nat, endpoints, public, got: door"),
    Wrong("network_allowed_cidrs", [], "network_allowed_cidrs: is empty: nobody could call the load balancer"),
    Wrong("network_allowed_cidrs", ["everyone"], "network_allowed_cidrs: 'everyone' is not an IPv4 network"),
    Wrong("network_load_balancer_ports", [70000], "must be numbers from 1 to 65535"),
    Wrong("network_load_balancer_ports", [], "there must be at least one load balancer port"),
    Wrong("network_vpc_id", "vpc-1", "network_vpc_id: vpc-1 also needs network_vpc_public_subnet_ids"),
    Wrong("network_vpc_service_subnet_ids", ["subnet-1"], "network_vpc_id: must be set"),
    Wrong("network_egress", "endpoints", "network_egress: endpoints is not for an existing VPC (vpc-1)", EXISTING),
    Wrong("plan_network_egress", "door", "value of plan_network_egress must be one of: nat, endpoints, public"),
    Wrong("plan_confirmed", "perhaps", "plan_confirmed"),
    Wrong("probe_settle_seconds", "long", "probe_settle_seconds"),
    Wrong("redrive_limit", "few", "redrive_limit"),
    Wrong("redrive_queue_url", UNSET, "missing required arguments: redrive_dead_letter_queue_urls, redrive_queue_url"),
    Wrong("registry_kept_images", "all", "registry_kept_images"),
    Wrong("registry_repositories", UNSET, "missing required arguments: registry_repositories"),
    Wrong("rollback_service", UNSET, "missing required arguments: rollback_service"),
    Wrong("rollback_service", "reports", "rollback_service: 'reports' is none of api, processor"),
    Wrong("service_cpu_architecture", "Z80", "value of service_cpu_architecture must be one of: X86_64, ARM64"),
    Wrong("service_log_retention_days", 8, "value of service_log_retention_days must be one of: 1, 3, 5, 7"),
    Wrong("service_definition", {"cpu": "much"}, "missing required arguments: desired_count, environment"),
    Wrong("iam_roles_permissions", "all", "iam_roles_permissions"),
    Wrong("iam_roles_exec_enabled", "perhaps", "iam_roles_exec_enabled"),
    Wrong("smoke_order_attempts", "some", "smoke_order_attempts"),
    Wrong("smoke_order_url", UNSET, "missing required arguments: smoke_order_log_groups, smoke_order_url"),
    Wrong("trial_hours", "long", "trial_hours"),
    Wrong(
        "trial_dollars",
        0.05,
        "trial_dollars: 0.05 pays for 30 minutes at 0.100 dollars an hour. A trial needs 60 minutes: "
        "set trial_dollars to 0.10 or more.",
        {"plan": {"cost": {"estimate": {"total": 73.0, "hours_per_month": 730}}}},
    ),
]
SPECIFIED = {
    file.parents[1].name: yaml.safe_load(file.read_text())["argument_specs"]["main"]["options"]
    for file in ROOT.glob("roles/*/meta/argument_specs.yml")
}


def owner(variable: str) -> str:
    """Return the role that has a variable."""
    (role,) = [role for role, options in SPECIFIED.items() if variable in options]
    return role


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The outcome of each role run, by its index in WRONG."""
    role_runs = {}
    for number, wrong in enumerate(WRONG):
        variables = wrong.others if wrong.value is UNSET else {**wrong.others, wrong.variable: wrong.value}
        role_runs[str(number)] = role_run(owner(wrong.variable), NOWHERE, **variables)
    return outcomes_of(role_runs, tmp_path_factory.mktemp("outcomes"))


# The first test waits for the run of all roles.
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "number", range(len(WRONG)), ids=[f"{wrong.variable}={str(wrong.value).replace(' ', '')}" for wrong in WRONG]
)
def test_the_message_names_the_variable(outcomes: dict[str, str], number: int) -> None:
    assert WRONG[number].said in outcomes[str(number)]


def test_every_role_with_variables_has_a_wrong_value() -> None:
    # Ansible takes anything for a path.
    limited = {role for role, options in SPECIFIED.items() if any(each["type"] != "path" for each in options.values())}
    assert {owner(wrong.variable) for wrong in WRONG} == limited
