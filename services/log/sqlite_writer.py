"""The one thread that writes the SQLite log: what waits is written in one transaction and one fsync (group commit)."""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from services.log.errors import AppendRefused, AppendUnknown, LogError, LogFull
from services.log.sqlite_file import LockFile, connect, set_meta, table, transaction
from services.log.topics import TOPICS

GROUP_RECORDS = 1_000  # records one transaction takes at most
GROUP_BYTES = 8 * 1024 * 1024
TRIM_EVERY_S = 3_600.0
TRIM_RECORDS = 1_000  # records one transaction of the retention removes at most
MICROSECONDS = 1_000_000
PAGE_BYTES = 4_096
SQLITE_FULL = 13

log = logging.getLogger(__name__)
Place = tuple[str, int]  # topic, partition


@dataclass(slots=True)
class Job:
    """One thing to write, and whom to tell. `result` is filled by the thread."""

    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[list[tuple[int, int]]]
    appends: list[tuple[str, int, bytes, bytes]] = field(default_factory=list)  # topic, partition, key, value
    commits: list[tuple[str, str, int, int]] = field(default_factory=list)  # group, topic, partition, offset
    result: list[tuple[int, int]] = field(default_factory=list)  # per append: offset, append time in microseconds

    @property
    def size(self) -> int:
        return sum(len(value) for *_, value in self.appends)


class Writer(threading.Thread):
    """Owns the writing connection. `settle(ends, jobs, error)` is called on the loop after each transaction."""

    def __init__(
        self,
        path: Path,
        lock: LockFile,
        instance: str,
        settle: Callable[[dict[Place, int], list[Job], LogError | None], None],
        max_bytes: int | None = None,
    ) -> None:
        # A daemon: a process that ends without closing the log leaves what kill -9 leaves, which is whole.
        super().__init__(name="log-writer", daemon=True)
        self._db = connect(path)
        if max_bytes is not None:
            self._db.execute(f"PRAGMA max_page_count={max(1, max_bytes // PAGE_BYTES)}")
        self._path, self._lock, self._instance, self._settle = path, lock, instance, settle
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self.ends: dict[Place, int] = {}
        self.begins: dict[Place, int] = {}
        for topic, partition, begin, end in self._db.execute("SELECT * FROM partitions"):
            self.begins[topic, partition], self.ends[topic, partition] = begin, end
        self._total = sum(self.ends.values())
        self._broken: LogError | None = None
        self._trimmed_at = -TRIM_EVERY_S
        set_meta(self._db, "state", "open")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # so that a copy of the main file alone says "open"
        self._lock.write(self._instance, self._total)

    def submit(self, job: Job) -> None:
        self._jobs.put(job)

    def stop(self) -> None:
        """Finish what waits, close the file, release the lock."""
        self._jobs.put(None)

    def run(self) -> None:
        going = True
        while going:
            self._trim_when_due()
            group, going = self._next_group()
            if group:
                self._write(group)
        self._close()

    def _next_group(self) -> tuple[list[Job], bool]:
        try:
            job = self._jobs.get(timeout=TRIM_EVERY_S)
        except queue.Empty:
            return [], True
        group, records, size = [], 0, 0
        while job is not None:
            group.append(job)
            records, size = records + len(job.appends), size + job.size
            if records >= GROUP_RECORDS or size >= GROUP_BYTES:
                return group, True
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _write(self, group: list[Job]) -> None:
        ends: dict[Place, int] = {}
        error = self._broken
        if error is None:
            try:
                with transaction(self._db):
                    self._insert(group, ends)
            except sqlite3.Error as cause:
                error, ends = self._judge(cause), {}
                log.error("%s", error)
            except BaseException as cause:
                error, ends = AppendRefused(f"the log could not write: {cause!r}"), {}
                log.exception("the log could not write")
        if ends:
            self._total += sum(end - self.ends[place] for place, end in ends.items())
            self._lock.write(self._instance, self._total)
            self.ends.update(ends)
        by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
        for job in group:
            by_loop.setdefault(job.loop, []).append(job)
        for loop, jobs in by_loop.items():
            try:
                loop.call_soon_threadsafe(self._settle, ends, jobs, error)
            except RuntimeError:  # the loop is closed: nobody waits any more
                pass

    def _insert(self, group: list[Job], ends: dict[Place, int]) -> None:
        now_us = time.time_ns() // 1_000  # the append time: inside the transaction, just before it is made durable
        rows: dict[Place, list[tuple[int, bytes, bytes, int]]] = {}
        for job in group:
            job.result = []
            for topic, partition, key, value in job.appends:
                place = topic, partition
                offset = ends.get(place, self.ends[place])
                ends[place] = offset + 1
                rows.setdefault(place, []).append((offset, key, value, now_us))
                job.result.append((offset, now_us))
        for place, values in rows.items():
            self._db.executemany(f"INSERT INTO {table(*place)} VALUES(?, ?, ?, ?)", values)
        self._db.executemany(
            'UPDATE partitions SET "end" = ? WHERE topic = ? AND partition = ?',
            [(end, *place) for place, end in ends.items()],
        )
        commits = [commit for job in group for commit in job.commits]
        if commits:
            self._db.executemany("INSERT OR REPLACE INTO commits VALUES(?, ?, ?, ?)", commits)

    def _judge(self, cause: sqlite3.Error) -> LogError:
        if getattr(cause, "sqlite_errorcode", None) == SQLITE_FULL:
            # Rolled back: without its commit frame the transaction does not exist.
            return LogFull(f"{self._path}: {cause}; nothing was recorded")
        if isinstance(cause, sqlite3.OperationalError) and "disk I/O" not in str(cause):
            return AppendRefused(f"{self._path}: {cause}; nothing was recorded")
        # After a failed fsync nobody can say what is on the disk: this process must not write again.
        self._broken = AppendUnknown(f"{self._path}: {cause}; it is not known what was recorded")
        return self._broken

    def _trim_when_due(self) -> None:
        if self._broken or time.monotonic() - self._trimmed_at < TRIM_EVERY_S:
            return
        self._trimmed_at = time.monotonic()
        for topic in TOPICS.values():
            if topic.retention_s is not None:
                oldest_us = time.time_ns() // 1_000 - topic.retention_s * MICROSECONDS
                for place in [place for place in self.ends if place[0] == topic.name]:
                    try:
                        self._trim(place, oldest_us)
                    except sqlite3.Error as error:
                        log.warning("old records of %s/%d stay for now: %s", *place, error)
                        return

    def _trim(self, place: Place, oldest_us: int) -> None:
        more = True
        while more:
            first = self._db.execute(
                f'SELECT "offset", append_us FROM {table(*place)} ORDER BY "offset" LIMIT ?',  # noqa: S608
                (TRIM_RECORDS,),
            ).fetchall()
            old = [offset for offset, append_us in first if append_us < oldest_us]
            more = len(old) == TRIM_RECORDS
            if old:
                begin = old[-1] + 1
                with transaction(self._db):
                    self._db.execute(f'DELETE FROM {table(*place)} WHERE "offset" < ?', (begin,))  # noqa: S608
                    self._db.execute(
                        'UPDATE partitions SET "begin" = ? WHERE topic = ? AND partition = ?', (begin, *place)
                    )
                self.begins[place] = begin

    def _close(self) -> None:
        try:
            if self._broken is None:
                set_meta(self._db, "state", "closed")
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            log.warning("the log was not closed cleanly, it is whole all the same: %s", error)
        finally:
            self._db.close()
            self._lock.release()
