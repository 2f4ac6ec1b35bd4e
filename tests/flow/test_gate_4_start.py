"""Gate 4, the moment before work: fire watch, rescue, lighting, the foreman's check, wind, the ticket's window."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.seven_steps.board_job import Change
from services.seven_steps.command import Interval
from services.seven_steps.gate import Boundary as B
from tests.flow.tables import Row, check, opened, ready_for, shut
from tests.flow.world import DAY_TWO, HOT, JOB, PIT, World, codes


def equipment(permit: str, kind: str, **changes: Any) -> Any:
    def given(w: World) -> World:
        items = dict(w.permit(permit).equipment)
        if changes:
            items[kind] = replace(items[kind], **changes)
        else:
            del items[kind]
        return w.change_permit(permit, equipment=items)

    return given


def off_duty(permit: str) -> Any:
    return lambda w: w.change_permit(permit, guardians_on={})


def unnamed_guardian(permit: str) -> Any:
    """Somebody stands there who is not named on the ticket."""

    def given(w: World) -> World:
        duty = replace(w.permit(permit).guardians_on["watch"], person_id="watch2")
        return w.change_permit(permit, guardians_on={"watch2": duty})

    return given


def at_work(w: World) -> World:
    duty = replace(w.permit(PIT).guardians_on["watch"], place="at_work")
    return w.change_permit(PIT, guardians_on={"watch": duty})


def wet(w: World) -> World:
    return w.change_permit(PIT, facts={**w.permit(PIT).facts, "wet_or_narrow": True})


def wind(mean: str, age: timedelta | None = timedelta(0)) -> Any:
    def given(w: World) -> World:
        moment = None if age is None else Interval(DAY_TWO - age, DAY_TWO - age)
        blown = replace(w.board.wind["farm"], mean_m_s=Decimal(mean), at=moment)
        w.board = replace(w.board, wind={"farm": blown})
        return w

    return given


def calm_unknown(w: World) -> World:
    w.board = replace(w.board, wind={})
    return w


def issued_by(grade: str) -> Any:
    def given(w: World) -> World:
        issue = w.permit(HOT).issue
        assert issue is not None
        return w.change_permit(HOT, issue=replace(issue, grade=grade))

    return given


def foreman(**changes: Any) -> Any:
    def given(w: World) -> World:
        check = w.permit(HOT).foreman_check
        assert check is not None
        return w.change_permit(HOT, foreman_check=replace(check, **changes))

    return given


def window(**changes: timedelta) -> Any:
    """valid_from and valid_to relative to now."""
    return lambda w: w.change_permit(HOT, **{name: DAY_TWO + delta for name, delta in changes.items()})


SECOND = timedelta(seconds=1)
MINUTES_60 = timedelta(minutes=60)


def changed_after_issue(w: World) -> World:
    return w.change_job(changed=Change(DAY_TWO, "line refilled", w.board.seq + 1))


def night(w: World) -> World:
    w.board = replace(w.board, calendar=replace(w.board.calendar, night_from="08:00", night_to="09:00"))
    return w


START: list[Row] = [
    opened("G-LV-3", B.START, "a light wind"),
    opened("G-LV-3", B.START, "7.9 m/s, force 4", wind("7.9")),
    shut("G-LV-3", B.START, "8.0 m/s, force 5", wind("8.0")),
    opened(
        "G-LV-3", B.START, "force 5 with the upgraded approval", lambda w: issued_by("approver_head")(wind("8.0")(w))
    ),
    shut("G-LV-3", B.START, "nobody measured the wind", calm_unknown),
    opened("G-LV-3", B.START, "measured 120:00 min ago", wind("3", timedelta(minutes=120))),
    shut("G-LV-3", B.START, "measured 120:01 min ago", wind("3", timedelta(minutes=120, seconds=1))),
    shut("G-LV-3", B.START, "measured at an unknown time", wind("3", None)),
    opened(
        "G-LV-3",
        B.START,
        "indoors the wind does not matter",
        lambda w: calm_unknown(w) and w.change_permit(HOT, facts={}),
    ),
    opened("G-LV-2", B.START, "by day"),
    shut("G-LV-2", B.START, "at night without the upgraded approval", night),
    opened("G-LV-2", B.START, "at night with it", lambda w: issued_by("approver_head")(night(w))),
    shut("G-LV-2", B.RESUME, "a resume at night likewise", night),
    opened("G-LV-2", B.START, "entry is not upgraded", night, permit=PIT),
    opened("G-HOT-1a", B.START, "the fire watch is there"),
    shut("G-HOT-1a", B.START, "nobody is on watch", off_duty(HOT)),
    shut("G-HOT-1a", B.START, "somebody who is not named is", unnamed_guardian(HOT)),
    opened("G-HOT-1b", B.START, "an extinguisher is there"),
    shut("G-HOT-1b", B.START, "nobody looked", equipment(HOT, "fire_extinguisher")),
    shut("G-HOT-1b", B.START, "none", equipment(HOT, "fire_extinguisher", count=0)),
    opened("G-HOT-1b", B.START, "one", equipment(HOT, "fire_extinguisher", count=1)),
    shut("G-HOT-1b", B.START, "not in order", equipment(HOT, "fire_extinguisher", ok=False)),
    opened("G-HOT-2", B.START, "first level needs no video"),
    shut("G-HOT-2", B.START, "special level without any", lambda w: w.change_permit(HOT, level="special")),
    opened("G-HOT-5", B.START, "checked by the foreman on duty"),
    shut("G-HOT-5", B.START, "not checked", lambda w: w.change_permit(HOT, foreman_check=None)),
    shut("G-HOT-5", B.START, "checked before the issue", foreman(seq=1)),
    shut("G-HOT-5", B.START, "checked by somebody not on the roster", foreman(by="area")),
    shut("G-HOT-5", B.START, "checked after the shift ended", foreman(at=DAY_TWO + timedelta(days=9))),
    opened("G-CS-1a", B.START, "the guardian stands outside", permit=PIT),
    shut("G-CS-1a", B.START, "nobody is on duty", off_duty(PIT), permit=PIT),
    shut("G-CS-1a", B.START, "the guardian is inside with them", at_work, permit=PIT),
    opened("G-CS-1b", B.START, "rescue kit and communication", permit=PIT),
    shut("G-CS-1b", B.START, "no rescue kit", equipment(PIT, "rescue_kit"), permit=PIT),
    shut("G-CS-1b", B.START, "communication fails", equipment(PIT, "communication", ok=False), permit=PIT),
    opened("G-CS-1c", B.START, "36 V", equipment(PIT, "lighting", volts=36), permit=PIT),
    shut("G-CS-1c", B.START, "37 V", equipment(PIT, "lighting", volts=37), permit=PIT),
    opened(
        "G-CS-1c", B.START, "wet or narrow, 12 V", lambda w: equipment(PIT, "lighting", volts=12)(wet(w)), permit=PIT
    ),
    shut("G-CS-1c", B.START, "wet or narrow, 13 V", lambda w: equipment(PIT, "lighting", volts=13)(wet(w)), permit=PIT),
    shut("G-CS-1c", B.START, "nobody says which voltage", equipment(PIT, "lighting", volts=None), permit=PIT),
    shut("G-RUN-0", B.START, "a second before it is valid", window(valid_from=SECOND)),
    opened("G-RUN-0", B.START, "at the first moment", window(valid_from=timedelta(0))),
    shut("G-RUN-0", B.START, "never issued", lambda w: w.change_permit(HOT, valid_from=None)),
    opened("G-RUN-1", B.RESUME, "the guardian is there"),
    shut("G-RUN-1", B.RESUME, "the guardian is not", off_duty(HOT)),
    shut("G-RUN-1", B.ENTER, "nor at an entry", off_duty(PIT), permit=PIT),
    opened("G-RUN-2", B.RESUME, "at the last moment", window(valid_to=timedelta(0))),
    shut("G-RUN-2", B.RESUME, "a second after it", window(valid_to=-SECOND)),
    shut(
        "G-RUN-2", B.ENTER, "an entry after it", lambda w: w.change_permit(PIT, valid_to=DAY_TWO - SECOND), permit=PIT
    ),
    opened("G-RUN-3", B.RESUME, "nothing changed"),
    shut("G-RUN-3", B.RESUME, "the process changed since the issue", changed_after_issue),
    shut("G-RUN-3", B.ENTER, "and nobody goes in", changed_after_issue, permit=PIT),
    opened("G-RUN-4", B.START, "60:00 min after it became valid", window(valid_from=-MINUTES_60)),
    shut("G-RUN-4", B.START, "60:01 min after", window(valid_from=-MINUTES_60 - SECOND)),
]


@pytest.mark.parametrize("row", START, ids=str)
def test_gate(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(
    ("payload", "then"), [({"unchanged": True}, set()), ({"unchanged": False}, {"G-RUN-3"}), ({}, {"G-RUN-3"})]
)
def test_the_lead_states_that_nothing_changed(payload: dict[str, Any], then: set[str]) -> None:
    w = ready_for(B.START)
    assert codes(w.do("lead", "start", payload, job_id=JOB, permit_id=HOT)) == then


def test_a_ticket_not_started_in_its_window_is_revoked_by_expiry_not_extended() -> None:
    w = ready_for(B.START)
    w.later(hours=8, seconds=1)
    w.permit_ok(HOT, "service:timekeeper", "expire_ticket")
    assert w.permit(HOT).state == "revoked"


def test_the_timekeeper_cannot_expire_a_ticket_early() -> None:
    w = ready_for(B.START)
    w.later(hours=8)
    assert codes(w.do("service:timekeeper", "expire_ticket", job_id=JOB, permit_id=HOT)) == {"wrong_state"}
