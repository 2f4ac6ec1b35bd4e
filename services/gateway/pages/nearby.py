"""Other work near a job's tickets in their time, in words: who, what, where, when, how near, and what was agreed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from services.gateway.pages import clash_rows
from services.gateway.pages.formats import NB
from services.gateway.pages.line import ENDED
from services.gateway.pages.options import rules_of
from services.gateway.pages.render import View
from services.seven_steps import simops
from services.seven_steps.board import Coordination
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.coordination import pair_key

#: More than these nobody takes in before work; the others are counted, and stand on the board.
SHOWN_MAX = 20


@dataclass(frozen=True)
class Agreed:
    measures: list[str]
    made: Coordination


@dataclass(frozen=True)
class Neighbour:
    """near_m: at the least, m; None: not known. have: that, or what is shared, in words. agreed: while it counts."""

    permit: Permit
    job: Job
    near_m: Decimal | None
    have: str
    clashes: tuple[clash_rows.ClashRow, ...]
    agreed: tuple[Agreed, ...]
    linked: bool

    @property
    def urgent(self) -> int:
        """What clashes and is not settled first, then what clashes, then the rest."""
        return 0 if any(not one.coordinated for one in self.clashes) else 1 if self.clashes else 2


@dataclass(frozen=True)
class Nearby:
    """more: how many others there are. unplaced: tickets of which only their own area could be looked at."""

    shown: Sequence[Neighbour]
    more: int
    unplaced: Sequence[Permit]


def of_tickets(view: View, tickets: Sequence[Permit]) -> Nearby:
    """What is beside the live ones of these tickets of a job, and what they are linked to."""
    board, rules = view.board, rules_of(view)
    live = [one for one in tickets if one.state not in ENDED]
    found: dict[str, Neighbour] = {}
    for permit in live:
        for one in simops.beside(board, rules, permit, view.now):
            found[one.other.permit_id] = _with(found, _neighbour(view, permit, one))
    mine = {one.permit_id for one in tickets}
    for key in sorted({other for one in live for other in one.related} - mine):
        other = board.permits.get(key)
        if other is not None and other.state not in ENDED:
            known = found.get(key) or Neighbour(other, board.jobs[other.job_id], None, "", (), (), True)
            found[key] = replace(known, linked=True)
    view.people.see_all(one.job.work_lead for one in found.values())
    ordered = sorted(found.values(), key=lambda one: one.urgent)
    unplaced = [one for one in live if simops.side_of(board, rules, one).where is None]
    return Nearby(ordered[:SHOWN_MAX], max(0, len(ordered) - SHOWN_MAX), unplaced)


def _neighbour(view: View, permit: Permit, one: simops.Beside) -> Neighbour:
    rows = tuple(_unbroken(clash_rows.clash_row(view, each, permit.permit_id)) for each in one.clashing)
    made = view.board.coordinations.get(pair_key(permit.permit_id, one.other.permit_id))
    agreed: tuple[Agreed, ...] = ()
    if made is not None and any(row.coordinated for row in rows):
        agreed = (Agreed([view.said.word("value", measure) for measure in made.agreed], made),)
        view.people.see(made.stated.by)
    near = one.near_m
    said = (
        view.said.value(one.have)
        if near is None
        else view.said.t("briefing.nearby.away", m=one.have)
        if near
        else view.said.t("briefing.nearby.here")
    )
    return Neighbour(one.other, view.board.jobs[one.other.job_id], near, said, rows, agreed, linked=False)


def _unbroken(row: clash_rows.ClashRow) -> clash_rows.ClashRow:
    """A number keeps its unit on its line; words may break."""
    said = row.need.replace(" ", NB) if any(one.isdigit() for one in row.need) else row.need
    return replace(row, need=said)


def _with(found: dict[str, Neighbour], one: Neighbour) -> Neighbour:
    """Beside two tickets of the job it is told once, with what is said of both."""
    before = found.get(one.permit.permit_id)
    if before is None:
        return one
    nearest = min((before, one), key=lambda each: Decimal("Infinity") if each.near_m is None else each.near_m)
    clashes = (*before.clashes, *(row for row in one.clashes if row not in before.clashes))
    agreed = (*before.agreed, *(each for each in one.agreed if each not in before.agreed))
    return replace(nearest, clashes=clashes, agreed=agreed)
