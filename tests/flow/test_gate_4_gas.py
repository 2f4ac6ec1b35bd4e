"""Gas: what is recorded of a sample, marked and set off by it. Limits and times at their bounds: tests/vectors."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.seven_steps.command import Interval
from services.seven_steps.gate import Boundary as B
from tests.flow import walk
from tests.flow.tables import ready_for
from tests.flow.world import DAY_TWO, HOT, JOB, PIT, codes


def readings(permit: str, **changes: Any) -> Any:
    return lambda w: w.change_permit(permit, gas=tuple(replace(r, **changes) for r in w.permit(permit).gas))


def aged(permit: str, **age: float) -> Any:
    moment = DAY_TWO - timedelta(**age)
    return readings(permit, sampled=Interval(moment, moment))


def at_(moment: Any) -> Interval:
    return Interval(moment, moment)


MARKS = [
    ("a sample 60 s ahead is not the future", {"captured": at_(DAY_TWO + timedelta(seconds=60))}, ()),
    ("a sample 61 s ahead is", {"captured": at_(DAY_TWO + timedelta(seconds=61))}, ("future",)),
    ("an unknown time is no evidence", {"captured": None}, ("time_unknown",)),
]


@pytest.mark.parametrize(("name", "more", "then"), MARKS, ids=[m[0] for m in MARKS])
def test_a_reading_is_kept_and_marked_never_refused(name: str, more: dict[str, Any], then: tuple[str, ...]) -> None:
    w = ready_for(B.ISSUE)
    walk.sample_air(w, HOT, **more)
    assert w.permit(HOT).gas[-1].marks == then


def test_a_laboratory_sample_is_as_old_as_it_says() -> None:
    w = ready_for(B.ISSUE)
    reading = [{"gas": "propane", "point": "bottom", "value": "0.05", "unit": "%vol"}]
    w.permit_ok(HOT, "tester", "record_gas_test", {"instrument_id": "meter", "readings": reading, "sample_age_s": 1801})
    assert w.permit(HOT).gas[-1].sampled == at_(DAY_TWO - timedelta(seconds=1801))


def test_a_bad_value_suspends_work_and_raises_the_local_alarm() -> None:
    w = walk.active()
    walk.sample_air(w, PIT, {"oxygen": ("19.4", "%vol")})
    assert w.permit(PIT).state == "suspended"
    assert set(w.permit(PIT).suspensions) == {"bad_gas"}
    assert [a.code for a in w.board.alarms.values()] == ["06"]


def test_calibration_is_good_to_the_end_of_its_day_and_the_bump_test_is_of_the_sample_day() -> None:
    w = ready_for(B.ISSUE)
    meter = w.board.instruments["meter"]
    for due, then in (("2026-11-19", ()), ("2026-11-18", ("calibration_past",))):
        w.board = replace(w.board, instruments={"meter": replace(meter, calibration_due=due)})
        walk.sample_air(w, HOT)
        assert w.permit(HOT).gas[-1].marks == then
    w.board = replace(w.board, instruments={"meter": replace(meter, bumps={})})
    walk.sample_air(w, HOT)
    assert w.permit(HOT).gas[-1].marks == ("no_bump_test",)


def test_a_sample_about_midnight_is_of_both_days() -> None:
    """23:59:55 or 00:00:05 in Shanghai: the meter's last day is over by the later of the two."""
    w = ready_for(B.ISSUE)
    meter, midnight = w.board.instruments["meter"], DAY_TWO - timedelta(hours=8)
    about = Interval(midnight - timedelta(seconds=5), midnight + timedelta(seconds=5))
    w.board = replace(w.board, instruments={"meter": replace(meter, calibration_due="2026-11-18")})
    walk.sample_air(w, HOT, captured=about)
    assert w.permit(HOT).gas[-1].marks == ("calibration_past", "no_bump_test")


def test_start_is_refused_with_every_gas_gate_that_is_shut() -> None:
    w = ready_for(B.START)
    aged(HOT, minutes=31)(w)
    outcome = w.do("lead", "start", {"unchanged": True}, job_id=JOB, permit_id=HOT)
    assert codes(outcome) == {"G-GAS-2"}


def test_of_several_spaces_the_largest_decides_which_points_are_tested() -> None:
    w = ready_for(B.ISSUE)
    assert "G-GAS-8" not in w.shut(B.ISSUE)
    large = replace(w.permit(PIT), permit_id="tank", facts={**w.permit(PIT).facts, "volume_m3": "250"})
    w.board = replace(w.board, permits={**w.board.permits, "tank": large})
    w.change_job(permits=(*w.job.permits, "tank"))
    assert "G-GAS-8" in w.shut(B.ISSUE)
