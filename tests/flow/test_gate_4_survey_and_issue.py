"""Gate 4, the signatures: the act of issuing and what it raises. Each gate at its bounds: tests/vectors."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.seven_steps.gate import Boundary as B
from tests.flow import walk
from tests.flow.tables import ready_for
from tests.flow.world import DAY_TWO, HOT, JOB, PIT, World, alarms, codes, presence, text


def change(w: World) -> World:
    w.job_ok("area", "record_change", {"what": text("line refilled")})
    return w


def assessed_again(w: World) -> World:
    rows = [walk.risk_row(h) for h in ("fire", "burn", "toxic", "oxygen")]
    w.job_ok("lead", "record_risk_assessment", {"method": "5x5", "rows": rows, "participants": ["lead"]})
    return w


def signed_again(w: World) -> World:
    w.job_ok("lead", "assess", {"permits": [HOT, PIT]})
    return w


def node_after(minutes: int, seconds: int = 0) -> Any:
    """The unit signs that long after the survey; the lead signed at once."""

    def given(w: World) -> World:
        moment = DAY_TWO + timedelta(minutes=minutes, seconds=seconds)
        nodes = tuple(replace(n, at=moment) if n.node == "unit" else n for n in w.permit(HOT).nodes)
        return w.change_permit(HOT, nodes=nodes)

    return given


ACTS = [
    ("the approver of the grade, on site", "safety", {}, set()),
    ("tapped 60 s ago", "safety", {"act_by": DAY_TWO}, set()),
    ("tapped 61 s ago", "safety", {"act_by": DAY_TWO - timedelta(seconds=1)}, {"too_late"}),
    ("no time to act by", "safety", {"act_by": None}, {"too_late"}),
    ("by a worker", "cutter", {}, {"not_allowed"}),
    ("by nobody the site knows", "stranger", {}, {"not_allowed"}),
    ("on another version of the job", "safety", {"expected_version": 1}, {"version_conflict"}),
]


@pytest.mark.parametrize(("name", "actor", "more", "then"), ACTS, ids=[a[0] for a in ACTS])
def test_issue(name: str, actor: str, more: dict[str, Any], then: set[str]) -> None:
    w = ready_for(B.ISSUE)
    outcome = w.do(actor, "issue", job_id=JOB, permit_id=HOT, **{"presence": presence("farm"), **more})
    assert codes(outcome) == then
    assert (w.permit(HOT).state == "issued") == (not then)


def test_a_change_asks_for_an_assessment_that_is_made_and_signed_after_it() -> None:
    w = ready_for(B.ISSUE)
    assert not {"G-RA-1", "G-RA-4"} & w.shut(B.ISSUE)
    change(w)
    assert "G-RA-4" in w.shut(B.ISSUE)
    assessed_again(w)
    assert {"G-RA-1", "G-RA-4"} <= w.shut(B.ISSUE)
    signed_again(w)
    assert not {"G-RA-1", "G-RA-4"} & w.shut(B.ISSUE)


def test_a_refused_sign_off_raises_its_alarm_once_and_counts_the_rest() -> None:
    w = ready_for(B.ISSUE)
    for _ in range(2):
        outcome = w.do("safety", "issue", job_id=JOB, permit_id=HOT)
        assert (outcome.verdict, alarms(outcome)) == ("refused", {"30"})
    open_alarms = [a for a in w.board.alarms.values() if a.code == "30"]
    assert [a.count for a in open_alarms] == [2]


def test_a_late_node_raises_its_alarm_and_does_not_block() -> None:
    w = ready_for(B.ISSUE)
    node_after(241)(w)
    outcome = w.do("safety", "issue", job_id=JOB, permit_id=HOT, presence=presence("farm"))
    assert (outcome.verdict, alarms(outcome)) == ("accepted", {"91"})


def test_open_gates_name_their_evidence_too() -> None:
    w = ready_for(B.ISSUE)
    outcome = w.permit_ok(HOT, "safety", "issue", presence=presence("farm"))
    judged = {v.gate.ref: v for v in outcome.gates}
    assert judged["G-GAS-2@1"].open
    assert judged["G-GAS-2@1"].evidence == (w.permit(HOT).gas[0].seq,)


HOLIDAY_ISSUES = [
    ("first level on a holiday by safety", "safety", {"G-LV-2", "G-SV-4"}, {"40"}),
    ("first level on a holiday by the head, after safety has signed its line", "head", set(), set()),
]


@pytest.mark.parametrize(("name", "actor", "then", "raised"), HOLIDAY_ISSUES, ids=[h[0] for h in HOLIDAY_ISSUES])
def test_the_upgrade_raises_the_approver_one_step(name: str, actor: str, then: set[str], raised: set[str]) -> None:
    w = ready_for(B.ISSUE)
    w.board = replace(w.board, calendar=replace(w.board.calendar, holidays=frozenset({"2026-11-19"})))
    w.permit_ok(HOT, "safety", "sign_node", {"node": "safety", "opinion": text("agreed")})
    outcome = w.do(actor, "issue", job_id=JOB, permit_id=HOT, presence=presence("farm"))
    assert (codes(outcome), alarms(outcome)) == (then, raised)


def test_validity_begins_at_the_issue_if_that_is_later_and_ends_as_planned() -> None:
    w = ready_for(B.ISSUE)
    w.later(minutes=7)
    w.permit_ok(HOT, "safety", "issue", presence=presence("farm"))
    permit = w.permit(HOT)
    assert (permit.valid_from, permit.valid_to) == (DAY_TWO + timedelta(minutes=7), DAY_TWO + timedelta(hours=8))
