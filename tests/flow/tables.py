"""The main job just before each boundary, walked once."""

from __future__ import annotations

from functools import lru_cache

from services.seven_steps.gate import Boundary
from tests.flow import walk
from tests.flow.world import World, copy_of

B = Boundary

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
