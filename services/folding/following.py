"""Following the boards of every site without a group: the one way of those who look and send (timekeeper, watcher)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from services.folding.clocks import Clock, SiteClocks, SystemClock
from services.folding.counters import Counters
from services.folding.loading import load
from services.folding.partition import PartitionFold, Vouched
from services.folding.site import Kind, SiteFold
from services.folding.snapshots import Snapshots
from services.log.errors import LogError
from services.log.interface import Log
from services.log.records import Record
from services.log.topics import OUTCOMES
from services.rulebook import BadPack, rulebook
from services.seven_steps.board import Board
from services.seven_steps.rules import Rules

#: Seconds after which it is asked again whether a partition can be followed, where none can.
ASK_AGAIN = 2.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SiteNow:
    """A site that may be looked at: its board at the end of the log, its time, and what binds there."""

    site_id: str
    board: Board
    now: datetime
    rules: Rules


class Follower:
    """`open`, then `follow` for ever; `sites` as often as you like."""

    def __init__(
        self,
        log: Log,
        *,
        snapshots: Snapshots | None = None,
        vouched: Callable[[int], Awaitable[Iterable[Vouched]]] | None = None,
        clock: Clock | None = None,
        counters: Counters | None = None,
    ) -> None:
        """`vouched` says which heads the register has reached in a partition."""
        self.log = log
        self.counters = counters or (snapshots.counters if snapshots else Counters())
        self.clocks = SiteClocks(clock or SystemClock())
        self.folds: dict[int, PartitionFold] = {}
        self._snapshots, self._vouched = snapshots, vouched

    async def open(self) -> None:
        """Fold every partition to its end."""
        for partition in range(self.log.partitions(OUTCOMES)):
            vouched = await self._vouched(partition) if self._vouched is not None else ()
            fold = await load(self.log, partition, self._snapshots, vouched, self.counters)
            self.folds[partition] = fold
            for site_id, site in fold.sites.items():
                self.clocks.applied(site_id, site)

    async def follow(self) -> None:
        """Apply what comes, for ever. A partition with a gap gives nothing more; the others go on."""
        while True:
            sound = {number: fold.next_offset for number, fold in self.folds.items() if not fold.halted}
            async for batch in self.log.tail(OUTCOMES, list(sound), sound):
                for one in batch:
                    self.apply(one)
            await asyncio.sleep(ASK_AGAIN)  # there is nothing to follow: every partition is halted

    def apply(self, one: Record) -> None:
        step = self.folds[one.partition].apply(one)
        if step.kind is Kind.APPLIED:
            self.clocks.applied(step.site_id, step.site)
            self.applied(step.site_id, step.site)

    def applied(self, site_id: str, site: SiteFold) -> None:
        """A record of that site was applied: for who keeps something beside the boards."""

    async def sites(self) -> AsyncIterator[SiteNow]:
        """Every site that is not halted, of partitions folded to their end: an old board may have old news."""
        for fold in list(self.folds.values()):
            if self._is_halted(fold) or await self.log.end(OUTCOMES, fold.partition) > fold.next_offset:
                continue
            for site_id, site in list(fold.sites.items()):
                if site.halt is not None or site.board.site is None:
                    continue
                try:
                    rules = rulebook(site.board.site.packs)
                except BadPack as error:
                    logger.error("site %s: %s", site_id, error)
                    continue
                yield SiteNow(site_id, site.board, self.clocks.now(site_id, site), rules)

    def _is_halted(self, fold: PartitionFold) -> bool:
        gap = self.log.halted.get((OUTCOMES, fold.partition))
        if gap is not None:
            fold.halt(str(gap))
        return bool(fold.halted)

    async def look(self) -> int:
        """Send what is to be sent now; how many commands were."""
        raise NotImplementedError

    async def watch(self, every: float) -> None:
        """Look, wait so many seconds, look again, for ever. A log that can't be written now is no reason to stop."""
        while True:
            try:
                await self.look()
            except LogError as error:
                self.counters.add("not_sent")
                logger.warning("what was found could not be sent: %s", error)
            await asyncio.sleep(every)
