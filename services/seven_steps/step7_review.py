"""Step 7, review 总结反馈: actions, lessons, the close, the seals, and what arrives too late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.seven_steps import board_index, codes, limits, roles
from services.seven_steps.board import Board, Tombstone
from services.seven_steps.board_job import Action, Seal
from services.seven_steps.event import at, change_job, event, job_of, put, recorded, stated, text_of, without
from services.seven_steps.gate import Boundary, Case
from services.seven_steps.spec import ACT, JOB, RECORD, SITE, CommandSpec, Decision, Refused
from services.seven_steps.step1_risk_assessment import ENDED, LIVE_JOB
from services.seven_steps.step7_to_closed_gates import had_part

Data = Mapping[str, Any]
OVER = ENDED | {"accepted"}


# ---- decide --------------------------------------------------------------------------------------------------------


def close_action(case: Case) -> Decision:
    job, action_id = case.job, case.command.payload["action_id"]
    assert job is not None
    action = job.actions.get(action_id)
    if action is None or action.closed is not None:
        return Refused(codes.WRONG_STATE, about=action_id, have=":none", need=":open_action")
    return (event(case, "action.closed", **case.command.payload),)


def review(case: Case) -> Decision:
    """A job can be reviewed when all its tickets are accepted, void or revoked, and it has at least one."""
    job = case.job
    assert job is not None
    tickets = [case.board.permits[permit_id] for permit_id in job.permits]
    running = [t for t in tickets if t.state not in OVER]
    if running or not tickets:
        about, have = (running[0].permit_no, f":{running[0].state}") if running else (job.job_no, ":none")
        return Refused(codes.WRONG_STATE, about=about, have=have, need=":accepted_void_or_revoked")
    return (event(case, "review.recorded", **case.command.payload),)


def record_seal(case: Case) -> Decision:
    payload = {"permit_id": case.command.permit_id} | dict(case.command.payload)
    return (event(case, "document.sealed", **payload),)


def clear_late_arrival(case: Case) -> Decision:
    late = case.board.late_arrivals.get(case.command.payload["late_command_id"])
    if late is None or late.cleared is not None:
        return Refused(codes.WRONG_STATE, about=case.command.payload["late_command_id"], have=":none", need=":waiting")
    return (event(case, "late_arrival.cleared", **case.command.payload),)


# ---- evolve --------------------------------------------------------------------------------------------------------


def action_recorded(board: Board, data: Data) -> Board:
    action = Action(data["action_id"], text_of(data["what"]), data["owner"], data["due"], stated(board, data))
    return change_job(board, data, actions=put(job_of(board, data).actions, action.action_id, action))


def action_closed(board: Board, data: Data) -> Board:
    actions = job_of(board, data).actions
    closed = replace(actions[data["action_id"]], closed=stated(board, data, text_of(data["result"])))
    return change_job(board, data, actions=put(actions, closed.action_id, closed))


def review_recorded(board: Board, data: Data) -> Board:
    return change_job(board, data, state="reviewed", review=stated(board, data, text_of(data["lessons"])))


def job_closed(board: Board, data: Data) -> Board:
    return change_job(board, data, state="closed", closed=stated(board, data))


def document_sealed(board: Board, data: Data) -> Board:
    """The closure record is the last thing a job waits for: then it leaves the board and a tombstone stays."""
    job = board.jobs.get(data["job_id"])
    if job is None:
        return board
    seal = Seal(data["kind"], data["permit_id"], data["sha256"], data["level"], at(board), board.seq)
    board = change_job(board, data, seals=(*job.seals, seal))
    if job.state == "closed" and data["kind"] == "closure":
        return _archived(board, data["job_id"])
    return board


def _archived(board: Board, job_id: str) -> Board:
    job = board.jobs[job_id]
    now = at(board)
    over = {key for key, t in board.tombstones.items() if now - t.closed_at > limits.IDS_KEPT_FOR}
    tombstones = {key: t for key, t in board.tombstones.items() if key not in over}
    tombstones[job_id] = Tombstone(
        job_id=job_id,
        job_no=job.job_no,
        closed_at=now,
        permits=job.permits,
        seq=board.seq,
        area_id=job.area_id,
        types=frozenset(board.permits[permit_id].type for permit_id in job.permits),
        had_part=had_part(board, job),
    )
    index = board_index.with_job(board.index, job, None)
    for permit_id in job.permits:
        index = board_index.with_ticket(index, board.permits[permit_id], None)
    gone = set(job.permits)
    return replace(
        board,
        index=index,
        coordinations={key: one for key, one in board.coordinations.items() if not gone & set(one.permits)},
        jobs=without(board.jobs, job_id),
        permits={key: permit for key, permit in board.permits.items() if permit.job_id != job_id},
        alarms={key: alarm for key, alarm in board.alarms.items() if alarm.job_id != job_id},
        concerns={key: concern for key, concern in board.concerns.items() if concern.job_id != job_id},
        tombstones=tombstones,
        seen={key: ids for key, ids in board.seen.items() if key not in over},
    )


def late_arrival_cleared(board: Board, data: Data) -> Board:
    return replace(board, late_arrivals=without(board.late_arrivals, data["late_command_id"]))


APPLIERS = {
    ("action.recorded", 1): action_recorded,
    ("action.closed", 1): action_closed,
    ("review.recorded", 1): review_recorded,
    ("job.closed", 1): job_closed,
    ("document.sealed", 1): document_sealed,
    ("late_arrival.cleared", 1): late_arrival_cleared,
}

HSE = frozenset({roles.HSE})
ACTION_OWNERS = frozenset({roles.HSE, roles.AREA_AUTH, roles.WORK_LEAD})
OPEN_JOB = LIVE_JOB | {"reviewed"}

COMMANDS = (
    CommandSpec("record_action", RECORD, ACTION_OWNERS, JOB, recorded("action.recorded")),
    CommandSpec("close_action", RECORD, ACTION_OWNERS, JOB, close_action),
    CommandSpec("review", ACT, HSE, JOB, review, states=LIVE_JOB, boundary=Boundary.REVIEW),
    CommandSpec(
        "close_job",
        RECORD,
        HSE,
        JOB,
        recorded("job.closed"),
        states=frozenset({"reviewed"}),
        boundary=Boundary.REVIEW,
    ),
    CommandSpec("record_seal", RECORD, frozenset({roles.SERVICE}), JOB, record_seal),
    CommandSpec("clear_late_arrival", RECORD, HSE, SITE, clear_late_arrival),
)
