"""Stop-work 叫停 by anyone, at any step, never refused (GB 30871-2022 4.8); and clearing its cause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.seven_steps import codes, roles
from services.seven_steps.board import Board, Concern
from services.seven_steps.board_ticket import Permit, Suspension
from services.seven_steps.event import Event, at, break_began, change_job, event, job_of, put, stated, text_of
from services.seven_steps.gate import Case
from services.seven_steps.spec import ACT, JOB, RECORD, SITE, CommandSpec, Decision, Refused
from services.seven_steps.work_types import ISSUERS

Data = Mapping[str, Any]
#: States in which work may be going on: a stop suspends these; before that it keeps every gate shut (reading A10.9).
AT_WORK = frozenset({"active", "suspended"})


# ---- decide --------------------------------------------------------------------------------------------------------


def stop_work(case: Case) -> Decision:
    """A live job is stopped with all its tickets (they are linked). Anything else is kept as a concern."""
    job = case.job
    reason = case.command.payload.get("reason") or {"lang": case.command.lang, "text": ""}
    if job is None or job.state == "closed":
        return (concern_event(case, reason),)
    alarm = event(case, "alarm.raised", alarm_id=f"{case.board.seq + 1}-1", code="95", text=text_of(reason))
    return (event(case, "stop_work.called", reason=reason), alarm)


def concern_event(case: Case, what: Mapping[str, str]) -> Event:
    data = {"job_id": case.command.job_id, "permit_id": case.command.permit_id}
    return event(case, "concern.recorded", **data, concern_id=f"{case.board.seq + 1}", what=what)


def record_concern(case: Case) -> Decision:
    return (concern_event(case, case.command.payload["what"]),)


def clear_stop(case: Case) -> Decision:
    """The issuer says that the cause is gone; the tickets stay suspended until somebody of their grade resumes them."""
    job = case.job
    assert job is not None
    if job.stop is None:
        return Refused(codes.WRONG_STATE, about=job.job_no, have=":not_stopped", need=":stopped")
    return (event(case, "stop.cleared", result=case.command.payload["result"]),)


# ---- evolve --------------------------------------------------------------------------------------------------------


def stop_work_called(board: Board, data: Data) -> Board:
    reason = text_of(data["reason"])
    permits = dict(board.permits)
    for permit in _tickets(board, data):
        if permit.state in AT_WORK:
            suspension = Suspension("stop_work", reason, data["by"], at(board), board.seq)
            permits[permit.permit_id] = replace(
                permit,
                state="suspended",
                suspensions=put(permit.suspensions, "stop_work", suspension),
                stopped_at=break_began(board, data, permit),
            )
    return change_job(replace(board, permits=permits), data, stop=stated(board, data, reason))


def stop_cleared(board: Board, data: Data) -> Board:
    cleared = stated(board, data, text_of(data["result"]))
    permits = dict(board.permits)
    for permit in _tickets(board, data):
        stopped = permit.suspensions.get("stop_work")
        if stopped is not None:
            suspensions = put(permit.suspensions, "stop_work", replace(stopped, cleared=cleared))
            permits[permit.permit_id] = replace(permit, suspensions=suspensions)
    return change_job(replace(board, permits=permits), data, stop=None)


def _tickets(board: Board, data: Data) -> list[Permit]:
    return [board.permits[permit_id] for permit_id in job_of(board, data).permits]


def concern_recorded(board: Board, data: Data) -> Board:
    concern = Concern(data["concern_id"], data["job_id"], data["permit_id"], text_of(data["what"]), stated(board, data))
    return replace(board, concerns=put(board.concerns, concern.concern_id, concern))


APPLIERS = {
    ("stop_work.called", 1): stop_work_called,
    ("stop.cleared", 1): stop_cleared,
    ("concern.recorded", 1): concern_recorded,
}

COMMANDS = (
    CommandSpec("stop_work", RECORD, roles.ANYONE, SITE, stop_work),
    CommandSpec("record_concern", RECORD, roles.ANYONE, SITE, record_concern),
    CommandSpec("clear_stop", ACT, ISSUERS, JOB, clear_stop),
)
