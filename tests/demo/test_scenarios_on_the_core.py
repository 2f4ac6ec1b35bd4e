"""The demo's scenarios against the pure core, through the wire's schemas: the fast half of the demo's tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from services.desk.exits import Fault
from services.desk.player import Played, Player
from services.desk.scenario import Scenario, Step
from services.rulebook import rulebook
from services.seven_steps.gate import Boundary
from services.seven_steps.judge import judge
from tests.demo.pure_site import demo_stage

#: The refusals that the demo promises (issue 3, point 3), each with its recovery.
PROMISED = {
    "G-CR-1", "G-CR-2b", "G-PL-2", "G-BR-1", "G-SD-1b", "G-SV-5c", "G-SV-3a", "G-GAS-2", "G-HOT-5", "too_late",
    "G-GAS-4", "G-HOT-3a",
}  # fmt: skip


async def played(name: str) -> tuple[Player, Played]:
    stage, names, script = demo_stage(name)
    player = Player(script, names, stage)
    return player, await player.play()


async def test_the_main_scenario_meets_every_promised_refusal_and_recovers():
    player, result = await played("scenario")
    assert set(result.codes) >= PROMISED
    assert (result.refused, result.malformed) == (16, 1)
    board, names = player.stage.board, player.names
    assert board.jobs[names.job_id("pit")].state == "closed"
    assert not [a for a in board.alarms.values() if a.job_id == names.job_id("pit") and a.closed is None]


async def test_two_jobs_are_left_one_in_execution_and_one_at_a_shut_gate():
    player, _ = await played("scenario")
    board, names = player.stage.board, player.names
    assert board.permits[names.permit_id("weld")].state == "active"
    job, ticket = board.jobs[names.job_id("running")], board.permits[names.permit_id("flange")]
    assert (job.state, ticket.level) == ("assessed", "special")
    shut = [v.gate.id for v in judge(board, Boundary.PLAN, job, ticket, board.decided_at, rulebook()) if not v.open]
    assert shut == ["G-PL-2"]


async def test_the_levels_come_from_the_facts():
    player, _ = await played("scenario")
    permits = player.stage.board.permits
    level = {name: permits[player.names.permit_id(name)].level for name in ("hot", "flange", "weld")}
    assert level == {"hot": "1", "flange": "special", "weld": "2"}


#: The refusals that each short scenario is about, each with its recovery: its jobs are closed at the end.
KNOWN_FOR = {
    "short": {"G-PL-2", "G-CR-1", "G-SV-3a"},
    "height": {"G-LV-1", "G-PL-3", "G-CR-1", "G-SV-1", "G-SV-4", "G-WX-1", "G-HG-1"},
    "lifting": {"G-PL-2", "G-CR-1", "G-SV-1", "G-SV-4", "G-LF-1", "G-WX-1"},
    "earthwork": {"wrong_state", "G-EX-1", "G-SV-4", "G-RUN-5"},
    "blind_plate": {"G-PL-2", "G-BL-1", "G-SV-1"},
    "temporary_power": {"G-PL-4", "G-CR-1", "G-GAS-2", "G-SV-4", "G-EL-1", "G-CL-1a"},
    "road_break": {"G-PL-2", "G-SV-6a"},
    "line_breaking": {"G-PL-3", "G-SV-2a", "G-SD-1b"},
    "radiography": {"G-CR-1", "G-SV-1"},
    "hv_electrical": {"G-SV-2a", "G-RUN-1"},
    "watched": {"G-GAS-7", "G-GAS-11", "G-GAS-6a", "G-HOT-2", "G-GAS-3"},
}
SCENARIOS = {file.stem for file in (Path(__file__).parents[2] / "deploy" / "demo").glob("*.toml")} - {"cast", "signals"}


def test_every_scenario_is_played_by_a_test():
    assert set(KNOWN_FOR) | {"scenario"} == SCENARIOS


@pytest.mark.parametrize("name", sorted(KNOWN_FOR))
async def test_a_short_scenario_meets_what_it_is_known_for_and_closes_its_jobs(name):
    player, result = await played(name)
    assert set(result.codes) == KNOWN_FOR[name]
    board = player.stage.board
    assert {job.state for job in board.jobs.values()} == {"closed"}
    assert [alarm for alarm in board.alarms.values() if alarm.closed is None] == []


@pytest.mark.parametrize(
    "changed, said",
    [
        (lambda step: replace(step, refused=("G-RA-1",)), "expected a refusal by G-RA-1, got 409 G-RA-1, G-RA-3"),
        (lambda step: replace(step, refused=()), "expected assess to be accepted, got 409 G-RA-1, G-RA-3"),
        (lambda step: replace(step, refused=(), malformed="permits"), "expected 422 naming permits, got 409"),
    ],
)
async def test_a_step_that_comes_out_otherwise_is_an_error_that_names_it(changed, said):
    stage, names, script = demo_stage("scenario")
    first = next(step for step in script.steps if step.refused)
    steps = tuple(changed(step) if step is first else step for step in script.steps)
    with pytest.raises(Fault) as fault:
        await Player(replace(script, steps=steps), names, stage).play()
    assert str(fault.value).startswith(f"step {first.number} (li.qiang assess on pit): {said}")


async def test_a_promised_refusal_that_does_not_come_is_an_error():
    stage, names, _ = demo_stage("scenario")
    step = Step(1, "zhao.min", "record_bump_test", {"instrument_id": "GD-07", "passed": True}, refused=("G-GAS-9c",))
    with pytest.raises(Fault, match="expected a refusal by G-GAS-9c, got 200 accepted"):
        await Player(Scenario("", "", {}, (step,)), names, stage).play()
