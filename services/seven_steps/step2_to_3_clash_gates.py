"""Gate 2, plan to briefing: nothing that is there at the same time forbids this work (rules A7).

The matrix stands in simops_matrix.py, who counts in simops.py; what is allowed only when coordinated is asked at the
issue, in step4_to_5_clash_gates.py.
"""

from __future__ import annotations

from services.seven_steps import roles, simops
from services.seven_steps.gate import Boundary, Case, Gate, Missing
from services.seven_steps.simops_matrix import PROHIBITING, Hit

B = Boundary
WHEN = frozenset({B.PLAN, B.SURVEY, B.ISSUE, B.START, B.RESUME})
REPLANNERS = (roles.APPLICANT, roles.WORK_LEAD, roles.CROSS_COORD)


def clash_missing(hit: Hit) -> Missing:
    have = f":{hit.row.word} {hit.have}"
    return Missing("clash", about=hit.other.permit_no, have=have, need=hit.need, who=REPLANNERS, pack=hit.pack)


def prohibited(case: Case) -> tuple[Missing, ...]:
    """No ticket that counts at this boundary hits a row that prohibits the two at one time."""
    return tuple(clash_missing(hit) for hit in simops.hits(case, PROHIBITING))


def content_record(case: Case) -> tuple[int, ...]:
    """The ticket's own content: where it is, when, and what it does to its neighbours."""
    return (case.permit.content_seq,) if case.permit else ()


SOURCE = "GB 30871-2022 4.7, 5.2.8, 5.2.9, 6.7, 7.6, 7.10, 9.2.12; policy (SIMOPS matrix)"
GATES = (Gate("G-SIM-1", 1, WHEN, SOURCE, prohibited, content_record, suspends="clash"),)
