from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from botocore.loaders import Loader

if TYPE_CHECKING:
    from types import ModuleType

    from tests.unit.conftest import Play

ROOT = Path(__file__).parents[3]
INVENTORY = ROOT / "inventories/localstack"

# The first task of the role preflight.
PLAYBOOK = f"""
- hosts: localhost
  gather_facts: false
  vars_files: ["{ROOT}/roles/preflight/vars/main.yml"]
  tasks:
    - orders.deploy.check_inventory:
        roles: "{ROOT}/roles"
        ranges: "{{{{ __preflight_ranges }}}}"
        names: "{{{{ __preflight_names }}}}"
        entry_ranges: "{{{{ __preflight_entry_ranges }}}}"
        entry_names: "{{{{ __preflight_entry_names }}}}"
        task_sizes: "{{{{ __preflight_task_sizes }}}}"
"""

CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/1"
LOCALSTACK = {"port": 4566, "container": "orders-localstack", "serves": ["sns", "sqs"]}
MINISTACK = {"port": 4567, "container": "orders-ministack", "serves": ["default"]}


def emulators(**changed: dict[str, Any]) -> dict[str, Any]:
    return {"emulators": {"localstack": LOCALSTACK, "ministack": MINISTACK} | changed}


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """A copy of the inventory that a test may change."""
    return Path(shutil.copytree(INVENTORY.parent, tmp_path / "inventories", symlinks=True)) / "localstack"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="the inventory itself"),
        *(
            pytest.param(["--extra-vars", f"@{variant}"], id=variant.stem)
            for folder in ("inventories/variants", "probes/environments")
            for variant in sorted((ROOT / folder).glob("*.yml"))
        ),
    ],
)
def test_the_inventories_of_the_project_are_valid(play: Play, arguments: list[str]) -> None:
    played = play(PLAYBOOK, "--inventory", str(INVENTORY), *arguments)

    assert played.status == 0, played.output


def test_a_certificate_with_a_name_is_valid(play: Play) -> None:
    variables = {"load_balancer_certificate_arn": CERTIFICATE, "load_balancer_url": "https://shop.example.com"}

    played = play(PLAYBOOK, "--inventory", str(INVENTORY), "--extra-vars", json.dumps(variables))

    assert played.status == 0, played.output


