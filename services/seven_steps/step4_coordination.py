"""Step 4, coordination of cross work 交叉作业协调: the coordinator agrees measures, an issuer of each ticket signs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.seven_steps import codes, roles, simops
from services.seven_steps.board import Board, Coordination
from services.seven_steps.board_ticket import Permit
from services.seven_steps.coordination import pair_key
from services.seven_steps.event import event, put, stated, text_of
from services.seven_steps.gate import Case
from services.seven_steps.simops_matrix import COORDINATED
from services.seven_steps.spec import ACT, PERMIT, CommandSpec, Decision, Refused
from services.seven_steps.step1_risk_assessment import BEFORE_ISSUE
from services.seven_steps.work_types import ISSUERS

Data = Mapping[str, Any]
#: While a ticket still has something to pass.
COORDINABLE = BEFORE_ISSUE | {"issued", "active", "suspended"}


# ---- decide --------------------------------------------------------------------------------------------------------


def coordinate(case: Case) -> Decision:
    """Made for the rows that hit the two tickets as they stand; a newer one takes the place of the one before."""
    other = _other(case)
    if isinstance(other, Refused):
        return other
    assert case.permit is not None
    here, there = (simops.side_of(case.board, case.rules, one) for one in (case.permit, other))
    found = tuple(simops.hits_between(case.board, case.rules, here, there, COORDINATED))
    if not found:
        return Refused(codes.WRONG_STATE, about=other.permit_no, have=":none", need=":clash_of_the_two")
    rows = sorted({hit.row.id for hit in found})
    return (event(case, "coordination.made", **case.command.payload, clashes=rows),)


def sign_coordination(case: Case) -> Decision:
    other = _other(case)
    if isinstance(other, Refused):
        return other
    assert case.permit is not None
    if pair_key(case.permit.permit_id, other.permit_id) not in case.board.coordinations:
        return Refused(
            codes.WRONG_STATE, about=other.permit_no, have=":none", need=":coordination", who=(roles.CROSS_COORD,)
        )
    return (event(case, "coordination.signed", other=other.permit_id),)


def _other(case: Case) -> Permit | Refused:
    assert case.permit is not None
    other = case.board.permits.get(case.command.payload["other"])
    if other is None or other.permit_id == case.permit.permit_id:
        return Refused(codes.WRONG_STATE, about=case.command.payload["other"], have=":none", need=":ticket")
    return other


# ---- evolve --------------------------------------------------------------------------------------------------------


def coordination_made(board: Board, data: Data) -> Board:
    one, other = sorted((data["permit_id"], data["other"]))
    made = Coordination(
        permits=(one, other),
        clashes=tuple(data["clashes"]),
        agreed=tuple(data["agreed"]),
        stated=stated(board, data, text_of(data["measures"])),
    )
    return replace(board, coordinations=put(board.coordinations, pair_key(one, other), made))


def coordination_signed(board: Board, data: Data) -> Board:
    key = pair_key(data["permit_id"], data["other"])
    made = board.coordinations[key]
    signed = replace(made, signatures=(*made.signatures, stated(board, data)))
    return replace(board, coordinations=put(board.coordinations, key, signed))


APPLIERS = {
    ("coordination.made", 1): coordination_made,
    ("coordination.signed", 1): coordination_signed,
}

COMMANDS = (
    CommandSpec("coordinate", ACT, frozenset({roles.CROSS_COORD}), PERMIT, coordinate, states=COORDINABLE),
    CommandSpec("sign_coordination", ACT, ISSUERS, PERMIT, sign_coordination, states=COORDINABLE),
)
