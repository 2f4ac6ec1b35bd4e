"""A Faust transport whose broker is the SQLite log. Registered under the entry point group `faust.transports`.

One process writes the log, so every consumer group has one member, which owns all partitions of the topics it
subscribes to: there is one assignment at start-up and no rebalance afterwards (only if an app subscribes to more).
Several Faust apps in one process share one open log file: `SqliteLog.open` gives each the same.

What Faust 0.15.3 needs and its interface does not say: the assignment runs in its own task after `subscribe` has
returned (else start-up hangs), and a message needs the app's `consumer_generation_id` (else it is dropped silently).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, ClassVar

from faust.assignor.client_assignment import ClientAssignment
from faust.transport import base
from faust.transport.producer import Producer as BaseProducer
from faust.types import TP, ConsumerMessage, RecordMetadata

from services.log.delivery import DeliversInRuns
from services.log.records import Record
from services.log.sqlite_log import SqliteLog
from services.log.topics import TOPICS

FETCH_LIMIT = 200  # records of one partition a fetch returns at most
LOG_APPEND_TIME = 1  # Kafka's number for "stamped by the log"


class Consumer(DeliversInRuns):
    """Reads all partitions of the subscribed topics from the committed offsets of the app's group (`conf.id`)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._log: SqliteLog = self.transport.log
        self._assigned: set[TP] = set()
        self._positions: dict[TP, int] = {}

    async def subscribe(self, topics: Iterable[str]) -> None:
        wanted = {TP(topic, partition) for topic in topics for partition in range(self._log.partitions(topic))}
        if wanted == self._assigned:
            return
        self.app.on_rebalance_start()
        await self.on_partitions_revoked(self._assigned)
        self._assigned = wanted
        self.app.consumer_generation_id += 1
        by_topic: dict[str, list[int]] = defaultdict(list)
        for tp in wanted:
            self._positions[tp] = self._committed(tp)
            by_topic[tp.topic].append(tp.partition)
        assignor = self.app.assignor
        assignor._assignment = ClientAssignment(actives=dict(by_topic), standbys={})
        assignor._active_tps = assignor._assignment.active_tps
        assignor._standby_tps, assignor._tps_url = set(), {}
        self.add_future(self._assign(set(wanted)))

    async def _assign(self, wanted: set[TP]) -> None:
        await asyncio.sleep(0)
        await self.on_partitions_assigned(wanted, self.app.consumer_generation_id)

    def _committed(self, tp: TP) -> int:
        committed = self._log.committed(self.app.conf.id, tp.topic, tp.partition)
        return self._log.begin_now(tp.topic, tp.partition) if committed is None else committed

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> dict[TP, list[Record]]:  # noqa: ASYNC109
        bell = self._log.bell
        found: dict[TP, list[Record]] = {}
        for tp in sorted(self._assigned if active_partitions is None else active_partitions & self._assigned):
            position = self._positions[tp]
            if position < self._log.end_now(tp.topic, tp.partition):
                records = self._log.read_unhalted(tp.topic, tp.partition, position, FETCH_LIMIT)
                if records:
                    found[tp] = records
                    self._positions[tp] = records[-1].offset + 1
        if found:
            await asyncio.sleep(0)
        else:
            try:
                await asyncio.wait_for(bell.wait(), timeout)
            except TimeoutError:
                pass
        return found

    def _to_message(self, tp: TP, record: Record) -> ConsumerMessage:
        return ConsumerMessage(
            tp.topic,
            tp.partition,
            record.offset,
            record.append_time.timestamp(),
            LOG_APPEND_TIME,
            [],
            record.key,
            record.value,
            0,
            len(record.key),
            len(record.value),
            tp,
            generation_id=self.app.consumer_generation_id,
        )

    def _new_topicpartition(self, topic: str, partition: int) -> TP:
        return TP(topic, partition)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        await self._log.commit_offsets(self.app.conf.id, {(tp[0], tp[1]): at for tp, at in offsets.items()})
        return True

    async def seek_to_committed(self) -> Mapping[TP, int]:
        committed = {tp: self._committed(tp) for tp in self._assigned}
        self._positions.update(committed)
        return committed

    async def _seek(self, tp: TP, offset: int) -> None:
        self._positions[TP(*tp)] = offset

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        for tp, offset in partitions.items():
            await self.seek(tp, offset)

    async def seek_to_beginning(self, *partitions: TP) -> None:
        for tp in partitions:
            self._positions[TP(*tp)] = self._log.begin_now(*tp)

    async def position(self, tp: TP) -> int | None:
        return self._positions.get(TP(*tp))

    def assignment(self) -> set[TP]:
        return set(self._assigned)

    def highwater(self, tp: TP) -> int:
        return self._log.end_now(*tp)

    async def highwaters(self, *partitions: TP) -> Mapping[TP, int]:
        return {tp: self.highwater(tp) for tp in partitions}

    async def earliest_offsets(self, *partitions: TP) -> Mapping[TP, int]:
        return {tp: self._log.begin_now(*tp) for tp in partitions}

    def topic_partitions(self, topic: str) -> int | None:
        return self._log.partitions(topic) if topic in TOPICS else None

    def key_partition(self, topic: str, key: bytes | None, partition: int | None = None) -> int | None:
        return partition

    async def create_topic(self, topic: str, *args: Any, **kwargs: Any) -> None:
        """Topics are made with the file; an unknown one is an error."""
        self._log.partitions(topic)

    def close(self) -> None:
        """Nothing is held open for this consumer alone."""


class Producer(BaseProducer):
    """Faust's own way to send; our services append through the log itself. The partition must be given."""

    async def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int | None,
        timestamp: float | None,
        headers: Any,
        *,
        transactional_id: str | None = None,
    ) -> Awaitable[RecordMetadata]:
        if partition is None:
            raise ValueError(f"a send to {topic} needs its partition: it is the site's, never the key's hash")
        return asyncio.ensure_future(self._append(topic, key or b"", value or b"", partition))

    async def _append(self, topic: str, key: bytes, value: bytes, partition: int) -> RecordMetadata:
        receipt = await self.transport.log.append_to(topic, partition, key, value)
        return RecordMetadata(
            topic=topic,
            partition=partition,
            topic_partition=TP(topic, partition),
            offset=receipt.offset,
            timestamp=receipt.append_time.timestamp(),
            timestamp_type=LOG_APPEND_TIME,
        )

    async def send_and_wait(self, *args: Any, **kwargs: Any) -> RecordMetadata:
        return await (await self.send(*args, **kwargs))

    async def flush(self) -> None:
        await self.buffer.flush()

    async def create_topic(self, topic: str, *args: Any, **kwargs: Any) -> None:
        """Topics are made with the file; an unknown one is an error."""
        self.transport.log.partitions(topic)

    def key_partition(self, topic: str, key: bytes) -> TP:
        raise ValueError(f"a send to {topic} needs its partition: it is the site's, never the key's hash")

    def supports_headers(self) -> bool:
        return False


class Transport(base.Transport):
    """Opens the log of its URL when it is first needed."""

    Consumer: ClassVar[type] = Consumer
    Producer: ClassVar[type] = Producer
    driver_version = "sqlite"
    default_port = 0
    _log: SqliteLog | None = None

    @property
    def log(self) -> SqliteLog:
        if self._log is None:
            self._log = SqliteLog.open(str(self.url[0]))
        return self._log

    async def close_log(self) -> None:
        """Give the log back."""
        if self._log is not None:
            log, self._log = self._log, None
            await log.close()
