"""The memory that a process takes, in its log: there it is measured alike in every environment.

Prometheus' process collector reads it, so the log and `/metrics` say the same.
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
    """Log the resident memory in MiB, at once and then every ten seconds, for as long as the context lasts.

    Where `registry` does not know it, as without Linux' /proc, nothing is logged.
    """

    async def repeat() -> None:
        while True:
            taken = registry.get_sample_value("process_resident_memory_bytes")
            if taken is not None:
                logger.info("memory", extra={"memory_mib": round(taken / _MEBIBYTE, 2)})
            await asyncio.sleep(_INTERVAL_SECONDS)

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
