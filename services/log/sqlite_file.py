"""The SQLite log's file: where it may live, who may write it, and whether it is whole.

Beside `log.db` stand SQLite's own `-wal` and `-shm` and our `log.db.lock`. The lock file is locked by the writing
process and holds the *mark*: how many records this file has acknowledged. Records live in the WAL until SQLite moves
them, so a copy of `log.db` alone lacks the newest ones; it is recognised by the mark, or by `state = open` without a
WAL beside it. `sevengates backup` makes a copy that is whole.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from services.log.errors import LogIncomplete, LogLocked, LogUnusable, PartitionHalted
from services.log.topics import PARTITIONS, TOPICS

APPLICATION_ID = 0x53374C47  # "S7LG": other SQLite files are refused
FORMAT = "1"
BUSY_TIMEOUT_S = 5.0  # how long SQLite waits for another connection of its own file
SPACE_IN_MOUNTS = "\\040"  # how /proc/mounts writes a space
MARK_BYTES = 96  # one write of less than a disk sector: never torn
# File systems whose locks or shared memory cannot be trusted for SQLite's WAL (sqlite.org/wal.html).
NETWORK_FILE_SYSTEMS = frozenset(
    (
        *("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "9p", "afpfs", "afs", "ceph", "glusterfs", "lustre", "ocfs2"),
        *("gfs2", "beegfs", "davfs", "webdav", "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs"),
        *("fuse.rclone", "fuse.davfs2", "fuse.smbnetfs"),
    )
)


def path_of(url: str) -> Path:
    """The file behind sqlite:///absolute/path.db. Raises LogUnusable."""
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.scheme != "sqlite" or parts.netloc or not path.is_absolute() or not path.name:
        raise LogUnusable(f"{url!r} is no SQLite log: give sqlite:///absolute/path.db (three slashes)")
    return path.parent.resolve() / path.name


def file_system_of(path: Path, mounts: str | None = None) -> str:
    """The type of the file system that holds `path` ("" if the system doesn't say)."""
    if mounts is None:
        mounts = _mounts()
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) >= 3:
            point = fields[1].replace(SPACE_IN_MOUNTS, " ")
            inside = path == Path(point) or Path(point) in path.parents
            if inside and len(point) >= len(best):
                best, kind = point, fields[2]
    return kind


def _mounts() -> str:
    if sys.platform.startswith("linux"):
        return Path("/proc/mounts").read_text(errors="replace")
    lines = []  # macOS: "/dev/disk1 on /path (apfs, local)", turned into the columns of /proc/mounts
    answer = subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=False, timeout=10)
    for line in answer.stdout.splitlines():
        point, _, kinds = line.partition(" on ")[2].rpartition(" (")
        kind = kinds.split(",")[0].rstrip(")")
        lines.append(f"device {point.replace(' ', SPACE_IN_MOUNTS)} {kind}")
    return "\n".join(lines)


def refuse_network(path: Path) -> None:
    """Raise LogUnusable if `path` is on a network file system."""
    kind = file_system_of(path)
    if kind in NETWORK_FILE_SYSTEMS:
        raise LogUnusable(f"{path} is on a network file system ({kind}); the log needs a local disk")


@dataclass(frozen=True, slots=True)
class Mark:
    """What the lock file says: the process that wrote last, the log it belongs to, the records acknowledged."""

    pid: int
    instance: str
    total: int


class LockFile:
    """The writer's lock on a log, held until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = read_mark(path)
            os.close(self._fd)
            who = f"process {owner.pid}" if owner else "another process"
            raise LogLocked(f"{path.with_suffix('')} is in use by {who}") from None

    def write(self, instance: str, total: int) -> None:
        """Set the mark. Not fsynced: after a power failure it may be behind, never ahead."""
        os.pwrite(self._fd, f"{os.getpid()} {instance} {total}".ljust(MARK_BYTES - 1).encode() + b"\n", 0)

    def release(self) -> None:
        os.close(self._fd)


def lock_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def read_mark(path: Path) -> Mark | None:
    """The mark in a lock file, None if there is none."""
    try:
        pid, instance, total = path.read_text("ascii").split()
        return Mark(int(pid), instance, int(total))
    except (OSError, ValueError):
        return None


def table(topic: str, partition: int) -> str:
    """The table of one partition, quoted: its rowid is the offset."""
    return f'"{topic}/{partition}"'


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection for use on one thread at a time, with the log's durability settings."""
    uri = f"{path.as_uri()}?mode={'ro' if read_only else 'rw'}"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_S)
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA fullfsync=ON")  # macOS: fsync alone does not reach the disk; elsewhere without effect
    db.execute("PRAGMA checkpoint_fullfsync=ON")
    return db


