"""Roles (rules: E1) and the ladders of approval (reading A10.2: one ladder per type of work)."""

from __future__ import annotations

from collections.abc import Mapping

APPLICANT, WORK_LEAD, WORKER, GUARDIAN = "applicant", "work_lead", "worker", "guardian"
GAS_TESTER, BRIEFER, AREA_AUTH, ISOL_AUTH = "gas_tester", "briefer", "area_auth", "isol_auth"
POWER_AUTH, CROSS_COORD, SHIFT_FOREMAN, HSE, ADMIN = "power_auth", "cross_coord", "shift_foreman", "hse", "admin"
#: A detector, a recorder, or the program that speaks for some: it sends telemetry and signs nothing.
DEVICE = "device"
APPROVER_UNIT, APPROVER_DEPT = "approver_unit", "approver_dept"
APPROVER_SAFETY, APPROVER_HEAD = "approver_safety", "approver_head"

APPROVERS = frozenset({APPROVER_UNIT, APPROVER_DEPT, APPROVER_SAFETY, APPROVER_HEAD})
ROLES = frozenset(
    {APPLICANT, WORK_LEAD, WORKER, GUARDIAN, GAS_TESTER, BRIEFER, AREA_AUTH, ISOL_AUTH, POWER_AUTH, CROSS_COORD}
    | {SHIFT_FOREMAN, HSE, ADMIN, DEVICE}
    | APPROVERS
)
#: A program of ours: timekeeper, sealer, or the set-up of a site.
SERVICE = "service"
#: Any person registered on the site.
ANYONE = frozenset({"anyone"})

#: Who approves which work, lowest first (GB 30871-2022 table B.1; reading A10.2).
LADDERS: Mapping[str, tuple[str, ...]] = {
    "hot_work": (APPROVER_UNIT, APPROVER_SAFETY, APPROVER_HEAD),
    "confined_space": (APPROVER_UNIT, APPROVER_SAFETY, APPROVER_HEAD),
    "general": (APPROVER_UNIT, APPROVER_SAFETY, APPROVER_HEAD),
}
#: The rung of the ladder that each type and level asks for (GB 30871-2022 table B.1).
GRADE: Mapping[tuple[str, str], str] = {
    ("hot_work", "special"): APPROVER_HEAD,
    ("hot_work", "1"): APPROVER_SAFETY,
    ("hot_work", "2"): APPROVER_UNIT,
    ("confined_space", ""): APPROVER_UNIT,
    ("general", ""): APPROVER_UNIT,
}
#: The signature lines of the Annex A forms before the issue (reading A10.10), and who may sign each.
NODES: Mapping[str, tuple[str, ...]] = {
    "hot_work": ("work_lead", "unit", "safety"),
    "confined_space": ("work_lead", "unit"),
    "general": ("work_lead", "unit"),
}
NODE_ROLES: Mapping[str, frozenset[str]] = {
    "work_lead": frozenset({WORK_LEAD}),
    "unit": frozenset({AREA_AUTH, APPROVER_UNIT}),
    "dept": frozenset({APPROVER_DEPT}),
    "safety": frozenset({APPROVER_SAFETY}),
    "head": frozenset({APPROVER_HEAD}),
}
#: Where the approver's grade equals a node, one signature fills both (reading A10.10).
NODE_OF_GRADE: Mapping[str, str] = {APPROVER_UNIT: "unit", APPROVER_DEPT: "dept", APPROVER_SAFETY: "safety"}


def rung(permit_type: str, role: str) -> int:
    """How high a role stands on the ladder of a type; -1 if it stands on none."""
    ladder = LADDERS[permit_type]
    return ladder.index(role) if role in ladder else -1


def grade_of(permit_type: str, roles: frozenset[str]) -> str:
    """The highest rung that somebody with these roles holds; empty for none."""
    held = [role for role in LADDERS[permit_type] if role in roles]
    return held[-1] if held else ""
