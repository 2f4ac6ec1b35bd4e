"""Work at height 高处 (GB 30871-2022 chapter 8): four levels by height, raised by factors and situations."""

from __future__ import annotations

from decimal import Decimal

from services.seven_steps import roles
from services.seven_steps.board_site import Area
from services.seven_steps.board_ticket import Permit
from services.seven_steps.work_types.work_type import (
    UNIT_DEPT_HEAD,
    Facts,
    Level,
    NumberOf,
    WorkType,
    known,
)

LEVELS = ("I", "II", "III", "IV")
#: Facts without which the level of work at height is not known.
HEIGHT_FACTS = ("height_m", "factors", "situations")
#: What is said of a height at which the law does not yet speak of work at height (3.8).
TOO_LOW = "too_low"
#: The nine objective factors, by their letter in 8.1.2.
FACTORS = {
    "gust": "a",
    "cold_air": "b",
    "cold_water": "c",
    "slippery": "d",
    "poor_light": "e",
    "live_parts": "f",
    "poor_footing": "g",
    "bad_air": "h",
    "disaster": "i",
}
#: Note 2 of table B.1: the lowest level that each situation can have.
SITUATIONS = {
    "slope": "I",
    "opening": "II",
    "hazard_zone": "II",
    "no_platform": "II",
    "inside_vessel": "II",
    "near_vent": "II",
    "extreme_temperature": "IV",
    "snow": "IV",
    "rain": "IV",
    "night": "IV",
    "live_work": "IV",
    "suspended": "IV",
}
#: Table 1 of 8.1.2: the highest voltage of each row in kV, and the number that says its distance.
LIVE_PARTS = (
    (Decimal(10), "live_distance_10kv"),
    (Decimal(35), "live_distance_35kv"),
    (Decimal(110), "live_distance_110kv"),
    (Decimal(220), "live_distance_220kv"),
    (Decimal(330), "live_distance_330kv"),
    (Decimal(500), "live_distance_500kv"),
)
#: Lines of form A.4 that a fact of the ticket brings: communication, protection against rain and snow, the wind.
COMMUNICATION, WIND_ALLOWS = "11", "13"


def height_of(facts: Facts) -> Decimal | None:
    """Metres above the level one may fall to; None: not stated."""
    return Decimal(str(facts["height_m"])) if "height_m" in facts else None


def of_height(facts: Facts, _area: Area | None, number: NumberOf) -> Level:
    """8.1.1 by height, 8.1.2 one level higher by any factor, note 2 of B.1 at least that of each situation."""
    unknown = tuple(name for name in HEIGHT_FACTS if name not in facts)
    height = height_of(facts)
    situations = [name for name in SITUATIONS if name in facts.get("situations", ())]
    if height is not None and height < number("height_from") and "slope" not in situations:
        return Level(LEVELS[0], (), unknown, TOO_LOW)
    zone = LEVELS[-1] if height is None else _zone(height, number)
    factors = _factors(facts, number)
    level = LEVELS[min(LEVELS.index(zone) + bool(factors), len(LEVELS) - 1)]
    reasons = ["8.1: height_m", *(f"8.1.2 {FACTORS[name]}: {name}" for name in factors)]
    for name in situations:
        level = max(level, SITUATIONS[name], key=LEVELS.index)
        reasons.append(f"B.1: {name}")
    return Level(level, tuple(reasons), unknown)


def _zone(height: Decimal, number: NumberOf) -> str:
    """Each zone has its upper end: 5.0 m is I, 5.01 m is II."""
    for level in LEVELS[:-1]:
        if height <= number(f"height_{level.lower()}_to"):
            return level
    return LEVELS[-1]


def _factors(facts: Facts, number: NumberOf) -> list[str]:
    """Those stated, and live parts nearer than table 1 allows even if the ticket does not count them."""
    stated = set(facts.get("factors", ()))
    if _too_near_live_parts(facts, number):
        stated.add("live_parts")
    return [name for name in FACTORS if name in stated]


def _too_near_live_parts(facts: Facts, number: NumberOf) -> bool:
    """A voltage without a distance, or one for which no distance is known, counts as too near."""
    if "live_part_kv" not in facts:
        return False
    voltage = Decimal(str(facts["live_part_kv"]))
    name = next((name for highest, name in LIVE_PARTS if voltage <= highest), "")
    least = known(number, name)
    return least is None or "live_part_m" not in facts or Decimal(str(facts["live_part_m"])) < least


def _lines(permit: Permit, _area: Area | None, number: NumberOf) -> frozenset[str]:
    """From 30 m on with means to talk (8.2.1); outdoors the wind is looked at (8.2.6)."""
    height, facts = height_of(permit.facts), permit.facts
    lines = {COMMUNICATION} if height is None or height >= number("height_communication_from") else set()
    return frozenset(lines | ({WIND_ALLOWS} if facts.get("outdoors", True) else set()))


HEIGHT = WorkType(
    id="height",
    kind="HG",
    ladder=UNIT_DEPT_HEAD,
    grades={
        "I": roles.APPROVER_UNIT,
        "II": roles.APPROVER_DEPT,
        "III": roles.APPROVER_DEPT,
        "IV": roles.APPROVER_HEAD,
    },
    nodes=("work_lead", "unit", "dept"),
    levels=LEVELS,
    derive=of_height,
    validity=dict.fromkeys(LEVELS, "validity_height"),
    trade="work_at_height",
    lines=_lines,
)