@pytest.mark.parametrize(
    ("variables", "complaint"),
    [
        pytest.param({"workerz": 9}, "workerz: no such variable; did you mean workers?", id="unknown"),
        pytest.param({"workers": -1}, "workers: -1 is not a number from 1 to 1000", id="out of range"),
        pytest.param({"resource_tags": "blue"}, "'resource_tags' is of type str", id="another type"),
        pytest.param({"aws_region": "{{ regoin }}"}, "aws_region: 'regoin' is undefined", id="refers to nothing"),
        pytest.param(
            {"services": {"api": {"memory": 128}}},
            "services.api.memory: 128 is not a number from 512 to 249856",
            id="field of a service out of range",
        ),
        pytest.param(
            {"services": {"api": {"cpu": 256, "memory": 4096}}},
            "services.api.memory: 4096 is not one of 512, 1024, 2048, which Fargate offers with services.api.cpu 256",
            id="memory that Fargate does not offer with the cpu",
        ),
        pytest.param(
            {"services": {"api": {"cpu": 300, "memory": 512}}},
            "services.api.cpu: 300 is not one of 256, 512, 1024,",
            id="cpu that Fargate does not offer",
        ),
        pytest.param(
            {"load_test_memory": 1024},
            "load_test_memory: 1024 is not one of 2048, 3072, 4096, 5120, 6144, 7168, 8192, "
            "which Fargate offers with load_test_cpu 1024",
            id="memory that Fargate does not offer with the default of cpu",
        ),
        pytest.param(
            {"aws_region": "us-wset-2"},
            "aws_region: AWS has no region 'us-wset-2'; did you mean us-west-2?",
            id="region",
        ),
        pytest.param(
            {"cpu_architecture": "arm"}, "value of cpu_architecture must be one of: X86_64, ARM64", id="no choice"
        ),
        pytest.param({"project": "orders-"}, "project: 'orders-' must be lower-case letters", id="name"),
        pytest.param({"project": "sg-shop"}, "network_name: 'sg-shop' must be letters", id="name derived from another"),
        pytest.param(
            {"services": {"execution": {}}}, "services.execution: 'execution' must be", id="name of a service"
        ),
        pytest.param(
            {
                "load_balancer_certificate_arn": CERTIFICATE,
                "load_balancer_url": "http://{{ load_balancer.dns_name }}:80",
            },
            "load_balancer_url: 'http://{{ load_balancer.dns_name }}:80' must be https:// and a name",
            id="certificate without an address",
        ),
        pytest.param(
            {"load_balancer_certificate_arn": CERTIFICATE, "load_balancer_url": "https://{{ load_balancer.dns_name }}"},
            "load_balancer_url: 'https://{{ load_balancer.dns_name }}' must be https:// and a name",
            id="certificate without a name",
        ),
        pytest.param({"services": "many"}, "services: must be a table", id="no table"),
        pytest.param({"services": {"api": 5}}, "services: must be a table", id="no table in the table"),
        pytest.param({"services": {"api": {}}}, "services.api.port: must be set", id="field missing"),
        pytest.param(
            emulators(localstack=LOCALSTACK | {"serves": "sns"}),
            "emulators.localstack.serves: must be a list of services",
            id="text for a list",
        ),
        pytest.param(
            emulators(localstack=LOCALSTACK | {"port": "http"}),
            "emulators.localstack.port: 'http' is not a number from 1024 to 65535",
            id="no number",
        ),
        pytest.param(
            emulators(localstack={"port": 4566, "serves": ["sns"]}),
            "emulators.localstack: container must be set",
            id="emulator without container",
        ),
        pytest.param(
            emulators(localstack=LOCALSTACK | {"serves": ["default"]}),
            "emulators.ministack.serves: 'default' is served by another emulator already",
            id="service with two emulators",
        ),
        pytest.param(
            emulators(ministack=MINISTACK | {"serves": ["ecs"]}),
            "emulators: no emulator serves 'default'",
            id="no default emulator",
        ),
    ],
)
def test_a_mistake_is_named(play: Play, variables: dict[str, Any], complaint: str) -> None:
    played = play(PLAYBOOK, "--inventory", str(INVENTORY), "--extra-vars", json.dumps(variables))

    assert played.status == 2
    assert complaint in played.output


def test_a_variable_that_is_missing_is_named(play: Play, inventory: Path) -> None:
    file = inventory / "group_vars/all/environment.yml"
    file.write_text(file.read_text().replace("aws_region: us-west-2\n", ""))

    played = play(PLAYBOOK, "--inventory", str(inventory))

    assert played.status == 2
    assert "aws_region: must be set" in played.output


def test_all_mistakes_are_named_at_once(play: Play) -> None:
    variables = {"workerz": 9, "workers": 0, "payment_seconds": "long", "resource_tags": 5}

    output = play(PLAYBOOK, "--inventory", str(INVENTORY), "--extra-vars", json.dumps(variables)).output

    assert [name for name in variables if name not in output] == []


def test_options_of_all_entry_points_are_known_and_those_of_inventory_may_be_required(
    source: ModuleType, tmp_path: Path
) -> None:
    main = {"options": {"queue_name": {"type": "str", "required": True}}}
    inventory = {"options": {"project": {"type": "str", "required": True}, "colour": {"type": "str"}}}
    meta = tmp_path / "queue/meta"
    meta.mkdir(parents=True)
    specs = {"main": main, "inventory": inventory, "absent": {}}
    (meta / "argument_specs.yml").write_text(json.dumps({"argument_specs": specs}))

    assert source.read_options(tmp_path) == (main["options"] | inventory["options"], ["project"])


def test_variables_of_ansible_and_private_variables_of_roles_are_ignored(source: ModuleType) -> None:
    names = ["ansible_connection", "__queue_found", "hostvars", "inventory_dir", "environment", "workers"]

    assert source.unknown(names, ["workers"]) == []


def test_a_name_like_no_other_gets_no_suggestion(source: ModuleType) -> None:
    assert source.unknown(["colour"], ["workers"]) == ["colour: no such variable"]


