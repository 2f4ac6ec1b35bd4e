"""Telemetry on the wire: heartbeats, positions, continuous gas values and recorder states, in batches.

No command and no evidence: it goes to the topic `telemetry`; a watcher turns its changes into commands.
"""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from schemas import limits, words
from schemas.commands.step4_site_survey import Reading
from schemas.fields import Dec, Flag, Ident, Int, Many, Part, Strict, Uuid


class _Item(Strict):
    """elapsed_ms: between the measurement and the sending, on the device's monotonic clock."""

    elapsed_ms = Int(0, limits.TELEMETRY_AGE_MS_MAX)


class Heartbeat(_Item):
    """The signed-in person's handheld is alive."""


class Position(_Item):
    """Where the signed-in person's handheld is."""

    lat = Dec("-90", "90")
    lon = Dec("-180", "180")
    accuracy_m = Dec("0", "100000")


class GasValue(Reading, _Item):
    """One value of a continuous detector, as it shows it, for a ticket."""

    instrument_id = Ident()
    permit_id = Uuid()


class Video(_Item):
    """A recorder at a ticket records, or has stopped."""

    recorder_id = Ident()
    permit_id = Uuid()
    recording = Flag()


class Batch(Strict):
    """What one device has to say. At least one item, of any kind."""

    site_id = Ident()
    heartbeats = Many(Part(Heartbeat), limits.TELEMETRY_ITEMS_MAX, optional=True)
    positions = Many(Part(Position), limits.TELEMETRY_ITEMS_MAX, optional=True)
    gas = Many(Part(GasValue), limits.TELEMETRY_ITEMS_MAX, optional=True)
    video = Many(Part(Video), limits.TELEMETRY_ITEMS_MAX, optional=True)

    @validates_schema
    def says_something_and_not_too_much(self, data: dict[str, Any], **_: Any) -> None:
        count = sum(len(data.get(kind, ())) for kind in words.TELEMETRY_KINDS)
        if not 1 <= count <= limits.TELEMETRY_ITEMS_MAX:
            raise ValidationError(f"From 1 to {limits.TELEMETRY_ITEMS_MAX} items.")


class Taken(Strict):
    """How many items are on the log now."""

    taken = Int(1, limits.TELEMETRY_ITEMS_MAX)
