"""The board's filters and countdowns, the area plan, the muster list: what they show of a site, and what they don't."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from services.gateway.pages import area_plan, board_filters, board_view, muster
from services.gateway.pages.board_filters import BoardFilter
from services.gateway.pages.formats import Formats
from services.gateway.pages.people import People
from services.gateway.texts import texts
from services.seven_steps import site_time
from services.seven_steps.board import Board
from services.seven_steps.board_ticket import Inside
from services.seven_steps.grid import Circle, Spot
from tests.flow import walk
from tests.flow.world import HOT, PIT, World


def view_of(w: World) -> Any:
    said = texts("en")
    return SimpleNamespace(
        board=w.board, said=said, people=People(w.board, said), formats=Formats(said, site_time.zone_of(w.board)),
        now=w.now, site_id="site", roles=frozenset(), person_id="area", clock_or_day=str,
    )  # fmt: skip


# ---- filters -------------------------------------------------------------------------------------------------------


def fitting(w: World, **asked: str) -> set[str]:
    wanted = board_filters.asked(asked, w.board)
    return {one.permit_id for one in w.board.permits.values() if wanted.fits(w.job, one)}


def test_each_filter_narrows_and_an_unknown_value_filters_nothing() -> None:
    w = walk.before_issue()
    assert fitting(w) == {HOT, PIT}
    assert fitting(w, type="hot_work") == {HOT}
    assert fitting(w, state="issued") == set()
    assert fitting(w, area="yard") == set()
    assert fitting(w, area="nowhere", type="none", state="x") == {HOT, PIT}
    assert fitting(w, q=w.permit(PIT).permit_no.lower()) == {PIT}
    assert fitting(w, q="no such words") == set()


def test_a_job_without_a_ticket_is_shown_unless_a_type_or_a_state_is_asked_for() -> None:
    w = walk.before_issue()
    assert BoardFilter().fits(w.job)
    assert not BoardFilter(type="hot_work").fits(w.job)
    assert not BoardFilter(state="open").fits(w.job)


def test_what_the_address_says_is_cut_to_a_length() -> None:
    assert len(board_filters.asked({"q": "x" * 500}, Board()).q) == board_filters.TEXT_CHARS_MAX


def test_a_cell_shows_the_twenty_that_end_first_and_counts_the_others() -> None:
    w = walk.before_issue()
    many = {
        f"t{n:02d}": replace(w.permit(), permit_id=f"t{n:02d}", planned_to=w.now + timedelta(hours=30 - n))
        for n in range(25)
    }
    w.change_job(permits=tuple(many))
    w.board = replace(w.board, permits=many)
    data = board_view.board_data(view_of(w), BoardFilter())
    (cell,) = data["cells"].values()
    assert [card.key for card in cell.cards] == [f"t{n:02d}" for n in range(24, 4, -1)]
    assert (cell.more, data["totals"]["preparing"]) == (5, 25)


# ---- countdowns ----------------------------------------------------------------------------------------------------


def test_what_runs_out_first_is_counted_down() -> None:
    w = walk.before_issue()
    gas = board_view.deadline(view_of(w), w.permit(HOT))
    assert gas is not None and (gas.kind, gas.soon_s) == ("gas", 300)
    w = walk.active()
    record = board_view.deadline(view_of(w), w.permit(PIT))
    assert record is not None and (record.kind, record.soon_s) == ("record", 1800)
    validity = board_view.deadline(view_of(w), w.permit(HOT))
    assert validity is not None and (validity.kind, validity.until) == ("validity", w.permit(HOT).valid_to)


def test_what_is_over_is_never_a_negative_time() -> None:
    w = walk.active().later(hours=20)
    due = board_view.deadline(view_of(w), w.permit(HOT))
    assert due is not None and "over" in due.left and "-" not in due.left


def test_a_draft_has_nothing_to_count_down() -> None:
    w = walk.before_plan()
    assert board_view.deadline(view_of(w), w.permit(HOT)) is None


# ---- the plan ------------------------------------------------------------------------------------------------------


def on_grid(w: World, **circles: tuple[int, int, int]) -> World:
    areas = {
        key: replace(area, grid=Circle(*(Decimal(one) for one in circles[key])) if key in circles else None)
        for key, area in w.board.areas.items()
    }
    w.board = replace(w.board, areas=areas)
    return w


def plan(w: World) -> area_plan.Plan:
    found = area_plan.plan_of(view_of(w), w.board.permits.values())
    assert found is not None
    return found


def test_areas_keep_their_directions_and_one_without_a_place_says_so() -> None:
    discs = {one.area_id: one for one in plan(on_grid(walk.active(), farm=(0, 0, 50), yard=(200, 300, 50))).discs}
    assert discs["yard"].x > discs["farm"].x and discs["yard"].y < discs["farm"].y  # east is right, north is up
    assert not discs["bund"].placed and discs["bund"].y > discs["farm"].y


def test_everything_stays_on_the_drawing() -> None:
    found = plan(on_grid(walk.active(), farm=(0, 0, 5), yard=(5000, 9000, 80)))
    for one in found.discs:
        assert one.r <= one.x <= area_plan.WIDTH - one.r and one.r <= one.y <= found.height - one.r
    assert found.height <= area_plan.HEIGHT_MAX + 140


def test_a_label_lies_on_no_other_area_where_there_is_room() -> None:
    """The yard stands right under the farm, both in the upper half: over it its label would lie on the farm."""
    w = on_grid(walk.active(), farm=(0, 100, 60), yard=(0, -5, 40), bund=(0, -600, 20))
    discs = {one.area_id: one for one in plan(w).discs}
    assert (discs["farm"].above, discs["yard"].above, discs["bund"].above) == (True, False, False)
    assert not any(one.covers(discs["yard"].label_box) for key, one in discs.items() if key != "yard")
    alone = {one.area_id: one for one in plan(on_grid(w, yard=(0, -5, 40), bund=(0, -600, 20))).discs}
    assert alone["yard"].above


def with_plot_plan(w: World, west: int, south: int, east: int, north: int) -> World:
    edges = {"west_m": west, "south_m": south, "east_m": east, "north_m": north}
    w.ok("admin", "register_plot_plan", {"sha256": "a" * 64} | {name: str(one) for name, one in edges.items()})
    return w


def test_the_plot_plan_lies_under_the_areas_in_the_same_measure() -> None:
    """It reaches as far beyond the farm as the farm is wide, to the south as far again."""
    found = plan(on_grid(with_plot_plan(walk.active(), -100, -200, 100, 100), farm=(0, 0, 50)))
    farm, picture = next(one for one in found.discs if one.placed), found.picture
    assert picture is not None and picture.sha256 == "a" * 64
    assert (picture.x, picture.y) == pytest.approx((farm.x - 2 * farm.r, farm.y - 2 * farm.r))
    assert (picture.width, picture.height) == pytest.approx((4 * farm.r, 6 * farm.r))


def test_the_whole_plot_plan_is_on_the_drawing_of_the_site_and_the_newest_one_counts() -> None:
    w = on_grid(with_plot_plan(walk.active(), -5, -5, 5, 5), farm=(0, 0, 5))
    found = plan(with_plot_plan(w, -1000, -800, 2000, 900)).picture
    assert found is not None
    assert found.x >= 0 and found.x + found.width <= area_plan.WIDTH
    assert found.y >= 0 and found.y + found.height <= area_plan.HEIGHT_MAX


def test_one_area_is_drawn_as_large_with_a_plot_plan_as_without() -> None:
    w = on_grid(walk.active(), farm=(0, 0, 50), yard=(600, 0, 50))
    before = area_plan.plan_of(view_of(w), (), "farm")
    after = area_plan.plan_of(view_of(with_plot_plan(w, -500, -500, 900, 500)), (), "farm")
    assert before is not None and after is not None
    assert before.discs == after.discs and after.picture is not None


def test_without_the_site_grid_the_plot_plan_is_not_drawn() -> None:
    assert plan(with_plot_plan(walk.active(), 0, 0, 10, 10)).picture is None


def test_a_site_without_any_place_is_drawn_all_the_same() -> None:
    found = plan(walk.active())
    assert {one.area_id for one in found.discs} == set(walk.active().board.areas)
    assert {mark.permit.permit_id for mark in found.marks} == {HOT, PIT}


def test_a_ticket_stands_where_it_says_and_a_clash_is_drawn_with_its_distance() -> None:
    w = on_grid(walk.active(), farm=(0, 0, 50), yard=(60, 0, 20))
    other = replace(w.permit(HOT), permit_id="other", job_id="job-2", area_id="yard", related=frozenset())
    w.board = replace(w.board, jobs={**w.board.jobs, "job-2": replace(w.job, job_id="job-2", permits=("other",))})
    here = {"east_m": Decimal(0), "north_m": Decimal(0), "error_m": Decimal(0)}
    w.change_permit(HOT, spot=Spot(**here), activities=frozenset())
    away = replace(other, spot=Spot(Decimal(12), Decimal(0), error_m=Decimal(0)), activities=frozenset({"gas_release"}))
    w.board = replace(w.board, permits={**w.board.permits, "other": away}, head="edited by hand")
    found = plan(w.indexed())
    (line,) = [one for one in found.lines if one.label == "12 m"]
    at = {mark.permit.permit_id: mark for mark in found.marks}
    assert {(line.x1, line.y1), (line.x2, line.y2)} == {(at[key].x, at[key].y) for key in (HOT, "other")}
    row = next(one for one in found.clashes if one.row.have == "12 m")
    assert row.row.prohibited and row.row.need


def test_of_a_big_site_only_what_is_stopped_is_drawn_and_each_area_counts_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(area_plan, "MARKS_MAX", 1)
    w = walk.active().change_permit(PIT, state="suspended")
    found = plan(w)
    assert [mark.permit.permit_id for mark in found.marks] == [PIT]
    assert {one.area_id: one.more for one in found.discs}["farm"] == 1


# ---- to be accounted for -------------------------------------------------------------------------------------------


def test_the_muster_list_has_those_inside_first_and_each_person_once() -> None:
    w = walk.active()
    since = w.now - timedelta(minutes=5)
    w.change_permit(PIT, inside={"mate": Inside("mate", since, 9)})
    (farm,) = muster.lists(view_of(w))
    ids = [one.person_id for one in farm.people]
    assert (ids[0], farm.people[0].inside, farm.inside) == ("mate", since, 1)
    assert len(ids) == len(set(ids)) and set(ids) >= {*w.permit(HOT).crew, *w.permit(PIT).crew}


def test_whoever_is_inside_is_listed_whatever_the_state_of_the_ticket() -> None:
    w = walk.active()
    for key in (HOT, PIT):
        w.change_permit(key, state="completed", inside={})
    assert muster.lists(view_of(w)) == []
    w.change_permit(PIT, inside={"mate": Inside("mate", w.now, 9)})
    assert [one.person_id for one in muster.lists(view_of(w))[0].people] == ["mate"]


def test_an_area_that_is_asked_for_is_shown_though_nobody_is_there() -> None:
    (yard,) = muster.lists(view_of(walk.active()), "yard")
    assert (yard.area_id, yard.people) == ("yard", [])
