"""Bringing a partition's fold to the end of the log."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from services.folding.counters import Counters
from services.folding.partition import PartitionFold, Vouched
from services.folding.site import Step
from services.folding.snapshots import Snapshots
from services.log.errors import PartitionHalted
from services.log.interface import Log
from services.log.topics import OUTCOMES


async def catch_up(
    log: Log,
    fold: PartitionFold,
    on_step: Callable[[Step], None] | None = None,
    beat: Callable[[], None] | None = None,
) -> None:
    """Apply everything up to the partition's end. A gap in its offsets halts the partition.

    on_step: called with each record's step; beat: called after each read, to show a watchdog that it is getting on
    """
    while not fold.halted:
        try:
            records = await log.read(OUTCOMES, fold.partition, fold.next_offset)
        except PartitionHalted as error:
            fold.halt(str(error))
            return
        if not records:
            return
        for record in records:
            step = fold.apply(record)
            if on_step is not None:
                on_step(step)
        if beat is not None:
            beat()


async def load(
    log: Log,
    partition: int,
    snapshots: Snapshots | None = None,
    vouched: Iterable[Vouched] = (),
    counters: Counters | None = None,
    beat: Callable[[], None] | None = None,
) -> PartitionFold:
    """The partition folded to its end: from its newest good snapshots, checked against every head vouched for.

    `vouched` must have been read before this is called: what others reached, the log must hold by now.
    """
    begin = await log.begin(OUTCOMES, partition)
    if begin > 0:
        fold = PartitionFold(partition, counters)
        fold.halt(f"the log starts at offset {begin}: records are missing")
        return fold
    fold = await snapshots.load(log, partition) if snapshots is not None else PartitionFold(partition, counters)
    fold.vouch(vouched)
    await catch_up(log, fold, beat=beat)
    if not fold.halted:
        fold.check_vouched()
    return fold
