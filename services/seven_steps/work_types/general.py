"""General work 一般作业: none of the eight special works; validity and guardian are the site's policy."""

from __future__ import annotations

from services.seven_steps import roles
from services.seven_steps.work_types.work_type import UNIT_SAFETY_HEAD, WorkType

GENERAL = WorkType(
    id="general",
    kind="GN",
    ladder=UNIT_SAFETY_HEAD,
    grades={"": roles.APPROVER_UNIT},
    nodes=("work_lead", "unit"),
    validity={"": "validity_general"},
)
