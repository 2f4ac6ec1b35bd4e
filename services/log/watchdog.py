"""What ends a process that lives but does not work, so that its parent starts it again.

Faust has a long-running class of silent deaths (alive, consuming nothing, no exit), and an event loop can block.
Both are counted in ticks of our own clock, not in wall time, so that a process stopped by SIGSTOP and continued is
not taken for one that hangs.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from typing import TYPE_CHECKING

from services.log.errors import LogError

if TYPE_CHECKING:
    from services.log.app import LogApp
    from services.log.consuming import Consumption

EXIT_CODE = 70
TICK_S = 1.0
CHECK_EVERY_S = 5.0
STUCK_S = 30.0  # records wait and none is handled for so long
PREPARING_S = 300.0  # on_assigned shows no progress for so long
BLOCKED_S = 30.0  # the event loop does not turn for so long

log = logging.getLogger(__name__)


def die(why: str) -> None:
    """Log one line and end the process at once. The log is durable, nothing else needs a goodbye."""
    log.critical("watchdog: %s; ending with %d", why, EXIT_CODE)
    logging.shutdown()
    os._exit(EXIT_CODE)


async def watch_progress(app: LogApp) -> None:
    """Runs with the app: records wait on a partition it owns, and none is handled."""
    silent: dict[str, float] = {}
    seen: dict[str, int] = {}
    while True:
        await asyncio.sleep(CHECK_EVERY_S)
        for consumption in app.consumptions:
            name = consumption.name
            try:
                waits = await _waits(app, consumption)
            except LogError as error:
                log.warning("watchdog: %s: can't see the log: %s", name, error)
                continue
            if not waits or consumption.progress != seen.get(name):
                seen[name], silent[name] = consumption.progress, 0.0
                continue
            silent[name] += CHECK_EVERY_S
            limit = STUCK_S if consumption.prepared else PREPARING_S
            if silent[name] >= limit:
                die(f"{name}: records wait and none was handled for {limit:.0f} s")


async def _waits(app: LogApp, consumption: Consumption) -> bool:
    for partition in consumption.assigned:
        if (consumption.topic, partition) in app.log_file.halted:
            continue
        at = consumption.handled.get(partition)
        if at is None:
            at = app.committed(consumption.topic, partition)
        if at is None:
            at = await app.log_file.begin(consumption.topic, partition)
        if at < await app.log_file.end(consumption.topic, partition):
            return True
    return False


class LoopWatch(threading.Thread):
    """A thread that ends the process when the event loop has not turned for BLOCKED_S."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(name="loop-watch", daemon=True)
        self._loop, self._turned, self._over = loop, False, threading.Event()

    def run(self) -> None:
        missed = 0
        while not self._over.is_set():
            self._turned = False
            try:
                self._loop.call_soon_threadsafe(self._turn)
            except RuntimeError:  # the loop is closed
                return
            time.sleep(TICK_S)
            missed = 0 if self._turned else missed + 1
            if missed >= BLOCKED_S / TICK_S:
                die(f"the event loop is blocked for {BLOCKED_S:.0f} s")

    def _turn(self) -> None:
        self._turned = True

    def stop(self) -> None:
        self._over.set()
