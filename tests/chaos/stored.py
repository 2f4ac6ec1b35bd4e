"""Reading the whole log as it is stored, without any code of the product: sqlite3, or kafka-python.

Nothing in the checker (this file, links, oracle*, answers, checker) imports from services/, schemas/ or deploy/: what
it knows it knows from the written rules.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

READ_TIMEOUT_MS = 20_000  # kafka: longest wait for one record that must be there


@dataclass(frozen=True, slots=True)
class Stored:
    """One record as the log has it. `append_time` is the log's own clock (UTC)."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    append_time: datetime


class Unreachable(Exception):
    """The log can't be read as a whole; the message says which part."""


def read_topics(url: str, topics: Iterable[str]) -> dict[str, list[Stored]]:
    """Every record of the topics, by partition and offset. Raises Unreachable."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        return {topic: _sqlite(rest, topic) for topic in topics}
    if scheme == "kafka":
        return {topic: _kafka(rest, topic) for topic in topics}
    raise Unreachable(f"{url!r} is no log")


def _sqlite(path: str, topic: str) -> list[Stored]:
    file = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        rows = file.execute(
            'select partition, "offset", key, value, append_us from records where topic = ? order by 1, 2', (topic,)
        )
        return [Stored(topic, p, o, bytes(k), bytes(v), _from_micros(t)) for p, o, k, v, t in rows]
    except sqlite3.Error as error:
        raise Unreachable(f"{path}: {error}") from error
    finally:
        file.close()


def log_size(url: str) -> int:
    """How many records `outcomes` has: grows until everything has been decided."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        with sqlite3.connect(f"file:{rest}?mode=ro", uri=True) as file:
            return int(file.execute("select sum(\"end\") from partitions where topic = 'outcomes'").fetchone()[0])
    from kafka import KafkaConsumer, TopicPartition

    consumer: Any = KafkaConsumer(bootstrap_servers=rest, group_id=None)
    try:
        partitions = [TopicPartition("outcomes", number) for number in consumer.partitions_for_topic("outcomes")]
        return sum(consumer.end_offsets(partitions).values())
    finally:
        consumer.close()


def tail_problems(url: str, topics: dict[str, list[Stored]]) -> list[str]:
    """The SQLite log keeps the next offset of each partition beside it: a missing last record shows there."""
    scheme, _, path = url.partition("://")
    if scheme != "sqlite":
        return []  # kafka: the reader has gone to the end that the broker named
    lasts = {(s.topic, s.partition): s.offset for records in topics.values() for s in records}
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as file:
        ends = file.execute('select topic, partition, "end" from partitions').fetchall()
    return [
        f"{topic}/{partition}: the log ends at {end}, the last record there is {lasts.get((topic, partition), -1)}"
        for topic, partition, end in ends
        if topic in topics and lasts.get((topic, partition), -1) != end - 1
    ]


def _from_micros(microseconds: int) -> datetime:
    seconds, rest = divmod(microseconds, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


def _kafka(address: str, topic: str) -> list[Stored]:
    from kafka import KafkaConsumer, TopicPartition

    consumer: Any = KafkaConsumer(
        bootstrap_servers=address, group_id=None, enable_auto_commit=False, consumer_timeout_ms=READ_TIMEOUT_MS
    )
    try:
        numbers = consumer.partitions_for_topic(topic)
        if not numbers:
            raise Unreachable(f"{address} has no topic {topic}")
        partitions = [TopicPartition(topic, number) for number in sorted(numbers)]
        ends = consumer.end_offsets(partitions)
        starts = consumer.beginning_offsets(partitions)
        wanted = {p for p in partitions if ends[p] > starts[p]}
        if not wanted:
            return []
        consumer.assign(sorted(wanted))
        consumer.seek_to_beginning(*wanted)
        found: list[Stored] = []
        for record in consumer:
            at = _from_micros(record.timestamp * 1000)
            found.append(Stored(topic, record.partition, record.offset, record.key or b"", record.value or b"", at))
            if record.offset + 1 >= ends[TopicPartition(topic, record.partition)]:
                wanted.discard(TopicPartition(topic, record.partition))
                if not wanted:
                    break
        if wanted:
            raise Unreachable(f"{topic}: no end reached on partitions {sorted(p.partition for p in wanted)}")
        return sorted(found, key=lambda stored: (stored.partition, stored.offset))
    finally:
        consumer.close()


def offset_problems(records: list[Stored]) -> list[str]:
    """A partition must start at 0 and have no hole (the log is neither compacted nor transactional)."""
    problems, expected = [], {}
    for stored in records:
        due = expected.get(stored.partition, 0)
        if stored.offset != due:
            problems.append(f"{stored.topic}/{stored.partition}: offset {due} is missing, next is {stored.offset}")
        expected[stored.partition] = stored.offset + 1
    return problems
