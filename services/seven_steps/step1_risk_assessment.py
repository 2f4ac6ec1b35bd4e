"""Step 1, risk assessment 风险评估: the job, its tickets, what can go wrong, and who accepts what remains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.seven_steps import codes, fixed_areas, limits, risk, roles, site_time
from services.seven_steps.board import Board
from services.seven_steps.board_job import Assessment, Job, LessonAnswer, RiskRow
from services.seven_steps.board_ticket import Permit
from services.seven_steps.event import (
    Event,
    change_job,
    change_permit,
    event,
    job_of,
    permit_of,
    put,
    put_job,
    put_permit,
    spot_json,
    spot_of,
    stated,
    text_of,
)
from services.seven_steps.gate import Boundary, Case
from services.seven_steps.spec import ACT, JOB, PERMIT, RECORD, CommandSpec, Decision, Refused
from services.seven_steps.work_types import TYPES

Data = Mapping[str, Any]

JOB_KIND = "J"
#: Ends of a ticket: it no longer counts for its job.
ENDED = frozenset({"void", "revoked"})
#: A ticket whose content may no longer change: a change is a new ticket (GB 30871-2022 4.16, 4.18).
ISSUED_ONCE = frozenset({"issued", "active", "suspended", "completed", "accepted"})
PREPARERS = frozenset({roles.APPLICANT, roles.WORK_LEAD})
#: While a job is prepared or under way; a reviewed or closed job changes no more.
LIVE_JOB = frozenset({"draft", "assessed", "planned", "briefed"})
BEFORE_ISSUE = frozenset({"open", "surveyed"})


# ---- decide --------------------------------------------------------------------------------------------------------


def create_job(case: Case) -> Decision:
    if case.command.job_id in case.board.jobs or case.command.job_id in case.board.tombstones:
        return Refused(codes.WRONG_STATE, about=case.command.job_id or "", have=":exists", need=":new")
    number = _next_number(case)
    if number is None:
        return Refused(codes.LIMIT_REACHED, about="numbers_per_day", need=str(limits.NUMBERS_PER_DAY_MAX))
    data = {"contractor_id": None, "copied_from": None} | dict(case.command.payload)
    job_no = _numbered(case, JOB_KIND, number)
    return (event(case, "job.created", **data, job_id=case.command.job_id, job_no=job_no, day=_day(case)),)


def add_ticket(case: Case) -> Decision:
    permit_id, payload = case.command.permit_id or "", case.command.payload
    refused = no_room(case, permit_id, payload)
    if refused is not None:
        return refused
    added = added_ticket(case, permit_id, payload)
    return added if isinstance(added, Refused) else (added,)


def no_room(case: Case, permit_id: str, payload: Data) -> Refused | None:
    """Why a ticket can't be added: its id is taken, there are too many, or its time is too far away."""
    assert case.job is not None
    if permit_id in case.board.permits:
        return Refused(codes.WRONG_STATE, about=permit_id, have=":exists", need=":new")
    if len(case.job.permits) >= limits.TICKETS_PER_JOB_MAX:
        return Refused(codes.LIMIT_REACHED, about="tickets_per_job", need=str(limits.TICKETS_PER_JOB_MAX))
    if len(case.board.permits) >= limits.LIVE_PERMITS_MAX:
        return Refused(codes.LIMIT_REACHED, about="live_permits", need=str(limits.LIVE_PERMITS_MAX))
    return too_far(case, payload)


def added_ticket(case: Case, permit_id: str, payload: Data) -> Event | Refused:
    """The new ticket, with the day's next number."""
    assert case.job is not None
    content = _ticket_content(case, case.job.area_id, payload)
    if (free := _no_ticket_needed(case, payload["type"], content)) is not None:
        return free
    number = _next_number(case)
    if number is None:
        return Refused(codes.LIMIT_REACHED, about="numbers_per_day", need=str(limits.NUMBERS_PER_DAY_MAX))
    return event(
        case,
        "ticket.added",
        **content,
        permit_id=permit_id,
        permit_no=_numbered(case, TYPES[payload["type"]].kind, number),
        type=payload["type"],
        day=_day(case),
        related=sorted(payload.get("related", [])),
        supersedes=payload.get("supersedes"),
    )


