"""Two tickets of two jobs side by side, made by hand: whatever their types, states, places and times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from services.seven_steps import board_index, simops
from services.seven_steps.board import Board
from services.seven_steps.board_job import Job, Plan, PlannedIsolation
from services.seven_steps.board_ticket import Permit
from services.seven_steps.event import spot_of
from services.seven_steps.facts import Stated
from services.seven_steps.gate import Boundary, Case, Missing
from services.seven_steps.gates import GATES
from services.seven_steps.grid import Circle
from services.seven_steps.simops_matrix import MATRIX, Hit
from tests.flow import walk
from tests.flow.world import DAY_TWO, RULES, World

HERE, THERE = "ticket-here", "ticket-there"
SAID = Stated("lead", DAY_TWO, 1)


@dataclass(frozen=True)
class Ticket:
    """at: east, north, and elevation if there is one, m, with no error; None: anywhere in the area. hours: from when to
    when after the day's beginning. isolates: what the job plans, method by point."""

    type: str = "general"
    facts: Mapping[str, Any] = field(default_factory=dict)
    activities: tuple[str, ...] = ()
    at: tuple[str, ...] | None = None
    error: str | None = "0"
    area: str = "farm"
    state: str = "issued"
    hours: tuple[float, float] = (0, 8)
    place: str = ""
    tag: str = ""
    contractor: str | None = None
    lead: str = "lead"
    level: str = "2"  # of hot work
    isolates: Mapping[str, str] = field(default_factory=dict)
    planned: bool = True
    content_seq: int = 0
    crew: Mapping[str, Any] = field(default_factory=dict)


@cache
def _site() -> World:
    return walk.site()


def site(
    *, decks: Mapping[str, tuple[str, ...]] | None = None, circles: Mapping[str, tuple[str, ...]] | None = None
) -> Board:
    """The walks' site; decks and circles (east, north, radius) by area."""
    board = _site().board
    areas = dict(board.areas)
    for key, found in (decks or {}).items():
        areas[key] = replace(areas[key], decks=tuple(Decimal(one) for one in found))
    for key, found in (circles or {}).items():
        areas[key] = replace(areas[key], grid=Circle(*(Decimal(one) for one in found)))
    return replace(board, areas=areas)


def put_beside(board: Board, key: str, ticket: Ticket) -> Board:
    """The board with one ticket more, of a job of its own; the index is the caller's to make anew."""
    other = stand(board, {key: ticket})
    return replace(board, permits={**board.permits, **other.permits}, jobs={**board.jobs, **other.jobs})


def beside(w: World, ticket: Ticket, key: str = "other") -> World:
    """The world with that ticket on its site, of a job of its own."""
    board = put_beside(w.board, key, ticket)
    index = board_index.built(board.jobs.values(), board.permits.values(), board.certificates.values())
    w.board = replace(board, index=index)
    return w


def stand(board: Board, tickets: Mapping[str, Ticket], sibling: bool = False) -> Board:
    """The tickets on the board, each of a job of its own, or all of one."""
    permits = {key: _permit(key, one, sibling) for key, one in tickets.items()}
    jobs: dict[str, Job] = {}
    for key, one in tickets.items():
        job_id = permits[key].job_id
        ids = tuple(p for p in permits if permits[p].job_id == job_id)
        jobs[job_id] = _job(job_id, one, ids, frozenset(i for i in ids if tickets[i].planned))
    index = board_index.built(jobs.values(), permits.values(), board.certificates.values())
    return replace(board, permits=permits, jobs=jobs, index=index)


def _permit(key: str, one: Ticket, sibling: bool) -> Permit:
    names = ("east_m", "north_m", "elevation_m")
    spot = dict(zip(names, one.at, strict=False)) if one.at is not None else None
    if spot is not None and one.error is not None:
        spot["error_m"] = one.error
    return Permit(
        permit_id=key, permit_no=f"NO-{key}", job_id="job" if sibling else f"job of {key}", type=one.type,
        state=one.state, level=one.level if one.type == "hot_work" else "", level_reasons=(), requested_level="",
        requested_level_reason="", facts=one.facts,
        area_id=one.area, place=one.place or key, equipment_tag=one.tag, limitations="",
        planned_from=DAY_TWO + timedelta(hours=one.hours[0]), planned_to=DAY_TWO + timedelta(hours=one.hours[1]),
        created=SAID, content_seq=one.content_seq, spot=spot_of(spot), activities=frozenset(one.activities),
        crew=one.crew,
    )  # fmt: skip


def _job(job_id: str, one: Ticket, permits: tuple[str, ...], planned: frozenset[str]) -> Job:
    plan = Plan(SAID, "", "", "", "", isolations=tuple(PlannedIsolation(p, m, False) for p, m in one.isolates.items()))
    return Job(
        job_id=job_id, job_no=f"NO-{job_id}", state="briefed", title="", area_id=one.area, place="", equipment_tag="",
        work_content="", applicant="applicant", applicant_unit="", work_unit="", contractor_id=one.contractor,
        work_lead=one.lead, lang="en", created=SAID, permits=permits, planned=planned, plan=plan,
    )  # fmt: skip


def case(
    board: Board, at: Boundary = Boundary.ISSUE, now: datetime = DAY_TWO, about: str = HERE, **payload: Any
) -> Case:
    command = World().command("", at.value, payload)
    permit = board.permits[about]
    return Case(board, board.jobs[permit.job_id], permit, command, "", now, RULES)


def rows_hit(board: Board, **asked: Any) -> set[str]:
    """The rows that hit the ticket HERE."""
    return {hit.row.id for hit in hits(board, **asked)}


def hits(board: Board, **asked: Any) -> tuple[Hit, ...]:
    return simops.hits(case(board, **asked), MATRIX)


def missing(gate_id: str, board: Board, **asked: Any) -> tuple[Missing, ...]:
    """What shuts that gate for the ticket HERE."""
    gate = next(one for one in GATES if one.id == gate_id)
    return gate.shut_by(case(board, **asked))
