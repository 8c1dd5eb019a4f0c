"""Sample the queue and its dead-letter queue once a second, until the load has ended and the queue stays empty.

SQS's counts are eventually consistent, so a single empty sample proves nothing. Five in a row after the end of the load
count as drained.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from loadtest.errors import LoadTestError
from loadtest.record.rows import QueueSample, RowWriter
from loadtest.record.run_directory import write_atomically

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from loadtest.clock import Clock
    from loadtest.record.run_directory import RunDirectory

INTERVAL_SECONDS = 1.0
EMPTY_SAMPLES = 5
FAILING_SECONDS = 30.0


class SamplingError(Exception):
    """One sample failed."""


class DeadlineError(LoadTestError):
    """The queue did not drain in time."""

    exit_status = 1


class Queues(Protocol):
    """The queue and its dead-letter queue."""

    def sample(self, time: float) -> QueueSample:
        """Count the messages, as of unix time `time`; raises SamplingError."""


class SqsQueues:
    """A queue and its dead-letter queue in SQS."""

    def __init__(self, client: SQSClient, queue_url: str, dead_letter_queue_url: str) -> None:
        """Take the client and the URLs of the queues; send no request yet."""
        self._client = client
        self._queue_url = queue_url
        self._dead_letter_queue_url = dead_letter_queue_url

    def sample(self, time: float) -> QueueSample:
        """Count the messages of both queues. Dead letters in flight count too: somebody may be looking at them."""
        try:
            visible, in_flight, delayed = self._counts(self._queue_url)
            dead_letters = sum(self._counts(self._dead_letter_queue_url))
        except (BotoCoreError, ClientError) as error:
            raise SamplingError(str(error)) from error
        return QueueSample(round(time, 6), visible, in_flight, delayed, dead_letters)

    def _counts(self, url: str) -> tuple[int, int, int]:
        attributes = self._client.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ],
        )["Attributes"]
        return (
            int(attributes["ApproximateNumberOfMessages"]),
            int(attributes["ApproximateNumberOfMessagesNotVisible"]),
            int(attributes["ApproximateNumberOfMessagesDelayed"]),
        )


def monitor(run_directory: RunDirectory, queues: Queues, clock: Clock, *, deadline_seconds: float) -> str:
    """Write queue.csv until the load has ended and the queue stays empty; return a summary line.

    Raises DeadlineError when the queue does not drain in time, and LoadTestError when every sample fails for 30 s.
    """
    started = answered = clock.monotonic()
    tick, samples, failures, empty = 0, 0, 0, 0
    seen = "not sampled yet"
    with RowWriter(run_directory.queue, QueueSample) as writer:
        while empty < EMPTY_SAMPLES:
            if clock.monotonic() - started >= deadline_seconds:
                ended = "the load had ended" if run_directory.load_ended.exists() else "the load had not ended"
                message = f"the queue did not drain within {deadline_seconds:g} s; {ended}; {seen}"
                raise DeadlineError(message)
            # Checked before the sample: only a sample taken after the end of the load can show that the queue drained.
            load_ended = run_directory.load_ended.exists()
            try:
                sample = queues.sample(clock.time())
            except SamplingError as error:
                failures += 1
                if clock.monotonic() - answered >= FAILING_SECONDS:
                    message = f"the queues could not be sampled for {FAILING_SECONDS:g} s: {error}"
                    raise LoadTestError(message) from error
            else:
                answered = clock.monotonic()
                samples += 1
                writer.write(sample)
                empty = empty + 1 if load_ended and sample.depth == 0 else 0
                seen = progress_line(sample)
                write_atomically(run_directory.queue_progress, f"{seen}\n")
            # A fixed grid from the start, so that samples do not drift; missed ticks are skipped.
            tick = max(tick + 1, math.ceil((clock.monotonic() - started) / INTERVAL_SECONDS))
            clock.sleep(max(0.0, started + tick * INTERVAL_SECONDS - clock.monotonic()))
    return f"the queue has drained: {samples:,} samples, {failures:,} failed; {seen}"


def progress_line(sample: QueueSample) -> str:
    """Return the sample as one line; delayed messages count as waiting."""
    return (
        f"depth {sample.depth:,}: {sample.depth - sample.in_flight:,} waiting, "
        f"{sample.in_flight:,} in flight · {sample.dead_letters:,} dead letters"
    )
