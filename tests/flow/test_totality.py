"""Every command, in every step, by every role: a named outcome, never an exception; and the fold takes each."""

import uuid

import pytest

from services.seven_steps import codes as refusal_codes
from services.seven_steps import fold, roles
from services.seven_steps.board import Board
from services.seven_steps.commands import COMMANDS
from services.seven_steps.gates import GATES
from services.seven_steps.spec import ACT
from tests.flow import walk
from tests.flow.payloads import PAYLOADS
from tests.flow.world import HOT, JOB, PEOPLE, World, codes, copy_of, presence

STEPS = [
    walk.site,
    walk.with_job,
    walk.before_plan,
    walk.before_brief,
    walk.before_survey,
    walk.before_issue,
    walk.before_start,
    walk.active,
    walk.completed,
    walk.before_review,
    walk.closed,
]
NAMES = {gate.id for gate in GATES} | set(refusal_codes.REFUSALS)
ACTORS = [*PEOPLE, "service:timekeeper", "stranger"]


def test_every_command_has_a_payload_in_this_table() -> None:
    assert set(PAYLOADS) == set(COMMANDS)


def may(actor: str, type_: str) -> bool:
    wanted = COMMANDS[type_].roles
    if type_ == "stop_work" and not actor.startswith("service:"):
        return True  # by any signed-in person of the site
    if actor.startswith("service:"):
        return roles.SERVICE in wanted
    return actor in PEOPLE and bool(wanted & (roles.ANYONE | set(PEOPLE[actor])))


@pytest.mark.parametrize("step", STEPS, ids=[s.__name__ for s in STEPS])
def test_every_command_by_everyone_has_a_named_outcome(step) -> None:
    start = step()
    for type_, payload in PAYLOADS.items():
        for actor in ACTORS:
            w = copy_of(start)
            new = COMMANDS[type_].creates or type_ == "add_ticket"
            about = {"job_id": JOB, "permit_id": str(uuid.uuid4()) if type_ == "add_ticket" else HOT}
            if new and type_ == "create_job":
                about = {"job_id": str(uuid.uuid4())}
            outcome = w.do(actor, type_, payload, presence=presence("farm"), **about)
            assert outcome.verdict in ("accepted", "refused")
            assert codes(outcome) <= NAMES
            assert (outcome.verdict == "refused") == bool(outcome.refusals)
            assert ("not_allowed" in codes(outcome)) == (not may(actor, type_)) or type_ == "accept_residual_risk"
            if outcome.verdict == "refused":
                assert {e.type for e in outcome.events} <= {"alarm.raised", "concern.recorded"}
                assert w.board.jobs == start.board.jobs and w.board.permits == start.board.permits


def test_an_unknown_command_or_version_is_refused_loudly() -> None:
    w = walk.active()
    assert codes(w.do("hse", "fly")) == {"unknown_command_version"}
    assert codes(w.do("mate", "stop_work", {}, job_id=JOB, version=2)) == {"unknown_command_version"}


def test_only_acts_have_a_time_limit() -> None:
    for type_, spec in COMMANDS.items():
        w = walk.active()
        outcome = w.do(
            "service:timekeeper" if roles.SERVICE in spec.roles else "hse", type_, PAYLOADS[type_], act_by=None
        )
        if "not_allowed" not in codes(outcome):
            assert ("too_late" in codes(outcome)) == (spec.kind == ACT)


def test_the_same_commands_give_the_same_outcomes_and_board_again() -> None:
    first, second = walk.closed(), walk.closed()
    assert first.outcomes == second.outcomes
    assert first.board == second.board


def test_a_decided_command_is_remembered_on_the_board_even_after_its_job_has_left() -> None:
    w = walk.active()
    command = w.command("mate", "stop_work", {}, job_id=JOB)
    assert fold.find_seen(w.board, command.command_id) is None
    w.do("mate", "stop_work", {}, job_id=JOB, command_id=command.command_id, sha256=command.sha256)
    seen = fold.find_seen(w.board, command.command_id)
    assert seen is not None and seen.sha256 == command.sha256
    closed = walk.closed()
    decided = closed.command("hse", "x").command_id
    closed.do(
        "service:sealer", "record_seal", PAYLOADS["record_seal"] | {"kind": "closure"}, job_id=JOB, command_id=decided
    )
    assert JOB in closed.board.tombstones
    assert fold.find_seen(closed.board, decided) is not None


def test_an_empty_board_takes_only_its_site() -> None:
    w = World()
    assert codes(w.do("service:desk", "register_area", PAYLOADS["register_area"])) == {"wrong_state"}
    assert isinstance(w.board, Board)