def amend_ticket(case: Case) -> Decision:
    """Before it is planned a ticket's content may change; then its assessment no longer covers it."""
    permit, job = case.permit, case.job
    assert permit is not None and job is not None
    if permit.permit_id in job.planned:
        return Refused(
            codes.WRONG_STATE, about=permit.permit_no, have=":planned", need=":not_planned", who=("send_back",)
        )
    if (far := too_far(case, case.command.payload)) is not None:
        return far
    content = _ticket_content(case, permit.area_id, content_of(permit) | dict(case.command.payload))
    if (free := _no_ticket_needed(case, permit.type, content)) is not None:
        return free
    return (event(case, "ticket.amended", **content),)


def _no_ticket_needed(case: Case, type_: str, content: Data) -> Refused | None:
    """In a fixed hot-work area no ticket is issued for hot work, as long as it is one on every planned day (5.1.1)."""
    area = case.board.areas.get(content["area_id"])
    start, end = site_time.parse(content["planned_from"]), site_time.parse(content["planned_to"])
    if not TYPES[type_].free_in_fixed_areas or not fixed_areas.is_fixed(area, start, end, case.board, case.rules):
        return None
    return Refused(
        codes.WRONG_STATE, about=content["area_id"], have=":fixed_hot_work_area", need=":no_ticket", what="fixed_area"
    )


def content_of(permit: Permit) -> dict[str, Any]:
    """What a ticket says of its work, as a payload says it."""
    return {
        "type": permit.type,
        "facts": dict(permit.facts),
        "place": permit.place,
        "equipment_tag": permit.equipment_tag,
        "limitations": permit.limitations,
        "planned_from": site_time.stamp(permit.planned_from),
        "planned_to": site_time.stamp(permit.planned_to),
        "level": permit.requested_level,
        "level_reason": permit.requested_level_reason,
        "spot": spot_json(permit.spot),
        "activities": sorted(permit.activities),
    }


def too_far(case: Case, payload: Data) -> Refused | None:
    """A time that is no plan any more, or not yet."""
    for name in ("planned_from", "planned_to"):
        if name in payload and abs(site_time.parse(payload[name]) - case.now) > limits.PLANNED_AHEAD_MAX:
            need = f"≤ {limits.PLANNED_AHEAD_MAX.days} d"
            return Refused(codes.LIMIT_REACHED, about=name, have=payload[name], need=need)
    return None


def _ticket_content(case: Case, area_id: str, payload: Data) -> dict[str, Any]:
    work = TYPES[payload["type"]]
    derived = work.derive(payload["facts"], case.board.areas.get(area_id), case.number)
    requested = payload.get("level", "")
    return {
        "facts": payload["facts"],
        "area_id": area_id,
        "place": payload["place"],
        "equipment_tag": payload.get("equipment_tag", ""),
        "limitations": payload.get("limitations", ""),
        "planned_from": payload["planned_from"],
        "planned_to": payload["planned_to"],
        "level": work.higher(derived.level, requested),
        "level_reasons": list(derived.reasons),
        "requested_level": requested,
        "requested_level_reason": payload.get("level_reason", ""),
        "spot": payload.get("spot"),
        "activities": sorted(payload.get("activities", [])),
    }


def link_tickets(case: Case) -> Decision:
    """A reference, no change of content: an issued ticket may still be linked to one that replaces another."""
    permit, other = case.permit, case.board.permits.get(case.command.payload["to"])
    assert permit is not None
    if other is None or other.job_id != permit.job_id or other.permit_id == permit.permit_id:
        return Refused(codes.WRONG_STATE, about=case.command.payload["to"], have=":none", need=":ticket_of_this_job")
    return (event(case, "tickets.linked", to=other.permit_id),)


