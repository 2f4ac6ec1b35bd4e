"""Who must hear what, and who has not been shown it: read from the board alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.gateway import alerts
from services.seven_steps.board import Alarm, Board
from services.seven_steps.board_site import Emergency
from services.seven_steps.facts import Stated
from tests.flow import walk

LEAD_ROLE = "work_lead"


@pytest.fixture
def board() -> Board:
    """A job whose work goes on."""
    return walk.active().board


def stopped(board: Board, by: str = "somebody", seq: int = 900) -> Board:
    (job_id, job), *_ = board.jobs.items()
    stop = Stated(by, job.created.at, seq, text="leak")
    return replace(board, jobs={**board.jobs, job_id: replace(job, stop=stop)})


def alarm(board: Board, owner: str, **more: object) -> Board:
    job = next(iter(board.jobs.values()))
    raised = Alarm("910-1", "08", job.job_id, None, job.created.at, "x", 1, 910, owner=owner)
    return replace(board, alarms={"910-1": replace(raised, **more)})  # type: ignore[arg-type]


def test_a_stop_runs_until_it_is_cleared(board: Board) -> None:
    assert alerts.running(board) == []
    (found,) = alerts.running(stopped(board))
    assert (found.alert_id, found.kind, found.by, found.text) == ("stop-900", "stop", "somebody", "leak")


def test_an_emergency_is_first_when_it_came_last(board: Board) -> None:
    at = next(iter(board.jobs.values())).created.at
    both = replace(stopped(board), emergencies={"": Emergency(None, "fire", "p", at, 901)})
    assert [one.alert_id for one in alerts.running(both)] == ["evacuate-901", "stop-900"]


def test_a_second_stop_of_a_job_is_another_alert(board: Board) -> None:
    assert {one.alert_id for b in (1, 2) for one in alerts.running(stopped(board, seq=b))} == {"stop-1", "stop-2"}


def test_an_alarm_is_its_owners_and_of_those_who_hold_the_role(board: Board) -> None:
    person = next(iter(board.people.values()))
    assert [one.text for one in alerts.alarms_of(alarm(board, person.person_id), person.person_id)] == ["08"]
    holders = {one.person_id for one in board.people.values() if LEAD_ROLE in one.roles}
    hearing = {one for one in board.people if alerts.alarms_of(alarm(board, LEAD_ROLE), one)}
    assert hearing == holders != set()


def test_an_alarm_that_is_acknowledged_or_closed_or_said_already_is_silent(board: Board) -> None:
    person = next(iter(board.people))
    done = Stated(person, next(iter(board.jobs.values())).created.at, 911)
    for change in ({"acknowledged": done}, {"closed": done}, {"code": "95"}):
        assert alerts.alarms_of(alarm(board, person, **change), person) == []


def test_only_what_came_after_is_told(board: Board) -> None:
    both = alarm(stopped(board), LEAD_ROLE)
    assert [one.alert_id for one, _ in alerts.told_since(both, 899)] == ["stop-900", "alarm-910-1"]
    assert [one.alert_id for one, _ in alerts.told_since(both, 900)] == ["alarm-910-1"]
    assert alerts.told_since(both, 910) == []


def test_who_is_at_work_on_no_device_is_not_known(board: Board) -> None:
    called_by = sorted(alerts.at_work(board))[0]
    others = alerts.at_work(board) - {called_by}
    (stop,) = alerts.running(stopped(board, by=called_by))
    device = sorted(others)[:1]
    found = alerts.reach(board, stop, {}, frozenset({*device, called_by, "gone from the register"}))
    assert found.missing == tuple(device)
    assert found.unknown == tuple(sorted(others - set(device)))
    after = alerts.reach(board, stop, {device[0]: 1.0}, frozenset({*device}))
    assert (after.missing, after.shown) == ((), {device[0]: 1.0})
