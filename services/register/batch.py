"""What a run of records changes, gathered in memory and written in one transaction.

Rows that change several times are written once, as they are at the end; every row still says which record changed it
last, so that the tables do not depend on where batches begin and end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Table, and_, bindparam

from services import sql
from services.log.records import Envelope, Record, record_hash
from services.register import rows, schema
from services.register.parts import WHOLE, Change, changes, seen_changes
from services.seven_steps import site_time
from services.seven_steps.board import Alarm, Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Part:
    """An entry of the board as it is now; `born` is None if its row stood there before this batch."""

    value: Any
    seq: int
    born: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class _Summary:
    """A job, ticket or alarm as it is now, or was when it left."""

    site_id: str
    board: Board
    value: Any
    seq: int
    live: bool


class Batch:
    """Rows to be written. `outcome` for each record that is a next link, `write` at the end."""

    def __init__(self) -> None:
        self.outcomes: list[Row] = []
        self.answers: list[Row] = []
        self.trail: list[Row] = []
        self.documents: dict[tuple[Any, ...], Row] = {}
        self.dead_letters: list[Row] = []
        self.involved: set[tuple[str, str, str, str, str]] = set()
        self._parts: dict[tuple[str, str, str], _Part] = {}
        self._gone: dict[tuple[str, str, str], int] = {}
        self._seen: dict[tuple[str, str, str], Row | None] = {}
        self._summaries: dict[str, dict[tuple[str, str], _Summary]] = defaultdict(dict)

    def outcome(
        self, record: Record, envelope: Envelope, body: Mapping[str, Any], text: str, old: Board, new: Board
    ) -> None:
        """One applied record: `old` and `new` are the site's boards before and after it."""
        found = list(changes(old, new))
        self._keep(record, envelope, body, text)
        self._follow_parts(envelope, found)
        self._follow_seen(envelope, old, new)
        self._summarise(envelope, found, old, new)
        self._index(envelope, body, found)

    def _keep(self, record: Record, envelope: Envelope, body: Mapping[str, Any], text: str) -> None:
        client = body["client"]
        about = {"site_id": envelope.site_id, "site_seq": envelope.site_seq}
        named = {"command_id": client["command_id"], "command_sha256": body["command_sha256"]}
        self.answers.append(about | named)
        self.outcomes.append(
            about
            | named
            | {
                "type": rows.words(client.get("type")),
                "actor": rows.words(client.get("actor")),
                "job_id": rows.words(client.get("job_id")) or None,
                "permit_id": rows.words(client.get("permit_id")) or None,
                "verdict": body["verdict"],
                "decided_at": site_time.stamp(envelope.decided_at),
                "decided_at_real": site_time.stamp(envelope.decided_at_real),
                "appended_at": site_time.stamp(record.append_time),
                "record_sha256": record_hash(record.value),
                "body": text,
            }
        )

    def _follow_parts(self, envelope: Envelope, found: list[Change]) -> None:
        for number, change in enumerate(found):
            at = (envelope.site_id, change.part, change.key)
            if change.new is None:
                self._parts.pop(at, None)
                self._gone[at] = envelope.site_seq
                continue
            if change.part in WHOLE:  # its default has no row
                self._parts[at] = _Part(change.new, envelope.site_seq, (0, 0))
                continue
            before = self._parts.get(at)
            born = before.born if before else (envelope.site_seq, number) if change.old is None else None
            self._parts[at] = _Part(change.new, envelope.site_seq, born)

    def _follow_seen(self, envelope: Envelope, old: Board, new: Board) -> None:
        for number, change in enumerate(seen_changes(old, new)):
            at = (envelope.site_id, change.scope, change.command_id)
            born = {"born_seq": envelope.site_seq, "born_nr": number}
            key = dict(zip(("site_id", "scope", "command_id"), at, strict=True))
            self._seen[at] = None if change.kept is None else key | born | {"json": rows.text_of(change.kept)}

    def _summarise(self, envelope: Envelope, found: list[Change], old: Board, new: Board) -> None:
        for change in found:
            if change.part not in ("jobs", "permits", "alarms"):
                continue
            value, live = (change.old, False) if change.new is None else (change.new, True)
            board = old if change.new is None else new
            at = (envelope.site_id, change.key)
            self._summaries[change.part][at] = _Summary(envelope.site_id, board, value, envelope.site_seq, live)
            if live:
                self._involve(envelope.site_id, change)

    def _involve(self, site_id: str, change: Change) -> None:
        """Whoever is new in a job or ticket; that somebody left it is no reason to forget him."""
        value = change.new
        if isinstance(value, Alarm):
            return
        of = rows.involved_in_job if isinstance(value, Job) else rows.involved_in_permit
        came = of(value) - (of(change.old) if change.old else set())
        permit_id = "" if isinstance(value, Job) else value.permit_id
        self.involved.update((site_id, person, value.job_id, permit_id, part) for person, part in came)

    def _index(self, envelope: Envelope, body: Mapping[str, Any], found: list[Change]) -> None:
        client = body["client"]
        job_id, permit_id = rows.words(client.get("job_id")), rows.words(client.get("permit_id"))
        about: set[tuple[str, str]] = {(job_id, permit_id)} if job_id else set()
        values = [change.new or change.old for change in found]
        about |= {(value.job_id, value.permit_id) for value in values if isinstance(value, Permit)}
        about |= {(a.job_id, a.permit_id or "") for a in values if isinstance(a, Alarm) and a.job_id}
        jobs = {job for job, _ in about}
        about |= {(value.job_id, "") for value in values if isinstance(value, Job) and value.job_id not in jobs}
        where = {"site_id": envelope.site_id, "site_seq": envelope.site_seq}
        self.trail.extend(where | {"job_id": job, "permit_id": permit} for job, permit in sorted(about))
        named = [client.get("payload"), [event["data"] for event in body["events"]]]
        for sha256, kind, of_permit in rows.documents_named(named):
            self.documents.setdefault(
                (sha256, envelope.site_id, envelope.site_seq, kind),
                where
                | {
                    "sha256": sha256,
                    "kind": kind,
                    "job_id": job_id or None,
                    "permit_id": of_permit or permit_id or None,
                    "accepted": body["verdict"] == "accepted",
                    "named_at": site_time.stamp(envelope.decided_at),
                },
            )

    def write(self, engine: Engine, connection: Connection) -> None:
        """Everything gathered, in the caller's transaction."""
        _execute(connection, INSERTS["outcomes"], self.outcomes)
        _execute(connection, sql.insert_new(engine, schema.ANSWERS), self.answers)
        _execute(connection, INSERTS["trail"], self.trail)
        _execute(connection, INSERTS["documents"], list(self.documents.values()))
        _execute(connection, sql.insert_new(engine, schema.DEAD_LETTERS), self.dead_letters)
        columns = ("site_id", "person_id", "job_id", "permit_id", "part")
        involved = [dict(zip(columns, one, strict=True)) for one in sorted(self.involved)]
        _execute(connection, sql.insert_new(engine, schema.INVOLVED), involved)
        self._write_parts(engine, connection)
        self._write_seen(engine, connection)
        self._write_summaries(engine, connection)

    def _write_parts(self, engine: Engine, connection: Connection) -> None:
        gone = [_keys(at, PART_KEY) | {"seq": seq} for at, seq in self._gone.items()]
        _execute(connection, DELETE_PART, [_bound(at, PART_KEY) for at in self._gone])
        _execute(connection, sql.upsert(engine, schema.BOARD_GONE), gone)
        born, changed = [], []
        for at, part in self._parts.items():
            values = {"json": rows.text_of(part.value), "seq": part.seq}
            if part.born:
                born.append(_keys(at, PART_KEY) | values | {"born_seq": part.born[0], "born_nr": part.born[1]})
            else:
                changed.append(_bound(at, PART_KEY) | {"new_json": values["json"], "new_seq": values["seq"]})
        _execute(connection, sql.upsert(engine, schema.BOARD_PARTS), born)
        _execute(connection, UPDATE_PART, changed)

    def _write_seen(self, engine: Engine, connection: Connection) -> None:
        _execute(connection, DELETE_SEEN, [_bound(at, SEEN_KEY) for at, row in self._seen.items() if row is None])
        _execute(connection, sql.upsert(engine, schema.SEEN), [row for row in self._seen.values() if row is not None])

    def _write_summaries(self, engine: Engine, connection: Connection) -> None:
        for part, table, make in (
            ("jobs", schema.JOBS, rows.job_row),
            ("permits", schema.PERMITS, rows.permit_row),
            ("alarms", schema.ALARMS, rows.alarm_row),
        ):
            made = [make(s.site_id, s.board, s.value, s.seq, live=s.live) for s in self._summaries[part].values()]
            _execute(connection, sql.upsert(engine, table), made)


