"""The one safe way to consume: raw bytes in, one partition in order, acknowledged only after the work is durable.

Faust's defaults lose messages: it acknowledges when an agent raises, when a value does not decode, and when a stream
is rebuilt. So nothing here goes through a Faust stream or a Faust codec: the agent takes events straight from its
channel (which never acknowledges), hands them to one *lane* per partition, and the lane acknowledges a batch, in
order, after its handler has returned. An error ends the process (it comes again after the restart); nothing is
skipped. After a rebalance events of the old generation are forgotten unacknowledged: they are delivered again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from faust.types import TP, EventT

from services.log.records import Record

if TYPE_CHECKING:
    from services.log.app import LogApp

BATCH_LIMIT = 200  # records a handler gets at once, at most
LANE_LIMIT = 500  # events of one partition held in memory; beyond it the agent waits
STOP_GRACE_S = 5.0  # how long a stopping agent waits for batches that are being handled
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

log = logging.getLogger(__name__)

HandleBatch = Callable[[int, list[Record]], Awaitable[None]]
OnPartitions = Callable[[set[int]], Awaitable[None]]


class Lane:
    """One partition: what waits for its handler. Its task handles one batch after the other."""

    def __init__(self, owner: Consumption, partition: int) -> None:
        self._owner, self._partition = owner, partition
        self._waiting: deque[EventT] = deque()
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name=f"{owner.name}-{partition}")
        self._task.add_done_callback(owner.lane_ended)
        self.busy = False

    async def put(self, event: EventT) -> None:
        while len(self._waiting) >= LANE_LIMIT and not self._task.done():
            self._changed.clear()
            await self._changed.wait()
        self._waiting.append(event)
        self._changed.set()

    async def _run(self) -> None:
        owner = self._owner
        while True:
            while not self._waiting:
                self._changed.clear()
                await self._changed.wait()
            await owner.ready()
            batch = self._take()
            if batch:
                self.busy = True
                try:
                    await owner.handle(self._partition, batch)
                finally:
                    self.busy = False
                    self._changed.set()

    def _take(self) -> list[EventT]:
        owner = self._owner
        batch: list[EventT] = []
        while self._waiting and len(batch) < owner.batch_limit:
            event = self._waiting.popleft()
            if owner.is_current(event):
                batch.append(event)
        self._changed.set()
        return batch

    def forget(self) -> None:
        """Drop what waits: its partition is being revoked, it will be delivered again."""
        self._waiting.clear()
        self._changed.set()

    async def stop(self) -> None:
        """Finish the batch that is being handled (within STOP_GRACE_S), drop the rest."""
        self.forget()
        if self.busy:
            await asyncio.wait({self._idle()}, timeout=STOP_GRACE_S)
        self._task.cancel()

    def _idle(self) -> asyncio.Task[None]:
        return asyncio.create_task(self._until_idle())

    async def _until_idle(self) -> None:
        while self.busy and not self._task.done():
            self._changed.clear()
            await self._changed.wait()


class Consumption:
    """What `consume` returns: one topic consumed by one app. For the watchdog and for tests."""

    def __init__(
        self,
        app: LogApp,
        topic: str,
        handle_batch: HandleBatch,
        *,
        on_assigned: OnPartitions | None,
        on_revoked: OnPartitions | None,
        batch_limit: int,
    ) -> None:
        self.app, self.topic, self.batch_limit = app, topic, batch_limit
        self.name = f"{app.service_name}-{topic}"
        self._handle_batch, self._on_assigned, self._on_revoked = handle_batch, on_assigned, on_revoked
        self._lanes: dict[int, Lane] = {}
        self._assigned: set[int] = set()
        self._preparing: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()  # set while on_assigned has finished and nothing is being revoked
        self.handled: dict[int, int] = {}  # by partition: the offset after the last record handled
        self.progress = 0  # grows with every batch handled and every beat
        channel = app.topic(
            topic,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
            internal=False,
            acks=True,
        )
        app.agent(channel, name=self.name, concurrency=1)(self._agent)
        app.on_partitions_assigned.connect(self._assign, weak=False)
        app.on_partitions_revoked.connect(self._revoke, weak=False)

    def beat(self) -> None:
        """Tell the watchdog that a long piece of work (a fold at start-up) is getting on."""
        self.progress += 1

    @property
    def assigned(self) -> frozenset[int]:
        """The partitions this process owns now."""
        return frozenset(self._assigned)

    @property
    def prepared(self) -> bool:
        """Whether on_assigned has finished for the present assignment."""
        return self._settled.is_set()

    async def _agent(self, stream: Any) -> None:
        try:
            async for event in stream.channel:
                lane = self._lanes.get(event.message.partition)
                if lane is None:
                    lane = self._lanes[event.message.partition] = Lane(self, event.message.partition)
                await lane.put(event)
        finally:
            lanes, self._lanes = self._lanes, {}
            await asyncio.gather(*(lane.stop() for lane in lanes.values()))

    def is_current(self, event: EventT) -> bool:
        """Whether the event belongs to the present assignment and may be handled now."""
        message = event.message
        return (
            self.app.flow_control.is_active()
            and message.generation_id == self.app.consumer_generation_id
            and message.partition in self._assigned
        )

    async def ready(self) -> None:
        """Wait until on_assigned has finished for the present assignment."""
        await self._settled.wait()

    async def handle(self, partition: int, events: list[EventT]) -> None:
        """One batch: track, handle, acknowledge in order."""
        consumer = self.app.consumer
        for event in events:
            if not event.message.tracked:
                event.message.tracked = True
                consumer.track_message(event.message)
        await self._handle_batch(partition, [_record(event) for event in events])
        for event in events:
            if event.message.generation_id == self.app.consumer_generation_id:
                event.ack()
            else:  # revoked meanwhile: an acknowledgement could commit past what the next owner has in hand
                consumer.unacked.discard(event.message)
        self.handled[partition] = events[-1].message.offset + 1
        self.progress += 1

    async def _assign(self, _: Any, assigned: set[TP], **kwargs: Any) -> None:
        self._assigned = {tp.partition for tp in assigned if tp.topic == self.topic}
        self.handled.clear()
        self._settled.clear()
        if self._preparing is not None:
            self._preparing.cancel()
        # In a task of its own: a long fold must not hold up the rebalance. Lanes wait for it.
        self._preparing = asyncio.create_task(self._prepare(set(self._assigned)), name=f"{self.name}-assigned")
        self._preparing.add_done_callback(self.lane_ended)

    async def _prepare(self, assigned: set[int]) -> None:
        if self._on_assigned is not None:
            await self._on_assigned(assigned)
        self.progress += 1
        self._settled.set()

    async def _revoke(self, _: Any, revoked: set[TP], **kwargs: Any) -> None:
        mine = {tp.partition for tp in revoked if tp.topic == self.topic}
        self._settled.clear()
        if self._preparing is not None:
            self._preparing.cancel()
        self._assigned -= mine
        for partition in mine & self._lanes.keys():
            self._lanes[partition].forget()
        if mine and self._on_revoked is not None:
            await self._on_revoked(mine)

    def lane_ended(self, task: asyncio.Task[None]) -> None:
        """An error in a handler or in on_assigned ends the process: the record comes again after the restart."""
        if not task.cancelled() and task.exception() is not None:
            self.app.fail(task.exception())


def _record(event: EventT) -> Record:
    message = event.message
    return Record(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key or b"",
        value=message.value or b"",
        append_time=_EPOCH + timedelta(microseconds=round(message.timestamp * 1_000_000)),
    )
