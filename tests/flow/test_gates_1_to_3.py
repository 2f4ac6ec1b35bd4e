"""Gates 1 to 3: risk assessment, plan, briefing. Each gate open, shut, without evidence, and at its bounds."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.seven_steps.board_job import PlanDocument
from services.seven_steps.board_site import Calendar, Certificate, Period
from services.seven_steps.facts import Stated
from services.seven_steps.gate import Boundary as B
from tests.flow import walk
from tests.flow.tables import Row, check, opened, ready_for, shut
from tests.flow.world import DAY_ONE, HOT, PIT, World

ALARP_30 = "x" * 30
ALARP_29 = "x" * 29


def rows_with(w: World, **changes: Any) -> World:
    assessment = w.job.assessment
    assert assessment is not None
    return w.change_job(assessment=replace(assessment, rows=tuple(replace(r, **changes) for r in assessment.rows)))


def accepted(w: World, words: str, *roles: str) -> World:
    assessment = w.job.assessment
    assert assessment is not None
    said = {role: Stated("x", DAY_ONE, 1, "attested", words) for role in roles}
    return w.change_job(assessment=replace(assessment, acceptances=said))


def high(w: World, words: str = ALARP_30, *roles: str) -> World:
    return accepted(rows_with(w, residual_band="high"), words, *roles)


RISK: list[Row] = [
    opened("G-RA-1", B.ASSESS, "rows with controls"),
    shut("G-RA-1", B.ASSESS, "no assessment at all", lambda w: w.change_job(assessment=None)),
    shut("G-RA-1", B.ASSESS, "rows, but none for this ticket", lambda w: rows_with(w, permits=(PIT,))),
    shut("G-RA-1", B.ASSESS, "a row without a control", lambda w: rows_with(w, controls=())),
    opened("G-RA-2", B.ASSESS, "low residual risk needs nobody's reason"),
    shut(
        "G-RA-2",
        B.ASSESS,
        "extreme never passes",
        lambda w: high(w, ALARP_30, "approver_unit", "hse") and rows_with(w, residual_band="extreme"),
    ),
    shut("G-RA-2", B.ASSESS, "high without any reason", high),
    shut("G-RA-2", B.ASSESS, "high with an approver only", lambda w: high(w, ALARP_30, "approver_unit")),
    shut("G-RA-2", B.ASSESS, "high with HSE only", lambda w: high(w, ALARP_30, "hse")),
    opened("G-RA-2", B.ASSESS, "high with both, 30 characters", lambda w: high(w, ALARP_30, "approver_unit", "hse")),
    shut("G-RA-2", B.ASSESS, "high with both, 29 characters", lambda w: high(w, ALARP_29, "approver_unit", "hse")),
    shut(
        "G-RA-2",
        B.ASSESS,
        "high with both, but only protective equipment",
        lambda w: rows_with(high(w, ALARP_30, "approver_unit", "hse"), controls=({"level": "ppe"},)),
    ),
    opened("G-RA-3", B.ASSESS, "fire and burn for hot work"),
    opened("G-RA-3", B.ASSESS, "toxic and oxygen for entry", permit=PIT),
    shut("G-RA-3", B.ASSESS, "fire is missing", lambda w: rows_with(w, hazard="burn")),
    shut("G-RA-3", B.ASSESS, "oxygen is missing", lambda w: rows_with(w, hazard="toxic"), permit=PIT),
]


def booking(w: World, **changes: Any) -> World:
    assert w.job.booking is not None
    return w.change_job(booking=replace(w.job.booking, **changes))


def booked_at(w: World, moment: Any) -> World:
    assert w.job.booking is not None
    return booking(w, booked=replace(w.job.booking.booked, at=moment))


URGENT = Stated("area", DAY_ONE, 1)
#: 24:00 on the site is 16:00 UTC.
MIDNIGHT = DAY_ONE.replace(hour=16)


def special(w: World, *documents: PlanDocument) -> World:
    assert w.job.plan is not None
    w.change_job(plan=replace(w.job.plan, documents=documents))
    return w.change_permit(HOT, level="special")


def lasting(permit: str, hours: float, seconds: int = 0) -> Any:
    return lambda w: w.change_permit(
        permit, planned_to=w.permit(permit).planned_from + timedelta(hours=hours, seconds=seconds)
    )


def level_2(w: World) -> World:
    return w.change_permit(HOT, level="2")


def calendar(**changes: Any) -> Any:
    def given(w: World) -> World:
        w.board = replace(w.board, calendar=replace(Calendar(), **changes))
        return w.change_permit(HOT, level="special")

    return given


def facts(**changes: Any) -> Any:
    return lambda w: w.change_permit(HOT, facts={**w.permit(HOT).facts, **changes})


PLAN: list[Row] = [
    opened("G-PL-1", B.PLAN, "booked the day before"),
    shut("G-PL-1", B.PLAN, "not booked", lambda w: w.change_job(booking=None)),
    opened(
        "G-PL-1", B.PLAN, "booked one second before midnight", lambda w: booked_at(w, MIDNIGHT - timedelta(seconds=1))
    ),
    shut("G-PL-1", B.PLAN, "booked at midnight: the same day", lambda w: booked_at(w, MIDNIGHT)),
    shut("G-PL-1", B.PLAN, "urgent without approval", lambda w: booking(w, urgent=True, reason="leak")),
    shut(
        "G-PL-1", B.PLAN, "urgent without reason", lambda w: booking(w, urgent=True, reason="", urgent_approved=URGENT)
    ),
    opened(
        "G-PL-1",
        B.PLAN,
        "urgent, with reason and approval",
        lambda w: booking(booked_at(w, MIDNIGHT), urgent=True, reason="leak", urgent_approved=URGENT),
    ),
    shut("G-PL-1", B.PLAN, "the work begins before the booked day", lambda w: booking(w, planned_day="2026-11-20")),
    opened("G-PL-2", B.PLAN, "first level needs no written plan"),
    shut("G-PL-2", B.PLAN, "no plan", lambda w: w.change_job(plan=None)),
    shut("G-PL-2", B.PLAN, "special level without its file", special),
    shut(
        "G-PL-2",
        B.PLAN,
        "special level with another kind of file",
        lambda w: special(w, PlanDocument("other", "a", None)),
    ),
    shut(
        "G-PL-2", B.PLAN, "the file of another ticket", lambda w: special(w, PlanDocument("hot_special_plan", "a", PIT))
    ),
    opened(
        "G-PL-2",
        B.PLAN,
        "special level with its file",
        lambda w: special(w, PlanDocument("hot_special_plan", "a", HOT)),
    ),
    opened("G-PL-3", B.PLAN, "first level, 8 h 00 min 00 s", lasting(HOT, 8)),
    shut("G-PL-3", B.PLAN, "first level, 8 h 00 min 01 s", lasting(HOT, 8, 1)),
    opened("G-PL-3", B.PLAN, "second level, 72 h", lambda w: lasting(HOT, 72)(level_2(w))),
    shut("G-PL-3", B.PLAN, "second level, 72 h and a second", lambda w: lasting(HOT, 72, 1)(level_2(w))),
    opened("G-PL-3", B.PLAN, "entry, 24 h", lasting(PIT, 24), permit=PIT),
    shut("G-PL-3", B.PLAN, "entry, 24 h and a second", lasting(PIT, 24, 1), permit=PIT),
    shut("G-PL-3", B.PLAN, "no time at all", lasting(HOT, 0)),
    shut("G-PL-3", B.PLAN, "ends before it begins", lasting(HOT, -1)),
    opened("G-LV-1", B.PLAN, "the level the facts give"),
    shut(
        "G-LV-1",
        B.PLAN,
        "a lower level by hand",
        lambda w: w.change_permit(HOT, requested_level="2", requested_level_reason="small"),
    ),
    opened(
        "G-LV-1",
        B.PLAN,
        "a higher level with a reason",
        lambda w: w.change_permit(
            HOT, level="special", requested_level="special", requested_level_reason="near the flare"
        ),
    ),
    shut(
        "G-LV-1",
        B.PLAN,
        "a higher level without a reason",
        lambda w: w.change_permit(HOT, level="special", requested_level="special"),
    ),
    shut("G-LV-1", B.PLAN, "the facts have become worse", facts(equipment_running=True)),
    shut(
        "G-LV-1",
        B.PLAN,
        "a fact is not stated",
        lambda w: w.change_permit(HOT, facts={"in_bund": False, "on_pipe_rack": False}),
    ),
    opened("G-LV-2", B.PLAN, "a weekday by day"),
    opened(
        "G-LV-2",
        B.PLAN,
        "a holiday for first level: the next rung is asked at issue",
        lambda w: calendar(holidays=frozenset({"2026-11-19"}))(w) and w.change_permit(HOT, level="1"),
    ),
    shut(
        "G-LV-2",
        B.PLAN,
        "a holiday at the top of the ladder, nobody second named",
        calendar(holidays=frozenset({"2026-11-19"})),
    ),
    shut("G-LV-2", B.PLAN, "a rest day likewise", calendar(rest_days=frozenset({4}))),
    opened(
        "G-LV-2",
        B.PLAN,
        "a rest day that is worked",
        calendar(rest_days=frozenset({4}), workdays=frozenset({"2026-11-19"})),
    ),
    shut(
        "G-LV-2", B.PLAN, "a special period", calendar(special_periods=(Period("games", "2026-11-19", "2026-11-19"),))
    ),
    shut("G-LV-2", B.PLAN, "a night that begins within the window", calendar(night_from="15:59", night_to="06:00")),
    opened(
        "G-LV-2", B.PLAN, "a night that begins when the window ends", calendar(night_from="16:00", night_to="06:00")
    ),
    opened(
        "G-LV-2",
        B.PLAN,
        "a holiday at the top with a second supervisor",
        lambda w: facts(second_supervisor="safety")(calendar(holidays=frozenset({"2026-11-19"}))(w)),
    ),
    shut(
        "G-LV-2",
        B.PLAN,
        "a second supervisor who is no approver",
        lambda w: facts(second_supervisor="mate")(calendar(holidays=frozenset({"2026-11-19"}))(w)),
    ),
    opened("G-LV-2", B.PLAN, "entry is not upgraded", calendar(holidays=frozenset({"2026-11-19"})), permit=PIT),
]


def certificate(person: str, **changes: Any) -> Any:
    def given(w: World) -> World:
        key = f"c-{person}"
        changed: Certificate = replace(w.board.certificates[key], **changes)
        w.board = replace(w.board, certificates={**w.board.certificates, key: changed})
        return w

    return given


def crew(permit: str, *members: tuple[str, str, str]) -> Any:
    rows = [{"person_id": p, "role": r, "trade": t} for p, r, t in members]
    return lambda w: w.permit_ok(permit, "lead", "assign_crew", {"crew": rows}) and w


def contraindicated(work: str, active: bool = True) -> Any:
    return lambda w: w.ok("admin", "record_contraindication", {"person_id": "cutter", "work": work, "active": active})


def contractor(suspended: bool) -> Any:
    def given(w: World) -> World:
        data = {"contractor_id": "huaan", "name": {"en": "Huaan", "zh-CN": "华安"}, "suspended": suspended}
        w.ok("admin", "register_contractor", data)
        return w.change_job(contractor_id="huaan")

    return given


CUTTER, WATCH, MATE = ("cutter", "worker", "hot_work"), ("watch", "guardian", "guardian"), ("mate", "worker", "fitter")


def other_ticket(place: str = "elsewhere", hours_later: float = 0, linked: bool = False, worker: bool = False) -> Any:
    """Another job's (or this job's) ticket at the same time with the same guardian."""

    def given(w: World) -> World:
        here = w.permit(PIT)
        member = replace(here.crew["watch"], role="worker" if worker else "guardian")
        other = replace(
            here,
            permit_id="other",
            place=place,
            planned_from=here.planned_from + timedelta(hours=hours_later),
            planned_to=here.planned_to + timedelta(hours=hours_later),
            related=frozenset({HOT}) if linked else frozenset(),
            crew={"watch": member},
        )
        w.board = replace(w.board, permits={**w.board.permits, "other": other})
        return w

    return given


PEOPLE: list[Row] = [
    opened("G-CR-1", B.PLAN, "the cutter's certificate is good on every planned day"),
    shut("G-CR-1", B.PLAN, "no workers", lambda w: w.change_permit(HOT, crew={})),
    shut("G-CR-1", B.PLAN, "it ended the day before", certificate("cutter", valid_to="2026-11-18")),
    opened(
        "G-CR-1",
        B.PLAN,
        "it ends on the day: good to the end of its last day",
        certificate("cutter", valid_to="2026-11-19"),
    ),
    shut("G-CR-1", B.PLAN, "it begins the day after", certificate("cutter", valid_from="2026-11-20")),
    opened("G-CR-1", B.PLAN, "it begins on the day", certificate("cutter", valid_from="2026-11-19")),
    shut("G-CR-1", B.PLAN, "it was revoked", certificate("cutter", revoked=True)),
    shut("G-CR-1", B.PLAN, "it is another trade's", certificate("cutter", trade="electrician")),
    shut("G-CR-1", B.PLAN, "it is another person's", certificate("cutter", person_id="mate")),
    shut("G-CR-1", B.PLAN, "nobody on hot work has its trade", crew(HOT, MATE, WATCH)),
    shut("G-CR-1", B.PLAN, "a worker the site does not know", crew(HOT, CUTTER, ("ghost", "worker", "fitter"), WATCH)),
    opened("G-CR-2a", B.PLAN, "a certified guardian"),
    shut("G-CR-2a", B.PLAN, "no guardian", crew(HOT, CUTTER)),
    shut("G-CR-2a", B.PLAN, "a guardian without certificate", crew(HOT, CUTTER, ("mate", "guardian", "guardian"))),
    shut("G-CR-2a", B.PLAN, "a guardian whose certificate ended", certificate("watch", valid_to="2026-11-18")),
    opened("G-CR-2b", B.PLAN, "linked tickets of one spot share a guardian"),
    shut("G-CR-2b", B.PLAN, "the guardian is at another place too", other_ticket()),
    shut("G-CR-2b", B.PLAN, "linked, but at another place", other_ticket(linked=True)),
    shut("G-CR-2b", B.PLAN, "one place, not linked", other_ticket(place="valve pit V-12")),
    opened("G-CR-2b", B.PLAN, "the other work ends when this begins", other_ticket(hours_later=-8)),
    shut("G-CR-2b", B.PLAN, "the other work ends a second later", other_ticket(hours_later=-8 + 1 / 3600)),
    opened(
        "G-CR-2b",
        B.PLAN,
        "linked one way is enough here; both ways are asked at issue",
        lambda w: w.change_permit(HOT, related=frozenset()),
    ),
    opened("G-CR-2b", B.PLAN, "the other work begins when this ends", other_ticket(hours_later=8)),
    shut("G-CR-2b", B.PLAN, "the other work begins a second earlier", other_ticket(hours_later=8 - 1 / 3600)),
    opened("G-CR-2c", B.PLAN, "a guardian who does nothing else"),
    shut("G-CR-2c", B.PLAN, "a guardian who works elsewhere meanwhile", other_ticket(worker=True)),
    shut("G-CR-2c", B.PLAN, "a guardian who is the work lead", lambda w: w.change_job(work_lead="watch")),
    opened("G-CR-3a", B.PLAN, "everyone is fit"),
    shut("G-CR-3a", B.PLAN, "a worker may not do hot work", contraindicated("hot_work")),
    opened("G-CR-3a", B.PLAN, "a worker may not go into vessels, which this is not", contraindicated("confined_space")),
    shut("G-CR-3a", B.PLAN, "and for the vessel it counts", contraindicated("confined_space"), permit=PIT),
    opened(
        "G-CR-3a",
        B.PLAN,
        "cleared again",
        lambda w: contraindicated("hot_work")(w) and contraindicated("hot_work", False)(w),
    ),
    opened("G-CR-3b", B.PLAN, "own people"),
    opened("G-CR-3b", B.PLAN, "a contractor in good standing", contractor(False)),
    shut("G-CR-3b", B.PLAN, "a contractor who is suspended", contractor(True)),
    shut("G-CR-3b", B.PLAN, "a contractor the site does not know", lambda w: w.change_job(contractor_id="nobody")),
]


def unacknowledged(person: str) -> Any:
    def given(w: World) -> World:
        briefing = w.job.briefing
        assert briefing is not None
        said = {key: a for key, a in briefing.acknowledged.items() if key != person}
        return w.change_job(briefing=replace(briefing, acknowledged=said))

    return given


def briefed_again(w: World) -> World:
    topics = [{"topic": "hazards", "text": "now also H2S"}]
    w.job_ok("briefer", "give_briefing", {"place": "gate 3", "contents": {"en": topics}})
    return w


BRIEFING: list[Row] = [
    opened("G-BR-1", B.BRIEF, "everyone acknowledged the current version"),
    shut("G-BR-1", B.BRIEF, "no briefing", lambda w: w.change_job(briefing=None)),
    shut("G-BR-1", B.BRIEF, "an empty crew opens nothing", lambda w: w.change_permit(HOT, crew={})),
    shut("G-BR-1", B.BRIEF, "a worker is missing", unacknowledged("mate")),
    shut("G-BR-1", B.BRIEF, "the guardian is missing", unacknowledged("watch")),
    shut("G-BR-1", B.BRIEF, "the work lead is missing", unacknowledged("lead")),
    shut("G-BR-1", B.BRIEF, "a new version voids them all", briefed_again),
    opened(
        "G-BR-1",
        B.BRIEF,
        "all acknowledge the new version",
        lambda w: walk.acknowledge(briefed_again(w), "lead", "cutter", "mate", "watch"),
    ),
    shut("G-BR-1", B.START, "and it is asked again at start", briefed_again),
    shut("G-BR-1", B.RESUME, "and at resume", briefed_again),
]


@pytest.mark.parametrize("row", [*RISK, *PLAN, *PEOPLE, *BRIEFING], ids=str)
def test_gate(row: Row) -> None:
    check(row)


def test_an_old_version_acknowledged_is_accepted_with_a_note_and_opens_nothing() -> None:
    w = walk.before_brief()
    old = w.job.briefing
    assert old is not None
    briefed_again(w)
    said = {"version": old.version, "content_sha256": old.content_sha256, "lang": "en"}
    outcome = w.job_ok("mate", "acknowledge_briefing", said)
    assert outcome.notes == ("briefing_superseded",)
    assert "G-BR-1" in w.shut(B.BRIEF)


def test_all_shut_gates_are_named_not_the_first_only() -> None:
    w = walk.before_plan()
    w.change_job(booking=None, plan=None).change_permit(HOT, crew={})
    outcome = w.do("area", "plan", {"permits": [HOT]}, job_id=walk.JOB)
    assert [r.code for r in outcome.refusals] == ["G-PL-1", "G-PL-2", "G-CR-1", "G-CR-2a"]


def test_every_covered_ticket_is_asked_not_one_of_them_n_times() -> None:
    w = walk.before_plan()
    w.change_permit(PIT, crew={})
    outcome = w.do("area", "plan", {"permits": [HOT, PIT]}, job_id=walk.JOB)
    assert outcome.verdict == "refused"
    assert {v.about for v in outcome.gates} == {HOT, PIT}


def test_a_ticket_that_no_step_covered_cannot_be_surveyed() -> None:
    w = walk.before_survey()
    w.change_job(briefed=frozenset({PIT}))
    outcome = w.do("area", "survey", job_id=walk.JOB, permit_id=HOT)
    assert [r.code for r in outcome.refusals] == ["wrong_state"]


def test_a_refusal_says_what_there_is_and_what_is_needed() -> None:
    w = ready_for(B.PLAN)
    w.change_job(contractor_id="nobody")
    (refusal,) = w.do("area", "plan", {"permits": [HOT]}, job_id=walk.JOB).refusals
    assert (refusal.about, refusal.have, refusal.need) == ("nobody", ":none", ":in_good_standing")
    contractor(True)(w)
    (refusal,) = w.do("area", "plan", {"permits": [HOT]}, job_id=walk.JOB).refusals
    assert (refusal.about, refusal.have, refusal.need) == ("huaan", ":suspended", ":in_good_standing")


def test_the_evidence_of_the_crew_is_the_crews_own() -> None:
    w = ready_for(B.PLAN)
    outcome = w.job_ok("area", "plan", {"permits": [HOT]})
    (verdict,) = (v for v in outcome.gates if v.gate.id == "G-CR-1")
    assert w.board.certificates["c-cutter"].seq in verdict.evidence
    assert w.board.certificates["c-watch2"].seq not in verdict.evidence


def test_a_second_guardian_who_is_let_in_needs_no_workers_certificate() -> None:
    w = ready_for(B.ENTER)
    member = {"person_id": "watch2", "role": "guardian", "trade": "guardian"}
    w.permit_ok(PIT, "lead", "change_crew", {"add": [member], "remove": []})
    walk.acknowledge(w, "watch2")
    w.permit_ok(PIT, "watch", "enter", {"person_id": "watch2"})