@pytest.mark.parametrize(
    ("option", "value", "complaints"),
    [
        ({"type": "int"}, "9", 0),
        ({"type": "int"}, "nine", 1),
        ({"type": "list", "elements": "int"}, [1, "two"], 1),
        ({"type": "int", "choices": [1, 7]}, 2, 1),
        ({"type": "int", "required": True}, 9, 0),
    ],
)
def test_values_are_checked_against_their_options(
    source: ModuleType, option: dict[str, Any], value: object, complaints: int
) -> None:
    found = source.mistyped({"days": value}, {"days": option, "other": {"type": "str", "required": True}})

    assert len(found) == complaints
    assert all("days" in complaint for complaint in found)


@pytest.mark.parametrize("value", [1, 1000, "30", 2.5])
def test_a_number_in_its_range_is_valid(source: ModuleType, value: object) -> None:
    assert source.out_of_range({"services.api.workers": value}, {"workers": [1, 1000]}) == []


@pytest.mark.parametrize("value", [0, 1001, "nan", "many", True, None, [5]])
def test_any_other_value_is_invalid(source: ModuleType, value: object) -> None:
    (complaint,) = source.out_of_range({"services.api.workers": value}, {"workers": [1, 1000]})

    assert complaint == f"services.api.workers: {value!r} is not a number from 1 to 1000"


@pytest.fixture
def shapes() -> dict[str, Any]:
    """The shapes of names in the inventories."""
    variables = yaml.safe_load((ROOT / "roles/preflight/vars/main.yml").read_text())
    names: dict[str, Any] = variables["__preflight_names"] | variables["__preflight_entry_names"]
    return names


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("project", "o"),
        ("project", "orders-2-europe"),
        ("project", "a" * 20),
        ("load_balancer_name", "Orders-2"),
        ("load_balancer_name", "a" * 32),
        ("network_name", "orders.net"),
        ("messaging_queue_name", "a" * 67),
        ("log_group_prefix", "/ecs/orders"),
        ("services", "order_api-2"),
        ("services", "executioner"),
    ],
)
def test_a_name_that_aws_accepts_is_valid(source: ModuleType, shapes: dict[str, Any], variable: str, name: str) -> None:
    assert source.misnamed({variable: name}, shapes) == []


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("project", ""),
        ("project", "Orders"),
        ("project", "2orders"),
        ("project", "orders-"),
        ("project", "my--orders"),
        ("project", "a" * 21),
        ("load_balancer_name", "orders_2"),
        ("load_balancer_name", "-orders"),
        ("load_balancer_name", "internal-orders"),
        ("load_balancer_name", "a" * 33),
        ("network_name", "sg-orders"),
        ("cluster_name", "my orders"),
        ("messaging_queue_name", "a" * 68),
        ("messaging_queue_name", "orders.fifo"),
        ("log_group_prefix", "ecs/orders"),
        ("log_group_prefix", "/ecs/orders/"),
        ("services", "execution"),
        ("services", "API"),
        ("services", "a" * 28),
    ],
)
def test_a_name_that_aws_refuses_is_invalid(
    source: ModuleType, shapes: dict[str, Any], variable: str, name: str
) -> None:
    (complaint,) = source.misnamed({variable: name}, shapes)

    assert complaint.startswith(f"{variable}: '{name}'")


def test_the_longest_name_of_an_iam_role_is_one_that_aws_accepts(shapes: dict[str, Any]) -> None:
    partitions = Loader().load_data("partitions")["partitions"]
    regions = [region for partition in partitions for region in partition["regions"] if not region.endswith("-global")]
    longest = [shapes["project"]["longest"], max(map(len, regions)), shapes["services"]["longest"]]

    assert sum(longest) + len("--") <= 64


@pytest.mark.parametrize("region", ["us-west-2", "us-gov-west-1", "cn-north-1"])
def test_a_region_of_any_partition_is_valid(source: ModuleType, region: str) -> None:
    assert source.no_region(region) == []


@pytest.mark.parametrize("region", ["Oregon", "aws-global"])
def test_any_other_region_is_invalid(source: ModuleType, region: str) -> None:
    (complaint,) = source.no_region(region)

    assert complaint.startswith(f"aws_region: AWS has no region '{region}'")
