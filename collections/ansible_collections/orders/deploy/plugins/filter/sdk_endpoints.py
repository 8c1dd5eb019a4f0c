"""Build the endpoint variables of the AWS SDKs."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: sdk_endpoints
short_description: Build the endpoint variables of the AWS SDKs
description:
  - Returns C(AWS_ENDPOINT_URL) and C(AWS_ENDPOINT_URL_<SERVICE>), which lead the AWS SDKs to emulators.
positional: host
options:
  _input:
    description:
      - The emulators by their names, each with C(port), C(container) and C(serves).
      - C(serves) lists services by the names that the SDKs use, or V(default) for all other services.
    type: dict
    required: true
  host:
    description: The host of the emulators. By default, each emulator has the name of its container as its host.
    type: str
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Call the emulator on this computer
  environment: "{{ emulators | orders.deploy.sdk_endpoints('127.0.0.1') }}"
  amazon.aws.aws_caller_info:
  vars:
    emulators:
      localstack: {port: 4566, container: localstack, serves: [default]}
"""

RETURN = r"""
_value:
  description: The environment variables.
  type: dict
"""

from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleFilterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def sdk_endpoints(emulators: Mapping[str, Mapping[str, Any]], host: str | None = None) -> dict[str, str]:
    """Return the environment variables that lead each AWS service to its emulator.

    ``emulators`` maps a name to ``port``, ``container`` and ``serves``. ``host`` replaces the names of the containers.

    Raises AnsibleFilterError if an emulator lacks one of the three, if a service has two emulators, or if no emulator
    is the default: calls of other services would reach AWS itself.
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
        message = "emulators: no emulator serves 'default', so some calls would reach AWS itself"
        raise AnsibleFilterError(message)
    return endpoints


class FilterModule:
    """The filter plugin."""

    def filters(self) -> dict[str, Callable[..., dict[str, str]]]:
        """Return the filter by its name."""
        return {"sdk_endpoints": sdk_endpoints}
