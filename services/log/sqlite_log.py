"""The log in one SQLite file: the default. One machine, one writing process, durable at every append."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Self

from services.log.errors import AppendRefused, LogError, LogUnusable, PartitionHalted
from services.log.interface import READ_BYTES, READ_LIMIT, Log, TopicsReport, check_size
from services.log.records import Appended, Record
from services.log.sqlite_file import (
    LockFile,
    Mark,
    back_up,
    check_format,
    check_whole,
    connect,
    create,
    find_halted,
    lock_path,
    path_of,
    read_mark,
    refuse_network,
    table,
    wal_exists,
)
from services.log.sqlite_writer import Job, Place, Writer
from services.log.topics import PARTITIONS, TOPICS

FOREIGN_POLL_S = 0.1  # a reader beside the writing process looks this often for new records
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PROMISE = "durable: every append is fsynced (synchronous=FULL, WAL) before it is acknowledged"


class SqliteLog(Log):
    """See `Log`. Opening the same path again in one process gives the same object; close it as often as opened."""

    _open: ClassVar[dict[Path, SqliteLog]] = {}

    def __init__(self, url: str, path: Path, *, read_only: bool, max_bytes: int | None) -> None:
        self.url, self.path, self.read_only = url, path, read_only
        self.halted = {}
        self._holders = 1
        self._bell = asyncio.Event()
        self._writer: Writer | None = None
        self._max_bytes = max_bytes
        if read_only:
            self._open_read_only()
        else:
            self._open_for_writing()

    @classmethod
    def open(cls, url: str, *, read_only: bool = False, max_bytes: int | None = None) -> Self:
        """Open, or make, the log. `max_bytes` bounds the file: beyond it appends fail with LogFull."""
        path = path_of(url)
        if read_only:
            return cls(url, path, read_only=True, max_bytes=None)
        shared = cls._open.get(path)
        if shared is None:
            shared = cls._open[path] = cls(url, path, read_only=False, max_bytes=max_bytes)
        else:
            shared._holders += 1
        return shared

    def _open_for_writing(self) -> None:
        path = self.path
        if not path.parent.is_dir():
            raise LogUnusable(f"the folder {path.parent} does not exist")
        refuse_network(path.parent)
        try:
            mark = read_mark(lock_path(path))
            lock = LockFile(lock_path(path))
        except OSError as error:
            raise LogUnusable(f"{path}: {error.strerror}") from error
        try:
            if not path.exists():
                if mark is not None and mark.total:
                    raise LogUnusable(f"{path} is gone, although {mark.total} records were written to it; restore it")
                create(path)
            self._db = self._connect(mark)
            instance = self._db.execute("SELECT value FROM meta WHERE name = 'instance'").fetchone()[0]
            self._db.execute("PRAGMA query_only=ON")
            try:
                self._writer = Writer(path, lock, instance, self._settle, self._max_bytes)
            except BaseException:
                self._db.close()
                raise
            self._ends, self._begins = dict(self._writer.ends), self._writer.begins
            self._writer.start()
        except BaseException as error:
            lock.release()
            if isinstance(error, sqlite3.Error | OSError):
                raise LogUnusable(f"{path} can't be opened: {error}") from error
            raise

    def _open_read_only(self) -> None:
        if not self.path.exists():
            raise LogUnusable(f"{self.path} does not exist")
        try:
            self._db = self._connect(read_mark(lock_path(self.path)))
            self._refresh()
        except sqlite3.Error as error:
            raise LogUnusable(f"{self.path} can't be opened: {error}") from error

    def _connect(self, mark: Mark | None) -> sqlite3.Connection:
        """A connection for reading to a log that has been found whole (the mark was read before it was opened)."""
        with_wal = wal_exists(self.path)
        db = connect(self.path, read_only=self.read_only)
        try:
            check_format(db, self.path)
            check_whole(db, self.path, mark, with_wal)
            for error in find_halted(db):
                self._halt(error)
        except BaseException:
            db.close()
            raise
        return db

    def _refresh(self) -> None:
        # A reader beside the writing process learns the ends from the file.
        rows = self._db.execute("SELECT * FROM partitions").fetchall()
        self._begins = {(topic, partition): begin for topic, partition, begin, _ in rows}
        self._ends = {(topic, partition): end for topic, partition, _, end in rows}

    def _settle(self, ends: dict[Place, int], jobs: list[Job], error: LogError | None) -> None:
        self._ends.update(ends)
        for job in jobs:
            if not job.future.done():
                if error is None:
                    job.future.set_result(job.result)
                else:
                    job.future.set_exception(type(error)(*error.args))
        if ends:
            self._bell.set()
            self._bell = asyncio.Event()

    def _submit(self, job: Job) -> asyncio.Future[list[tuple[int, int]]]:
        if self._writer is None:
            raise LogUnusable(f"{self.path} is open for reading only")
        self._writer.submit(job)
        return job.future

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
        loop = asyncio.get_running_loop()
        job = Job(loop, loop.create_future(), [(topic, *entry) for entry in entries])
        result = await self._submit(job)
        return [
            Appended(partition, offset, _time(append_us))
            for (partition, _, _), (offset, append_us) in zip(entries, result, strict=True)
        ]

    async def commit_offsets(self, group: str, offsets: Mapping[Place, int]) -> None:
        """Store a consumer group's positions durably (with whatever else is being written)."""
        loop = asyncio.get_running_loop()
        job = Job(loop, loop.create_future())
        job.commits = [(group, topic, partition, offset) for (topic, partition), offset in offsets.items()]
        await self._submit(job)

    def committed(self, group: str, topic: str, partition: int) -> int | None:
        """Where a consumer group goes on, None if it never committed."""
        row = self._db.execute(
            'SELECT "offset" FROM commits WHERE "group" = ? AND topic = ? AND partition = ?', (group, topic, partition)
        ).fetchone()
        return row[0] if row else None

    async def read(self, topic: str, partition: int, offset: int, limit: int = READ_LIMIT) -> list[Record]:
        return self.read_now(topic, partition, offset, limit)

    def read_now(self, topic: str, partition: int, offset: int, limit: int = READ_LIMIT) -> list[Record]:
        """`read` without awaiting: the file is local, and the rows are in memory or one page away."""
        if self.read_only:
            self._refresh()
        if (topic, partition) in self.halted:
            raise self.halted[topic, partition]
        try:
            return self._read(topic, partition, offset, limit)
        except PartitionHalted as error:
            self._halt(error)
            raise

    def _read(self, topic: str, partition: int, offset: int, limit: int) -> list[Record]:
        begin, end = self._begins[topic, partition], self._ends[topic, partition]
        expected = offset if TOPICS[topic].kept_for_ever else max(offset, begin)
        if expected >= end:
            return []
        cursor = self._db.execute(
            f'SELECT "offset", key, value, append_us FROM {table(topic, partition)} '  # noqa: S608
            'WHERE "offset" >= ? AND "offset" < ? ORDER BY "offset" LIMIT ?',
            (expected, end, limit),
        )
        records: list[Record] = []
        size = 0
        with closing(cursor):
            for found, key, value, append_us in cursor:
                if found != expected:
                    if not records:
                        raise PartitionHalted(topic, partition, expected, found)
                    break
                records.append(Record(topic, partition, found, key, value, _time(append_us)))
                expected, size = expected + 1, size + len(value)
                if size >= READ_BYTES:
                    break
        if not records:
            raise PartitionHalted(topic, partition, expected, end)
        return records

    def read_unhalted(self, topic: str, partition: int, offset: int, limit: int) -> list[Record]:
        """`read_now` for whoever follows several partitions: nothing from a halted one."""
        try:
            return self.read_now(topic, partition, offset, limit)
        except PartitionHalted:
            return []

    async def end(self, topic: str, partition: int) -> int:
        if self.read_only:
            self._refresh()
        return self._ends[topic, partition]

    async def begin(self, topic: str, partition: int) -> int:
        if self.read_only:
            self._refresh()
        return self._begins[topic, partition]

    def end_now(self, topic: str, partition: int) -> int:
        """The end as this process last saw it."""
        return self._ends[topic, partition]

    def begin_now(self, topic: str, partition: int) -> int:
        """The first offset still there, as this process last saw it."""
        return self._begins[topic, partition]

    @property
    def bell(self) -> asyncio.Event:
        """Set once, after the next append; take it before looking, so that none is missed."""
        return self._bell

    async def tail(
        self, topic: str, partitions: Sequence[int], from_offsets: Mapping[int, int]
    ) -> AsyncIterator[list[Record]]:
        positions = {
            partition: from_offsets[partition] if partition in from_offsets else await self.end(topic, partition)
            for partition in partitions
        }
        while True:
            bell, found = self._bell, False
            for partition in partitions:
                records = self.read_unhalted(topic, partition, positions[partition], READ_LIMIT)
                if records:
                    found = True
                    positions[partition] = records[-1].offset + 1
                    yield records
            if not found:
                if self.read_only:
                    await asyncio.sleep(FOREIGN_POLL_S)
                else:
                    await bell.wait()

    def partitions(self, topic: str) -> int:
        if topic not in TOPICS:
            raise LogUnusable(f"there is no topic {topic}")
        return PARTITIONS["sqlite"]

    async def ensure_topics(self) -> TopicsReport:
        return await self.check_topics()  # made with the file, checked when it is opened

    async def check_topics(self) -> TopicsReport:
        return TopicsReport(self.url, (), PROMISE)

    async def backup(self, target: Path) -> None:
        """Write a whole copy of the log to `target` (see back_up) while it is in use."""
        free = shutil.disk_usage(target.parent).free
        need = self.path.stat().st_size
        if free < need:
            raise LogUnusable(f"{target.parent} has {free} bytes free, the backup needs {need}")
        await asyncio.to_thread(back_up, self.path, target)

    async def close(self) -> None:
        self._holders -= 1
        if self._holders == 0:
            if self._writer is not None:
                self._writer.stop()
                await asyncio.to_thread(self._writer.join)
                self._open.pop(self.path, None)
            self._db.close()


def _time(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
