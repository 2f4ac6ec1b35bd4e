"""Gate tables: a row says which gate, what is given, and whether the gate is then shut. Names are sentences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from services.seven_steps.gate import Boundary
from tests.flow import walk
from tests.flow.world import HOT, World, copy_of

B = Boundary
Given = Callable[[World], object]

WALKS = {
    B.ASSESS: walk.before_assess,
    B.PLAN: walk.before_plan,
    B.BRIEF: walk.before_brief,
    B.SURVEY: walk.before_survey,
    B.ISSUE: walk.before_issue,
    B.START: walk.before_start,
    B.ENTER: walk.active,
    B.RESUME: walk.active,
    B.COMPLETE: walk.active,
    B.ACCEPT: walk.before_accept,
    B.REVIEW: walk.before_review,
}


@lru_cache(maxsize=32)
def _walked(boundary: Boundary) -> World:
    return WALKS[boundary]()


def ready_for(boundary: Boundary) -> World:
    """A world in which every gate of the boundary is open (or ready), to spoil at will."""
    return copy_of(_walked(boundary))


@dataclass(frozen=True)
class Row:
    gate: str
    at: Boundary
    name: str
    given: Given
    shut: bool
    permit: str = HOT

    def __str__(self) -> str:
        return f"{self.gate} at {self.at}: {self.name}"


def shut(gate: str, at: Boundary, name: str, given: Given, permit: str = HOT) -> Row:
    return Row(gate, at, name, given, True, permit)


def opened(gate: str, at: Boundary, name: str, given: Given = lambda w: w, permit: str = HOT) -> Row:
    return Row(gate, at, name, given, False, permit)


def check(row: Row) -> None:
    world = ready_for(row.at)
    row.given(world)
    found = world.shut(row.at, row.permit)
    assert (row.gate in found) == row.shut, f"shut at {row.at}: {sorted(found)}"
