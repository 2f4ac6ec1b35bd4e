"""All gates, in the order in which they are asked and named: by step, then as their file lists them."""

from __future__ import annotations

from services.seven_steps import (
    standing_conditions,
    step1_to_2_gates,
    step2_to_3_gates,
    step3_to_4_gates,
    step4_to_5_gas_gates,
    step4_to_5_gates,
    step4_to_5_start_gates,
    step5_to_6_gates,
    step6_to_7_gates,
    step7_to_closed_gates,
)
from services.seven_steps.gate import Boundary, Case, Gate, Verdict

GATES: tuple[Gate, ...] = (
    *step1_to_2_gates.GATES,
    *step2_to_3_gates.GATES,
    *step3_to_4_gates.GATES,
    *step4_to_5_gates.GATES,
    *step4_to_5_gas_gates.GATES,
    *step4_to_5_start_gates.GATES,
    *step5_to_6_gates.GATES,
    *step6_to_7_gates.GATES,
    *step7_to_closed_gates.GATES,
    *standing_conditions.GATES,
)

AT: dict[Boundary, tuple[Gate, ...]] = {
    boundary: tuple(gate for gate in GATES if boundary in gate.at) for boundary in Boundary
}


def judge_gates(boundary: Boundary, case: Case) -> tuple[Verdict, ...]:
    """Every gate of the boundary in this case, in order; the evidence too, for open gates as well."""
    about = case.permit.permit_id if case.permit else ""
    return tuple(Verdict(gate, about, gate.shut_by(case), gate.evidence(case)) for gate in AT[boundary])
