"""What shuts every gate: work that was stopped, and an emergency; and who may resume after which cause (rules E3)."""

from __future__ import annotations

from services.seven_steps import roles
from services.seven_steps.board_audit import CRITICAL, Finding
from services.seven_steps.board_site import Emergency
from services.seven_steps.board_ticket import Suspension
from services.seven_steps.gate import EVERYWHERE, RUN, Boundary, Case, Gate, Missing
from services.seven_steps.step2_to_3_level_gates import grade_needed
from services.seven_steps.work_types import ISSUERS, type_of

STOP_CLEARERS = tuple(sorted(ISSUERS))
#: Who says what was done about a finding of an audit.
FINDING_OWNERS = (roles.AREA_AUTH, roles.HSE)
#: Where work would begin or go on: an emergency in the area keeps these shut.
TOWARDS_WORK = RUN | {Boundary.ISSUE}
BY_LEAD = frozenset({"interruption", "guardian_gone"})
BY_AREA = frozenset({"suspension", "weather"})


def emergency_here(case: Case) -> Emergency | None:
    if case.permit is None or case.command.type not in TOWARDS_WORK:
        return None
    return case.board.emergencies.get("") or case.board.emergencies.get(case.permit.area_id)


def stopped(case: Case) -> tuple[Missing, ...]:
    """A stop is cleared first; then the strictest cause decides who may resume."""
    if case.job is None:
        return ()  # a boundary of the site
    found = []
    if case.job.stop is not None:
        found.append(
            Missing("stop_cleared", about=case.job.stop.by, have=case.job.stop.text, need=":cleared", who=STOP_CLEARERS)
        )
    emergency = emergency_here(case)
    if emergency is not None:
        found.append(
            Missing(
                "emergency_over",
                about=emergency.area_id or "",
                have=emergency.reason,
                need=":ended",
                who=(emergency.declared_by,),
            )
        )
    if case.command.type == Boundary.RESUME and case.permit is not None:
        strictest = max(case.permit.suspensions.values(), key=lambda s: _strictness(s.cause), default=None)
        missing = _not_entitled(case, strictest) if strictest else None
        found += [missing] if missing else []
    return tuple(found)


def _strictness(cause: str) -> int:
    """Of several causes the strictest decides who may resume: who may lift it may lift the lesser ones too.

    Anybody may declare an emergency: whoever did lifts nothing that an approver or the area authority must.
    """
    order = {"expiry": 4} | dict.fromkeys(BY_AREA, 2) | {"emergency": 1} | dict.fromkeys(BY_LEAD, 0)
    return order.get(cause, 3)


def _not_entitled(case: Case, suspension: Suspension) -> Missing | None:
    """Who may resume after this cause; nobody after expiry: a new ticket is needed."""
    who = resumers(case, suspension)
    if not case.actor and who:
        return None  # a page that only looks
    person = case.board.people.get(case.actor)
    held = person.roles if person else frozenset()
    if case.actor in who or held & set(who):
        return None
    return Missing("resumer", about=f":cause_{suspension.cause}", have=case.actor or ":none", need=":entitled", who=who)


def resumers(case: Case, suspension: Suspension) -> tuple[str, ...]:
    cause = suspension.cause
    if cause == "expiry":
        return ()
    if cause in BY_LEAD:
        return (roles.WORK_LEAD,)
    if cause in BY_AREA:
        return (roles.AREA_AUTH,)
    if cause == "emergency":
        return (suspension.by, roles.SHIFT_FOREMAN)
    assert case.permit is not None
    ladder = type_of(case.permit).ladder
    return ladder[ladder.index(grade_needed(case)) :]


def stop_record(case: Case) -> tuple[int, ...]:
    return (case.job.stop.seq,) if case.job and case.job.stop else ()


def finding_open(case: Case) -> tuple[Missing, ...]:
    """No critical finding of an audit, about the ticket or its whole job, without an answer."""
    return tuple(
        Missing("audit_finding", about=finding.finding_id, have=finding.text, need=":answered", who=FINDING_OWNERS)
        for finding in critical_findings(case)
        if finding.answered is None
    )


def critical_findings(case: Case) -> tuple[Finding, ...]:
    permit = case.permit
    assert permit is not None
    return tuple(
        finding
        for audit in case.board.audits.values()
        for finding in audit.findings.values()
        if finding.severity == CRITICAL
        and finding.job_id == permit.job_id
        and finding.permit_id in (None, permit.permit_id)
    )


def finding_record(case: Case) -> tuple[int, ...]:
    return tuple(sorted(one.answered.seq for one in critical_findings(case) if one.answered))


GATES = (
    Gate("G-RUN-5", 1, frozenset(Boundary), "GB 30871-2022 4.8; HSG250", stopped, stop_record, packs=EVERYWHERE),
    Gate("G-AU-1", 1, RUN, "Policy (HSG250)", finding_open, finding_record, suspends="finding"),
)
