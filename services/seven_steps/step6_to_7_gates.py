"""Gate 6, supervision to review: the fire watch is over, everyone and everything is out, the place is as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.seven_steps import roles
from services.seven_steps.board_ticket import Permit
from services.seven_steps.gate import EVERYWHERE, HOT, Boundary, Case, Gate, Missing
from services.seven_steps.step1_risk_assessment import BEFORE_ISSUE, ENDED
from services.seven_steps.step2_to_3_crew_gates import guardians_of
from services.seven_steps.work_types import type_of

ACCEPT = frozenset({Boundary.ACCEPT})
GUARDIAN = (roles.GUARDIAN,)
#: Ends of a ticket: it protects nothing and needs no protection.
OVER = ENDED | {"accepted"}
#: Who says that what is left to do after the work is done (10.8: the supplier of power).
AT_THE_END = (roles.POWER_AUTH, roles.WORK_LEAD)


def fire_watch_too_short(case: Case) -> tuple[Missing, ...]:
    """From the end of work to the end of the watch at least the policy's minutes."""
    permit = case.permit
    assert permit is not None
    least = case.rules.duration("fire_watch", case.board)
    who = guardians_of(permit) or GUARDIAN
    if permit.completed is None or permit.fire_watch is None:
        return (Missing("fire_watch_end", about=permit.permit_no, need=f"≥ {_minutes(least)}", who=who),)
    if permit.fire_watch.by not in guardians_of(permit):
        have = permit.fire_watch.by
        return (Missing("fire_watch_end", about=permit.permit_no, have=have, need=":guardian", who=who),)
    lasted = permit.fire_watch.at - permit.completed.at
    if lasted >= least:
        return ()
    return (
        Missing("fire_watch_end", about=permit.permit_no, have=_minutes(lasted), need=f"≥ {_minutes(least)}", who=who),
    )


