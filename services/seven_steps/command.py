"""A command as the core sees it: the client part, what the gateway measured, and the clocks the decider put on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Interval:
    """When something happened on the site's clock: not before `earliest`, not after `latest` (UTC)."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Presence:
    """Proof of being on site, checked by the gateway: kind `code` or `position`; place is a permit or area id."""

    kind: str
    place: str
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Command:
    """One thing somebody asks for.

    sha256:          of the RFC 8785 form of the client part; the id of the bytes that were signed
    means:           passkey, device_key, attested (a person) or service; key_id: the key, of the first two
    authenticated_at: when the person last proved who they are (real time)
    act_by:          an act decided after this real time is refused `too_late`; None for records
    decided_at_real: the decider's own clock, in real time on simulated sites too
    captured:        when it was recorded on the device, on the site's clock; None is unknown and no evidence
    late:            a record that arrived more than 60 s after it was captured
    """

    command_id: str
    type: str
    version: int
    site_id: str
    actor: str
    payload: Mapping[str, Any]
    sha256: str
    means: str
    decided_at_real: datetime
    job_id: str | None = None
    permit_id: str | None = None
    expected_version: int | None = None
    authenticated_at: datetime | None = None
    act_by: datetime | None = None
    presence: Presence | None = None
    key_id: str = ""
    captured: Interval | None = None
    late: bool = False
    lang: str = "en"
    notes: tuple[str, ...] = field(default=())
