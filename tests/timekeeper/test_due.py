"""What is due when: each alarm a second before, at, and a second after its time; never twice for one time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.seven_steps import codes
from services.timekeeper.due import Due, due
from services.timekeeper.sending import BUCKET_SECONDS, command_id
from tests.flow import walk
from tests.flow.world import HOT, PIT, RULES, World, alarms, text

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def found(w: World, at: datetime) -> set[tuple[str, str, str]]:
    return {(one.permit.permit_id, one.kind, one.code) for one in due(w.board, at, RULES)}


def only(w: World, at: datetime, code: str) -> list[Due]:
    return [one for one in due(w.board, at, RULES) if one.code == code]


STAGES = [
    walk.with_job,
    walk.before_survey,
    walk.before_issue,
    walk.before_start,
    walk.active,
    walk.completed,
    walk.before_accept,
    walk.before_review,
    walk.closed,
]


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_is_due_while_all_is_in_order(stage: Callable[[], World]) -> None:
    w = stage()
    assert found(w, w.now) == set()


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("hours", [1, 9, 24, 24 * 60])
def test_looking_never_fails_and_names_only_codes_of_the_list(stage: Callable[[], World], hours: int) -> None:
    w = stage()
    for one in due(w.board, w.now + timedelta(hours=hours), RULES):
        assert one.at <= w.now + timedelta(hours=hours)
        assert one.code == "" or one.code in codes.ALARMS


# ---- expiry --------------------------------------------------------------------------------------------------------


def valid_to(w: World) -> datetime:
    over = w.permit(HOT).valid_to
    assert over is not None
    return over


def window_over(w: World) -> datetime:
    begins = w.permit(HOT).valid_from
    assert begins is not None
    return begins + 60 * MINUTE


ENDS = [
    pytest.param(walk.before_start, window_over, "revoked", id="not started in its window"),
    pytest.param(walk.active, valid_to, "suspended", id="at work"),
]


@pytest.mark.parametrize(("stage", "end", "state"), ENDS)
def test_a_ticket_expires_after_its_time_and_not_before(
    stage: Callable[[], World], end: Callable[[World], datetime], state: str
) -> None:
    w = stage()
    over = end(w)
    assert (HOT, "expire_ticket", "") not in found(w, over)
    assert (HOT, "expire_ticket", "") in found(w, over + SECOND)
    w.now = over + SECOND
    w.permit_ok(HOT, "service:timekeeper", "expire_ticket")
    assert w.permit(HOT).state == state
    assert (HOT, "expire_ticket", "") not in found(w, w.now)


def test_a_ticket_suspended_before_its_start_is_over_with_its_window() -> None:
    w = walk.before_start()
    w.permit_ok(HOT, "lead", "interrupt", {"reason": text("rain")})
    assert (HOT, "expire_ticket", "") in found(w, window_over(w) + SECOND)


def test_a_completed_ticket_does_not_expire() -> None:
    w = walk.completed()
    assert not any(one.kind == "expire_ticket" for one in due(w.board, w.now + timedelta(days=30), RULES))


# ---- alarms --------------------------------------------------------------------------------------------------------


def suspended() -> World:
    w = walk.active().later(minutes=1)
    for permit in (HOT, PIT):
        w.permit_ok(permit, "lead", "interrupt", {"reason": text("lunch")})
    return w


def pit_with_somebody_inside() -> World:
    w = walk.active()
    w.permit_ok(PIT, "watch", "enter", {"person_id": "cutter"})
    return w


ALARMS = [
    pytest.param(suspended, HOT, "03", timedelta(minutes=30), id="30 min break of first-level hot work"),
    pytest.param(suspended, PIT, "03", timedelta(minutes=60), id="60 min break in a confined space"),
    pytest.param(walk.active, PIT, "05", timedelta(hours=2), id="two-hourly record"),
    pytest.param(pit_with_somebody_inside, PIT, "05", timedelta(hours=2), id="two-hourly record, somebody inside"),
    pytest.param(walk.before_issue, HOT, "91", timedelta(minutes=240), id="the issue waits"),
    pytest.param(walk.completed, HOT, "93", timedelta(minutes=60) - SECOND, id="fire watch is over"),
]


@pytest.mark.parametrize(("stage", "permit", "code", "after"), ALARMS)
def test_an_alarm_is_due_after_its_time_and_names_it(
    stage: Callable[[], World], permit: str, code: str, after: timedelta
) -> None:
    w = stage()
    assert (permit, "raise_alarm", code) not in found(w, w.now + after)
    assert (permit, "raise_alarm", code) in found(w, w.now + after + SECOND)
    (one,) = [one for one in only(w, w.now + after + MINUTE, code) if one.permit.permit_id == permit]
    assert w.now + after <= one.at <= w.now + after + SECOND


@pytest.mark.parametrize(("stage", "permit", "code", "after"), ALARMS)
@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed with a result"])
def test_it_is_not_raised_again_for_the_same_time(
    stage: Callable[[], World], permit: str, code: str, after: timedelta, closed: bool
) -> None:
    w = stage()
    w.now += after + SECOND
    w.permit_ok(permit, "service:timekeeper", "raise_alarm", {"code": code, "what": "x"})
    if closed:
        (alarm,) = [a for a in w.board.alarms.values() if (a.permit_id, a.code) == (permit, code)]
        w.ok("hse", "close_alarm", {"alarm_id": alarm.alarm_id, "result": text("seen to")})
    assert (permit, "raise_alarm", code) not in found(w, w.now + MINUTE)


def test_a_new_record_and_two_more_hours_raise_it_anew() -> None:
    w = walk.active().later(hours=2, minutes=1)
    w.permit_ok(PIT, "service:timekeeper", "raise_alarm", {"code": "05", "what": "x"})
    (alarm,) = w.board.alarms.values()
    w.ok("hse", "close_alarm", {"alarm_id": alarm.alarm_id, "result": text("tested now")})
    walk.sample_air(w, PIT)
    assert only(w, w.now + timedelta(hours=2), "05") == []
    assert len(only(w, w.now + timedelta(hours=2, seconds=1), "05")) == 1


def test_a_test_taken_in_the_break_keeps_alarm_03_away() -> None:
    w = suspended().later(minutes=20)
    walk.sample_air(w, HOT)
    assert HOT not in {one.permit.permit_id for one in only(w, w.now + timedelta(minutes=40), "03")}


def test_nobody_inside_and_nobody_at_work_asks_for_no_record() -> None:
    w = suspended()
    assert only(w, w.now + timedelta(hours=3), "05") == []


def enforced(w: World, at: datetime) -> set[str]:
    return {one.permit.permit_id for one in due(w.board, at, RULES) if one.kind == "enforce_standing"}


def test_work_without_a_guardian_is_stopped_with_31() -> None:
    w = walk.active()
    assert enforced(w, w.now) == set()
    w.change_permit(PIT, guardians_on={})
    assert enforced(w, w.now) == {PIT}
    outcome = w.permit_ok(PIT, "service:timekeeper", "enforce_standing")
    assert (set(w.permit(PIT).suspensions), alarms(outcome)) == ({"guardian_gone"}, {"31"})
    assert enforced(w, w.now) == set()


def test_a_guardians_word_is_good_for_one_shift() -> None:
    w = walk.active()
    w.change_permit(PIT, valid_to=w.now + timedelta(days=1))
    w.change_permit(HOT, valid_to=w.now + timedelta(days=1))
    assert HOT not in enforced(w, w.now + timedelta(hours=12))
    assert HOT in enforced(w, w.now + timedelta(hours=12, seconds=1))


@pytest.mark.parametrize(("grace", "minutes"), [(None, 15), ("0", 0), ("30", 30)])
def test_an_overdue_gas_record_is_an_alarm_first_and_stops_the_work_after_its_grace(
    grace: str | None, minutes: int
) -> None:
    w = walk.active()
    if grace is not None:
        w.board = replace(w.board, policies={**w.board.policies, "gas_record_grace": grace})
    overdue = w.now + timedelta(hours=2)
    assert PIT in {one.permit.permit_id for one in only(w, overdue + SECOND, "05")}
    assert PIT not in enforced(w, overdue + timedelta(minutes=minutes))
    assert PIT in enforced(w, overdue + timedelta(minutes=minutes) + SECOND)


def test_work_past_midnight_without_a_test_of_the_day_raises_04() -> None:
    w = walk.active()
    midnight = datetime.fromisoformat("2026-11-20T00:00:00+08:00")
    walk.sample_air(w, HOT)
    assert only(w, midnight - SECOND, "04") == []
    (one,) = only(w, midnight, "04")
    assert (one.permit.permit_id, one.at) == (HOT, midnight)
    w.now = midnight
    walk.sample_air(w, HOT)
    assert only(w, w.now, "04") == []


def test_an_unsigned_line_is_overdue_from_the_signature_before_it() -> None:
    w = walk.before_survey()
    for permit in (HOT, PIT):
        w.permit_ok(permit, "area", "survey")
    w.later(minutes=200)
    w.permit_ok(HOT, "lead", "sign_node", {"node": "work_lead", "opinion": text("agreed")})
    late = {one.permit.permit_id for one in only(w, w.now + timedelta(minutes=41), "91")}
    assert late == {PIT}
    assert {one.permit.permit_id for one in only(w, w.now + timedelta(minutes=241), "91")} == {HOT, PIT}


# ---- ids -----------------------------------------------------------------------------------------------------------


def test_ids_are_the_same_within_a_bucket_and_new_in_the_next() -> None:
    w = suspended()
    one, other = only(w, w.now + timedelta(hours=2), "03")
    start = datetime.fromtimestamp(1_800_000_000 // BUCKET_SECONDS * BUCKET_SECONDS, tz=w.now.tzinfo)
    last = start + timedelta(seconds=BUCKET_SECONDS - 1)
    assert command_id(one, start) == command_id(one, last)
    assert command_id(one, start) != command_id(one, last + SECOND)
    assert command_id(one, start) != command_id(other, start)
