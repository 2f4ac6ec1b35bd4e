"""What waits for whom, how the parts of an approval are marked, and what changed against the ticket before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.gateway.pages import approval_view, waiting
from services.gateway.pages.approval_view import FINE, LATER, SHUT, SOON
from services.seven_steps import judge
from services.seven_steps.gate import Boundary
from services.seven_steps.gates import GATES
from tests.flow import walk
from tests.flow.world import HOT, PEOPLE, PIT, World

ALL = frozenset(approval_view.PARTS) - {"others"}


def wanted(w: World, person: str, permit: str = HOT) -> tuple[str, str, int] | None:
    held = frozenset(PEOPLE[person])
    found = waiting.for_person(w.board, person, held, w.board.permits[permit], w.now, w.rules)
    return (found.act, found.node, found.unsigned) if found else None


def unsigned(w: World, permit: str = HOT) -> World:
    """The same, with no line of the form signed."""
    return w.change_permit(permit, nodes=())


def test_a_signed_ticket_waits_for_the_grade_that_may_issue_it_and_for_those_above() -> None:
    w = walk.before_issue()
    issuers = {person for person in PEOPLE if wanted(w, person)}
    need = waiting.grade_needed(waiting.looked_at(w.board, w.job, w.permit(), w.now, w.rules))
    ladder = ["approver_unit", "approver_dept", "approver_safety", "approver_head"]
    high = set(ladder[ladder.index(need) :])
    assert issuers == {person for person, held in PEOPLE.items() if set(held) & high}


def test_the_first_line_waits_for_its_own_signer_and_the_issuer_sees_how_many_are_before_him() -> None:
    w = unsigned(walk.before_issue())
    assert wanted(w, "lead") == ("sign_node", "work_lead", 0)
    head = wanted(w, "head")
    assert head is not None and head[0] == "issue" and head[2] > 0
    assert wanted(w, "applicant") is None


def test_whoever_is_on_the_work_is_not_asked_to_issue_it() -> None:
    w = walk.before_issue().change_job(work_lead="head")
    assert wanted(w, "head") is None


def test_nothing_waits_before_the_survey_and_after_the_issue() -> None:
    assert all(wanted(walk.before_survey(), person) is None for person in PEOPLE)
    assert all(wanted(walk.before_start(), person) is None for person in PEOPLE)


def test_the_list_begins_with_what_begins_first() -> None:
    w = walk.before_issue()
    found = waiting.waiting(w.board, "head", frozenset(PEOPLE["head"]), w.now, w.rules)
    assert [one.permit.planned_from for one in found] == sorted(one.permit.planned_from for one in found)
    assert {one.permit.permit_id for one in found} <= {HOT, PIT}
    assert waiting.waiting(w.board, "cutter", frozenset(PEOPLE["cutter"]), w.now, w.rules) == []


def test_every_gate_of_the_issue_has_a_part_and_the_longest_beginning_counts() -> None:
    assert {approval_view.part_of(gate.id) for gate in GATES if Boundary.ISSUE in gate.at} <= set(approval_view.PARTS)
    known = {"G-SV-1": "survey", "G-SV-2a": "isolations", "G-SV-5b": "linked", "G-SV-6a": "signatures"}
    assert {gate: approval_view.part_of(gate) for gate in known} == known
    assert approval_view.part_of("G-RUN-5") == "others"


def marks(w: World, soon: frozenset[str] = frozenset()) -> dict[str, str]:
    def judged(boundary: Boundary) -> Any:
        return judge.judge(w.board, boundary, w.job, w.permit(), w.now, w.rules)

    start = [one for one in judged(Boundary.START) if Boundary.ISSUE not in one.gate.at]
    return {part.name: part.mark for part in approval_view.index(judged(Boundary.ISSUE), start, soon, ALL)}


def test_everything_is_fine_when_the_gate_is_ready() -> None:
    assert set(marks(walk.before_issue()).values()) == {FINE}


def test_a_part_is_marked_by_the_gate_that_is_about_it() -> None:
    w = walk.before_issue().change_permit(HOT, measures={})
    found = marks(w)
    assert found.pop("survey") == SHUT
    assert set(found.values()) == {FINE}


def test_what_only_the_start_wants_of_the_crew_is_told_before() -> None:
    w = walk.before_issue()
    gone = {key: replace(one, revoked=True) for key, one in w.board.certificates.items()}
    w.board = replace(w.board, certificates=gone)
    assert marks(w)["crew"] == LATER


def test_what_ends_soon_is_pointed_out() -> None:
    assert marks(walk.before_issue(), frozenset({"gas"}))["gas"] == SOON


@pytest.mark.parametrize(
    ("day", "left"), [("2026-11-19", 0), ("2026-12-19", 30), ("2026-12-20", None), ("2026-11-18", None)]
)
def test_a_certificate_warns_thirty_days_before_its_end(day: str, left: int | None) -> None:
    w = walk.before_issue()
    ends = {key: replace(one, valid_to=day) for key, one in w.board.certificates.items()}
    w.board = replace(w.board, certificates=ends)
    member = next(one for one in w.permit().crew.values() if one.person_id == "cutter")
    assert approval_view.certificate_ends(w, member) == left  # type: ignore[arg-type]
