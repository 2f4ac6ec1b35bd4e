"""Confined space 受限空间 (GB 30871-2022 chapter 6): no levels; people go in and are counted."""

from __future__ import annotations

from services.seven_steps import roles
from services.seven_steps.board_site import Area
from services.seven_steps.board_ticket import Permit
from services.seven_steps.work_types.work_type import (
    BOTTOM,
    COMBUSTIBLE,
    MIDDLE,
    OXYGEN,
    TOP,
    TOXIC,
    UNIT_SAFETY_HEAD,
    WorkType,
    always,
)


def _entry_gas(_permit: Permit, _area: Area | None) -> tuple[str, ...]:
    return COMBUSTIBLE, OXYGEN, TOXIC


def _points(_permit: Permit, large: bool) -> tuple[str, ...]:
    """A large space above, in the middle and below (6.3 b)."""
    return (TOP, MIDDLE, BOTTOM) if large else ()


CONFINED_SPACE = WorkType(
    id="confined_space",
    kind="CS",
    ladder=UNIT_SAFETY_HEAD,
    grades={"": roles.APPROVER_UNIT},
    nodes=("work_lead", "unit"),
    validity={"": "validity_confined"},
    gas=_entry_gas,
    points=_points,
    break_limit={"": "break_without_test_confined"},
    breathed=always,
    entry=True,
    isolates=always,
)
