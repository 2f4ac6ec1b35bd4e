"""Roles (rules: E1), and who may sign which line of a form."""

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

#: Who may sign each line of the forms before the issue (annex A).
NODE_ROLES: Mapping[str, frozenset[str]] = {
    "work_lead": frozenset({WORK_LEAD}),
    "unit": frozenset({AREA_AUTH, APPROVER_UNIT}),
    "dept": frozenset({APPROVER_DEPT}),
    "safety": frozenset({APPROVER_SAFETY}),
    "head": frozenset({APPROVER_HEAD}),
    "power": frozenset({POWER_AUTH}),
}
#: Where the approver's grade equals a node, one signature fills both (reading A10.10).
NODE_OF_GRADE: Mapping[str, str] = {
    APPROVER_UNIT: "unit",
    APPROVER_DEPT: "dept",
    APPROVER_SAFETY: "safety",
    POWER_AUTH: "power",
}
