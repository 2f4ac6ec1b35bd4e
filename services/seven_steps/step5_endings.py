"""Step 5, a ticket ends without an acceptance: revoked 撤销, void 作废, or replaced by a new one 变更重新办票.

A change is a new ticket, no edit and no extension (GB 30871-2022 4.16, 4.17; AQ 3064.2-2025 5.8). One command ends the
old ticket (void if work had started, else revoked; reading A10.10) and adds the one that takes its place, linked both
ways to what the old one was linked to. What it may keep: type, area, crew, limitations. If nothing changed but the time
(4.16), also the rows of the assessment and the plan that named the old one: dangers and measures are the same. What
changed content, scope or place is assessed and planned anew for the new ticket; a change of process, conditions, method
or surroundings (4.17) is a change of the job, so that no ticket of it is issued on the old assessment (G-RA-4). Gas
tests, measures, survey, signatures, issue, presence and start belong to a ticket and are asked again; so is a briefing
newer than it. Whoever is inside the old ticket stays on its list until they leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.seven_steps import codes, roles
from services.seven_steps.board import Board
from services.seven_steps.board_job import Assessment, Change, Job, Plan
from services.seven_steps.board_ticket import Permit
from services.seven_steps.event import Event, at, change_job, change_permit, event, job_of, stated, text_of
from services.seven_steps.gate import Case
from services.seven_steps.spec import PERMIT, RECORD, CommandSpec, Decision, Refused
from services.seven_steps.step1_risk_assessment import (
    BEFORE_ISSUE,
    ENDED,
    LIVE_JOB,
    PREPARERS,
    added_ticket,
    content_of,
    no_room,
)
from services.seven_steps.step5_execution import STARTED
from services.seven_steps.work_types import ISSUERS

Data = Mapping[str, Any]
#: What may change. 4.16: a new ticket. 4.17: also a new analysis of hazards.
CONTENT, PLACE, TIME = "content", "place", "time"
NEW_TICKET = (CONTENT, "scope", PLACE, TIME)
NEW_ANALYSIS = ("process", "conditions", "method", "environment")
#: What a new ticket may take over from the old one.
CREW, ASSESSMENT, PLAN = "crew", "assessment", "plan"
ENDERS = ISSUERS | {roles.AREA_AUTH}
NOT_STARTED = BEFORE_ISSUE | {"issued"}
REPLACEABLE = NOT_STARTED | STARTED | ENDED | {"completed"}


# ---- decide --------------------------------------------------------------------------------------------------------


def revoke_ticket(case: Case) -> Decision:
    """Not yet started: revoked; started: void (reading A10.10). A ticket suspended before its start has not."""
    return _ended(case, "permit.revoked", case.permit is not None and case.permit.started is None)


def void_ticket(case: Case) -> Decision:
    return _ended(case, "permit.voided", case.permit is not None and case.permit.started is not None)


def _ended(case: Case, type_: str, fits: bool) -> Decision:
    permit = case.permit
    assert permit is not None
    if not fits:
        have, need = (":not_started", ":started") if permit.started is None else (":started", ":not_started")
        return Refused(codes.WRONG_STATE, about=permit.permit_no, have=have, need=need)
    return needs_approval(case) or (event(case, type_, **case.command.payload),)


def needs_approval(case: Case) -> Refused | None:
    """A ticket that was issued is ended by somebody who may approve (AQ 3064.2 5.7: reason and approval).

    Before the issue whoever asked for it may take it back; to stop the work nobody needs an approval.
    """
    permit, person = case.permit, case.board.people.get(case.actor)
    assert permit is not None
    held = person.roles if person else frozenset()
    if permit.issue is None or permit.state in ENDED or held & ENDERS:
        return None
    who = tuple(sorted(ENDERS))
    return Refused(codes.WRONG_STATE, about=permit.permit_no, have=f":{permit.state}", need=":approved_end", who=who)


def replace_ticket(case: Case) -> Decision:
    old, job, payload = case.permit, case.job, case.command.payload
    assert old is not None and job is not None
    new_id = payload["new_permit_id"]
    refused = _not_replaceable(case, old, job) or needs_approval(case) or no_room(case, new_id, payload)
    if refused is not None:
        return refused
    content = content_of(old) | {name: payload[name] for name in content_of(old) if name in payload}
    changed = _changed(old, content, payload["changed"])
    if PLACE in changed and "spot" not in payload:
        content["spot"] = None  # another place is not where the old one was
    related = sorted(_linked(case, old))
    added = added_ticket(case, new_id, {**content, "related": related, "supersedes": old.permit_id})
    if isinstance(added, Refused):
        return added
    kept = [CREW] if old.crew else []
    kept += [ASSESSMENT, PLAN] if changed == [TIME] else []
    about = {"by_permit": new_id, "changed": changed, "kept": kept, "reason": payload["reason"]}
    links = (event(case, "tickets.linked", permit_id=other, to=new_id) for other in related)
    return (*_end(case, old), added, event(case, "ticket.replaced", **about), *links)


def _not_replaceable(case: Case, old: Permit, job: Job) -> Refused | None:
    if job.state not in LIVE_JOB:
        need = " ".join(f":{state}" for state in sorted(LIVE_JOB))
        return Refused(codes.WRONG_STATE, about=job.job_no, have=f":{job.state}", need=need)
    later = superseded_by(case.board, old)
    if later is not None:
        return Refused(codes.WRONG_STATE, about=old.permit_no, have=later.permit_no, need=":not_replaced")
    return None


def superseded_by(board: Board, old: Permit) -> Permit | None:
    """The ticket of the same job that took this one's place."""
    job = board.jobs.get(old.job_id)
    tickets = (board.permits[permit_id] for permit_id in (job.permits if job else ()) if permit_id in board.permits)
    return next((ticket for ticket in tickets if ticket.supersedes == old.permit_id), None)


