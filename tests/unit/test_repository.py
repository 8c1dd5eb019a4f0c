"""Files that must agree with each other, and with what is installed."""

from __future__ import annotations

import json
import re
import sysconfig
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from orders.api.settings import LOAD_BALANCER_IDLE_SECONDS

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
PIN = re.compile(r"[\w.-]+==\S+ (; .+? )?( +--hash=sha256:[0-9a-f]{64} ?)+")


def read(path: Path) -> Any:  # noqa: ANN401  # a file has any structure
    return yaml.safe_load(path.read_text())


def options(spec: Path) -> dict[str, Any]:
    """Return the options of all entry points of a role."""
    entry_points = read(spec)["argument_specs"].values()
    return {name: option for entry_point in entry_points for name, option in entry_point.get("options", {}).items()}


def roles(file: str) -> list[Any]:
    """Return the roles with this file, as parameters."""
    paths = sorted(ROOT.glob(f"roles/*/{file}"))
    return [pytest.param(path.parents[1], id=path.parents[1].name) for path in paths]


@pytest.mark.parametrize("collection", read(ROOT / "requirements.yml")["collections"], ids=lambda each: each["name"])
def test_a_collection_has_the_version_in_the_package_ansible(collection: dict[str, str]) -> None:
    directory = Path(sysconfig.get_path("purelib"), "ansible_collections", *collection["name"].split("."))

    assert collection["version"] == json.loads((directory / "MANIFEST.json").read_text())["collection_info"]["version"]


def test_every_requirements_file_is_locked() -> None:
    directory = ROOT / "requirements"

    assert {path.stem for path in directory.glob("*.in")} == {path.stem for path in directory.glob("*.txt")}


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements/*.txt")), ids=lambda path: path.name)
def test_a_lock_has_hashes_and_no_url(lock: Path) -> None:
    lines = [line for line in lock.read_text().replace("\\\n", " ").splitlines() if not line.startswith("#")]

    assert [line for line in lines if not PIN.fullmatch(line)] == []
    assert not re.search("://|--index-url", lock.read_text())


def test_python_has_the_same_version_here_and_in_the_images() -> None:
    version = (ROOT / ".python-version").read_text().strip()

    assert version == "3.13"
    assert read(ROOT / "roles/base_image/defaults/main.yml")["base_image_name"] == f"python:{version}-slim"


@pytest.mark.parametrize("role", roles("defaults/main.yml"))
def test_the_argument_specs_of_a_role_have_its_defaults(role: Path) -> None:
    defaults = read(role / "defaults/main.yml") or {}
    specified = options(role / "meta/argument_specs.yml")
    # Argument specs are not templated, so they cannot have templated defaults.
    literal = {name: value for name, value in defaults.items() if "{{" not in str(value)}

    assert set(defaults) - set(specified) == set()
    assert {name: option["default"] for name, option in specified.items() if "default" in option} == literal


@pytest.mark.parametrize("role", roles("meta/argument_specs.yml"))
def test_the_defaults_of_a_role_list_its_required_variables(role: Path) -> None:
    entry_point = read(role / "meta/argument_specs.yml")["argument_specs"]["main"]
    required = [name for name, option in entry_point["options"].items() if option.get("required")]
    comments = re.findall("^# .*", "".join(file.read_text() for file in role.glob("defaults/main.yml")), re.MULTILINE)

    assert [name for name in required if not re.search(rf"\b{name}\b", "\n".join(comments))] == []


@pytest.mark.parametrize("role", roles("meta/argument_specs.yml"))
def test_the_example_in_a_readme_is_in_converge_yml(role: Path) -> None:
    example = EXAMPLE.search((role / "README.md").read_text())
    assert example is not None
    converge = (role / "molecule/default/converge.yml").read_text()

    assert any("\n" + textwrap.indent(example[1], " " * depth) in converge for depth in (0, 4))


def test_every_role_has_a_scenario_with_its_name() -> None:
    files = ROOT.glob("roles/*/molecule/default/molecule.yml")
    scenarios = {file.parents[2].name: read(file)["scenario"]["name"] for file in files}

    assert scenarios == {role.name: role.name for role in ROOT.glob("roles/*")}


@pytest.mark.parametrize(
    "link",
    [path for path in sorted([*ROOT.glob("inventories/**/*"), *ROOT.glob("tests/molecule/**/*")]) if path.is_symlink()],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_link_in_the_inventories_has_a_target(link: Path) -> None:
    assert link.resolve().is_relative_to(ROOT)
    assert link.exists()


@pytest.mark.parametrize("role", ["load_test", "service"])
def test_a_container_drops_no_log_lines(role: str) -> None:
    (container,) = [
        value for name, value in read(ROOT / f"roles/{role}/vars/main.yml").items() if name.endswith("_container")
    ]

    assert container["logConfiguration"]["options"]["mode"] == "blocking"


def test_the_load_balancer_waits_as_long_as_the_api_expects() -> None:
    attributes = read(ROOT / "roles/load_balancer/vars/main.yml")["__load_balancer_attributes"]

    assert f"'idle_timeout.timeout_seconds': '{LOAD_BALANCER_IDLE_SECONDS}'" in attributes
