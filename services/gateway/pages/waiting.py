"""What waits for a person's approval: the signature lines he may sign next, and the tickets he may issue.

Only a look, as the gates would see it; the decider asks the gates themselves. Nothing here imports a page, so that
the frame of every page can show the count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.seven_steps import judge, roles
from services.seven_steps.board import Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.gate import Boundary, Case
from services.seven_steps.rules import Rules
from services.seven_steps.step2_to_3_level_gates import grade_needed
from services.seven_steps.step4_to_5_gates import nodes_required, valid_signature
from services.seven_steps.work_types import type_of

SIGN, ISSUE = "sign_node", "issue"
#: Who may have something to approve at all.
SIGNERS = roles.APPROVERS | {role for allowed in roles.NODE_ROLES.values() for role in allowed}


@dataclass(frozen=True)
class Waiting:
    """A ticket that waits for this person. act: issue, or sign_node with the line; unsigned: lines of others before."""

    permit: Permit
    job: Job
    act: str
    node: str = ""
    unsigned: int = 0


def looked_at(board: Board, job: Job, permit: Permit, now: datetime, rules: Rules) -> Case:
    return judge.case_of(board, Boundary.ISSUE, job, permit, now, rules)


def may_issue(case: Case, held: Iterable[str]) -> bool:
    """Whether somebody with these roles is of the grade this ticket needs."""
    assert case.permit is not None
    work = type_of(case.permit)
    return work.rung(work.grade_of(frozenset(held))) >= work.rung(grade_needed(case))


def for_person(
    board: Board, person_id: str, held: frozenset[str], permit: Permit, now: datetime, rules: Rules
) -> Waiting | None:
    """What a surveyed ticket wants of this person; None if that is nothing."""
    job = board.jobs.get(permit.job_id)
    if job is None or permit.state != "surveyed" or not held & SIGNERS:
        return None
    case = looked_at(board, job, permit, now, rules)
    unsigned = [node for node in nodes_required(case) if valid_signature(case, node) is None]
    if unsigned and held & roles.NODE_ROLES[unsigned[0]]:
        return Waiting(permit, job, SIGN, unsigned[0])
    if may_issue(case, held) and person_id not in {job.work_lead, *permit.crew}:
        return Waiting(permit, job, ISSUE, unsigned=len(unsigned))
    return None


def waiting(board: Board, person_id: str, held: frozenset[str], now: datetime, rules: Rules) -> list[Waiting]:
    """Everything that waits for this person, what is to begin first first."""
    if not held & SIGNERS:
        return []
    found = (for_person(board, person_id, held, permit, now, rules) for permit in board.permits.values())
    return sorted((one for one in found if one), key=lambda one: (one.permit.planned_from, one.permit.permit_no))
