"""Site extras: work the law knows no ticket for and sites permit all the same; every number is the site's policy."""

from __future__ import annotations

from services.seven_steps import roles
from services.seven_steps.work_types.work_type import UNIT_DEPT_HEAD, UNIT_SAFETY_HEAD, WorkType, always

#: 管线打开: a line that held something is opened.
LINE_BREAKING = WorkType(
    id="line_breaking",
    kind="LB",
    ladder=UNIT_SAFETY_HEAD,
    grades={"": roles.APPROVER_UNIT},
    nodes=("work_lead", "unit"),
    validity={"": "validity_line_breaking"},
    isolates=always,
)
#: 射线探伤: a source or an X-ray tube is used in the open; nobody is inside its barrier.
RADIOGRAPHY = WorkType(
    id="radiography",
    kind="RT",
    ladder=UNIT_SAFETY_HEAD,
    grades={"": roles.APPROVER_SAFETY},
    nodes=("work_lead", "unit", "safety"),
    validity={"": "validity_radiography"},
    trade="radiographer",
)
#: 高压电气: work on equipment above 1 kV, isolated, tested dead and earthed under a person in charge.
HV_ELECTRICAL = WorkType(
    id="hv_electrical",
    kind="HV",
    ladder=UNIT_DEPT_HEAD,
    grades={"": roles.APPROVER_DEPT},
    nodes=("work_lead", "unit"),
    validity={"": "validity_hv_electrical"},
    trade="electrician",
    isolates=always,
    isolated_by=("power_locked", "earthed"),
)
