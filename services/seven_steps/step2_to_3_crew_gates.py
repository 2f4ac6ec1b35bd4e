"""Gate 2, plan to briefing: by people who may do it, watched by a guardian who does nothing else (4.9, 4.10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from services.seven_steps import roles, site_time
from services.seven_steps.board_site import Certificate
from services.seven_steps.board_ticket import CrewMember, Permit
from services.seven_steps.gate import EVERYWHERE, RUN, Boundary, Case, Gate, Missing
from services.seven_steps.step1_risk_assessment import ENDED
from services.seven_steps.work_types import type_of
from services.seven_steps.work_types.hot_work import HOT_WORK

B = Boundary
PLAN = frozenset({B.PLAN})
PREPARERS = (roles.APPLICANT, roles.WORK_LEAD)
GB, AQ = "GB 30871-2022", "AQ 3064.2-2025"
GUARDIAN_TRADE = "guardian"
_CREW = PLAN | RUN


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
    certificates = (c.seq for person_id in held for c in certificates_of(case, person_id))
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


def certificates_of(case: Case, person_id: str) -> list[Certificate]:
    ids = sorted(case.board.index.certificates.get(person_id, ()))
    return [case.board.certificates[key] for key in ids]


def days_asked(case: Case) -> list[str]:
    """The site days on which a certificate must be good."""
    return _days_between(*_days(case))


def good_on(one: Certificate, day: str) -> bool:
    """To the end of its last day (reading A10.1)."""
    return one.valid_from <= day <= one.valid_to


def certificate_missing(case: Case, person_id: str, trade: str) -> tuple[Missing, ...]:
    """A certificate of that trade, of that person, good to the end of its last day (reading A10.1)."""
    held = [c for c in certificates_of(case, person_id) if c.trade == trade and not c.revoked]
    days = days_asked(case)
    if all(any(good_on(c, day) for c in held) for day in days):
        return ()
    if not held:
        return (Missing("certificate", about=person_id, need=f":trade_{trade}", who=PREPARERS, alarm="50"),)
    latest = max(held, key=lambda c: c.valid_to)
    have = f"{latest.valid_from} – {latest.valid_to}"
    need = f"{days[0]} – {days[-1]}"
    return (Missing("certificate", about=person_id, have=have, need=need, who=PREPARERS, alarm="51"),)


def shown_by_another(case: Case, member: CrewMember) -> tuple[Missing, ...]:
    """Whose certificate it is that somebody shows, where it was written down (AQ 3064.2 5.9.7: holder mismatch)."""
    shown = case.board.certificates.get(member.certificate_id)
    if not member.certificate_id or (shown is not None and shown.person_id == member.person_id):
        return ()
    if shown is None:
        have, need = member.certificate_id, ":registered"
        return (Missing("certificate", about=member.person_id, have=have, need=need, who=PREPARERS, alarm="50"),)
    have, need = member.certificate_id, ":own_certificate"
    return (Missing("certificate_holder", about=member.person_id, have=have, need=need, who=PREPARERS, alarm="52"),)


def not_certified(case: Case) -> tuple[Missing, ...]:
    """There are workers; each whose trade is certified holds it; one has the trade of the work, one directs a lift."""
    assert case.permit is not None
    workers = [m for m in crew_asked(case) if m.role == "worker"]
    if case.command.type == B.ENTER and not workers:
        return ()  # a guardian or tester who enters is no worker; whether they are on the crew is G-BR-2's
    if not workers:
        return (Missing("crew", need=":workers", who=PREPARERS),)
    found: list[Missing] = []
    certified = case.rules.listed("certified_trades")
    for worker in workers:
        found += shown_by_another(case, worker)
        if worker.person_id not in case.board.people:
            found.append(Missing("person", about=worker.person_id, need=":registered", who=(roles.ADMIN,)))
        elif worker.trade in certified:
            found += certificate_missing(case, worker.person_id, worker.trade)
    work = type_of(case.permit)
    for trade in (work.trade, work.directed_by):
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
        found += shown_by_another(case, case.permit.crew[person_id])
        found += certificate_missing(case, person_id, GUARDIAN_TRADE)
    return tuple(found)


def others_in_window(case: Case, person_id: str) -> list[Permit]:
    """Live tickets on whose crew that person is and whose planned time overlaps this one's, the oldest first."""
    return _at_that_time(case, (case.board.permits[key] for key in case.board.index.people.get(person_id, ())))


