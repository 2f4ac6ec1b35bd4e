"""What has changed on a site: the streams against what its board says of them. Pure and level-triggered.

The board is the memory: a watcher that was away compares what it sees now with what was last said, so nothing is said
twice and nothing is missed. A change is sent under an id of its kind, subject and moment.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from services.seven_steps import gas, signals
from services.seven_steps.board import Board
from services.seven_steps.board_ticket import Permit, Signal
from services.seven_steps.rules import Rules
from services.watcher.streams import Place, Segment, SiteStreams

WATCHED = frozenset({"issued", "active", "suspended"})
RECORD_SIGNAL, RECORD_SEGMENT, RAISE_ALARM = "record_signal", "record_gas_segment", "raise_alarm"
OUT_OF_FENCE = "07"
EARTH_RADIUS_M = 6_371_000
FENCE_BUCKET = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to send. at: the real time at which it was so; subject and moment make its id."""

    kind: str
    permit: Permit
    payload: Mapping[str, Any]
    at: datetime
    subject: str
    segment: tuple[str, str, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What a look compares: the site's board and clock, the streams, and real time."""

    board: Board
    now: datetime  # the site's
    real: datetime
    rules: Rules
    streams: SiteStreams
    since: datetime  # we have been listening; nothing was silent before

    def duration(self, name: str) -> timedelta:
        return self.rules.duration(name, self.board)


def changes(look: Look) -> Iterator[Change]:
    for permit in look.board.permits.values():
        if permit.state in WATCHED:
            yield from _gas(look, permit)
            yield from _video(look, permit)
            yield from _people(look, permit)


# ---- signals -------------------------------------------------------------------------------------------------------


def _gas(look: Look, permit: Permit) -> Iterator[Change]:
    for about in _abouts(permit, signals.GAS_STREAM, look.streams.gas):
        yield from _signal(look, permit, signals.GAS_STREAM, about, look.streams.gas.get((permit.permit_id, about)))
    for name, segment in look.streams.segments.items():
        if name[0] == permit.permit_id and (moment := _record_is_wanted(look, permit, segment)):
            yield _segment(permit, name, segment, moment)


def _video(look: Look, permit: Permit) -> Iterator[Change]:
    for about in _abouts(permit, signals.VIDEO, look.streams.video):
        seen, recording = look.streams.video.get((permit.permit_id, about), (None, True))
        yield from _signal(look, permit, signals.VIDEO, about, seen, "" if recording else "stopped")


def _people(look: Look, permit: Permit) -> Iterator[Change]:
    for person in permit.guardians_on:
        place, beat = look.streams.places.get(person), look.streams.heartbeats.get(person)
        yield from _signal(look, permit, signals.HEARTBEAT, person, beat)
        yield from _out_of_fence(look, permit, person, place)
        left = _left_the_fence(look, permit, person, place)
        yield from _signal(look, permit, signals.POSITION, person, place.at if place else None, left)


def _abouts(permit: Permit, kind: str, seen: Mapping[tuple[str, str], Any]) -> list[str]:
    """Whatever sends for this ticket now, and whatever was last said to be alive: its silence must be told as well."""
    known = {signal.about for signal in signals.of_kind(permit, kind)}
    return sorted(known | {about for permit_id, about in seen if permit_id == permit.permit_id})


def _signal(
    look: Look, permit: Permit, kind: str, about: str, seen: datetime | None, lost: str = ""
) -> Iterator[Change]:
    """Alive or lost against what the board says: a change is sent at once, an alive one again when it gets old."""
    said = _said(look, permit, kind, about)
    if seen is None:
        # Nothing since we began to look, and the tail of the topic holds nothing: what was alive is not any more.
        if said is not None and said.state == signals.ALIVE and _is_silent(look, look.since):
            yield _change(look, permit, kind, about, signals.LOST, look.real, "silent")
        return
    silent = _is_silent(look, max(seen, look.since))
    state, why = (signals.LOST, lost or "silent") if lost or silent else (signals.ALIVE, "")
    if said is None and state == signals.LOST and why == "silent":
        return  # an old word of a stream that nobody has counted on
    renewal = look.duration("signal_renewal")
    is_old = said is not None and state == signals.ALIVE and look.now - said.seen.earliest >= renewal
    if said is None or said.state != state or is_old:
        yield _change(look, permit, kind, about, state, seen if state == signals.ALIVE else look.real, why)


def _said(look: Look, permit: Permit, kind: str, about: str) -> Signal | None:
    """What the board says; of a guardian, nothing from before they last said themselves that they are there."""
    said = permit.signals.get(signals.key(kind, about))
    duty = permit.guardians_on.get(about) if kind in signals.OF_PERSONS else None
    return None if said is None or (duty is not None and said.seen.latest < duty.since) else said


def _is_silent(look: Look, seen: datetime) -> bool:
    return look.real - seen > look.duration("signal_silence")


def _change(look: Look, permit: Permit, kind: str, about: str, state: str, at: datetime, why: str) -> Change:
    """The moment of the id is what the board last said: the change of one state has one id, whoever sees it."""
    said = permit.signals.get(signals.key(kind, about))
    payload = {"kind": kind, "about": about, "state": state} | ({"why": why} if why else {})
    return Change(RECORD_SIGNAL, permit, payload, at, f"{kind}|{about}|{state}|{said.seq if said else 0}")


def _out_of_fence(look: Look, permit: Permit, person: str, place: Place | None) -> Iterator[Change]:
    """The alarm, within 5 s (AQ 3064.3 7.2); one of this ticket that is open is not raised again."""
    since = _outside_since(look, permit, person, place)
    if since is None or look.real - since < look.duration("fence_alarm"):
        return
    about = permit.permit_id, OUT_OF_FENCE
    if any(a.closed is None and (a.permit_id, a.code) == about for a in look.board.alarms.values()):
        return
    payload = {"code": OUT_OF_FENCE, "what": person}
    yield Change(RAISE_ALARM, permit, payload, since, f"{OUT_OF_FENCE}|{person}|{_bucket(since, FENCE_BUCKET)}")


def _left_the_fence(look: Look, permit: Permit, person: str, place: Place | None) -> str:
    """ "outside" once they have been out of the area's circle for longer than the policy, their accuracy granted."""
    since = _outside_since(look, permit, person, place)
    return "outside" if since is not None and look.real - since >= look.duration("fence_grace") else ""


def _outside_since(look: Look, permit: Permit, person: str, place: Place | None) -> datetime | None:
    """Since when they have been out of the area's circle; None while they are in, or nobody can tell."""
    name = permit.permit_id, person
    area = look.board.areas.get(permit.area_id)
    if place is None or area is None or area.position is None:
        return None
    away = _distance_m(area.position, place) - float(Decimal(place.accuracy_m))
    if away <= float(Decimal(area.position["radius_m"])):
        look.streams.outside_since.pop(name, None)
        return None
    return look.streams.outside_since.setdefault(name, place.at)


def _bucket(moment: datetime, length: timedelta) -> int:
    """Two watchers who see the same thing at nearly the same time send one command, as two timekeepers do."""
    return int(moment.timestamp() // length.total_seconds())


def _distance_m(area: Mapping[str, str], place: Place) -> float:
    """Great-circle distance (haversine)."""
    lat1, lat2 = math.radians(float(area["lat"])), math.radians(float(place.lat))
    d_lat, d_lon = lat2 - lat1, math.radians(float(place.lon) - float(area["lon"]))
    h = math.sin(d_lat / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(d_lon / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


# ---- gas -----------------------------------------------------------------------------------------------------------


def _record_is_wanted(look: Look, permit: Permit, segment: Segment) -> str:
    """When it is long enough (6.5), when a limit is crossed, and when it has been good for a while after that.

    What the ticket's deciding reading says is the memory of the last crossing: a stream that stays bad is not sent
    again and again. Once its newest value is good, the bad ones that came after the crossing are recorded (no more
    than one record a silence): kept, they would be judged after a good test, and stop the work for what is over.
    Gives the moment of the record's id, empty for none: of a good one that is long enough the bucket of its length, so
    that two watchers send one; of others what they hold, so that no bad value is taken for a good one's repetition.
    """
    lasted, length = look.real - segment.began, look.duration("stream_record_interval")
    deciding = gas.deciding(permit, gas.Need(segment.stem["gas"], segment.stem["point"]))
    bad = _is_bad(look, permit, segment)
    if lasted >= length and not bad and (deciding is None or deciding.passed):
        return f"record|{_bucket(segment.last, length)}"
    if lasted >= length:
        return segment.sha256
    if bad:
        is_news = deciding is None or deciding.passed or _is_over(look, permit, segment)
        return segment.sha256 if is_news else ""
    back = deciding is not None and not deciding.passed and lasted >= look.duration("signal_renewal")
    return segment.sha256 if back else ""


def _is_over(look: Look, permit: Permit, segment: Segment) -> bool:
    """The newest value is good, and the last record of the stream is not of just now."""
    name = ":".join(segment.stem[key] for key in ("instrument_id", "gas", "point"))
    before = permit.segments.get(name)
    is_new = (
        before is not None and before.at is not None and look.now - before.at.latest < look.duration("signal_silence")
    )
    return not is_new and not _fails(look, permit, segment, (segment.newest,))


def _is_bad(look: Look, permit: Permit, segment: Segment) -> bool:
    """An extreme is out of its limit (gas.py)."""
    kind = look.rules.gas(segment.stem["gas"])
    is_oxygen = kind is not None and kind.kind == "oxygen"
    return _fails(look, permit, segment, (segment.most, segment.least) if is_oxygen else (segment.most,))


def _fails(look: Look, permit: Permit, segment: Segment, values: tuple[Decimal, ...]) -> bool:
    instrument = look.board.instruments.get(segment.stem["instrument_id"])
    kind = look.rules.gas(segment.stem["gas"])
    for value in values:
        reading = {**segment.stem, "value": format(value, "f")}
        converted = gas.converted(reading, kind, instrument, look.rules)
        if not gas.passes(converted, kind, look.rules, look.board, permit):
            return True
    return False


def _segment(permit: Permit, name: tuple[str, str, str, str], segment: Segment, moment: str) -> Change:
    named = ("instrument_id", "gas", "point", "unit", "lel", "calibration_gas")
    payload = {key: segment.stem[key] for key in named if key in segment.stem} | {
        "min": format(segment.least, "f"),
        "max": format(segment.most, "f"),
        "values": segment.values,
        "segment_sha256": segment.sha256,
    }
    return Change(RECORD_SEGMENT, permit, payload, segment.last, f"{'|'.join(name)}|{moment}", name)
