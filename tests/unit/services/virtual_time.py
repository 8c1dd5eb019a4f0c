"""An event loop in virtual time: when no callback is ready, its clock jumps to the next timer.

Tests of timeouts and backoff are exact and take no time. They must not wait for real input or output.
"""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "deadlock: all tasks wait, and no timer is set"
        self.now += max(0, timeout)
        return []


class _VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def virtual_time[**P](test: Callable[P, Coroutine[None, None, None]]) -> Callable[P, None]:
    """Run an asynchronous test in virtual time, which starts at 0. Fail if it leaves tasks behind."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def checked() -> None:
            await test(*args, **kwargs)
            remaining = asyncio.all_tasks() - {asyncio.current_task()}
            assert not remaining, f"tasks left behind: {remaining}"

        with asyncio.Runner(loop_factory=_VirtualTimeLoop) as runner:
            runner.run(checked())

    return run


def now() -> float:
    """Return the seconds of virtual time since the start of the test."""
    return asyncio.get_running_loop().time()
