"""Levels of work, derived from facts, with the clause that gave them (GB 30871-2022 5.1.2; lowering is never taken)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from services.seven_steps.board_site import Area

Facts = Mapping[str, Any]
#: A number of the packs in force on the site, by its name.
NumberOf = Callable[[str], Decimal]

SPECIAL, FIRST, SECOND = "special", "1", "2"
#: Facts without which the level of hot work is not known.
HOT_FACTS = ("equipment_running", "in_bund", "on_pipe_rack")


@dataclass(frozen=True, slots=True)
class Level:
    """level: one of its type's; reasons: "clause: fact" for each thing that gave it; unknown: facts not stated."""

    level: str
    reasons: tuple[str, ...]
    unknown: tuple[str, ...] = ()


def without_levels(_facts: Facts, _area: Area | None, _number: NumberOf) -> Level:
    """The law knows no levels of this work."""
    return Level("", ())


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
