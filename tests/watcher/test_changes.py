"""What the watcher makes of streams and boards, on a clock that only the test moves: changes, once each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.seven_steps.command import Interval
from services.seven_steps.site_time import stamp
from services.watcher.changes import Change, Look, changes
from services.watcher.sending import command_id
from services.watcher.streams import SiteStreams
from tests.flow import walk
from tests.flow.world import HOT, PIT, RULES, World, text

IN = {"lat": "30.000000", "lon": "121.000000"}
OUT = {"lat": "30.010000", "lon": "121.000000"}  # 1.1 km north


class Watched:
    """A world with streams: what the watcher says is decided at once."""

    def __init__(self, world: World) -> None:
        self.w, self.streams = world, SiteStreams()
        self.since = world.now
        names = {"en": "Farm", "zh-CN": "罐区"}
        area = {"area_id": "farm", "name": names, "fire_explosion": True, "bund": False, "enriched_oxygen": False}
        world.ok("admin", "register_area", area | {"position": IN | {"radius_m": "50"}})

    def hear(self, kind: str, **item: Any) -> None:
        self.streams.take({"kind": kind, "at": stamp(self.w.now)} | item)

    def gas(self, value: str = "0.05", gas: str = "propane", permit: str = HOT, **more: Any) -> None:
        item = {"instrument_id": "meter", "permit_id": permit, "gas": gas, "point": "bottom", "unit": "%vol"}
        self.hear("gas", **item | {"value": value} | more)

    def position(self, person: str = "watch", accuracy_m: str = "3", **place: str) -> None:
        self.hear("position", person_id=person, accuracy_m=accuracy_m, **place)

    def found(self) -> list[Change]:
        return list(changes(Look(self.w.board, self.w.now, self.w.now, RULES, self.streams, self.since)))

    def said(self) -> list[tuple[str, str]]:
        """Decide what is found; what it was: (ticket, words)."""
        told = []
        for change in self.found():
            when = Interval(change.at, change.at)
            self.w.permit_ok(change.permit.permit_id, "service:watcher", change.kind, change.payload, captured=when)
            if change.segment is not None:
                self.streams.segments.pop(change.segment)
            if change.kind == "raise_alarm":
                told.append((change.permit.permit_id, f"alarm {change.payload['code']}"))
                continue
            words = change.payload.get("state") or f"{change.payload['min']}..{change.payload['max']}"
            about = change.payload.get("about") or change.payload["gas"]
            told.append((change.permit.permit_id, f"{about} {words}"))
        return told


def watched(world: World | None = None) -> Watched:
    return Watched(world or walk.active())


def told(pairs: Iterable[tuple[str, str]], permit: str = HOT) -> list[str]:
    return [words for permit_id, words in pairs if permit_id == permit]


def test_a_stream_is_said_to_be_alive_once_and_again_after_the_renewal() -> None:
    s = watched()
    s.gas()
    assert told(s.said()) == ["meter alive"]
    for _ in range(299 // 13):
        s.w.later(seconds=13)
        s.gas()
        assert s.said() == []
    s.w.later(seconds=1)
    s.gas()
    assert told(s.said()) == ["meter alive"]


def test_a_stream_is_lost_after_thirty_seconds_and_not_at_thirty_and_back_with_the_next_value() -> None:
    s = watched()
    s.gas()
    s.said()
    s.w.later(seconds=30)
    assert s.said() == []
    s.w.later(seconds=1)
    assert told(s.said()) == ["meter lost"]
    assert s.said() == []
    s.gas()
    assert told(s.said()) == ["meter alive"]


def test_a_clock_that_jumped_is_followed_by_a_renewal() -> None:
    s = watched()
    s.gas()
    s.said()
    s.w.later(hours=1)
    s.gas()
    assert told(s.said()) == ["meter alive"]


def test_two_watchers_and_a_restart_use_the_same_ids() -> None:
    s = watched()
    s.gas()
    other = Watched(s.w)
    other.streams = s.streams
    assert [command_id(c) for c in s.found()] == [command_id(c) for c in other.found()]
    assert len({command_id(c) for c in s.found()}) == len(s.found())


def test_after_a_restart_what_was_alive_has_as_long_as_any_stream_to_be_heard() -> None:
    s = watched()
    s.gas()
    s.said()
    s.w.later(minutes=4)
    s.streams, s.since = SiteStreams(), s.w.now
    assert s.said() == []
    s.w.later(seconds=31)
    assert told(s.said()) == ["meter lost"]


def test_a_guardian_who_leaves_the_fence_is_lost_after_thirty_seconds_outside() -> None:
    s = watched()
    s.position(**IN)
    assert told(s.said()) == ["watch alive"]
    s.w.later(seconds=10)
    s.position(**OUT)
    assert s.said() == []
    s.w.later(seconds=2)
    s.position(**OUT)
    assert told(s.said()) == ["alarm 07"]
    for _ in range(2):
        s.w.later(seconds=10)
        s.position(**OUT)
        assert s.said() == []
    s.w.later(seconds=8)
    s.position(**OUT)
    assert told(s.said()) == ["watch lost"]
    assert s.w.permit(HOT).suspensions.keys() == {"guardian_gone"}
    s.position(**IN)
    assert told(s.said()) == ["watch alive"]


def test_the_fence_alarm_comes_within_five_seconds_and_a_return_in_time_is_no_absence() -> None:
    s = watched()
    s.position(**IN)
    s.said()
    raised = None
    for second in range(1, 7):
        s.w.later(seconds=1)
        s.position(**OUT)
        if "alarm 07" in told(s.said()):
            raised = second
    assert raised is not None and raised <= 5
    (alarm,) = [a for a in s.w.board.alarms.values() if a.permit_id == HOT]
    assert (alarm.code, alarm.permit_id, alarm.owner, alarm.text) == ("07", HOT, "watch", "watch")
    s.w.later(seconds=20)
    s.position(**IN)
    assert s.said() == []
    assert s.w.permit(HOT).state == "active"


def test_the_fence_alarm_is_raised_once_while_it_is_open_and_anew_when_it_happens_again() -> None:
    s = watched()
    for _ in range(2):
        s.position(**OUT)
        s.said()
        s.w.later(seconds=2)
        s.position(**OUT)
        assert told(s.said()) == ["alarm 07"]
        assert s.said() == []
        s.position(**IN)
        s.said()
        for alarm in [a for a in s.w.board.alarms.values() if a.closed is None]:
            s.w.ok("area", "close_alarm", {"alarm_id": alarm.alarm_id, "result": text("back")})
        s.w.later(seconds=40)
    assert len([a for a in s.w.board.alarms.values() if a.permit_id == HOT]) == 2


def test_two_watchers_of_different_age_make_one_record_of_a_stream() -> None:
    s = watched()
    s.gas("0.05")
    other = SiteStreams()
    ids = []
    for minute in range(1, 112):
        s.w.later(minutes=1)
        s.gas("0.05")
        if minute >= 20:  # the second one began later
            other.take(
                {"kind": "gas", "at": stamp(s.w.now), "instrument_id": "meter", "permit_id": HOT, "gas": "propane"}
                | {"point": "bottom", "unit": "%vol", "value": "0.05"}
            )
        for one in s.found():
            if one.kind == "record_gas_segment":
                ids.append(command_id(one))
                other.goes_on_from(one.segment, one.at, Decimal("0"), Decimal("0.05"))
                s.streams.segments.pop(one.segment)
    assert len(ids) == 1
    name = (HOT, "meter", "propane", "bottom")
    assert name not in other.segments or other.segments[name].began >= s.w.now - timedelta(minutes=2)


def test_what_the_other_watchers_record_does_not_tell_of_is_kept() -> None:
    s = watched()
    s.gas("0.3")
    (name,) = s.streams.segments
    s.streams.goes_on_from(name, s.w.now, Decimal("0"), Decimal("0.05"))
    assert s.streams.segments[name].most == Decimal("0.3")
    s.streams.goes_on_from(name, s.w.now, Decimal("0"), Decimal("0.3"))
    assert name not in s.streams.segments


def test_the_id_of_a_good_record_is_that_of_its_time_and_of_a_bad_one_what_it_holds() -> None:
    s = watched()
    s.gas("0.05")
    s.w.later(minutes=110)
    s.gas("0.04")
    one = next(c for c in s.found() if c.kind == "record_gas_segment")
    s.streams.segments.clear()
    s.gas("0.05")
    (segment,) = s.streams.segments.values()
    segment.began -= timedelta(minutes=110)
    same = next(c for c in s.found() if c.kind == "record_gas_segment")
    assert command_id(one) == command_id(same)
    s.gas("0.3")
    bad = next(c for c in s.found() if c.kind == "record_gas_segment")
    assert command_id(bad) != command_id(same)


def test_a_step_over_the_fence_within_the_accuracy_is_no_leaving() -> None:
    s = watched()
    for _ in range(6):
        s.position(accuracy_m="20", lat="30.000600", lon="121.000000")  # 66.7 m: 16.7 m outside
        s.w.later(seconds=10)
    s.position(accuracy_m="20", lat="30.000600", lon="121.000000")
    assert "watch lost" not in told(s.said())


def test_who_lost_the_signal_and_says_to_be_there_is_there_until_the_next_signal() -> None:
    s = watched()
    s.hear("heartbeat", person_id="watch")
    s.said()
    s.w.later(seconds=31)
    assert told(s.said()) == ["watch lost"]
    s.w.later(seconds=60)
    s.w.permit_ok(HOT, "watch", "guardian_on", {"place": "outside"})
    assert told(s.said()) == []


def test_nobody_but_guardians_on_duty_is_watched() -> None:
    s = watched()
    s.position(person="cutter", **OUT)
    s.hear("heartbeat", person_id="mate")
    assert s.said() == []


def test_a_recorder_that_stops_is_lost_at_once() -> None:
    s = watched()
    s.hear("video", recorder_id="cam", permit_id=HOT, recording=True)
    assert told(s.said()) == ["cam alive"]
    s.w.later(seconds=2)
    s.hear("video", recorder_id="cam", permit_id=HOT, recording=False)
    assert told(s.said()) == ["cam lost"]


@pytest.mark.parametrize(("value", "crossed"), [("0.2", False), ("0.21", True)])
def test_a_crossed_limit_is_sent_at_once_and_stops_the_work(value: str, crossed: bool) -> None:
    s = watched()
    s.gas()
    s.said()
    s.w.later(seconds=2)
    s.gas(value)
    assert told(s.said()) == (["propane 0.05.." + value] if crossed else [])
    assert (s.w.permit(HOT).state == "suspended") is crossed


def test_a_stream_that_stays_bad_is_sent_once_and_again_when_it_has_been_good_for_a_renewal() -> None:
    s = watched()
    s.gas("0.3")
    assert "propane 0.3..0.3" in told(s.said())
    for _ in range(20):
        s.w.later(seconds=2)
        s.gas("0.3")
        assert s.said() == []
    s.streams.segments.clear()
    for _ in range(31):
        s.w.later(seconds=10)
        s.gas("0.05")
        if "propane 0.05..0.05" in told(s.said()):
            break
    else:
        raise AssertionError("its return was not told")


def excursion() -> Watched:
    """Bad for ten seconds, told at the first, and good again."""
    s = watched()
    s.gas("0.3")
    assert "propane 0.3..0.3" in told(s.said())
    for _ in range(5):
        s.w.later(seconds=2)
        s.gas("0.4")
        assert s.said() == []
    s.w.later(seconds=2)
    s.gas("0.05")
    return s


def test_bad_values_after_the_crossing_are_recorded_once_it_is_over_and_not_after_a_good_test() -> None:
    s = excursion()
    assert s.said() == []
    s.w.later(seconds=17)
    s.gas("0.05")
    assert s.said() == []  # 29 s after the crossing's record
    s.w.later(seconds=1)
    s.gas("0.05")
    assert told(s.said()) == ["propane 0.05..0.4"]
    s.w.later(minutes=1)
    walk.sample_air(s.w, HOT)
    s.gas("0.05")
    assert told(s.said()) == []


def test_while_the_newest_value_is_bad_nothing_is_over() -> None:
    s = excursion()
    s.w.later(seconds=28)
    s.gas("0.4")
    assert s.said() == []


def test_the_record_comes_after_110_minutes_with_its_extremes() -> None:
    s = watched()
    sent: list[str] = []
    for minute in range(111):
        s.gas("0.01" if minute == 7 else "0.05")
        sent += [words for words in told(s.said()) if ".." in words]
        s.w.later(minutes=1)
    assert sent == ["propane 0.01..0.05"]


def test_nothing_is_said_of_a_ticket_that_is_not_live() -> None:
    s = watched(walk.before_review())
    s.gas()
    s.gas(permit=PIT)
    assert s.said() == []


def test_a_day_of_one_detector_and_one_guardian_costs_few_records() -> None:
    """The figure of ADR 0010: 12 an hour for each signal, one gas record in two hours."""
    s = watched()
    count = 0
    for _ in range(8 * 60 * 6):
        s.gas()
        s.hear("heartbeat", person_id="watch")
        count += len(told(s.said()))
        s.w.later(seconds=10)
        s.w.change_permit(HOT, guardians_on={}) if s.w.permit(HOT).state != "active" else None
    assert count <= 8 * (12 + 12) + 5 + timedelta(hours=8) / timedelta(hours=2)
