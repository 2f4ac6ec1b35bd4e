"""Gate 2, plan to briefing: booked in time, planned in writing, for no longer than the law allows.

Its level stands in step2_to_3_level_gates.py, who may do it in step2_to_3_crew_gates.py.
"""

from __future__ import annotations

from datetime import timedelta

from services.seven_steps import roles, site_time
from services.seven_steps.board_ticket import Permit
from services.seven_steps.gate import EVERYWHERE, Boundary, Case, Gate, Missing
from services.seven_steps.step2_to_3_ground_gates import longest_without_signs, road_plan_missing
from services.seven_steps.work_types import type_of

B = Boundary
PLAN = frozenset({B.PLAN})
PREPARERS = (roles.APPLICANT, roles.WORK_LEAD)
GB, AQ = "GB 30871-2022", "AQ 3064.2-2025"


def booking_record(case: Case) -> tuple[int, ...]:
    booking = case.job.booking if case.job else None
    if booking is None:
        return ()
    approved = (booking.urgent_approved.seq,) if booking.urgent_approved else ()
    return (booking.booked.seq, *approved)


def not_booked(case: Case) -> tuple[Missing, ...]:
    """At least one calendar day ahead, or urgent with a reason and an approver (AQ 3064.2 5.3.1)."""
    assert case.job is not None and case.permit is not None
    booking = case.job.booking
    if booking is None:
        return (Missing("booking", need=":booking", who=PREPARERS),)
    found = []
    work_day = site_time.site_day(case.board, case.permit.planned_from)
    if work_day < booking.planned_day:
        found.append(Missing("booking_day", have=work_day, need=f"≥ {booking.planned_day}", who=PREPARERS))
    booked_day = site_time.site_day(case.board, booking.booked.at)
    if booking.urgent:
        if not booking.reason:
            found.append(Missing("urgent_reason", need=":reason", who=PREPARERS))
        if booking.urgent_approved is None:
            found.append(Missing("urgent_approval", need=":approval", who=tuple(sorted(roles.APPROVERS))))
    elif not booked_day < booking.planned_day:
        found.append(Missing("booked_ahead", have=booked_day, need=f"< {booking.planned_day}", who=PREPARERS))
    return tuple(found)


def plan_record(case: Case) -> tuple[int, ...]:
    return (case.job.plan.recorded.seq,) if case.job and case.job.plan else ()


def no_plan_document(case: Case) -> tuple[Missing, ...]:
    """A plan is recorded, with the file that the work asks for (GB 30871-2022 5.4.2, 7.1, 9.2.1, 9.2.2, 12.1)."""
    assert case.job is not None and case.permit is not None
    plan, permit = case.job.plan, case.permit
    if plan is None:
        return (Missing("plan", need=":plan", who=PREPARERS),)
    wanted = type_of(permit).plan_document(permit)
    kinds = {d.kind for d in plan.documents if d.permit_id in (None, permit.permit_id)}
    found = road_plan_missing(case)
    if wanted and wanted not in kinds:
        found = (Missing("plan_document", about=permit.permit_no, need=f":{wanted}", who=PREPARERS), *found)
    return found


def longest_validity(case: Case, permit: Permit) -> timedelta | None:
    """What the site's packs give this work; None where the law states none for this work.

    Where it does, but none of the site's packs says: one shift, as for general work.
    """
    work = type_of(permit)
    name = work.validity.get(work.valid_by(permit))
    if name is None:
        return longest_without_signs(case)
    by_type = case.rules.duration_or_none(name, case.board)
    return by_type if by_type is not None else case.rules.duration("validity_general", case.board)


def too_long(case: Case) -> tuple[Missing, ...]:
    permit = case.permit
    assert permit is not None
    longest = longest_validity(case, permit)
    planned = permit.planned_to - permit.planned_from
    if planned.total_seconds() > 0 and (longest is None or planned <= longest):
        return ()
    need = f"≤ {span_text(longest)}" if longest is not None else "> 0 h"
    return (Missing("validity", about=permit.permit_no, have=span_text(planned), need=need, who=PREPARERS),)


def span_text(span: timedelta) -> str:
    """As people of both languages write it: 7 d, 8 h, 8 h 1 min; before its beginning it is nothing."""
    seconds = max(int(span.total_seconds()), 0)
    found = []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, length)
        found += [f"{count} {unit}"] if count else []
    return " ".join(found) or "0 h"


def ticket_record(case: Case) -> tuple[int, ...]:
    return (case.permit.created.seq,) if case.permit else ()


GATES = (
    Gate("G-PL-1", 1, PLAN, f"{AQ} 5.3.1", not_booked, booking_record),
    Gate("G-PL-2", 1, PLAN, f"{GB} 5.4.2, 7.1, 9.2.1, 9.2.2, 12.1", no_plan_document, plan_record, packs=EVERYWHERE),
    Gate(
        "G-PL-3",
        1,
        PLAN,
        f"{GB} 5.1.5, 6.10, 8.2.11, 10.8, 12.3",
        too_long,
        ticket_record,
        alarm="10",
        packs=EVERYWHERE,
    ),
)
