from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber

from loadtest.errors import LoadTestError
from loadtest.observe.queue import DeadlineError, SamplingError, SqsQueues, monitor, progress_line
from loadtest.record.rows import QueueSample, read_rows
from loadtest.record.run_directory import RunDirectory
from tests.unit.loadtest.conftest import START

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.loadtest.conftest import JumpingClock

EMPTY = (0, 0, 0)
NAMES = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class ScriptedQueues:
    """Returns the given samples one by one, repeats the last, and ends the load before a given one."""

    def __init__(
        self, run_directory: RunDirectory, *answers: tuple[int, int, int] | None, load_ends_before: int | None = None
    ) -> None:
        self._run_directory = run_directory
        self._answers = answers
        self._load_ends_before = load_ends_before
        self.asked = 0
        self.takes: Callable[[int], None] = lambda _number: None

    def sample(self, time: float) -> QueueSample:
        number, self.asked = self.asked, self.asked + 1
        if self.asked == self._load_ends_before:
            self._run_directory.load_ended.write_text("{}")
        self.takes(number)
        answer = self._answers[min(number, len(self._answers) - 1)]
        if answer is None:
            message = "throttled"
            raise SamplingError(message)
        return QueueSample(time, *answer, 0)


@pytest.fixture
def empty_run_directory(tmp_path: Path) -> RunDirectory:
    return RunDirectory(tmp_path)


def test_ends_with_the_fifth_empty_sample_after_the_load(
    empty_run_directory: RunDirectory, clock: JumpingClock
) -> None:
    queues = ScriptedQueues(empty_run_directory, (5, 2, 0), EMPTY, EMPTY, (1, 0, 0), EMPTY, load_ends_before=1)
    assert "9 samples, 0 failed" in monitor(empty_run_directory, queues, clock, deadline_seconds=100)
    samples = read_rows(empty_run_directory.queue, QueueSample)
    assert [sample.depth for sample in samples] == [7, 0, 0, 1, 0, 0, 0, 0, 0]
    assert empty_run_directory.queue_progress.read_text() == "depth 0: 0 waiting, 0 in flight · 0 dead letters\n"


def test_an_empty_queue_counts_only_once_the_load_has_ended(
    empty_run_directory: RunDirectory, clock: JumpingClock
) -> None:
    queues = ScriptedQueues(empty_run_directory, EMPTY, load_ends_before=20)
    monitor(empty_run_directory, queues, clock, deadline_seconds=100)
    assert queues.asked == 20 + 5


@pytest.mark.parametrize("unfinished", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_waiting_in_flight_and_delayed_are_all_unfinished(
    empty_run_directory: RunDirectory, clock: JumpingClock, unfinished: tuple[int, int, int]
) -> None:
    queues = ScriptedQueues(empty_run_directory, unfinished, load_ends_before=1)
    with pytest.raises(DeadlineError, match=r"within 30 s; the load had ended; depth 1: "):
        monitor(empty_run_directory, queues, clock, deadline_seconds=30)
    assert len(read_rows(empty_run_directory.queue, QueueSample)) == 30


def test_the_error_at_the_deadline_tells_that_the_load_has_not_ended(
    empty_run_directory: RunDirectory, clock: JumpingClock
) -> None:
    with pytest.raises(DeadlineError, match="the load had not ended"):
        monitor(empty_run_directory, ScriptedQueues(empty_run_directory, EMPTY), clock, deadline_seconds=10)


def test_slow_samples_do_not_shift_the_later_ones(empty_run_directory: RunDirectory, clock: JumpingClock) -> None:
    queues = ScriptedQueues(empty_run_directory, EMPTY, load_ends_before=1)
    durations = [0.3, 0.0, 2.4, 0.9, 0.1, 0.0]
    queues.takes = lambda number: clock.sleep(durations[number])
    monitor(empty_run_directory, queues, clock, deadline_seconds=100)
    times = [sample.time - START for sample in read_rows(empty_run_directory.queue, QueueSample)]
    assert times == pytest.approx([0, 1, 2, 5, 6, 7])


def test_a_failed_sample_is_left_out_and_counted(empty_run_directory: RunDirectory, clock: JumpingClock) -> None:
    queues = ScriptedQueues(empty_run_directory, (1, 0, 0), None, None, EMPTY, load_ends_before=1)
    assert "6 samples, 2 failed" in monitor(empty_run_directory, queues, clock, deadline_seconds=100)
    times = [sample.time - START for sample in read_rows(empty_run_directory.queue, QueueSample)]
    assert times == pytest.approx([0, 3, 4, 5, 6, 7])


def test_gives_up_when_every_sample_fails_for_half_a_minute(
    empty_run_directory: RunDirectory, clock: JumpingClock
) -> None:
    queues = ScriptedQueues(empty_run_directory, EMPTY, None)
    with pytest.raises(LoadTestError, match="could not be sampled for 30 s: throttled") as refusal:
        monitor(empty_run_directory, queues, clock, deadline_seconds=100)
    assert not isinstance(refusal.value, DeadlineError)
    assert clock.elapsed == 30


def test_progress_counts_delayed_messages_as_waiting() -> None:
    line = progress_line(QueueSample(START, 1700, 100, 12, 3))
    assert line == "depth 1,812: 1,712 waiting, 100 in flight · 3 dead letters"


def test_both_queues_are_sampled_in_sqs() -> None:
    client = boto3.client("sqs", region_name="us-west-2", aws_access_key_id="test", aws_secret_access_key="test")  # noqa: S106  # not a secret
    with Stubber(client) as stubber:
        for url, counts in (("main", ("7", "2", "1")), ("dead", ("3", "1", "0"))):
            stubber.add_response(
                "get_queue_attributes",
                {"Attributes": dict(zip(NAMES, counts, strict=True))},
                {"QueueUrl": url, "AttributeNames": list(NAMES)},
            )
        stubber.add_client_error("get_queue_attributes", "ServiceUnavailable")
        queues = SqsQueues(client, "main", "dead")
        assert queues.sample(START) == QueueSample(START, visible=7, in_flight=2, delayed=1, dead_letters=4)
        with pytest.raises(SamplingError, match="ServiceUnavailable"):
            queues.sample(START)
    client.close()
