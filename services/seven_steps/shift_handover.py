"""Shift hand-over 交接班: what the outgoing foreman says of an area, who takes it over, and a ticket that goes on into
the next shift (HSG250 element 11; G-SH-1). Which shifts an area has is what its roster says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.seven_steps import codes, roles, site_time
from services.seven_steps.board import Board
from services.seven_steps.board_site import Shift, ShiftHandover
from services.seven_steps.board_ticket import Permit
from services.seven_steps.event import change_permit, event, put, stated, text_of, without
from services.seven_steps.gate import Boundary, Case
from services.seven_steps.spec import ACT, PERMIT, RECORD, SITE, CommandSpec, Decision, Refused
from services.seven_steps.step2_to_3_level_gates import grade_needed
from services.seven_steps.step4_to_5_gates import issuer_is_worker
from services.seven_steps.work_types import ISSUERS, type_of

Data = Mapping[str, Any]
LIVE = frozenset({"issued", "active", "suspended"})


# ---- decide --------------------------------------------------------------------------------------------------------


def _on_roster(case: Case, area_id: str) -> list[Shift]:
    """The actor's shifts of the area, the earliest first."""
    own = (s for s in case.board.roster if (s.area_id, s.person_id) == (area_id, case.actor))
    return sorted(own, key=lambda shift: shift.start)


def _not_on_duty(case: Case) -> Refused:
    return Refused(codes.WRONG_STATE, about=case.actor, have=":not_on_duty", need=":on_duty")


def hand_over_shift(case: Case) -> Decision:
    """By whoever has or last had the duty there; which tickets are live is what the board says, not a person's list."""
    payload = case.command.payload
    area_id = payload["area_id"]
    begun = [shift for shift in _on_roster(case, area_id) if shift.start <= case.now]
    if not begun:
        return _not_on_duty(case)
    tickets = sorted(p.permit_id for p in case.board.permits.values() if p.area_id == area_id and p.state in LIVE)
    end = site_time.stamp(begun[-1].end)
    handover_id = str(case.board.seq + 1)
    return (event(case, "shift.handed_over", **payload, handover_id=handover_id, tickets=tickets, shift_end=end),)


def accept_shift(case: Case) -> Decision:
    """By another person, of the shift that follows; it holds to the end of that shift."""
    area_id, handover_id = case.command.payload["area_id"], case.command.payload["handover_id"]
    offer = case.board.shift_offers.get(area_id)
    if offer is None or offer.handover_id != handover_id:
        have = offer.handover_id if offer else ":none"
        return Refused(codes.WRONG_STATE, about=area_id, have=have, need=":handed_over")
    if case.actor == offer.given.by:
        return Refused(codes.WRONG_STATE, about=case.actor, have=":same_person", need=":another_person")
    latest = max(case.now, offer.shift_end)
    follows = [s for s in _on_roster(case, area_id) if s.start <= latest and s.end > latest]
    if not follows:
        return _not_on_duty(case)
    until = site_time.stamp(follows[0].end)
    return (event(case, "shift.accepted", area_id=area_id, handover_id=handover_id, until=until),)


def revalidate(case: Case) -> Decision:
    """A ticket goes on into the next shift, where the site's rules know that: never where GB 30871 binds (4.16-4.18).

    At most one shift from now, and signed as an issue is: by a grade that may, and by nobody who does or leads the work
    (policy, HSG250).
    """
    permit, board = case.permit, case.board
    assert permit is not None and permit.valid_to is not None
    allowed = case.rules.bound("revalidation_allowed", board)
    if allowed is None or not allowed.value:
        packs = (allowed.pack,) if allowed else ()
        return Refused(codes.WRONG_STATE, about=permit.permit_no, need=":new_ticket", what="revalidation", packs=packs)
    wanted, latest = case.command.payload["valid_to"], case.now + case.rules.duration("shift_length", board)
    if not permit.valid_to < site_time.parse(wanted) <= latest:
        need = f"≤ {site_time.stamp(latest)}"
        return Refused(codes.LIMIT_REACHED, about=permit.permit_no, have=wanted, need=need)
    held, need = type_of(permit).grade_of(board.people[case.actor].roles), grade_needed(case)
    if type_of(permit).rung(held) < type_of(permit).rung(need):
        have = f":role_{held}" if held else ":none"
        return Refused(codes.WRONG_STATE, about=case.actor, have=have, need=f":role_{need}", who=(need,))
    if issuer_is_worker(case):
        return Refused(codes.WRONG_STATE, about=case.actor, have=":on_the_job", need=":another_person", who=(need,))
    return (event(case, "permit.revalidated", **case.command.payload),)


# ---- what stands ---------------------------------------------------------------------------------------------------


def shift_ends(board: Board, area_id: str, moment: datetime) -> datetime | None:
    """When the shift on duty at that moment ends; between two shifts, the next one; None where no roster says."""
    shifts = [shift for shift in board.roster if shift.area_id == area_id and shift.end > moment]
    on_duty = [shift.end for shift in shifts if shift.start <= moment]
    return max(on_duty) if on_duty else min((shift.end for shift in shifts), default=None)


def handed_over_until(board: Board, permit: Permit) -> datetime | None:
    """To when the work may go on without a further hand-over: the end of the shift in which it was started, or of the
    shift that took it over. None where the roster knows no such shift.
    """
    if permit.started is None:
        return None
    end = shift_ends(board, permit.area_id, permit.started.at)
    taken = board.shift_handovers.get(permit.area_id)
    if end is None or taken is None or taken.until is None or permit.permit_id not in taken.tickets:
        return end
    return max(end, taken.until)


# ---- evolve --------------------------------------------------------------------------------------------------------


def shift_handed_over(board: Board, data: Data) -> Board:
    given = stated(board, data, text_of(data["plant_state"]))
    offer = ShiftHandover(
        data["area_id"],
        data["handover_id"],
        frozenset(data["tickets"]),
        site_time.parse(data["shift_end"]),
        text_of(data["live_work"]),
        given,
    )
    return replace(board, shift_offers=put(board.shift_offers, offer.area_id, offer))


def shift_accepted(board: Board, data: Data) -> Board:
    offer = board.shift_offers[data["area_id"]]
    taken = replace(offer, accepted=stated(board, data), until=site_time.parse(data["until"]))
    return replace(
        board,
        shift_offers=without(board.shift_offers, offer.area_id),
        shift_handovers=put(board.shift_handovers, offer.area_id, taken),
    )


def permit_revalidated(board: Board, data: Data) -> Board:
    """The planned time grows with it: whatever asks who else is there then, counts this ticket in."""
    valid_to = site_time.parse(data["valid_to"])
    return change_permit(board, data, valid_to=valid_to, planned_to=valid_to)


APPLIERS = {
    ("shift.handed_over", 1): shift_handed_over,
    ("shift.accepted", 1): shift_accepted,
    ("permit.revalidated", 1): permit_revalidated,
}

FOREMEN = frozenset({roles.SHIFT_FOREMAN, roles.AREA_AUTH})

COMMANDS = (
    CommandSpec("hand_over_shift", RECORD, FOREMEN, SITE, hand_over_shift),
    CommandSpec("accept_shift", ACT, FOREMEN, SITE, accept_shift),
    CommandSpec(
        "revalidate",
        ACT,
        ISSUERS,
        PERMIT,
        revalidate,
        states=frozenset({"active", "suspended"}),
        boundary=Boundary.RESUME,
    ),
)
