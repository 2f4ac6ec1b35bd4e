"""Gate 4, the signatures: measures, isolations, linked tickets, who issues, where and in which order."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.seven_steps.command import Presence
from services.seven_steps.facts import Stated
from services.seven_steps.gate import Boundary as B
from tests.flow import walk
from tests.flow.tables import Row, check, opened, ready_for, shut
from tests.flow.world import DAY_TWO, HOT, JOB, PIT, World, alarms, codes, presence, text


def line(number: str, answer: str | None) -> Any:
    def given(w: World) -> World:
        measures = dict(w.permit(HOT).measures)
        if answer is None:
            del measures[number]
        else:
            measures[number] = replace(measures[number], answer=answer)
        return w.change_permit(HOT, measures=measures)

    return given


def isolation(point: str, **changes: Any) -> Any:
    def given(w: World) -> World:
        changed = replace(w.job.isolations[point], **changes)
        return w.change_job(isolations={**w.job.isolations, point: changed})

    return given


def planned(*points: Any) -> Any:
    def given(w: World) -> World:
        assert w.job.plan is not None
        return w.change_job(plan=replace(w.job.plan, isolations=points))

    return given


def planned_by_valve(blind_required: bool) -> Any:
    def given(w: World) -> World:
        assert w.job.plan is not None
        points = tuple(replace(p, method="valve_closed", blind_required=blind_required) for p in w.job.plan.isolations)
        return planned(*points)(w)

    return given


SURVEY: list[Row] = [
    opened("G-SV-1", B.SURVEY, "every line is confirmed"),
    opened("G-SV-1", B.SURVEY, "a line is explicitly not applicable", line("7", "not_applicable")),
    shut("G-SV-1", B.SURVEY, "a line is not answered", line("16", None)),
    shut("G-SV-1", B.SURVEY, "a line is not in place", line("1", "not_in_place")),
    shut("G-SV-1", B.SURVEY, "nothing is answered", lambda w: w.change_permit(HOT, measures={})),
    opened("G-SV-2a", B.SURVEY, "every point is applied and verified"),
    shut("G-SV-2a", B.SURVEY, "a point is not verified", isolation("up", verified=None)),
    shut("G-SV-2a", B.SURVEY, "a point is not applied", lambda w: w.change_job(isolations={})),
    shut("G-SV-2a", B.SURVEY, "a point was removed again", isolation("up", removed=Stated("isolator", DAY_TWO, 1))),
    shut("G-SV-2a", B.SURVEY, "entry without any isolation planned", planned(), permit=PIT),
    shut("G-SV-2a", B.SURVEY, "first-level hot work without any isolation planned", planned()),
    shut("G-SV-2a", B.SURVEY, "no plan", lambda w: w.change_job(plan=None)),
    opened(
        "G-SV-2a",
        B.SURVEY,
        "second-level hot work whose plan isolates nothing",
        lambda w: planned()(w) and w.change_permit(HOT, level="2"),
    ),
    opened("G-SV-2b", B.SURVEY, "spools removed"),
    shut("G-SV-2b", B.SURVEY, "a closed valve where a blind is required", isolation("up", method="valve_closed")),
    shut("G-SV-2b", B.SURVEY, "a water seal where a blind is required", isolation("down", method="water_seal")),
    shut(
        "G-SV-2b",
        B.SURVEY,
        "planned by valve, nothing applied yet",
        lambda w: planned_by_valve(True)(w) and w.change_job(isolations={}),
    ),
    opened("G-SV-2b", B.SURVEY, "a closed valve where none is required", planned_by_valve(False)),
    opened("G-SD-1b", B.SURVEY, "verified by another person"),
    shut("G-SD-1b", B.SURVEY, "verified by who applied it", isolation("up", verified=Stated("isolator", DAY_TWO, 1))),
]


def node_by(node: str, person: str) -> Any:
    def given(w: World) -> World:
        nodes = tuple(replace(n, by=person) if n.node == node else n for n in w.permit(HOT).nodes)
        return w.change_permit(HOT, nodes=nodes)

    return given


def without_node(node: str) -> Any:
    return lambda w: w.change_permit(HOT, nodes=tuple(n for n in w.permit(HOT).nodes if n.node != node))


def lead_signs_again(w: World) -> World:
    w.permit_ok(HOT, "lead", "sign_node", {"node": "work_lead", "opinion": text("again")})
    return w


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


ISSUE: list[Row] = [
    opened("G-RA-4", B.ISSUE, "nothing changed"),
    shut("G-RA-4", B.ISSUE, "the process changed after the assessment", change),
    opened(
        "G-RA-4",
        B.ISSUE,
        "assessed and signed again after the change",
        lambda w: signed_again(assessed_again(change(w))),
    ),
    shut("G-RA-4", B.ISSUE, "assessed again, not signed", lambda w: assessed_again(change(w))),
    shut("G-RA-1", B.ISSUE, "the assessment is not signed", assessed_again),
    opened("G-SV-5a", B.ISSUE, "the other ticket exists"),
    shut(
        "G-SV-5a",
        B.ISSUE,
        "a linked ticket that does not exist",
        lambda w: w.change_permit(HOT, related=frozenset({PIT, "gone"})),
    ),
    shut(
        "G-SV-5a",
        B.ISSUE,
        "work inside a confined space whose ticket was revoked",
        lambda w: w.change_permit(PIT, state="revoked"),
    ),
    opened("G-SV-5b", B.ISSUE, "linked both ways"),
    shut("G-SV-5b", B.ISSUE, "linked one way only", lambda w: w.change_permit(PIT, related=frozenset())),
    shut("G-SV-5b", B.ISSUE, "linked the other way only", lambda w: w.change_permit(HOT, related=frozenset())),
    opened("G-SV-5c", B.ISSUE, "the other is surveyed"),
    opened("G-SV-5c", B.ISSUE, "the other is further", lambda w: w.change_permit(PIT, state="active")),
    shut("G-SV-5c", B.ISSUE, "the other is not yet surveyed", lambda w: w.change_permit(PIT, state="open")),
    opened("G-SV-5c", B.ISSUE, "a void ticket does not count", lambda w: w.change_permit(PIT, state="void")),
    opened("G-SV-6a", B.ISSUE, "lead, then unit; the issuer fills the safety line"),
    shut("G-SV-6a", B.ISSUE, "the lead has not signed", without_node("work_lead")),
    shut("G-SV-6a", B.ISSUE, "the unit has not signed", without_node("unit")),
    shut("G-SV-6a", B.ISSUE, "nobody has signed", lambda w: w.change_permit(HOT, nodes=())),
    shut("G-SV-6a", B.ISSUE, "signed by somebody without that line's role", node_by("unit", "mate")),
    shut("G-SV-6a", B.ISSUE, "the lead signed after the unit", lead_signs_again),
    shut(
        "G-SV-6a",
        B.ISSUE,
        "special level: the safety line is not the issuer's",
        lambda w: w.change_permit(HOT, level="special"),
    ),
    opened("G-SV-6a", B.ISSUE, "entry: the unit issues and fills its own line", permit=PIT),
    opened("G-SV-6b", B.ISSUE, "a node at its limit of 240 min", node_after(240)),
    shut("G-SV-6b", B.ISSUE, "a node a second later", node_after(240, 1)),
    opened("G-HOT-4", B.ISSUE, "first level does not ask for process data"),
    shut("G-HOT-4", B.ISSUE, "special level has none in this release", lambda w: w.change_permit(HOT, level="special")),
]


@pytest.mark.parametrize("row", [*SURVEY, *ISSUE], ids=str)
def test_gate(row: Row) -> None:
    check(row)


ACTS = [
    ("the approver of the grade, on site", "safety", {}, set()),
    ("a higher grade may", "head", {}, set()),
    ("a lower grade may not", "area", {}, {"G-SV-4"}),
    ("not on site", "safety", {"presence": None}, {"G-SV-3a"}),
    ("on site, but at another place", "safety", {"presence": presence("yard")}, {"G-SV-3a"}),
    ("by the code of a linked ticket", "safety", {"presence": Presence("code", PIT, DAY_TWO)}, set()),
    ("never authenticated", "safety", {"authenticated_at": None}, {"G-SV-3b"}),
    ("authenticated 15:00 min ago", "safety", {"authenticated_at": DAY_TWO - timedelta(minutes=15)}, set()),
    (
        "authenticated 15:01 min ago",
        "safety",
        {"authenticated_at": DAY_TWO - timedelta(minutes=15, seconds=1)},
        {"G-SV-3b"},
    ),
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


def test_the_issuer_is_not_on_the_job() -> None:
    w = ready_for(B.ISSUE)
    w.change_job(work_lead="safety")
    assert "G-SD-1a" in codes(w.do("safety", "issue", job_id=JOB, permit_id=HOT, presence=presence("farm")))


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


WINDOWS = [
    ("12:00:00 h is one shift: the night inside it counts", 12, 0, {"G-LV-2", "G-SV-4"}),
    ("a second more is several: judged at its first moment, then at each start", 12, 1, set()),
]


@pytest.mark.parametrize(("name", "hours", "seconds", "then"), WINDOWS, ids=[row[0] for row in WINDOWS])
def test_a_long_second_level_ticket_may_contain_nights(name: str, hours: int, seconds: int, then: set[str]) -> None:
    w = ready_for(B.ISSUE)
    night = replace(w.board.calendar, night_from="18:00", night_to="06:00")
    w.board = replace(w.board, calendar=night)
    planned_to = DAY_TWO + timedelta(hours=hours, seconds=seconds)
    w.change_permit(HOT, level="2", facts={**w.permit(HOT).facts, "outdoors": True}, planned_to=planned_to)
    w.change_permit(HOT, level_reasons=(), area_id="yard")
    w.permit_ok(HOT, "area", "sign_node", {"node": "unit", "opinion": text("agreed")})
    w.permit_ok(HOT, "safety", "sign_node", {"node": "safety", "opinion": text("agreed")})
    assert codes(w.do("area", "issue", job_id=JOB, permit_id=HOT, presence=presence("yard"))) == then


def test_a_page_that_only_looks_is_not_told_that_the_approver_is_missing() -> None:
    w = ready_for(B.ISSUE)
    w.board = replace(w.board, calendar=replace(w.board.calendar, holidays=frozenset({"2026-11-19"})))
    assert "G-LV-2" not in w.shut(B.ISSUE)


@pytest.mark.parametrize(("answer", "have"), [(None, ":none"), ("not_in_place", ":not_in_place")])
def test_a_refusal_says_how_a_measure_stands(answer: str | None, have: str) -> None:
    w = ready_for(B.SURVEY)
    line("3", answer)(w)
    (refusal,) = w.do("area", "survey", job_id=JOB, permit_id=HOT).refusals
    assert (refusal.about, refusal.have) == ("hot_work/3", have)
