"""Alarms from raise to result; bands of risk at their bounds; limits on both sides; registry facts."""

from dataclasses import replace
from typing import Any

import pytest

from services.seven_steps import limits
from services.seven_steps.board import Seen
from services.seven_steps.gate import Boundary as B
from services.seven_steps.step6_supervision import CHECKS_KEPT
from tests.flow import walk
from tests.flow.payloads import PAYLOADS
from tests.flow.tables import ready_for
from tests.flow.world import DAY_TWO, HOT, JOB, PIT, World, alarms, codes, text

# ---- alarms --------------------------------------------------------------------------------------------------------


def test_an_alarm_is_owned_acknowledged_and_closed_with_a_result() -> None:
    w = ready_for(B.ISSUE)
    w.do("safety", "issue", job_id=JOB, permit_id=HOT)
    (alarm_id,) = w.board.alarms
    w.ok("area", "acknowledge_alarm", {"alarm_id": alarm_id})
    assert w.board.alarms[alarm_id].owner == "area"
    w.ok("area", "close_alarm", {"alarm_id": alarm_id, "result": text("went to the pit")})
    closed = w.board.alarms[alarm_id].closed
    assert closed is not None and closed.text == "went to the pit"
    again = w.do("area", "close_alarm", {"alarm_id": alarm_id, "result": text("again")})
    assert codes(again) == {"wrong_state"}


def test_after_a_closed_alarm_the_next_one_is_new() -> None:
    w = ready_for(B.ISSUE)
    for _ in range(2):
        w.do("safety", "issue", job_id=JOB, permit_id=HOT)
        open_ones = [a for a in w.board.alarms.values() if a.closed is None]
        assert [a.count for a in open_ones] == [1]
        w.ok("area", "close_alarm", {"alarm_id": open_ones[0].alarm_id, "result": text("seen")})
    assert len(w.board.alarms) == 2


def test_a_job_is_not_reviewed_with_an_open_alarm() -> None:
    w = ready_for(B.REVIEW)
    w.ok("service:timekeeper", "raise_alarm", {"code": "05", "what": "overdue"}, job_id=JOB, permit_id=PIT)
    assert codes(w.do("hse", "review", {"lessons": text("x")}, job_id=JOB)) == {"G-CL-2a"}
    (alarm_id,) = w.board.alarms
    w.ok("hse", "close_alarm", {"alarm_id": alarm_id, "result": text("late, not missing")})
    w.job_ok("hse", "review", {"lessons": text("x")})


RAISED = [
    ("no gas test", B.ISSUE, lambda w: w.change_permit(HOT, gas=()), "issue", "safety", "01"),
    ("linked ticket not surveyed", B.ISSUE, lambda w: w.change_permit(PIT, state="open"), "issue", "safety", "61"),
    ("linked one way", B.ISSUE, lambda w: w.change_permit(PIT, related=frozenset()), "issue", "safety", "62"),
    ("no guardian", B.START, lambda w: w.change_permit(HOT, guardians_on={}), "start", "lead", "31"),
    ("measures open", B.SURVEY, lambda w: w.change_permit(HOT, measures={}), "survey", "area", "90"),
]


@pytest.mark.parametrize(("name", "at", "given", "type_", "actor", "code"), RAISED, ids=[r[0] for r in RAISED])
def test_a_refused_sign_off_raises(name: str, at: B, given: Any, type_: str, actor: str, code: str) -> None:
    w = ready_for(at)
    given(w)
    outcome = w.do(actor, type_, {"unchanged": True} if type_ == "start" else {}, job_id=JOB, permit_id=HOT)
    assert outcome.verdict == "refused"
    assert code in alarms(outcome)


CERTIFICATES = [("none at all", "2026-11-18", True, "50"), ("expired", "2026-11-18", False, "51")]


@pytest.mark.parametrize(("name", "valid_to", "revoked", "code"), CERTIFICATES, ids=[c[0] for c in CERTIFICATES])
def test_a_bad_certificate_raises_its_own_code(name: str, valid_to: str, revoked: bool, code: str) -> None:
    w = ready_for(B.PLAN)
    bad = replace(w.board.certificates["c-cutter"], valid_to=valid_to, revoked=revoked)
    w.board = replace(w.board, certificates={**w.board.certificates, "c-cutter": bad})
    assert alarms(w.do("area", "plan", {"permits": [HOT, PIT]}, job_id=JOB)) == {code}


# ---- bands of risk -------------------------------------------------------------------------------------------------

MATRIX = [
    ((1, 4), "low"),
    ((1, 5), "medium"),
    ((3, 3), "medium"),
    ((2, 5), "high"),
    ((3, 4), "high"),
    ((3, 5), "extreme"),
]
LEC = [
    (("10", "1", "2"), "low"),
    (("3", "1", "7"), "medium"),
    (("10", "1", "7"), "medium"),
    (("6", "2", "7"), "high"),
    (("10", "1", "16"), "high"),
    (("6", "2", "15"), "extreme"),
]


def band_of(method: str, values: dict[str, Any]) -> str:
    w = walk.with_job()
    row = walk.risk_row("fire") | {"residual": values, "initial": values}
    w.job_ok("lead", "record_risk_assessment", {"method": method, "rows": [row], "participants": []})
    assert w.job.assessment is not None
    return w.job.assessment.rows[0].residual_band


