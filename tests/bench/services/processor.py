"""Run the processor until it has deleted the number of messages that the command line names."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from orders.processor import __main__ as processor
from orders.processor.queue import SqsQueue
from tests.bench.services.counted import CountedQueue

if __name__ == "__main__":
    queues: list[CountedQueue] = []

    def counted(*arguments: Any) -> CountedQueue:  # noqa: ANN401  # those of SqsQueue
        """Return the processor's queue, counted."""
        queue = CountedQueue(
            SqsQueue(*arguments), int(sys.argv[1]), on_empty=lambda: os.kill(os.getpid(), signal.SIGTERM)
        )
        queues.append(queue)
        return queue

    processor.SqsQueue = counted  # type: ignore[assignment, attr-defined]  # a function in place of a class
    processor.main()
    queues[0].write()
