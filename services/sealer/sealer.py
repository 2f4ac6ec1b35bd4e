"""The sealer: folds all sites, and makes, keeps and reports every document that a record calls for and none reports.

It reads `outcomes` without a group, as the timekeeper does. What is to be made is found again by folding after every
start, so nothing is lost by a crash; what is on the log as sealed is never made again. The command's id is the same for
every attempt: of two sealers, or after a crash between sending and seeing, the log takes one.
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from services.documents.store import FileStore
from services.folding import Clock, Counters, Kind, PartitionFold, Step, SystemClock, Vouched
from services.folding.loading import catch_up
from services.log.errors import LogError, PartitionHalted
from services.log.interface import Log
from services.log.records import Record
from services.log.topics import COMMANDS, OUTCOMES
from services.sealer.history import SiteHistory
from services.sealer.making import make
from services.sealer.process import CannotSeal, ProcessDied, SealingProcess
from services.sealer.sending import alarm_record, seal_record
from services.sealer.wanted import CLOSURE, STATUS, Key, Wanted, sealed_by, wanted_by
from services.seven_steps.board import Board
from services.seven_steps.fold import find_seen
from services.vault.store import Vault

IDLE_S = 5.0  # between two looks when nothing comes
RETRY_FIRST_S, RETRY_MAX_S = 5.0, 600.0  # a failed attempt waits, then twice as long, at most this
RESEND_S = 60.0  # a command without outcome is sent again: the same bytes

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Pending:
    """A document not yet reported as sealed. `record`: the command once the document is stored; `not_before`: loop
    time of the next attempt."""

    wanted: Wanted
    record: bytes | None = None
    not_before: float = 0.0
    wait_s: float = RETRY_FIRST_S
    alarmed: bool = False
    failure: str = ""

    def postpone(self, now: float, wait_s: float | None = None) -> None:
        self.not_before = now + (self.wait_s if wait_s is None else wait_s)
        if wait_s is None:
            self.wait_s = min(self.wait_s * 2, RETRY_MAX_S)


@dataclass(slots=True)
class Tools:
    """What the sealer works with. `link`: how browsers reach the pages (QR codes)."""

    log: Log
    store: FileStore
    vault: Vault
    process: SealingProcess
    link: str
    clock: Clock = field(default_factory=SystemClock)


class Sealer:
    """`open`, then `follow` and `work` for ever; see worker.py for the service that does."""

    def __init__(
        self,
        tools: Tools,
        *,
        vouched: Callable[[int], Awaitable[Iterable[Vouched]]] | None = None,
        counters: Counters | None = None,
    ) -> None:
        self.tools = tools
        self.counters = counters or Counters()
        self.folds: dict[int, PartitionFold] = {}
        self.pending: dict[Key, Pending] = {}
        self.histories: dict[str, SiteHistory] = {}
        self._vouched = vouched
        self._something = asyncio.Event()

    # ---- folding ---------------------------------------------------------------------------------------------------

    async def open(self, beat: Callable[[], None] | None = None) -> None:
        """Fold every partition from its beginning to its end; what is still to be sealed is pending then."""
        for partition in range(self.tools.log.partitions(OUTCOMES)):
            vouched = list(await self._vouched(partition)) if self._vouched is not None else []
            fold = self.folds[partition] = PartitionFold(partition, self.counters)
            fold.vouch(vouched)
            await self.catch_up(partition, beat)
            if not fold.halted:
                fold.check_vouched()

    async def catch_up(self, partition: int, beat: Callable[[], None] | None = None) -> None:
        """Apply what stands on the log now."""
        fold = self.folds[partition]
        boards = {site_id: site.board for site_id, site in fold.sites.items()}

        def took(step: Step) -> None:
            self._applied(boards.get(step.site_id, Board()), step)
            if step.kind is Kind.APPLIED:
                boards[step.site_id] = step.site.board

        await catch_up(self.tools.log, fold, took, beat)

    async def follow(self) -> None:
        """Apply what comes, for ever. A partition with a gap is halted; the others go on."""
        while True:
            sound = {number: fold.next_offset for number, fold in self.folds.items() if not fold.halted}
            if not sound:
                await asyncio.sleep(IDLE_S)
                continue
            try:
                async for batch in self.tools.log.tail(OUTCOMES, list(sound), sound):
                    for record in batch:
                        self._take(self.folds[record.partition], record)
            except PartitionHalted as error:
                self.folds[error.partition].halt(str(error))

    def _take(self, fold: PartitionFold, record: Record) -> None:
        before = dict(fold.sites)  # by site: the fold replaces its values, it never changes them
        step = fold.apply(record)
        self._applied(before[step.site_id].board if step.site_id in before else Board(), step)

    def _applied(self, before: Board, step: Step) -> None:
        """Notes what a record calls for, what it reports as sealed, and where it stands."""
        if step.kind is not Kind.APPLIED or step.body is None:
            return
        site_id, after = step.site_id, step.site.board
        history = self.histories.setdefault(site_id, SiteHistory(step.record.partition))
        history.applied(before, step)
        for wanted in wanted_by(site_id, before, after, step.body):
            self.pending[wanted.key] = Pending(wanted)
        for key in sealed_by(site_id, step.body):
            if self.pending.pop(key, None) is not None:
                self.counters.add("sealed", key.kind)
        if before.jobs is not after.jobs:
            self._forget_jobs(site_id, after)
        if self.pending:
            self._something.set()

    def _forget_jobs(self, site_id: str, after: Board) -> None:
        """A job that left the board has its closure record: nothing of it is made any more."""
        for key in [k for k in self.pending if k.site_id == site_id and k.job_id not in after.jobs]:
            del self.pending[key]

    # ---- making ----------------------------------------------------------------------------------------------------

    async def work(self) -> None:
        """Make what is pending, one after another, for ever."""
        while True:
            while (pending := self._next()) is not None:
                await self.attempt(pending)
            self._something.clear()
            try:
                await asyncio.wait_for(self._something.wait(), self._idle_s())
            except TimeoutError:
                pass

    def _idle_s(self) -> float:
        now = asyncio.get_running_loop().time()
        return min((max(p.not_before - now, 0.1) for p in self.pending.values()), default=IDLE_S)

    def _next(self) -> Pending | None:
        """The oldest that may be tried now; a closure record waits for the other documents of its job."""
        now = asyncio.get_running_loop().time()
        for pending in sorted(self.pending.values(), key=lambda p: p.wanted.key.records_to):
            if pending.not_before > now or self._halted(pending.wanted.key):
                continue
            if pending.wanted.key.kind == CLOSURE and self._others_wait(pending.wanted.key):
                continue
            return pending
        return None

    def _halted(self, key: Key) -> bool:
        fold = self.folds[self.histories[key.site_id].partition]
        return fold.halt_of(key.site_id) is not None

    def _others_wait(self, key: Key) -> bool:
        """Not those that failed: one text that can't be printed must not keep a job open for ever."""
        return any(k.job_id == key.job_id and k != key and not p.failure for k, p in self.pending.items())

    def _board(self, key: Key) -> Board:
        return self.folds[self.histories[key.site_id].partition].site(key.site_id).board

    async def attempt(self, pending: Pending) -> None:
        """One attempt at one document: make and store it, then send its command; or note why not, and when again."""
        key, now = pending.wanted.key, asyncio.get_running_loop().time()
        board = self._board(key)
        if self._superseded(pending.wanted, board) or find_seen(board, key.command_id()) is not None:
            self.pending.pop(key, None)
            return
        try:
            if pending.record is None:
                pending.record = await self._made(pending.wanted)
            await self.tools.log.append(COMMANDS, key.site_id, pending.record)
            pending.postpone(now, RESEND_S)
        except CannotSeal as error:
            await self._failed(pending, error)
        except (ProcessDied, OSError, LogError) as error:
            logger.warning("%s of %s is tried again: %s", key.kind, key.permit_id or key.job_id, error)
            self.counters.add("seal_retries", type(error).__name__)
            pending.postpone(now)
        except Exception as error:  # one document that trips us must not end what decides and shows all others
            logger.exception("%s of %s", key.kind, key.permit_id or key.job_id)
            await self._failed(pending, CannotSeal("broken", f"{type(error).__name__}: {error}"))

    def _superseded(self, wanted: Wanted, board: Board) -> bool:
        """A status copy of a state that is over is not needed; a later one, if any, waits for itself."""
        permit = board.permits.get(wanted.key.permit_id)
        return wanted.key.kind == STATUS and (permit is None or permit.state != wanted.mark)

    async def _made(self, wanted: Wanted) -> bytes:
        """Store the document, and return the command that reports it."""
        job = self._board(wanted.key).jobs.get(wanted.key.job_id)
        seals = job.seals if job is not None else ()
        pdf = await make(self.tools, self.histories[wanted.key.site_id], wanted, seals)
        sha256 = await asyncio.to_thread(self.tools.store.put, io.BytesIO(pdf))
        self.counters.add("documents_made", wanted.key.kind)
        return seal_record(wanted.key, sha256, self.tools.clock.real())

    async def _failed(self, pending: Pending, error: CannotSeal) -> None:
        """It can't be made as it is: say so once on the log, and try again seldom (the cause may be our own)."""
        key = pending.wanted.key
        pending.failure = str(error)
        logger.error("%s of %s can't be sealed: %s", key.kind, key.permit_id or key.job_id, error)
        self.counters.add("seal_failures", error.code)
        pending.postpone(asyncio.get_running_loop().time(), RETRY_MAX_S)
        if not pending.alarmed and find_seen(self._board(key), key.command_id("alarm")) is None:
            try:
                await self.tools.log.append(
                    COMMANDS, key.site_id, alarm_record(key, str(error), self.tools.clock.real())
                )
                pending.alarmed = True
            except LogError as refused:
                logger.warning("the alarm could not be sent: %s", refused)
