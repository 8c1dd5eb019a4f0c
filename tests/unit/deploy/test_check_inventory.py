from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from botocore.loaders import Loader

from tests.unit.role_runs import outcomes_of, task_run

if TYPE_CHECKING:
    from types import ModuleType

    from tests.unit.conftest import Play

ROOT = Path(__file__).parents[3]
INVENTORY = ROOT / "inventories/localstack"
VARIABLES = ROOT / "roles/preflight/vars/main.yml"

# As in the first task of the role preflight.
CHECK = {
    "block": [
        {"ansible.builtin.include_vars": str(VARIABLES)},
        {
            "orders.deploy.check_inventory": {
                "roles": f"{ROOT}/roles",
                "ranges": "{{ __preflight_ranges }}",
                "names": "{{ __preflight_names }}",
                "entry_ranges": "{{ __preflight_entry_ranges }}",
                "entry_names": "{{ __preflight_entry_names }}",
                "task_sizes": "{{ __preflight_task_sizes }}",
            }
        },
    ]
}

CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/1"
LOCALSTACK = {"port": 4566, "container": "orders-localstack", "serves": ["sns", "sqs"]}
MINISTACK = {"port": 4567, "container": "orders-ministack", "serves": ["default"]}


def emulators(**changed: dict[str, Any]) -> dict[str, Any]:
    return {"emulators": {"localstack": LOCALSTACK, "ministack": MINISTACK} | changed}


VALID: dict[str, dict[str, Any]] = {
    "the inventory itself": {},
    "a certificate with a name": {
        "load_balancer_certificate_arn": CERTIFICATE,
        "load_balancer_url": "https://shop.example.com",
    },
} | {
    str(variant.relative_to(ROOT)): yaml.safe_load(variant.read_text())
    for folder in ("inventories/variants", "probes/environments")
    for variant in sorted((ROOT / folder).glob("*.yml"))
}
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "unknown": ({"workerz": 9}, "workerz: no such variable; did you mean workers?"),
    "out of range": ({"workers": -1}, "workers: -1 is not a number from 1 to 1000"),
    "another type": ({"resource_tags": "blue"}, "'resource_tags' is of type str"),
    "refers to nothing": ({"aws_region": "{{ regoin }}"}, "aws_region: 'regoin' is undefined"),
    "field of a service out of range": (
        {"services": {"api": {"memory": 128}}},
        "services.api.memory: 128 is not a number from 512 to 249856",
    ),
    "memory that Fargate does not offer with the cpu": (
        {"services": {"api": {"cpu": 256, "memory": 4096}}},
        "services.api.memory: 4096 is not one of 512, 1024, 2048, which Fargate offers with services.api.cpu 256",
    ),
    "cpu that Fargate does not offer": (
        {"services": {"api": {"cpu": 300, "memory": 512}}},
        "services.api.cpu: 300 is not one of 256, 512, 1024,",
    ),
    "memory that Fargate does not offer with the default of cpu": (
        {"load_test_memory": 1024},
        (
            "load_test_memory: 1024 is not one of 2048, 3072, 4096, 5120, 6144, 7168, 8192, "
            "which Fargate offers with load_test_cpu 1024"
        ),
    ),
    "region": ({"aws_region": "us-wset-2"}, "aws_region: AWS has no region 'us-wset-2'; did you mean us-west-2?"),
    "no choice": ({"cpu_architecture": "arm"}, "value of cpu_architecture must be one of: X86_64, ARM64"),
    "name": ({"project": "orders-"}, "project: 'orders-' must be lower-case letters"),
    "name derived from another": ({"project": "sg-shop"}, "network_name: 'sg-shop' must be letters"),
    "name of a service": ({"services": {"execution": {}}}, "services.execution: 'execution' must be"),
    "certificate without an address": (
        {
            "load_balancer_certificate_arn": CERTIFICATE,
            "load_balancer_url": "http://{{ load_balancer.dns_name }}:80",
        },
        "load_balancer_url: 'http://{{ load_balancer.dns_name }}:80' must be https:// and a name",
    ),
    "certificate without a name": (
        {"load_balancer_certificate_arn": CERTIFICATE, "load_balancer_url": "https://{{ load_balancer.dns_name }}"},
        "load_balancer_url: 'https://{{ load_balancer.dns_name }}' must be https:// and a name",
    ),
    "no table": ({"services": "many"}, "services: must be a table"),
    "no table in the table": ({"services": {"api": 5}}, "services: must be a table"),
    "field missing": ({"services": {"api": {}}}, "services.api.port: must be set"),
    "text for a list": (
        emulators(localstack=LOCALSTACK | {"serves": "sns"}),
        "emulators.localstack.serves: must be a list of services",
    ),
    "no number": (
        emulators(localstack=LOCALSTACK | {"port": "http"}),
        "emulators.localstack.port: 'http' is not a number from 1024 to 65535",
    ),
    "emulator without container": (
        emulators(localstack={"port": 4566, "serves": ["sns"]}),
        "emulators.localstack: container must be set",
    ),
    "service with two emulators": (
        emulators(localstack=LOCALSTACK | {"serves": ["default"]}),
        "emulators.ministack.serves: 'default' is served by another emulator already",
    ),
    "no default emulator": (
        emulators(ministack=MINISTACK | {"serves": ["ecs"]}),
        "emulators: no emulator serves 'default'",
    ),
}
MANY_MISTAKES = {"workerz": 9, "workers": 0, "payment_seconds": "long", "resource_tags": 5}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The outcome of the check with the variables of each case."""
    mistakes = {name: variables for name, (variables, _) in MISTAKES.items()}
    cases = VALID | mistakes | {"many mistakes": MANY_MISTAKES}
    runs = {name: task_run(CHECK, variables) for name, variables in cases.items()}
    return outcomes_of(runs, tmp_path_factory.mktemp("outcomes"), inventory="localstack")


@pytest.mark.timeout(300)  # the first test waits for all cases
@pytest.mark.parametrize("name", VALID)
def test_the_inventories_of_the_project_are_valid(outcomes: dict[str, str], name: str) -> None:
    assert outcomes[name] == "went on"


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("name", "complaint"), [(name, complaint) for name, (_, complaint) in MISTAKES.items()])
def test_a_mistake_is_named(outcomes: dict[str, str], name: str, complaint: str) -> None:
    assert complaint in outcomes[name]


@pytest.mark.timeout(300)
def test_all_mistakes_are_named_at_once(outcomes: dict[str, str]) -> None:
    assert [name for name in MANY_MISTAKES if name not in outcomes["many mistakes"]] == []


def test_a_variable_that_is_missing_is_named(play: Play, tmp_path: Path) -> None:
    inventory = Path(shutil.copytree(INVENTORY.parent, tmp_path / "inventories", symlinks=True)) / "localstack"
    file = inventory / "group_vars/all/environment.yml"
    file.write_text(file.read_text().replace("aws_region: us-west-2\n", ""))
    check = [{"hosts": "localhost", "gather_facts": False, "tasks": [CHECK]}]

    played = play(json.dumps(check), "--inventory", str(inventory))

    assert played.status == 2
    assert "aws_region: must be set" in played.output


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
    variables = yaml.safe_load(VARIABLES.read_text())
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
