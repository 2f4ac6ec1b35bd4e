"""Gate 7, review to closed: no alarm without a result, no action without an owner and a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

from services.seven_steps import roles, site_time
from services.seven_steps.board import Board
from services.seven_steps.board_job import Job
from services.seven_steps.gate import EVERYWHERE, Boundary, Case, Gate, Missing
from services.seven_steps.rules import MONTHS, SECONDS, Bound

REVIEW = frozenset({Boundary.REVIEW})


def alarms_open(case: Case) -> tuple[Missing, ...]:
    assert case.job is not None
    return tuple(
        Missing(
            "alarm_result",
            about=alarm.alarm_id,
            have=f":alarm_{alarm.code}",
            need=":closed",
            who=(alarm.owner,),
        )
        for alarm in case.board.alarms.values()
        if alarm.job_id == case.job.job_id and alarm.closed is None
    )


def alarms_record(case: Case) -> tuple[int, ...]:
    assert case.job is not None
    of_job = (a for a in case.board.alarms.values() if a.job_id == case.job.job_id)
    return tuple(sorted(a.closed.seq for a in of_job if a.closed))


def actions_unowned(case: Case) -> tuple[Missing, ...]:
    """Each action has an owner who is registered and a day; each finding that was not fine has an action."""
    assert case.job is not None
    found = []
    for action in case.job.actions.values():
        if action.owner not in case.board.people or not action.due:
            found.append(
                Missing("action_owner", about=action.action_id, have=action.owner, need=":registered", who=(roles.HSE,))
            )
    findings = sum(1 for permit_id in case.job.permits for c in case.board.permits[permit_id].checks if not c.ok)
    if findings and not case.job.actions:
        found.append(Missing("action", have="0", need="≥ 1", who=(roles.HSE, roles.AREA_AUTH)))
    return tuple(found)


def actions_record(case: Case) -> tuple[int, ...]:
    assert case.job is not None
    return tuple(sorted(action.raised.seq for action in case.job.actions.values()))


def auditor_signed(case: Case) -> tuple[Missing, ...]:
    """Who reviews has signed nothing of the job: no ticket, assessment, plan or briefing (policy; rules E1: hse)."""
    assert case.job is not None
    if case.actor not in signers(case.board, case.job):
        return ()
    return (Missing("other_auditor", about=case.actor, have=":signed", need=":another_person", who=(roles.HSE,)),)


def signers(board: Board, job: Job) -> frozenset[str]:
    """Whoever stands on one of the job's papers with a signature, on the briefing too: who gave it and who received it
    sign each form (annex A). HSE's word on a residual risk is no signature of a permit."""
    said = [job.plan_approved, job.booking.urgent_approved if job.booking else None]
    said += [job.assessment.signed] if job.assessment else []
    said += [job.briefing.given] if job.briefing else []
    tickets = [board.permits[permit_id] for permit_id in job.permits]
    for permit in tickets:
        said += [permit.surveyed, permit.foreman_check, permit.started, permit.completed, permit.accepted]
        said += (permit.special_entry, *permit.cosigned.values())
    nodes = {node.by for permit in tickets for node in permit.nodes}
    issuers = {permit.issue.by for permit in tickets if permit.issue}
    briefed = job.briefing.acknowledged if job.briefing else ()
    return frozenset({one.by for one in said if one is not None} | nodes | issuers | set(briefed))


def had_part(board: Board, job: Job) -> frozenset[str]:
    """Who can't audit the job: who signed for it, asked for it, led it, worked in it or watched over it."""
    tickets = [board.permits[permit_id] for permit_id in job.permits]
    crews = {person_id for permit in tickets for person_id in (*permit.crew, *permit.guardians_on)}
    return signers(board, job) | crews | {job.applicant, job.work_lead}


def kept_too_short(case: Case) -> tuple[Missing, ...]:
    """From the last closing that the purge covers to now: the longest time that a number of the site gives (A10.16)."""
    payload = case.command.payload
    what, closed_to = payload.get("what", ""), payload.get("closed_to")
    kept = {"documents": ("record_retention",), "videos": ("video_retention", "video_retention_months")}
    times = [bound for name in kept.get(what, ()) if (bound := case.rules.bound(name, case.board)) is not None]
    who = (roles.HSE, roles.ADMIN)
    if closed_to is None or not times:
        return (Missing("retention", need=":retention", who=who),)
    until = max(_kept_until(case.board, site_time.parse(closed_to), bound) for bound in times)
    if case.now >= until:
        return ()
    need = f"≥ {site_time.stamp(until)}"
    return (Missing("retention", about=f":purge_{what}", have=closed_to, need=need, who=who),)


def _kept_until(board: Board, closed: datetime, bound: Bound) -> datetime:
    """Years and months are of the site's calendar, days elapse; a part of a year or month counts as a whole one."""
    if bound.unit in MONTHS:
        return site_time.months_after(board, closed, ceil(bound.value * MONTHS[bound.unit]))
    return closed + timedelta(seconds=float(bound.value * SECONDS[bound.unit]))


def purge_record(case: Case) -> tuple[int, ...]:
    """The purge before this one."""
    before = case.board.purges.get(case.command.payload.get("what", ""))
    return (before.stated.seq,) if before else ()


def no_record(_case: Case) -> tuple[int, ...]:
    return ()


GATES = (
    Gate("G-SD-1c", 1, REVIEW, "Policy (HSG250)", auditor_signed, no_record, of_act=True),
    Gate("G-CL-2a", 1, REVIEW, "AQ 3064.2-2025 5.9.10", alarms_open, alarms_record, packs=EVERYWHERE),
    Gate("G-CL-2b", 1, REVIEW, "AQ 3064.2-2025 5.9.10", actions_unowned, actions_record, packs=EVERYWHERE),
    Gate(
        "G-RT-1",
        1,
        frozenset({Boundary.PURGE}),
        "GB 30871-2022 B.3; AQ 3064.2-2025 4.2; 29 CFR 1910.146(e)(6); policy",
        kept_too_short,
        purge_record,
    ),
)