def create(path: Path) -> None:
    """Make an empty log. It appears under its name only when it is whole."""
    draft = path.with_name(path.name + ".new")
    for leftover in (draft, draft.with_name(draft.name + "-wal"), draft.with_name(draft.name + "-shm")):
        leftover.unlink(missing_ok=True)
    draft.touch(0o640)
    count = PARTITIONS["sqlite"]
    rows = [(topic, partition) for topic in TOPICS for partition in range(count)]
    with closing(connect(draft)) as db:
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        db.execute("PRAGMA journal_mode=WAL")
        with transaction(db):
            db.execute("CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
            db.execute(
                'CREATE TABLE partitions(topic TEXT, partition INTEGER, "begin" INTEGER NOT NULL, '
                '"end" INTEGER NOT NULL, PRIMARY KEY(topic, partition)) WITHOUT ROWID'
            )
            db.execute(
                'CREATE TABLE commits("group" TEXT, topic TEXT, partition INTEGER, "offset" INTEGER NOT NULL, '
                'PRIMARY KEY("group", topic, partition)) WITHOUT ROWID'
            )
            for topic, partition in rows:
                db.execute(
                    f'CREATE TABLE {table(topic, partition)}("offset" INTEGER PRIMARY KEY, key BLOB NOT NULL, '
                    "value BLOB NOT NULL, append_us INTEGER NOT NULL)"
                )
            db.execute(f"CREATE VIEW records AS {_records_view(rows)}")
            db.executemany("INSERT INTO partitions VALUES(?, ?, 0, 0)", rows)
            db.executemany(
                "INSERT INTO meta VALUES(?, ?)",
                [("format", FORMAT), ("partitions", str(count)), ("instance", uuid.uuid4().hex), ("state", "closed")],
            )
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.replace(draft, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _records_view(rows: list[tuple[str, int]]) -> str:
    # For people and auditors: the whole log as one table.
    return " UNION ALL ".join(
        f"SELECT '{topic}' AS topic, {partition} AS partition, \"offset\", key, value, append_us "  # noqa: S608
        f"FROM {table(topic, partition)}"
        for topic, partition in rows
    )


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK and the error."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def check_format(db: sqlite3.Connection, path: Path) -> None:
    """Raise LogUnusable if this is no log of ours, or one with other partitions."""
    try:
        if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise LogUnusable(f"{path} is no Sevengates log")
        meta = dict(db.execute("SELECT name, value FROM meta"))
    except sqlite3.DatabaseError as error:
        raise LogUnusable(f"{path} can't be read as a log: {error}") from error
    if meta.get("format") != FORMAT:
        raise LogUnusable(f"{path} has format {meta.get('format')}, this release reads {FORMAT}")
    if meta["partitions"] != str(PARTITIONS["sqlite"]):
        raise LogUnusable(
            f"{path} was made with {meta['partitions']} partitions, topics.toml says {PARTITIONS['sqlite']}: "
            "partition counts are fixed when a log is made"
        )
    known = {row[0] for row in db.execute("SELECT DISTINCT topic FROM partitions")}
    if known != set(TOPICS):
        raise LogUnusable(f"{path} has the topics {sorted(known)}, topics.toml says {sorted(TOPICS)}")


def check_whole(db: sqlite3.Connection, path: Path, mark: Mark | None, wal_was_there: bool) -> None:
    """Raise LogIncomplete if acknowledged records are missing."""
    meta = dict(db.execute("SELECT name, value FROM meta"))
    total = db.execute('SELECT sum("end") FROM partitions').fetchone()[0]
    if mark is not None and mark.instance == meta["instance"]:
        if total < mark.total:
            raise LogIncomplete(
                f"{path} holds {total} of {mark.total} records: it was copied or left without its -wal file; "
                "bring back the -wal file or restore a backup"
            )
    elif meta["state"] == "open" and not wal_was_there:
        raise LogIncomplete(
            f"{path} was copied while it was in use and without its -wal file: its newest records are missing; "
            "copy a log with `sevengates backup`"
        )


def find_halted(db: sqlite3.Connection) -> Iterator[PartitionHalted]:
    """The partitions whose first or last record is not the one its row names. Gaps between are found by reading."""
    for topic, partition, begin, end in db.execute("SELECT * FROM partitions").fetchall():
        first, last = db.execute(
            f'SELECT min("offset"), max("offset") FROM {table(topic, partition)}'  # noqa: S608
        ).fetchone()
        found = (begin, begin) if first is None else (first, last + 1)
        if TOPICS[topic].kept_for_ever and found[0] != 0:
            yield PartitionHalted(topic, partition, 0, found[0])
        elif found != (begin, end):
            expected, other = (begin, found[0]) if found[0] != begin else (end, found[1])
            yield PartitionHalted(topic, partition, expected, other)


def wal_exists(path: Path) -> bool:
    """Whether there is a WAL with something in it (merely looking at a log leaves an empty one)."""
    wal = path.with_name(path.name + "-wal")
    return wal.exists() and wal.stat().st_size > 0


def set_meta(db: sqlite3.Connection, name: str, value: str) -> None:
    with transaction(db):
        db.execute("UPDATE meta SET value = ? WHERE name = ?", (value, name))


def back_up(source: Path, target: Path) -> None:
    """Copy a log, in use or not, with SQLite's online backup: the copy is whole, closed, and a log of its own.

    Its own instance name keeps a lock file left beside it from being taken for its mark.
    """
    if target.exists():
        raise LogUnusable(f"{target} exists; a backup never overwrites")
    draft = target.with_name(target.name + ".new")
    draft.unlink(missing_ok=True)
    with closing(connect(source, read_only=True)) as live, closing(sqlite3.connect(draft)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        copy.execute("UPDATE meta SET value = 'closed' WHERE name = 'state'")
        copy.execute("UPDATE meta SET value = ? WHERE name = 'instance'", (uuid.uuid4().hex,))
        copy.commit()
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(draft, target)