@pytest.mark.parametrize(("values", "band"), MATRIX, ids=str)
def test_bands_of_the_matrix(values: tuple[int, int], band: str) -> None:
    assert band_of("5x5", {"l": values[0], "s": values[1]}) == band


@pytest.mark.parametrize(("values", "band"), LEC, ids=str)
def test_grades_of_lec(values: tuple[str, str, str], band: str) -> None:
    assert band_of("lec", {"l": values[0], "e": values[1], "c": values[2]}) == band


# ---- limits --------------------------------------------------------------------------------------------------------


def remembered(w: World, count: int) -> World:
    ids = {str(n): Seen("0" * 64, DAY_TWO) for n in range(count)}
    w.board = replace(w.board, seen={JOB: ids})
    return w


def test_a_job_takes_its_commands_and_no_more_but_always_a_stop() -> None:
    w = remembered(walk.active(), limits.COMMANDS_PER_JOB_MAX - 1)
    w.permit_ok(HOT, "area", "record_check", PAYLOADS["record_check"])
    assert codes(w.do("area", "record_check", PAYLOADS["record_check"], job_id=JOB, permit_id=HOT)) == {"limit_reached"}
    w.job_ok("mate", "stop_work", {})


def test_a_site_takes_its_live_tickets_and_no_more() -> None:
    w = walk.with_job()
    permit = w.permit(HOT)
    many = {f"p{n}": replace(permit, permit_id=f"p{n}", job_id="other") for n in range(limits.LIVE_PERMITS_MAX - 3)}
    w.board = replace(w.board, permits={**w.board.permits, **many})
    w.ok("applicant", "add_ticket", PAYLOADS["add_ticket"], job_id=JOB, permit_id="last")
    over = w.do("applicant", "add_ticket", PAYLOADS["add_ticket"], job_id=JOB, permit_id="over")
    assert codes(over) == {"limit_reached"}


def test_the_board_keeps_the_newest_readings() -> None:
    w = ready_for(B.ISSUE)
    one = w.permit(HOT).gas[0]
    w.change_permit(HOT, gas=(one,) * limits.GAS_READINGS_KEPT)
    walk.sample_air(w, HOT)
    assert len(w.permit(HOT).gas) == limits.GAS_READINGS_KEPT
    assert w.permit(HOT).gas[-1].seq == w.board.seq


# ---- the simulated clock -------------------------------------------------------------------------------------------


def simulated() -> World:
    w = World()
    site = PAYLOADS["register_site"] | {"clock": "simulated", "starts_at": "2026-03-02T00:00:00Z"}
    w.ok("service:desk", "register_site", site)
    assert w.board.decided_at is not None
    w.now = w.board.decided_at
    w.ok("service:desk", "register_person", PAYLOADS["register_person"] | {"person_id": "x"})
    return w


def test_a_simulated_site_begins_when_it_is_told_and_moves_forward_only() -> None:
    w = simulated()
    assert w.now.isoformat() == "2026-03-02T00:00:00+00:00"
    w.ok("x", "advance_clock", {"to": "2026-03-03T00:00:00Z"})
    assert w.board.decided_at is not None
    w.now = w.board.decided_at
    assert w.now.isoformat() == "2026-03-03T00:00:00+00:00"
    assert codes(w.do("x", "advance_clock", {"to": "2026-03-02T23:59:59Z"})) == {"wrong_state"}


def test_a_real_clock_is_nobodys_to_move() -> None:
    assert codes(walk.site().do("admin", "advance_clock", {"to": "2030-01-01T00:00:00Z"})) == {"wrong_state"}


def test_a_bad_value_is_not_crowded_out_by_readings_of_other_points() -> None:
    w = ready_for(B.ISSUE)
    walk.sample_air(w, HOT, {"propane": ("3", "%vol")})
    walk.sample_air(w, HOT, captured=None)
    elsewhere = replace(w.permit(HOT).gas[0], point="elsewhere")
    w.change_permit(HOT, gas=(*w.permit(HOT).gas, *(elsewhere,) * limits.GAS_READINGS_KEPT))
    good = {"gas": "propane", "point": "elsewhere", "value": "0.05", "unit": "%vol"}
    w.permit_ok(HOT, "tester", "record_gas_test", {"instrument_id": "meter", "readings": [good]})
    assert {"G-GAS-3", "G-GAS-12"} <= w.shut(B.ISSUE, HOT)
    assert len(w.permit(HOT).gas) <= limits.GAS_READINGS_KEPT + 5


def test_a_finding_is_not_crowded_out_by_checks_that_found_nothing() -> None:
    w = walk.active()
    w.permit_ok(HOT, "hse", "record_check", {"item": "hose", "ok": False, "finding": text("worn")})
    fine = replace(w.permit(HOT).checks[0], ok=True)
    w.change_permit(HOT, checks=(*w.permit(HOT).checks, *(fine,) * CHECKS_KEPT))
    w.permit_ok(HOT, "hse", "record_check", {"item": "hose", "ok": True})
    assert [check.ok for check in w.permit(HOT).checks].count(False) == 1
