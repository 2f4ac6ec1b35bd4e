"""Gate 4 and while the work runs, at height and lifting: the weather, the trial lift, and what is confirmed anew."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.seven_steps import roles
from services.seven_steps.board_site import Wind
from services.seven_steps.board_ticket import EquipmentCheck, Permit
from services.seven_steps.gate import RUN, Boundary, Case, Gate, Missing
from services.seven_steps.step4_to_5_start_gates import latest_wind, wind_record
from services.seven_steps.work_types import type_of
from services.seven_steps.work_types.height import HEIGHT
from services.seven_steps.work_types.lifting import LIFTING

B = Boundary
START, RESUME = frozenset({B.START}), frozenset({B.RESUME})
AT_HEIGHT, LIFTS = frozenset({HEIGHT.id}), frozenset({LIFTING.id})
#: Who says what the weather is; who looks at gear, cordon and trial lift.
WATCHERS = (roles.GAS_TESTER, roles.GUARDIAN, roles.WORK_LEAD, roles.AREA_AUTH)
CHECKERS = (roles.WORK_LEAD, roles.GUARDIAN, roles.AREA_AUTH)
#: By type: the number at which the wind is too strong, and the weather in which work stops (8.2.6, 9.2.4).
STOPPED_BY: Mapping[str, tuple[str, frozenset[str]]] = {
    HEIGHT.id: ("wind_force_5", frozenset({"dense_fog"})),
    LIFTING.id: ("wind_force_6", frozenset({"heavy_rain", "heavy_snow", "dense_fog"})),
}
#: Weather in which work at height has a higher level (note 2 of table B.1).
RAISED_BY = {"rain": "rain", "heavy_rain": "rain", "snow": "snow", "heavy_snow": "snow"}


# ---- weather -------------------------------------------------------------------------------------------------------


def bad_weather(case: Case) -> tuple[Missing, ...]:
    """Outdoors somebody has said within the policy's time what wind and weather are, and both let this work go on."""
    permit = case.permit
    assert permit is not None
    if not permit.facts.get("outdoors", True):
        return ()
    area, wind = permit.area_id, latest_wind(case)
    oldest = case.rules.duration("wind_reading_age", case.board)
    if wind is None or wind.at is None or case.now - wind.at.earliest > oldest:
        return (Missing("wind_reading", about=area, need=f"≤ {oldest}", who=WATCHERS),)
    if wind.weather is None:
        return (Missing("weather", about=area, need=":weather", who=WATCHERS),)
    number, stops = STOPPED_BY[permit.type]
    found = _too_strong(case, number, wind)
    found += [
        Missing("bad_weather", about=area, have=f":weather_{word}", need=":better_weather", who=WATCHERS)
        for word in wind.weather
        if word in stops
    ]
    return (*found, *_not_in_the_level(case, permit, wind))


def _too_strong(case: Case, number: str, wind: Wind) -> list[Missing]:
    """The mean: gusts of force 5 are a factor of the level, not what 8.2.6 and 9.2.4 stop at."""
    force = case.number(number)
    if wind.mean_m_s < force:
        return []
    have, need = f"{wind.mean_m_s} m/s", f"< {force} m/s"
    return [Missing("strong_wind", about=wind.area_id or "", have=have, need=need, who=WATCHERS)]


def _not_in_the_level(case: Case, permit: Permit, wind: Wind) -> list[Missing]:
    """Gusts of force 5, rain or snow now give work at height a level that it was not issued for."""
    if permit.type != HEIGHT.id:
        return []
    work, facts = type_of(permit), _as_it_is(permit, wind, case.number("wind_force_5"))
    level = work.derive(facts, case.board.areas.get(permit.area_id), case.number).level
    if work.higher(level, permit.level) == permit.level:
        return []
    have, need = f":level_{permit.level}", f":level_{level}"
    return [Missing("level_of_weather", about=permit.permit_no, have=have, need=need, who=WATCHERS)]


