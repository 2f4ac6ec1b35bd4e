"""Every gate has its vectors: open, shut, evidence missing, and both sides of a bound where it compares a number."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from services.rule_use import used_by
from services.rulebook import installed
from services.seven_steps.gate import Gate
from services.seven_steps.gates import GATES
from tests.vectors.vector import vectors

#: Gates whose vectors are still to be written. It only shrinks: a gate that is complete may not stand here.
PENDING: frozenset[str] = frozenset(
    {
        "G-CR-2c",
        "G-SV-3b",
        "G-SV-4",
        "G-SD-1a",
        "G-SV-6a",
        "G-SV-6b",
        "G-GAS-1",
        "G-GAS-2",
        "G-GAS-3",
        "G-GAS-4",
        "G-GAS-5",
        "G-GAS-6a",
        "G-GAS-6b",
        "G-GAS-7",
        "G-GAS-9a",
        "G-GAS-9b",
        "G-GAS-9c",
        "G-GAS-9d",
        "G-GAS-11",
        "G-GAS-12",
        "G-HOT-1a",
        "G-HOT-1b",
        "G-HOT-2",
        "G-HOT-5",
        "G-CS-1a",
        "G-CS-1b",
        "G-CS-1c",
        "G-RUN-0",
        "G-RUN-1",
        "G-RUN-2",
        "G-RUN-3",
        "G-RUN-4",
        "G-HOT-3a",
        "G-HOT-3b",
        "G-CS-2a",
        "G-CS-2b",
        "G-CL-1a",
        "G-CL-1b",
        "G-CL-1c",
        "G-SD-1c",
        "G-CL-2a",
        "G-CL-2b",
        "G-RUN-5",
    }
)

#: Gates that look for something that must not be there: nothing can be missing of it.
NO_EVIDENCE: Mapping[str, str] = {
    "G-CR-2b": "no other ticket is the good case; without a guardian G-CR-2a is shut",
    "G-CR-2c": "no other duty is the good case; without a guardian G-CR-2a is shut",
    "G-CR-3a": "nothing recorded against a person is the good case; an unknown person shuts G-CR-1",
    "G-SV-2b": "it judges the methods that are named; a point without isolation shuts G-SV-2a",
    "G-SD-1a": "it judges who acts, and there is no act without a person",
    "G-SD-1b": "an isolation that is not verified shuts G-SV-2a",
    "G-ISO-1": "no live ticket is the good case",
}
#: Gates that use a number but compare nothing with it, or nothing that has a unit to be one too many of.
NO_BOUND: Mapping[str, str] = {}


def _kinds(gate: Gate) -> frozenset[str]:
    return frozenset(vector.kind for vector in vectors() if vector.gate == gate.id)


def compares(gate: Gate) -> bool:
    """Whether it asks for a number of a pack that is more than yes or no."""
    rows = (
        pack.numbers[name]
        for name in used_by(gate).numbers
        for pack in installed().packs.values()
        if name in pack.numbers
    )
    return any(number.unit != "yes/no" for number in rows)


def lacking(gate: Gate) -> frozenset[str]:
    wanted = {"open", "shut", "missing"} - ({"missing"} if gate.id in NO_EVIDENCE else set())
    if compares(gate) and gate.id not in NO_BOUND:
        wanted |= {"inside", "outside"}
    return frozenset(wanted - _kinds(gate))


@pytest.mark.parametrize("gate", [gate for gate in GATES if gate.id not in PENDING], ids=lambda gate: gate.id)
def test_a_gate_has_its_vectors(gate: Gate) -> None:
    assert not lacking(gate)


def test_what_is_pending_or_excepted_is_a_gate_and_is_so() -> None:
    gates = {gate.id: gate for gate in GATES}
    assert PENDING | set(NO_EVIDENCE) | set(NO_BOUND) <= set(gates)
    assert not [name for name in PENDING if not lacking(gates[name])], "complete: take it out of PENDING"
    assert not [name for name in NO_EVIDENCE if "missing" in _kinds(gates[name])]
    assert all(compares(gates[name]) for name in NO_BOUND)