def _at_that_time(case: Case, tickets: Iterable[Permit]) -> list[Permit]:
    here = case.permit
    assert here is not None
    watch = case.rules.duration("fire_watch", case.board)
    found = (
        p
        for p in tickets
        if p.permit_id != here.permit_id
        and p.state not in ENDED | {"accepted"}
        and p.planned_from < here.planned_to
        and here.planned_from < _occupied_until(p, watch, case.now)
    )
    return sorted(found, key=lambda p: (p.created.seq, p.permit_id))


def _occupied_until(permit: Permit, watch: timedelta, now: datetime) -> datetime:
    """Work that is not over, and a fire watch that is not ended, hold their people beyond the ticket's time."""
    if permit.state in ("active", "suspended"):
        return max(permit.planned_to, now)
    if permit.type == HOT_WORK.id and permit.completed is not None and permit.fire_watch is None:
        return max(permit.planned_to, permit.completed.at + watch)
    return permit.planned_to


def same_spot(one: Permit, other: Permit) -> bool:
    """Linked tickets of one job at one place (reading A10.11)."""
    linked = other.permit_id in one.related or one.permit_id in other.related
    return linked and (one.job_id, one.area_id, one.place) == (other.job_id, other.area_id, other.place)


def guardian_elsewhere(case: Case) -> tuple[Missing, ...]:
    assert case.permit is not None
    found = []
    for person_id in guardians_of(case.permit):
        for other in others_in_window(case, person_id):
            if person_id in guardians_of(other) and not same_spot(case.permit, other):
                found.append(
                    Missing("guardian_place", about=person_id, have=other.permit_no, need=":one_place", who=PREPARERS)
                )
    return tuple(found)


def guardian_on_crew(case: Case) -> tuple[Missing, ...]:
    """A guardian does no other work: works on no overlapping ticket and leads no such work, here or elsewhere (4.10).

    So whoever works on this ticket, or leads it, is no guardian of another one meanwhile.
    """
    assert case.permit is not None and case.job is not None
    at_work = {m.person_id for m in crew_asked(case) if m.role == "worker"} | {case.job.work_lead}
    duties = [(guardian, _other_work(case, guardian)) for guardian in guardians_of(case.permit)]
    duties += [(person, _watched_elsewhere(case, person)) for person in sorted(at_work)]
    return tuple(
        Missing("guardian_other_duty", about=person_id, have=have, need=":no_other_work", who=PREPARERS)
        for person_id, have in duties
        if have
    )


def _other_work(case: Case, guardian: str) -> str:
    """The first overlapping ticket on which the guardian works, or whose job the guardian leads; empty if none."""
    assert case.job is not None
    if guardian == case.job.work_lead:
        return ":work_lead"
    crewed = [p for p in others_in_window(case, guardian) if p.crew[guardian].role == "worker"]
    jobs = (case.board.jobs[job_id] for job_id in case.board.index.leads.get(guardian, ()))
    led = (case.board.permits[key] for job in jobs for key in job.permits)
    return next((p.permit_no for p in (*crewed, *_at_that_time(case, led))), "")


def _watched_elsewhere(case: Case, person_id: str) -> str:
    return next((p.permit_no for p in others_in_window(case, person_id) if person_id in guardians_of(p)), "")


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


GATES = (
    Gate(
        "G-CR-1",
        1,
        _CREW,
        f"{GB} 4.9, 9.2.6; {AQ} 5.9.7",
        not_certified,
        crew_record,
        suspends="suspension",
        packs=EVERYWHERE,
    ),
    Gate("G-CR-2a", 1, _CREW, f"{GB} 4.10", guardian_not_certified, crew_record, packs=EVERYWHERE),
    Gate("G-CR-2b", 1, _CREW, f"{GB} 4.10; policy (one place)", guardian_elsewhere, crew_record),
    Gate("G-CR-2c", 1, _CREW, f"{GB} 4.10", guardian_on_crew, crew_record),
    Gate("G-CR-3a", 1, _CREW, f"{GB} 4.9", not_fit, crew_record, packs=EVERYWHERE),
    Gate("G-CR-3b", 1, _CREW, "Policy", contractor_suspended, crew_record),
)
