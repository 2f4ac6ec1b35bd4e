"""What a plan is told of other work, of the booked day and of a crew that changes, while it is being written."""

from __future__ import annotations

from typing import Any

import pytest

from services.seven_steps import looking_ahead
from services.seven_steps.looking_ahead import ClashesAhead, CrewAhead, Shut
from tests.flow import walk
from tests.flow.neighbours import Ticket, beside
from tests.flow.test_looking_ahead import FACTS, member, ticket_of, told, window
from tests.flow.world import HOT, PIT, World

RELEASE, OTHERS = Ticket(activities=("gas_release",)), Ticket(contractor="k")
SECOND = 1 / 3600


def about(shut: tuple[Shut, ...]) -> set[tuple[str, str]]:
    return {(one.gate.id, one.missing.about) for one in shut}


def clashes_of(w: World, before: str | None = HOT, **said: Any) -> ClashesAhead:
    found = ticket_of(w, before, **said).clashes
    assert found is not None
    return found


# ---- other work at that time ---------------------------------------------------------------------------------------


def test_what_is_forbidden_beside_it_and_what_is_to_be_agreed_are_told_apart() -> None:
    found = clashes_of(beside(walk.before_plan(), RELEASE))
    assert (about(found.prohibited), found.to_agree) == ({("G-SIM-1", "NO-other")}, ())
    found = clashes_of(beside(walk.before_plan(), OTHERS))
    assert (found.prohibited, about(found.to_agree)) == ((), {("G-SIM-2", "NO-other")})


@pytest.mark.parametrize(("start_h", "clash"), [(8, False), (8 - SECOND, True)])
def test_windows_that_touch_do_not_clash_and_one_second_more_does(start_h: float, clash: bool) -> None:
    found = clashes_of(beside(walk.before_plan(), RELEASE), **window(start_h, 4))
    assert bool(found.prohibited) is clash


@pytest.mark.parametrize(("distance", "clash"), [("30", True), ("30.01", False)])
def test_the_place_that_is_written_counts(distance: str, clash: bool) -> None:
    w = beside(walk.before_plan(), Ticket(activities=("gas_release",), at=("0", "0")))
    found = clashes_of(w, spot={"east_m": distance, "north_m": "0", "error_m": "0"})
    assert bool(found.prohibited) is clash


def test_a_ticket_that_is_changed_is_not_beside_itself() -> None:
    w = walk.before_plan()
    found = clashes_of(w, activities=["gas_release"])
    assert w.permit(HOT).permit_no not in {one.missing.about for one in (*found.prohibited, *found.to_agree)}


def test_the_tickets_of_its_own_job_count_though_they_are_not_planned_yet() -> None:
    w = walk.before_plan()
    found = clashes_of(w, None, type="general", facts={}, activities=["gas_release"], **window(0, 8))
    assert about(found.prohibited) == {("G-SIM-1", w.permit(HOT).permit_no)}


def test_as_long_as_no_time_is_said_no_clash_is_told() -> None:
    w = beside(walk.before_plan(), RELEASE)
    assert ticket_of(w, None, type="hot_work", facts=FACTS).clashes is None


def test_a_plan_is_told_of_each_ticket_and_of_the_points_that_it_would_isolate() -> None:
    w = beside(walk.before_plan(), Ticket(area="yard", isolates={"up": "blind"}))
    said = {"gas": {}, "isolations": [{"point_id": "up", "method": "valve_closed", "blind_required": False}]}
    found = looking_ahead.plan_clashes(w.board, w.job, said, w.now, w.rules)
    assert set(found) == {HOT, PIT}
    assert all(about(one.prohibited) == {("G-SIM-1", "NO-other")} for one in found.values())
    without = looking_ahead.plan_clashes(w.board, w.job, said | {"isolations": []}, w.now, w.rules)
    assert all(one == ClashesAhead((), ()) for one in without.values())


# ---- the booked day ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "shut"), [(-8, set()), (-8 - SECOND, {("G-PL-1", "booking_day")})])
def test_work_before_the_day_that_was_booked_is_told(hours: float, shut: set[tuple[str, str]]) -> None:
    """Booked for the day that begins eight hours before DAY_TWO, 08:00 of the site."""
    w = walk.before_plan()
    assert w.job.booking is not None and w.job.booking.planned_day == "2026-11-19"
    found = ticket_of(w, **window(hours, 4)).window
    assert {(one.gate.id, one.missing.what) for one in found if one.gate.id == "G-PL-1"} == shut


def test_what_else_a_booking_misses_is_not_for_whoever_writes_the_ticket() -> None:
    found = ticket_of(walk.before_assess(), **window(0, 8)).window
    assert "G-PL-1" not in {one.gate.id for one in found}


# ---- a crew that changes -------------------------------------------------------------------------------------------


def changed(w: World, add: list[dict[str, str]], *remove: str) -> CrewAhead:
    change = {"add": add, "remove": list(remove)}
    return looking_ahead.crew_change_ahead(w.board, w.permit(HOT), change, w.now, w.rules)


CHANGES: list[tuple[str, list[dict[str, str]], tuple[str, ...], set[tuple[str, str, str]]]] = [
    ("nothing", [], (), set()),
    ("a mate more", [member("lead")], (), set()),
    ("a trade without its certificate", [member("lead", trade="hot_work")], (), {("lead", "G-CR-1", "certificate")}),
    ("the guardian goes", [], ("watch",), {("", "G-CR-2a", "guardian")}),
    ("the one of the trade goes", [], ("cutter",), {("", "G-CR-1", "trade")}),
    ("a stranger comes", [member("ghost")], (), {("ghost", "G-CR-1", "person")}),
]


@pytest.mark.parametrize(("given", "add", "remove", "then"), CHANGES, ids=[row[0] for row in CHANGES])
def test_a_change_of_crew_is_told_what_the_crew_will_miss_then(
    given: str, add: list[dict[str, str]], remove: tuple[str, ...], then: set[tuple[str, str, str]]
) -> None:
    w = walk.active()
    found = changed(w, add, *remove)
    assert [one.person_id for one in found.members] == [one["person_id"] for one in add]
    assert told(found) == then
    assert w.permit(HOT).crew.keys() == {"cutter", "mate", "watch"}


def test_of_those_who_stay_it_is_told_above_the_rows() -> None:
    w = walk.active()
    w.ok("admin", "record_contraindication", {"person_id": "mate", "work": "hot_work", "active": True})
    found = changed(w, [member("lead")])
    assert [(one.gate.id, one.missing.about) for one in found.shut] == [("G-CR-3a", "mate")]
    assert changed(w, [], "mate").shut == ()
