"""Cross work goes on only when coordinated (GB 30871-2022 4.7): by whom, for what, signed by whom, and when anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.seven_steps.board_ticket import CrewMember
from services.seven_steps.gate import Boundary as B
from services.seven_steps.gates import GATES
from tests.flow.neighbours import HERE, THERE, Ticket, case, missing, site, stand
from tests.flow.world import DAY_TWO, World, codes, text

HOT = Ticket("hot_work", place="rack")
SPACE = Ticket("confined_space", place="tank 7")
AGREED = {"agreed": ["continuous_gas_both"], "measures": text("a monitor at each, radio channel 3")}


def world(here: Ticket = HOT, there: Ticket = SPACE) -> World:
    w = World()
    w.board, w.now = stand(site(), {HERE: here, THERE: there}), DAY_TWO
    return w


def coordinate(w: World, about: str = HERE, **changes: object) -> World:
    other = THERE if about == HERE else HERE
    w.ok("coord", "coordinate", AGREED | {"other": other} | changes, permit_id=about)
    return w


def sign(w: World, who: str, about: str = HERE) -> World:
    w.ok(who, "sign_coordination", {"other": THERE if about == HERE else HERE}, permit_id=about)
    return w


def wanting(w: World, at: B = B.ISSUE, about: str = HERE) -> list[str]:
    return [one.what for one in missing("G-SIM-2", w.board, at=at, about=about)]


def test_nothing_opens_until_both_sides_have_signed() -> None:
    w = world()
    assert wanting(w) == ["coordination"]
    coordinate(w)
    assert wanting(w) == ["coordination_signature", "coordination_signature"]
    assert {one.about for one in missing("G-SIM-2", w.board)} == {f"NO-{HERE}", f"NO-{THERE}"}
    sign(w, "area")  # of the unit: of the grade of both
    for at in (B.ISSUE, B.START, B.RESUME):
        assert wanting(w, at) == [] == wanting(w, at, THERE)


def test_it_can_be_made_and_signed_from_either_side() -> None:
    w = sign(coordinate(world(), THERE), "area", HERE)
    assert wanting(w) == []


@pytest.mark.parametrize(("who", "enough"), [("area", True), ("safety", True), ("head", True), ("dept", False)])
def test_who_signs_is_of_the_grade_of_the_ticket(who: str, enough: bool) -> None:
    assert (wanting(sign(coordinate(world()), who)) == []) == enough


def test_each_ticket_may_have_its_own_signer() -> None:
    first_level = replace(HOT, level="1")  # issued by the safety department
    w = sign(coordinate(world(first_level)), "area")
    assert [one.about for one in missing("G-SIM-2", w.board)] == [f"NO-{HERE}"]
    assert wanting(sign(w, "safety")) == []


@pytest.mark.parametrize("role", ["worker", "guardian"])
def test_nobody_of_a_crew_signs_for_it_or_coordinates(role: str) -> None:
    crew = {who: CrewMember(who, role, "fitter", 1) for who in ("area", "coord")}
    w = sign(coordinate(world(replace(HOT, crew=crew))), "area")
    assert wanting(w) == ["other_coordinator", "coordination_signature"]


def test_a_measure_that_the_row_asks_for_is_agreed() -> None:
    w = sign(coordinate(world(), agreed=[]), "area")
    assert wanting(w) == ["coordination_measure"]
    engine = Ticket(activities=("combustion_engine",))
    assert wanting(sign(coordinate(world(SPACE, engine), agreed=["barrier"]), "area")) == ["coordination_measure"]
    assert wanting(sign(coordinate(world(SPACE, engine), agreed=["barrier", "co_monitor"]), "area")) == []


def test_a_change_of_either_ticket_asks_it_again() -> None:
    for about in (HERE, THERE):
        w = sign(coordinate(world()), "area")
        changed = replace(w.board.permits[about], content_seq=w.board.seq)
        w.board = replace(w.board, permits={**w.board.permits, about: changed})
        assert wanting(w) == ["coordination_newer"]
        assert wanting(sign(coordinate(w), "area")) == []


def test_a_new_coordination_takes_the_signatures_of_the_one_before() -> None:
    w = coordinate(sign(coordinate(world()), "area"))
    assert wanting(w) == ["coordination_signature", "coordination_signature"]


def test_a_row_that_hits_later_is_not_covered() -> None:
    w = sign(coordinate(world()), "area")
    other = next(iter(w.board.jobs.values()))
    w.board = replace(w.board, jobs={**w.board.jobs, other.job_id: replace(other, contractor_id="huaan")})
    assert wanting(w) == ["coordination"]  # two contractors in one area now


def test_the_open_gate_names_the_coordination_and_its_signatures_as_evidence() -> None:
    w = sign(coordinate(world()), "area")
    gate = next(one for one in GATES if one.id == "G-SIM-2")
    assert {w.board.seq, w.board.seq - 1} <= set(gate.evidence(case(w.board)))


def test_what_does_not_clash_needs_no_coordination_and_what_is_not_there_none_either() -> None:
    w = world(HOT, replace(SPACE, area="yard"))
    assert codes(w.do("coord", "coordinate", AGREED | {"other": THERE}, permit_id=HERE)) == {"wrong_state"}
    assert codes(w.do("coord", "coordinate", AGREED | {"other": HERE}, permit_id=HERE)) == {"wrong_state"}
    assert codes(w.do("coord", "coordinate", AGREED | {"other": "nobody"}, permit_id=HERE)) == {"wrong_state"}
    assert codes(w.do("area", "sign_coordination", {"other": THERE}, permit_id=HERE)) == {"wrong_state"}


def test_only_the_coordinator_coordinates() -> None:
    w = world()
    assert codes(w.do("area", "coordinate", AGREED | {"other": THERE}, permit_id=HERE)) == {"not_allowed"}
