"""The timekeeper: folds all sites, and every few seconds sends what has become due.

It reads `outcomes` without a group and decides nothing: no gate relies on it, a dead one delays alarms and opens
nothing. Two of them send the same commands under the same ids.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.folding import Follower
from services.log.interface import Log
from services.log.topics import COMMANDS
from services.seven_steps.board import Board
from services.seven_steps.fold import find_seen
from services.timekeeper.due import LIVE, Due, of_permit
from services.timekeeper.sending import BUCKET_SECONDS, command_id, record

#: Seconds between two looks at all live tickets.
LOOK_EVERY = 2.0
#: Tickets looked at before other work of the process has its turn.
TICKETS_IN_A_ROW = 50
#: States in which something can become due.
WATCHED = LIVE | {"surveyed", "completed"}

#: An attempt that has no outcome yet is repeated after twice the time of the one before, at most after this: a decider
#: that was away for a day must not find a day's worth of the same command.
WAIT_MAX = timedelta(hours=1)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last command sent for one due thing: its id, when (real time), and how long it may stay without outcome."""

    command_id: str
    at: datetime
    patience: timedelta


def next_attempt(before: Attempt | None, command_id: str, real: datetime, board: Board) -> Attempt:
    """`before` itself while nothing is to be sent; else the attempt to make now."""
    first = timedelta(seconds=BUCKET_SECONDS)
    if before is None:
        return Attempt(command_id, real, first)
    if before.command_id == command_id:
        return before
    if find_seen(board, before.command_id) is not None:
        return Attempt(command_id, real, first)  # it was refused, and is due all the same
    if real - before.at < before.patience:
        return before
    return Attempt(command_id, real, min(before.patience * 2, WAIT_MAX))


class Timekeeper(Follower):
    """`open`, then `follow` and `look` as often as you like; see worker.py for the service that does."""

    def __init__(self, log: Log, **more: Any) -> None:
        super().__init__(log, **more)
        self._attempts: dict[tuple[str, str, str, datetime], Attempt] = {}  # of what was due at the last look

    async def look(self) -> int:
        """Send what is due on every site that is not halted; how many commands were sent."""
        found = [item async for item in self._due()]
        real = self.clocks.clock.real()
        attempts, sent = {}, 0
        for site_id, board, one in found:
            key = (one.kind, one.code, one.permit.permit_id, one.at)
            before = self._attempts.get(key)
            attempt = next_attempt(before, command_id(one, real), real, board)
            attempts[key] = attempt
            if attempt is before:
                continue
            await self.log.append(COMMANDS, site_id, record(one, site_id, real))
            self.counters.add("sent", one.code or one.kind)
            logger.info("site %s, ticket %s: %s %s", site_id, one.permit.permit_no, one.kind, one.code)
            sent += 1
        self._attempts = attempts
        return sent

    async def _due(self) -> AsyncIterator[tuple[str, Board, Due]]:
        """Due things by site."""
        looked = 0
        async for site in self.sites():
            for permit in site.board.permits.values():
                if permit.state not in WATCHED:
                    continue
                for one in of_permit(site.board, permit, site.now, site.rules):
                    yield site.site_id, site.board, one
                looked += 1
                if looked % TICKETS_IN_A_ROW == 0:
                    await asyncio.sleep(0)
