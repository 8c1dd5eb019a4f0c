"""Give an emulator AWS's habits with messages, in a container: `python -m habits`.

Environment variables: `TARGET` is the URL of the emulator, `PORT` the one to listen on, `PERCENT` how many calls of a
hundred each habit changes. `GET /_habits` says how often each has.
"""

from __future__ import annotations

import asyncio
import os
import signal

from aiohttp import web

from habits.habit import Habit
from habits.proxy import serve

MESSAGES = ("throttled_messages", "duplicated_messages", "reordered_messages")


async def run(target: str, port: int, percent: float) -> None:
    """Serve until SIGTERM or SIGINT."""
    given = [Habit(name, time_scale=1, every=round(100 / percent)) for name in MESSAGES]

    async def shown(_: web.Request) -> web.Response:
        return web.json_response({habit.name: habit.shown for habit in given})

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    middlewares = [habit.middleware for habit in given]
    async with serve(target, *middlewares, host="0.0.0.0", port=port, own=[web.get("/_habits", shown)]):  # noqa: S104  # a container
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(run(os.environ["TARGET"], int(os.environ["PORT"]), float(os.environ["PERCENT"])))
