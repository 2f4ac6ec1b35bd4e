"""Gate 2, plan to briefing: booked in time, planned in writing, at the right level, by people who may do it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from services.seven_steps import levels, roles, site_time
from services.seven_steps.board_site import Certificate
from services.seven_steps.board_ticket import CrewMember, Permit
from services.seven_steps.gate import RUN, Boundary, Case, Gate, Missing
from services.seven_steps.step1_risk_assessment import ENDED
from services.seven_steps.work_types import HOT_WORK, type_of

B = Boundary
PLAN = frozenset({B.PLAN})
LEAD = (roles.WORK_LEAD,)
PREPARERS = (roles.APPLICANT, roles.WORK_LEAD)
GUARDIAN_TRADE = "guardian"
UPGRADE_ALARMS = {"holiday": "40", "rest_day": "41", "night": "42", "special_period": "43"}


# ---- booking, plan, validity ---------------------------------------------------------------------------------------


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
    """A plan is recorded; special-level hot work has its written plan as a file (GB 30871-2022 5.4.2)."""
    assert case.job is not None and case.permit is not None
    plan, permit = case.job.plan, case.permit
    if plan is None:
        return (Missing("plan", need=":plan", who=PREPARERS),)
    if permit.level != levels.SPECIAL:
        return ()
    kinds = {d.kind for d in plan.documents if d.permit_id in (None, permit.permit_id)}
    if "hot_special_plan" in kinds:
        return ()
    return (Missing("plan_document", about=permit.permit_no, need=":hot_special_plan", who=PREPARERS),)


def longest_validity(case: Case, permit: Permit) -> timedelta | None:
    """What the site's packs give this type and level; None where the law states none for this work.

    Where it does, but none of the site's packs says: one shift, as for general work.
    """
    name = type_of(permit).validity.get(permit.level)
    if name is None:
        return None
    by_type = case.rules.duration_or_none(name, case.board)
    return by_type if by_type is not None else case.rules.duration("validity_general", case.board)


def too_long(case: Case) -> tuple[Missing, ...]:
    permit = case.permit
    assert permit is not None
    longest = longest_validity(case, permit)
    planned = permit.planned_to - permit.planned_from
    if planned.total_seconds() > 0 and (longest is None or planned <= longest):
        return ()
    return (Missing("validity", about=permit.permit_no, have=str(planned), need=f"≤ {longest}", who=PREPARERS),)


def ticket_record(case: Case) -> tuple[int, ...]:
    return (case.permit.created.seq,) if case.permit else ()


# ---- level and upgrade ---------------------------------------------------------------------------------------------


def level_lowered(case: Case) -> tuple[Missing, ...]:
    """The level is what the facts give, judged again now; lowering is refused, raising needs a reason."""
    permit = case.permit
    assert permit is not None
    work = type_of(permit)
    derived = work.derive(permit.facts, case.board.areas.get(permit.area_id), case.number)
    found = [Missing("level_fact", about=fact, need=f":fact_{fact}", who=PREPARERS) for fact in derived.unknown]
    if work.lowered(derived.level, permit.requested_level):
        have, need = f":level_{permit.requested_level}", f":level_{derived.level}"
        found.append(Missing("level", about=permit.permit_no, have=have, need=need, who=PREPARERS))
    elif work.higher(derived.level, permit.level) != permit.level:
        found.append(Missing("level", have=f":level_{permit.level}", need=f":level_{derived.level}", who=PREPARERS))
    if permit.requested_level and not permit.requested_level_reason:
        found.append(Missing("level_reason", about=permit.permit_no, need=":reason", who=PREPARERS))
    return tuple(found)


def upgrades(case: Case) -> tuple[str, ...]:
    """Why this hot work needs the next approver (5.1.1; reading A10.3: judged for the hours in which work is done).

    At start and resume that is now. Before, it is the whole window if one shift does the work, else its first moment.
    """
    permit = case.permit
    if permit is None or permit.type != HOT_WORK:
        return ()
    if case.command.type in (B.START, B.RESUME):
        return site_time.upgrade_reasons_at(case.board, case.now)
    one_shift = permit.planned_to - permit.planned_from <= case.rules.duration("shift_length", case.board)
    end = permit.planned_to if one_shift else permit.planned_from
    return site_time.upgrade_reasons_between(case.board, permit.planned_from, end)


def grade_needed(case: Case) -> str:
    """The rung that must issue this ticket, after the upgrade of one step (reading A10.3)."""
    permit = case.permit
    assert permit is not None
    work = type_of(permit)
    step = work.rung(work.grades[permit.level]) + (1 if upgrades(case) else 0)
    return work.ladder[min(step, len(work.ladder) - 1)]


def _at_the_top(case: Case) -> bool:
    permit = case.permit
    assert permit is not None
    work = type_of(permit)
    return work.grades[permit.level] == work.ladder[-1]


def not_upgraded(case: Case) -> tuple[Missing, ...]:
    permit, reasons = case.permit, upgrades(case)
    assert permit is not None
    if not reasons:
        return ()
    if _at_the_top(case) and not _second_supervisor(case):
        return tuple(_upgrade(reason, ":none", ":second_supervisor", PREPARERS) for reason in reasons)
    if case.command.type == B.PLAN or (case.command.type == B.ISSUE and not case.actor):
        return ()  # the route now ends one rung higher; who signs is asked of the act
    if case.command.type == B.ISSUE:
        person = case.board.people.get(case.actor)
        grade = type_of(permit).grade_of(person.roles) if person else ""
    else:
        grade = permit.issue.grade if permit.issue else ""
    need = grade_needed(case)
    if type_of(permit).rung(grade) >= type_of(permit).rung(need):
        return ()
    return tuple(
        _upgrade(reason, f":role_{grade}" if grade else ":none", f":role_{need}", (need,)) for reason in reasons
    )


def _upgrade(reason: str, have: str, need: str, who: tuple[str, ...]) -> Missing:
    return Missing("upgrade", about=f":{reason}", have=have, need=need, who=who, alarm=UPGRADE_ALARMS[reason])


def _second_supervisor(case: Case) -> bool:
    assert case.permit is not None
    named = case.board.people.get(str(case.permit.facts.get("second_supervisor", "")))
    return named is not None and named.person_id != case.actor and bool(named.roles & roles.APPROVERS)


def calendar_record(case: Case) -> tuple[int, ...]:
    issue = (case.permit.issue.seq,) if case.permit and case.permit.issue else ()
    return (*((case.board.calendar.seq,) if case.board.calendar.seq else ()), *issue)


# ---- crew ----------------------------------------------------------------------------------------------------------


def crew_asked(case: Case) -> tuple[CrewMember, ...]:
    """Everyone on the crew; at an entry only who is let in."""
    assert case.permit is not None
    crew = case.permit.crew
    if case.command.type == B.ENTER and "person_id" in case.command.payload:
        entering = crew.get(case.command.payload["person_id"])
        return (entering,) if entering else ()
    return tuple(crew.values())


def crew_record(case: Case) -> tuple[int, ...]:
    held = {m.person_id for m in crew_asked(case)}
    certificates = (c.seq for c in case.board.certificates.values() if c.person_id in held)
    people = (case.board.people[p].seq for p in held if p in case.board.people)
    return tuple(sorted({*(m.seq for m in crew_asked(case)), *certificates, *people}))


def _days(case: Case) -> tuple[str, str]:
    """The site days on which a certificate must be good: all planned ones, or today once work is to run."""
    assert case.permit is not None
    if case.command.type == B.PLAN:
        start, end = case.permit.planned_from, case.permit.planned_to - timedelta(microseconds=1)
    else:
        start = end = case.now
    return site_time.site_day(case.board, start), site_time.site_day(case.board, end)


def _days_between(first: str, last: str) -> list[str]:
    """Every calendar day of the window; two certificates may follow each other."""
    start, count = date.fromisoformat(first), (date.fromisoformat(last) - date.fromisoformat(first)).days
    return [(start + timedelta(days=n)).isoformat() for n in range(max(count, 0) + 1)]


def certificate_missing(case: Case, person_id: str, trade: str) -> tuple[Missing, ...]:
    """A certificate of that trade, of that person, good to the end of its last day (reading A10.1)."""
    first, last = _days(case)
    held: list[Certificate] = [
        c for c in case.board.certificates.values() if (c.person_id, c.trade) == (person_id, trade) and not c.revoked
    ]
    days = _days_between(first, last)
    if all(any(c.valid_from <= day <= c.valid_to for c in held) for day in days):
        return ()
    if not held:
        return (Missing("certificate", about=person_id, need=f":trade_{trade}", who=PREPARERS, alarm="50"),)
    latest = max(held, key=lambda c: c.valid_to)
    have = f"{latest.valid_from} – {latest.valid_to}"
    return (Missing("certificate", about=person_id, have=have, need=f"{first} – {last}", who=PREPARERS, alarm="51"),)


def not_certified(case: Case) -> tuple[Missing, ...]:
    """There are workers; each whose trade is certified holds it; at least one has the trade of the work (4.9)."""
    assert case.permit is not None
    workers = [m for m in crew_asked(case) if m.role == "worker"]
    if case.command.type == B.ENTER and not workers:
        return ()  # a guardian or tester who enters is no worker; whether they are on the crew is G-BR-2's
    if not workers:
        return (Missing("crew", need=":workers", who=PREPARERS),)
    found: list[Missing] = []
    certified = case.rules.listed("certified_trades")
    for worker in workers:
        if worker.person_id not in case.board.people:
            found.append(Missing("person", about=worker.person_id, need=":registered", who=(roles.ADMIN,)))
        elif worker.trade in certified:
            found += certificate_missing(case, worker.person_id, worker.trade)
    trade = type_of(case.permit).trade
    if trade and case.command.type != B.ENTER and not any(w.trade == trade for w in workers):
        found.append(Missing("trade", need=f":trade_{trade}", who=PREPARERS, alarm="50"))
    return tuple(found)


def guardians_of(permit: Permit) -> tuple[str, ...]:
    return tuple(m.person_id for m in permit.crew.values() if m.role == "guardian")


def guardian_required(case: Case) -> bool:
    """For the special works by law; for general work by site policy (reading A10.11)."""
    assert case.permit is not None
    if case.permit.type in case.rules.listed("special_works"):
        return True
    return bool(case.rules.number("guardian_for_general", case.board))


def guardian_not_certified(case: Case) -> tuple[Missing, ...]:
    assert case.permit is not None
    if not guardian_required(case):
        return ()
    guardians = guardians_of(case.permit)
    if not guardians:
        return (Missing("guardian", need=":guardian", who=PREPARERS),)
    found: list[Missing] = []
    for person_id in guardians:
        found += certificate_missing(case, person_id, GUARDIAN_TRADE)
    return tuple(found)


def _others(case: Case) -> list[Permit]:
    """Live tickets of the site whose planned time overlaps this one's."""
    here = case.permit
    assert here is not None
    watch = case.rules.duration("fire_watch", case.board)
    return [
        p
        for p in case.board.permits.values()
        if p.permit_id != here.permit_id
        and p.state not in ENDED | {"accepted"}
        and p.planned_from < here.planned_to
        and here.planned_from < _occupied_until(p, watch)
    ]


