"""Dropping the register and building it again from the log, and comparing it with a fresh replay."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, select

from services import sql
from services.log.interface import Log
from services.log.topics import DEAD_LETTERS, OUTCOMES
from services.register import boards, schema
from services.register.follower import Follower
from services.register.projector import Projector
from services.seven_steps import codec

#: Differences that are listed; more are counted.
DIFFERENCES_LISTED = 100
ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` found. `differences` is empty if the register equals a fresh replay up to its own position."""

    records: int
    sites: int
    differences: tuple[str, ...]
    more: int

    @property
    def equal(self) -> bool:
        return not self.differences


async def rebuild(
    register_url: str, log: Log, *, forget_heads: bool = False, beat: Callable[[], None] = lambda: None
) -> None:
    """Drops every table and applies the whole log again. No worker of this register may run meanwhile.

    forget_heads: only when a backup was restored: a head the register had reached need not be on the log any more.
                  Otherwise a site whose log lost its head is halted.
    """
    engine = sql.open_database(register_url, durable=False)
    try:
        projector = Projector(engine)
        projector.bring_up_to_date()
        projector.drop(forget_heads=forget_heads)
        await _follow_to_the_end(projector, log, beat)
    finally:
        engine.dispose()


async def check(register_url: str, log: Log, *, beat: Callable[[], None] = lambda: None) -> Checked:
    """Folds the log afresh, from its first record to the register's position, and compares every row and board."""
    engine = sql.open_database(register_url, durable=False)
    with tempfile.TemporaryDirectory(prefix="sevengates-check-") as folder:
        fresh = sql.open_database(f"sqlite:///{Path(folder)}/fresh.db", durable=False)
        try:
            replayed, original = Projector(fresh), Projector(engine)
            replayed.prepare()
            original.prepare()
            records = await _replay(replayed, original, log, beat)
            found = list(_differences(engine, fresh, await _starts(log)))
            found += _unlike_boards(engine, replayed)
            sites = _count(fresh, schema.SITES)
        finally:
            fresh.dispose()
            engine.dispose()
    return Checked(records, sites, tuple(found[:DIFFERENCES_LISTED]), max(0, len(found) - DIFFERENCES_LISTED))


async def _follow_to_the_end(projector: Projector, log: Log, beat: Callable[[], None]) -> None:
    follower = Follower(projector, lambda: log)
    for topic in (OUTCOMES, DEAD_LETTERS):
        for partition in range(log.partitions(topic)):
            await follower.start(topic, partition, beat)


async def _replay(replayed: Projector, original: Projector, log: Log, beat: Callable[[], None]) -> int:
    count = 0
    for topic in (OUTCOMES, DEAD_LETTERS):
        for partition in range(log.partitions(topic)):
            at, end = 0, original.position(topic, partition).next_offset
            while at < end and (records := await log.read(topic, partition, at, min(ROWS_AT_ONCE, end - at))):
                records = [record for record in records if record.offset < end]
                replayed.apply(topic, partition, records)
                count += len(records)
                at = records[-1].offset + 1 if records else end
                beat()
    return count


async def _starts(log: Log) -> dict[int, int]:
    """By partition: dead letters before this offset are past their retention and only the register has them."""
    return {p: await log.begin(DEAD_LETTERS, p) for p in range(log.partitions(DEAD_LETTERS))}


def _differences(original: Engine, fresh: Engine, starts: dict[int, int]) -> Iterator[str]:
    for table in schema.PROJECTED:
        ours, theirs = _rows(original, table, starts), _rows(fresh, table, starts)
        for key in sorted(ours.keys() | theirs.keys(), key=repr):
            if ours.get(key) != theirs.get(key):
                state = "missing" if key not in ours else "not in the log" if key not in theirs else "different"
                yield f"{table.name} {' '.join(map(str, key))}: {state}"


def _rows(engine: Engine, table: Table, starts: dict[int, int]) -> dict[tuple[Any, ...], int]:
    """By primary key: the hash of the row."""
    found = {}
    keys = [column.name for column in table.primary_key.columns]
    with sql.reading(engine) as connection:
        for row in connection.execution_options(yield_per=ROWS_AT_ONCE).execute(select(table)):
            if table is schema.DEAD_LETTERS and row.at_offset < starts[row.partition]:
                continue
            found[tuple(row._mapping[key] for key in keys)] = hash(tuple(row))
    return found


def _unlike_boards(engine: Engine, replayed: Projector) -> Iterator[str]:
    """Boards made again from the register's rows must be the boards of the fold, to the digest."""
    for site_id, board in replayed.boards().items():
        with sql.reading(engine) as connection:
            try:
                loaded = boards.load(connection, site_id)
                ours = None if loaded is None else codec.digest(boards.with_seen(connection, site_id, loaded))
            except (TypeError, ValueError, KeyError, ArithmeticError) as error:
                yield f"board {site_id}: it cannot be read: {error!r}"
                continue
        if ours != codec.digest(board):
            yield f"board {site_id}: different"


def _count(engine: Engine, table: Table) -> int:
    with sql.reading(engine) as connection:
        return len(connection.execute(select(table)).all())
