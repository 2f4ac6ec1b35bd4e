"""Lifting 吊装 (GB 30871-2022 chapter 9): three levels by mass, the first the highest."""

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
)

FIRST, SECOND, THIRD = "1", "2", "3"
PLAN = "lifting_plan"
#: Lines of form A.5 that a fact of the ticket brings: the plan, measures at vessels and lines, the wind.
WITH_PLAN, AT_VESSELS, WIND_ALLOWS = "1", "2", "18"


def of_lifting(facts: Facts, _area: Area | None, number: NumberOf) -> Level:
    """9.1: over 100 t, from 40 t to 100 t, below 40 t. Below 10 t it is a ticket as well (reading A10.15)."""
    if "mass_t" not in facts:
        return Level(FIRST, (), ("mass_t",))
    mass, reasons = Decimal(str(facts["mass_t"])), ("9.1: mass_t",)
    if mass > number("lifting_1_above"):
        return Level(FIRST, reasons)
    return Level(SECOND if mass >= number("lifting_2_from") else THIRD, reasons)


def _by_level(permit: Permit) -> bool:
    """9.2.1: levels 1 and 2, and of level 3 what is hard to lift; not said whether: as if it were."""
    return permit.level != THIRD or bool(permit.facts.get("special_conditions", True))


def _near_hazard(permit: Permit) -> bool:
    """9.2.2: vessels or lines with dangerous goods stand where the load is lifted; not said: as if they did."""
    return bool(permit.facts.get("near_hazardous", True))


def _plan(permit: Permit) -> str:
    return PLAN if _by_level(permit) or _near_hazard(permit) else ""


def _lines(permit: Permit, _area: Area | None, _number: NumberOf) -> frozenset[str]:
    asked = {
        WITH_PLAN: _by_level(permit),
        AT_VESSELS: _near_hazard(permit),
        WIND_ALLOWS: bool(permit.facts.get("outdoors", True)),
    }
    return frozenset(line for line, asks in asked.items() if asks)


LIFTING = WorkType(
    id="lifting",
    kind="LF",
    ladder=UNIT_DEPT_HEAD,
    grades={FIRST: roles.APPROVER_HEAD, SECOND: roles.APPROVER_DEPT, THIRD: roles.APPROVER_DEPT},
    nodes=("work_lead", "unit", "dept"),
    levels=(THIRD, SECOND, FIRST),
    derive=of_lifting,
    trade="crane_operator",
    directed_by="lift_director",
    plan_document=_plan,
    lines=_lines,
)