def _occupied_until(permit: Permit, watch: timedelta) -> datetime:
    """A fire watch that is not ended holds its guardian beyond the ticket's time."""
    if permit.type == HOT_WORK and permit.completed is not None and permit.fire_watch is None:
        return max(permit.planned_to, permit.completed.at + watch)
    return permit.planned_to


def _same_spot(one: Permit, other: Permit) -> bool:
    """Linked tickets of one job at one place (reading A10.11)."""
    linked = other.permit_id in one.related or one.permit_id in other.related
    return linked and (one.job_id, one.area_id, one.place) == (other.job_id, other.area_id, other.place)


def guardian_elsewhere(case: Case) -> tuple[Missing, ...]:
    assert case.permit is not None
    found = []
    for person_id in guardians_of(case.permit):
        for other in _others(case):
            if person_id in guardians_of(other) and not _same_spot(case.permit, other):
                found.append(
                    Missing("guardian_place", about=person_id, have=other.permit_no, need=":one_place", who=PREPARERS)
                )
    return tuple(found)


def guardian_on_crew(case: Case) -> tuple[Missing, ...]:
    """A guardian does no other work: no worker of an overlapping ticket, nor the lead of this job (4.10)."""
    assert case.permit is not None and case.job is not None
    found = []
    for person_id in guardians_of(case.permit):
        works = [p for p in _others(case) if p.crew.get(person_id) and p.crew[person_id].role == "worker"]
        if works or person_id == case.job.work_lead:
            have = works[0].permit_no if works else ":work_lead"
            found.append(
                Missing("guardian_other_duty", about=person_id, have=have, need=":no_other_work", who=PREPARERS)
            )
    return tuple(found)


