"""Delegation 委托: an approver asks somebody who holds the same right to issue for him (AQ 3064.2-2025 5.5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.seven_steps import codes, limits, site_time
from services.seven_steps.board import Board
from services.seven_steps.board_site import Delegation, Person
from services.seven_steps.event import event, put, without
from services.seven_steps.gate import Case
from services.seven_steps.spec import ACT, RECORD, SITE, CommandSpec, Decision, Refused
from services.seven_steps.work_types import ISSUERS

Data = Mapping[str, Any]


def delegate(case: Case) -> Decision:
    """Of a right the person holds, to somebody else who holds it; a newer one of the same right replaces it."""
    payload, people = case.command.payload, case.board.people
    right, to = payload["right"], payload["to"]
    if to == case.actor:
        return Refused(codes.WRONG_STATE, about=to, have=":own_delegation", need=":another_person")
    for person_id in (case.actor, to):
        if not holds(people.get(person_id), right):
            return Refused(codes.WRONG_STATE, about=person_id, have=":none", need=f":role_{right}", who=(right,))
    start, end = site_time.parse(payload["start"]), site_time.parse(payload["end"])
    if end <= max(start, case.now):
        return Refused(
            codes.WRONG_STATE, about=to, have=payload["end"], need=f"> {site_time.stamp(max(start, case.now))}"
        )
    if end - start > limits.DELEGATED_FOR_MAX:
        need = f"≤ {limits.DELEGATED_FOR_MAX.days} d"
        return Refused(codes.LIMIT_REACHED, about="delegated_for", have=str(end - start), need=need)
    return (event(case, "right.delegated", **payload),)


def undelegate(case: Case) -> Decision:
    right, person = case.command.payload["right"], case.board.people.get(case.actor)
    if person is None or right not in person.delegations:
        return Refused(codes.WRONG_STATE, about=case.actor, have=":none", need=":delegation")
    return (event(case, "right.undelegated", **case.command.payload),)


def holds(person: Person | None, right: str) -> bool:
    return person is not None and right in person.roles


def in_force(case: Case, principal: str, right: str) -> Delegation | None:
    """His delegation of that right now: both ends of its time included, and he still holds it."""
    person = case.board.people.get(principal)
    found = person.delegations.get(right) if person is not None else None
    if found is None or not holds(person, right) or not found.start <= case.now <= found.end:
        return None
    return found


# ---- evolve --------------------------------------------------------------------------------------------------------


def right_delegated(board: Board, data: Data) -> Board:
    start, end = site_time.parse(data["start"]), site_time.parse(data["end"])
    given = Delegation(data["right"], data["to"], start, end, board.seq)
    person = board.people[data["by"]]
    return _changed(board, person, put(person.delegations, given.right, given))


def right_undelegated(board: Board, data: Data) -> Board:
    person = board.people[data["by"]]
    return _changed(board, person, without(person.delegations, data["right"]))


def _changed(board: Board, person: Person, delegations: Mapping[str, Delegation]) -> Board:
    changed = replace(person, delegations=delegations)
    return replace(board, people=put(board.people, person.person_id, changed))


APPLIERS = {
    ("right.delegated", 1): right_delegated,
    ("right.undelegated", 1): right_undelegated,
}

COMMANDS = (
    CommandSpec("delegate", ACT, ISSUERS, SITE, delegate),
    CommandSpec("undelegate", RECORD, ISSUERS, SITE, undelegate),
)
