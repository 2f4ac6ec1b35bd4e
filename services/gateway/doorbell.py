"""The doorbell: a tail of `outcomes` without a group. It says that something was decided; the register says what.

A record seen here may yet be dropped by every reader (a zombie's), so nothing is answered or shown from it. It only
wakes whoever waits for a command, feeds the live events, and counts refusals for the limit a person has.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from services.log import topics
from services.log.errors import LogError
from services.log.interface import Log
from services.log.records import Record, body_of, read_envelope

BACKOFF_FIRST_S = 0.5
BACKOFF_MAX_S = 10.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rang:
    """What an outcome on the log says of itself."""

    site_id: str
    site_seq: int
    command_id: str
    actor: str
    type: str
    verdict: str
    job_id: str | None
    permit_id: str | None
    decided_at: str
    events: tuple[str, ...]


def heard(record: Record) -> Rang | None:
    """None for anything that is no outcome as we know it; readers of the log deal with those."""
    try:
        envelope = read_envelope(record.value)
        body: dict[str, Any] = json.loads(body_of(envelope, record.value))
        client = body["client"]
        return Rang(
            site_id=envelope.site_id,
            site_seq=envelope.site_seq,
            command_id=client["command_id"],
            actor=client["actor"],
            type=client["type"],
            verdict=body["verdict"],
            job_id=client.get("job_id"),
            permit_id=client.get("permit_id"),
            decided_at=envelope.decided_at.isoformat(),
            events=tuple(event["type"] for event in body["events"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        log.warning("outcomes/%d@%d rings for nobody: %r", record.partition, record.offset, error)
        return None


class Ring:
    """Waits for the outcome of one command. `site_seq` is 0 until it has rung."""

    def __init__(self) -> None:
        self._rang = asyncio.Event()
        self.site_seq = 0

    def rings(self, rang: Rang) -> None:
        self.site_seq = rang.site_seq
        self._rang.set()

    async def wait(self, seconds: float) -> bool:
        """Whether it has rung within this time."""
        try:
            await asyncio.wait_for(self._rang.wait(), seconds)
        except TimeoutError:
            return False
        return True


class Doorbell:
    """Follows every partition of `outcomes` from its present end."""

    def __init__(self, of_log: Log, listeners: tuple[Callable[[Rang], None], ...] = ()) -> None:
        self._log = of_log
        self._listeners = listeners
        self._waiting: defaultdict[str, set[Ring]] = defaultdict(set)
        self.listening = asyncio.Event()
        self.heard_up_to: dict[int, int] = {}  # partition -> offset of the next record

    @contextlib.asynccontextmanager
    async def expecting(self, command_id: str) -> AsyncIterator[Ring]:
        """Rings once an outcome of this command passes by. Enter it before sending."""
        ring = Ring()
        self._waiting[command_id].add(ring)
        try:
            yield ring
        finally:
            self._waiting[command_id].discard(ring)
            if not self._waiting[command_id]:
                del self._waiting[command_id]

    async def run(self) -> None:
        """Until cancelled; trouble with the log is waited out, and what was missed is read on the way back."""
        backoff_s = BACKOFF_FIRST_S
        while True:
            try:
                await self._follow()
            except LogError as trouble:
                log.warning("the doorbell lost the log, next try in %.1f s: %s", backoff_s, trouble)
                self.listening.clear()
                await asyncio.sleep(backoff_s)
                backoff_s = min(BACKOFF_MAX_S, backoff_s * 2)
            else:
                backoff_s = BACKOFF_FIRST_S

    async def lag(self) -> int:
        """Records on the log that did not pass by yet."""
        behind = 0
        for partition, upto in self.heard_up_to.items():
            behind += max(0, await self._log.end(topics.OUTCOMES, partition) - upto)
        return behind

    async def _follow(self) -> None:
        partitions = range(self._log.partitions(topics.OUTCOMES))
        for partition in partitions:
            if partition not in self.heard_up_to:
                self.heard_up_to[partition] = await self._log.end(topics.OUTCOMES, partition)
        self.listening.set()
        async for batch in self._log.tail(topics.OUTCOMES, tuple(partitions), self.heard_up_to):
            for record in batch:
                self._ring(record)
                self.heard_up_to[record.partition] = record.offset + 1

    def _ring(self, record: Record) -> None:
        rang = heard(record)
        if rang is None:
            return
        for ring in self._waiting.get(rang.command_id, ()):
            ring.rings(rang)
        for listener in self._listeners:
            listener(rang)