def _keys(at: tuple[str, ...], names: tuple[str, ...]) -> Row:
    return dict(zip(names, at, strict=True))


def _bound(at: tuple[str, ...], names: tuple[str, ...]) -> Row:
    """As parameters of a condition; columns' own names are taken by the values of an update."""
    return {f"key_{name}": value for name, value in zip(names, at, strict=True)}


def _is(table: Table, names: tuple[str, ...]) -> Any:
    return and_(*(table.c[name] == bindparam(f"key_{name}") for name in names))


def _execute(connection: Connection, statement: Any, values: list[Row]) -> None:
    if values:
        connection.execute(statement, values)


# Made once: making a statement costs more than running it.
PART_KEY, SEEN_KEY = ("site_id", "part", "key"), ("site_id", "scope", "command_id")
INSERTS = {table.name: table.insert() for table in (schema.OUTCOMES, schema.TRAIL, schema.DOCUMENTS)}
DELETE_PART = schema.BOARD_PARTS.delete().where(_is(schema.BOARD_PARTS, PART_KEY))
DELETE_SEEN = schema.SEEN.delete().where(_is(schema.SEEN, SEEN_KEY))
UPDATE_PART = (
    schema.BOARD_PARTS.update()
    .where(_is(schema.BOARD_PARTS, PART_KEY))
    .values(json=bindparam("new_json"), seq=bindparam("new_seq"))
)
