"""All gates, in the order in which they are asked and named: by step, then as their file lists them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from services.seven_steps import (
    signature_gates,
    standing_conditions,
    step1_to_2_gates,
    step2_to_3_clash_gates,
    step2_to_3_crew_gates,
    step2_to_3_gates,
    step2_to_3_ground_gates,
    step2_to_3_level_gates,
    step2_to_3_ticket_gates,
    step3_to_4_gates,
    step4_to_5_clash_gates,
    step4_to_5_gas_gates,
    step4_to_5_gates,
    step4_to_5_height_and_lifting_gates,
    step4_to_5_power_gates,
    step4_to_5_start_gates,
    step5_to_6_gates,
    step6_to_7_gates,
    step7_to_closed_gates,
)
from services.seven_steps.gate import Boundary, Case, Gate, Verdict
from services.seven_steps.rules import asked

GATES: tuple[Gate, ...] = (
    *step1_to_2_gates.GATES,
    *step2_to_3_gates.GATES,
    *step2_to_3_ground_gates.GATES,
    *step2_to_3_ticket_gates.GATES,
    *step2_to_3_level_gates.GATES,
    *step2_to_3_crew_gates.GATES,
    *step2_to_3_clash_gates.GATES,
    *step3_to_4_gates.GATES,
    *step4_to_5_gates.GATES,
    *step4_to_5_clash_gates.GATES,
    *step4_to_5_gas_gates.GATES,
    *step4_to_5_start_gates.GATES,
    *step4_to_5_height_and_lifting_gates.GATES,
    *step4_to_5_power_gates.GATES,
    *step5_to_6_gates.GATES,
    *step6_to_7_gates.GATES,
    *step7_to_closed_gates.GATES,
    *signature_gates.GATES,
    *standing_conditions.GATES,
)

AT: dict[Boundary, tuple[Gate, ...]] = {
    boundary: tuple(gate for gate in GATES if boundary in gate.at) for boundary in Boundary
}


@lru_cache(maxsize=512)
def gates_at(boundary: Boundary, pack_ids: frozenset[str]) -> tuple[Gate, ...]:
    """The gates of the boundary that bind on a site with these packs."""
    return tuple(gate for gate in AT[boundary] if not gate.brought_by or pack_ids & set(gate.brought_by))


@lru_cache(maxsize=512)
def standing_gates(pack_ids: frozenset[str]) -> tuple[Gate, ...]:
    """The gates that stop running work when they fall shut, as they bind on a site with these packs."""
    return tuple(gate for gate in GATES if gate.suspends and (not gate.brought_by or pack_ids & set(gate.brought_by)))


def judge_gates(boundary: Boundary, case: Case) -> tuple[Verdict, ...]:
    """Every gate of the boundary that binds on the site and this work, in order; the evidence too, for open gates."""
    return tuple(judge_gate(gate, case) for gate in gates_at(boundary, case.rules.ids) if gate.binds(case.permit))


def judge_gate(gate: Gate, case: Case) -> Verdict:
    """One gate; which pack decided its numbers is noted while it asks for them."""
    rules = asked(case.rules)
    missing = gate.shut_by(replace(case, rules=rules))
    return Verdict(gate, case.permit.permit_id if case.permit else "", missing, gate.evidence(case), rules.decided)
