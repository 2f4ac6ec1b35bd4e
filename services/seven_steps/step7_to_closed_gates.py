"""Gate 7, review to closed: no alarm without a result, no action without an owner and a day."""

from __future__ import annotations

from services.seven_steps import roles
from services.seven_steps.gate import EVERYWHERE, Boundary, Case, Gate, Missing

REVIEW = frozenset({Boundary.REVIEW})


def alarms_open(case: Case) -> tuple[Missing, ...]:
    assert case.job is not None
    return tuple(
        Missing(
            "alarm_result",
            about=alarm.alarm_id,
            have=f":alarm_{alarm.code}",
            need=":closed",
            who=(alarm.owner or roles.AREA_AUTH,),
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
    """Who reviews has signed none of the job's tickets, nor its assessment or plan (policy; rules E1: hse)."""
    assert case.job is not None
    if not case.actor or case.actor not in signers(case):
        return ()
    return (Missing("other_auditor", about=case.actor, have=":signed", need=":another_person", who=(roles.HSE,)),)


def signers(case: Case) -> frozenset[str]:
    job = case.job
    assert job is not None
    said = [job.plan_approved, job.assessment.signed if job.assessment else None]
    for permit_id in job.permits:
        permit = case.board.permits[permit_id]
        said += [permit.surveyed, permit.foreman_check, permit.started, permit.completed, permit.accepted]
    tickets = [case.board.permits[permit_id] for permit_id in job.permits]
    nodes = {node.by for permit in tickets for node in permit.nodes}
    issuers = {permit.issue.by for permit in tickets if permit.issue}
    return frozenset({one.by for one in said if one is not None} | nodes | issuers)


def no_record(_case: Case) -> tuple[int, ...]:
    return ()


GATES = (
    Gate("G-SD-1c", 1, REVIEW, "Policy (HSG250)", auditor_signed, no_record, of_act=True),
    Gate("G-CL-2a", 1, REVIEW, "AQ 3064.2-2025 5.9.10", alarms_open, alarms_record, packs=EVERYWHERE),
    Gate("G-CL-2b", 1, REVIEW, "AQ 3064.2-2025 5.9.10", actions_unowned, actions_record, packs=EVERYWHERE),
)
