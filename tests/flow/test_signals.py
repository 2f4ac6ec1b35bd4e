"""Signals: what is kept of them, and what stops when one is lost while work runs. The gates: tests/vectors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from services.seven_steps.command import Interval
from tests.flow import walk
from tests.flow.tables import B
from tests.flow.world import HOT, JOB, PIT, World, alarms, codes

WATCHER = "service:watcher"
Given = Callable[[World], World]


def said(w: World, kind: str, about: str, state: str = "alive", permit: str = HOT, **more: Any) -> Any:
    payload = {"kind": kind, "about": about, "state": state}
    return w.permit_ok(permit, WATCHER, "record_signal", payload, **more)


def seen(kind: str, about: str, *, state: str = "alive", permit: str = HOT, **ago: float) -> Given:
    """The signal, last seen so long ago."""

    def given(w: World) -> World:
        at = w.now - timedelta(**ago)
        said(w, kind, about, state, permit, captured=Interval(at, at))
        return w

    return given


def special(w: World) -> World:
    return w.change_permit(HOT, level="special")


def release(w: World) -> World:
    return w.change_permit(HOT, facts=dict(w.permit(HOT).facts) | {"material_may_be_released": True})


def camera(w: World, **changes: Any) -> World:
    payload = {"recorder_id": "cam", "model": "EX-2", "ex_proof": True, "in_service": True} | changes
    w.ok("admin", "register_recorder", payload)
    return w


def by_stream_only(w: World) -> World:
    return w.change_permit(PIT, monitor=None)


def both(*givens: Given) -> Given:
    def given(w: World) -> World:
        for one in givens:
            w = one(w)
        return w

    return given


STREAM = seen("gas_stream", "meter")


# ---- a loss while work runs ----------------------------------------------------------------------------------------

recorded_by_cam = seen("video", "cam")
LOSSES = [
    (both(camera, recorded_by_cam, special), "gas_stream", "meter", HOT, "gas_unmonitored", "97"),
    (release, "gas_stream", "meter", HOT, "gas_unmonitored", "97"),
    (by_stream_only, "gas_stream", "meter", PIT, "gas_unmonitored", "05"),
    (both(camera, STREAM, special), "video", "cam", HOT, "video_lost", "98"),
    (lambda w: w, "position", "watch", HOT, "guardian_gone", "31"),
    (lambda w: w, "heartbeat", "watch", PIT, "guardian_gone", "31"),
]


@pytest.mark.parametrize(("given", "kind", "about", "permit", "cause", "code"), LOSSES)
def test_a_signal_lost_while_work_runs_suspends_with_its_cause_and_alarm(
    given: Given, kind: str, about: str, permit: str, cause: str, code: str
) -> None:
    w = given(walk.active())
    assert not alarms(said(w, kind, about, permit=permit))
    assert w.permit(permit).state == "active"
    outcome = said(w, kind, about, "lost", permit)
    assert alarms(outcome) == {code}
    assert (w.permit(permit).state, list(w.permit(permit).suspensions)) == ("suspended", [cause])


@pytest.mark.parametrize(("given", "kind", "about", "permit", "cause", "code"), LOSSES)
def test_a_second_signal_alive_keeps_the_work_going(
    given: Given, kind: str, about: str, permit: str, cause: str, code: str
) -> None:
    if kind in ("position", "heartbeat"):
        pytest.skip("one lost signal of the one guardian is enough")
    w = given(walk.active())
    if kind == "video":
        camera(w, recorder_id="cam-2")
        said(w, kind, "cam-2", permit=permit)
    else:
        meter = {"instrument_id": "meter-2", "model": "X4", "gases": ["propane"], "in_service": True}
        w.ok("admin", "register_instrument", meter | {"calibration_due": "2026-12-31"})
        said(w, kind, "meter-2", permit=permit)
    said(w, kind, about, permit=permit)
    assert not alarms(said(w, kind, about, "lost", permit))
    assert w.permit(permit).state == "active"


def test_a_lost_signal_that_no_gate_asks_for_is_kept_and_stops_nothing() -> None:
    w = walk.active()
    assert not alarms(said(w, "video", "cam", "lost"))
    assert w.permit(HOT).state == "active"
    assert w.permit(HOT).signals["video:cam"].state == "lost"


def test_an_older_word_that_comes_later_does_not_undo_a_newer_one() -> None:
    w = walk.active()
    said(w, "gas_stream", "meter", "lost")
    seen("gas_stream", "meter", seconds=1)(w)
    assert w.permit(HOT).signals["gas_stream:meter"].state == "lost"
    w.later(seconds=1)
    said(w, "gas_stream", "meter")
    assert w.permit(HOT).signals["gas_stream:meter"].state == "alive"


def test_only_services_say_what_a_signal_does() -> None:
    w = walk.active()
    payload = {"kind": "gas_stream", "about": "meter", "state": "alive"}
    assert codes(w.do("tester", "record_signal", payload, job_id=JOB, permit_id=HOT)) == {"not_allowed"}


# ---- the record of a stream ----------------------------------------------------------------------------------------


def segment(w: World, gas: str, least: str, most: str, permit: str = PIT, unit: str = "%vol", **more: Any) -> Any:
    payload = {
        "instrument_id": "meter",
        "gas": gas,
        "point": "bottom",
        "unit": unit,
        "min": least,
        "max": most,
        "values": 7200,
        "segment_sha256": "a" * 64,
    }
    return w.permit_ok(permit, WATCHER, "record_gas_segment", payload, **more)


def test_the_streams_record_renews_the_two_hourly_record_of_every_gas_it_covers() -> None:
    w = walk.active()
    w.later(hours=2, seconds=1)
    assert "G-GAS-6b" in w.shut(B.ENTER, PIT)
    segment(w, "propane", "0", "0.05")
    segment(w, "oxygen", "20.7", "20.9")
    assert "G-GAS-6b" in w.shut(B.ENTER, PIT)
    segment(w, "hydrogen_sulfide", "0", "1", unit="mg/m3")
    assert "G-GAS-6b" not in w.shut(B.ENTER, PIT)


@pytest.mark.parametrize(
    ("gas", "least", "most", "unit", "state"),
    [
        ("propane", "0", "0.2", "%vol", "active"),
        ("propane", "0", "0.21", "%vol", "suspended"),
        ("oxygen", "19.5", "21", "%vol", "active"),
        ("oxygen", "19.4", "20.9", "%vol", "suspended"),
        ("oxygen", "20.8", "21.1", "%vol", "suspended"),
        ("hydrogen_sulfide", "0", "10", "mg/m3", "active"),
        ("hydrogen_sulfide", "0", "10.1", "mg/m3", "suspended"),
    ],
)
def test_one_bad_value_of_the_segment_stops_the_work(gas: str, least: str, most: str, unit: str, state: str) -> None:
    w = walk.active()
    w.later(minutes=1)
    outcome = segment(w, gas, least, most, unit=unit)
    assert w.permit(PIT).state == state
    assert alarms(outcome) == (set() if state == "active" else {"06"})
    kept = w.permit(PIT).segments[f"meter:{gas}:bottom"]
    assert (kept.least, kept.most, kept.values, kept.sha256) == (least, most, 7200, "a" * 64)


def test_special_level_hot_work_starts_and_resumes_with_stream_and_video() -> None:
    w = camera(special(walk.before_start()))
    assert {"G-GAS-7", "G-HOT-2"} <= w.shut(B.START, HOT)
    STREAM(w)
    seen("video", "cam")(w)
    assert not {"G-GAS-7", "G-HOT-2"} & w.shut(B.START, HOT)
