"""Every gate has its vectors: open, shut, evidence missing, and both sides of a bound where it compares a number."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from services.rule_use import used_by
from services.rulebook import installed
from services.seven_steps.gate import Gate
from services.seven_steps.gates import GATES
from tests.vectors.vector import vectors

#: Gates that look for something that must not be there, or at what no ticket is without: nothing can be missing.
NO_EVIDENCE: Mapping[str, str] = {
    "G-GAS-2": "a test that is not there shuts G-GAS-1",
    "G-GAS-9b": "an instrument that is not registered shuts G-GAS-9a",
    "G-RUN-4": "a ticket without its first moment shuts G-RUN-0",
    "G-CS-2a": "nobody inside is the good case",
    "G-CS-2b": "no tool inside is the good case",
    "G-CL-1b": "nobody and nothing inside is the good case",
    "G-SD-1c": "it judges who acts, and there is no act without a person",
    "G-CR-2b": "no other ticket is the good case; without a guardian G-CR-2a is shut",
    "G-CR-2c": "no other duty is the good case; without a guardian G-CR-2a is shut",
    "G-CR-3a": "nothing recorded against a person is the good case; an unknown person shuts G-CR-1",
    "G-SD-1a": "it judges who acts, and there is no act without a person",
    "G-SD-1b": "an isolation that is not verified shuts G-SV-2a",
    "G-ISO-1": "no live ticket is the good case",
    "G-CS-3": "no hot work in the space is the good case; whether two spaces are one is no fact that can be missing",
}
#: Gates whose source may ask for a number, but no verdict of theirs turns on it.
NO_BOUND: Mapping[str, str] = {
    "G-CS-3": "one space is no distance; the numbers only say where to look",
    "G-SD-1a": "the shift's length only helps to name who may issue instead",
    "G-RUN-5": "the shift's length is asked for before the start only; who resumes is judged by now",
}


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


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.id)
def test_a_gate_has_its_vectors(gate: Gate) -> None:
    assert not lacking(gate)


def test_what_is_excepted_is_a_gate_and_is_so() -> None:
    gates = {gate.id: gate for gate in GATES}
    assert set(NO_EVIDENCE) | set(NO_BOUND) <= set(gates)
    assert not [name for name in NO_EVIDENCE if "missing" in _kinds(gates[name])]
    assert all(compares(gates[name]) for name in NO_BOUND)
