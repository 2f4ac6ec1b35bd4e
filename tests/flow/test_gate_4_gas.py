"""Gas: conversion, limits, freshness, breaks, instruments. Seconds count; nothing is rounded."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.seven_steps import gas
from services.seven_steps.board_site import Instrument
from services.seven_steps.board_ticket import GasReading
from services.seven_steps.command import Interval
from services.seven_steps.gate import Boundary as B
from tests.flow import walk
from tests.flow.tables import Row, check, opened, ready_for, shut
from tests.flow.world import DAY_TWO, HOT, JOB, PIT, RULES, World, codes


def meter(calibration_gas: str | None) -> Instrument:
    return Instrument("meter", "X4", ("propane",), calibration_gas, {"propane": Decimal("1.6")}, "2026-12-31", True, 1)


def limits_row(gas_name: str, value: str, unit: str, passed: bool, permit: str = HOT, **more: str) -> Any:
    return pytest.param(
        gas_name, value, unit, passed, permit, more, id=f"{gas_name} {value} {unit} {'passes' if passed else 'fails'}"
    )


LIMITS = [
    # LEL >= 4 %vol: at most 0.5 %vol; below: at most 0.2 %vol (GB 30871-2022 5.3.2). H2 stands on the bound.
    limits_row("methane", "0.5", "%vol", True),
    limits_row("methane", "0.51", "%vol", False),
    limits_row("methane", "10", "%LEL", True, calibration_gas="methane", lel="5.0"),
    limits_row("methane", "10.1", "%LEL", False, calibration_gas="methane", lel="5.0"),
    limits_row("propane", "0.2", "%vol", True),
    limits_row("propane", "0.21", "%vol", False),
    limits_row("propane", "9.5", "%LEL", True, calibration_gas="propane", lel="2.1"),
    limits_row("propane", "9.6", "%LEL", False, calibration_gas="propane", lel="2.1"),
    limits_row("hydrogen", "0.5", "%vol", True),
    limits_row("hydrogen", "12.5", "%LEL", True, calibration_gas="hydrogen", lel="4.0"),
    limits_row("hydrogen", "12.6", "%LEL", False, calibration_gas="hydrogen", lel="4.0"),
    limits_row("benzene", "16.6", "%LEL", True, calibration_gas="benzene", lel="1.2"),
    limits_row("benzene", "16.7", "%LEL", False, calibration_gas="benzene", lel="1.2"),
    limits_row("propane", "2000", "ppm", True),
    limits_row("propane", "2001", "ppm", False),
    # Another calibration gas: times the instrument's factor, 1.6 here: 5.9 x 1.6 x 2.1 / 100 = 0.198.
    limits_row("propane", "5.9", "%LEL", True, calibration_gas="methane", lel="5.0"),
    limits_row("propane", "6.0", "%LEL", False, calibration_gas="methane", lel="5.0"),
    limits_row("benzene", "0", "%LEL", False, calibration_gas="methane", lel="5.0"),
    # Oxygen binds entry (6.4), both bounds included.
    limits_row("oxygen", "19.5", "%vol", True, PIT),
    limits_row("oxygen", "19.4", "%vol", False, PIT),
    limits_row("oxygen", "21", "%vol", True, PIT),
    limits_row("oxygen", "21.1", "%vol", False, PIT),
    # Toxics: MAC, else PC-STEL. H2S 10 mg/m3 is 7.06 ppm at 20 C.
    limits_row("hydrogen_sulfide", "10", "mg/m3", True, PIT),
    limits_row("hydrogen_sulfide", "10.1", "mg/m3", False, PIT),
    limits_row("hydrogen_sulfide", "7.0", "ppm", True, PIT),
    limits_row("hydrogen_sulfide", "7.1", "ppm", False, PIT),
    limits_row("carbon_monoxide", "30", "mg/m3", True, PIT),
    limits_row("carbon_monoxide", "30.1", "mg/m3", False, PIT),
    limits_row("chlorine", "1", "mg/m3", True, PIT),
    limits_row("ammonia", "30.1", "mg/m3", False, PIT),
    limits_row("unobtainium", "0", "%vol", False),
]


@pytest.mark.parametrize(("name", "value", "unit", "passed", "permit", "more"), LIMITS)
def test_a_value_is_compared_with_the_limit_of_its_gas(
    name: str, value: str, unit: str, passed: bool, permit: str, more: dict[str, str]
) -> None:
    w = ready_for(B.ISSUE)
    kind = RULES.gas(name)
    reading = {"gas": name, "value": value, "unit": unit} | more
    found = gas.converted(reading, kind, meter(more.get("calibration_gas")), RULES)
    assert gas.passes(found, kind, RULES, w.board, w.permit(permit)) is passed


@pytest.mark.parametrize(
    ("enriched", "value", "passed"), [(True, "23.5", True), (True, "23.6", False), (False, "23.5", False)]
)
def test_enriched_oxygen_is_a_fact_of_the_area(enriched: bool, value: str, passed: bool) -> None:
    w = ready_for(B.ISSUE)
    area = replace(w.board.areas["farm"], enriched_oxygen=enriched)
    w.board = replace(w.board, areas={**w.board.areas, "farm": area})
    kind = RULES.gas("oxygen")
    assert gas.passes(Decimal(value), kind, RULES, w.board, w.permit(PIT)) is passed


def test_oxygen_does_not_bind_hot_work_outside_a_confined_space() -> None:
    w = ready_for(B.ISSUE)
    w.change_permit(HOT, facts={**w.permit(HOT).facts, "inside_confined_space": False})
    assert gas.passes(Decimal("0"), RULES.gas("oxygen"), RULES, w.board, w.permit(HOT))


def readings(permit: str, **changes: Any) -> Any:
    return lambda w: w.change_permit(permit, gas=tuple(replace(r, **changes) for r in w.permit(permit).gas))


def aged(permit: str, **age: float) -> Any:
    moment = DAY_TWO - timedelta(**age)
    return readings(permit, sampled=Interval(moment, moment))


def only(permit: str, kind: str) -> Any:
    return lambda w: w.change_permit(permit, gas=tuple(r for r in w.permit(permit).gas if r.gas == kind))


def another(permit: str, **changes: Any) -> Any:
    """One more reading of propane, recorded last."""

    def given(w: World) -> World:
        first: GasReading = w.permit(permit).gas[0]
        added = replace(first, seq=w.board.seq + 1, reading_id="later", **changes)
        return w.change_permit(permit, gas=(*w.permit(permit).gas, added))

    return given


def marked(mark: str) -> Any:
    return readings(HOT, marks=(mark,))


def at_(moment: Any) -> Interval:
    return Interval(moment, moment)


BEFORE = DAY_TWO - timedelta(minutes=1)
TEST: list[Row] = [
    opened("G-GAS-1", B.ISSUE, "every planned gas at every point"),
    opened("G-GAS-1", B.START, "and at start", permit=PIT),
    shut("G-GAS-1", B.ISSUE, "no reading at all", lambda w: w.change_permit(HOT, gas=())),
    shut("G-GAS-1", B.ISSUE, "one planned gas is missing", only(HOT, "propane")),
    shut("G-GAS-1", B.ISSUE, "no gas was planned", lambda w: w.change_job(plan=replace(w.job.plan, gas={}))),
    shut("G-GAS-1", B.ISSUE, "the time of the samples is unknown", readings(HOT, sampled=None)),
    shut("G-GAS-1", B.ISSUE, "they are of another point", readings(HOT, point="top")),
    opened("G-GAS-2", B.ISSUE, "30:00 min old", aged(HOT, minutes=30)),
    shut("G-GAS-2", B.ISSUE, "30:01 min old", aged(HOT, minutes=30, seconds=1)),
    shut("G-GAS-2", B.START, "30:01 min old at start", aged(PIT, minutes=30, seconds=1), permit=PIT),
    shut(
        "G-GAS-2",
        B.ISSUE,
        "taken between 29 and 31 min ago: the earliest counts",
        readings(HOT, sampled=Interval(DAY_TWO - timedelta(minutes=31), DAY_TWO - timedelta(minutes=29))),
    ),
    opened("G-GAS-3", B.ISSUE, "within limits"),
    shut("G-GAS-3", B.ISSUE, "out of limits", readings(HOT, converted=Decimal("0.21"))),
    shut("G-GAS-3", B.RESUME, "out of limits at resume", readings(HOT, converted=Decimal("0.21"))),
    shut("G-GAS-3", B.ENTER, "oxygen out of limits at entry", readings(PIT, converted=Decimal("19.4")), permit=PIT),
    shut(
        "G-GAS-3",
        B.ISSUE,
        "a later sample is worse",
        another(HOT, converted=Decimal("0.3"), sampled=at_(DAY_TWO + timedelta(seconds=1)), passed=False),
    ),
    opened(
        "G-GAS-3",
        B.ISSUE,
        "an earlier sample, recorded later, was worse",
        another(HOT, converted=Decimal("0.3"), sampled=at_(BEFORE), passed=False),
    ),
    shut(
        "G-GAS-3", B.ISSUE, "of the same moment the worse counts", another(HOT, converted=Decimal("0.3"), passed=False)
    ),
    opened("G-GAS-5", B.START, "a test of this day"),
    shut("G-GAS-5", B.START, "yesterday's test", aged(HOT, hours=9)),
    opened("G-GAS-5", B.START, "a test of the first second of this site day", aged(HOT, hours=8)),
    shut("G-GAS-5", B.START, "a second before midnight", aged(HOT, hours=8, seconds=1)),
    opened("G-GAS-6a", B.START, "the monitor runs", permit=PIT),
    shut("G-GAS-6a", B.START, "no monitor", lambda w: w.change_permit(PIT, monitor=None), permit=PIT),
    shut("G-GAS-6a", B.ENTER, "no monitor at entry", lambda w: w.change_permit(PIT, monitor=None), permit=PIT),
    opened("G-GAS-6b", B.ENTER, "2:00:00 h old", aged(PIT, hours=2), permit=PIT),
    shut("G-GAS-6b", B.ENTER, "2:00:01 h old", aged(PIT, hours=2, seconds=1), permit=PIT),
    shut("G-GAS-6b", B.RESUME, "no record", lambda w: w.change_permit(PIT, gas=()), permit=PIT),
    shut("G-GAS-7", B.START, "special level without a stream", lambda w: w.change_permit(HOT, level="special")),
    opened("G-GAS-7", B.START, "first level needs none"),
    opened("G-GAS-9a", B.ISSUE, "an instrument in service"),
    shut("G-GAS-9a", B.ISSUE, "out of service", marked(gas.OUT_OF_SERVICE)),
    shut("G-GAS-9a", B.ISSUE, "not registered", marked(gas.INSTRUMENT_UNKNOWN)),
    shut("G-GAS-9a", B.ISSUE, "it does not measure that gas", marked(gas.GAS_NOT_MEASURED)),
    opened("G-GAS-9b", B.ISSUE, "calibrated"),
    shut("G-GAS-9b", B.ISSUE, "calibration past", marked(gas.CALIBRATION_PAST)),
    opened("G-GAS-9c", B.ISSUE, "bump-tested today"),
    shut("G-GAS-9c", B.ISSUE, "no bump test today", marked(gas.NO_BUMP_TEST)),
    opened("G-GAS-9d", B.ENTER, "first entry 30:00 min after the sample", aged(PIT, minutes=30), permit=PIT),
    shut("G-GAS-9d", B.ENTER, "first entry 30:01 min after", aged(PIT, minutes=30, seconds=1), permit=PIT),
    opened(
        "G-GAS-9d",
        B.ENTER,
        "a later entry",
        lambda w: aged(PIT, minutes=31)(w) and w.change_permit(PIT, entered_since_run=True),
        permit=PIT,
    ),
    opened("G-GAS-12", B.ISSUE, "all times are known"),
    shut("G-GAS-12", B.ISSUE, "a newer reading from the future", another(HOT, marks=(gas.FUTURE,))),
    shut("G-GAS-12", B.ISSUE, "a newer reading of unknown time", another(HOT, sampled=None)),
]


def stopped(permit: str, minutes: float, seconds: float = 0, level: str | None = None) -> Any:
    """Work stands that long; the last test was when it began to stand."""

    def given(w: World) -> World:
        since = DAY_TWO - timedelta(minutes=minutes, seconds=seconds)
        before = since - timedelta(seconds=1)
        w.change_permit(permit, stopped_at=since, level=level if level is not None else w.permit(permit).level)
        return readings(permit, sampled=Interval(before, before))(w)

    return given


BREAKS: list[Row] = [
    opened("G-GAS-4", B.RESUME, "first level, a break of 30:00 min", stopped(HOT, 30)),
    shut("G-GAS-4", B.RESUME, "first level, 30:01 min", stopped(HOT, 30, 1)),
    opened("G-GAS-4", B.RESUME, "second level, 60:00 min", stopped(HOT, 60, level="2")),
    shut("G-GAS-4", B.RESUME, "second level, 60:01 min", stopped(HOT, 60, 1, level="2")),
    opened("G-GAS-4", B.RESUME, "entry, 60:00 min", stopped(PIT, 60), permit=PIT),
    shut("G-GAS-4", B.RESUME, "entry, 60:01 min", stopped(PIT, 60, 1), permit=PIT),
    opened(
        "G-GAS-4",
        B.RESUME,
        "tested after the break, 30:00 min old",
        lambda w: aged(HOT, minutes=30)(stopped(HOT, 45)(w)),
    ),
    shut(
        "G-GAS-4",
        B.RESUME,
        "tested after the break began, 30:01 min old",
        lambda w: aged(HOT, minutes=30, seconds=1)(stopped(HOT, 45)(w)),
    ),
    opened(
        "G-GAS-4",
        B.RESUME,
        "tested at the very moment it began",
        lambda w: aged(PIT, minutes=30)(w) and w.change_permit(PIT, stopped_at=DAY_TWO - timedelta(minutes=30)),
        permit=PIT,
    ),
    shut(
        "G-GAS-4",
        B.RESUME,
        "no test, nothing planned",
        lambda w: stopped(HOT, 31)(w) and w.change_job(plan=replace(w.job.plan, gas={})),
    ),
]


@pytest.mark.parametrize("row", [*TEST, *BREAKS], ids=str)
def test_gate(row: Row) -> None:
    check(row)


MARKS = [
    ("a sample 60 s ahead is not the future", {"captured": at_(DAY_TWO + timedelta(seconds=60))}, ()),
    ("a sample 61 s ahead is", {"captured": at_(DAY_TWO + timedelta(seconds=61))}, ("future",)),
    ("an unknown time is no evidence", {"captured": None}, ("time_unknown",)),
]


@pytest.mark.parametrize(("name", "more", "then"), MARKS, ids=[m[0] for m in MARKS])
def test_a_reading_is_kept_and_marked_never_refused(name: str, more: dict[str, Any], then: tuple[str, ...]) -> None:
    w = ready_for(B.ISSUE)
    walk.sample_air(w, HOT, **more)
    assert w.permit(HOT).gas[-1].marks == then


def test_a_laboratory_sample_is_as_old_as_it_says() -> None:
    w = ready_for(B.ISSUE)
    reading = [{"gas": "propane", "point": "bottom", "value": "0.05", "unit": "%vol"}]
    w.permit_ok(HOT, "tester", "record_gas_test", {"instrument_id": "meter", "readings": reading, "sample_age_s": 1801})
    assert w.permit(HOT).gas[-1].sampled == at_(DAY_TWO - timedelta(seconds=1801))


def test_a_bad_value_suspends_work_and_raises_the_local_alarm() -> None:
    w = walk.active()
    walk.sample_air(w, PIT, {"oxygen": ("19.4", "%vol")})
    assert w.permit(PIT).state == "suspended"
    assert set(w.permit(PIT).suspensions) == {"bad_gas"}
    assert [a.code for a in w.board.alarms.values()] == ["06"]


def test_calibration_is_good_to_the_end_of_its_day_and_the_bump_test_is_of_the_sample_day() -> None:
    w = ready_for(B.ISSUE)
    meter = w.board.instruments["meter"]
    for due, then in (("2026-11-19", ()), ("2026-11-18", ("calibration_past",))):
        w.board = replace(w.board, instruments={"meter": replace(meter, calibration_due=due)})
        walk.sample_air(w, HOT)
        assert w.permit(HOT).gas[-1].marks == then
    w.board = replace(w.board, instruments={"meter": replace(meter, bump_day="2026-11-18")})
    walk.sample_air(w, HOT)
    assert w.permit(HOT).gas[-1].marks == ("no_bump_test",)


def test_start_is_refused_with_every_gas_gate_that_is_shut() -> None:
    w = ready_for(B.START)
    aged(HOT, minutes=31)(w)
    outcome = w.do("lead", "start", {"unchanged": True}, job_id=JOB, permit_id=HOT)
    assert codes(outcome) == {"G-GAS-2"}


@pytest.mark.parametrize(
    ("changes", "have"), [({"marks": (gas.FUTURE,)}, ":mark_future"), ({"sampled": None}, ":mark_time_unknown")]
)
def test_an_unusable_time_is_named(changes: dict[str, Any], have: str) -> None:
    w = ready_for(B.START)
    another(HOT, **changes)(w)
    (refusal,) = w.do("lead", "start", {"unchanged": True}, job_id=JOB, permit_id=HOT).refusals
    assert (refusal.code, refusal.have) == ("G-GAS-12", have)


def test_the_tester_cannot_type_another_calibration_gas_than_the_instruments() -> None:
    reading = {"gas": "propane", "value": "1", "unit": "%LEL", "calibration_gas": "propane", "lel": "2.1"}
    assert gas.converted(reading, RULES.gas("propane"), meter("methane"), RULES) is None
    assert gas.converted(reading, RULES.gas("propane"), meter("propane"), RULES) == Decimal("0.021")


def test_a_bad_value_is_not_planned_away() -> None:
    w = ready_for(B.START)
    readings(HOT, converted=Decimal("1.5"), passed=False)(w)
    assert "G-GAS-3" in w.shut(B.START)
    w.change_job(plan=replace(w.job.plan, gas={HOT: replace(w.job.plan.gas[HOT], gases=("methane",))}))
    assert "G-GAS-3" in w.shut(B.START)


def test_of_several_spaces_the_largest_decides_which_points_are_tested() -> None:
    w = ready_for(B.ISSUE)
    assert "G-GAS-8" not in w.shut(B.ISSUE)
    large = replace(w.permit(PIT), permit_id="tank", facts={**w.permit(PIT).facts, "volume_m3": "250"})
    w.board = replace(w.board, permits={**w.board.permits, "tank": large})
    w.change_job(permits=(*w.job.permits, "tank"))
    assert "G-GAS-8" in w.shut(B.ISSUE)
