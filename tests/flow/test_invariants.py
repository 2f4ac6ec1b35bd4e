"""Random walks: whatever is sent, by whomever, in whatever order, the invariants I1-I8 hold after every record."""

import random
from datetime import timedelta

import pytest

from services.seven_steps import standing
from services.seven_steps.board_ticket import Permit
from services.seven_steps.codec import digest
from services.seven_steps.commands import COMMANDS
from services.seven_steps.gate import Case
from tests.flow import walk
from tests.flow.payloads import PAYLOADS
from tests.flow.world import HOT, JOB, PEOPLE, PIT, World, presence

OVER = ("accepted", "void", "revoked")
WALKS = (walk.before_issue, walk.before_start, walk.active, walk.completed, walk.before_accept)
#: One of these early in a walk would keep every gate shut to its end; the tables have them.
ENDS_IT = {
    "withdraw_job",
    "send_back",
    "record_change",
    "add_ticket",
    "declare_emergency",
    "stop_work",
    "give_briefing",
}
TYPES = sorted(set(COMMANDS) - ENDS_IT - {"register_site"})
GOOD = {
    "record_gas_test",
    "record_restoration",
    "remove_isolation",
    "stop_work",
    "clear_stop",
    "resume",
    "start",
    "interrupt",
    "enter",
    "leave",
    "guardian_on",
    "end_fire_watch",
    "accept",
    "complete",
}
STEPS = 60
SEEDS = 40
REACHED_WITHIN = 400  # seeds: each new command makes a given one rarer
AIR = {HOT: ("propane", "oxygen"), PIT: ("propane", "oxygen", "hydrogen_sulfide")}


def random_command(w: World, dice: random.Random) -> None:
    w.later(seconds=dice.choice([1, 1, 5, 30, 60, 300, 900, 1801]))
    type_ = dice.choice(sorted(GOOD)) if dice.random() < 0.7 else dice.choice(TYPES)
    permit = dice.choice([HOT, PIT])
    payload = dict(PAYLOADS[type_])
    if type_ == "record_gas_test":
        bad = dice.random() < 0.15
        values = {"propane": "0.3" if bad else "0.05", "oxygen": "20.9", "hydrogen_sulfide": "0"}
        units = {"propane": "%vol", "oxygen": "%vol", "hydrogen_sulfide": "mg/m3"}
        payload["readings"] = [
            {"gas": gas, "point": "bottom", "value": values[gas], "unit": units[gas]} for gas in AIR[permit]
        ]
    able = [p for p, roles in PEOPLE.items() if COMMANDS[type_].roles & (set(roles) | {"anyone"})]
    actor = dice.choice(able) if able and dice.random() < 0.9 else dice.choice(sorted(PEOPLE))
    if COMMANDS[type_].roles == {"service"}:
        actor = "service:timekeeper"
    about = {"job_id": JOB, "permit_id": permit}
    where = presence("farm") if dice.random() < 0.8 else None
    w.do(actor, type_, payload, presence=where, **about)


def fresh_and_good(permit: Permit, w: World) -> bool:
    """Independently of gas.py: each gas has a latest reading, at most 30 min old, below its limit."""
    for gas in AIR[permit.permit_id]:
        readings = [r for r in permit.gas if r.gas == gas and r.sampled is not None]
        if not readings:
            return False
        last = max(readings, key=lambda r: r.sampled.latest)
        if w.now - last.sampled.earliest > timedelta(minutes=30):
            return False
        if gas == "propane" and last.value > 0.2 and last.unit == "%vol":
            return False
    return True


def check_step(w: World, earlier: dict[str, Permit]) -> None:
    for permit in w.board.permits.values():
        was = earlier.get(permit.permit_id)
        if was is None:
            continue
        began = was.state == "issued" and permit.state == "active"
        if began or (was.state == "suspended" and permit.state == "active"):
            assert permit.issue is not None and permit.valid_from <= w.now <= permit.valid_to  # I1
            assert any(m.role == "guardian" and m.person_id in permit.guardians_on for m in permit.crew.values())  # I4
        if began:
            assert fresh_and_good(was, w)  # I2
        if permit.state == "active":
            assert any(m.role == "guardian" and m.person_id in permit.guardians_on for m in permit.crew.values())  # I4
        if permit.state == "accepted" and was.state != "accepted":
            assert not was.inside and not was.tools_inside  # I5
            if permit.type == "hot_work":
                assert was.fire_watch.at - was.completed.at >= timedelta(minutes=60)
        if was.state in OVER:
            assert permit.state == was.state  # I7


def stands(w: World) -> None:
    """After an accepted command about the job no ticket runs on with a standing gate shut, as its gates see it now."""
    if w.outcomes[-1].verdict != "accepted" or JOB not in w.board.jobs:
        return
    looking = w.command("", "resume")
    for permit in (w.board.permits[permit_id] for permit_id in w.job.permits):
        assert not standing.shut(Case(w.board, w.job, permit, looking, "", w.now, w.rules)), permit.permit_no


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_walk_breaks_an_invariant(seed: int) -> None:
    dice = random.Random(seed)
    w = WALKS[seed % len(WALKS)]()
    for _ in range(STEPS):
        earlier = dict(w.board.permits)
        isolated = (
            {i.point_id for i in w.job.isolations.values() if i.removed is None} if JOB in w.board.jobs else set()
        )
        locked = {i.point_id for i in w.job.isolations.values() if i.locks} if JOB in w.board.jobs else set()
        random_command(w, dice)
        check_step(w, earlier)
        stands(w)
        if JOB in w.board.jobs:
            now_isolated = {i.point_id for i in w.job.isolations.values() if i.removed is None}
            if isolated - now_isolated:
                assert not locked & (isolated - now_isolated)  # a personal lock keeps its isolation on
                assert all(p.state in (*OVER, "open", "surveyed") for p in earlier.values())  # I3


@pytest.mark.parametrize("seed", range(5))
def test_the_same_walk_folds_to_the_same_board_and_the_same_verdicts(seed: int) -> None:  # I8
    worlds = []
    for _ in range(2):
        dice = random.Random(seed)
        w = walk.before_start()
        for _ in range(STEPS):
            random_command(w, dice)
        worlds.append(w)
    assert worlds[0].outcomes == worlds[1].outcomes
    assert digest(worlds[0].board) == digest(worlds[1].board)


def test_the_walks_reach_what_they_are_about() -> None:
    """A walk that never starts, resumes, or is refused would prove nothing."""
    seen: set[str] = set()
    refused: set[str] = set()
    reached = {"work.started", "permit.resumed", "permit.accepted", "permit.suspended", "isolation.removed"}
    named = {"G-GAS-2", "G-CL-1a", "G-ISO-1", "G-RUN-5", "wrong_state", "not_allowed"}
    for seed in range(REACHED_WITHIN):
        dice = random.Random(seed)
        w = WALKS[seed % len(WALKS)]()
        for _ in range(STEPS):
            random_command(w, dice)
        seen |= {event.type for outcome in w.outcomes for event in outcome.events}
        refused |= {refusal.code for outcome in w.outcomes for refusal in outcome.refusals}
        if reached <= seen and named <= refused:
            return
    raise AssertionError((reached - seen, named - refused))