def _minutes(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    return f"{minutes}:{seconds:02d} min"


def residual_fire(case: Case) -> tuple[Missing, ...]:
    permit = case.permit
    assert permit is not None
    if permit.fire_watch is not None and permit.fire_watch.no_residual_fire:
        return ()
    have = ":none" if permit.fire_watch is None else ":residual_fire"
    return (Missing("no_residual_fire", about=permit.permit_no, have=have, need=":no_residual_fire", who=GUARDIAN),)


def watch_record(case: Case) -> tuple[int, ...]:
    assert case.permit is not None
    done = (case.permit.completed, case.permit.fire_watch)
    return tuple(said.seq for said in done if said is not None)


def people_inside(case: Case) -> tuple[Missing, ...]:
    assert case.permit is not None
    who = guardians_of(case.permit) or GUARDIAN
    return tuple(
        Missing("person_out", about=person, have=":inside", need=":outside", who=who) for person in case.permit.inside
    )


def tools_inside(case: Case) -> tuple[Missing, ...]:
    """As many out as in: neither left behind nor more than went in."""
    assert case.permit is not None
    who = guardians_of(case.permit) or GUARDIAN
    return tuple(
        Missing("tool_out", about=name, have=str(count), need="0", who=who)
        for name, count in sorted(case.permit.tools_inside.items())
    )


def inside_record(case: Case) -> tuple[int, ...]:
    return tuple(sorted(entry.seq for entry in case.permit.inside.values())) if case.permit else ()


def not_restored(case: Case) -> tuple[Missing, ...]:
    """The place is as it was, and what this kind of work asks for after its end is checked (4.14, 4.15)."""
    permit = case.permit
    assert permit is not None
    return (*_not_as_it_was(permit), *_not_checked_after(permit))


def _not_as_it_was(permit: Permit) -> tuple[Missing, ...]:
    said, lead = permit.restoration, (roles.WORK_LEAD,)
    done = permit.completed
    if said is None or (done is not None and (said.seq < done.seq or said.at < done.at)):
        return (Missing("restoration", about=permit.permit_no, need=":restored", who=lead),)
    wanted = {"site_restored": said.site_restored, "guards_back": said.guards_back, "cleaned": said.cleaned}
    return tuple(
        Missing(what, about=permit.permit_no, have=":not_in_place", need=f":{what}", who=lead)
        for what, done in wanted.items()
        if not done
    )


def _not_checked_after(permit: Permit) -> tuple[Missing, ...]:
    found = []
    for kind in type_of(permit).acceptance:
        check = permit.equipment.get(kind)
        done = permit.completed
        if check is None or done is None or check.seq < done.seq or check.at < done.at:
            found.append(Missing(kind, about=permit.permit_no, need=":checked", who=AT_THE_END))
        elif not check.ok:
            found.append(Missing(kind, about=permit.permit_no, have=":not_in_place", need=":checked", who=AT_THE_END))
    return tuple(found)


def restoration_record(case: Case) -> tuple[int, ...]:
    permit = case.permit
    if permit is None:
        return ()
    checks = {permit.equipment[kind].seq for kind in type_of(permit).acceptance if kind in permit.equipment}
    return tuple(sorted(checks | ({permit.restoration.seq} if permit.restoration else set())))


def someone_or_something_inside(case: Case) -> tuple[Missing, ...]:
    """Of the ticket; of the whole job's tickets when it is reviewed: a void ticket takes nobody and nothing out."""
    if case.permit is not None:
        return (*people_inside(case), *tools_inside(case))
    assert case.job is not None
    tickets = [case.board.permits[permit_id] for permit_id in case.job.permits]
    void = [ticket for ticket in tickets if ticket.state in ENDED]
    people = tuple(missing for one in tickets for missing in people_inside(replace(case, permit=one)))
    return (*people, *(missing for one in void for missing in tools_inside(replace(case, permit=one))))


def not_accepted_on_site(case: Case) -> tuple[Missing, ...]:
    permit, presence = case.permit, case.command.presence
    assert permit is not None
    places = {permit.permit_id, permit.area_id} | set(permit.related)
    if presence is not None and presence.place in places:
        return ()
    return (
        Missing(
            "presence",
            about=case.actor,
            have=presence.place if presence else ":none",
            need=permit.area_id,
            who=(case.actor,),
        ),
    )


def no_record(_case: Case) -> tuple[int, ...]:
    return ()


def isolation_still_needed(case: Case) -> tuple[Missing, ...]:
    """A tag stays while a ticket it protects is live: of this job, and of other jobs that share the point.

    A ticket is live from its issue until it is accepted, void or revoked; one that was never issued protects nobody
    yet (its own issue asks for the isolation). Whoever is inside, or has a lock there, is protected by it still.
    """
    point_id = str(case.command.payload.get("point_id"))
    found = []
    for job in case.board.jobs.values():
        isolation = job.isolations.get(point_id)
        if isolation is None or isolation.removed is not None:
            continue
        tickets = [case.board.permits[permit_id] for permit_id in job.permits]
        found += [_not_over(ticket) for ticket in tickets if _protected(ticket)]
        found += [
            Missing("personal_lock_off", about=lock.person_id, have=lock.lock_no, need=":none", who=(lock.person_id,))
            for lock in isolation.locks.values()
        ]
    return tuple(found)


def _protected(permit: Permit) -> bool:
    return permit.state not in BEFORE_ISSUE | OVER or bool(permit.inside)


def _not_over(permit: Permit) -> Missing:
    who = (roles.AREA_AUTH,)
    return Missing("ticket_over", about=permit.permit_no, have=f":{permit.state}", need=":accepted", who=who)


def isolation_over_record(case: Case) -> tuple[int, ...]:
    """What ended the tickets that the isolation protected, and when it was applied and verified."""
    job = case.job
    isolation = job.isolations.get(str(case.command.payload.get("point_id"))) if job else None
    if job is None or isolation is None:
        return ()
    tickets = [case.board.permits[permit_id] for permit_id in job.permits]
    said = [isolation.applied, isolation.verified, *(t.accepted or t.ended for t in tickets)]
    return tuple(sorted({one.seq for one in said if one is not None}))


GB, AQ = "GB 30871-2022", "AQ 3064.2-2025"
GATES = (
    Gate(
        "G-HOT-3a",
        1,
        ACCEPT,
        f"{GB} 5.2.14; policy (NFPA 51B-2019)",
        fire_watch_too_short,
        watch_record,
        works=HOT,
    ),
    Gate("G-HOT-3b", 1, ACCEPT, f"{GB} 5.2.14", residual_fire, watch_record, works=HOT, packs=EVERYWHERE),
    Gate("G-CS-2a", 1, ACCEPT, f"{GB} 6.8 c; {AQ} 5.6.6", people_inside, inside_record, packs=EVERYWHERE),
    Gate("G-CS-2b", 1, ACCEPT, f"{GB} 6.8 c; {AQ} 5.6.6", tools_inside, inside_record, packs=EVERYWHERE),
    Gate("G-CL-1a", 1, ACCEPT, f"{GB} 4.14-4.15; {AQ} 5.10.7", not_restored, restoration_record, packs=EVERYWHERE),
    Gate(
        "G-CL-1b",
        1,
        ACCEPT | {Boundary.REVIEW},
        f"{GB} 4.14-4.15",
        someone_or_something_inside,
        inside_record,
        packs=EVERYWHERE,
    ),
    Gate("G-CL-1c", 1, ACCEPT, f"{GB} 4.15", not_accepted_on_site, no_record, of_act=True, packs=EVERYWHERE),
    Gate(
        "G-ISO-1",
        1,
        frozenset({Boundary.REMOVE_ISOLATION}),
        "Policy (HSG250)",
        isolation_still_needed,
        isolation_over_record,
    ),
)
