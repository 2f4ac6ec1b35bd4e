"""What is due on a site now: tickets whose time is over, and alarms that no command of a person raises. Pure.

Level-triggered: everything is worked out anew from the board at each look, so a timekeeper that was dead for a day
sends what is due when it is back. All numbers come from the rule packs, all conditions from the gates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.seven_steps import gas, site_time, standing
from services.seven_steps.board import Board
from services.seven_steps.board_ticket import Permit
from services.seven_steps.command import Command
from services.seven_steps.gate import Boundary, Case
from services.seven_steps.gates import gates_at
from services.seven_steps.rules import Rules
from services.seven_steps.step4_to_5_gas_gates import (
    break_allowed,
    no_test_after_break,
    no_test_today,
    record_overdue,
)
from services.seven_steps.step4_to_5_gates import nodes_required, valid_signature
from services.seven_steps.step4_to_5_start_gates import start_window_over
from services.seven_steps.work_types import type_of

EXPIRE_TICKET, ENFORCE, RAISE_ALARM = "expire_ticket", "enforce_standing", "raise_alarm"
#: AQ 3064.2-2025 table A.4, and local codes (codes.ALARMS). 10, ticket overtime, is raised by expire_ticket
#: itself, what stops running work by enforce_standing.
NO_TEST_AFTER_BREAK, NO_TEST_TODAY, RECORD_OVERDUE = "03", "04", "05"
NODE_OVERDUE, FIRE_WATCH_OVER = "91", "93"
LIVE = frozenset({"issued", "active", "suspended"})
EXPIRY = "expiry"


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to send. at: since when it is due, in site time; code: the alarm's, empty if it is none."""

    kind: str
    permit: Permit
    at: datetime
    code: str = ""


def due(board: Board, now: datetime, rules: Rules) -> Iterator[Due]:
    """Everything due at `now` (site time), ticket by ticket."""
    for permit in board.permits.values():
        yield from of_permit(board, permit, now, rules)


def of_permit(board: Board, permit: Permit, now: datetime, rules: Rules) -> Iterator[Due]:
    job = board.jobs.get(permit.job_id)
    if job is None:
        return
    case = Case(board, job, permit, _looking(permit, now), "", now, rules)
    over = _over_at(case)
    if over is not None:
        yield Due(EXPIRE_TICKET, permit, over)
    elif permit.last_run_at is not None and standing.shut(case):
        yield Due(ENFORCE, permit, permit.last_run_at)
    for code, at in (
        (NO_TEST_AFTER_BREAK, _test_after_break_due(case)),
        (NO_TEST_TODAY, _test_today_due(case)),
        (RECORD_OVERDUE, _record_due(case)),
        (NODE_OVERDUE, _node_due(case)),
        (FIRE_WATCH_OVER, _fire_watch_over_at(case)),
    ):
        if at is not None and not _has_been_raised(board, permit, code, at):
            yield Due(RAISE_ALARM, permit, at, code)


def _over_at(case: Case) -> datetime | None:
    """Work must stop at valid_to (GB 30871-2022 4.16), and begin within the start window (G-RUN-4)."""
    permit = case.permit
    assert permit is not None
    if permit.valid_from is None or permit.valid_to is None or permit.state not in LIVE or EXPIRY in permit.suspensions:
        return None
    if permit.started is None and start_window_over(case):
        return min(permit.valid_from + case.rules.duration("start_window", case.board), permit.valid_to)
    return permit.valid_to if case.now > permit.valid_to else None


def _has_been_raised(board: Board, permit: Permit, code: str, at: datetime) -> bool:
    """It is open already, or one was raised since it was due (and closed: it is not raised again for the same time)."""
    return any(
        alarm.closed is None or alarm.raised_at >= at
        for alarm in board.alarms.values()
        if (alarm.permit_id, alarm.code) == (permit.permit_id, code)
    )


def _test_after_break_due(case: Case) -> datetime | None:
    """Work stands for longer than it may without a test, and no test was taken since (AQ 3064.2 5.9.1)."""
    permit = case.permit
    assert permit is not None
    if permit.state != "suspended" or permit.stopped_at is None or EXPIRY in permit.suspensions:
        return None
    allowed = break_allowed(case, permit)
    if allowed is None or not any(missing.what == "test_after_break" for missing in no_test_after_break(case)):
        return None
    return permit.stopped_at + allowed


def _test_today_due(case: Case) -> datetime | None:
    """Work that began on an earlier site day goes on without a test of this day (AQ 3064.2 5.9.2)."""
    permit = case.permit
    assert permit is not None
    if permit.state != "active" or not _asks_for_daily_test(case) or not no_test_today(case):
        return None
    return site_time.day_begins(case.board, case.now)


def _asks_for_daily_test(case: Case) -> bool:
    """Whether the gate of the daily test is asked of this ticket on this site."""
    gates = gates_at(Boundary.RESUME, case.rules.ids)
    return any(gate.alarm == NO_TEST_TODAY and gate.binds(case.permit) for gate in gates)


def _record_due(case: Case) -> datetime | None:
    """The two-hourly record of a confined space while work runs or anyone is inside (GB 6.5; AQ 3064.2 5.9.4)."""
    permit, job = case.permit, case.job
    assert permit is not None and job is not None
    if not type_of(permit).entry:
        return None
    occupied = permit.state == "active" or (permit.state == "suspended" and permit.inside)
    if not occupied or not record_overdue(case):
        return None
    readings = [gas.deciding(permit, need) for need in gas.needs(job, permit)]
    samples = [reading.sampled.earliest for reading in readings if reading is not None and reading.sampled is not None]
    since = min(samples) if samples and len(samples) == len(readings) else permit.last_run_at
    if since is None:
        return None
    return since + case.rules.duration("gas_record_interval_confined", case.board)


def _node_due(case: Case) -> datetime | None:
    """A signature line waits for longer than its limit, the issue included (AQ 3064.2 5.2.1, 5.9.9)."""
    permit = case.permit
    assert permit is not None
    if permit.state != "surveyed" or permit.surveyed is None:
        return None
    since = permit.surveyed.at
    for node in nodes_required(case):
        signature = valid_signature(case, node)
        if signature is None:
            break
        since = max(since, signature.at)
    limit = since + case.rules.duration("approval_node_limit", case.board)
    return limit if case.now > limit else None


def _fire_watch_over_at(case: Case) -> datetime | None:
    """The fire watch has lasted as long as it must and nobody has ended it."""
    permit = case.permit
    assert permit is not None
    if permit.type != "hot_work" or permit.state != "completed" or permit.completed is None or permit.fire_watch:
        return None
    over = permit.completed.at + case.rules.duration("fire_watch", case.board)
    return over if case.now >= over else None


def _looking(permit: Permit, now: datetime) -> Command:
    """Nobody acts: the gates are asked how things stand."""
    return Command("", Boundary.ISSUE.value, 1, "", "", {}, "", "", now, permit.job_id, permit.permit_id)
