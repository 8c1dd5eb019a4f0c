"""Look up the DNS suffix of a region."""

from __future__ import annotations

DOCUMENTATION = r"""
---
name: dns_suffix
short_description: Look up the DNS suffix of a region
description:
  - Returns the last part of the names of AWS's endpoints in a region. It is that of the region's partition, from the
    data of the installed botocore.
options:
  _input:
    description: The region.
    type: str
    required: true
author: The order system (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Show the endpoint of SQS in Beijing
  ansible.builtin.debug:
    msg: "https://sqs.cn-north-1.{{ 'cn-north-1' | orders.deploy.dns_suffix }}" # amazonaws.com.cn
"""

RETURN = r"""
_value:
  description: The DNS suffix.
  type: str
"""

from typing import TYPE_CHECKING

from ansible.errors import AnsibleFilterError

from ansible_collections.orders.deploy.plugins.plugin_utils.partitions import suffixes_by_region

if TYPE_CHECKING:
    from collections.abc import Callable


def dns_suffix(region: str) -> str:
    """Return the DNS suffix of AWS's endpoints in a region; raises AnsibleFilterError if botocore does not know it."""
    try:
        return suffixes_by_region()[region]
    except KeyError:
        message = f"AWS has no region '{region}'"
        raise AnsibleFilterError(message) from None


class FilterModule:
    """The filter plugin."""

    def filters(self) -> dict[str, Callable[[str], str]]:
        """Return the filter by its name."""
        return {"dns_suffix": dns_suffix}
