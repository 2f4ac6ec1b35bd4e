"""Clocks: the host's, and each site's (design, section 4: clocks).

A real site's `now` is the host's clock, never before the site's last record. A simulated site's `now` is the time of
its last record plus the monotonic time since this process applied that record or took the site over; so it stands
still while nothing runs.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from services.folding.site import SiteFold

SIMULATED = "simulated"


class Clock(Protocol):
    """The host's clocks. `real` is UTC and aware; `monotonic` is in seconds and never goes back."""

    def real(self) -> datetime: ...

    def monotonic(self) -> float: ...


class SystemClock:
    def real(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class SiteClocks:
    """What time it is on each site this process has folded."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._since: dict[str, tuple[int, float]] = {}  # site -> (its head, monotonic seconds when we had that head)
        self._stood: dict[str, tuple[datetime, datetime]] = {}  # simulated site -> real time it last stood still, UTC

    def now(self, site_id: str, site: SiteFold) -> datetime:
        """The site's `now`, in UTC. A site without records has the host's time."""
        last = site.board.decided_at
        if last is None:
            return self.clock.real()
        if _is_simulated(site):
            return last + timedelta(seconds=self._running(site_id, site))
        return max(self.clock.real(), last)

    def applied(self, site_id: str, site: SiteFold) -> None:
        """Say that this process has just applied the site's head."""
        self._since[site_id] = (site.head.site_seq, self.clock.monotonic())

    def taken_over(self, site_id: str, site: SiteFold) -> None:
        """Say that this process takes the site over at its head. A simulated site has stood still since that head."""
        self.applied(site_id, site)
        if _is_simulated(site) and site.decided_at_real is not None:
            self._stood[site_id] = (site.decided_at_real, self.clock.real())

    def passed(self, site_id: str, since: datetime, until: datetime) -> timedelta:
        """How much time passed on the site's clock between two real moments: what came in while a simulated site stood
        still, and waited there, is no older for it."""
        stopped, went_on = self._stood.get(site_id, (until, until))
        stood = min(until, went_on) - max(since, stopped)
        return until - since - max(stood, timedelta(0))

    def _running(self, site_id: str, site: SiteFold) -> float:
        head, since = self._since.get(site_id, (-1, 0.0))
        if head != site.head.site_seq:
            self.applied(site_id, site)
            return 0.0
        return self.clock.monotonic() - since


def _is_simulated(site: SiteFold) -> bool:
    return site.board.site is not None and site.board.site.clock == SIMULATED
