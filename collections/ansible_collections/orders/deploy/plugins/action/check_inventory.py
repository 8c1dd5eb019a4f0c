"""Check all variables of an inventory."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.constants import COMMON_CONNECTION_VARS
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible.vars.reserved import get_reserved_names

from ansible_collections.orders.deploy.plugins.plugin_utils.options import read_options
from ansible_collections.orders.deploy.plugins.plugin_utils.partitions import suffixes_by_region

if TYPE_CHECKING:
    from collections.abc import Iterable

    Range = tuple[float, float]
    Shape = Mapping[str, Any]
    Entries = Mapping[str, Mapping[str, Any]]
    Sizes = Mapping[float, list[int]]

# Variables that Ansible adds to each host, but does not list among its reserved names.
ADDED_BY_ANSIBLE = {
    "_task", "group_names", "groups", "hostvars", "inventory_dir", "inventory_file", "inventory_hostname",
    "inventory_hostname_short", "omit", "play_hosts", "playbook_dir", "role_name", "role_names", "role_path",
    "role_uuid", "vars",
}  # fmt: skip


def unknown(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return a complaint about each of ``names`` that no role knows, with the most similar known name.

    Ignores the variables of Ansible, and the private variables of roles, which begin with ``__``.
    """
    known = set(known)
    own = ADDED_BY_ANSIBLE | COMMON_CONNECTION_VARS | set(get_reserved_names())
    complaints = []
    for name in sorted(set(names) - known - own):
        if name.startswith(("ansible_", "__")):
            continue
        alike = difflib.get_close_matches(name, known, n=1)
        complaints.append(f"{name}: no such variable" + (f"; did you mean {alike[0]}?" if alike else ""))
    return complaints


def names_any(facts: Iterable[str], template: object) -> bool:
    """Tell whether a value contains a template that uses a field of any of ``facts``."""
    return re.search(rf"\b({'|'.join(facts)})\.", str(template)) is not None


def mistyped(values: Mapping[str, Any], options: Mapping[str, dict[str, Any]]) -> list[str]:
    """Return a complaint about each of ``values`` that does not have the type, or is not a choice, of its option."""
    spec = {name: {**options[name], "required": False} for name in values}
    result = ArgumentSpecValidator(spec).validate(dict(values))
    return list(result.error_messages)


def missing(table: str, entries: Entries, fields: Iterable[str]) -> list[str]:
    """Return a complaint about each of ``fields`` that is missing in an entry of the table."""
    return [
        f"{table}.{name}.{field}: must be set"
        for name, entry in entries.items()
        for field in fields
        if field not in entry
    ]


def out_of_range(values: Mapping[str, Any], ranges: Mapping[str, Range]) -> list[str]:
    """Return a complaint about each of ``values`` that is not a number in its range."""
    complaints = []
    for name, value in values.items():
        least, greatest = ranges[name.rpartition(".")[2]]
        try:
            fits = not isinstance(value, bool) and least <= float(value) <= greatest
        except (TypeError, ValueError):
            fits = False
        if not fits:
            complaints.append(f"{name}: {value!r} is not a number from {least} to {greatest}")
    return complaints


def missized(values: Mapping[str, Any], sizes: Sizes) -> list[str]:
    """Return a complaint about each task whose memory (MiB) Fargate does not offer with its cpu (1/1024 vCPU).

    A task is two of ``values`` with names such as ``services.api.cpu`` and ``services.api.memory``. ``out_of_range``
    complains about those outside all ``sizes``, the lists of memory by cpu.
    """
    complaints = []
    for name, cpu in values.items():
        memory_name = f"{name.removesuffix('cpu')}memory"
        if not name.endswith("cpu") or out_of_range({"cpu": cpu}, {"cpu": (min(sizes), max(sizes))}):
            continue
        offered = sizes.get(float(cpu), [])  # equal to an integer as a key
        if not offered:
            complaints.append(f"{name}: {cpu} is not one of {', '.join(map(str, sizes))}, which Fargate offers")
        elif memory_name in values and str(values[memory_name]) not in map(str, offered):
            complaints.append(
                f"{memory_name}: {values[memory_name]} is not one of {', '.join(map(str, offered))}, "
                f"which Fargate offers with {name} {cpu}"
            )
    return complaints


