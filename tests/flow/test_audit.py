"""Audits: the draw can be made again by anybody, only an independent look counts, a critical finding stops (G-AU-1)."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from services.seven_steps import limits
from services.seven_steps.gate import Boundary as B
from services.seven_steps.step7_to_closed_gates import had_part
from tests.flow import walk
from tests.flow.payloads import PAYLOADS
from tests.flow.world import HOT, JOB, PIT, World, alarms, codes, text

DRAW = PAYLOADS["draw_audit_sample"]


def drawn(w: World, **more: Any) -> str:
    audit_id: str = w.ok("hse", "draw_audit_sample", DRAW | more).events[0].data["audit_id"]
    return audit_id


def found(severity: str, permit: str | None = HOT) -> dict[str, Any]:
    finding = {"item": "gas log", "severity": severity, "what": text("no reading since noon")}
    return finding | ({"permit_id": permit} if permit else {})


def result(audit: str, *findings: dict[str, Any]) -> dict[str, Any]:
    return {"audit_id": audit, "job_id": JOB, "findings": list(findings)}


def with_jobs(w: World, count: int) -> World:
    others = {f"job-{n}": replace(w.job, job_id=f"job-{n}", permits=()) for n in range(count)}
    w.board = replace(w.board, jobs={**w.board.jobs, **others})
    return w


def test_the_sample_is_what_anybody_draws_from_the_same_jobs_and_seed() -> None:
    w = with_jobs(walk.active(), 30)
    event = w.ok("hse", "draw_audit_sample", DRAW | {"size": 7, "seed": "dice: 4 2 6"}).events[0].data
    ids = sorted(w.board.jobs)
    assert event["jobs"] == sorted(ids, key=lambda one: sha256(f"dice: 4 2 6\n{one}".encode()).hexdigest())[:7]
    assert (event["population"], event["population_sha256"]) == (31, sha256("\n".join(ids).encode()).hexdigest())


def test_another_seed_draws_others() -> None:
    w = with_jobs(walk.active(), 30)
    samples = {
        tuple(w.ok("hse", "draw_audit_sample", DRAW | {"seed": seed}).events[0].data["jobs"])
        for seed in ("1", "2", "3")
    }
    assert len(samples) == 3


FILTERS = [
    ({"of": "live"}, True),
    ({"of": "closed"}, False),
    ({"type": "hot_work"}, True),
    ({"type": "general"}, False),
    ({"area_id": "farm"}, True),
    ({"area_id": "yard"}, False),
]


@pytest.mark.parametrize(("only", "there"), FILTERS, ids=str)
def test_a_sample_is_of_the_jobs_that_were_asked_for(only: dict[str, Any], there: bool) -> None:
    w = walk.active()
    assert codes(w.do("hse", "draw_audit_sample", DRAW | only)) == (set() if there else {"wrong_state"})
    closed = archived()
    other_way = {"live": "closed", "closed": "live"}
    only = {key: other_way.get(value, value) for key, value in only.items()}
    assert codes(closed.do("hse", "draw_audit_sample", DRAW | only)) == (set() if there else {"wrong_state"})


def archived() -> World:
    """The job is closed and sealed, and has left the board."""
    w = walk.closed()
    w.job_ok("service:sealer", "record_seal", PAYLOADS["record_seal"] | {"kind": "closure"})
    assert JOB not in w.board.jobs
    return w


def test_a_closed_job_is_audited_after_it_has_left_the_board_by_somebody_who_had_no_part_in_it() -> None:
    w = archived()
    audit = drawn(w)
    both = replace(w.board.people["area"], roles=frozenset({"hse", "area_auth"}))
    w.board = replace(w.board, people={**w.board.people, "area": both})
    w.ok("area", "record_audit_result", result(audit))
    assert codes(w.do("hse", "close_audit", {"audit_id": audit, "conclusion": text("fine")})) == {"wrong_state"}
    w.ok("hse", "record_audit_result", result(audit, found("critical")))
    assert not w.board.late_arrivals
    finding = next(iter(w.board.audits[audit].findings))
    w.ok("safety", "answer_audit_finding", {"audit_id": audit, "finding_id": finding, "result": text("told")})
    w.ok("hse", "close_audit", {"audit_id": audit, "conclusion": text("fine")})
    assert not w.board.audits


@pytest.mark.parametrize("person", ["lead", "cutter", "watch", "area", "safety", "applicant"])
def test_whoever_had_a_part_in_the_job_is_not_independent(person: str) -> None:
    w = walk.active()
    audit = drawn(w)
    able = replace(w.board.people[person], roles=w.board.people[person].roles | {"hse"})
    w.board = replace(w.board, people={**w.board.people, person: able})
    assert w.ok(person, "record_audit_result", result(audit)).events[0].data["independent"] is False
    assert w.board.audits[audit].jobs[JOB].seen is None


def test_who_watched_or_led_is_known_by_that_alone() -> None:
    w = walk.active()
    permit = w.permit(HOT)
    w.change_permit(HOT, guardians_on={**permit.guardians_on, "relief": permit.guardians_on["watch"]})
    w.change_job(work_lead="leader")
    assert {"relief", "leader"} <= had_part(w.board, w.job)


def test_whoever_joins_the_job_after_the_draw_is_not_independent_any_more() -> None:
    w = walk.active()
    audit = drawn(w)
    w.permit_ok(
        HOT, "lead", "change_crew", {"add": [{"person_id": "hse", "role": "worker", "trade": "x"}], "remove": []}
    )
    assert w.ok("hse", "record_audit_result", result(audit)).events[0].data["independent"] is False


@pytest.mark.parametrize(("severity", "state"), [("minor", "active"), ("major", "active"), ("critical", "suspended")])
def test_a_critical_finding_stops_the_work_at_once(severity: str, state: str) -> None:
    w = walk.active()
    outcome = w.ok("hse", "record_audit_result", result(drawn(w), found(severity)))
    assert (w.permit(HOT).state, w.permit(PIT).state) == (state, "active")
    assert alarms(outcome) == ({"99"} if severity == "critical" else set())


def test_a_critical_finding_about_the_whole_job_stops_each_of_its_live_tickets() -> None:
    w = walk.active()
    outcome = w.ok("hse", "record_audit_result", result(drawn(w), found("critical", None)))
    assert {w.permit(p).state for p in (HOT, PIT)} == {"suspended"}
    assert len({e.data["alarm_id"] for e in outcome.events if e.type == "alarm.raised"}) == 2


def test_work_goes_on_when_it_is_answered_and_an_approver_of_the_grade_resumes() -> None:
    w = walk.active()
    audit = drawn(w)
    w.ok("hse", "record_audit_result", result(audit, found("critical")))
    assert "G-AU-1" in w.shut(B.RESUME)
    finding = next(iter(w.board.audits[audit].findings))
    answer = {"audit_id": audit, "finding_id": finding, "result": text("read every two hours again")}
    assert codes(w.do("lead", "answer_audit_finding", answer)) == {"not_allowed"}
    w.ok("area", "answer_audit_finding", answer)
    assert codes(w.do("area", "answer_audit_finding", answer)) == {"wrong_state"}
    assert "G-AU-1" not in w.shut(B.RESUME)
    refused = w.do("lead", "resume", {"unchanged": True}, job_id=JOB, permit_id=HOT)
    assert "G-RUN-5" in codes(refused)
    w.permit_ok(HOT, "safety", "resume", {"unchanged": True})


def test_a_ticket_not_started_does_not_start_with_a_critical_finding() -> None:
    w = walk.before_start()
    w.ok("hse", "record_audit_result", result(drawn(w), found("critical", None)))
    assert w.permit(HOT).state == "suspended"
    assert "G-AU-1" in w.shut(B.START)


def test_an_audit_is_closed_when_all_was_seen_and_answered() -> None:
    w = walk.active()
    audit = drawn(w)
    close = {"audit_id": audit, "conclusion": text("c")}
    assert codes(w.do("hse", "close_audit", close)) == {"wrong_state"}
    w.ok("hse", "record_audit_result", result(audit, found("minor")))
    assert codes(w.do("hse", "close_audit", close)) == {"wrong_state"}
    finding = next(iter(w.board.audits[audit].findings))
    w.ok("hse", "answer_audit_finding", {"audit_id": audit, "finding_id": finding, "result": text("r")})
    w.ok("hse", "close_audit", close)
    assert codes(w.do("hse", "close_audit", close)) == {"wrong_state"}


def test_only_jobs_of_the_sample_are_answered() -> None:
    w = walk.active()
    assert codes(w.do("hse", "record_audit_result", result("audit-0"))) == {"wrong_state"}
    audit = drawn(w)
    other = result(audit) | {"job_id": "00000000-0000-4000-8000-000000000001"}
    assert codes(w.do("hse", "record_audit_result", other)) == {"wrong_state"}


def test_there_are_limits_of_audits_and_of_their_findings() -> None:
    for there, then in ((limits.AUDITS_MAX - 1, set()), (limits.AUDITS_MAX, {"limit_reached"})):
        w = walk.active()
        audit = drawn(w)
        one = w.board.audits[audit]
        w.board = replace(w.board, audits={str(n): one for n in range(there)})
        assert codes(w.do("hse", "draw_audit_sample", DRAW)) == then
    for there, then in ((limits.FINDINGS_OF_AUDIT_MAX - 1, set()), (limits.FINDINGS_OF_AUDIT_MAX, {"limit_reached"})):
        w = walk.active()
        audit = drawn(w)
        w.ok("hse", "record_audit_result", result(audit, found("minor")))
        full = w.board.audits[audit]
        many = {str(n): next(iter(full.findings.values())) for n in range(there)}
        w.board = replace(w.board, audits={audit: replace(full, findings=many)})
        assert codes(w.do("hse", "record_audit_result", result(audit, found("minor")))) == then
