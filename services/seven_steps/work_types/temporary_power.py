"""Temporary power 临时用电 (GB 30871-2022 chapter 10): who supplies the power reviews and approves it (B.1)."""

from __future__ import annotations

from services.seven_steps import roles
from services.seven_steps.board_site import Area
from services.seven_steps.board_ticket import Permit
from services.seven_steps.work_types.work_type import COMBUSTIBLE, NumberOf, WorkType, explosive

USUAL, SPECIAL = "", "special"


def _gas(permit: Permit, area: Area | None) -> tuple[str, ...]:
    """In a fire or explosion area combustible gas is tested (10.1)."""
    return (COMBUSTIBLE,) if explosive(permit, area) else ()


def _valid_by(permit: Permit) -> str:
    """Longer than usual only with a reason why (10.8)."""
    return SPECIAL if permit.facts.get("special_reason") else USUAL


def _lines(permit: Permit, area: Area | None, _number: NumberOf) -> frozenset[str]:
    """Lines of form A.6: certificate, upstream switch and leakage protector always; in such an area 2 and 13 too."""
    always = frozenset({"1", "3", "10"})
    return always | {"2", "13"} if explosive(permit, area) else always


TEMPORARY_POWER = WorkType(
    id="temporary_power",
    kind="TP",
    ladder=(roles.POWER_AUTH,),
    grades={"": roles.POWER_AUTH},
    nodes=("work_lead", "unit", "power"),
    validity={USUAL: "validity_power", SPECIAL: "validity_power_special"},
    valid_by=_valid_by,
    lines=_lines,
    acceptance=("supply_removed",),
    trade="electrician",
    gas=_gas,
)
