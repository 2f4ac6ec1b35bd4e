"""The reading side: answers, boards, jobs, trails, searches. Plain dicts with ids; whoever shows them joins names.

Reads are short (SQLite: some hundred microseconds for an answer or a position, some milliseconds for a board of
hundreds of tickets): on an event loop call the short ones as they are and the long ones (`board_view`, `search`,
`trail`, `board_of` after a start) through `asyncio.to_thread`. Thread-safe.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, and_, select

from services import sql
from services.folding import Vouched
from services.register import answers, boards, schema
from services.register.answers import DEAD_LETTER, NOT_DECIDED
from services.register.bell import Bell, bell_of
from services.register.kept import documents_kept
from services.register.search import Filters, jobs_matching
from services.seven_steps.board import Board

#: How often those who wait have the database looked at, in seconds, where no bell rings.
LOOK_AGAIN_S = 0.02
TRAIL_PAGE, SEARCH_PAGE, ALARMS_MAX = 200, 50, 1_000
Row = dict[str, Any]

__all__ = ["DEAD_LETTER", "NOT_DECIDED", "Queries", "open_queries"]


def open_queries(register_url: str) -> Queries:
    """The reading side of a register; its tables are made if they are missing."""
    engine = sql.open_database(register_url, durable=False)
    sql.make_tables(engine, schema.METADATA)
    return Queries(engine, bell_of(register_url))


class Queries:
    def __init__(self, engine: Engine, bell: Bell) -> None:
        self._engine, self._bell = engine, bell
        self._boards: dict[str, Board] = {}
        self._lock = threading.Lock()
        self._looking: asyncio.Task[None] | None = None

    def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        self._engine.dispose()

    # ---- answers ---------------------------------------------------------------------------------------------------

    def answer(self, command_id: str, *, after: datetime | None = None) -> Row | None:
        """What became of a command; None if nothing is known (yet).

        Decided: `verdict` accepted or refused, site_id, site_seq, command_sha256, type, actor, job_id, job_no,
        permit_id, permit_no, decided_at, appended_at, body. Not decided: `verdict` is "dead_letter" (it never will
        be) or "not_decided" (its site is halted: send again with the same id), with `reason` and `detail`.
        after: dead letters appended before this moment are passed over: pass when it was sent (again).
        """
        with sql.reading(self._engine) as connection:
            row = connection.execute(answers.OUTCOME_OF, {"command_id": command_id}).first()
            if row is not None:
                return answers.decided(connection, row)
            return answers.undecided(connection, command_id, after)

    def command_sha256(self, command_id: str) -> str | None:
        """The hash of the client part decided under this id: another hash is `command_id_reused`."""
        with sql.reading(self._engine) as connection:
            return connection.execute(answers.SHA256_OF, {"command_id": command_id}).scalar()

    # ---- positions -------------------------------------------------------------------------------------------------

    def site(self, site_id: str) -> Row | None:
        """Where the site's chain stands here: site_seq, head, decided_at, appended_at, halted_reason (None if well)."""
        with sql.reading(self._engine) as connection:
            return _first(connection, boards.SITE, {"site_id": site_id})

    def sites(self) -> list[Row]:
        with sql.reading(self._engine) as connection:
            return _all(connection, select(schema.SITES).order_by(schema.SITES.c.site_id))

    def positions(self) -> list[Row]:
        """By topic and partition: next_offset, and how many records were dropped there. For metrics and lag."""
        with sql.reading(self._engine) as connection:
            return _all(connection, select(schema.POSITIONS))

    async def vouched(self, partition: int) -> list[Vouched]:
        """The heads this register has built on in a partition of `outcomes`: a decider's fold must reach them."""
        return await asyncio.to_thread(self._vouched, partition)

    def _vouched(self, partition: int) -> list[Vouched]:
        table = schema.SITES
        where = (table.c.partition == partition) & (table.c.site_seq > 0)
        with sql.reading(self._engine) as connection:
            rows = connection.execute(select(table.c.site_id, table.c.site_seq, table.c.head).where(where)).all()
        return [Vouched(row.site_id, row.site_seq, row.head, "register") for row in rows]

    async def reached(self, site_id: str, site_seq: int, timeout: float) -> bool:  # noqa: ASYNC109 (False, no raise)
        """Waits until the register has applied this record of the site, at most `timeout` seconds."""
        waiting = self._bell.wait_for(site_id, site_seq)
        try:
            if waiting.done() or self._site_seq(site_id) >= site_seq:
                return True
            if timeout <= 0:
                return False
            self._look_meanwhile()
            await asyncio.wait({waiting}, timeout=timeout)
            return waiting.done()
        finally:
            self._bell.leave(site_id, site_seq, waiting)

    def _look_meanwhile(self) -> None:
        """One look at the database for all who wait, however many, while the register may be another process."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="register-look")

    async def _look(self) -> None:
        while sites := self._bell.sites():
            await asyncio.sleep(LOOK_AGAIN_S)
            self._bell.ring(await asyncio.to_thread(self._site_seqs, sites))

    def _site_seqs(self, site_ids: list[str]) -> dict[str, int]:
        table = schema.SITES
        query = select(table.c.site_id, table.c.site_seq).where(table.c.site_id.in_(site_ids))
        with sql.reading(self._engine) as connection:
            return {row.site_id: row.site_seq for row in connection.execute(query)}

    def _site_seq(self, site_id: str) -> int:
        with sql.reading(self._engine) as connection:
            return connection.execute(answers.SITE_SEQ, {"site_id": site_id}).scalar() or 0

    # ---- boards ----------------------------------------------------------------------------------------------------

    def board_of(self, site_id: str) -> Board | None:
        """The site's live board for judging gates on pages, without `seen`. Cached; only what changed is read."""
        older = self._boards.get(site_id)
        with sql.reading(self._engine) as connection:
            board = boards.load(connection, site_id, older)
        if board is not None:
            with self._lock:
                held = self._boards.get(site_id)
                if held is None or held is older or held.seq < board.seq:
                    self._boards[site_id] = board
        return board

    def board_view(self, site_id: str, filters: Filters | None = None) -> Row | None:
        """The site by area and state. None if the site is unknown.

        {site, areas: [{area_id, name, emergency, counts: {state: n}}], jobs: [row], permits: [row]}; only live ones.
        """
        board = self.board_of(site_id)
        if board is None:
            return None
        wanted = filters or Filters()
        jobs, permits = schema.JOBS, schema.PERMITS
        live_jobs = select(jobs).where(jobs.c.site_id == site_id, jobs.c.live, *jobs_matching(wanted))
        live_permits = select(permits).where(permits.c.site_id == site_id, permits.c.live, *wanted.of_permits())
        with sql.reading(self._engine) as connection:
            site = _first(connection, boards.SITE, {"site_id": site_id})
            job_rows = _all(connection, live_jobs.order_by(jobs.c.created_at, jobs.c.job_no))
            permit_rows = _all(connection, live_permits.order_by(permits.c.planned_from, permits.c.permit_no))
        shown = {row["job_id"] for row in job_rows}
        permit_rows = [row for row in permit_rows if row["job_id"] in shown]
        return {
            "site": site,
            "areas": [_area(board, area_id, permit_rows) for area_id in board.areas],
            "jobs": job_rows,
            "permits": permit_rows,
        }

    # ---- jobs and tickets ------------------------------------------------------------------------------------------

    def job_view(self, job_id: str, site_ids: Collection[str] | None = None) -> Row | None:
        """A job, live or closed, with all that belongs to it; None if there is none.

        site_ids: look only there (here and below): ids are made by clients, so two sites may have the same one.

        {site_id, site_seq, live, row, job, permits: [..], permit_rows: [..], alarms: [..], concerns: [..],
        late_arrivals: [..], documents: [..]}; all but the rows and documents as `codec.plain` makes them. The concerns
        of a closed job stand in its trail.
        """
        with sql.reading(self._engine) as connection:
            row = _first(connection, _within(schema.JOBS, schema.JOBS.c.job_id == job_id, site_ids))
            if row is None:
                return None
            site_id = row["site_id"]
            of_job = (schema.PERMITS.c.job_id == job_id) & (schema.PERMITS.c.site_id == site_id)
            permit_rows = _all(connection, select(schema.PERMITS).where(of_job).order_by(schema.PERMITS.c.permit_no))
            site_seq = select(schema.SITES.c.site_seq).where(schema.SITES.c.site_id == site_id)
            documents = _all(connection, _documents(schema.DOCUMENTS.c.job_id == job_id))
            return {
                "site_id": site_id,
                "site_seq": connection.execute(site_seq).scalar(),
                "live": row["live"],
                "job": _with_last_seals(connection, _whole(connection, "jobs", row, job_id), documents),
                "permits": [_whole(connection, "permits", permit, permit["permit_id"]) for permit in permit_rows],
                "row": _without_json(row),
                "permit_rows": [_without_json(permit) for permit in permit_rows],
                "alarms": _alarms(connection, schema.ALARMS.c.job_id == job_id),
                "concerns": _of_job(connection, site_id, "concerns", job_id),
                "late_arrivals": _of_job(connection, site_id, "late_arrivals", job_id),
                "documents": documents,
            }

    def permit_by_no(self, permit_no: str, site_ids: Collection[str] | None = None) -> Row | None:
        """The summary row of a ticket by its number, as printed."""
        return self._row(schema.PERMITS, schema.PERMITS.c.permit_no == permit_no, site_ids)

    def permit(self, permit_id: str, site_ids: Collection[str] | None = None) -> Row | None:
        """The summary row of a ticket by its id."""
        return self._row(schema.PERMITS, schema.PERMITS.c.permit_id == permit_id, site_ids)

    def job_by_no(self, job_no: str, site_ids: Collection[str] | None = None) -> Row | None:
        """The summary row of a job by its number."""
        return self._row(schema.JOBS, schema.JOBS.c.job_no == job_no, site_ids)

    def _row(self, table: Table, where: Any, site_ids: Collection[str] | None) -> Row | None:
        with sql.reading(self._engine) as connection:
            row = _first(connection, _within(table, where, site_ids))
            return None if row is None else _without_json(row)

    def trail(
        self,
        *,
        job_id: str | None = None,
        permit_id: str | None = None,
        after: int = 0,
        limit: int = TRAIL_PAGE,
        site_ids: Collection[str] | None = None,
    ) -> list[Row]:
        """The outcomes of a job, or of a ticket with those of its job as a whole, in the order of the chain.

        after: a site_seq; go on from the last one of the page before. `body` is the record's body.
        """
        if permit_id is not None:
            about = self.permit(permit_id, site_ids)
        else:
            about = self._row(schema.JOBS, schema.JOBS.c.job_id == job_id, site_ids)
        if about is None:
            return []
        table, outcomes = schema.TRAIL, schema.OUTCOMES
        where = (table.c.site_id == about["site_id"]) & (table.c.job_id == about["job_id"])
        if permit_id is not None:
            where &= table.c.permit_id.in_(["", permit_id])
        query = (
            select(outcomes)
            .where(
                outcomes.c.site_id == about["site_id"],
                outcomes.c.site_seq.in_(select(table.c.site_seq).where(where)),
                outcomes.c.site_seq > after,
            )
            .order_by(outcomes.c.site_seq)
            .limit(limit)
        )
        with sql.reading(self._engine) as connection:
            return [row | {"body": json.loads(row["body"])} for row in _all(connection, query)]

    def outcome(self, site_id: str, site_seq: int) -> Row | None:
        """One record of a site's chain."""
        table = schema.OUTCOMES
        with sql.reading(self._engine) as connection:
            row = _first(connection, select(table).where(table.c.site_id == site_id, table.c.site_seq == site_seq))
            return None if row is None else row | {"body": json.loads(row["body"])}

    def search(self, site_ids: Collection[str], filters: Filters, *, limit: int = SEARCH_PAGE, offset: int = 0) -> Row:
        """Jobs, live and closed, newest first: {jobs: [row with its `permits` rows], more: bool}."""
        table = schema.JOBS
        query = (
            select(table)
            .where(table.c.site_id.in_(site_ids), *jobs_matching(filters))
            .order_by(table.c.created_at.desc(), table.c.job_no.desc())
            .limit(limit + 1)
            .offset(offset)
        )
        with sql.reading(self._engine) as connection:
            found = [_without_json(row) for row in _all(connection, query)]
            shown = found[:limit]
            of_jobs = schema.PERMITS.c.job_id.in_([row["job_id"] for row in shown])
            permits = _all(connection, select(schema.PERMITS).where(of_jobs).order_by(schema.PERMITS.c.permit_no))
        for row in shown:
            same = [p for p in permits if (p["site_id"], p["job_id"]) == (row["site_id"], row["job_id"])]
            row["permits"] = [_without_json(permit) for permit in same]
        return {"jobs": shown, "more": len(found) > limit}

    # ---- alarms and documents --------------------------------------------------------------------------------------

    def alarms(
        self, site_id: str, *, states: tuple[str, ...] = ("open", "acknowledged"), limit: int = ALARMS_MAX
    ) -> list[Row]:
        """Alarms of a site, the newest first; each as `codec.plain` makes it, with its `state`."""
        with sql.reading(self._engine) as connection:
            where = and_(schema.ALARMS.c.site_id == site_id, schema.ALARMS.c.state.in_(states))
            return _alarms(connection, where, limit)

    def document_references(self, sha256: str) -> list[Row]:
        """Which records name a document: site_id, site_seq, job_id, permit_id, kind, accepted, named_at."""
        with sql.reading(self._engine) as connection:
            return _all(connection, _documents(schema.DOCUMENTS.c.sha256 == sha256))

    def documents_named(self) -> frozenset[str]:
        """What the sweep leaves (with those of the people vault): what a record names and no purge was about."""
        with sql.reading(self._engine) as connection:
            return documents_kept(connection)


