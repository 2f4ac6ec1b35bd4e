"""What a log can do, whichever it is. `open_log(url)` gives one."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from services.log.errors import PartitionHalted, RecordTooLarge
from services.log.records import RECORD_LIMIT, Appended, Record
from services.log.topics import partition_of

logger = logging.getLogger(__name__)

READ_LIMIT = 500  # records a read returns at most
READ_BYTES = 4 * 1024 * 1024  # a read stops after this many bytes (and at least one record)


@dataclass(frozen=True, slots=True)
class TopicsReport:
    """What `check_topics` found. `promise` says in one line which durability this log gives."""

    url: str
    problems: tuple[str, ...]
    promise: str

    @property
    def right(self) -> bool:
        return not self.problems


class Log(ABC):
    """A partitioned log. One object per URL and process; every method is called on the event loop."""

    url: str
    halted: dict[
        tuple[str, int], PartitionHalted
    ]  # by (topic, partition): those found with a gap, for pages and alarms

    async def append(self, topic: str, site_id: str, value: bytes) -> Appended:
        """Append to the site's partition and wait until it is durable (acks=all, idempotent / fsync).

        Raises AppendRefused (LogFull, RecordTooLarge: nothing was recorded) or AppendUnknown (it may have been).
        """
        partition = partition_of(site_id, self.partitions(topic))
        return await self.append_to(topic, partition, site_id.encode(), value)

    async def append_many(self, topic: str, entries: Sequence[tuple[str, bytes]]) -> list[Appended]:
        """Append (site_id, value) pairs pipelined; the receipts come in their order once all are durable.

        On an error some of them may be on the log: the caller folds again before it decides again.
        """
        count = self.partitions(topic)
        return await self._append_all(
            topic, [(partition_of(site_id, count), site_id.encode(), value) for site_id, value in entries]
        )

    async def append_to(self, topic: str, partition: int, key: bytes, value: bytes) -> Appended:
        """Append to a partition named by number (dead letters of keys that are no site id)."""
        return (await self._append_all(topic, [(partition, key, value)]))[0]

    @abstractmethod
    async def _append_all(self, topic: str, entries: Sequence[tuple[int, bytes, bytes]]) -> list[Appended]: ...

    @abstractmethod
    async def read(self, topic: str, partition: int, offset: int, limit: int = READ_LIMIT) -> list[Record]:
        """Records from `offset` on, contiguous; empty only at the end. It may return fewer than `limit` before the end.

        Raises PartitionHalted at a gap (what stands before it is given first), or if a topic that is kept for ever
        starts above 0; appends to that partition are refused from then on. Where retention removed records, it starts
        at the first one left.
        """

    @abstractmethod
    async def end(self, topic: str, partition: int) -> int:
        """The offset the next record will get."""

    @abstractmethod
    async def begin(self, topic: str, partition: int) -> int:
        """The offset of the first record still there (= end if there is none)."""

    @abstractmethod
    def tail(
        self, topic: str, partitions: Sequence[int], from_offsets: Mapping[int, int]
    ) -> AsyncIterator[list[Record]]:
        """Follow partitions without a group, for ever: non-empty batches, each of one partition, in its order.

        A partition missing from `from_offsets` starts at its present end. A halted partition gives nothing more: it is
        in `halted`, logged once, and the others go on.
        """

    def _halt(self, error: PartitionHalted) -> None:
        place = error.topic, error.partition
        if place not in self.halted:
            self.halted[place] = error
            logger.critical("%s", error)

    @abstractmethod
    def partitions(self, topic: str) -> int:
        """How many partitions the topic has (fixed at creation)."""

    @abstractmethod
    async def ensure_topics(self) -> TopicsReport:
        """Create what is missing of topics.toml, then check."""

    @abstractmethod
    async def check_topics(self) -> TopicsReport:
        """Compare the log with topics.toml: partition counts, retention, timestamp type, durability."""

    @abstractmethod
    async def close(self) -> None:
        """Release it; the last one of a process closes it. Appends that wait are finished first."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def check_size(topic: str, value: bytes) -> None:
    """Raise RecordTooLarge above RECORD_LIMIT."""
    if len(value) > RECORD_LIMIT:
        raise RecordTooLarge(f"a record of {len(value)} bytes is over the limit of {RECORD_LIMIT} for {topic}")
