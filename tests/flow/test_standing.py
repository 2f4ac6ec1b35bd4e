"""Running work stops by itself: whatever gate falls shut, whoever made it so, in the outcome that made it so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from services.seven_steps.gate import Boundary as B
from services.seven_steps.gates import GATES
from tests.flow import walk
from tests.flow.world import HOT, JOB, PIT, World, alarms, codes, text

TIMEKEEPER = "service:timekeeper"


def checked(w: World) -> set[str]:
    """A record that changes nothing of the work: what is shut stops it all the same."""
    return alarms(w.permit_ok(HOT, "watch", "record_check", {"item": "round", "ok": True}))


def without_guardian(w: World) -> None:
    w.change_permit(PIT, guardians_on={})


def revoked(certificate_id: str) -> Callable[[World], None]:
    def given(w: World) -> None:
        known = w.board.certificates[certificate_id]
        w.ok(
            "admin",
            "register_certificate",
            {
                "certificate_id": certificate_id,
                "person_id": known.person_id,
                "trade": known.trade,
                "valid_from": known.valid_from,
                "valid_to": known.valid_to,
                "revoked": True,
            },
        )

    return given


def record_overdue(w: World) -> None:
    w.later(hours=2, minutes=15, seconds=1)


def meter_out_of_service(w: World) -> None:
    meter = {"instrument_id": "meter", "model": "X4", "gases": ["propane"], "calibration_due": "2026-12-31"}
    w.ok("admin", "register_instrument", meter | {"in_service": False})


def tighter_limit(w: World) -> None:
    """The deciding reading stands; the limit moves."""
    readings = tuple(replace(r, converted=r.converted and r.converted * 10) for r in w.permit(PIT).gas)
    w.change_permit(PIT, gas=readings)


STOPPED = [
    pytest.param(without_guardian, PIT, "guardian_gone", "31", id="no guardian"),
    pytest.param(revoked("c-watch"), PIT, "guardian_gone", "31", id="the guardian's certificate is revoked"),
    pytest.param(revoked("c-cutter"), HOT, "suspension", "50", id="the cutter's certificate is revoked"),
    pytest.param(record_overdue, PIT, "gas_unmonitored", "05", id="no gas record for 2:15:01 h"),
    pytest.param(meter_out_of_service, PIT, "gas_unmonitored", "05", id="the monitor is out of service"),
    pytest.param(tighter_limit, PIT, "bad_gas", "06", id="a value out of its limit"),
]


@pytest.mark.parametrize(("given", "permit", "cause", "code"), STOPPED)
def test_the_next_record_about_the_job_stops_it(
    given: Callable[[World], None], permit: str, cause: str, code: str
) -> None:
    w = walk.active()
    given(w)
    assert w.permit(permit).state == "active"
    assert code in checked(w)
    assert (w.permit(permit).state, cause in w.permit(permit).suspensions) == ("suspended", True)


@pytest.mark.parametrize(("given", "permit", "cause", "code"), STOPPED)
def test_the_timekeeper_stops_it_if_nobody_says_anything(
    given: Callable[[World], None], permit: str, cause: str, code: str
) -> None:
    w = walk.active()
    given(w)
    outcome = w.permit_ok(permit, TIMEKEEPER, "enforce_standing")
    assert code in alarms(outcome)
    assert cause in w.permit(permit).suspensions
    again = w.do(TIMEKEEPER, "enforce_standing", job_id=JOB, permit_id=permit)
    assert codes(again) == {"wrong_state"}


def test_nothing_stops_while_all_is_in_order() -> None:
    w = walk.active()
    assert checked(w) == set()
    outcome = w.do(TIMEKEEPER, "enforce_standing", job_id=JOB, permit_id=HOT)
    assert codes(outcome) == {"wrong_state"}
    assert {w.permit(p).state for p in (HOT, PIT)} == {"active"}


def test_a_gas_record_of_2_15_00_h_does_not_stop_it_yet() -> None:
    w = walk.active().later(hours=2, minutes=15)
    checked(w)
    assert w.permit(PIT).state == "active"


def test_several_causes_are_all_named_and_each_code_is_raised_once() -> None:
    w = walk.active()
    without_guardian(w)
    record_overdue(w)
    outcome = w.permit_ok(PIT, TIMEKEEPER, "enforce_standing")
    assert set(w.permit(PIT).suspensions) == {"guardian_gone", "gas_unmonitored"}
    raised = [e.data["code"] for e in outcome.events if e.type == "alarm.raised"]
    assert sorted(raised) == ["05", "31"]
    ids = [e.data["alarm_id"] for e in outcome.events if e.type == "alarm.raised"]
    assert len(set(ids)) == len(ids)


def test_the_linked_ticket_stops_in_the_same_outcome() -> None:
    w = walk.active()
    for permit in (HOT, PIT):
        w.change_permit(permit, guardians_on={})
    checked(w)
    assert {p: set(w.permit(p).suspensions) for p in (HOT, PIT)} == {
        HOT: {"guardian_gone"},
        PIT: {"guardian_gone"},
    }


def test_a_bad_reading_is_one_alarm_and_one_suspension() -> None:
    w = walk.active()
    outcome = w.permit_ok(
        PIT,
        "tester",
        "record_gas_test",
        {"instrument_id": "meter", "readings": [{"gas": "propane", "point": "bottom", "value": "1", "unit": "%vol"}]},
    )
    said = [(e.type, e.data.get("code") or e.data.get("cause")) for e in outcome.events[1:]]
    assert said == [("permit.suspended", "bad_gas"), ("alarm.raised", "06")]


def test_the_break_counts_from_the_moment_the_work_was_stopped() -> None:
    w = walk.active().later(minutes=3)
    without_guardian(w)
    checked(w)
    assert w.permit(PIT).stopped_at == w.now


def test_a_refused_act_stops_nothing_but_raises_its_alarm() -> None:
    w = walk.active()
    without_guardian(w)
    outcome = w.do("watch", "enter", {"person_id": "cutter"}, job_id=JOB, permit_id=PIT)
    assert outcome.verdict == "refused"
    assert {e.type for e in outcome.events} == {"alarm.raised"}


def test_an_untrained_worker_added_to_running_work_stops_it() -> None:
    w = walk.active()
    w.permit_ok(HOT, "lead", "change_crew", {"add": [{"person_id": "mate", "role": "worker", "trade": "hot_work"}]})
    assert set(w.permit(HOT).suspensions) == {"suspension"}


CAUSES = {
    "interruption",
    "guardian_gone",
    "suspension",
    "weather",
    "stop_work",
    "bad_gas",
    "clash",
    "video_lost",
    "gas_unmonitored",
    "no_handover",
    "finding",
}


def test_every_standing_gate_names_a_cause_and_no_grace_but_a_number() -> None:
    w = walk.active()
    for gate in GATES:
        assert not gate.suspends or gate.suspends in CAUSES, gate.id
        assert not gate.grace or gate.suspends, gate.id
        if gate.grace:
            assert w.rules.duration(gate.grace, w.board) is not None


def test_only_a_service_enforces() -> None:
    w = walk.active()
    assert codes(w.do("area", "enforce_standing", job_id=JOB, permit_id=HOT)) == {"not_allowed"}


def test_a_change_of_process_stops_the_work_that_was_issued_before_it() -> None:
    """A change is a new analysis and a new ticket: work does not go on until somebody resumes (4.17)."""
    w = walk.active()
    w.job_ok("area", "record_change", {"what": text("line refilled")})
    for ticket in (HOT, PIT):
        assert (w.permit(ticket).state, set(w.permit(ticket).suspensions)) == ("suspended", {"suspension"})
        assert "G-RUN-3" in w.shut(B.RESUME, ticket)
