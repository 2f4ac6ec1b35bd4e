"""Hot work 动火 (GB 30871-2022 chapter 5): levels by 5.1.2, derived from facts; lowering is never taken."""

from __future__ import annotations

from services.seven_steps import roles
from services.seven_steps.board_site import Area
from services.seven_steps.board_ticket import Permit
from services.seven_steps.work_types.work_type import (
    BOTTOM,
    COMBUSTIBLE,
    INSIDE,
    MIDDLE,
    OUTSIDE,
    OXYGEN,
    TOP,
    UNIT_SAFETY_HEAD,
    Facts,
    Level,
    NumberOf,
    WorkType,
)

SPECIAL, FIRST, SECOND = "special", "1", "2"
#: Facts without which the level of hot work is not known.
HOT_FACTS = ("equipment_running", "in_bund", "on_pipe_rack")


def of_hot_work(facts: Facts, area: Area | None, _number: NumberOf) -> Level:
    """5.1.2. A fact of the area counts even if the ticket denies it."""
    unknown = tuple(name for name in HOT_FACTS if name not in facts)
    if area is None:
        unknown += ("area",)
    explosive = bool(facts.get("in_fire_explosion_area")) or (area is not None and area.fire_explosion)
    special = []
    if facts.get("in_bund") or (area is not None and area.bund):
        special.append("5.1.2 a: in_bund")
    if explosive and facts.get("equipment_running"):
        special.append("5.1.2 a: equipment_running")
    if special:
        return Level(SPECIAL, tuple(special), unknown)
    first = []
    if explosive:
        first.append("5.1.2 b: in_fire_explosion_area")
    if facts.get("on_pipe_rack"):
        first.append("5.1.2 b: on_pipe_rack")
    if first:
        return Level(FIRST, tuple(first), unknown)
    return Level(SECOND, ("5.1.2 c: rest",), unknown)


def _inside(permit: Permit) -> bool:
    """6.4 binds entry; for hot work only where it is inside a confined space (reading A10.6)."""
    return bool(permit.facts.get("inside_confined_space"))


def _on_oxygen(permit: Permit) -> bool:
    return bool(permit.facts.get("oxygen_equipment"))


def _hot_gas(permit: Permit, _area: Area | None) -> tuple[str, ...]:
    """Oxygen where people breathe it, and in equipment that holds it (5.2.7)."""
    return (COMBUSTIBLE, OXYGEN) if _inside(permit) or _on_oxygen(permit) else (COMBUSTIBLE,)


def _points(permit: Permit, large: bool) -> tuple[str, ...]:
    """Inside a large space above, in the middle and below; on the outside of equipment within 10 m of the work, and in
    the equipment where it holds flammables or oxygen; not said whether flammables: as if it did (5.2.7, 5.3.1 a-b)."""
    in_it = (INSIDE,) if _on_oxygen(permit) else ()
    if _inside(permit):
        return (TOP, MIDDLE, BOTTOM, *in_it) if large else in_it
    return (OUTSIDE, INSIDE) if permit.facts.get("holds_flammables", True) else (OUTSIDE, *in_it)


HOT_WORK = WorkType(
    id="hot_work",
    kind="HW",
    ladder=UNIT_SAFETY_HEAD,
    grades={"special": roles.APPROVER_HEAD, "1": roles.APPROVER_SAFETY, "2": roles.APPROVER_UNIT},
    nodes=("work_lead", "unit", "safety"),
    levels=(SECOND, FIRST, SPECIAL),
    derive=of_hot_work,
    validity={"special": "validity_hot_special", "1": "validity_hot_1", "2": "validity_hot_2"},
    trade="hot_work",
    plan_document=lambda permit: "hot_special_plan" if permit.level == SPECIAL else "",
    gas=_hot_gas,
    breathed=_inside,
    on_oxygen=_on_oxygen,
    points=_points,
    break_limit={
        "special": "break_without_test_hot_special_1",
        "1": "break_without_test_hot_special_1",
        "2": "break_without_test_hot_2",
    },
    isolates=lambda permit: permit.level != SECOND,
    free_in_fixed_areas=True,
)
