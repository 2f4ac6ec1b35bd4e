"""Blind plate 盲板抽堵 (GB 30871-2022 chapter 7): one ticket puts in or takes out one blind (7.11)."""

from __future__ import annotations

from services.seven_steps import roles
from services.seven_steps.board_site import Area
from services.seven_steps.board_ticket import Permit
from services.seven_steps.work_types.work_type import UNIT_SAFETY_HEAD, NumberOf, WorkType, explosive

INSERT, REMOVE = "insert", "remove"


def _map(_permit: Permit) -> str:
    """The numbered map of the blinds (7.1)."""
    return "blind_map"


def _lines(permit: Permit, area: Area | None, _number: NumberOf) -> frozenset[str]:
    """Lines of form A.3 that the medium and the place make apply (7.6, 7.7, 7.9)."""
    found = {"2"} if permit.facts.get("toxic", True) else set()
    found |= {"3", "4"} if explosive(permit, area) else set()
    return frozenset(found | ({"5"} if permit.facts.get("corrosive", True) else set()))


BLIND_PLATE = WorkType(
    id="blind_plate",
    kind="BP",
    ladder=UNIT_SAFETY_HEAD,
    grades={"": roles.APPROVER_UNIT},
    nodes=("work_lead", "unit"),
    plan_document=_map,
    lines=_lines,
)
