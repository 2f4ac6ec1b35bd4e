"""Applies the log to the tables: a batch of records and their position in one transaction, so exactly once.

Whoever is restarted, or is given a record again, goes on from the position in the database, not from what a broker
believes was acknowledged. Boards are held in memory and read back from the tables when they are first needed, so a
start does not grow with history. Blocking; used from one thread at a time.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select
from sqlalchemy.exc import IntegrityError

from services import sql
from services.folding import EMPTY_SITE, Halt, Kind, SiteFold, Step, advance
from services.folding.site import DROPPED, halted, read_record
from services.log.chain import START, Head
from services.log.dead_letters import read_dead_letter
from services.log.records import Record, record_hash
from services.log.topics import DEAD_LETTERS, OUTCOMES, partition_of
from services.register import boards, schema
from services.register.batch import Batch
from services.register.bell import Bell
from services.seven_steps import site_time
from services.seven_steps.board import Board
from services.seven_steps.fold import FOLD_VERSION

#: Reasons of a halt start with one of these.
NOT_UNDERSTOOD, HEAD_LOST = "not_understood", "head_lost"
#: Characters of a reason that are kept.
REASON_LIMIT = 500


_BEGIN = schema.POSITIONS.insert()
_MOVE = (
    schema.POSITIONS.update()
    .where(
        schema.POSITIONS.c.topic == bindparam("key_topic"),
        schema.POSITIONS.c.partition == bindparam("key_partition"),
        schema.POSITIONS.c.next_offset == bindparam("key_offset"),
    )
    .values({name: bindparam(f"new_{name}") for name in ("next_offset", "last_sha256", "dropped")})
)


class PositionMoved(RuntimeError):
    """Another process has written this partition's position: two registers own it. This one ends and starts again."""


class MissingRecords(LookupError):
    """The records given do not follow the position; read from `expected` on."""

    def __init__(self, topic: str, partition: int, expected: int, found: int) -> None:
        super().__init__(f"{topic}/{partition}: offset {expected} was expected, {found} was given")
        self.expected = expected


@dataclass(slots=True)
class Position:
    """Where a partition stands: the next offset, and the hash of the record before it."""

    next_offset: int = 0
    last_sha256: str = ""
    dropped: int = 0


@dataclass(slots=True)
class _Site:
    """A site's chain while a batch is folded. `halt` of its fold has the whole reason of the table."""

    fold: SiteFold
    partition: int
    appended_at: str = ""
    changed: bool = False


@dataclass(slots=True)
class _Run:
    """One batch being folded: nothing of it counts before its transaction is committed."""

    batch: Batch = field(default_factory=Batch)
    sites: dict[str, _Site] = field(default_factory=dict)
    dropped: int = 0
    vouched: set[str] = field(default_factory=set)  # sites whose vouched head was reached


