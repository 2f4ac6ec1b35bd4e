"""Which numbers, lists and alarms a gate uses is read from its source; tests/flow holds it to what gates ask for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from services import rule_use
from services.rule_use import missing_of, raised_by, used_by
from services.seven_steps.gate import Boundary, Case, Gate, Missing
from services.seven_steps.gates import GATES

BY_ID = {gate.id: gate for gate in GATES}


@pytest.mark.parametrize(
    "gate_id, numbers",
    [
        ("G-GAS-2", {"gas_age_before_start"}),
        ("G-RUN-4", {"start_window"}),
        ("G-CS-1c", {"lighting_max", "lighting_max_wet_or_narrow"}),  # chosen by a name in a variable
        ("G-CL-2a", set()),
    ],
)
def test_the_numbers_of_a_gate(gate_id: str, numbers: set[str]) -> None:
    assert set(used_by(BY_ID[gate_id]).numbers) == numbers


def test_names_put_together_at_run_time_are_found() -> None:
    assert {"validity_hot_special", "validity_hot_1", "validity_hot_2", "validity_confined"} <= set(
        used_by(BY_ID["G-PL-3"]).numbers
    )
    assert {"measures_hot_work", "measures_confined_space"} <= set(used_by(BY_ID["G-SV-1"]).lists)


def test_the_word_for_what_is_missing_is_no_number() -> None:
    """`fire_watch` is a number of minutes and also the word for a fire watch that is not there."""
    assert "fire_watch" in used_by(BY_ID["G-HOT-3a"]).numbers
    assert "fire_watch" not in used_by(BY_ID["G-HOT-1a"]).numbers


def test_alarms_are_the_gates_own_and_those_of_what_is_missing() -> None:
    assert used_by(BY_ID["G-LV-2"]).alarms == ("40", "41", "42", "43")
    assert set(used_by(BY_ID["G-CR-1"]).alarms) >= {"50", "51"}
    assert used_by(BY_ID["G-GAS-2"]).alarms == ("02",)


def test_what_is_missing_is_found_through_helpers() -> None:
    assert "fresh_gas_test" in missing_of(BY_ID["G-GAS-2"])
    assert all(missing_of(gate) for gate in GATES)


def test_an_alarm_is_raised_by_gates_or_by_who_watches() -> None:
    assert raised_by("02") == ("G-GAS-2",)
    assert "services/timekeeper/due.py" in raised_by("93")
    assert raised_by("00") == ()


# ---- ways to write a predicate -------------------------------------------------------------------------------------


def _limit(case: Case, name: str) -> tuple[Missing, ...]:
    return (Missing("x"),) if case.rules.number(name, case.board) else ()


def _bound(name: str) -> Callable[[Case], tuple[Missing, ...]]:
    def shut_by(case: Case) -> tuple[Missing, ...]:
        return _limit(case, name)

    return shut_by


def _gate(shut_by: Callable[[Case], tuple[Missing, ...]]) -> Gate:
    return Gate("G-X-1", 1, frozenset({Boundary.START}), "Policy", shut_by, lambda _case: ())


@pytest.mark.parametrize(
    "shut_by",
    [
        lambda case: _limit(case, "start_window"),
        partial(_limit, name="start_window"),
        _bound("start_window"),
    ],
    ids=["a lambda that calls a helper", "a partial", "a function that closes over the name"],
)
def test_a_number_is_found_however_the_predicate_is_written(shut_by, monkeypatch) -> None:
    monkeypatch.setattr(rule_use, "RULES", "tests.rules")
    assert used_by(_gate(shut_by)).numbers == ("start_window",)
