"""What a page asks: how does each gate of a boundary stand now, if nobody acts yet?"""

from __future__ import annotations

from datetime import datetime

from services.seven_steps.board import Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.command import Command
from services.seven_steps.gate import Boundary, Case, Verdict
from services.seven_steps.gates import judge_gates
from services.seven_steps.rules import Rules


def judge(
    board: Board,
    boundary: Boundary,
    job: Job,
    permit: Permit | None,
    now: datetime,
    rules: Rules,
    command: Command | None = None,
) -> tuple[Verdict, ...]:
    """Without a command, gates that judge who acts and how (`of_act`) are left to the act: they are not asked.

    If all others are open, the gate is *ready*: everything is true, a named person must sign.
    """
    case = case_of(board, boundary, job, permit, now, rules, command)
    return tuple(v for v in judge_gates(boundary, case) if command is not None or not v.gate.of_act)


def case_of(
    board: Board,
    boundary: Boundary,
    job: Job,
    permit: Permit | None,
    now: datetime,
    rules: Rules,
    command: Command | None = None,
) -> Case:
    """What the gates of the boundary look at; without a command nobody acts yet."""
    looked = command or Command(
        command_id="",
        type=boundary.value,
        version=1,
        site_id=board.site.site_id if board.site else "",
        actor="",
        payload={},
        sha256="",
        means="",
        decided_at_real=now,
        job_id=job.job_id,
        permit_id=permit.permit_id if permit else None,
    )
    return Case(board, job, permit, looked, looked.actor, now, rules)
