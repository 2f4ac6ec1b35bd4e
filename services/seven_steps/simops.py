"""Which tickets clash with which, by the matrix: who counts, when, and where to look for them.

The first ticket through the plan's gate holds its place: whoever comes later meets it. Once work is to begin, tickets
that are issued, running or suspended count; running work itself gives way only to what else is running.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from services.seven_steps import grid
from services.seven_steps.board import Board
from services.seven_steps.board_index import NARROW_M, points_of, reach_of
from services.seven_steps.board_ticket import Permit
from services.seven_steps.coordination import uncoordinated
from services.seven_steps.gate import Boundary, Case
from services.seven_steps.rules import Rules
from services.seven_steps.simops_matrix import CONDITIONAL, DISTANCES, MATRIX, Clash, Hit, Pair, Side
from services.seven_steps.step1_risk_assessment import ENDED, ISSUED_ONCE

OVER = ENDED | {"accepted"}
#: Work that may be going on, or go on again, at any moment.
RUNNING = frozenset({"active", "suspended"})
#: Who counts once work is to begin.
ISSUED_NOW = RUNNING | {"issued"}
#: Cells looked at one by one; a question about more looks at all that are there.
CELLS_MAX = 400
BEFORE_WORK = frozenset({Boundary.PLAN, Boundary.SURVEY, Boundary.ISSUE})


@dataclass(frozen=True, slots=True)
class Clashing:
    """Two tickets of a site that clash, for whoever looks at the whole of it.

    have, need: as values with their unit ("18 m", "> 30 m"); a word with a leading colon is looked up
    coordinated: true once a coordination that agrees what the row asks was made and signed for both
    """

    row: str
    result: str
    source: str
    a: str
    b: str
    have: str
    need: str
    coordinated: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """Work of another job near a ticket in its time.

    have: how near at the least ("18 m"), or what the two share; near_m: the same as a number, None where nobody knows
    """

    other: Permit
    have: str
    near_m: Decimal | None
    clashing: tuple[Clashing, ...]


# ---- one ticket and its neighbours ---------------------------------------------------------------------------------


def side_of(board: Board, rules: Rules, permit: Permit) -> Side:
    area = board.areas.get(permit.area_id)
    where = None
    if permit.spot is not None:
        where = grid.of_spot(permit.spot, rules.number("spot_error", board))
    elif area is not None and area.grid is not None:
        where = grid.of_circle(area.grid)
    return Side(permit, board.jobs[permit.job_id], area, where)


def neighbours(board: Board, rules: Rules, here: Side) -> list[Permit]:
    """Every ticket that some row may be about together with this one, the oldest first; more than that is no harm."""
    index, permit = board.index, here.permit
    ids = set(index.areas.get(permit.area_id, ())) | index.wide
    ids |= index.pipes.get(str(permit.facts.get("pipe") or ""), frozenset())
    for point in points_of(here.job):
        for job_id in index.points.get(point, ()):
            ids |= set(board.jobs[job_id].permits)
    if here.where is not None:
        ids |= set(_around(board, here.where, _reach(board, rules, permit)))
    found = (board.permits[key] for key in ids - {permit.permit_id} if key in board.permits)
    return sorted(found, key=lambda p: (p.created.seq, p.permit_id))


def neighbours_of(board: Board, rules: Rules, permit: Permit) -> list[Permit]:
    return neighbours(board, rules, side_of(board, rules, permit))


def _reach(board: Board, rules: Rules, permit: Permit) -> Decimal:
    """How far away a ticket may stand that this one clashes with, but for the wide ones, m."""
    return _farthest(board, rules, permit) + NARROW_M + _unnoted(rules, "spot_error", board)


def _farthest(board: Board, rules: Rules, permit: Permit) -> Decimal:
    """The greatest distance that any row keeps from work like this, m: what is nearer is beside it."""
    return max(_unnoted(rules, name, board) for name in DISTANCES) + reach_of(permit)


def _unnoted(rules: Rules, name: str, board: Board) -> Decimal:
    """A number that only says where to look: no verdict rests on it, so it is not noted as one that decided."""
    found = Rules.bound(rules, name, board)
    return found.value if found is not None else Decimal(0)


def _around(board: Board, place: grid.Where, reach: Decimal) -> Iterator[str]:
    index = board.index
    side = 2 * (reach + place.slack_m) / grid.CELL_M + 2
    near = grid.cells_around(place, reach) if side * side <= CELLS_MAX else index.cells
    for cell in near:
        yield from index.cells.get(cell, ())
    for area in board.areas.values():
        if area.grid is not None and grid.within(place, grid.of_circle(area.grid), reach):
            yield from index.areas.get(area.area_id, ())


# ---- rows ----------------------------------------------------------------------------------------------------------


def hits_between(board: Board, rules: Rules, here: Side, there: Side, rows: Iterable[Clash] = MATRIX) -> Iterator[Hit]:
    """Each row that hits the two tickets, once, whichever of them is its `a`; time is not looked at."""
    return _hits_between(board, rules, here, there, _about(here, rows))


#: A row with whether a ticket may be its `a`, and whether its `b`.
Asked = tuple[Clash, bool, bool]


def _about(here: Side, rows: Iterable[Clash]) -> list[Asked]:
    """The rows that may be about the ticket at all: found once, whatever stands beside it."""
    found = ((row, row.a(here), row.b(here)) for row in rows)
    return [one for one in found if one[1] or one[2]]


def _hits_between(board: Board, rules: Rules, here: Side, there: Side, asked: Iterable[Asked]) -> Iterator[Hit]:
    sibling = here.job.job_id == there.job.job_id
    for row, is_a, is_b in asked:
        if row.another and sibling:
            continue
        first = _hit(Pair(here, there, board, rules), row, there) if is_a and row.b(there) else None
        found = first or (_hit(Pair(there, here, board, rules), row, there) if is_b and row.a(there) else None)
        if found is not None:
            yield found


def _hit(pair: Pair, row: Clash, there: Side) -> Hit | None:
    found = None if row.screened and pair.parted() else row.condition(pair)
    if found is None:
        return None
    ids = pair.a.permit.permit_id, pair.b.permit.permit_id
    return Hit(row, there.permit, found.have, found.need, found.pack, row.asks(pair), *ids)


def hits(case: Case, rows: Iterable[Clash]) -> tuple[Hit, ...]:
    """What the case's ticket clashes with, of the tickets that count there and then."""
    permit = case.permit
    assert permit is not None
    here = side_of(case.board, case.rules, permit)
    asked = _about(here, rows)
    found: list[Hit] = []
    for other in neighbours(case.board, case.rules, here) if asked else ():
        if counts(case, other) and meets(case, other):
            there = side_of(case.board, case.rules, other)
            found += _hits_between(case.board, case.rules, here, there, asked)
    return tuple(found)


