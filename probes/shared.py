"""What several probes need: created once, when it is first needed, and removed at the end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

from probes.lab import Lab

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from probes.environment import Environment

_SECONDS = 3600.0


class Shared:
    """The resources that probes share. As a context manager, it removes them."""

    def __init__(self, environment: Environment) -> None:
        """Create nothing yet."""
        self._lab = Lab(environment, 0, _SECONDS, self)
        self._made: dict[Callable[[Lab], Any], Any] = {}
        self._failed: dict[Callable[[Lab], Any], Exception] = {}
        self._lock = threading.RLock()  # what is created may need something else that is shared

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove what was created, the last first."""
        self._lab.__exit__(error_type, error, traceback)

    @property
    def left(self) -> list[str]:
        """What could not be removed, with the reason."""
        return self._lab.left

    def once[T](self, make: Callable[[Lab], T]) -> T:
        """Return what `make` returns, which is called once; raise what it raised for all who need it."""
        with self._lock:
            if make in self._failed:
                raise self._failed[make]
            if make not in self._made:
                try:
                    self._made[make] = make(self._lab)
                except Exception as error:
                    self._failed[make] = error
                    raise
            made: T = self._made[make]
            return made
