"""What makes a coordination of two tickets count: agreed after both were as they are, signed for both, and enough.

GB 30871-2022 4.7 wants cross work led by one named person; who signs for a ticket is whoever could issue it.
"""

from __future__ import annotations

from services.seven_steps import roles
from services.seven_steps.board import Board, Coordination
from services.seven_steps.board_ticket import Permit
from services.seven_steps.gate import Missing
from services.seven_steps.simops_matrix import Hit
from services.seven_steps.work_types import type_of

COORDINATORS = (roles.CROSS_COORD,)


def pair_key(one: str, other: str) -> str:
    return "+".join(sorted((one, other)))


def coordination_of(board: Board, hit: Hit) -> Coordination | None:
    return board.coordinations.get(pair_key(hit.a, hit.b))


def uncoordinated(board: Board, hit: Hit) -> tuple[Missing, ...]:
    """What is missing of the coordination that this hit needs; empty: it is there."""
    about, words = hit.other.permit_no, f":{hit.row.word} {hit.have}"
    made = coordination_of(board, hit)
    if made is None or hit.row.id not in made.clashes:
        return (Missing("coordination", about=about, have=words, need=":coordination", who=COORDINATORS),)
    pair = [board.permits[key] for key in made.permits]
    if made.stated.seq <= max(permit.content_seq for permit in pair):
        return (Missing("coordination_newer", about=about, have=words, need=":coordination", who=COORDINATORS),)
    found = []
    if made.stated.by in {person for permit in pair for person in permit.crew}:
        found.append(Missing("other_coordinator", about=made.stated.by, have=":on_the_job", need=":another_person"))
    found += [
        Missing("coordination_measure", about=about, have=words, need=f":{measure}", who=COORDINATORS)
        for measure in hit.asks
        if measure not in made.agreed
    ]
    return (*found, *(_unsigned(permit) for permit in pair if not _signed(board, made, permit)))


def _signed(board: Board, made: Coordination, permit: Permit) -> bool:
    return any(may_sign(board, signature.by, permit) for signature in made.signatures)


def _unsigned(permit: Permit) -> Missing:
    who = (type_of(permit).grades[permit.level],)
    return Missing("coordination_signature", about=permit.permit_no, need=":signed", who=who)


def may_sign(board: Board, person_id: str, permit: Permit) -> bool:
    """At least of the grade that issues the ticket, and not of those who do its work."""
    person, work = board.people.get(person_id), type_of(permit)
    if person is None or person_id in permit.crew or person_id == board.jobs[permit.job_id].work_lead:
        return False
    return work.rung(work.grade_of(person.roles)) >= work.rung(work.grades[permit.level])
