"""A ticket (permit) on the board: what steps 4, 5 and 6 know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.seven_steps.command import Interval
from services.seven_steps.facts import EMPTY, Stated
from services.seven_steps.grid import Spot


@dataclass(frozen=True, slots=True)
class CrewMember:
    person_id: str
    role: str  # worker, guardian
    trade: str
    seq: int
    certificate_id: str = ""  # what this person showed, if it was said


@dataclass(frozen=True, slots=True)
class Measure:
    line: str
    answer: str  # confirmed, not_applicable, not_in_place
    by: str
    at: datetime
    seq: int
    note: str = ""
    photo_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class GasReading:
    """One value as the instrument showed it, and as the limits are stated."""

    reading_id: str
    gas: str
    point: str
    value: Decimal
    unit: str
    lel_sent: Decimal | None
    calibration_gas: str | None
    converted: Decimal | None  # %vol for combustibles and oxygen, mg/m3 for toxics; None: no evidence for this gas
    converted_unit: str
    passed: bool
    instrument_id: str
    tester: str
    sampled: Interval | None  # None: the time is not known, no evidence
    marks: tuple[str, ...]  # future, time_unknown, instrument_unknown, out_of_service, calibration_past, no_bump_test
    seq: int


@dataclass(frozen=True, slots=True)
class NodeSignature:
    node: str
    by: str
    at: datetime
    opinion: str
    means: str
    seq: int


@dataclass(frozen=True, slots=True)
class Issue:
    by: str
    at: datetime
    grade: str
    means: str
    presence: str
    seq: int
    on_behalf_of: str = ""  # whose right it was that the issuer, who holds it too, was asked to use


@dataclass(frozen=True, slots=True)
class EquipmentCheck:
    kind: str
    ok: bool
    count: int
    volts: int | None
    by: str
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What was last said of the unit before special-level hot work (GB 30871-2022 5.4.2); at: None is unknown."""

    unit_stable: bool
    slight_positive_pressure: bool
    no_decomposing_service: bool
    by: str
    at: Interval | None
    seq: int


@dataclass(frozen=True, slots=True)
class GuardianDuty:
    person_id: str
    place: str  # outside, at_work
    since: datetime
    seq: int
    briefed: bool = True  # had acknowledged what was the current briefing then


@dataclass(frozen=True, slots=True)
class Suspension:
    cause: str
    reason: str
    by: str
    at: datetime
    seq: int
    cleared: Stated | None = None


@dataclass(frozen=True, slots=True)
class Inside:
    person_id: str
    since: datetime
    seq: int
    without_enter: bool = False
    mode: str = ""  # of a special entry (GB 30871-2022 6.6)


@dataclass(frozen=True, slots=True)
class Restoration:
    site_restored: bool
    guards_back: bool
    cleaned: bool
    by: str
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class FireWatch:
    """at: the earliest moment at which it may have been said to be over; latest: the latest."""

    no_residual_fire: bool
    by: str
    at: datetime
    seq: int
    latest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Check:
    item: str
    ok: bool
    finding: str
    by: str
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Signal:
    """What was last said of a stream. about: the instrument, recorder or person; why it was lost: silent, outside, …"""

    kind: str  # gas_stream, video, position, heartbeat
    about: str
    state: str  # alive, lost
    seen: Interval  # when it was last seen
    seq: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class GasSegment:
    """The record of a continuous stream: its extremes as sent, how many values, and the hash of the raw ones."""

    instrument_id: str
    gas: str
    point: str
    least: str
    most: str
    unit: str
    values: int
    sha256: str
    at: Interval | None
    seq: int


@dataclass(frozen=True, slots=True)
class Permit:
    permit_id: str
    permit_no: str
    job_id: str
    type: str  # the id of its WorkType
    state: str  # open, surveyed, issued, active, suspended, completed, accepted, void, revoked
    level: str  # one of its type's levels; "" where it has none
    level_reasons: tuple[str, ...]  # clauses and facts that gave the level
    requested_level: str
    requested_level_reason: str
    facts: Mapping[str, Any]
    area_id: str
    place: str
    equipment_tag: str
    limitations: str
    planned_from: datetime
    planned_to: datetime
    created: Stated
    content_seq: int = 0  # of the record that stated its content last
    spot: Spot | None = None  # where on the site grid; None: anywhere in its area
    activities: frozenset[str] = frozenset()  # what the work does to its neighbours (simops)
    related: frozenset[str] = frozenset()
    supersedes: str | None = None
    crew: Mapping[str, CrewMember] = EMPTY
    cosigned: Mapping[str, Stated] = EMPTY  # by service: who of its owners agreed, with what they said
    measures: Mapping[str, Measure] = EMPTY
    gas: tuple[GasReading, ...] = ()
    surveyed: Stated | None = None
    nodes: tuple[NodeSignature, ...] = ()
    issue: Issue | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    foreman_check: Stated | None = None
    process_state: ProcessState | None = None
    equipment: Mapping[str, EquipmentCheck] = EMPTY
    guardians_on: Mapping[str, GuardianDuty] = EMPTY
    handover_from: str | None = None
    handover_to: str | None = None
    guardian_said: Mapping[str, datetime] = EMPTY  # by guardian: when they last said on or off
    monitor: Stated | None = None  # a manual continuous monitor is running (text: instrument)
    monitor_said: datetime | None = None  # when it was last said to run or to have stopped
    signals: Mapping[str, Signal] = EMPTY  # by kind and what it is about
    segments: Mapping[str, GasSegment] = EMPTY  # by instrument, gas and point
    started: Stated | None = None
    suspensions: Mapping[str, Suspension] = EMPTY
    stopped_at: datetime | None = None  # when work last stopped, while it is stopped
    last_run_at: datetime | None = None  # last start or resume
    entered_since_run: bool = False
    special_entry: Stated | None = None  # HSE's approval of an entry out of limits (text: its mode)
    inside: Mapping[str, Inside] = EMPTY
    tools_inside: Mapping[str, int] = EMPTY
    checks: tuple[Check, ...] = ()
    restoration: Restoration | None = None
    completed: Stated | None = None
    fire_watch: FireWatch | None = None
    accepted: Stated | None = None
    ended: Stated | None = None  # void or revoked, with the reason
    prints: int = 0
