"""Step 6, supervision 检查监督, which runs along with step 5: checks, restoration, fire watch, acceptance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.seven_steps import codes, roles
from services.seven_steps.board import Board
from services.seven_steps.board_ticket import Check, FireWatch, Restoration
from services.seven_steps.event import (
    at,
    began,
    change_job,
    change_permit,
    event,
    happened,
    job_of,
    permit_of,
    put,
    recorded,
    stated,
    text_of,
)
from services.seven_steps.gate import Boundary, Case
from services.seven_steps.spec import ACT, JOB, PERMIT, RECORD, CommandSpec, Decision, Refused

Data = Mapping[str, Any]
CHECKS_KEPT = 200  # per ticket on the board, beside those that found something; the log has all


# ---- decide --------------------------------------------------------------------------------------------------------


def remove_isolation(case: Case) -> Decision:
    job, point_id = case.job, case.command.payload["point_id"]
    assert job is not None
    isolation = job.isolations.get(point_id)
    if isolation is None or isolation.removed is not None:
        return Refused(codes.WRONG_STATE, about=point_id, have=":none", need=":applied")
    return (event(case, "isolation.removed", point_id=point_id),)


# ---- evolve --------------------------------------------------------------------------------------------------------


def check_recorded(board: Board, data: Data) -> Board:
    check = Check(data["item"], data["ok"], text_of(data.get("finding")), data["by"], at(board), board.seq)
    checks = (*permit_of(board, data).checks, check)
    older = (one for one in checks[:-CHECKS_KEPT] if not one.ok)
    return change_permit(board, data, checks=(*older, *checks[-CHECKS_KEPT:]))


def site_restored(board: Board, data: Data) -> Board:
    """An older word that came later does not undo a newer one; of unknown time it is no evidence that all is done."""
    before, said = permit_of(board, data).restoration, happened(board, data)
    done = data["site_restored"] and data["guards_back"] and data["cleaned"]
    if (before is not None and said < before.at) or (done and data["captured"] is None):
        return board
    restoration = Restoration(data["site_restored"], data["guards_back"], data["cleaned"], data["by"], said, board.seq)
    return change_permit(board, data, restoration=restoration)


def fire_watch_ended(board: Board, data: Data) -> Board:
    """It lasted at least until the earliest moment it may have been said; of unknown time it is no evidence that there
    is no fire. An older word that came later does not undo a newer one; of one moment, the fire stands."""
    before, latest = permit_of(board, data).fire_watch, happened(board, data)
    out = data["no_residual_fire"]
    if out and data["captured"] is None:
        return board
    if before is not None and (latest, not out) < (before.latest or before.at, not before.no_residual_fire):
        return board
    return change_permit(board, data, fire_watch=FireWatch(out, data["by"], began(board, data), board.seq, latest))


def isolation_removed(board: Board, data: Data) -> Board:
    isolations = job_of(board, data).isolations
    removed = replace(isolations[data["point_id"]], removed=stated(board, data))
    return change_job(board, data, isolations=put(isolations, data["point_id"], removed))


def permit_accepted(board: Board, data: Data) -> Board:
    return change_permit(board, data, state="accepted", accepted=stated(board, data))


APPLIERS = {
    ("check.recorded", 1): check_recorded,
    ("site.restored", 1): site_restored,
    ("fire_watch.ended", 1): fire_watch_ended,
    ("isolation.removed", 1): isolation_removed,
    ("permit.accepted", 1): permit_accepted,
}

CHECKERS = roles.APPROVERS | {roles.AREA_AUTH, roles.HSE, roles.GUARDIAN, roles.SHIFT_FOREMAN}

COMMANDS = (
    CommandSpec("record_check", RECORD, CHECKERS, PERMIT, recorded("check.recorded")),
    CommandSpec("record_restoration", RECORD, frozenset({roles.WORK_LEAD}), PERMIT, recorded("site.restored")),
    CommandSpec("end_fire_watch", RECORD, frozenset({roles.GUARDIAN}), PERMIT, recorded("fire_watch.ended")),
    CommandSpec(
        "remove_isolation",
        ACT,
        frozenset({roles.ISOL_AUTH}),
        JOB,
        remove_isolation,
        boundary=Boundary.REMOVE_ISOLATION,
    ),
    CommandSpec(
        "accept",
        ACT,
        frozenset({roles.AREA_AUTH}),
        PERMIT,
        recorded("permit.accepted"),
        states=frozenset({"completed"}),
        boundary=Boundary.ACCEPT,
    ),
)