# ---- who counts, and when ------------------------------------------------------------------------------------------


def holds_a_place(board: Board, permit: Permit) -> bool:
    """Through the plan's gate or further, and not over."""
    if permit.state in OVER:
        return False
    return permit.state in ISSUED_ONCE or permit.permit_id in board.jobs[permit.job_id].planned


def counts(case: Case, other: Permit) -> bool:
    """Whether the other ticket is there for this boundary."""
    assert case.permit is not None
    if case.command.type not in BEFORE_WORK:
        return other.state in ({"active"} if case.permit.state == "active" else ISSUED_NOW)
    named = case.command.payload.get("permits", ()) if case.command.type == Boundary.PLAN else ()
    return holds_a_place(case.board, other) or (other.permit_id in named and other.state not in OVER)


def meets(case: Case, other: Permit) -> bool:
    """Planned at the same time, from now on; from the issue on whatever runs or is suspended, whatever its plan.

    Before that, work that runs on over its time is there until now: what is planned for later need not wait for it.
    """
    assert case.permit is not None
    if other.state in RUNNING and case.command.type not in (Boundary.PLAN, Boundary.SURVEY):
        return True
    return _windows_meet(case.permit, other, case.now)


def _windows_meet(one: Permit, other: Permit, now: datetime) -> bool:
    """Both are planned for some moment that is not over yet; windows that only touch do not meet."""
    return max(one.planned_from, other.planned_from, now) < min(one.planned_to, other.planned_to)


# ---- the whole site ------------------------------------------------------------------------------------------------


def clashes(board: Board, rules: Rules, now: datetime) -> tuple[Clashing, ...]:
    """Every two tickets of the site that hold a place and clash now or as planned, the oldest first."""
    found: list[Clashing] = []
    for permit in board.permits.values():
        found += _clashes_of(board, rules, permit, now, after=(permit.created.seq, permit.permit_id))
    return tuple(found)


def clashes_of(board: Board, rules: Rules, permit: Permit, now: datetime) -> tuple[Clashing, ...]:
    """Every clash of one ticket with others that hold a place, now or as planned."""
    return tuple(_clashes_of(board, rules, permit, now, after=(0, "")))


def _clashes_of(
    board: Board, rules: Rules, permit: Permit, now: datetime, *, after: tuple[int, str]
) -> Iterator[Clashing]:
    """after: the number and id behind which another ticket counts, so that no two are told twice."""
    if not holds_a_place(board, permit):
        return
    here = side_of(board, rules, permit)
    for other in neighbours(board, rules, here):
        later = (other.created.seq, other.permit_id) > after
        if not later or not holds_a_place(board, other) or not _at_one_time(permit, other, now):
            continue
        yield from _clashing(board, rules, here, side_of(board, rules, other))


def _clashing(board: Board, rules: Rules, here: Side, there: Side) -> Iterator[Clashing]:
    for hit in hits_between(board, rules, here, there):
        done = hit.row.result == CONDITIONAL and not uncoordinated(board, hit)
        row = hit.row
        yield Clashing(row.id, row.result, row.source, hit.a, hit.b, hit.have, hit.need, done)


def beside(board: Board, rules: Rules, permit: Permit, now: datetime) -> tuple[Beside, ...]:
    """Who of other jobs holds a place near the ticket in its time, clashing or not; the oldest first.

    The ticket itself need not hold a place yet. Two areas without a place on the grid: nobody knows, so only what
    clashes by something else than distance is told of them.
    """
    here, reach = side_of(board, rules, permit), _farthest(board, rules, permit)
    found = []
    for other in neighbours(board, rules, here):
        if other.job_id == permit.job_id or not holds_a_place(board, other) or not _at_one_time(permit, other, now):
            continue
        there = side_of(board, rules, other)
        near = Pair(here, there, board, rules).nearer_than(reach)
        clashing = tuple(_clashing(board, rules, here, there))
        if near is not None or clashing:
            metres = None if near is None else Decimal(near.removesuffix(" m"))
            found.append(Beside(other, near or clashing[0].have, metres, clashing))
    return tuple(found)


def _at_one_time(one: Permit, other: Permit, now: datetime) -> bool:
    return {one.state, other.state} <= RUNNING or _windows_meet(one, other, now)