def record_risk_assessment(case: Case) -> Decision:
    job, payload = case.job, case.command.payload
    assert job is not None
    rows = [risk.banded(row, payload["method"], case) for row in payload["rows"]]
    version = (job.assessment.version if job.assessment else 0) + 1
    data = {"version": version, "method": payload["method"], "rows": rows, "participants": payload["participants"]}
    data |= {"lessons": payload.get("lessons", [])}
    return (event(case, "risk.recorded", **data),)


def accept_residual_risk(case: Case) -> Decision:
    job, role = case.job, case.command.payload["as"]
    assert job is not None
    if job.assessment is None:
        return Refused(codes.WRONG_STATE, about=job.job_no, have=":none", need=":risk_assessment")
    person = case.board.people[case.actor]
    if role not in person.roles:
        return Refused(codes.NOT_ALLOWED, about=case.actor, have=role, need=role, who=(role,))
    return (event(case, "risk.residual_accepted", role=role, alarp=case.command.payload["alarp"]),)


def assess(case: Case) -> Decision:
    return (event(case, "risk.assessed", permits=sorted(case.command.payload["permits"])),)


def _day(case: Case) -> str:
    return site_time.site_day(case.board, case.now)


def _next_number(case: Case) -> int | None:
    number = case.board.counters.get(_day(case), 0) + 1
    return number if number <= limits.NUMBERS_PER_DAY_MAX else None


def _numbered(case: Case, kind: str, number: int) -> str:
    assert case.board.site is not None
    return f"{case.board.site.code}-{kind}-{_day(case).replace('-', '')}-{number:04d}"


# ---- evolve --------------------------------------------------------------------------------------------------------


def job_created(board: Board, data: Data) -> Board:
    job = Job(
        job_id=data["job_id"],
        job_no=data["job_no"],
        state="draft",
        title=text_of(data["title"]),
        area_id=data["area_id"],
        place=data["place"],
        equipment_tag=data["equipment_tag"],
        work_content=text_of(data["work_content"]),
        applicant=data["by"],
        applicant_unit=data["applicant_unit"],
        work_unit=data["work_unit"],
        contractor_id=data["contractor_id"],
        work_lead=data["work_lead"],
        lang=data["title"]["lang"],
        created=stated(board, data),
        copied_from=data["copied_from"],
    )
    return put_job(_counted(board, data["day"]), job)


def ticket_added(board: Board, data: Data) -> Board:
    permit = Permit(
        permit_id=data["permit_id"],
        permit_no=data["permit_no"],
        job_id=data["job_id"],
        type=data["type"],
        state="open",
        created=stated(board, data),
        related=frozenset(data["related"]),
        supersedes=data["supersedes"],
        **_content(board, data),
    )
    job = job_of(board, data)
    board = change_job(_counted(board, data["day"]), data, permits=(*job.permits, permit.permit_id))
    return put_permit(board, permit)


def ticket_amended(board: Board, data: Data) -> Board:
    """What was agreed about the ground, and what was answered on the form, was about the old content."""
    job = job_of(board, data)
    board = change_permit(board, data, **_content(board, data), cosigned={}, measures={})
    return change_job(board, data, assessed=job.assessed - {data["permit_id"]})  # a planned one can't be amended


def _content(board: Board, data: Data) -> dict[str, Any]:
    return {
        "content_seq": board.seq,
        "spot": spot_of(data["spot"]),
        "activities": frozenset(data["activities"]),
        "level": data["level"],
        "level_reasons": tuple(data["level_reasons"]),
        "requested_level": data["requested_level"],
        "requested_level_reason": data["requested_level_reason"],
        "facts": data["facts"],
        "area_id": data["area_id"],
        "place": data["place"],
        "equipment_tag": data["equipment_tag"],
        "limitations": data["limitations"],
        "planned_from": site_time.parse(data["planned_from"]),
        "planned_to": site_time.parse(data["planned_to"]),
    }


