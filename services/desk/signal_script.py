"""What devices send, as a script: who says what at which second of a scene (deploy/demo/signals.toml). Pure.

A detector, a recorder, a handheld: each follows its usual course, or the one that the scene gives it.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from itertools import pairwise
from typing import Any

from services.desk.exits import broken, not_found

SILENT, ON = "silent", "on"
GAS, VIDEO, POSITION, HEARTBEAT = "gas", "video", "position", "heartbeat"
#: The list of a batch that takes a device's items, by its kind (schemas/telemetry.py).
LISTS = {GAS: "gas", VIDEO: "video", POSITION: "positions", HEARTBEAT: "heartbeats"}
ABOUT_TICKETS = frozenset({GAS, VIDEO})
#: Metres of one degree of latitude on a sphere of the earth's mean radius.
DEGREE_M = Decimal("111195")
VALUE_STEP, DEGREE_STEP = Decimal("0.01"), Decimal("0.000001")

Course = str | tuple[tuple[Decimal, Decimal], ...]  # a word, or points (seconds, value)


@dataclass(frozen=True, slots=True)
class Device:
    """ticket: the script's name of the ticket it is about, empty for what tells of a person."""

    name: str
    kind: str
    who: str
    ticket: str
    usual: Course
    says: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Script:
    devices: tuple[Device, ...]
    scenes: Mapping[str, Mapping[str, Course]]  # name -> what a device does otherwise

    def changes(self, scene: str) -> Mapping[str, Course]:
        """Raises Fault for a scene that is not there."""
        if scene not in self.scenes:
            raise not_found(f"there is no scene {scene!r}; there are: {', '.join(self.scenes)}")
        return self.scenes[scene]

    def of(self, tickets: Mapping[str, str]) -> Script:
        """Without the devices about tickets that are not there."""
        return Script(tuple(d for d in self.devices if not d.ticket or d.ticket in tickets), self.scenes)

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(device.who for device in self.devices))


def read(text: str) -> Script:
    """A script from TOML. Raises Fault for one that does not make sense in itself."""
    content = tomllib.loads(text)
    devices = tuple(_device(row) for row in content["device"])
    names = {device.name for device in devices}
    scenes = {}
    for row in content["scene"]:
        unknown = sorted(set(row.get("changes", {})) - names)
        if unknown:
            raise broken(f"scene {row['name']!r}: no device is called {', '.join(unknown)}")
        scenes[row["name"]] = {name: _course(course) for name, course in row.get("changes", {}).items()}
    return Script(devices, scenes)


def demo_script() -> Script:
    return read(files("deploy.demo").joinpath("signals.toml").read_text("utf-8"))


def _device(row: Mapping[str, Any]) -> Device:
    if row["kind"] not in LISTS or (row["kind"] in ABOUT_TICKETS) != ("ticket" in row):
        raise broken(f"device {row['name']!r}: a {row['kind']} device with these fields there is not")
    usual = _course(row["usual"])
    return Device(row["name"], row["kind"], row["who"], row.get("ticket", ""), usual, row.get("says", {}))


def _course(written: str | list[list[Any]]) -> Course:
    if isinstance(written, str):
        return written
    return tuple((Decimal(str(second)), Decimal(value)) for second, value in written)


# ---- what is sent --------------------------------------------------------------------------------------------------


def batches(
    script: Script, scene: str, second: Decimal, site_id: str, tickets: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """What each account posts to /api/telemetry at that second of the scene. tickets: permit_id by name."""
    changes = script.changes(scene)
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"site_id": site_id})
    for device in script.of(tickets).devices:
        course = changes.get(device.name, device.usual)
        if course != SILENT:
            item = _item(device, course, second, tickets)
            found[device.who].setdefault(LISTS[device.kind], []).append(item)
    return dict(found)


def _item(device: Device, course: Course, second: Decimal, tickets: Mapping[str, str]) -> dict[str, Any]:
    item: dict[str, Any] = {"elapsed_ms": 0, **device.says}
    if device.kind in ABOUT_TICKETS:
        item["permit_id"] = tickets[device.ticket]
    if device.kind == GAS:
        item["value"] = str(value_at(course, second).quantize(VALUE_STEP))
    elif device.kind == VIDEO:
        item["recording"] = course == ON
    elif device.kind == POSITION:
        north = Decimal(device.says["lat"]) + value_at(course, second) / DEGREE_M
        item["lat"] = str(north.quantize(DEGREE_STEP))
    return item


def value_at(course: Course, second: Decimal) -> Decimal:
    """On the straight line between the points beside it; before the first and after the last as there."""
    if isinstance(course, str) or not course:
        raise broken(f"{course!r} is no course of values")
    for (since, before), (until, after) in pairwise(course):
        if since <= second < until:
            return before + (after - before) * (second - since) / (until - since)
    return course[0][1] if second < course[0][0] else course[-1][1]