def not_fit(case: Case) -> tuple[Missing, ...]:
    """The crew; at an entry whoever is let in, on the crew or not."""
    assert case.permit is not None
    kind = case.permit.type
    entering = case.command.payload.get("person_id") if case.command.type == B.ENTER else None
    asked = [str(entering)] if entering else [m.person_id for m in crew_asked(case)]
    return tuple(
        Missing("fitness", about=person_id, have=":contraindication", need=":fit", who=PREPARERS)
        for person_id in asked
        if person_id in case.board.people and kind in case.board.people[person_id].contraindications
    )


def contractor_suspended(case: Case) -> tuple[Missing, ...]:
    assert case.job is not None
    named = {case.job.contractor_id} | {
        case.board.people[m.person_id].contractor_id for m in crew_asked(case) if m.person_id in case.board.people
    }
    found = []
    for contractor_id in sorted(name for name in named if name):
        contractor = case.board.contractors.get(contractor_id)
        if contractor is None or contractor.suspended:
            have = ":none" if contractor is None else ":suspended"
            found.append(
                Missing("contractor", about=contractor_id, have=have, need=":in_good_standing", who=(roles.ADMIN,))
            )
    return tuple(found)


GB, AQ = "GB 30871-2022", "AQ 3064.2-2025"
_CREW = PLAN | RUN
GATES = (
    Gate("G-PL-1", 1, PLAN, f"{AQ} 5.3.1", not_booked, booking_record),
    Gate("G-PL-2", 1, PLAN, f"{GB} 5.4.2", no_plan_document, plan_record),
    Gate("G-PL-3", 1, PLAN, f"{GB} 5.1.5, 6.10", too_long, ticket_record, alarm="10"),
    Gate("G-LV-1", 1, PLAN | {B.ISSUE}, f"{GB} 5.1.2", level_lowered, ticket_record),
    Gate("G-LV-2", 1, PLAN | {B.ISSUE, B.START, B.RESUME}, f"{GB} 5.1.1; {AQ} 5.8.3", not_upgraded, calendar_record),
    Gate("G-CR-1", 1, _CREW, f"{GB} 4.9; {AQ} 5.9.7", not_certified, crew_record),
    Gate("G-CR-2a", 1, _CREW, f"{GB} 4.10", guardian_not_certified, crew_record),
    Gate("G-CR-2b", 1, _CREW, f"{GB} 4.10; policy (one place)", guardian_elsewhere, crew_record),
    Gate("G-CR-2c", 1, _CREW, f"{GB} 4.10", guardian_on_crew, crew_record),
    Gate("G-CR-3a", 1, _CREW, f"{GB} 4.9", not_fit, crew_record),
    Gate("G-CR-3b", 1, _CREW, "Policy", contractor_suspended, crew_record),
)
