"""Now, on a site's clock, as a page sees it.

A real site: the machine's clock. A simulated site: `decided_at` of its last outcome plus the monotonic time since this
process first saw that outcome. A page is a look, not a decision: the decider compares with its own `now`.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from services.gateway.pages.formats import utc_now
from services.seven_steps.board import Board


class SiteClocks:
    def __init__(self) -> None:
        self._first_seen: dict[str, tuple[int, float]] = {}

    def now(self, board: Board) -> datetime:
        if board.site is None or board.site.clock == "real" or board.decided_at is None:
            return utc_now()
        seq, since = self._first_seen.get(board.site.site_id, (-1, 0.0))
        if seq != board.seq:
            since = time.monotonic()
            self._first_seen[board.site.site_id] = (board.seq, since)
        return board.decided_at + timedelta(seconds=time.monotonic() - since)