def _area(board: Board, area_id: str, permit_rows: list[Row]) -> Row:
    counts: dict[str, int] = {}
    for row in permit_rows:
        if row["area_id"] == area_id:
            counts[row["state"]] = counts.get(row["state"], 0) + 1
    emergency = area_id in board.emergencies or "" in board.emergencies
    return {"area_id": area_id, "name": dict(board.areas[area_id].name), "emergency": emergency, "counts": counts}


def _whole(connection: Connection, part: str, row: Row, key: str) -> Any:
    """The job or ticket itself: on the board while it is live, in its own row afterwards."""
    if row["json"] is not None:
        return json.loads(row["json"])
    return json.loads(connection.execute(_part(row["site_id"], part, key)).scalar_one())


def _part(site_id: str, part: str, key: str) -> Select[Any]:
    table = schema.BOARD_PARTS
    return select(table.c.json).where(table.c.site_id == site_id, table.c.part == part, table.c.key == key)


def _of_job(connection: Connection, site_id: str, part: str, job_id: str) -> list[Any]:
    """Entries of the live board that name the job."""
    table = schema.BOARD_PARTS
    query = select(table.c.json).where(table.c.site_id == site_id, table.c.part == part)
    query = query.order_by(table.c.born_seq, table.c.born_nr)
    entries = [json.loads(text) for text in connection.execute(query).scalars()]
    return [entry for entry in entries if entry["job_id"] == job_id]


