"""The log on Apache Kafka: an idempotent producer with acks=all, readers without a group."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from aiokafka.structs import ConsumerRecord, RecordMetadata, TopicPartition

from services.log import kafka_topics
from services.log.errors import AppendRefused, AppendUnknown, LogUnavailable, LogUnusable, PartitionHalted
from services.log.interface import READ_BYTES, READ_LIMIT, Log, TopicsReport, check_size
from services.log.records import Appended, Record
from services.log.topics import PARTITIONS, TOPICS

APPEND_TIMEOUT_S = 30.0  # an idempotent producer tries for ever; after this the fate of the record is unknown
READ_TIMEOUT_S = 30.0
TAIL_POLL_MS = 1_000  # how long one poll of a tail waits for records (they are handed out when they come)
# The reader asks for what is there, never for what may come: a long poll at the end of a partition would hold up every
# question behind it on the same connection (measured: 2.0 s for each change of partition, 0.03 s with this).
READ_WAIT_MS = 10
TAIL_WAIT_MS = 500  # a tail may wait: it has a connection of its own
MAX_REQUEST = 1_048_576  # bytes of one produce request: Kafka's own limit of a batch
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def servers_of(url: str) -> list[str]:
    """The brokers behind kafka://host:port[,host:port]. Raises LogUnusable."""
    scheme, _, rest = url.partition("://")
    servers = [one for one in rest.rstrip("/").split(",") if one]
    if scheme != "kafka" or not servers or not all(":" in one for one in servers):
        raise LogUnusable(f"{url!r} is no Kafka cluster: give kafka://host:port")
    return servers


