"""Levels derived from facts (GB 30871-2022 5.1.2), upgrade reasons (5.1.1), grades of people, packs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.rulebook import BadPack, rulebook
from services.seven_steps import limits, site_time
from services.seven_steps.board import Board
from services.seven_steps.board_site import Area, Calendar
from services.seven_steps.canonical import canonical
from services.seven_steps.work_types import TYPES
from tests.flow import walk
from tests.flow.payloads import PAYLOADS
from tests.flow.world import HOT, JOB, codes

FARM = Area("farm", {}, True, False, False, 1)
YARD = Area("yard", {}, False, False, False, 1)
BUND = Area("bund", {}, True, True, False, 1)
NONE = {"equipment_running": False, "in_bund": False, "on_pipe_rack": False}

LEVELS = [
    ("a running line in a fire-explosion area", NONE | {"equipment_running": True}, FARM, "special"),
    ("a running line elsewhere", NONE | {"equipment_running": True}, YARD, "2"),
    ("out of service in a fire-explosion area", NONE, FARM, "1"),
    ("anything inside the bund", NONE, BUND, "special"),
    ("the ticket says in the bund", NONE | {"in_bund": True}, YARD, "special"),
    ("on a pipe rack", NONE | {"on_pipe_rack": True}, YARD, "1"),
    ("a workshop", NONE, YARD, "2"),
    ("the ticket denies what the area is", NONE | {"in_fire_explosion_area": False}, FARM, "1"),
    ("the ticket says fire-explosion area", NONE | {"in_fire_explosion_area": True}, YARD, "1"),
]


def no_number(name: str) -> Decimal:
    raise AssertionError(f"hot work asks for no number, but for {name}")


@pytest.mark.parametrize(("name", "facts", "area", "level"), LEVELS, ids=[row[0] for row in LEVELS])
def test_the_level_comes_from_facts(name: str, facts: dict[str, bool], area: Area, level: str) -> None:
    derived = TYPES["hot_work"].derive(facts, area, no_number)
    assert (derived.level, derived.unknown) == (level, ())
    assert derived.reasons


def test_unknown_facts_are_named() -> None:
    unknown = TYPES["hot_work"].derive({}, None, no_number).unknown
    assert unknown == (
        "equipment_running",
        "in_bund",
        "on_pipe_rack",
        "area",
    )


def test_a_request_raises_and_never_lowers() -> None:
    assert TYPES["hot_work"].higher("1", "2") == "1"
    assert TYPES["hot_work"].higher("1", "special") == "special"
    assert TYPES["hot_work"].higher("1", "nonsense") == "1"


BOARD = replace(
    walk.site().board, calendar=Calendar(holidays=frozenset({"2026-10-01"}), workdays=frozenset({"2026-11-21"}))
)


def shanghai(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


MOMENTS = [
    ("a weekday by day", shanghai(18, 9), ()),
    ("21:59", shanghai(18, 21, 59), ()),
    ("22:00 is night", shanghai(18, 22), ("night",)),
    ("05:59 is night", shanghai(18, 5, 59), ("night",)),
    ("06:00 is day", shanghai(18, 6), ()),
    ("a Sunday", shanghai(22, 9), ("rest_day",)),
    ("a Saturday that is worked", shanghai(21, 9), ()),
    ("a holiday is a holiday, not a rest day", shanghai(1, 9, month=10), ("holiday",)),
    ("a Sunday night", shanghai(22, 23), ("rest_day", "night")),
]


@pytest.mark.parametrize(("name", "moment", "then"), MOMENTS, ids=[row[0] for row in MOMENTS])
def test_days_and_nights_are_the_sites(name: str, moment: datetime, then: tuple[str, ...]) -> None:
    assert site_time.upgrade_reasons_at(BOARD, moment) == then


def test_a_window_has_every_reason_inside_it_and_none_at_its_end() -> None:
    assert site_time.upgrade_reasons_between(BOARD, shanghai(18, 14), shanghai(18, 22)) == ()
    assert site_time.upgrade_reasons_between(BOARD, shanghai(18, 14), shanghai(18, 22, 1)) == ("night",)


def test_the_highest_rung_counts() -> None:
    assert TYPES["hot_work"].grade_of(frozenset({"approver_unit", "approver_head"})) == "approver_head"
    assert TYPES["hot_work"].grade_of(frozenset({"hse"})) == ""


def test_an_unknown_pack_is_named() -> None:
    with pytest.raises(BadPack, match="nowhere"):
        rulebook(("nowhere",))


def test_a_policy_is_the_sites_and_a_law_is_not() -> None:
    rules = rulebook()
    board = replace(Board(), policies={"fire_watch": "30", "gas_age_before_start": "90"})
    assert rules.number("fire_watch", board) == Decimal(30)
    assert rules.number("gas_age_before_start", board) == Decimal(30)


def test_canonical_json_is_rfc_8785() -> None:
    assert canonical({"b": 1, "a": [True, None, "é\n"], "\U0001f600": 1, "\ufb33": 2}) == (
        '{"a":[true,null,"é\\n"],"b":1,"\U0001f600":1,"\ufb33":2}'.encode()
    )
    for bad in (1.5, 2**53, {1: 2}, "\ud800", [{"\U0001f600": 1}, 1.5]):
        with pytest.raises(ValueError):
            canonical(bad)


def test_a_job_has_at_most_its_tickets() -> None:
    w = walk.with_job()
    w.change_job(permits=w.job.permits + ("x",) * (limits.TICKETS_PER_JOB_MAX - 3))
    w.ok("applicant", "add_ticket", PAYLOADS["add_ticket"], job_id=JOB, permit_id="last")
    refused = w.do("applicant", "add_ticket", PAYLOADS["add_ticket"], job_id=JOB, permit_id="over")
    assert codes(refused) == {"limit_reached"}


def test_numbers_of_a_day_end_where_pre_printed_paper_begins() -> None:
    w = walk.with_job()
    w.board = replace(w.board, counters={"2026-11-18": limits.NUMBERS_PER_DAY_MAX - 1})
    w.ok("applicant", "create_job", PAYLOADS["create_job"], job_id="j8999")
    assert w.board.jobs["j8999"].job_no.endswith("-8999")
    assert codes(w.do("applicant", "create_job", PAYLOADS["create_job"], job_id="j9000")) == {"limit_reached"}
    assert HOT in w.board.permits
