"""I6: two tickets that the matrix prohibits side by side are never both started, whatever is sent in whatever order."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from functools import cache

import pytest

from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.codec import plain, restore
from services.seven_steps.gate import Boundary as B
from tests.flow.standard_jobs import TICKET, ready
from tests.flow.world import JOB, World, codes, copy_of, text

OTHER_JOB, OTHER_TICKET = "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
SEEDS, STEPS = 40, 50
AIR = {"instrument_id": "meter", "readings": [{"gas": "propane", "point": "bottom", "value": "0.05", "unit": "%vol"}]}
REASON = {"reason": text("r")}
#: Who sends what about either ticket; both are issued and nothing but each other is in their way.
SENT = (
    ("lead", "start", {"unchanged": True}),
    ("lead", "start", {"unchanged": True}),
    ("lead", "resume", {"unchanged": True}),
    ("area", "resume", {"unchanged": True}),
    ("safety", "resume", {"unchanged": True}),
    ("lead", "interrupt", REASON),
    ("area", "suspend", {"cause": "suspension", **REASON}),
    ("lead", "complete", {}),
    ("tester", "record_gas_test", AIR),
)


@cache
def side_by_side() -> World:
    """Hot work, and in the same area a ticket that releases flammable gas, of another job with another guardian."""
    w, general = copy_of(ready("hot_work", B.START)), ready("general", B.START)
    job = restore(Job, _renamed(general.job))
    permit = replace(restore(Permit, _renamed(general.permit(TICKET))), activities=frozenset({"gas_release"}))
    w.board = replace(w.board, jobs={**w.board.jobs, OTHER_JOB: job}, permits={**w.board.permits, OTHER_TICKET: permit})
    return w.indexed()


def _renamed(value: Job | Permit) -> object:
    said = json.dumps(plain(value))
    for old, new in ((TICKET, OTHER_TICKET), (JOB, OTHER_JOB), ('"watch"', '"watch2"')):
        said = said.replace(old, new)
    return json.loads(said)


def test_each_may_start_alone_and_then_the_other_may_not() -> None:
    about = ({"job_id": JOB, "permit_id": TICKET}, {"job_id": OTHER_JOB, "permit_id": OTHER_TICKET})
    for first, second in (about, about[::-1]):
        w = copy_of(side_by_side())
        assert codes(w.do("lead", "start", {"unchanged": True}, **first)) == {"G-SIM-1"}  # the other is issued
        w.ok("area", "revoke_ticket", REASON, **second)
        w.ok("lead", "start", {"unchanged": True}, **first)


def _walk(seed: int) -> tuple[World, set[str], set[str]]:
    """The world after a walk, the tickets that ran in it, and what was refused; now and then one is taken back."""
    dice = random.Random(seed)
    w, ran, refused = copy_of(side_by_side()), set(), set()
    about = {TICKET: JOB, OTHER_TICKET: OTHER_JOB}
    if seed % 4 != 3:  # one is suspended before it began: then it counts, and may be resumed to issued
        w.do("area", "suspend", {"cause": "suspension", **REASON}, permit_id=dice.choice(list(about)))
    for _ in range(STEPS):
        w.later(seconds=dice.choice([1, 5, 30]))
        key = dice.choice(list(about))
        who, type_, payload = dice.choice(SENT)
        if dice.random() < 0.02:
            who, type_, payload = "area", "revoke_ticket", REASON
        outcome = w.do(who, type_, payload, job_id=about[key], permit_id=key)
        refused |= codes(outcome)
        active = {one for one in about if w.permit(one).state == "active"}
        ran |= active
        assert len(active) < 2, (seed, type_)
    return w, ran, refused


@pytest.mark.parametrize("seed", range(SEEDS))
def test_two_prohibited_tickets_are_never_both_active(seed: int) -> None:  # I6
    _walk(seed)


def test_the_walks_start_either_of_the_two_and_are_refused_for_the_other() -> None:
    ran, refused = set(), set()
    for seed in range(SEEDS):
        _, some, codes_ = _walk(seed)
        ran |= some
        refused |= codes_
    assert ran == {TICKET, OTHER_TICKET} and "G-SIM-1" in refused
