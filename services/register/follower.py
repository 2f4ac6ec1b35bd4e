"""Brings a projector and a log together: checks, catches up, and applies what a broker hands over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from services.log.errors import PartitionHalted
from services.log.interface import Log
from services.log.records import Record, record_hash
from services.log.topics import OUTCOMES
from services.register.projector import MissingRecords, Projector

#: Records read and applied in one transaction while catching up.
READ_AT_ONCE = 500

T = TypeVar("T")
log = logging.getLogger(__name__)


class Follower:
    """Brings a projector and a log together. All SQL runs in one thread, so batches do not meet."""

    def __init__(self, projector: Projector, log_of: Callable[[], Log]) -> None:
        self._projector, self._log_of = projector, log_of
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="register")
        self._lost: set[tuple[str, int]] = set()

    async def start(self, topic: str, partition: int, beat: Callable[[], None]) -> None:
        """Checks that the log still holds what was applied, tries halted sites again, and catches up."""
        await self._sql(self._projector.forget, topic, partition)
        self._lost.discard((topic, partition))
        if topic == OUTCOMES:
            if not await self._still_there(partition):
                return
            await self._try_halted_again(partition, beat)
        await self._to_the_end(topic, partition, beat)
        if topic == OUTCOMES and (topic, partition) not in self._lost:
            await self._sql(self._projector.settle, partition, self._log_of().partitions(OUTCOMES))

    async def take(self, topic: str, partition: int, records: list[Record]) -> None:
        """One batch from the broker; returns when it is committed."""
        if (topic, partition) in self._lost:
            return
        try:
            await self._sql(self._projector.apply, topic, partition, records)
        except MissingRecords:
            await self._to_the_end(topic, partition, lambda: None)

    async def _to_the_end(self, topic: str, partition: int, beat: Callable[[], None]) -> None:
        """A gap in the offsets halts the partition: something is missing from the log."""
        try:
            while await self._catch_up(topic, partition):
                beat()
        except PartitionHalted as error:
            await self._lose(topic, partition, str(error))

    async def _lose(self, topic: str, partition: int, reason: str) -> None:
        log.critical("register: %s; the sites of that partition are halted", reason)
        self._lost.add((topic, partition))
        await self._sql(self._projector.lose, partition, reason)

    async def _catch_up(self, topic: str, partition: int) -> bool:
        position = await self._sql(self._projector.position, topic, partition)
        records = await self._log_of().read(topic, partition, position.next_offset, READ_AT_ONCE)
        if records:
            await self._sql(self._projector.apply, topic, partition, records)
        return bool(records)

    async def _still_there(self, partition: int) -> bool:
        """A log that ends before our position, or has another record there, has lost something: its sites halt."""
        position = await self._sql(self._projector.position, OUTCOMES, partition)
        if position.next_offset == 0:
            return True
        last = position.next_offset - 1
        end = await self._log_of().end(OUTCOMES, partition)
        records = await self._log_of().read(OUTCOMES, partition, last, 1) if end > last else []
        if records and record_hash(records[0].value) == position.last_sha256:
            await self._sql(self._projector.found_again, partition)
            return True
        reason = f"outcomes/{partition} has another record at offset {last}"
        if not records:
            reason = f"outcomes/{partition} ends at offset {end}, and {last + 1} records had been applied"
        await self._lose(OUTCOMES, partition, reason)
        return False

    async def _try_halted_again(self, partition: int, beat: Callable[[], None]) -> None:
        """A corrected release goes on from the record that halted a site, and past what came after it."""
        position = await self._sql(self._projector.position, OUTCOMES, partition)
        for site_id, offset in await self._sql(self._projector.halted_sites, partition):
            at, well = offset, True
            while well and at < position.next_offset:
                records = await self._log_of().read(
                    OUTCOMES, partition, at, min(READ_AT_ONCE, position.next_offset - at)
                )
                at = records[-1].offset + 1
                well = await self._sql(lambda s=site_id, r=records, t=at: self._projector.retry(s, r, through=t))
                beat()

    def _sql(self, work: Callable[..., T], *args: object) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args))
