"""Halted sites are told on `telemetry`, at once and again while they last, so that gateways can say so."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from mode import Service

from services.decider.decider import Decider
from services.folding import Halt
from services.log.errors import LogError
from services.log.topics import TELEMETRY
from services.seven_steps import site_time
from services.seven_steps.canonical import canonical

LOOK_EVERY = 1.0  # seconds between two looks for a new halt
TELL_EVERY = 30.0  # seconds between two records of a halt that lasts

logger = logging.getLogger(__name__)


def record(site_id: str, halt: Halt, partition: int, worker: str, at: datetime) -> bytes:
    """The record on `telemetry`, canonical JSON."""
    return canonical(
        {
            "telemetry": 1,
            "kind": "site_halted",
            "site_id": site_id,
            "site_seq": halt.site_seq,
            "partition": partition,
            "offset": halt.offset,
            "reason": halt.reason,
            "worker": worker,
            "at": site_time.stamp(at),
        }
    )


class Halts(Service):
    """Tells of every halted site of the partitions this worker owns."""

    def __init__(self, decider: Decider) -> None:
        super().__init__()
        self.decider = decider
        self._told: dict[str, tuple[Halt, float]] = {}

    async def on_stop(self) -> None:
        await self.decider.stop()

    @Service.task
    async def _tell(self) -> None:
        while not self.should_stop:
            await self.sleep(LOOK_EVERY)
            try:
                await self.tell()
            except LogError as error:
                logger.warning("a halt could not be told: %s", error)

    async def tell(self) -> None:
        """Append a record for each halt that is new or was last told TELL_EVERY seconds ago."""
        monotonic = self.decider.clocks.clock.monotonic()
        for fold in list(self.decider.folds.values()):
            for site_id, halt in fold.halts().items():
                told, when = self._told.get(site_id, (None, 0.0))
                if told == halt and monotonic - when < TELL_EVERY:
                    continue
                value = record(site_id, halt, fold.partition, self.decider.worker, datetime.now(UTC))
                await self.decider.log.append(TELEMETRY, site_id, value)
                self._told[site_id] = (halt, monotonic)
