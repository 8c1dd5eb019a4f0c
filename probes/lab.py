"""What one probe works with: clients, names of its own, waiting, and the removal of what it created."""

from __future__ import annotations

import itertools
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from probes.errors import describe
from probes.probe import NotShownError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from probes.environment import Environment
    from probes.shared import Shared

_EVERY_SECONDS = 0.2


class Lab:
    """The laboratory of one probe. As a context manager, it removes what the probe created."""

    def __init__(self, environment: Environment, number: int, seconds: float, shared: Shared) -> None:
        """Name everything after the run and the probe's `number`; waiting ends after `seconds` in all."""
        self.environment = environment
        self.shared = shared
        self.left: list[str] = []
        """What could not be removed, with the reason."""
        self._prefix = f"{environment.run}-{number}"
        self._names = itertools.count(1)
        self._ends = time.monotonic() + seconds
        self._removals = ExitStack()

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        """Remove what the probe created, the last first."""
        self._removals.close()

    def client(self, service: str, *credentials: str, **options: Any) -> Any:  # noqa: ANN401  # see Environment
        """Return a client of the environment."""
        return self.environment.client(service, *credentials, **options)

    def name(self, end: str = "") -> str:
        """Return a name that nothing else has."""
        return f"{self._prefix}-{next(self._names)}{end}"

    def defer(self, call: Callable[..., object], **parameters: object) -> None:
        """Call this at the end, the last first. An error there is what `left` is for, and ends nothing."""

        def remove() -> None:
            try:
                call(**parameters)
            except ClientError as error:
                if "NotFound" not in str(error) and "NonExistent" not in str(error) and "NoSuch" not in str(error):
                    self.left.append(f"{parameters}: {describe(error)}")
            except (BotoCoreError, NotShownError) as error:  # no answer, or the deadline of what is removed slowly
                self.left.append(f"{parameters}: {error}")

        self._removals.callback(remove)

    @property
    def seconds_left(self) -> float:
        """How much of the probe's time is left."""
        return self._ends - time.monotonic()

    def wait(self, seconds: float) -> None:
        """Wait because the behaviour is about time; raise NotShownError if that exceeds the deadline."""
        if seconds > self.seconds_left:
            message = "the deadline came first"
            raise NotShownError(message)
        time.sleep(seconds)

    def until[T](self, condition: Callable[[], T], seconds: float, every: float = _EVERY_SECONDS) -> T:
        """Return the condition's value once it is true, or its last value after `seconds`.

        Raises NotShownError at the deadline of the probe.
        """
        ends = time.monotonic() + seconds
        while not (value := condition()) and time.monotonic() < ends:
            self.wait(every)
        return value

    def settles[T](self, condition: Callable[[], T], seconds: float = 0.0) -> T:
        """Wait as `until` does, for `seconds` more than the environment takes to show a change."""
        return self.until(condition, self.environment.settle_seconds + seconds)
