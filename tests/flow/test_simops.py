"""The matrix of simultaneous operations (rules A7) row by row: last value inside, first outside, and who counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from services.seven_steps import simops
from services.seven_steps.gate import Boundary as B
from services.seven_steps.simops_matrix import MATRIX
from tests.flow.neighbours import HERE, THERE, Ticket, case, hits, missing, rows_hit, site, stand
from tests.flow.world import DAY_TWO, RULES

OUTDOORS = "yard"  # no fire-explosion area
HOT = Ticket("hot_work", {"in_bund": False}, at=("0", "0"))
ORIGIN = ("0", "0")


def beside(here: Ticket, there: Ticket, sibling: bool = False, **more):  # type: ignore[no-untyped-def]
    return stand(site(**more), {HERE: here, THERE: there}, sibling)


# ---- distances: N is included, nothing is rounded -------------------------------------------------------------------

GENERAL = Ticket("general", at=ORIGIN)
DISTANCES = [
    # row, the ticket at the origin, the other one, last distance inside (m), first outside
    ("SM-01", HOT, Ticket(activities=("gas_release",)), "30", "30.001"),
    ("SM-02", HOT, Ticket(activities=("liquid_release",)), "15", "15.001"),
    ("SM-03", HOT, Ticket(activities=("solvent_or_painting",)), "10", "10.001"),
    ("SM-03", HOT, Ticket(activities=("dust_sweeping",)), "10", "10.001"),
    ("SM-04", HOT, Ticket("blind_plate"), "30", "30.001"),
    ("SM-08", Ticket("height", {"height_m": "12"}, at=ORIGIN), Ticket(), "6", "6.001"),
    ("SM-09", Ticket("lifting", {"radius_m": "18"}, at=ORIGIN), Ticket(), "18", "18.001"),
    ("SM-09", Ticket("lifting", at=ORIGIN), Ticket(), "30", "30.001"),
    ("SM-10", HOT, Ticket("confined_space"), "15", "15.001"),
    ("SM-11", Ticket("radiography", {"barrier_m": "400"}, at=ORIGIN), Ticket(), "400", "400.001"),
    ("SM-11", Ticket("radiography", at=ORIGIN), Ticket(), "100", "100.001"),
    ("SM-12", Ticket("earthwork", {"depth_m": "2.5"}, at=ORIGIN), Ticket(activities=("heavy_plant",)), "2.5", "2.501"),
    ("SM-12", Ticket("earthwork", at=ORIGIN), Ticket(activities=("heavy_plant",)), "6", "6.001"),
    ("SM-13", Ticket("confined_space", at=ORIGIN), Ticket(activities=("combustion_engine",)), "10", "10.001"),
    ("SM-14", Ticket("lifting", {"radius_m": "18"}, at=ORIGIN), Ticket("lifting", {"radius_m": "12"}), "30", "30.001"),
]


@pytest.mark.parametrize(("row", "here", "there", "inside", "outside"), DISTANCES, ids=lambda one: str(one)[:40])
def test_a_row_hits_up_to_its_distance_and_not_beyond(row, here, there, inside, outside) -> None:
    for distance, hit in ((inside, True), (outside, False)):
        board = beside(here, replace(there, at=("0", distance)))
        assert (row in rows_hit(board)) == hit, distance
        assert (row in rows_hit(board, about=THERE)) == hit, f"{distance}, asked from the other side"


def test_a_distance_is_measured_askew_and_exactly() -> None:
    board = beside(HOT, Ticket(activities=("gas_release",), at=("18", "24")))
    assert rows_hit(board) == {"SM-01"}
    board = beside(HOT, Ticket(activities=("gas_release",), at=("18", "24.0000000001")))
    assert rows_hit(board) == set()
    board = beside(
        replace(HOT, at=("-99999.123456789", "5")), Ticket(activities=("gas_release",), at=("-99969.123456789", "5"))
    )
    assert rows_hit(board) == {"SM-01"}


def test_the_error_of_both_places_counts_on_the_safe_side() -> None:
    release = Ticket(activities=("gas_release",), at=("0", "36"))
    assert rows_hit(beside(replace(HOT, error="2"), replace(release, error="4"))) == {"SM-01"}
    assert rows_hit(beside(replace(HOT, error="2"), replace(release, error="3.999"))) == set()
    assert rows_hit(beside(replace(HOT, error=None), replace(release, error=None))) == {"SM-01"}  # 3 m each
    assert rows_hit(beside(replace(HOT, error=None), replace(release, error=None, at=("0", "36.001")))) == set()


# ---- places nobody stated -------------------------------------------------------------------------------------------


def test_two_tickets_of_one_area_without_a_place_are_at_distance_0() -> None:
    release = Ticket(activities=("gas_release",))
    (hit,) = hits(beside(replace(HOT, at=None), release))
    assert (hit.row.id, hit.have, hit.need) == ("SM-01", "0 m", "> 30 m")
    assert rows_hit(beside(HOT, release)) == {"SM-01"}  # one place is not enough to say how far apart


def test_of_two_areas_without_a_place_nobody_knows_that_they_are_near() -> None:
    assert rows_hit(beside(replace(HOT, at=None), Ticket(activities=("gas_release",), area=OUTDOORS))) == set()


def test_an_area_on_the_grid_is_a_place_as_large_as_its_circle() -> None:
    release = Ticket(activities=("gas_release",), area=OUTDOORS)
    for north, hit in (("70", {"SM-01"}), ("70.001", set())):
        board = beside(HOT, release, circles={OUTDOORS: ("0", north, "40")})
        assert rows_hit(board) == hit
        assert rows_hit(board, about=THERE) == hit


def test_two_areas_on_the_grid_are_as_near_as_their_rims() -> None:
    here, there = replace(HOT, at=None), Ticket(activities=("gas_release",), area=OUTDOORS)
    for north, hit in (("120", {"SM-01"}), ("120.001", set())):
        board = beside(here, there, circles={OUTDOORS: ("0", north, "40"), "farm": ("0", "0", "50")})
        assert rows_hit(board) == hit


# ---- rows that are no distance --------------------------------------------------------------------------------------


def test_tanks_are_not_drained_in_the_bund_where_hot_work_is() -> None:  # SM-05
    drains = Ticket(activities=("tank_draining",), area="bund", at=("500", "0"))
    assert "SM-05" in rows_hit(beside(replace(HOT, area="bund"), drains))
    assert "SM-05" not in rows_hit(beside(HOT, drains))
    assert "SM-05" in rows_hit(beside(replace(HOT, facts={"in_bund": True}), replace(drains, area="farm")))
    assert "SM-05" not in rows_hit(beside(HOT, replace(drains, area="farm")))


INSIDE = Ticket("hot_work", {"inside_confined_space": True}, at=None, place="tank 7")
PAINTS = Ticket("confined_space", activities=("solvent_or_painting",), place="tank 7")


def test_nothing_is_painted_in_the_space_where_hot_work_goes_on() -> None:  # SM-06
    assert "SM-06" in rows_hit(beside(INSIDE, PAINTS))
    assert "SM-06" not in rows_hit(beside(INSIDE, replace(PAINTS, place="tank 8")))
    assert "SM-06" in rows_hit(beside(INSIDE, replace(PAINTS, place="tank 8"), sibling=True))
    assert "SM-06" in rows_hit(beside(replace(INSIDE, tag="T-7"), replace(PAINTS, place="manhole", tag="T-7")))
    assert "SM-06" not in rows_hit(beside(replace(INSIDE, facts={}), PAINTS))
    assert "SM-06" not in rows_hit(beside(INSIDE, replace(PAINTS, area=OUTDOORS)))


def test_never_two_blinds_on_one_pipe() -> None:  # SM-07
    def blind(pipe: str | None, **more: str) -> Ticket:
        return Ticket("blind_plate", {"pipe": pipe} if pipe else {}, **more)  # type: ignore[arg-type]

    assert rows_hit(beside(blind("P-1"), blind("P-1", area=OUTDOORS))) == {"SM-07"}  # a pipe runs through areas
    assert rows_hit(beside(blind("P-1"), blind("P-2"))) == set()
    assert rows_hit(beside(blind("P-1"), blind(None))) == {"SM-07"}
    assert rows_hit(beside(blind("P-1"), blind(None, area=OUTDOORS))) == set()


def test_a_point_is_in_one_state_for_everybody() -> None:  # SM-15
    here = Ticket(isolates={"XV-1": "blind", "XV-2": "blind"})
    assert rows_hit(beside(here, Ticket(isolates={"XV-1": "valve_closed"}, area=OUTDOORS))) == {"SM-15"}
    assert rows_hit(beside(here, Ticket(isolates={"XV-1": "blind"}))) == set()  # shared: each has its own lock
    assert rows_hit(beside(here, Ticket(isolates={"XV-3": "valve_closed"}))) == set()


def test_the_blind_that_isolates_another_job_is_not_taken_out() -> None:  # SM-15
    takes_out = Ticket("blind_plate", {"pipe": "XV-1", "action": "remove"})
    by_number = replace(takes_out, facts={"pipe": "P-7", "blinds": ["B-2", "XV-1"], "action": "remove"})
    assert "SM-15" in rows_hit(beside(by_number, Ticket(isolates={"XV-1": "blind"})))
    assert "SM-15" in rows_hit(beside(takes_out, Ticket(isolates={"XV-1": "blind"})))
    assert "SM-15" not in rows_hit(
        beside(replace(takes_out, facts={"pipe": "XV-1", "action": "insert"}), Ticket(isolates={"XV-1": "blind"}))
    )


def test_two_employers_in_one_area_have_one_coordinator() -> None:  # SM-16
    here = Ticket(contractor="a")
    assert rows_hit(beside(here, Ticket(contractor="b"))) == {"SM-16"}
    assert rows_hit(beside(here, Ticket(contractor=None))) == {"SM-16"}
    assert rows_hit(beside(here, Ticket(contractor="a"))) == set()
    assert rows_hit(beside(here, Ticket(contractor="b", area=OUTDOORS))) == set()


def test_in_no_fire_explosion_area_hot_work_may_be_beside_a_blind() -> None:  # SM-04
    here = replace(HOT, area=OUTDOORS)
    assert rows_hit(beside(here, Ticket("blind_plate", area=OUTDOORS))) == set()
    assert rows_hit(beside(here, Ticket("blind_plate", {"in_fire_explosion_area": True}, area=OUTDOORS))) == {"SM-04"}
    assert rows_hit(beside(here, Ticket("blind_plate", area="nobody registered", at=ORIGIN))) == {"SM-04"}


def test_the_space_the_hot_work_is_in_is_no_other_space() -> None:  # SM-10
    assert rows_hit(beside(HOT, Ticket("confined_space"))) == {"SM-10"}
    assert rows_hit(beside(HOT, Ticket("confined_space"), sibling=True)) == set()


def test_two_cranes_are_no_people_under_a_load() -> None:  # SM-09, SM-14
    crane = Ticket("lifting", {"radius_m": "20"}, at=ORIGIN)
    assert rows_hit(beside(crane, replace(crane, at=("5", "0")))) == {"SM-14"}


# ---- above and below ------------------------------------------------------------------------------------------------

UP = Ticket("height", {"height_m": "12"}, at=("0", "0", "12"))
DOWN = Ticket(at=("0", "0", "0"))


def test_only_what_is_below_is_in_the_fall_line() -> None:
    assert rows_hit(beside(UP, DOWN)) == {"SM-08"}
    assert rows_hit(beside(UP, replace(DOWN, at=("0", "0", "11.999")))) == {"SM-08"}
    assert rows_hit(beside(UP, replace(DOWN, at=("0", "0", "12")))) == set()
    assert rows_hit(beside(UP, replace(DOWN, at=("0", "0")))) == {"SM-08"}  # its height is not known


@pytest.mark.parametrize(("deck", "hit"), [("0", True), ("0.001", False), ("12", False), ("12.001", True)], ids=str)
def test_a_solid_deck_between_ends_above_and_below(deck: str, hit: bool) -> None:
    decks = {"farm": (deck,)}
    assert ("SM-08" in rows_hit(beside(UP, DOWN, decks=decks))) == hit
    paints = Ticket(activities=("solvent_or_painting",), at=("0", "0", "12"))
    hot = replace(HOT, at=("0", "0", "0"))
    assert ("SM-03" in rows_hit(beside(hot, paints, decks=decks))) == hit


def test_without_both_elevations_no_deck_counts() -> None:
    decks = {"farm": ("6",)}
    paints = Ticket(activities=("solvent_or_painting",), at=("0", "0", "12"))
    assert rows_hit(beside(HOT, paints, decks=decks)) == {"SM-03"}


def test_of_two_areas_each_must_have_a_deck_between() -> None:
    there = replace(DOWN, area=OUTDOORS)
    assert rows_hit(beside(UP, there, decks={"farm": ("6",)})) == {"SM-08"}
    assert rows_hit(beside(UP, there, decks={"farm": ("6",), OUTDOORS: ("7",)})) == set()


@pytest.mark.parametrize("row", sorted({row.id for row in MATRIX} - {"SM-03", "SM-08"}))
def test_a_deck_ends_no_row_that_is_not_about_above_and_below(row: str) -> None:
    assert not next(one for one in MATRIX if one.id == row).screened


@pytest.mark.parametrize(
    ("height", "wants"),
    [("24", "barrier"), ("24.001", "double_barrier"), (None, "double_barrier")],
    ids=str,
)
def test_above_24_m_the_layer_is_a_double_one(height: str | None, wants: str) -> None:
    (hit,) = hits(beside(Ticket("height", {"height_m": height} if height else {}), Ticket()))
    assert (hit.row.id, hit.asks) == ("SM-08", (wants,))


# ---- time, and who counts -------------------------------------------------------------------------------------------

RELEASE = Ticket(activities=("gas_release",))
SECOND = 1 / 3600


@pytest.mark.parametrize(
    ("hours", "hit"),
    [((8, 12), False), ((8 - SECOND, 12), True), ((-4, 0), False), ((-4, SECOND), True), ((2, 3), True)],
    ids=str,
)
def test_windows_that_touch_do_not_meet_and_one_second_does(hours, hit) -> None:
    board = beside(HOT, replace(RELEASE, hours=hours))
    for at in (B.PLAN, B.SURVEY, B.ISSUE, B.START):
        assert (rows_hit(board, at=at, now=DAY_TWO - timedelta(hours=5)) == {"SM-01"}) == hit, at


def test_a_window_that_is_over_meets_nothing() -> None:
    board = beside(HOT, replace(RELEASE, hours=(0, 2)))
    assert rows_hit(board, now=DAY_TWO + timedelta(hours=2, seconds=-1)) == {"SM-01"}
    assert rows_hit(board, now=DAY_TWO + timedelta(hours=2)) == set()


@pytest.mark.parametrize("state", ["active", "suspended"])
def test_what_runs_counts_whatever_its_plan_once_work_is_near(state: str) -> None:
    board = beside(HOT, replace(RELEASE, hours=(-9, -1), state=state))
    for at in (B.ISSUE, B.START, B.RESUME):
        assert rows_hit(board, at=at) == {"SM-01"}
    assert rows_hit(board, at=B.PLAN) == set()  # what is planned for later need not wait for it


@pytest.mark.parametrize(
    ("state", "planned", "before_work", "at_start"),
    [
        ("open", False, False, False),
        ("open", True, True, False),
        ("surveyed", True, True, False),
        ("issued", True, True, True),
        ("active", True, True, True),
        ("suspended", True, True, True),
        ("completed", True, True, False),
        ("accepted", True, False, False),
        ("void", True, False, False),
        ("revoked", True, False, False),
    ],
)
def test_who_counts(state: str, planned: bool, before_work: bool, at_start: bool) -> None:
    board = beside(HOT, replace(RELEASE, state=state, planned=planned))
    for at in (B.PLAN, B.SURVEY, B.ISSUE):
        assert bool(rows_hit(board, at=at)) == before_work, at
    for at in (B.START, B.RESUME):
        assert bool(rows_hit(board, at=at)) == at_start, at


def test_two_tickets_of_one_plan_meet_each_other() -> None:
    board = beside(replace(HOT, state="open", planned=False), replace(RELEASE, state="open", planned=False), True)
    assert rows_hit(board, at=B.PLAN) == set()
    assert rows_hit(board, at=B.PLAN, permits=[HERE, THERE]) == {"SM-01"}


def test_running_work_gives_way_only_to_what_else_runs() -> None:
    for state, stops in (("issued", False), ("suspended", False), ("active", True)):
        board = beside(replace(HOT, state="active"), replace(RELEASE, state=state))
        assert bool(missing("G-SIM-1", board, at=B.RESUME)) == stops, state


# ---- the gates ------------------------------------------------------------------------------------------------------


def test_what_is_only_conditional_does_not_shut_the_prohibiting_gate() -> None:
    board = beside(HOT, Ticket("confined_space"))
    assert missing("G-SIM-1", board) == ()
    assert [one.what for one in missing("G-SIM-2", board)] == ["coordination"]
    board = beside(HOT, RELEASE)
    assert [one.what for one in missing("G-SIM-1", board)] == ["clash"]
    assert missing("G-SIM-2", board) == ()


def test_a_refusal_says_how_near_and_how_far_would_do_and_whose_number_it_is() -> None:
    (found,) = missing("G-SIM-1", beside(HOT, replace(RELEASE, at=("0", "18.127"))))
    assert (found.about, found.have, found.need) == (f"NO-{THERE}", ":clash_sm_01 18.12 m", "> 30 m")
    assert found.pack == "gb30871-2022@1"


def test_a_blind_asks_for_the_pipe_and_for_hot_work_near_it() -> None:
    blind = Ticket("blind_plate", {"pipe": "P-1"}, at=ORIGIN)
    for there, shut in (
        (replace(HOT, at=("0", "30")), True),
        (replace(HOT, at=("0", "30.001")), False),
        (replace(blind, at=("900", "0")), True),
        (replace(blind, at=("900", "0"), facts={"pipe": "P-2"}), False),
    ):
        board = beside(blind, there)
        assert bool(missing("G-BL-2", board)) == shut
        assert bool(missing("G-SIM-1", board)) == shut


def test_who_paints_waits_until_the_hot_work_in_the_space_is_over() -> None:
    for state, shut in (("active", True), ("suspended", False), ("issued", False), ("completed", False)):
        board = beside(PAINTS, replace(INSIDE, state=state))
        for at in (B.START, B.ENTER, B.RESUME):
            assert bool(missing("G-CS-3", board, at=at)) == shut, (state, at)
    board = beside(replace(INSIDE, state="active"), replace(PAINTS, state="active"))
    assert missing("G-CS-3", board, at=B.ENTER) == ()  # of the two it is the painting that waits
    assert missing("G-SIM-1", board, at=B.START)


# ---- the whole site -------------------------------------------------------------------------------------------------


def test_the_clashes_of_a_site_say_who_how_near_and_how_far_would_do() -> None:
    board = stand(
        site(),
        {
            "a": HOT,
            "b": replace(RELEASE, at=("18", "0")),
            "c": replace(RELEASE, at=("18", "0"), planned=False, state="open"),
            "d": replace(RELEASE, at=("18", "0"), hours=(8, 9)),
        },
    )
    (found,) = simops.clashes(board, RULES, DAY_TWO)
    assert (found.row, found.result, found.a, found.b) == ("SM-01", "prohibit", "a", "b")
    assert (found.have, found.need, found.coordinated) == ("18 m", "> 30 m", False)
    assert simops.clashes(board, RULES, DAY_TWO + timedelta(hours=8)) == ()


# ---- who is beside a ticket, clashing or not: what a briefing tells -------------------------------------------------


def told(here: Ticket, there: Ticket, sibling: bool = False) -> list[tuple[str, list[str]]]:
    board = beside(here, there, sibling)
    found = simops.beside(board, RULES, board.permits[HERE], DAY_TWO)
    return [(one.have, [row.row for row in one.clashing]) for one in found]


def test_work_is_beside_a_ticket_up_to_the_greatest_distance_of_any_row_and_not_beyond() -> None:
    quiet = Ticket(area=OUTDOORS)
    assert told(GENERAL, replace(quiet, at=("100", "0"))) == [("100 m", [])]
    assert told(GENERAL, replace(quiet, at=("100.001", "0"))) == []
    crane = Ticket("lifting", {"radius_m": "900"}, at=("0", "901"), area=OUTDOORS)
    assert told(GENERAL, crane) == []
    assert told(GENERAL, replace(crane, at=("0", "900"))) == [("900 m", ["SM-09"])]
    rays = Ticket("radiography", {"barrier_m": "400"}, at=ORIGIN)
    assert told(rays, replace(quiet, at=("500", "0"))) == [("500 m", [])]  # its own reach on top
    assert told(rays, replace(quiet, at=("500.001", "0"))) == []


def test_what_is_beside_a_ticket_says_what_of_it_clashes() -> None:
    assert told(HOT, replace(RELEASE, at=("18", "0"))) == [("18 m", ["SM-01"])]
    assert told(replace(HOT, planned=False, state="open"), replace(RELEASE, at=("18", "0"))) == [("18 m", ["SM-01"])]


@pytest.mark.parametrize(
    ("there", "sibling", "there_too"),
    [
        (Ticket(at=ORIGIN), False, True),
        (Ticket(at=ORIGIN), True, False),  # of the same job: its own work
        (Ticket(at=ORIGIN, state="open"), False, True),
        (Ticket(at=ORIGIN, state="open", planned=False), False, False),
        (Ticket(at=ORIGIN, state="accepted"), False, False),
        (Ticket(at=ORIGIN, hours=(7.99, 9)), False, True),
        (Ticket(at=ORIGIN, hours=(8, 9)), False, False),
        (Ticket(), False, True),  # somewhere in the same area
        (Ticket(area=OUTDOORS), False, False),  # somewhere in another: nobody knows
    ],
)
def test_only_work_of_others_that_holds_a_place_at_the_same_time_is_beside(there, sibling, there_too) -> None:
    assert bool(told(GENERAL, there, sibling)) == there_too


def test_every_row_of_the_matrix_is_there_once() -> None:
    assert [row.id for row in MATRIX] == [f"SM-{number:02d}" for number in range(1, 17)]


def test_a_wide_reach_is_seen_from_afar_both_ways() -> None:
    crane = Ticket("lifting", {"radius_m": "900"}, at=ORIGIN)
    board = beside(Ticket(at=("0", "900"), area=OUTDOORS), crane)
    assert rows_hit(board) == {"SM-09"} == rows_hit(board, about=THERE)


def test_looking_where_the_index_says_finds_what_looking_everywhere_finds() -> None:
    tickets = {}
    for number in range(60):
        kinds = (HOT, RELEASE, Ticket("lifting", {"radius_m": "70"}), Ticket("confined_space"), Ticket("height"))
        place = (str(number * 37 % 400), str(Decimal(number * 53 % 310) / 7)[:9])
        tickets[f"t{number:02d}"] = replace(
            kinds[number % 5], at=None if number % 11 == 0 else place, area=("farm", "yard", "bund")[number % 3],
            error=("0", "2", "60")[number % 7 % 3],
        )  # fmt: skip
    board = stand(site(circles={"yard": ("100", "20", "45"), "bund": ("350", "10", "30")}), tickets)
    for about in tickets:
        asked = case(board, about=about)
        here = simops.side_of(board, RULES, board.permits[about])
        everywhere = [
            (hit.row.id, hit.other.permit_id)
            for other in board.permits.values()
            if other.permit_id != about
            for hit in simops.hits_between(board, RULES, here, simops.side_of(board, RULES, other))
        ]
        assert sorted(everywhere) == sorted((hit.row.id, hit.other.permit_id) for hit in simops.hits(asked, MATRIX))
