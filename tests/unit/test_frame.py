"""The files that have to agree with each other, and with what is installed."""

from __future__ import annotations

import json
import re
import sysconfig
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
PIN = re.compile(r"[\w.-]+==\S+ (; .+? )?( +--hash=sha256:[0-9a-f]{64} ?)+")


def read(path: Path) -> Any:  # noqa: ANN401  # as the file has it
    return yaml.safe_load(path.read_text())


def options(spec: Path) -> dict[str, Any]:
    """Return the options of all entry points of a role together."""
    entry_points = read(spec)["argument_specs"].values()
    return {name: option for entry_point in entry_points for name, option in entry_point.get("options", {}).items()}


def roles(file: str) -> list[Any]:
    """Return the roles that have this file, as parameters."""
    paths = sorted(ROOT.glob(f"roles/*/{file}"))
    return [pytest.param(path.parents[1], id=path.parents[1].name) for path in paths]


@pytest.mark.parametrize("collection", read(ROOT / "requirements.yml")["collections"], ids=lambda each: each["name"])
def test_a_collection_is_pinned_to_the_version_that_ansible_carries(collection: dict[str, str]) -> None:
    folder = Path(sysconfig.get_path("purelib"), "ansible_collections", *collection["name"].split("."))

    assert collection["version"] == json.loads((folder / "MANIFEST.json").read_text())["collection_info"]["version"]


def test_each_list_of_requirements_is_locked() -> None:
    folder = ROOT / "requirements"

    assert {path.stem for path in folder.glob("*.in")} == {path.stem for path in folder.glob("*.txt")}


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements/*.txt")), ids=lambda path: path.name)
def test_a_lock_holds_pins_with_hashes_and_no_address(lock: Path) -> None:
    lines = [line for line in lock.read_text().replace("\\\n", " ").splitlines() if not line.startswith("#")]

    assert [line for line in lines if not PIN.fullmatch(line)] == []
    assert not re.search("://|--index-url", lock.read_text())


def test_python_is_the_same_on_this_computer_and_in_the_images() -> None:
    version = (ROOT / ".python-version").read_text().strip()

    assert version == "3.13"
    assert read(ROOT / "roles/base_image/defaults/main.yml")["base_image_name"] == f"python:{version}-slim"


@pytest.mark.parametrize("role", roles("defaults/main.yml"))
def test_a_role_specifies_each_of_its_variables_with_the_same_default(role: Path) -> None:
    defaults = read(role / "defaults/main.yml") or {}
    specified = options(role / "meta/argument_specs.yml")
    # A specification is not templated, so it cannot give a default that is.
    literal = {name: value for name, value in defaults.items() if "{{" not in str(value)}

    assert set(defaults) - set(specified) == set()
    assert {name: option["default"] for name, option in specified.items() if "default" in option} == literal


@pytest.mark.parametrize("role", roles("meta/argument_specs.yml"))
def test_a_role_names_what_it_requires_above_its_defaults(role: Path) -> None:
    entry_point = read(role / "meta/argument_specs.yml")["argument_specs"]["main"]
    required = [name for name, option in entry_point["options"].items() if option.get("required")]
    comments = re.findall("^# .*", "".join(file.read_text() for file in role.glob("defaults/main.yml")), re.MULTILINE)

    assert [name for name in required if not re.search(rf"\b{name}\b", "\n".join(comments))] == []


@pytest.mark.parametrize("role", roles("meta/argument_specs.yml"))
def test_the_example_of_a_role_is_what_its_scenario_runs(role: Path) -> None:
    example = EXAMPLE.search((role / "README.md").read_text())
    assert example is not None
    converge = (role / "molecule/default/converge.yml").read_text()

    assert any("\n" + textwrap.indent(example[1], " " * depth) in converge for depth in (0, 4))


def test_every_role_has_a_scenario_that_is_called_the_same() -> None:
    files = ROOT.glob("roles/*/molecule/default/molecule.yml")
    scenarios = {file.parents[2].name: read(file)["scenario"]["name"] for file in files}

    assert scenarios == {role.name: role.name for role in ROOT.glob("roles/*")}


@pytest.mark.parametrize(
    "link",
    [path for path in sorted([*ROOT.glob("inventories/**/*"), *ROOT.glob("tests/molecule/**/*")]) if path.is_symlink()],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_link_in_the_inventories_leads_somewhere(link: Path) -> None:
    assert link.resolve().is_relative_to(ROOT)
    assert link.exists()
