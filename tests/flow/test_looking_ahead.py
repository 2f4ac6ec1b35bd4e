"""What a plan is told while it is being written: given a site and a draft, when it is looked at, then these words.

Every row asks the gates themselves; what is here is that the right ones are asked of the right person and ticket.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.seven_steps import looking_ahead, step2_to_3_gates
from services.seven_steps.looking_ahead import CrewAhead, TicketAhead
from services.seven_steps.site_time import stamp
from services.seven_steps.spec import Refused
from tests.flow import walk
from tests.flow.world import DAY_TWO, HOT, PIT, World

Change = Callable[[World], object]
CUTTER, MATE, WATCH = walk.CREW


def member(person: str, role: str = "worker", trade: str = "fitter", **more: str) -> dict[str, str]:
    return {"person_id": person, "role": role, "trade": trade, **more}


def crew_of(w: World, crew: list[dict[str, str]], permit: str = HOT) -> CrewAhead:
    return looking_ahead.crew_ahead(w.board, w.permit(permit), crew, w.now, w.rules)


def told(found: CrewAhead) -> set[tuple[str, str, str]]:
    """(person or nothing, gate, what is missing)"""
    of_members = {(m.person_id, one.gate.id, one.missing.what) for m in found.members for one in m.shut}
    return of_members | {("", one.gate.id, one.missing.what) for one in found.shut}


# ---- crew ----------------------------------------------------------------------------------------------------------


def suspend(w: World) -> None:
    w.ok("admin", "register_contractor", {"contractor_id": "k", "name": {"en": "K", "zh-CN": "K"}, "suspended": True})
    person = {"person_id": "mate", "roles": ["worker"], "trades": [], "unit": "K", "vault_sha256": "0" * 64}
    w.ok("service:desk", "register_person", person | {"contractor_id": "k"})


def certified_to(day: str) -> Change:
    renewed = walk.certificate("cutter", "hot_work", "c-cutter") | {"valid_to": day}
    return lambda w: w.ok("admin", "register_certificate", renewed)


def unfit(w: World) -> None:
    w.ok("admin", "record_contraindication", {"person_id": "mate", "work": "hot_work", "active": True})


def nothing(_: World) -> None:
    pass


LEAD_WATCHES = member("lead", "guardian", "guardian")
CREWS: list[tuple[str, Change, list[dict[str, str]], set[tuple[str, str, str]]]] = [
    ("all is well", nothing, walk.CREW, set()),
    ("nobody", nothing, [], {("", "G-CR-1", "crew"), ("", "G-CR-2a", "guardian")}),
    ("no guardian", nothing, [CUTTER, MATE], {("", "G-CR-2a", "guardian")}),
    ("nobody of the trade", nothing, [MATE, WATCH], {("", "G-CR-1", "trade")}),
    (
        "a trade without its certificate",
        nothing,
        [CUTTER, member("mate", trade="hot_work"), WATCH],
        {("mate", "G-CR-1", "certificate")},
    ),
    ("good to the last day of work", certified_to("2026-11-19"), walk.CREW, set()),
    ("ends a day before", certified_to("2026-11-18"), walk.CREW, {("cutter", "G-CR-1", "certificate")}),
    (
        "the certificate of somebody else",
        nothing,
        [CUTTER | {"certificate_id": "c-watch"}, WATCH],
        {("cutter", "G-CR-1", "certificate_holder")},
    ),
    ("unfit for this work", unfit, walk.CREW, {("mate", "G-CR-3a", "fitness")}),
    ("a suspended contractor", suspend, walk.CREW, {("mate", "G-CR-3b", "contractor")}),
    (
        "the lead of the job as guardian",
        nothing,
        [CUTTER, LEAD_WATCHES],
        {("lead", "G-CR-2a", "certificate"), ("lead", "G-CR-2c", "guardian_other_duty")},
    ),
    ("a stranger", nothing, [CUTTER, member("ghost"), WATCH], {("ghost", "G-CR-1", "person")}),
]


@pytest.mark.parametrize(("given", "change", "crew", "then"), CREWS, ids=[row[0] for row in CREWS])
def test_a_crew_is_told_what_its_gates_will_miss(
    given: str, change: Change, crew: list[dict[str, str]], then: set[tuple[str, str, str]]
) -> None:
    w = walk.before_plan()
    change(w)
    assert told(crew_of(w, crew)) == then


def test_nothing_that_is_looked_at_is_recorded() -> None:
    w = walk.before_plan()
    before = w.board
    crew_of(w, [])
    ticket_of(w, planned_to=stamp(DAY_TWO + timedelta(hours=9)))
    looking_ahead.plan_ahead(w.board, w.job, {"gas": {}, "isolations": []}, w.now, w.rules)
    assert w.board is before and w.permit(HOT).crew.keys() == {"cutter", "mate", "watch"}


def test_the_certificates_that_fit_are_shown_and_only_they() -> None:
    w = walk.before_plan()
    w.ok("admin", "register_certificate", walk.certificate("cutter", "guardian", "other trade"))
    w.ok("admin", "register_certificate", walk.certificate("cutter", "hot_work", "revoked") | {"revoked": True})
    w.ok("admin", "register_certificate", walk.certificate("cutter", "hot_work", "new") | {"valid_to": "2027-12-31"})
    w.ok("admin", "register_certificate", walk.certificate("cutter", "hot_work", "old") | {"valid_to": "2026-11-18"})
    cutter, mate, watch = crew_of(w, walk.CREW).members
    assert [c.certificate_id for c in cutter.certificates] == ["new", "c-cutter"]
    assert (mate.certificates, mate.asked) == ((), False)
    assert ([c.certificate_id for c in watch.certificates], watch.asked, watch.trade) == (["c-watch"], True, "guardian")


@pytest.mark.parametrize(("policy", "asked"), [("1", True), ("0", False)])
def test_of_the_guardian_of_general_work_a_certificate_is_asked_where_the_site_asks(policy: str, asked: bool) -> None:
    w = walk.before_plan()
    w.board = replace(w.board, policies={**w.board.policies, "guardian_for_general": policy})
    w.board = replace(w.board, permits={**w.board.permits, HOT: replace(w.permit(HOT), type="general", level="")})
    assert crew_of(w, [WATCH]).members[0].asked is asked


@pytest.mark.parametrize(("day", "left"), [("2026-12-18", {"c-cutter": 30}), ("2026-12-19", {})])
def test_a_certificate_that_ends_soon_is_told_within_the_days_of_the_site(day: str, left: dict[str, int]) -> None:
    w = walk.before_plan()
    certified_to(day)(w)
    assert crew_of(w, walk.CREW).members[0].days_left == left


def test_a_guardian_is_shown_with_the_other_tickets_he_guards_in_the_window() -> None:
    w = walk.before_plan()
    assert [p.permit_id for p in crew_of(w, walk.CREW).members[2].guards] == [PIT]
    assert ("watch", "G-CR-2b", "guardian_place") not in told(crew_of(w, walk.CREW))  # linked, at one spot
    elsewhere = replace(w.permit(PIT), place="tank 7")
    w.board = replace(w.board, permits={**w.board.permits, PIT: elsewhere})
    assert ("watch", "G-CR-2b", "guardian_place") in told(crew_of(w, walk.CREW))
    w.board = replace(
        w.board, permits={**w.board.permits, PIT: replace(elsewhere, planned_from=DAY_TWO + timedelta(9))}
    )
    assert crew_of(w, walk.CREW).members[2].guards == ()


def test_somebody_named_twice_is_told_so() -> None:
    crew = [CUTTER, WATCH, member("cutter", "guardian", "guardian")]
    assert [m.twice for m in crew_of(walk.before_plan(), crew).members] == [True, False, True]


def test_whoever_could_issue_it_is_told_that_he_will_not() -> None:
    crew = [CUTTER, member("safety"), member("area"), WATCH]
    assert [m.no_issuer for m in crew_of(walk.before_plan(), crew).members] == [False, True, False, False]


# ---- window and level ----------------------------------------------------------------------------------------------


def ticket_of(w: World, before: str | None = HOT, **said: Any) -> TicketAhead:
    found = looking_ahead.ticket_ahead(w.board, w.job, w.permit(before) if before else None, said, w.now, w.rules)
    assert isinstance(found, TicketAhead), found
    return found


def window(start_h: float, hours: float) -> dict[str, str]:
    """From so many hours after Thursday 2026-11-19, 08:00 in Shanghai."""
    begin = DAY_TWO + timedelta(hours=start_h)
    return {"planned_from": stamp(begin), "planned_to": stamp(begin + timedelta(hours=hours))}


WINDOWS: list[tuple[str, dict[str, str], tuple[str, ...], tuple[str, ...], str, set[str]]] = [
    ("a day", window(0, 8), (), (), "approver_safety", set()),
    ("a minute more than the level allows", window(0, 8 + 1 / 60), (), (), "approver_safety", {"G-PL-3"}),
    ("it ends as the night begins", window(6, 8), (), (), "approver_safety", set()),
    ("a minute into the night", window(6 + 1 / 60, 8), ("night",), ("night",), "approver_head", set()),
    ("a Saturday", window(48, 8), ("rest_day",), ("rest_day",), "approver_head", set()),
]


@pytest.mark.parametrize(
    ("given", "said", "touches", "upgrades", "issuer", "shut"), WINDOWS, ids=[r[0] for r in WINDOWS]
)
def test_a_window_is_told_what_it_falls_on_and_what_follows(
    given: str, said: dict[str, str], touches: tuple[str, ...], upgrades: tuple[str, ...], issuer: str, shut: set[str]
) -> None:
    found = ticket_of(walk.before_plan(), **said)
    assert (found.longest, found.level, found.touches, found.upgrades) == (timedelta(hours=8), "1", touches, upgrades)
    assert (found.issuer, {one.gate.id for one in found.window}) == (issuer, shut)


SPANS = [(0, "0 h"), (-60, "0 h"), (59, "59 s"), (8 * 3600, "8 h"), (8 * 3600 + 60, "8 h 1 min"), (7 * 86400, "7 d")]


@pytest.mark.parametrize(("seconds", "text"), SPANS)
def test_a_span_is_written_with_its_units(seconds: int, text: str) -> None:
    assert step2_to_3_gates.span_text(timedelta(seconds=seconds)) == text


def test_a_holiday_and_a_special_period_are_told_too() -> None:
    w = walk.before_plan()
    period = {"name": "congress", "start": "2026-11-19", "end": "2026-11-19"}
    days = {"holidays": ["2026-11-19"], "workdays": [], "rest_days": [6, 7], "special_periods": [period]}
    w.ok("admin", "set_calendar", days | {"night_from": "22:00", "night_to": "06:00"})
    assert ticket_of(w).upgrades == ("holiday", "special_period")


def test_a_night_upgrades_hot_work_only() -> None:
    found = ticket_of(walk.before_plan(), PIT, **window(12, 8))
    assert (found.touches, found.upgrades, found.longest) == (("night",), (), timedelta(hours=24))


FACTS = walk.HOT_FACTS
LEVELS: list[tuple[str, dict[str, Any], str, tuple[str, ...], set[str]]] = [
    ("in the area", FACTS, "1", ("5.1.2 b: in_fire_explosion_area",), set()),
    ("in a bund", FACTS | {"in_bund": True}, "special", ("5.1.2 a: in_bund",), set()),
    ("running", FACTS | {"equipment_running": True}, "special", ("5.1.2 a: equipment_running",), set()),
    ("not said", {"method": "x"}, "1", ("5.1.2 b: in_fire_explosion_area",), {"level_fact"}),
]


@pytest.mark.parametrize(("given", "facts", "level", "reasons", "missing"), LEVELS, ids=[row[0] for row in LEVELS])
def test_the_level_follows_from_the_facts_and_says_why(
    given: str, facts: dict[str, Any], level: str, reasons: tuple[str, ...], missing: set[str]
) -> None:
    found = ticket_of(walk.before_plan(), None, type="hot_work", facts=facts, **window(0, 8))
    assert (found.level, found.derived.reasons) == (level, reasons)
    assert {one.missing.what for one in found.facts} == missing


def test_as_long_as_no_time_is_said_nothing_is_told_of_it() -> None:
    w = walk.before_plan()
    w.now = DAY_TWO + timedelta(days=2)  # a Saturday
    found = ticket_of(w, None, type="hot_work", facts=FACTS)
    assert (found.timed, found.touches, found.upgrades, found.window) == (False, (), (), ())
    assert (found.issuer, found.longest) == ("approver_safety", timedelta(hours=8))


def test_a_level_that_is_asked_for_may_rise_and_never_falls() -> None:
    w = walk.before_plan()
    risen = ticket_of(w, level="special", level_reason="near the flare")
    assert (risen.level, risen.derived.level, risen.facts) == ("special", "1", ())
    fallen = ticket_of(w, level="2", level_reason="small")
    assert (fallen.level, {one.missing.what for one in fallen.facts}) == ("1", {"level"})


def test_what_is_too_far_away_or_needs_no_ticket_is_refused_as_it_would_be() -> None:
    w = walk.before_plan()
    ask = looking_ahead.ticket_ahead
    far = ask(w.board, w.job, w.permit(HOT), {"planned_to": "9999-01-01T00:00:00Z"}, w.now, w.rules)
    assert isinstance(far, Refused) and far.code == "limit_reached"
    area = replace(w.board.areas["farm"], fixed_hot_work=_fixed())
    w.board = replace(w.board, areas={**w.board.areas, "farm": area})
    free = ask(w.board, w.job, w.permit(HOT), {}, w.now, w.rules)
    assert isinstance(free, Refused) and free.what == "fixed_area"


def _fixed() -> Any:
    from services.seven_steps.board_site import FixedHotWork

    return FixedHotWork(True, "2026-10-01")


# ---- gas and isolations --------------------------------------------------------------------------------------------


def proposed(w: World, permit: str) -> tuple[set[str], tuple[str, ...]]:
    found = looking_ahead.gas_proposal(w.board, w.job, w.permit(permit), w.now, w.rules)
    return set(found.kinds), found.points


def with_facts(w: World, permit: str, **facts: Any) -> World:
    changed = replace(w.permit(permit), facts={**w.permit(permit).facts, **facts})
    w.board = replace(w.board, permits={**w.board.permits, permit: changed})
    return w


ALL = {"combustible", "oxygen", "toxic"}
BOTH = {"combustible", "oxygen"}
LARGE = ("top", "middle", "bottom")
PROPOSED: list[tuple[str, str, dict[str, Any], set[str], tuple[str, ...]]] = [
    ("a small space", PIT, {}, ALL, ()),
    ("a large space", PIT, {"volume_m3": "500"}, ALL, LARGE),
    ("a space of unknown volume", PIT, {"volume_m3": ""}, ALL, LARGE),
    ("hot work inside", HOT, {}, BOTH, ()),
    (
        "hot work outside",
        HOT,
        {"inside_confined_space": False, "holds_flammables": False},
        {"combustible"},
        ("outside",),
    ),
]


@pytest.mark.parametrize(("given", "permit", "facts", "kinds", "points"), PROPOSED, ids=[row[0] for row in PROPOSED])
def test_a_gas_plan_is_proposed_from_the_type_and_the_facts(
    given: str, permit: str, facts: dict[str, Any], kinds: set[str], points: tuple[str, ...]
) -> None:
    assert proposed(with_facts(walk.before_plan(), permit, **facts), permit) == (kinds, points)


def test_the_gases_of_a_kind_are_those_that_an_instrument_in_service_measures() -> None:
    w = walk.before_plan()
    found = looking_ahead.gas_proposal(w.board, w.job, w.permit(PIT), w.now, w.rules)
    assert found.kinds == {"combustible": ("methane", "propane"), "oxygen": ("oxygen",), "toxic": ("hydrogen_sulfide",)}
    meter = replace(w.board.instruments["meter"], in_service=False)
    w.board = replace(w.board, instruments={"meter": meter})
    found = looking_ahead.gas_proposal(w.board, w.job, w.permit(PIT), w.now, w.rules)
    assert found.kinds == {"combustible": (), "oxygen": (), "toxic": ()}


ON = {"point_id": "up", "method": "spool_removed", "blind_required": True}
GAS = walk.plan_payload()["gas"]
PLANS: list[tuple[str, dict[str, Any], set[tuple[str, str, str]]]] = [
    ("all is there", {"gas": GAS, "isolations": [ON]}, set()),
    (
        "no isolation",
        {"gas": GAS, "isolations": []},
        {(HOT, "isolation_list", ""), (PIT, "isolation_list", "")},
    ),
    (
        "a valve for a blind",
        {"gas": GAS, "isolations": [ON | {"method": "valve_closed"}]},
        {(HOT, "blind", "up"), (PIT, "blind", "up")},
    ),
    (
        "no oxygen, no toxic gas",
        {"gas": {**GAS, PIT: {"gases": ["propane"], "points": ["bottom"]}}, "isolations": [ON]},
        {(PIT, "gas_plan", ":kind_oxygen"), (PIT, "gas_plan", ":kind_toxic")},
    ),
]


@pytest.mark.parametrize(("given", "said", "then"), PLANS, ids=[row[0] for row in PLANS])
def test_a_plan_is_told_what_later_gates_will_miss_in_it(
    given: str, said: dict[str, Any], then: set[tuple[str, str, str]]
) -> None:
    w = walk.before_plan()
    found = looking_ahead.plan_ahead(w.board, w.job, said, w.now, w.rules)
    assert {(key, one.missing.what, one.missing.about) for key, shut in found.items() for one in shut} == then


def test_a_large_space_is_told_which_points_are_not_planned() -> None:
    w = with_facts(walk.before_plan(), PIT, volume_m3="500")
    found = looking_ahead.plan_ahead(w.board, w.job, {"gas": GAS, "isolations": [ON]}, w.now, w.rules)
    assert {one.missing.about for one in found[PIT]} == {":point_top", ":point_middle"}


def test_the_first_plan_of_a_job_is_looked_at_too() -> None:
    w = walk.before_assess()
    found = looking_ahead.plan_ahead(w.board, w.job, {"gas": {}, "isolations": []}, w.now, w.rules)
    assert {one.missing.what for one in found[PIT]} == {"gas_plan", "isolation_list"}
