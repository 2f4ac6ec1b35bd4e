"""What the newest telemetry says, per stream: when it was last seen, what it said, and the open gas segments. Pure.

Times here are real time (UTC); whoever sends a command says how old the moment is, and the decider puts it on the
site's clock.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.seven_steps import site_time
from services.seven_steps.canonical import canonical


@dataclass(slots=True)
class Segment:
    """The values of one detector, gas and point since the last record, hashed as they come."""

    stem: Mapping[str, Any]  # instrument_id, permit_id, gas, point, unit and the like
    began: datetime
    last: datetime
    least: Decimal
    most: Decimal
    newest: Decimal
    values: int = 0
    digest: Any = field(default_factory=hashlib.sha256)

    def add(self, item: Mapping[str, Any], at: datetime) -> None:
        value = Decimal(item["value"])
        if at >= self.last:
            self.last, self.newest = at, value
        self.least, self.most = min(self.least, value), max(self.most, value)
        self.values += 1
        self.digest.update(canonical(dict(item)) + b"\n")

    @property
    def sha256(self) -> str:
        """Of the items in canonical form, one a line, in the order of the log: anyone can do it again for 7 days."""
        return str(self.digest.hexdigest())


@dataclass(slots=True)
class Place:
    lat: str
    lon: str
    accuracy_m: str
    at: datetime


@dataclass(slots=True)
class SiteStreams:
    """One site's streams. gas and video are seen per ticket and device, people wherever they are."""

    gas: dict[tuple[str, str], datetime] = field(default_factory=dict)  # (permit, instrument) -> last seen
    segments: dict[tuple[str, str, str, str], Segment] = field(default_factory=dict)  # and gas, point
    recorded: dict[tuple[str, str, str, str], datetime] = field(default_factory=dict)  # up to here, before we began
    video: dict[tuple[str, str], tuple[datetime, bool]] = field(default_factory=dict)
    heartbeats: dict[str, datetime] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    outside_since: dict[tuple[str, str], datetime] = field(default_factory=dict)  # (permit, person)

    def take(self, item: Mapping[str, Any]) -> None:
        at = site_time.parse(item["at"])
        if item["kind"] == "gas":
            self._gas(item, at)
        elif item["kind"] == "video":
            name = item["permit_id"], item["recorder_id"]
            if name not in self.video or at >= self.video[name][0]:
                self.video[name] = at, item["recording"]
        elif item["kind"] == "heartbeat":
            person = item["person_id"]
            self.heartbeats[person] = max(at, self.heartbeats.get(person, at))
        elif item["kind"] == "position":
            before = self.places.get(item["person_id"])
            if before is None or at >= before.at:
                self.places[item["person_id"]] = Place(item["lat"], item["lon"], item["accuracy_m"], at)

    def goes_on_from(self, name: tuple[str, str, str, str], at: datetime, least: Decimal, most: Decimal) -> None:
        """The stream stands in a record up to this moment: two watchers make one record, not two of nearly the same.

        A segment that holds later values, or others than the record tells of, is kept, and counts its time from there.
        """
        segment = self.segments[name]
        if segment.last <= at and least <= segment.least and segment.most <= most:
            del self.segments[name]
        else:
            segment.began = max(segment.began, at)

    def _gas(self, item: Mapping[str, Any], at: datetime) -> None:
        stream = item["permit_id"], item["instrument_id"]
        self.gas[stream] = max(at, self.gas.get(stream, at))
        name = (*stream, item["gas"], item["point"])
        if name in self.recorded and at <= self.recorded[name]:
            return  # it stands in a record already: its value is not judged again
        found = self.segments.get(name)
        if found is None or found.stem["unit"] != item["unit"]:
            value = Decimal(item["value"])
            stem = {key: inner for key, inner in item.items() if key not in ("kind", "at", "value")}
            found = self.segments[name] = Segment(stem, at, at, value, value, value)
        found.add(item, at)


def read(value: bytes) -> tuple[str, list[dict[str, Any]]] | None:
    """(site_id, items) of a record on `telemetry`; None for one that is none of ours (halts stand there as well)."""
    try:
        found = json.loads(value)
        if found["telemetry"] != 1:
            return None
        return found["site_id"], found["items"]
    except (ValueError, KeyError, TypeError):
        return None
