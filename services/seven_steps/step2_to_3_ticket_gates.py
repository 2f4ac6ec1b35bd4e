"""Gate 2, plan to briefing: what a ticket of one type may cover, and which ticket its time hangs on (7.11, 10.8)."""

from __future__ import annotations

from services.seven_steps import roles, site_time
from services.seven_steps.gate import ENTRY, EVERYWHERE, HOT, Boundary, Case, Gate, Missing
from services.seven_steps.step1_risk_assessment import ENDED
from services.seven_steps.step2_to_3_gates import ticket_record
from services.seven_steps.work_types.blind_plate import BLIND_PLATE, INSERT, REMOVE
from services.seven_steps.work_types.temporary_power import TEMPORARY_POWER

B = Boundary
PLAN_AND_ISSUE = frozenset({B.PLAN, B.ISSUE})
#: Nor is power connected, or again, for work that has ended since.
TO_WORK = PLAN_AND_ISSUE | {B.START, B.RESUME}
PREPARERS = (roles.APPLICANT, roles.WORK_LEAD)
GB, AQ = "GB 30871-2022", "AQ 3064.2-2025"
#: Work whose time is also the time of the power for it (10.8).
SERVED = HOT | ENTRY
#: Work that is done needs no power any more.
OVER = ENDED | {"completed", "accepted"}


def not_one_blind(case: Case) -> tuple[Missing, ...]:
    """One blind and one action: putting in and taking out are two tickets (7.11)."""
    permit = case.permit
    assert permit is not None
    number, found = permit.permit_no, []
    blinds = permit.facts.get("blinds", ())
    if len(blinds) != 1:
        have = ", ".join(blinds) or ":none"
        found.append(Missing("one_blind", about=number, have=have, need="1", who=PREPARERS))
    action = permit.facts.get("action")
    if action not in (INSERT, REMOVE):
        have = f":action_{action}" if action else ":none"
        found.append(Missing("one_action", about=number, have=have, need=":one_action", who=PREPARERS))
    return tuple(found)


def not_within_parent(case: Case) -> tuple[Missing, ...]:
    """Power for hot work or a confined space lasts no longer than that work (10.8): its planned time lies within."""
    permit = case.permit
    assert permit is not None
    serves = permit.facts.get("for_hot_work_or_confined_space")
    if serves is None:
        return (Missing("power_purpose", about=permit.permit_no, need=":purpose", who=PREPARERS),)
    if not serves:
        return ()
    parent = case.board.permits.get(permit.facts.get("for_ticket", ""))
    if parent is None or parent.job_id != permit.job_id or parent.type not in SERVED or parent.state in OVER:
        have = parent.permit_no if parent else ":none"
        return (Missing("served_ticket", about=permit.permit_no, have=have, need=":served_ticket", who=PREPARERS),)
    if parent.planned_from <= permit.planned_from and permit.planned_to <= parent.planned_to:
        return ()
    have = f"{site_time.stamp(permit.planned_from)} – {site_time.stamp(permit.planned_to)}"
    need = f"{site_time.stamp(parent.planned_from)} – {site_time.stamp(parent.planned_to)}"
    return (Missing("power_window", about=parent.permit_no, have=have, need=need, who=PREPARERS),)


BLIND, POWER = frozenset({BLIND_PLATE.id}), frozenset({TEMPORARY_POWER.id})
GATES = (
    Gate(
        "G-BL-1",
        1,
        PLAN_AND_ISSUE,
        f"{GB} 7.11; {AQ} 5.4.4",
        not_one_blind,
        ticket_record,
        alarm="20",
        works=BLIND,
        packs=EVERYWHERE,
    ),
    Gate("G-PL-4", 1, TO_WORK, f"{GB} 10.8", not_within_parent, ticket_record, works=POWER),
)