def _counted(board: Board, day: str) -> Board:
    """Numbers run per site and day; earlier days' counters are no longer needed."""
    return replace(board, counters={day: board.counters.get(day, 0) + 1})


def tickets_linked(board: Board, data: Data) -> Board:
    return change_permit(board, data, related=permit_of(board, data).related | {data["to"]})


def risk_recorded(board: Board, data: Data) -> Board:
    rows = tuple(
        RiskRow(
            step=row["step"],
            hazard=row["hazard"],
            permits=tuple(row["permits"]),
            initial=row["initial"],
            controls=tuple(row["controls"]),
            residual=row["residual"],
            band=row["band"],
            residual_band=row["residual_band"],
        )
        for row in data["rows"]
    )
    answers = [LessonAnswer(a["lesson_id"], a["applied"], text_of(a.get("reason"))) for a in data["lessons"]]
    assessment = Assessment(
        version=data["version"],
        method=data["method"],
        rows=rows,
        participants=tuple(data["participants"]),
        recorded=stated(board, data),
        lessons={answer.lesson_id: answer for answer in answers},
    )
    board = asked_again(board, data, "assessed", "planned", "briefed")
    return change_job(board, data, assessment=assessment)


def asked_again(board: Board, data: Data, *coverages: str) -> Board:
    """What was agreed on the old content no longer covers tickets that are not issued: they are surveyed anew too.

    An issued ticket keeps what it was issued on: a change of that is a new ticket (GB 30871-2022 4.16).
    """
    job = job_of(board, data)
    before = {p for p in job.permits if board.permits[p].state in BEFORE_ISSUE}
    covered = before & set().union(*(getattr(job, coverage) for coverage in coverages))
    for permit_id in covered:
        board = change_permit(board, {"permit_id": permit_id}, state="open", surveyed=None, nodes=())
    return change_job(board, data, **{coverage: getattr(job, coverage) - before for coverage in coverages})


def risk_residual_accepted(board: Board, data: Data) -> Board:
    assessment = job_of(board, data).assessment
    if assessment is None:
        return board
    accepted = put(assessment.acceptances, data["role"], stated(board, data, text_of(data["alarp"])))
    return change_job(board, data, assessment=replace(assessment, acceptances=accepted))


def risk_assessed(board: Board, data: Data) -> Board:
    job = job_of(board, data)
    assessment = job.assessment and replace(job.assessment, signed=stated(board, data))
    state = "assessed" if job.state == "draft" else job.state
    return change_job(board, data, assessment=assessment, assessed=job.assessed | set(data["permits"]), state=state)


APPLIERS = {
    ("job.created", 1): job_created,
    ("ticket.added", 1): ticket_added,
    ("ticket.amended", 1): ticket_amended,
    ("tickets.linked", 1): tickets_linked,
    ("risk.recorded", 1): risk_recorded,
    ("risk.residual_accepted", 1): risk_residual_accepted,
    ("risk.assessed", 1): risk_assessed,
}

COMMANDS = (
    CommandSpec("create_job", RECORD, PREPARERS, JOB, create_job, creates=True),
    CommandSpec("add_ticket", RECORD, PREPARERS, JOB, add_ticket, states=LIVE_JOB),
    CommandSpec("amend_ticket", RECORD, PREPARERS, PERMIT, amend_ticket, states=BEFORE_ISSUE),
    CommandSpec("link_tickets", RECORD, PREPARERS, PERMIT, link_tickets, states=BEFORE_ISSUE | ISSUED_ONCE),
    CommandSpec("record_risk_assessment", RECORD, PREPARERS, JOB, record_risk_assessment, states=LIVE_JOB),
    CommandSpec("accept_residual_risk", ACT, roles.APPROVERS | {roles.HSE}, JOB, accept_residual_risk, states=LIVE_JOB),
    CommandSpec(
        "assess",
        ACT,
        frozenset({roles.WORK_LEAD}),
        JOB,
        assess,
        states=LIVE_JOB,
        boundary=Boundary.ASSESS,
        covers=True,
    ),
)