def _changed(old: Permit, content: Data, said: list[str]) -> list[str]:
    """What was said to have changed, and what differs whatever was said."""
    before = content_of(old)
    found = set(said)
    found |= {PLACE} if any(content[name] != before[name] for name in ("place", "spot")) else set()
    same = ("facts", "equipment_tag", "limitations", "level", "activities")
    found |= {CONTENT} if any(content[name] != before[name] for name in same) else set()
    return sorted(found)


def _linked(case: Case, old: Permit) -> set[str]:
    """Tickets that still count and that stand in a link with the old one, stated on either side."""
    assert case.job is not None
    others = [case.board.permits[permit_id] for permit_id in case.job.permits if permit_id != old.permit_id]
    return {
        other.permit_id
        for other in others
        if other.state not in ENDED and (other.permit_id in old.related or old.permit_id in other.related)
    }


def _end(case: Case, old: Permit) -> tuple[Event, ...]:
    if old.state in ENDED:
        return ()
    ended = "permit.revoked" if old.started is None else "permit.voided"
    return (event(case, ended, reason=case.command.payload["reason"]),)


# ---- evolve --------------------------------------------------------------------------------------------------------


def ticket_replaced(board: Board, data: Data) -> Board:
    """Only ids change in what is kept; the gates look at all of it again for the new ticket."""
    old, new, job, kept = data["permit_id"], data["by_permit"], job_of(board, data), data["kept"]
    if CREW in kept:
        crew = {key: replace(member, seq=board.seq) for key, member in board.permits[old].crew.items()}
        board = change_permit(board, {"permit_id": new}, crew=crew)
    if ASSESSMENT in kept:
        board = change_job(board, data, assessment=job.assessment and _rows_for(job.assessment, old, new))
    if PLAN in kept:
        board = change_job(board, data, plan=job.plan and _plan_for(job.plan, old, new))
    if set(data["changed"]) & set(NEW_ANALYSIS):
        board = change_job(board, data, changed=Change(at(board), text_of(data["reason"]), board.seq))
    return board


def _rows_for(assessment: Assessment, old: str, new: str) -> Assessment:
    rows = (replace(row, permits=(*row.permits, new)) if old in row.permits else row for row in assessment.rows)
    return replace(assessment, rows=tuple(rows))


def _plan_for(plan: Plan, old: str, new: str) -> Plan:
    documents = tuple(replace(one, permit_id=new) for one in plan.documents if one.permit_id == old)
    gas = {**plan.gas, new: plan.gas[old]} if old in plan.gas else plan.gas
    return replace(plan, documents=(*plan.documents, *documents), gas=gas)


def permit_revoked(board: Board, data: Data) -> Board:
    return change_permit(board, data, state="revoked", ended=stated(board, data, text_of(data["reason"])))


def permit_voided(board: Board, data: Data) -> Board:
    return change_permit(board, data, state="void", ended=stated(board, data, text_of(data["reason"])))


APPLIERS = {
    ("permit.revoked", 1): permit_revoked,
    ("permit.voided", 1): permit_voided,
    ("ticket.replaced", 1): ticket_replaced,
}

COMMANDS = (
    CommandSpec(
        "revoke_ticket", RECORD, ENDERS | {roles.APPLICANT}, PERMIT, revoke_ticket, states=NOT_STARTED | {"suspended"}
    ),
    CommandSpec("void_ticket", RECORD, ENDERS, PERMIT, void_ticket, states=STARTED | {"completed"}),
    CommandSpec("replace_ticket", RECORD, ENDERS | PREPARERS, PERMIT, replace_ticket, states=REPLACEABLE),
)
