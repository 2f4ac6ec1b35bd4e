"""Road break 断路 (GB 30871-2022 chapter 12): fire and safety agree before the department issues (annex A, A.8)."""

from __future__ import annotations

from services.seven_steps import roles
from services.seven_steps.work_types.work_type import UNIT_DEPT_HEAD, WorkType

ROAD_BREAK = WorkType(
    id="road_break",
    kind="RB",
    ladder=UNIT_DEPT_HEAD,
    grades={"": roles.APPROVER_DEPT},
    nodes=("work_lead", "unit", "safety"),
    plan_document=lambda _permit: "traffic_plan",
)
