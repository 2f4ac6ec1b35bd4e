"""SQL databases by URL: SQLite by default, PostgreSQL by URL. The one file that knows which of the two it is.

Everything else is SQLAlchemy Core that both understand. Used by register, vault and accounts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert

#: How long a statement waits for another writer of the same SQLite file, in ms.
BUSY_MS = 10_000
#: Write-ahead log pages after which SQLite folds them into the file (4 KiB each).
CHECKPOINT_PAGES = 4_000
#: Connections a process keeps to PostgreSQL, and how many more it may open for a moment.
POOL_SIZE, POOL_OVERFLOW = 5, 15
#: The advisory lock under which tables are made on PostgreSQL; any number nobody else takes.
MAKING_TABLES = 7_007_007
_WRITES = "sevengates_writes"


class UnknownDatabase(ValueError):
    """The URL names neither SQLite nor PostgreSQL."""

    def __init__(self, url: str) -> None:
        shown = url.rsplit("@", maxsplit=1)[-1]  # never the password
        super().__init__(f"database {shown!r}: only sqlite:////absolute/path and postgresql:// are served")


def open_database(url: str, *, durable: bool = True) -> Engine:
    """An engine for `sqlite:////absolute/path`, `sqlite://` (in memory) or `postgresql://user@host/database`.

    durable: False lets a SQLite commit survive a killed process but not a power cut (the file stays whole); only for
             what is rebuilt from the log. PostgreSQL is asked the same by `synchronous_commit`.
    Raises UnknownDatabase. Thread-safe.
    """
    parsed = make_url(url)
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        return _sqlite(parsed.database, url, durable)
    if kind != "postgresql":
        raise UnknownDatabase(url)
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_pre_ping=True,
        connect_args={"options": "" if durable else "-c synchronous_commit=off"},
    )
    return engine


def _sqlite(path: str | None, url: str, durable: bool) -> Engine:
    if path:
        _make_file(path)
    engine = create_engine(url)
    synchronous = "FULL" if durable else "NORMAL"

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see below
        for pragma in (
            f"busy_timeout={BUSY_MS}",
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "secure_delete=ON",  # what is erased is overwritten, not only unlinked
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes its lock at once: one that starts as a reader cannot wait for it later (SQLITE_BUSY).
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _make_file(path: str) -> None:
    """Personal data and records: nobody else on the machine reads them.

    A file that is there is never opened here: closing it again would drop every lock this process holds on it
    (POSIX), another process would take itself for the last reader and delete the write-ahead log, and what we commit
    afterwards would be lost (sqlite.org/howtocorrupt.html, 2.2).
    """
    if not os.path.exists(path):
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            pass  # another process was faster


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that writes: all of it at the end of the block, or nothing."""
    with engine.connect().execution_options(**{_WRITES: True}) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One moment of the database, for several statements that must fit together."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def make_tables(engine: Engine, metadata: MetaData) -> None:
    """Makes the tables that are missing. Several processes may begin with it at the same time."""
    with writing(engine) as connection:  # on SQLite the transaction's lock is enough
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({MAKING_TABLES})"))
        metadata.create_all(connection)


Insert = SqliteInsert | PostgresInsert


def insert_new(engine: Engine, table: Table) -> Insert:
    """An insert that leaves a row alone which has the same primary key."""
    return _insert_new(engine.dialect.name, table)


def upsert(engine: Engine, table: Table) -> Insert:
    """An insert that writes over the row which has the same primary key."""
    return _upsert(engine.dialect.name, table)


# Making a statement costs ten times as much as running it: each is made once.
@lru_cache(maxsize=256)
def _insert_new(dialect: str, table: Table) -> Insert:
    return _insert(dialect, table).on_conflict_do_nothing(index_elements=list(table.primary_key.columns))


@lru_cache(maxsize=256)
def _upsert(dialect: str, table: Table) -> Insert:
    statement = _insert(dialect, table)
    excluded = statement.excluded
    changed = {column.name: excluded[column.name] for column in table.columns if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=changed)


def _insert(dialect: str, table: Table) -> Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def scrub(engine: Engine, table: Table) -> bool:
    """After an erasure: what was deleted does not lie about in the database's own files any longer. False: try again.

    SQLite's write-ahead log is emptied into the file (where deleted bytes are overwritten); it can't be while somebody
    reads for longer than BUSY_MS. PostgreSQL's dead rows are removed. Backups and archived WAL keep what they had:
    their retention is the operator's.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f'VACUUM (FULL) "{table.name}"'))
            return True
        (busy, _pages, _moved) = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
        return not busy