class Projector:
    """The writing side of the register."""

    def __init__(self, engine: Engine, bell: Bell | None = None) -> None:
        self.engine = engine
        self._bell = bell or Bell()
        self._positions: dict[tuple[str, int], Position] = {}
        self._boards: dict[str, Board] = {}
        self._vouched: dict[str, Head] | None = None

    def prepare(self) -> None:
        """Makes the tables if they are missing."""
        sql.make_tables(self.engine, schema.METADATA)

    def bring_up_to_date(self) -> bool:
        """Drops what another version of the fold made, so that it is read from the log again; true if it did."""
        self.prepare()
        with sql.reading(self.engine) as connection:
            made_by = connection.execute(select(schema.MADE_BY.c.fold_version)).scalar()
            empty = connection.execute(select(schema.POSITIONS)).first() is None
        if made_by == FOLD_VERSION:
            return False
        if not empty:
            self.drop(forget_heads=False)
        with sql.writing(self.engine) as connection:
            connection.execute(sql.upsert(self.engine, schema.MADE_BY), [{"id": 1, "fold_version": FOLD_VERSION}])
        return not empty

    def forget(self, topic: str, partition: int) -> None:
        """The position is read from the database again; boards are compared with it at every use."""
        self._positions.pop((topic, partition), None)

    def boards(self) -> dict[str, Board]:
        """The boards held in memory, as the fold made them."""
        return dict(self._boards)

    def position(self, topic: str, partition: int) -> Position:
        known = self._positions.get((topic, partition))
        if known is None:
            with sql.reading(self.engine) as connection:
                known = self._read_position(connection, topic, partition)
            self._positions[topic, partition] = known
        return known

    def apply(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        """Applies what is new among the records. Raises MissingRecords, PositionMoved; nothing is applied then."""
        position = self.position(topic, partition)
        new = [record for record in records if record.offset >= position.next_offset]
        if not new:
            return
        if topic == OUTCOMES and new[0].offset != position.next_offset:
            raise MissingRecords(topic, partition, position.next_offset, new[0].offset)
        run = _Run()
        try:
            with sql.writing(self.engine) as connection:
                for record in new:
                    self._take(connection, run, record)
                after = Position(new[-1].offset + 1, record_hash(new[-1].value), position.dropped + run.dropped)
                self._move(connection, topic, partition, position, after)
                self._write(connection, run)
        except PositionMoved:
            self.forget(topic, partition)
            raise
        self._positions[topic, partition] = after
        self._committed(run)

    def halted_sites(self, partition: int) -> list[tuple[str, int]]:
        """(site, offset) of sites of a partition that stand still at a record they could not apply."""
        table = schema.SITES
        query = select(table.c.site_id, table.c.halted_offset).where(
            table.c.partition == partition, table.c.halted_offset.is_not(None)
        )
        with sql.reading(self.engine) as connection:
            return [(row.site_id, row.halted_offset) for row in connection.execute(query)]

    def retry(self, site_id: str, records: Sequence[Record], *, through: int) -> bool:
        """Tries a halted site's records again, passing over other sites'; False if it is halted again.

        through: the offset up to which the caller has read; if that is before the partition's position, the site
                 stays halted there until the rest is given.
        """
        run = _Run()
        with sql.writing(self.engine) as connection:
            site = self._site(connection, run, site_id, -1)
            site.fold, site.changed = replace(site.fold, halt=None), True
            for record in records:
                if record.key == site_id.encode() and site.fold.halt is None:
                    self._outcome(connection, run, record)
            understood = site.fold.halt is None
            if understood and through < self._read_position(connection, OUTCOMES, site.partition).next_offset:
                site.fold = _halted(site.fold, through, "being read again")
            self._write(connection, run)
            self._count_dropped(connection, site.partition, run.dropped)
        self.forget(OUTCOMES, site.partition)
        self._committed(run)
        return understood

    def lose(self, partition: int, reason: str) -> None:
        """Halts every site of a partition whose log no longer holds what this register has applied."""
        self._set_halt(schema.SITES.c.partition == partition, f"{HEAD_LOST}: {reason}")

    def found_again(self, partition: int) -> None:
        """The partition's log holds it all: takes back what `lose` said."""
        table = schema.SITES
        lost = (table.c.partition == partition) & table.c.halted_reason.startswith(HEAD_LOST, autoescape=True)
        self._set_halt(lost & table.c.halted_offset.is_(None), None)

    def settle(self, partition: int, partitions: int) -> None:
        """At the end of a partition's log: halts the sites whose vouched head it did not contain."""
        for site_id, vouched in self._vouched_heads().items():
            if partition_of(site_id, partitions) != partition:
                continue
            reason = f"{HEAD_LOST}: the log ends before record {vouched.site_seq}, which had been applied"
            with sql.writing(self.engine) as connection:
                site = self._site(connection, _Run(), site_id, partition)
                site.fold = site.fold if site.fold.halt else halted(site.fold, -1, reason)
                connection.execute(sql.upsert(self.engine, schema.SITES), [_site_row(site_id, site)])

    def drop(self, *, forget_heads: bool) -> None:
        """Empties the register; what it had reached stays vouched for, unless a restored backup resets that too."""
        self.prepare()
        with sql.writing(self.engine) as connection:
            heads = connection.execute(
                select(schema.SITES.c.site_id, schema.SITES.c.site_seq, schema.SITES.c.head).where(
                    schema.SITES.c.site_seq > 0
                )
            ).all()
            known = {row.site_id: row.site_seq for row in connection.execute(select(schema.VOUCHED))}
            further = [dict(row._mapping) for row in heads if row.site_seq > known.get(row.site_id, 0)]
            if forget_heads:
                connection.execute(schema.VOUCHED.delete())
            elif further:
                connection.execute(sql.upsert(self.engine, schema.VOUCHED), further)
            schema.METADATA.drop_all(connection, tables=schema.PROJECTED)
            schema.METADATA.create_all(connection)
        self._positions.clear()
        self._boards.clear()
        self._vouched = None

    def _set_halt(self, where: Any, reason: str | None) -> None:
        with sql.writing(self.engine) as connection:
            connection.execute(schema.SITES.update().where(where).values(halted_reason=reason))

    # ---- one record ------------------------------------------------------------------------------------------------

    def _take(self, connection: Connection, run: _Run, record: Record) -> None:
        if record.topic == DEAD_LETTERS:
            run.batch.dead_letters.append(_dead_letter_row(record))
        else:
            self._outcome(connection, run, record)

    def _outcome(self, connection: Connection, run: _Run, record: Record) -> None:
        """A record of `outcomes` is dropped and counted, applied, or halts its site (`advance` says which)."""
        envelope = read_record(record)
        if envelope is None:
            run.dropped += 1
            return
        site = self._site(connection, run, envelope.site_id, record.partition)
        before = site.fold
        step = advance(before, envelope, record)
        if step.kind in DROPPED:
            run.dropped += 1
        if step.kind is Kind.APPLIED:
            step = self._checked(run, step)
        if step.kind is Kind.HALTING:
            assert step.site.halt is not None
            site.fold = _halted(before, record.offset, step.site.halt.reason)
            site.changed = True
        elif step.kind is Kind.APPLIED:
            text = record.value.partition(b"\n")[2].decode("utf-8")
            assert step.body is not None
            run.batch.outcome(record, envelope, step.body, text, before.board, step.site.board)
            site.fold, site.appended_at, site.changed = step.site, site_time.stamp(record.append_time), True

    def _checked(self, run: _Run, step: Step) -> Step:
        """Halts at a record that is not the one this register had applied before, or that no database can hold."""
        vouched = self._vouched_heads().get(step.site_id)
        reason = ""
        if vouched is not None and vouched.site_seq == step.site.head.site_seq:
            if vouched == step.site.head:
                run.vouched.add(step.site_id)
            else:
                reason = f"{HEAD_LOST}: another record stood at {vouched.site_seq}"
        try:
            json.dumps(step.body, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            reason = "the body has half a character in it"
        if not reason:
            return step
        return replace(step, kind=Kind.HALTING, site=halted(step.site, step.record.offset, reason))

    def _site(self, connection: Connection, run: _Run, site_id: str, partition: int) -> _Site:
        site = run.sites.get(site_id)
        if site is None:
            row = connection.execute(boards.SITE, {"site_id": site_id}).first()
            site = _Site(EMPTY_SITE, partition) if row is None else self._read_site(connection, row)
            run.sites[site_id] = site
        return site

    def _read_site(self, connection: Connection, row: Any) -> _Site:
        board = self._boards.get(row.site_id)
        if board is None or (board.seq, board.head) != (row.site_seq, row.head):
            loaded = boards.load(connection, row.site_id)
            assert loaded is not None
            board = boards.with_seen(connection, row.site_id, loaded)
        head = Head(row.site_seq, row.head) if row.site_seq else START
        halt = None
        if row.halted_reason is not None:
            halt = Halt(row.site_seq + 1, -1 if row.halted_offset is None else row.halted_offset, row.halted_reason)
        return _Site(SiteFold(board, head, halt=halt), row.partition, row.appended_at)

    # ---- the transaction -------------------------------------------------------------------------------------------

    def _write(self, connection: Connection, run: _Run) -> None:
        run.batch.write(self.engine, connection)
        changed = [_site_row(site_id, site) for site_id, site in run.sites.items() if site.changed]
        if changed:
            connection.execute(sql.upsert(self.engine, schema.SITES), changed)
        for site_id in run.vouched:
            connection.execute(schema.VOUCHED.delete().where(schema.VOUCHED.c.site_id == site_id))

    def _move(self, connection: Connection, topic: str, partition: int, old: Position, new: Position) -> None:
        """The position moves from where we know it stands, or not at all."""
        key = {"topic": topic, "partition": partition}
        values = {"next_offset": new.next_offset, "last_sha256": new.last_sha256, "dropped": new.dropped}
        moved = f"{topic}/{partition} is written by another register"
        if old.last_sha256 == "":
            try:
                connection.execute(_BEGIN, key | values)
            except IntegrityError as error:
                raise PositionMoved(moved) from error
            return
        known = {f"key_{name}": value for name, value in key.items()} | {"key_offset": old.next_offset}
        if connection.execute(_MOVE, known | {f"new_{name}": value for name, value in values.items()}).rowcount != 1:
            raise PositionMoved(moved)

    def _committed(self, run: _Run) -> None:
        self._boards.update({site_id: site.fold.board for site_id, site in run.sites.items() if site.changed})
        for site_id in run.vouched:
            self._vouched_heads().pop(site_id, None)
        self._bell.ring({site_id: site.fold.board.seq for site_id, site in run.sites.items() if site.changed})

    @staticmethod
    def _count_dropped(connection: Connection, partition: int, dropped: int) -> None:
        table = schema.POSITIONS
        where = (table.c.topic == OUTCOMES) & (table.c.partition == partition)
        connection.execute(table.update().where(where).values(dropped=table.c.dropped + dropped))

    @staticmethod
    def _read_position(connection: Connection, topic: str, partition: int) -> Position:
        table = schema.POSITIONS
        row = connection.execute(select(table).where(table.c.topic == topic, table.c.partition == partition)).first()
        return Position() if row is None else Position(row.next_offset, row.last_sha256, row.dropped)

    def _vouched_heads(self) -> dict[str, Head]:
        if self._vouched is None:
            with sql.reading(self.engine) as connection:
                rows = connection.execute(select(schema.VOUCHED)).all()
            self._vouched = {row.site_id: Head(row.site_seq, row.head) for row in rows}
        return self._vouched


def _site_row(site_id: str, site: _Site) -> dict[str, Any]:
    board, halt = site.fold.board, site.fold.halt
    return {
        "site_id": site_id,
        "partition": site.partition,
        "site_seq": board.seq,
        "head": board.head,
        "decided_at": site_time.stamp(board.decided_at) if board.decided_at else "",
        "appended_at": site.appended_at,
        "halted_offset": halt.offset if halt and halt.offset >= 0 else None,
        "halted_reason": halt.reason if halt else None,
    }


def _halted(site: SiteFold, offset: int, reason: str) -> SiteFold:
    """Halted before the record at `offset`, with a reason as the table keeps it."""
    text = reason.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    if not text.startswith(HEAD_LOST):
        text = f"{NOT_UNDERSTOOD}: {text}"
    return halted(site, offset, text[:REASON_LIMIT])


def _dead_letter_row(record: Record) -> dict[str, Any]:
    row = {
        "partition": record.partition,
        "at_offset": record.offset,
        "site_id": record.key.decode("utf-8", "replace").replace("\x00", "\ufffd") or None,
        "appended_at": site_time.stamp(record.append_time),
    }
    try:
        letter = read_dead_letter(record.value)
    except ValueError:
        return row | {"command_id": None, "reason": "unreadable", "detail": "this is no dead letter"}
    said = {"reason": letter.reason, "detail": letter.detail.replace("\x00", "\ufffd")}
    return row | said | {"command_id": letter.command_id or _command_id_in(letter.value)}


def _command_id_in(value: bytes) -> str | None:
    """The command id of a letter whose writer could not name it: whoever waits for it gets an answer."""
    try:
        command_id = json.loads(value)["client"]["command_id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return command_id if isinstance(command_id, str) and "\x00" not in command_id else None
