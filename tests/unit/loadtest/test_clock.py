import time

from loadtest.clock import SystemClock


def test_the_system_clock_waits_and_tells_the_time() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(0.01)
    assert clock.monotonic() - before >= 0.01
    assert abs(clock.time() - time.time()) < 5
