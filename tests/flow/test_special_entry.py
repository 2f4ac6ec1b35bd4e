"""Entry out of limits: into work that stands only for its bad gas, in the mode HSE approved, and nothing more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.seven_steps.gate import Boundary as B
from tests.flow.standard_jobs import TICKET, ready
from tests.flow.world import JOB, World, codes, text

BREATHING = "breathing_apparatus"
NITROGEN = [{"gas": "oxygen", "point": "bottom", "value": "2.0", "unit": "%vol"}]


def bad_air(**policies: str) -> World:
    w = ready("confined_space", B.ENTER)
    w.board = replace(w.board, policies={"special_entry_allowed": "1", **policies})
    w.later(minutes=1)
    w.permit_ok(TICKET, "tester", "record_gas_test", {"instrument_id": "meter", "readings": NITROGEN})
    assert list(w.permit(TICKET).suspensions) == ["bad_gas"]
    return w


def approved(**policies: str) -> World:
    w = bad_air(**policies)
    w.permit_ok(TICKET, "hse", "approve_special_entry", {"mode": BREATHING, "reason": text("catalyst under nitrogen")})
    return w


def let_in(w: World, **more: Any) -> Any:
    return w.do("watch", "enter", {"person_id": "cutter", **more}, job_id=JOB, permit_id=TICKET)


def test_the_approved_mode_lets_a_person_in_and_the_record_says_how() -> None:
    w = approved()
    outcome = let_in(w, mode=BREATHING)
    assert outcome.verdict == "accepted"
    (entered,) = (e for e in outcome.events if e.type == "entry.entered")
    assert (entered.data["mode"], w.permit(TICKET).inside["cutter"].mode) == (BREATHING, BREATHING)
    limits = next(v for v in outcome.gates if v.gate.id == "G-GAS-3")
    assert w.permit(TICKET).special_entry.seq in limits.evidence
    assert w.permit(TICKET).state == "suspended"


def test_a_normal_entry_into_suspended_work_is_refused_whatever_was_approved() -> None:
    assert codes(let_in(approved())) == {"wrong_state"}


def test_without_approval_both_gates_are_named() -> None:
    assert codes(let_in(bad_air(), mode=BREATHING)) == {"G-GAS-3", "G-GAS-10"}


def test_a_site_that_says_nothing_allows_no_special_entry() -> None:
    assert codes(let_in(approved(special_entry_allowed="0"), mode=BREATHING)) == {"G-GAS-3", "G-GAS-10"}


def test_where_work_stands_for_more_than_its_gas_nobody_goes_in() -> None:
    w = approved()
    w.permit_ok(TICKET, "area", "suspend", {"cause": "weather", "reason": text("storm")})
    assert codes(let_in(w, mode=BREATHING)) == {"wrong_state"}


def test_work_itself_does_not_go_on_by_it() -> None:
    outcome = approved().do("area", "resume", {"unchanged": True}, job_id=JOB, permit_id=TICKET)
    assert "G-GAS-3" in codes(outcome)


def test_only_a_space_that_is_entered_has_special_entries_and_only_hse_approves_them() -> None:
    payload = {"mode": BREATHING, "reason": text("r")}
    w = ready("general", B.RESUME)
    assert codes(w.do("hse", "approve_special_entry", payload, job_id=JOB, permit_id=TICKET)) == {"wrong_state"}
    outcome = bad_air().do("safety", "approve_special_entry", payload, job_id=JOB, permit_id=TICKET)
    assert codes(outcome) == {"not_allowed"}