class KafkaLog(Log):
    """See `Log`. Connections are made when they are first needed."""

    _open: ClassVar[dict[str, KafkaLog]] = {}

    def __init__(self, url: str) -> None:
        self.url, self._servers = url, servers_of(url)
        self.halted = {}
        self._holders = 1
        self._producer: AIOKafkaProducer | None = None
        self._producer_lock = asyncio.Lock()
        self._reader: AIOKafkaConsumer | None = None
        self._reader_lock = asyncio.Lock()

    @classmethod
    def open(cls, url: str) -> Self:
        shared = cls._open.get(url)
        if shared is None:
            shared = cls._open[url] = cls(url)
        else:
            shared._holders += 1
        return shared

    async def _ready_producer(self) -> AIOKafkaProducer:
        async with self._producer_lock:
            if self._producer is not None and self._producer._txn_manager.is_fatal_error():
                spent, self._producer = self._producer, None
                await _stop(spent)
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._servers,
                    enable_idempotence=True,
                    acks="all",
                    linger_ms=0,
                    max_request_size=MAX_REQUEST,
                    request_timeout_ms=int(APPEND_TIMEOUT_S * 1_000),
                )
                try:
                    await producer.start()
                except KafkaError as error:
                    await _stop(producer)
                    raise AppendRefused(f"no Kafka broker answers at {', '.join(self._servers)}: {error}") from error
                self._producer = producer
            return self._producer

    async def _append_all(self, topic: str, entries: Sequence[tuple[int, bytes, bytes]]) -> list[Appended]:
        if not entries:
            return []
        count = self.partitions(topic)
        for partition, _, value in entries:
            check_size(topic, value)
            if not 0 <= partition < count:
                raise LogUnusable(f"{topic} has no partition {partition}")
            if (topic, partition) in self.halted:
                raise AppendRefused(f"nothing was recorded: {self.halted[topic, partition]}")
        producer = await self._ready_producer()
        sent: list[asyncio.Future[RecordMetadata]] = []
        try:
            for partition, key, value in entries:
                sent.append(await producer.send(topic, value, key=key, partition=partition))
        except KafkaError as error:
            if not sent:  # it never got into the producer's buffer
                raise AppendRefused(f"{topic}: Kafka takes no record: {error!r}") from error
            raise AppendUnknown(f"{topic}: {len(sent)} of {len(entries)} records were sent: {error!r}") from error
        return await self._receipts(topic, sent)

    async def _receipts(self, topic: str, sent: list[asyncio.Future[RecordMetadata]]) -> list[Appended]:
        _, pending = await asyncio.wait(sent, timeout=APPEND_TIMEOUT_S)
        if pending:
            for future in pending:  # somebody must look at what becomes of them
                future.add_done_callback(lambda late: late.cancelled() or late.exception())
            raise AppendUnknown(f"{topic}: Kafka did not acknowledge within {APPEND_TIMEOUT_S:.0f} s")
        errors = [error for future in sent if (error := future.exception()) is not None]
        if errors:
            raise AppendUnknown(f"{topic}: Kafka did not acknowledge: {errors[0]!r}") from errors[0]
        receipts = []
        for future in sent:
            metadata = future.result()
            if metadata.offset < 0:  # a retry of a record so old that the broker no longer knows its offset
                raise AppendUnknown(f"{topic}: Kafka acknowledged a retry without its offset")
            receipts.append(Appended(metadata.partition, metadata.offset, _time(metadata.timestamp)))
        return receipts

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AIOKafkaConsumer]:
        async with self._reader_lock:
            try:
                if self._reader is None:
                    self._reader = await self._start_consumer(READ_WAIT_MS)
                yield self._reader
            except OffsetOutOfRangeError:
                raise
            except KafkaError as error:
                raise LogUnavailable(f"Kafka at {', '.join(self._servers)}: {error!r}") from error

    async def _start_consumer(self, wait_ms: int) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",  # a missing offset is an error, never a silent jump
            max_partition_fetch_bytes=READ_BYTES,
            fetch_max_wait_ms=wait_ms,
            request_timeout_ms=int(READ_TIMEOUT_S * 1_000),
        )
        try:
            await consumer.start()
        except BaseException:
            await _stop(consumer)
            raise
        return consumer

    async def read(self, topic: str, partition: int, offset: int, limit: int = READ_LIMIT) -> list[Record]:
        if (topic, partition) in self.halted:
            raise self.halted[topic, partition]
        try:
            return await self._read(topic, partition, offset, limit)
        except PartitionHalted as error:
            self._halt(error)
            raise

    async def _read(self, topic: str, partition: int, offset: int, limit: int) -> list[Record]:
        place = TopicPartition(topic, partition)
        async with self._reading() as consumer:
            begin = (await consumer.beginning_offsets([place]))[place]
            end = (await consumer.end_offsets([place]))[place]
            start = _start(topic, partition, offset, begin)
            if start >= end:
                return []
            if consumer.assignment() != {place}:
                consumer.assign([place])
                consumer.seek(place, start)
            else:
                consumer.resume(place)
                if await consumer.position(place) != start:
                    consumer.seek(place, start)
            try:
                async with asyncio.timeout(READ_TIMEOUT_S):
                    found: list[ConsumerRecord] = []
                    while not found:
                        batches = await consumer.getmany(place, timeout_ms=TAIL_POLL_MS, max_records=limit)
                        found = batches.get(place, [])
            except TimeoutError as error:
                raise LogUnavailable(f"{topic}/{partition}: Kafka gave nothing at {start} of {end}") from error
            except OffsetOutOfRangeError as error:
                raise PartitionHalted(topic, partition, start, begin) from error
            finally:
                consumer.pause(place)
        return _contiguous(topic, partition, start, found)

    async def end(self, topic: str, partition: int) -> int:
        place = TopicPartition(topic, partition)
        async with self._reading() as consumer:
            return (await consumer.end_offsets([place]))[place]

    async def begin(self, topic: str, partition: int) -> int:
        place = TopicPartition(topic, partition)
        async with self._reading() as consumer:
            return (await consumer.beginning_offsets([place]))[place]

    async def tail(
        self, topic: str, partitions: Sequence[int], from_offsets: Mapping[int, int]
    ) -> AsyncIterator[list[Record]]:
        if not partitions:
            return
        consumer = await self._start_consumer(TAIL_WAIT_MS)
        try:
            positions = await self._positions(consumer, topic, partitions, from_offsets)
            consumer.assign(list(positions))
            for place, position in positions.items():
                consumer.seek(place, position)
            while True:
                try:
                    batches = await consumer.getmany(timeout_ms=TAIL_POLL_MS, max_records=READ_LIMIT)
                except OffsetOutOfRangeError as error:
                    for place, offset in error.args[0].items():
                        begin = (await consumer.beginning_offsets([place]))[place]
                        self._halt(PartitionHalted(topic, place.partition, offset, begin))
                        consumer.pause(place)
                    continue
                for place, found in batches.items():
                    try:
                        records = _contiguous(topic, place.partition, positions[place], found)
                    except PartitionHalted as error:
                        self._halt(error)
                        consumer.pause(place)
                        continue
                    if records:
                        positions[place] = records[-1].offset + 1
                        yield records
        except KafkaError as error:
            raise LogUnavailable(f"Kafka at {', '.join(self._servers)}: {error!r}") from error
        finally:
            await _stop(consumer)

    async def _positions(
        self, consumer: AIOKafkaConsumer, topic: str, partitions: Sequence[int], wanted: Mapping[int, int]
    ) -> dict[TopicPartition, int]:
        places = [TopicPartition(topic, partition) for partition in partitions]
        begins, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        positions = {}
        for place in places:
            try:
                positions[place] = _start(
                    topic, place.partition, wanted.get(place.partition, ends[place]), begins[place]
                )
            except PartitionHalted as error:
                self._halt(error)
        return positions

    def partitions(self, topic: str) -> int:
        if topic not in TOPICS:
            raise LogUnusable(f"there is no topic {topic}")
        return PARTITIONS["kafka"]

    async def ensure_topics(self) -> TopicsReport:
        return await asyncio.to_thread(kafka_topics.ensure, self.url, self._servers)

    async def check_topics(self) -> TopicsReport:
        return await asyncio.to_thread(kafka_topics.check, self.url, self._servers)

    async def close(self) -> None:
        self._holders -= 1
        if self._holders == 0:
            self._open.pop(self.url, None)
            for client in (self._producer, self._reader):
                if client is not None:
                    await _stop(client)
            self._producer = self._reader = None


async def _stop(client: Any) -> None:
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            await client.stop()
    except (KafkaError, TimeoutError):
        pass  # it is given up either way


def _start(topic: str, partition: int, offset: int, begin: int) -> int:
    if offset >= begin:
        return offset
    if TOPICS[topic].kept_for_ever:
        raise PartitionHalted(topic, partition, offset, begin)
    return begin


def _contiguous(topic: str, partition: int, expected: int, found: Sequence[ConsumerRecord]) -> list[Record]:
    records = []
    for one in found:
        if one.offset != expected:
            if not records:
                raise PartitionHalted(topic, partition, expected, one.offset)
            break
        records.append(Record(topic, partition, one.offset, one.key or b"", one.value or b"", _time(one.timestamp)))
        expected += 1
    return records


def _time(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
