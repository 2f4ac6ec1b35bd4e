"""Earthwork 动土 (GB 30871-2022 3.11, chapter 11): from a depth on, or with heavy machines; nobody digs blind."""

from __future__ import annotations

from decimal import Decimal

from services.seven_steps import roles
from services.seven_steps.board_site import Area
from services.seven_steps.board_ticket import Permit
from services.seven_steps.work_types.work_type import (
    COMBUSTIBLE,
    OXYGEN,
    TOXIC,
    UNIT_DEPT_HEAD,
    Facts,
    Level,
    NumberOf,
    WorkType,
    known,
)

#: Facts without which it is not known whether this is earthwork, or whether a pit is a confined space.
EARTH_FACTS = ("depth_m", "heavy_machines", "hazardous_accumulation_possible")
DUG_DEEP, HEAVY_MACHINES = "3.11: depth_m", "3.11: heavy_machines"
#: What is said of a depth at which the law does not yet speak of earthwork.
TOO_SHALLOW = "too_shallow"
#: The reason that makes the rules of confined spaces bind; gas is asked for where it stands.
LIKE_A_SPACE = "11.10: hazardous_accumulation_possible"


def depth_of(facts: Facts) -> Decimal | None:
    """Metres; None if it is not stated."""
    return Decimal(str(facts["depth_m"])) if "depth_m" in facts else None


def like_a_space(facts: Facts, number: NumberOf) -> bool:
    """Deeper than 1.2 m where something harmful may gather (11.10); what is not stated may be so."""
    deepest = known(number, "earthwork_open_depth")
    depth = depth_of(facts)
    may_gather = bool(facts.get("hazardous_accumulation_possible", True))
    return deepest is not None and may_gather and (depth is None or depth > deepest)


def of_earthwork(facts: Facts, _area: Area | None, number: NumberOf) -> Level:
    """No levels; work that is neither deep enough nor done with heavy machines is no earthwork (3.11)."""
    unknown = tuple(name for name in EARTH_FACTS if name not in facts)
    begins, depth = known(number, "earthwork_from_depth"), depth_of(facts)
    reasons = []
    if depth is not None and begins is not None and depth >= begins:
        reasons.append(DUG_DEEP)
    if facts.get("heavy_machines"):
        reasons.append(HEAVY_MACHINES)
    shallow = TOO_SHALLOW if begins is not None and not reasons and not unknown else ""
    if like_a_space(facts, number):
        reasons.append(LIKE_A_SPACE)
    return Level("", tuple(reasons), unknown, shallow)


def _pit_gas(permit: Permit, _area: Area | None) -> tuple[str, ...]:
    return (COMBUSTIBLE, OXYGEN, TOXIC) if _like_a_space(permit) else ()


def _like_a_space(permit: Permit) -> bool:
    return LIKE_A_SPACE in permit.level_reasons


EARTHWORK = WorkType(
    id="earthwork",
    kind="EW",
    ladder=UNIT_DEPT_HEAD,
    grades={"": roles.APPROVER_DEPT},
    nodes=("work_lead", "unit"),
    derive=of_earthwork,
    gas=_pit_gas,
    breathed=_like_a_space,
    break_limit={"": "break_without_test_confined"},
)
