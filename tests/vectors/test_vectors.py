"""Every vector holds and says what it is; every type of work has a standard job that passes every boundary."""

from __future__ import annotations

import pytest

from services.rule_use import used_by
from services.seven_steps.gate import Boundary
from services.seven_steps.gates import AT, GATES
from services.seven_steps.work_types import TYPES
from tests.flow.standard_jobs import ORDER, STANDARD, TICKET, ready
from tests.vectors.vector import KINDS, Vector, asked, faults, vectors, verdict


@pytest.mark.parametrize("vector", vectors(), ids=str)
def test_vector(vector: Vector) -> None:
    question = asked(vector)
    assert not faults(question)
    found = verdict(question)
    if found is not None:  # and what the gate asked for is what its source says it may
        assert set(found.numbers) <= set(used_by(found.gate).numbers)
        assert {missing.alarm for missing in found.missing} - {""} <= set(used_by(found.gate).alarms)


def test_a_vector_says_what_it_is() -> None:
    for vector in vectors():
        assert vector.kind in KINDS, vector
        assert vector.expect == KINDS[vector.kind], vector
        assert vector.at in {b for gate in GATES if gate.id == vector.gate for b in gate.at}, vector
        assert vector.clause and vector.name, vector
    assert len({str(vector) + vector.ticket + str(vector.packs) for vector in vectors()}) == len(vectors())


def test_every_type_has_a_standard_job() -> None:
    assert set(TYPES) <= set(STANDARD)


@pytest.mark.parametrize("type_", sorted(STANDARD))
def test_the_standard_job_of_a_type_finds_every_gate_open_at_every_boundary(type_: str) -> None:
    for boundary in ORDER:
        permit = None if boundary == Boundary.REVIEW else TICKET
        assert ready(type_, boundary).shut(boundary, permit) == set(), boundary


def test_every_boundary_in_order_has_gates() -> None:
    assert all(AT[boundary] for boundary in ORDER)
