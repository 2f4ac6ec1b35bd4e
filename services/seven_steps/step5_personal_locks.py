"""Step 5, personal locks 个人锁: each worker's own lock on an isolation, for as long as that worker relies on it.

Only whoever put a lock on takes it off (29 CFR 1910.147(e)(3)). The one exception is a procedure that is recorded: the
owner was verified to be off the site, every effort was made to reach them, and they are told before they come back.
Whoever applied the isolation is the one responsible for it (group lockout, (f)(3)); to take it over is to apply it
anew, and then it is verified anew. The locks that hang there stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.seven_steps import codes, limits, roles
from services.seven_steps.board import Board
from services.seven_steps.board_job import Isolation, PersonalLock
from services.seven_steps.event import at, change_job, event, job_of, put, without
from services.seven_steps.gate import Case
from services.seven_steps.spec import ACT, JOB, RECORD, CommandSpec, Decision, Refused

Data = Mapping[str, Any]


# ---- decide --------------------------------------------------------------------------------------------------------


def add_personal_lock(case: Case) -> Decision:
    isolation = applied(case)
    if isinstance(isolation, Refused):
        return isolation
    if case.actor not in isolation.locks and len(isolation.locks) >= limits.PERSONAL_LOCKS_MAX:
        return Refused(codes.LIMIT_REACHED, about="personal_locks", need=str(limits.PERSONAL_LOCKS_MAX))
    return (event(case, "personal_lock.added", person_id=case.actor, **case.command.payload),)


def remove_personal_lock(case: Case) -> Decision:
    return _off(case, case.actor, "personal_lock.removed", {"person_id": case.actor})


def remove_absent_owners_lock(case: Case) -> Decision:
    """By another person, by the recorded procedure; never while the register says that the owner is inside."""
    owner = case.command.payload["person_id"]
    if owner == case.actor:
        return Refused(codes.WRONG_STATE, about=owner, have=":own_lock", need=":another_person", who=(owner,))
    if any(owner in permit.inside for permit in case.board.permits.values()):
        return Refused(codes.WRONG_STATE, about=owner, have=":inside", need=":off_site", who=(owner,))
    return _off(case, owner, "personal_lock.removed_for_owner", {})


def _off(case: Case, owner: str, type_: str, more: Data) -> Decision:
    isolation = applied(case)
    if isinstance(isolation, Refused):
        return isolation
    if owner not in isolation.locks:
        return Refused(codes.WRONG_STATE, about=owner, have=":none", need=":personal_lock", who=(owner,))
    return (event(case, type_, **case.command.payload, **more),)


def applied(case: Case) -> Isolation | Refused:
    """The isolation that the command names, which is on."""
    job, point_id = case.job, case.command.payload["point_id"]
    assert job is not None
    isolation = job.isolations.get(point_id)
    if isolation is None or isolation.removed is not None:
        return Refused(codes.WRONG_STATE, about=point_id, have=":none", need=":applied", who=(roles.ISOL_AUTH,))
    return isolation


# ---- evolve --------------------------------------------------------------------------------------------------------


def personal_lock_added(board: Board, data: Data) -> Board:
    lock = PersonalLock(data["person_id"], data["lock_no"], at(board), board.seq)
    isolation = job_of(board, data).isolations[data["point_id"]]
    return _with_locks(board, data, put(isolation.locks, lock.person_id, lock))


def personal_lock_removed(board: Board, data: Data) -> Board:
    isolation = job_of(board, data).isolations[data["point_id"]]
    return _with_locks(board, data, without(isolation.locks, data["person_id"]))


def _with_locks(board: Board, data: Data, locks: Mapping[str, PersonalLock]) -> Board:
    isolations = job_of(board, data).isolations
    changed = replace(isolations[data["point_id"]], locks=locks)
    return change_job(board, data, isolations=put(isolations, changed.point_id, changed))


APPLIERS = {
    ("personal_lock.added", 1): personal_lock_added,
    ("personal_lock.removed", 1): personal_lock_removed,
    ("personal_lock.removed_for_owner", 1): personal_lock_removed,
}

COMMANDS = (
    CommandSpec("add_personal_lock", RECORD, roles.ANYONE, JOB, add_personal_lock),
    CommandSpec("remove_personal_lock", RECORD, roles.ANYONE, JOB, remove_personal_lock),
    CommandSpec("remove_absent_owners_lock", ACT, frozenset({roles.ISOL_AUTH}), JOB, remove_absent_owners_lock),
)
