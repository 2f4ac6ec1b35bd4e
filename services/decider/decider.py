"""The decider: one command, one outcome, in the order of the log; and the fence against other writers.

A batch is decided ahead against the folded boards, appended pipelined, and awaited. Then each receipt must show the
very offset that was reckoned with, and an append time within 10 s of the decider's clock. If not, another writer was
here or we were paused: what was decided ahead is dropped, the log is folded again, and what has no outcome yet is
decided again. Only then is the batch acknowledged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence

from services.decider.deciding import Aside, Entry, Plan, Planner
from services.decider.hooks import BeforeAppend
from services.decider.set_back import ClockGuard
from services.decider.wire import Incoming, Undecodable, decode
from services.folding import (
    SNAPSHOT_EVERY,
    Clock,
    Counters,
    PartitionFold,
    SiteClocks,
    SiteFold,
    Snapshots,
    SystemClock,
    Vouched,
    catch_up,
    load,
)
from services.log.chain import in_time
from services.log.dead_letters import dead_letter
from services.log.errors import AppendRefused, AppendUnknown
from services.log.interface import Log
from services.log.records import Appended, Record
from services.log.topics import OUTCOMES

SERVICE = "decider"
#: Waits, in seconds, before a batch that met another writer, or an append of unknown fate, is decided again.
RETRY_WAITS = (0.0, 0.1, 0.3, 1.0, 3.0)

#: The heads others have built on, by partition: the register's position. Awaited before the log is folded.
VouchedHeads = Callable[[int], Awaitable[Iterable[Vouched]]]

logger = logging.getLogger(__name__)


class Fenced(Exception):
    """Again and again this writer's records were not the next in time: its clock, or a second writer. It must end."""


