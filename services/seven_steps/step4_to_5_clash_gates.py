"""Gate 4, site survey to execution: what goes on beside this work is coordinated, and nothing else is on the pipe.

What is forbidden beside it is asked from the plan on, in step2_to_3_clash_gates.py.
"""

from __future__ import annotations

from services.seven_steps import simops
from services.seven_steps.coordination import coordination_of, uncoordinated
from services.seven_steps.gate import EVERYWHERE, RUN, Boundary, Case, Gate, Missing
from services.seven_steps.simops_matrix import BLIND_NEAR_HOT, COORDINATED, PAINTING_INSIDE, SAME_PIPE
from services.seven_steps.step2_to_3_clash_gates import clash_missing, content_record

B = Boundary
ISSUE_AND_ON = frozenset({B.ISSUE, B.START, B.RESUME})
BLIND = frozenset({"blind_plate"})


def not_coordinated(case: Case) -> tuple[Missing, ...]:
    """Each conditional hit has its coordination: one named coordinator, signed for both tickets (4.7)."""
    return tuple(missing for hit in simops.hits(case, COORDINATED) for missing in uncoordinated(case.board, hit))


def coordination_record(case: Case) -> tuple[int, ...]:
    made = (coordination_of(case.board, hit) for hit in simops.hits(case, COORDINATED))
    stated = {one.seq for found in made if found for one in (found.stated, *found.signatures)}
    return tuple(sorted(stated | set(content_record(case))))


def beside_a_blind(case: Case) -> tuple[Missing, ...]:
    """No other blind on this pipe at the time; in a fire-explosion area no hot work within the distance (7.6, 7.10)."""
    return tuple(clash_missing(hit) for hit in simops.hits(case, (SAME_PIPE, BLIND_NEAR_HOT)))


def hot_work_in_this_space(case: Case) -> tuple[Missing, ...]:
    """While hot work goes on inside a space nothing is painted or coated in it: the other work waits (6.7)."""
    assert case.permit is not None
    return tuple(
        clash_missing(hit)
        for hit in simops.hits(case, (PAINTING_INSIDE,))
        if hit.b == case.permit.permit_id and hit.other.state == "active"
    )


GB = "GB 30871-2022"
GATES = (
    Gate(
        "G-SIM-2",
        1,
        ISSUE_AND_ON,
        f"{GB} 4.7, 8.2.8; policy (SIMOPS matrix)",
        not_coordinated,
        coordination_record,
    ),
    Gate("G-BL-2", 1, ISSUE_AND_ON, f"{GB} 7.6, 7.10", beside_a_blind, content_record, works=BLIND, packs=EVERYWHERE),
    Gate("G-CS-3", 1, RUN, f"{GB} 6.7", hot_work_in_this_space, content_record, packs=EVERYWHERE),
)
