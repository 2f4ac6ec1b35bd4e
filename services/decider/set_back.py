"""A host whose clock was set back serves nothing: evidence would look fresher than it is (design, section 4)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from services.folding import Clock

#: How far the host may be behind the last outcome's real time. Two hosts kept by NTP differ by less.
BEHIND_MAX = timedelta(seconds=2)
LOOK_EVERY = 0.2  # seconds
SAY_EVERY = 30.0  # seconds

logger = logging.getLogger(__name__)


class ClockGuard:
    """Knows the latest real time that stands on the log, and waits while this host is behind it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._latest: datetime | None = None
        self.waiting = False

    def met(self, decided_at_real: datetime | None) -> None:
        if decided_at_real is not None and (self._latest is None or decided_at_real > self._latest):
            self._latest = decided_at_real

    def behind(self) -> timedelta:
        """How far the host's clock is behind the log; zero or less if it is not."""
        return timedelta(0) if self._latest is None else self._latest - self._clock.real()

    async def wait(self, beat: Callable[[], None]) -> None:
        """Return once this host's clock may be served by. Nothing is lost meanwhile: commands wait on the log."""
        said = None
        try:
            while (behind := self.behind()) > BEHIND_MAX:
                self.waiting = True
                if said is None or self._clock.monotonic() - said >= SAY_EVERY:
                    said = self._clock.monotonic()
                    logger.critical("clock set back: this host is %.1f s behind the log", behind.total_seconds())
                beat()
                await asyncio.sleep(LOOK_EVERY)
        finally:
            self.waiting = False
