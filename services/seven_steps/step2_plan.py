"""Step 2, plan 工作计划: booking, method and emergency plan, isolations, gas plan, crew; and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.seven_steps import codes, roles
from services.seven_steps.board import Board
from services.seven_steps.board_job import Booking, GasPlan, Plan, PlanDocument, PlannedIsolation
from services.seven_steps.board_ticket import CrewMember
from services.seven_steps.event import (
    change_job,
    change_permit,
    decimal_or_none,
    event,
    job_of,
    permit_of,
    recorded,
    stated,
    text_of,
)
from services.seven_steps.gate import Boundary, Case
from services.seven_steps.spec import ACT, JOB, PERMIT, RECORD, CommandSpec, Decision, Refused
from services.seven_steps.step1_risk_assessment import (
    BEFORE_ISSUE,
    ENDED,
    ISSUED_ONCE,
    LIVE_JOB,
    PREPARERS,
    asked_again,
)

Data = Mapping[str, Any]
#: The state a job has once a step is done, by the step it is sent back to.
STATE_BEFORE_STEP = {1: "draft", 2: "assessed", 3: "planned"}


# ---- decide --------------------------------------------------------------------------------------------------------


def approve_urgent_booking(case: Case) -> Decision:
    assert case.job is not None
    if case.job.booking is None or not case.job.booking.urgent:
        return Refused(codes.WRONG_STATE, about=case.job.job_no, have=":none", need=":urgent_booking")
    return (event(case, "plan.urgent_approved"),)


def record_plan(case: Case) -> Decision:
    """A plan may change until a ticket rests on it: what an issued ticket was issued on stays (GB 30871-2022 4.16)."""
    job, payload = case.job, case.command.payload
    assert job is not None
    issued = [p for p in _tickets(case) if p.state in ISSUED_ONCE]
    if issued and job.plan is not None:
        points = [(i.point_id, i.method, i.blind_required) for i in job.plan.isolations]
        new = [(i["point_id"], i["method"], i["blind_required"]) for i in payload["isolations"]]
        gas = {p.permit_id: payload["gas"].get(p.permit_id) for p in issued}
        same_gas = all(_same_gas(job.plan.gas.get(permit_id), planned) for permit_id, planned in gas.items())
        if not set(points) <= set(new) or not same_gas:
            return Refused(codes.WRONG_STATE, about=issued[0].permit_no, have=f":{issued[0].state}", need=":new_ticket")
    return (event(case, "plan.recorded", **payload),)


def _same_gas(before: GasPlan | None, now: Data | None) -> bool:
    if before is None or now is None:
        return before is None and now is None
    return (before.gases, before.points) == (tuple(now["gases"]), tuple(now["points"]))


def cosign_services(case: Case) -> Decision:
    """Whoever owns what lies below agrees to the digging (GB 30871-2022 table B.1); nobody else can for them."""
    for service in case.command.payload["services"]:
        owner = case.board.service_owners.get(service)
        owners = owner.owners if owner is not None else ()
        if case.actor not in owners:
            have, need = ":not_owner" if owners else ":none", ":service_owner"
            return Refused(codes.WRONG_STATE, f":service_{service}", have, need, owners, what="not_service_owner")
    return (event(case, "permit.services_cosigned", **case.command.payload),)


def assign_crew(case: Case) -> Decision:
    return (event(case, "crew.assigned", crew=case.command.payload["crew"]),)


def plan(case: Case) -> Decision:
    job, permits = case.job, case.command.payload["permits"]
    assert job is not None
    uncovered = sorted(set(permits) - job.assessed)
    if uncovered:
        return Refused(
            codes.WRONG_STATE, about=uncovered[0], have=":not_assessed", need=":assessed", who=(roles.WORK_LEAD,)
        )
    return (event(case, "plan.approved", permits=sorted(permits)),)


def send_back(case: Case) -> Decision:
    """The one way back, before any ticket is issued (a step that is already behind it, or the one it is at)."""
    job = case.job
    assert job is not None
    issued = [p for p in _tickets(case) if p.state not in BEFORE_ISSUE | ENDED]
    if issued:
        return Refused(codes.WRONG_STATE, about=issued[0].permit_no, have=f":{issued[0].state}", need=":not_issued")
    reached = {"draft": 1, "assessed": 2, "planned": 3, "briefed": 3}[job.state]
    if case.command.payload["to_step"] > reached:
        return Refused(codes.WRONG_STATE, about=job.job_no, have=f":{job.state}", need=f"≤ {reached}")
    payload = case.command.payload
    return (event(case, "job.sent_back", to_step=payload["to_step"], reason=payload["reason"]),)


def withdraw_job(case: Case) -> Decision:
    """An issued ticket is revoked first, by somebody who may approve that (AQ 3064.2 5.7).

    A job whose work has begun, or in which somebody is, is reviewed: a void ticket takes nobody out, closes no alarm.
    """
    issued = [p for p in _tickets(case) if p.state not in BEFORE_ISSUE | ENDED]
    if issued:
        return Refused(codes.WRONG_STATE, about=issued[0].permit_no, have=f":{issued[0].state}", need=":not_issued")
    begun = [p for p in _tickets(case) if p.started is not None or p.inside]
    if begun:
        return Refused(codes.WRONG_STATE, about=begun[0].permit_no, have=":started", need=":not_started")
    return (event(case, "job.withdrawn", reason=case.command.payload["reason"]),)


def _tickets(case: Case) -> list[Any]:
    assert case.job is not None
    return [case.board.permits[permit_id] for permit_id in case.job.permits]


# ---- evolve --------------------------------------------------------------------------------------------------------


def plan_booked(board: Board, data: Data) -> Board:
    booking = Booking(data["planned_day"], data["urgent"], text_of(data.get("reason")), stated(board, data))
    return change_job(board, data, booking=booking)


def plan_urgent_approved(board: Board, data: Data) -> Board:
    booking = job_of(board, data).booking
    return change_job(board, data, booking=booking and replace(booking, urgent_approved=stated(board, data)))


def plan_recorded(board: Board, data: Data) -> Board:
    recorded_plan = Plan(
        recorded=stated(board, data),
        method_statement=text_of(data["method_statement"]),
        emergency_plan=text_of(data["emergency_plan"]),
        rescue_kit=data["rescue_kit"],
        comms_channel=data["comms_channel"],
        documents=tuple(PlanDocument(d["kind"], d["sha256"], d.get("permit_id")) for d in data["documents"]),
        isolations=tuple(PlannedIsolation(i["point_id"], i["method"], i["blind_required"]) for i in data["isolations"]),
        gas={permit: GasPlan(tuple(g["gases"]), tuple(g["points"])) for permit, g in data["gas"].items()},
        flush_water_m=decimal_or_none(data.get("flush_water_m")),
    )
    return change_job(asked_again(board, data, "planned", "briefed"), data, plan=recorded_plan)


def services_cosigned(board: Board, data: Data) -> Board:
    said = stated(board, data, text_of(data["opinion"]))
    cosigned = {**permit_of(board, data).cosigned, **dict.fromkeys(data["services"], said)}
    return change_permit(board, data, cosigned=cosigned)


def crew_member(board: Board, said: Mapping[str, Any]) -> CrewMember:
    """As `assign_crew` and `change_crew` say it."""
    return CrewMember(said["person_id"], said["role"], said["trade"], board.seq, said.get("certificate_id", ""))


def crew_assigned(board: Board, data: Data) -> Board:
    crew = {member["person_id"]: crew_member(board, member) for member in data["crew"]}
    return change_permit(board, data, crew=crew)


def plan_approved(board: Board, data: Data) -> Board:
    job = job_of(board, data)
    state = "planned" if job.state == "assessed" else job.state
    planned = job.planned | set(data["permits"])
    return change_job(board, data, planned=planned, plan_approved=stated(board, data), state=state)


def job_sent_back(board: Board, data: Data) -> Board:
    """What came after that step is asked again: coverage, surveys and signatures. Isolations stay on."""
    job, step = job_of(board, data), data["to_step"]
    for permit_id in job.permits:
        if permit_of(board, {"permit_id": permit_id}).state in BEFORE_ISSUE:
            board = change_permit(board, {"permit_id": permit_id}, state="open", surveyed=None, nodes=(), measures={})
    nothing: frozenset[str] = frozenset()
    return change_job(
        board,
        data,
        state=STATE_BEFORE_STEP[step],
        assessed=nothing if step == 1 else job.assessed,
        planned=job.planned if step == 3 else nothing,
        briefed=nothing,
        sent_back=stated(board, data, text_of(data["reason"])),
    )


def job_withdrawn(board: Board, data: Data) -> Board:
    reason = stated(board, data, text_of(data["reason"]))
    for permit_id in job_of(board, data).permits:
        if permit_of(board, {"permit_id": permit_id}).state not in ENDED:
            board = change_permit(board, {"permit_id": permit_id}, state="revoked", ended=reason)
    return change_job(board, data, state="closed", closed=reason)


APPLIERS = {
    ("plan.booked", 1): plan_booked,
    ("plan.urgent_approved", 1): plan_urgent_approved,
    ("plan.recorded", 1): plan_recorded,
    ("permit.services_cosigned", 1): services_cosigned,
    ("crew.assigned", 1): crew_assigned,
    ("plan.approved", 1): plan_approved,
    ("job.sent_back", 1): job_sent_back,
    ("job.withdrawn", 1): job_withdrawn,
}

#: 基层单位 and the departments agree to the booking and the plan (AQ 3064.2 5.3.2).
PLAN_APPROVERS = roles.APPROVERS | {roles.AREA_AUTH}
BACK_SENDERS = roles.APPROVERS | {roles.AREA_AUTH, roles.WORK_LEAD, roles.HSE}

COMMANDS = (
    CommandSpec("book_work", RECORD, PREPARERS, JOB, recorded("plan.booked"), states=LIVE_JOB),
    CommandSpec("approve_urgent_booking", ACT, roles.APPROVERS, JOB, approve_urgent_booking, states=LIVE_JOB),
    CommandSpec("record_plan", RECORD, PREPARERS, JOB, record_plan, states=LIVE_JOB),
    CommandSpec("cosign_services", ACT, roles.ANYONE, PERMIT, cosign_services, states=BEFORE_ISSUE),
    CommandSpec("assign_crew", RECORD, PREPARERS, PERMIT, assign_crew, states=BEFORE_ISSUE),
    CommandSpec(
        "plan",
        ACT,
        PLAN_APPROVERS,
        JOB,
        plan,
        states=LIVE_JOB - {"draft"},
        boundary=Boundary.PLAN,
        covers=True,
    ),
    CommandSpec("send_back", RECORD, BACK_SENDERS, JOB, send_back, states=LIVE_JOB),
    CommandSpec("withdraw_job", RECORD, PREPARERS, JOB, withdraw_job, states=LIVE_JOB),
)
