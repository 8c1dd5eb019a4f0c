"""An event loop whose clock jumps: when nothing is left to do, the time of the next timer is now.

Tests of time-outs and backoff run at once, and exactly. No real input or output may be waited for on it.
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
        assert timeout is not None, "every task waits for something that no timer will bring"
        self.now += max(0, timeout)
        return []


class _VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def virtual_time[**P](test: Callable[P, Coroutine[None, None, None]]) -> Callable[P, None]:
    """Run an asynchronous test on a loop with virtual time, which starts at 0; leave no task behind."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        async def checked() -> None:
            await test(*args, **kwargs)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, f"tasks left behind: {left}"

        with asyncio.Runner(loop_factory=_VirtualTimeLoop) as runner:
            runner.run(checked())

    return run


def now() -> float:
    """Seconds of virtual time since the test began."""
    return asyncio.get_running_loop().time()
