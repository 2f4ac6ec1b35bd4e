"""Confined space 受限空间 (GB 30871-2022 chapter 6): no levels; people go in and are counted."""

from __future__ import annotations

from services.seven_steps import roles
from services.seven_steps.board_site import Area
from services.seven_steps.board_ticket import Permit
from services.seven_steps.work_types.work_type import (
    COMBUSTIBLE,
    OXYGEN,
    TOXIC,
    UNIT_SAFETY_HEAD,
    WorkType,
    always,
)


def _entry_gas(_permit: Permit, _area: Area | None) -> tuple[str, ...]:
    return COMBUSTIBLE, OXYGEN, TOXIC


CONFINED_SPACE = WorkType(
    id="confined_space",
    kind="CS",
    ladder=UNIT_SAFETY_HEAD,
    grades={"": roles.APPROVER_UNIT},
    nodes=("work_lead", "unit"),
    validity={"": "validity_confined"},
    gas=_entry_gas,
    break_limit={"": "break_without_test_confined"},
    entry=True,
    isolates=always,
)
