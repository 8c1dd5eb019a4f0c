"""Log the memory of the process, so that it is measured in the same way in every environment.

The figure is that of Prometheus' process collector: the log and `/metrics` agree.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

_INTERVAL_SECONDS = 10
_MEBIBYTE = 1024 * 1024


@asynccontextmanager
async def log_memory(logger: logging.Logger, registry: CollectorRegistry) -> AsyncIterator[None]:
    """Log the resident memory in MiB on entry, and every 10 seconds until exit.

    Log nothing if `registry` has no figure: the process collector needs Linux' /proc.
    """

    async def repeat() -> None:
        while True:
            resident_bytes = registry.get_sample_value("process_resident_memory_bytes")
            if resident_bytes is not None:
                logger.info("memory", extra={"memory_mib": round(resident_bytes / _MEBIBYTE, 2)})
            await asyncio.sleep(_INTERVAL_SECONDS)

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
