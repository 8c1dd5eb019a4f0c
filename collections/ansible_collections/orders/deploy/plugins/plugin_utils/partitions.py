"""The partitions of AWS and their regions, as the installed botocore knows them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

with suppress(ImportError):  # the modules of AWS report that botocore is missing
    from botocore.loaders import Loader


def suffixes_by_region() -> dict[str, str]:
    """Return the DNS suffix of AWS's endpoints, such as ``amazonaws.com``, by region."""
    partitions: list[dict[str, Any]] = Loader().load_data("partitions")["partitions"]
    return {
        region: partition["outputs"]["dnsSuffix"]
        for partition in partitions
        for region in partition["regions"]
        if not region.endswith("-global")
    }