def misnamed(names: Mapping[str, object], shapes: Mapping[str, Shape]) -> list[str]:
    """Return a complaint about each of ``names`` that is too long for its shape, or does not match its pattern."""
    complaints = []
    for variable, name in names.items():
        shape = shapes[variable]
        text = str(name)
        if len(text) > shape["longest"]:
            complaints.append(f"{variable}: '{text}' has {len(text)} characters, {shape['longest']} are allowed")
        if not re.fullmatch(shape["pattern"], text):
            complaints.append(f"{variable}: '{text}' must be {shape['allowed']}")
    return complaints


def no_region(name: str) -> list[str]:
    """Return a complaint about a region that the AWS SDK does not know, with the most similar known region."""
    regions = suffixes_by_region().keys()
    if name in regions:
        return []
    alike = difflib.get_close_matches(name, regions, n=1)
    return [f"aws_region: AWS has no region '{name}'" + (f"; did you mean {alike[0]}?" if alike else "")]


def unnamed_certificate(values: Mapping[str, Any], variables: Mapping[str, Any]) -> list[str]:
    """Return a complaint about a certificate of the load balancer whose address does not begin with a name in HTTPS.

    ``variables`` have the address as a template, which may name the load balancer itself. ``values`` have no such ones.
    """
    url = variables.get("load_balancer_url", "")
    if not values.get("load_balancer_certificate_arn") or re.match(
        r"https://[^/{]", str(values.get("load_balancer_url", url))
    ):
        return []
    return [f"load_balancer_url: '{url}' must be https:// and a name of the certificate load_balancer_certificate_arn"]


class ActionModule(ActionBase):  # type: ignore[misc]  # Ansible has no types
    """The action; its module documents it."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS = frozenset({"roles", "ranges", "names", "entry_ranges", "entry_names", "task_sizes"})

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Fail with all complaints about the variables, if there are any."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        arguments = self._task.args
        roles = Path(arguments["roles"])
        options, required = read_options(roles)
        # Each role sets one fact for other roles, which has the name of the role.
        facts = {role.name for role in roles.iterdir()}

        complaints = [f"{name}: must be set" for name in required if name not in variables]
        complaints += unknown(set(variables) - facts, options)
        values = {}
        for name in sorted(set(options) & set(variables) - set(arguments["entry_ranges"])):
            if names_any(facts, variables[name]):
                continue  # roles set its value later
            try:
                values[name] = self._templar.template(variables[name])
            except AnsibleError as error:
                complaints.append(f"{name}: {error.message}")
        complaints += mistyped(values, options)

        ranges = arguments["ranges"]
        complaints += out_of_range({name: values[name] for name in ranges if name in values}, ranges)
        shapes = arguments["names"]
        complaints += misnamed({name: values[name] for name in shapes if name in values}, shapes)
        sizes = arguments["task_sizes"]
        defaults = {name: option["default"] for name, option in options.items() if "default" in option}
        complaints += missized(defaults | values, sizes)
        complaints += unnamed_certificate(values, variables)
        if "aws_region" in values:
            complaints += no_region(values["aws_region"])
        for table, fields in arguments["entry_ranges"].items():
            entries = variables.get(table, {})
            if isinstance(entries, str):
                entries = self._templar.template(entries)
            if not isinstance(entries, Mapping) or not all(isinstance(entry, Mapping) for entry in entries.values()):
                complaints.append(f"{table}: must be a table, and each of its entries as well")
                continue
            if shape := arguments["entry_names"].get(table):
                called = {f"{table}.{name}": name for name in entries}
                complaints += misnamed(called, dict.fromkeys(called, shape))
            complaints += missing(table, entries, fields)
            found = self._fields(table, entries, fields)
            complaints += out_of_range(found, fields) + missized(found, sizes)

        if complaints:
            result |= {"failed": True, "msg": "The inventory has mistakes:\n  " + "\n  ".join(complaints)}
        return result

    def _fields(self, table: str, entries: Entries, fields: Iterable[str]) -> dict[str, Any]:
        """Return the values of the given fields, by names such as ``table.entry.field``.

        Templates only these fields: others may refer to facts that the roles set later.
        """
        return {
            f"{table}.{name}.{field}": self._templar.template(entry[field])
            for name, entry in entries.items()
            for field in fields
            if field in entry
        }
