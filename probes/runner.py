"""Run probes side by side."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from probes.errors import describe, is_denied, is_failure, is_not_offered
from probes.lab import Lab
from probes.probe import DiffersError, NotOfferedError, NotShownError, Outcome
from probes.results import Result, Results
from probes.shared import Shared

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from probes.environment import Environment
    from probes.probe import Probe

SIDE_BY_SIDE = 24
"""Most of a probe is waiting."""

_OUTCOMES = {
    DiffersError: Outcome.DIFFERS,
    NotOfferedError: Outcome.NOT_OFFERED,
    NotShownError: Outcome.NOT_SHOWN,
}


def run(
    probes: Sequence[Probe],
    environment: Environment,
    name: str,
    versions: Mapping[str, Any],
    report: Callable[[Result], None],
) -> Results:
    """Run the probes and return their results, ordered by name; `report` is told each result at once.

    Those with the longest deadlines begin first. What the probes share is removed at the end, whatever happens.
    """
    began = time.monotonic()
    began_at = datetime.now(UTC).isoformat(timespec="seconds")
    results: list[Result] = []
    left: list[str] = []
    shared = Shared(environment)
    with shared, ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        longest_first = sorted(enumerate(probes, 1), key=lambda each: -each[1].seconds)
        futures = [threads.submit(observe, probe, number, environment, shared) for number, probe in longest_first]
        try:
            for future in as_completed(futures):
                result, not_removed = future.result()
                results.append(result)
                left.extend(not_removed)
                report(result)
        except BaseException:  # do not begin those that wait
            threads.shutdown(wait=True, cancel_futures=True)
            raise
    results.sort(key=lambda result: result.name)
    seconds = round(time.monotonic() - began, 1)
    return Results(name, began_at, seconds, versions, environment.settle_seconds, results, left + shared.left)


def observe(probe: Probe, number: int, environment: Environment, shared: Shared) -> tuple[Result, list[str]]:
    """Run one probe and return its result, and what could not be removed."""
    began = time.monotonic()
    with Lab(environment, number, probe.seconds, shared) as lab:
        outcome, seen = _outcome(probe, lab)
    seconds = round(time.monotonic() - began, 1)
    return Result(probe.name, probe.behaviour, probe.sources, probe.used_by, outcome, seen, seconds), lab.left


def _outcome(probe: Probe, lab: Lab) -> tuple[Outcome, str]:
    try:
        probe.observe(lab)
    except ClientError as error:
        return _outcome_of_call(error), describe(error)
    except (DiffersError, NotOfferedError, NotShownError) as error:
        return _OUTCOMES[type(error)], str(error)
    except ResponseParserError as error:  # the answer is none of AWS's
        return Outcome.NOT_OFFERED, str(error)
    except BotoCoreError as error:
        return Outcome.NOT_SHOWN, str(error)
    except Exception as error:  # noqa: BLE001  # a fault of one probe does not end the others
        return Outcome.NOT_SHOWN, f"the probe failed: {type(error).__name__}: {error}"
    return Outcome.AS_AWS, ""


def _outcome_of_call(error: ClientError) -> Outcome:
    """Return what it means that a call failed which succeeds on AWS."""
    if is_not_offered(error) or is_failure(error):
        return Outcome.NOT_OFFERED
    # AWS, too, would deny it to a caller without permission.
    return Outcome.NOT_SHOWN if is_denied(error) else Outcome.DIFFERS
