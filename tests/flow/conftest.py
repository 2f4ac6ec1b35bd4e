"""Every gate asked here also holds `rule_use` to the truth: what a gate asks for is what its source says it may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.rule_use import used_by
from services.seven_steps import gates
from services.seven_steps.gate import Case, Gate, Verdict

judge_gate = gates.judge_gate


def _checked(gate: Gate, case: Case) -> Verdict:
    verdict = judge_gate(gate, case)
    surprising = set(verdict.numbers) - set(used_by(gate).numbers)
    assert not surprising, f"{gate.id} asks for {surprising}, which rule_use does not find in its source"
    alarms = {missing.alarm for missing in verdict.missing} - {""} - set(used_by(gate).alarms)
    assert not alarms, f"{gate.id} raises {alarms}, which rule_use does not find in its source"
    return verdict


@pytest.fixture(autouse=True, scope="session")
def derived_numbers_are_the_ones_asked_for() -> Iterator[None]:
    gates.judge_gate = _checked
    yield
    gates.judge_gate = judge_gate
