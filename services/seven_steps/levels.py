"""Levels of work, derived from facts, with the clause that gave them (GB 30871-2022 5.1.2; lowering is never taken)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.seven_steps.board_site import Area

SPECIAL, FIRST, SECOND = "special", "1", "2"
#: Levels of a type, lowest first.
LADDER: Mapping[str, tuple[str, ...]] = {
    "hot_work": (SECOND, FIRST, SPECIAL),
    "confined_space": ("",),
    "general": ("",),
}
#: Facts without which the level of hot work is not known.
HOT_FACTS = ("equipment_running", "in_bund", "on_pipe_rack")


@dataclass(frozen=True, slots=True)
class Level:
    """level: one of LADDER; reasons: "clause: fact" for each thing that gave it; unknown: facts not stated."""

    level: str
    reasons: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def derive(permit_type: str, facts: Mapping[str, Any], area: Area | None) -> Level:
    """The level that the facts give. A fact of the area counts even if the ticket denies it."""
    if permit_type != "hot_work":
        return Level("", ())
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


def higher(permit_type: str, derived: str, requested: str) -> str:
    """The level in force: a request may raise the derived level, never lower it."""
    ladder = LADDER[permit_type]
    if requested not in ladder:
        return derived
    return max(derived, requested, key=ladder.index)


def lowered(permit_type: str, derived: str, requested: str) -> bool:
    ladder = LADDER[permit_type]
    return requested in ladder and requested != "" and ladder.index(requested) < ladder.index(derived)