class Decider:
    """Decides the commands of the partitions it is given. `assigned` and `handle` are called by the log's consumer."""

    def __init__(
        self,
        log: Log,
        slot: int = 0,
        *,
        snapshots: Snapshots | None = None,
        snapshot_every: int = SNAPSHOT_EVERY,
        vouched: VouchedHeads | None = None,
        clock: Clock | None = None,
        before_append: BeforeAppend | None = None,
        counters: Counters | None = None,
    ) -> None:
        """`beat`, set by the worker, tells the watchdog that a long fold is getting on."""
        self.log = log
        self.worker = f"{SERVICE}-{slot}"
        self.counters = counters or (snapshots.counters if snapshots else Counters())
        self.clocks = SiteClocks(clock or SystemClock())
        self.guard = ClockGuard(self.clocks.clock)
        self.folds: dict[int, PartitionFold] = {}
        self._planner = Planner(self.worker, self.clocks, self.counters)
        self._snapshots, self._snapshot_every = snapshots, snapshot_every
        self._snapshotted: dict[str, int] = {}  # site -> its head at the last snapshot
        self._writing: dict[int, asyncio.Task[None]] = {}
        self._vouched = vouched
        self._before_append = before_append
        self.beat: Callable[[], None] = _no_beat

    # ---- assignment ------------------------------------------------------------------------------------------------

    async def assigned(self, partitions: set[int]) -> None:
        """Fold each partition's outcomes to their end. Before that is done, nothing of it is decided."""
        for partition in self.folds.keys() - partitions:
            del self.folds[partition]
        for partition in sorted(partitions):
            await self._open(partition)

    async def _open(self, partition: int) -> PartitionFold:
        vouched = await self._vouched(partition) if self._vouched is not None else ()
        fold = await load(self.log, partition, self._snapshots, vouched, self.counters, self.beat)
        self.folds[partition] = fold
        self._snapshotted.update(fold.loaded)
        for site_id, site in fold.sites.items():
            self.clocks.taken_over(site_id, site)
            self.guard.met(site.decided_at_real)
        return fold

    async def revoked(self, partitions: set[int]) -> None:
        """Forget them: whoever decides them next writes to their logs."""
        for partition in partitions:
            self.folds.pop(partition, None)

    async def stop(self) -> None:
        """Wait for snapshots that are being written."""
        await asyncio.gather(*self._writing.values(), return_exceptions=True)

    # ---- a batch ---------------------------------------------------------------------------------------------------

    async def handle(self, partition: int, records: Sequence[Record]) -> None:
        """Every record gets its outcome or its dead letter, durably, before this returns (and it is acknowledged)."""
        await self.guard.wait(self.beat)
        batch = await self._decoded(records)
        for wait in RETRY_WAITS:
            if await self._attempt(partition, batch):
                return
            await asyncio.sleep(wait)
            await self._fold_again(partition)
        raise Fenced(
            f"partition {partition}: {len(RETRY_WAITS)} times this writer's records were not the next ones in time; "
            "look for a second decider with this slot, and compare this host's clock with the log's (doctor)"
        )

    async def _decoded(self, records: Sequence[Record]) -> list[Incoming]:
        batch = []
        for record in records:
            try:
                batch.append(decode(record))
            except Undecodable as error:
                await self._put_aside(record, error.reason, error.detail, error.command_id)
        return batch

    async def _put_aside(self, record: Record, reason: str, detail: str, command_id: str | None) -> None:
        self.counters.add("dead_letters", reason)
        logger.warning("command %s goes to the dead letters: %s: %s", command_id or "?", reason, detail)
        await dead_letter(self.log, record, reason, service=SERVICE, detail=detail, command_id=command_id)

    async def _attempt(self, partition: int, batch: list[Incoming]) -> bool:
        """Decide, append, check. False: nothing is taken over, fold again first."""
        fold = self.folds.get(partition)
        if fold is None:  # revoked between two attempts: the log will say who decided
            fold = await self._open(partition)
        plan = await self._planner.plan(fold, batch)
        if plan.entries:
            if self._before_append is not None:
                await self._before_append({entry.incoming.site_id for entry in plan.entries})
            if not await self._append(fold, plan.entries):
                return False
            self._take_over(fold, plan)
        await self._put_all_aside(plan.aside)
        return True

    async def _append(self, fold: PartitionFold, entries: list[Entry]) -> bool:
        try:
            receipts = await self.log.append_many(
                OUTCOMES, [(entry.incoming.site_id, entry.value) for entry in entries]
            )
        except AppendUnknown as error:
            self.counters.add("refolds", "append_unknown")
            logger.warning("partition %d: %s; folding again", fold.partition, error)
            return False
        except AppendRefused:
            gap = self.log.halted.get((OUTCOMES, fold.partition))
            if gap is None:
                raise
            fold.halt(str(gap))
            return False
        broken = self._broken_fence(fold, entries, receipts)
        if broken:
            self.counters.add("refolds", broken)
            logger.warning("partition %d: %s; folding again", fold.partition, broken)
        return not broken

    def _broken_fence(self, fold: PartitionFold, entries: list[Entry], receipts: list[Appended]) -> str:
        """Which fence the receipts show to be broken; empty if we are the only writer and were in time."""
        for expected, (entry, receipt) in enumerate(zip(entries, receipts, strict=True), fold.next_offset):
            if (receipt.partition, receipt.offset) != (fold.partition, expected):
                return "another_writer"
            if not in_time(receipt.append_time, entry.decided_at_real):
                return "out_of_time"
        return ""

    def _take_over(self, fold: PartitionFold, plan: Plan) -> None:
        fold.commit(plan.sites, fold.next_offset + len(plan.entries))
        for entry in plan.entries:
            self.counters.add("outcomes", entry.verdict)
            self.guard.met(entry.decided_at_real)
        for site_id, site in plan.sites.items():
            self.clocks.applied(site_id, site)
        self._snapshot_if_due(fold, plan)

    async def _put_all_aside(self, aside: Iterable[Aside]) -> None:
        for one in aside:
            await self._put_aside(one.incoming.record, one.reason, one.detail, one.incoming.command_id)

    async def _fold_again(self, partition: int) -> None:
        """What others wrote, or we without noticing, is on the log; and the log alone says what happened."""
        fold = self.folds.get(partition)
        if fold is None:
            return
        before = dict(fold.sites)
        await catch_up(self.log, fold, beat=self.beat)
        for site_id, site in fold.sites.items():
            if site is not before.get(site_id):
                self.clocks.taken_over(site_id, site)
                self.guard.met(site.decided_at_real)

    # ---- snapshots -------------------------------------------------------------------------------------------------

    def _snapshot_if_due(self, fold: PartitionFold, plan: Plan) -> None:
        if self._snapshots is None or fold.partition in self._writing:
            return
        due = any(
            site.head.site_seq - self._snapshotted.get(site_id, 0) >= self._snapshot_every
            for site_id, site in plan.sites.items()
        )
        if due:
            task = asyncio.create_task(self._write_snapshots(fold.partition, fold.next_offset, dict(fold.sites)))
            self._writing[fold.partition] = task

    async def _write_snapshots(self, partition: int, next_offset: int, sites: dict[str, SiteFold]) -> None:
        """Boards are immutable, so a thread writes them while deciding goes on. A failure stops no command."""
        assert self._snapshots is not None
        try:
            await asyncio.to_thread(self._snapshots.write, partition, next_offset, sites)
            self._snapshotted.update({site_id: site.head.site_seq for site_id, site in sites.items()})
        except OSError as error:
            self.counters.add("snapshots", "failed")
            logger.error("partition %d: no snapshot could be written: %s", partition, error)
        finally:
            del self._writing[partition]


def _no_beat() -> None:
    """Nobody watches."""
