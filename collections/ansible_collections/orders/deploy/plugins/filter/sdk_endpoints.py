"""The filter that turns the table of emulators into the endpoint variables of the AWS SDKs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleFilterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def sdk_endpoints(emulators: Mapping[str, Mapping[str, Any]], host: str | None = None) -> dict[str, str]:
    """Give each AWS service the address of the emulator that serves it.

    ``emulators`` maps a name to ``port``, ``container`` and ``serves``: the services it answers for, by the names that
    the SDKs use in ``AWS_ENDPOINT_URL_<SERVICE>``, or ``default`` for all that nobody names.

    ``host`` is how the emulators are reached; without it, each by its container's name.

    Raises AnsibleFilterError when an emulator lacks one of the three, when a service has two emulators, or when no
    emulator is the default: calls without an emulator would go to AWS itself.
    """
    endpoints: dict[str, str] = {}
    for name, emulator in emulators.items():
        if missing := {"port", "container", "serves"} - set(emulator):
            message = f"emulators.{name}: {', '.join(sorted(missing))} must be set"
            raise AnsibleFilterError(message)
        if not isinstance(emulator["serves"], list):
            message = f"emulators.{name}.serves: must be a list of services"
            raise AnsibleFilterError(message)
        for service in emulator["serves"]:
            variable = "AWS_ENDPOINT_URL" if service == "default" else f"AWS_ENDPOINT_URL_{service.upper()}"
            if variable in endpoints:
                message = f"emulators.{name}.serves: '{service}' is served by another emulator already"
                raise AnsibleFilterError(message)
            endpoints[variable] = f"http://{host or emulator['container']}:{emulator['port']}"
    if "AWS_ENDPOINT_URL" not in endpoints:
        message = "emulators: no emulator serves 'default', so some calls would go to AWS itself"
        raise AnsibleFilterError(message)
    return endpoints


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., dict[str, str]]]:
        """Name the filters of this file."""
        return {"sdk_endpoints": sdk_endpoints}