def _alarms(connection: Connection, where: Any, limit: int = ALARMS_MAX) -> list[Row]:
    table = schema.ALARMS
    query = select(table.c.state, table.c.json, table.c.site_id).where(where).order_by(table.c.raised_at.desc())
    found = connection.execute(query.limit(limit))
    return [json.loads(row.json) | {"state": row.state, "site_id": row.site_id} for row in found]


def _with_last_seals(connection: Connection, job: Row, documents: list[Row]) -> Row:
    """A job leaves the board with its closure's seal, so its last state lacks it: it is put back from its record."""
    known = {seal["seq"] for seal in job["seals"]}
    late = [d for d in documents if d["accepted"] and d["kind"] == "closure" and d["site_seq"] not in known]
    seals = []
    for document in late:
        where = (schema.OUTCOMES.c.site_id == document["site_id"], schema.OUTCOMES.c.site_seq == document["site_seq"])
        outcome = connection.execute(select(schema.OUTCOMES.c.body, schema.OUTCOMES.c.decided_at).where(*where)).one()
        (sealed,) = (e["data"] for e in json.loads(outcome.body)["events"] if e["type"] == "document.sealed")
        seals.append(
            {name: sealed[name] for name in ("kind", "permit_id", "sha256", "level")}
            | {"at": outcome.decided_at, "seq": document["site_seq"]}
        )
    return job | {"seals": [*job["seals"], *seals]}


def _documents(where: Any) -> Select[Any]:
    table = schema.DOCUMENTS
    return select(table).where(where).order_by(table.c.site_id, table.c.site_seq, table.c.kind)


def _within(table: Table, where: Any, site_ids: Collection[str] | None) -> Select[Any]:
    query = select(table).where(where).order_by(table.c.site_id)
    return query if site_ids is None else query.where(table.c.site_id.in_(site_ids))


def _without_json(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "json"}


def _first(connection: Connection, query: Select[Any], values: Row | None = None) -> Row | None:
    row = connection.execute(query, values).first()
    return None if row is None else dict(row._mapping)


def _all(connection: Connection, query: Select[Any]) -> list[Row]:
    return [dict(row._mapping) for row in connection.execute(query)]
