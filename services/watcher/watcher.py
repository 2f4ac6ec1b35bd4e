"""The watcher: folds all sites, follows telemetry, and says as commands what has changed.

It reads without a group and decides nothing. A dead one opens nothing: what it said to be alive grows old. After a
restart it goes on from what the boards say and from the end of the telemetry.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from services.folding import Follower, SiteFold
from services.log.interface import Log
from services.log.records import Record
from services.log.topics import COMMANDS, TELEMETRY
from services.watcher.changes import Change, Look, changes
from services.watcher.sending import command_id, record
from services.watcher.streams import SiteStreams, read

#: Seconds between two looks at all live tickets.
LOOK_EVERY = 1.0
#: How much telemetry is read again at a start: a gas segment is at most this long.
TAIL = timedelta(hours=2)
#: A command without outcome is sent again, under its own id, after this time.
PATIENCE = timedelta(seconds=30)

logger = logging.getLogger(__name__)


class Watcher(Follower):
    """`open`, then `follow`, `listen` and `look` as often as you like; see worker.py for the service that does."""

    def __init__(self, log: Log, **more: Any) -> None:
        super().__init__(log, **more)
        self.streams: dict[str, SiteStreams] = defaultdict(SiteStreams)
        self.heard: dict[int, int] = {}  # next offset of telemetry, by partition
        self._since = self.clocks.clock.real()  # listening
        self._sent: dict[str, datetime] = {}  # by command id, real time

    async def open(self) -> None:
        """Fold every partition to its end, and hear the last hours of telemetry."""
        await super().open()
        for fold in self.folds.values():
            for site_id, site in fold.sites.items():
                self._note_recorded(site_id, site)
        for partition in range(self.log.partitions(TELEMETRY)):
            self.heard[partition] = await self._tail_begins(partition)
            await self.hear(partition)
        self._since = self.clocks.clock.real()

    def applied(self, site_id: str, site: SiteFold) -> None:
        """What another watcher recorded of a stream just now: ours goes on from there."""
        if site.board.site is None or site.board.site.clock != "real":
            return
        streams = self.streams.get(site_id)
        for name in list(streams.segments) if streams else ():
            permit = site.board.permits.get(name[0])
            found = permit.segments.get(":".join(name[1:])) if permit else None
            if streams is not None and found is not None and found.seq == site.board.seq and found.at is not None:
                streams.goes_on_from(name, found.at.latest, Decimal(found.least), Decimal(found.most))

    def _note_recorded(self, site_id: str, site: SiteFold) -> None:
        """Up to where each stream stands in records: what is heard again from before is not new.

        A simulated site's clock stands still while we are away and says nothing of real time: there, values are judged
        again, which may stop work, and never lets it go on.
        """
        if site.board.site is None or site.board.site.clock != "real":
            return
        for permit in site.board.permits.values():
            for segment in permit.segments.values():
                if segment.at is not None:
                    name = permit.permit_id, segment.instrument_id, segment.gas, segment.point
                    self.streams[site_id].recorded[name] = segment.at.latest

    async def _tail_begins(self, partition: int) -> int:
        """The first record of the last TAIL, found by halving."""
        low, high = await self.log.begin(TELEMETRY, partition), await self.log.end(TELEMETRY, partition)
        since = self.clocks.clock.real() - TAIL
        while low < high:
            middle = (low + high) // 2
            found = await self.log.read(TELEMETRY, partition, middle, 1)
            if found and found[0].append_time < since:
                low = middle + 1
            else:
                high = middle
        return low

    async def hear(self, partition: int) -> None:
        """Everything up to the end of one partition of telemetry."""
        while records := await self.log.read(TELEMETRY, partition, self.heard[partition]):
            for one in records:
                self.take(one)

    def take(self, one: Record) -> None:
        self.heard[one.partition] = one.offset + 1
        found = read(one.value)
        if found is None:
            self.counters.add("telemetry", "unknown")
            return
        site_id, items = found
        for item in items:
            self._take_item(site_id, item)
        self.counters.add("telemetry", "items", len(items))

    def _take_item(self, site_id: str, item: dict[str, object]) -> None:
        try:
            self.streams[site_id].take(item)
        except (KeyError, ValueError, TypeError, ArithmeticError):
            self.counters.add("telemetry", "malformed")

    async def listen(self) -> None:
        """Take in telemetry, for ever."""
        async for batch in self.log.tail(TELEMETRY, list(self.heard), self.heard):
            for one in batch:
                self.take(one)

    async def look(self) -> int:
        """Send what has changed on every site that is not halted; how many commands were sent."""
        real, sent = self.clocks.clock.real(), 0
        self._sent = {name: at for name, at in self._sent.items() if real - at < PATIENCE}
        async for site in self.sites():
            look = Look(site.board, site.now, real, site.rules, self.streams[site.site_id], self._since)
            for change in list(changes(look)):
                sent += await self._send(change, site.site_id, real)
            await asyncio.sleep(0)
        return sent

    async def _send(self, change: Change, site_id: str, real: datetime) -> int:
        name = command_id(change)
        if name in self._sent:
            return 0
        await self.log.append(COMMANDS, site_id, record(change, site_id, real))
        self._sent[name] = real
        if change.segment is not None:
            self.streams[site_id].segments.pop(change.segment, None)
        self.counters.add("sent", change.kind)
        logger.info("site %s, ticket %s: %s %s", site_id, change.permit.permit_no, change.kind, change.subject)
        return 1
