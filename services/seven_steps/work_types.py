"""Types of work 作业类型: what differs from one type to the next, as values (GB 30871-2022; rules of the site's packs).

No gate asks which type a ticket is of: it asks a property of the type, or names its types in `Gate.works`.
By convention the packs list `measures_<id>` (lines of the form) and `hazards_<id>` (hazards that must be assessed), and
in `special_works` the types that need a guardian by law.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from services.seven_steps import roles
from services.seven_steps.board_site import Area
from services.seven_steps.board_ticket import Permit
from services.seven_steps.facts import EMPTY
from services.seven_steps.levels import FIRST, SECOND, SPECIAL, Facts, Level, NumberOf, of_hot_work, without_levels

COMBUSTIBLE, OXYGEN, TOXIC = "combustible", "oxygen", "toxic"
HOT_WORK, CONFINED_SPACE = "hot_work", "confined_space"
UNIT_SAFETY_HEAD = (roles.APPROVER_UNIT, roles.APPROVER_SAFETY, roles.APPROVER_HEAD)


def no_gas(_permit: Permit, _area: Area | None) -> tuple[str, ...]:
    return ()


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
    validity:    by level, the number that limits the planned time; a level that is not there has no limit
    trade:       a certified trade that at least one worker has; empty for none
    gas:         kinds of gas that must be tested before this ticket's work; empty for no test
    break_limit: by level, the number that says how long work may stand without a new test
    entry:       people go in and are counted (6.8)
    isolates:    whether this ticket can't do without a list of isolations (4.2, 5.2.2, 6.1)
    """

    id: str
    kind: str
    ladder: tuple[str, ...]
    grades: Mapping[str, str]
    nodes: tuple[str, ...]
    levels: tuple[str, ...] = ("",)
    derive: Callable[[Facts, Area | None, NumberOf], Level] = without_levels
    validity: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    trade: str = ""
    gas: Callable[[Permit, Area | None], tuple[str, ...]] = no_gas
    break_limit: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    entry: bool = False
    isolates: Callable[[Permit], bool] = never

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


def _hot_gas(permit: Permit, _area: Area | None) -> tuple[str, ...]:
    """6.4 binds entry; for hot work only where it is inside a confined space (reading A10.6)."""
    return (COMBUSTIBLE, OXYGEN) if permit.facts.get("inside_confined_space") else (COMBUSTIBLE,)


def _entry_gas(_permit: Permit, _area: Area | None) -> tuple[str, ...]:
    return COMBUSTIBLE, OXYGEN, TOXIC


TYPES: Mapping[str, WorkType] = {
    one.id: one
    for one in (
        WorkType(
            id=HOT_WORK,
            kind="HW",
            ladder=UNIT_SAFETY_HEAD,
            grades={"special": roles.APPROVER_HEAD, "1": roles.APPROVER_SAFETY, "2": roles.APPROVER_UNIT},
            nodes=("work_lead", "unit", "safety"),
            levels=(SECOND, FIRST, SPECIAL),
            derive=of_hot_work,
            validity={"special": "validity_hot_special", "1": "validity_hot_1", "2": "validity_hot_2"},
            trade="hot_work",
            gas=_hot_gas,
            break_limit={
                "special": "break_without_test_hot_special_1",
                "1": "break_without_test_hot_special_1",
                "2": "break_without_test_hot_2",
            },
            isolates=lambda permit: permit.level != SECOND,
        ),
        WorkType(
            id=CONFINED_SPACE,
            kind="CS",
            ladder=UNIT_SAFETY_HEAD,
            grades={"": roles.APPROVER_UNIT},
            nodes=("work_lead", "unit"),
            validity={"": "validity_confined"},
            gas=_entry_gas,
            break_limit={"": "break_without_test_confined"},
            entry=True,
            isolates=always,
        ),
        WorkType(
            id="general",
            kind="GN",
            ladder=UNIT_SAFETY_HEAD,
            grades={"": roles.APPROVER_UNIT},
            nodes=("work_lead", "unit"),
            validity={"": "validity_general"},
        ),
    )
}


def type_of(permit: Permit) -> WorkType:
    return TYPES[permit.type]
