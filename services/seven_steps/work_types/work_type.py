"""What a type of work 作业类型 is: a value with everything in which it differs from the next type.

No gate asks which type a ticket is of: it asks a property of the type, or names its types in `Gate.works`. By
convention the packs list `measures_<id>` (lines of the form) and `hazards_<id>` (hazards that must be assessed), and
in `special_works` the types that need a guardian by law.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from services.seven_steps import roles
from services.seven_steps.board_site import Area
from services.seven_steps.board_ticket import Permit
from services.seven_steps.facts import EMPTY

Facts = Mapping[str, Any]
#: A number of the packs in force on the site, by its name.
NumberOf = Callable[[str], Decimal]

#: Where gas is sampled. "outside" is around the work, within 10 m of it (GB 30871-2022 5.3.1 b).
TOP, MIDDLE, BOTTOM, INSIDE, OUTSIDE = "top", "middle", "bottom", "inside", "outside"
COMBUSTIBLE, OXYGEN, TOXIC = "combustible", "oxygen", "toxic"
#: Ladders: who may issue, lowest first (reading A10.2).
UNIT_SAFETY_HEAD = (roles.APPROVER_UNIT, roles.APPROVER_SAFETY, roles.APPROVER_HEAD)
UNIT_DEPT_HEAD = (roles.APPROVER_UNIT, roles.APPROVER_DEPT, roles.APPROVER_HEAD)


@dataclass(frozen=True, slots=True)
class Level:
    """level: one of its type's; reasons: "clause: fact" for each thing that gave it; unknown: facts not stated;
    not_this_work: the fact by which the law does not call it this work."""

    level: str
    reasons: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    not_this_work: str = ""


def without_levels(_facts: Facts, _area: Area | None, _number: NumberOf) -> Level:
    """The law knows no levels of this work."""
    return Level("", ())


def known(number: NumberOf, name: str) -> Decimal | None:
    """The number if a pack of the site has it."""
    try:
        return number(name)
    except KeyError:
        return None


def no_gas(_permit: Permit, _area: Area | None) -> tuple[str, ...]:
    return ()


def any_points(_permit: Permit, _large: bool) -> tuple[str, ...]:
    """Wherever the plan says."""
    return ()


def no_plan(_permit: Permit) -> str:
    return ""


def no_lines(_permit: Permit, _area: Area | None, _number: NumberOf) -> frozenset[str]:
    return frozenset()


def explosive(permit: Permit, area: Area | None) -> bool:
    """In a fire or explosion area: what the ticket says, or the area, even if the ticket denies it. Unknown: it is."""
    return bool(permit.facts.get("in_fire_explosion_area", True)) or area is None or area.fire_explosion


def by_level(permit: Permit) -> str:
    return permit.level


def never(_permit: Permit) -> bool:
    return False


def always(_permit: Permit) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class WorkType:
    """One type of work.

    id, kind:    its name on the wire; its letters in a ticket's number (the level, which may rise, is not in it)
    levels:      lowest first; one empty level where the law knows none
    derive:      the level from the facts, the area and the packs' numbers, with its reasons
    ladder:      who may issue, lowest first; grades: the rung each level asks for (table B.1; reading A10.2)
    nodes:       signature lines of the form before the issue (annex A; reading A10.10)
    validity:    the number that limits the planned time, by what `valid_by` gives (the level, if nothing else is said);
                 what is not there has no limit
    acceptance:  kinds of equipment check that must be done after the work, before it is accepted (4.15)
    trade:       a certified trade that at least one worker has; empty for none
    directed_by: the certified trade of the one who directs them, where the work has one; empty for none
    plan_document: the kind of file without which this ticket is not planned; empty for none
    lines:       lines of the form that the ticket's facts bring: they can't be said not to apply
    gas:         kinds of gas that must be tested before this ticket's work; empty for no test
    points:      where gas must be sampled at least, given whether the space is large (5.3.1 a-b, 6.3 b)
    break_limit: by level, the number that says how long work may stand without a new test
    breathed:    whether people breathe the air that is tested: the limits of entry bind (6.4; reading A10.6)
    on_oxygen:   whether it is done on equipment that holds oxygen (5.2.7)
    entry:       people go in and are counted (6.8)
    isolates:    whether this ticket can't do without a list of isolations (4.2, 5.2.2, 6.1)
    free_in_fixed_areas: no ticket of it is issued in a fixed hot-work area (3.3, 5.1.1)
    isolated_by: ways of isolating that such a list can't do without
    """

    id: str
    kind: str
    ladder: tuple[str, ...]
    grades: Mapping[str, str]
    nodes: tuple[str, ...]
    levels: tuple[str, ...] = ("",)
    derive: Callable[[Facts, Area | None, NumberOf], Level] = without_levels
    validity: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    valid_by: Callable[[Permit], str] = by_level
    acceptance: tuple[str, ...] = ()
    trade: str = ""
    directed_by: str = ""
    plan_document: Callable[[Permit], str] = no_plan
    lines: Callable[[Permit, Area | None, NumberOf], frozenset[str]] = no_lines
    gas: Callable[[Permit, Area | None], tuple[str, ...]] = no_gas
    points: Callable[[Permit, bool], tuple[str, ...]] = any_points
    break_limit: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    breathed: Callable[[Permit], bool] = never
    on_oxygen: Callable[[Permit], bool] = never
    entry: bool = False
    isolates: Callable[[Permit], bool] = never
    free_in_fixed_areas: bool = False
    isolated_by: tuple[str, ...] = ()

    def rung(self, role: str) -> int:
        """How high a role stands on the ladder; -1 if it is not on it."""
        return self.ladder.index(role) if role in self.ladder else -1

    def grade_of(self, held: frozenset[str]) -> str:
        """The highest rung that somebody with these roles holds; empty for none."""
        return max((role for role in self.ladder if role in held), key=self.rung, default="")

    def higher(self, derived: str, requested: str) -> str:
        """The level in force: a request may raise the derived level, never lower it."""
        return max(derived, requested, key=self.levels.index) if requested in self.levels else derived

    def lowered(self, derived: str, requested: str) -> bool:
        if requested == "" or requested not in self.levels:
            return False
        return self.levels.index(requested) < self.levels.index(derived)