def _as_it_is(permit: Permit, wind: Wind, gust: Decimal) -> dict[str, Any]:
    """The ticket's facts with what the weather adds to them (8.1.2 a, note 2 of table B.1)."""
    facts = dict(permit.facts)
    factors = {"gust"} if wind.gust_m_s >= gust else set()
    situations = {RAISED_BY[word] for word in wind.weather or () if word in RAISED_BY}
    return facts | {
        "factors": sorted(factors | set(facts.get("factors", ()))),
        "situations": sorted(situations | set(facts.get("situations", ()))),
    }


# ---- work at height ------------------------------------------------------------------------------------------------


def not_confirmed_again(case: Case) -> tuple[Missing, ...]:
    """After every stop each line of the form is answered anew before work goes on (8.2.11).

    An answer given before the stop is no new one, however late it arrives.
    """
    permit = case.permit
    assert permit is not None
    stopped, since = max((suspension.seq for suspension in permit.suspensions.values()), default=0), permit.stopped_at
    return tuple(
        Missing("measure_again", about=f"{permit.type}/{line}", need=":confirmed_again", who=CHECKERS)
        for line in case.rules.listed(f"measures_{permit.type}")
        if (said := permit.measures.get(line)) and (said.seq < stopped or (since is not None and said.at < since))
    )


def confirmed_record(case: Case) -> tuple[int, ...]:
    assert case.permit is not None
    stops = (suspension.seq for suspension in case.permit.suspensions.values())
    return tuple(sorted({*(measure.seq for measure in case.permit.measures.values()), *stops}))


# ---- lifting -------------------------------------------------------------------------------------------------------


def _check(case: Case, kind: str) -> EquipmentCheck | None:
    assert case.permit is not None
    check = case.permit.equipment.get(kind)
    return check if check is not None and check.ok else None


def not_ready_to_lift(case: Case) -> tuple[Missing, ...]:
    """Gear and safety devices signed for, cordon set, trial lift done under this issue, no crane overloaded."""
    permit = case.permit
    assert permit is not None
    found = []
    if _check(case, "lifting_gear") is None:
        found.append(Missing("lifting_gear", about=permit.permit_no, need=":checked", who=CHECKERS))
    if _check(case, "exclusion_zone") is None:
        found.append(Missing("exclusion_zone", about=permit.permit_no, need=":checked", who=CHECKERS))
    trial = _check(case, "trial_lift")
    if trial is None or permit.issue is None or trial.seq < permit.issue.seq or trial.at < permit.issue.at:
        found.append(Missing("trial_lift", about=permit.permit_no, need=":checked", who=CHECKERS))
    return (*found, *_overloaded(case, permit))


def _overloaded(case: Case, permit: Permit) -> list[Missing]:
    """One crane up to its rating (9.2.7), each of several up to 80 % of it (9.2.10 c); not said: shut."""
    several = int(permit.facts.get("cranes", 2)) > 1
    most = case.number("crane_load_shared" if several else "crane_load_alone")
    stated = permit.facts.get("highest_load_percent")
    if stated is not None and Decimal(str(stated)) <= most:
        return []
    have = ":none" if stated is None else f"{stated} %"
    return [Missing("crane_load", about=permit.permit_no, have=have, need=f"≤ {most} %", who=(roles.WORK_LEAD,))]


def lift_record(case: Case) -> tuple[int, ...]:
    assert case.permit is not None
    checks = (_check(case, kind) for kind in ("lifting_gear", "exclusion_zone", "trial_lift"))
    issue = (case.permit.issue.seq,) if case.permit.issue else ()
    return tuple(sorted({*issue, *(check.seq for check in checks if check is not None)}))


GB = "GB 30871-2022"
GATES = (
    Gate("G-WX-1", 1, RUN, f"{GB} 8.2.6, 9.2.4", bad_weather, wind_record, works=AT_HEIGHT | LIFTS, suspends="weather"),
    Gate("G-HG-1", 1, RESUME, f"{GB} 8.2.11", not_confirmed_again, confirmed_record, alarm="90", works=AT_HEIGHT),
    Gate(
        "G-LF-1", 1, START, f"{GB} 9.2.5, 9.2.7, 9.2.9, 9.2.10 c, 9.2.12", not_ready_to_lift, lift_record, works=LIFTS
    ),
)
