"""The board: all that is live on one site, folded from its chain of outcomes.

Only `evolve` makes new boards. Everything here is an immutable value. `seq` in a fact is the `site_seq` of the record
that stated it: gates name their evidence by it. Times are aware UTC datetimes on the site's clock; calendar days are
`YYYY-MM-DD` strings of the site's zone; decimals are `Decimal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

from services.seven_steps.command import Interval


class _Empty(dict[str, Any]):
    """An empty mapping that stays empty, and may be the default of a frozen field."""

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __setitem__(self, key: str, value: Any) -> NoReturn:
        raise TypeError("the board is immutable")


EMPTY: Mapping[str, Any] = _Empty()


# ---- the site's registry -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Site:
    site_id: str
    code: str
    name: Mapping[str, str]
    zone: str
    clock: str  # "real" | "simulated"; stands in the first record and never changes
    packs: tuple[str, ...]
    emergency_number: str
    muster_point: Mapping[str, str]
    seq: int


@dataclass(frozen=True, slots=True)
class Area:
    area_id: str
    name: Mapping[str, str]
    fire_explosion: bool
    bund: bool
    enriched_oxygen: bool
    seq: int
    position: Mapping[str, str] | None = None  # lat, lon, radius_m


@dataclass(frozen=True, slots=True)
class Person:
    person_id: str
    roles: frozenset[str]
    trades: tuple[str, ...]
    unit: str
    contractor_id: str | None
    vault_sha256: str
    seq: int
    contraindications: frozenset[str] = frozenset()  # kinds of work the person may not do
    delegations: Mapping[str, str] = EMPTY


@dataclass(frozen=True, slots=True)
class Certificate:
    certificate_id: str
    person_id: str
    trade: str
    valid_from: str
    valid_to: str
    revoked: bool
    seq: int


@dataclass(frozen=True, slots=True)
class Contractor:
    contractor_id: str
    name: Mapping[str, str]
    suspended: bool
    seq: int


@dataclass(frozen=True, slots=True)
class Instrument:
    instrument_id: str
    model: str
    gases: tuple[str, ...]
    calibration_gas: str | None
    correction_factors: Mapping[str, Decimal]
    calibration_due: str
    in_service: bool
    seq: int
    bump_day: str | None = None  # the site day of the last bump test that passed
    bump_seq: int = 0
    bump_at: datetime | None = None  # of the last bump test, whatever it said


@dataclass(frozen=True, slots=True)
class Recorder:
    """A video recorder (GB 30871-2022 5.2.11 wants it explosion-proof)."""

    recorder_id: str
    model: str
    ex_proof: bool
    in_service: bool
    seq: int


@dataclass(frozen=True, slots=True)
class IsolationPoint:
    point_id: str
    tag: str
    area_id: str
    energy: str
    description: str
    seq: int


@dataclass(frozen=True, slots=True)
class Period:
    name: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Calendar:
    holidays: frozenset[str] = frozenset()
    workdays: frozenset[str] = frozenset()  # rest days that are worked
    rest_days: frozenset[int] = frozenset({6, 7})  # ISO weekdays
    special_periods: tuple[Period, ...] = ()
    night_from: str = "22:00"
    night_to: str = "06:00"
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Shift:
    area_id: str
    person_id: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Wind:
    area_id: str | None
    mean_m_s: Decimal
    gust_m_s: Decimal
    at: Interval | None
    seq: int


@dataclass(frozen=True, slots=True)
class Emergency:
    area_id: str | None
    reason: str
    declared_by: str
    at: datetime
    seq: int


# ---- a job: steps 1, 2, 3 and 7 ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stated:
    """Somebody said or signed something at a time."""

    by: str
    at: datetime
    seq: int
    means: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class RiskRow:
    step: str
    hazard: str
    permits: tuple[str, ...]
    initial: Mapping[str, int]
    controls: tuple[Mapping[str, Any], ...]
    residual: Mapping[str, int]
    band: str
    residual_band: str


@dataclass(frozen=True, slots=True)
class Assessment:
    version: int
    method: str
    rows: tuple[RiskRow, ...]
    participants: tuple[str, ...]
    recorded: Stated
    acceptances: Mapping[str, Stated] = EMPTY  # role -> who accepted the residual risk, with the ALARP text
    signed: Stated | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    planned_day: str
    urgent: bool
    reason: str
    booked: Stated
    urgent_approved: Stated | None = None


@dataclass(frozen=True, slots=True)
class PlanDocument:
    kind: str
    sha256: str
    permit_id: str | None


@dataclass(frozen=True, slots=True)
class PlannedIsolation:
    point_id: str
    method: str
    blind_required: bool


@dataclass(frozen=True, slots=True)
class GasPlan:
    gases: tuple[str, ...]
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    recorded: Stated
    method_statement: str
    emergency_plan: str
    rescue_kit: str
    comms_channel: str
    documents: tuple[PlanDocument, ...] = ()
    isolations: tuple[PlannedIsolation, ...] = ()
    gas: Mapping[str, GasPlan] = EMPTY  # by permit
    flush_water_m: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    person_id: str
    version: int
    content_sha256: str
    lang: str
    captured: Interval | None
    at: datetime
    means: str
    seq: int


@dataclass(frozen=True, slots=True)
class Briefing:
    version: int
    content_sha256: str
    languages: tuple[str, ...]
    given: Stated
    place: str
    contents: Mapping[str, Any] = EMPTY  # by language: topics with their text
    acknowledged: Mapping[str, Acknowledgement] = EMPTY  # of this version only


@dataclass(frozen=True, slots=True)
class Isolation:
    point_id: str
    method: str
    lock_no: str
    tag_no: str
    applied: Stated
    verified: Stated | None = None
    removed: Stated | None = None


@dataclass(frozen=True, slots=True)
class Action:
    action_id: str
    text: str
    owner: str
    due: str
    raised: Stated
    closed: Stated | None = None


@dataclass(frozen=True, slots=True)
class Seal:
    kind: str
    permit_id: str | None
    sha256: str
    level: str
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Change:
    """A recorded change of process or conditions (GB 30871-2022 4.17)."""

    at: datetime
    text: str
    seq: int


@dataclass(frozen=True, slots=True)
class Job:
    job_id: str
    job_no: str
    state: str  # draft, assessed, planned, briefed, reviewed, closed
    title: str
    area_id: str
    place: str
    equipment_tag: str
    work_content: str
    applicant: str
    applicant_unit: str
    work_unit: str
    contractor_id: str | None
    work_lead: str
    lang: str
    created: Stated
    version: int = 0
    permits: tuple[str, ...] = ()
    assessment: Assessment | None = None
    assessed: frozenset[str] = frozenset()  # tickets covered by step 1; planned and briefed likewise
    planned: frozenset[str] = frozenset()
    briefed: frozenset[str] = frozenset()
    changed: Change | None = None
    booking: Booking | None = None
    plan: Plan | None = None
    plan_approved: Stated | None = None
    briefing: Briefing | None = None
    briefing_versions: int = 0
    isolations: Mapping[str, Isolation] = EMPTY
    stop: Stated | None = None
    actions: Mapping[str, Action] = EMPTY
    review: Stated | None = None
    closed: Stated | None = None
    sent_back: Stated | None = None
    seals: tuple[Seal, ...] = ()
    copied_from: str | None = None
    commands: int = 0


# ---- a ticket: steps 4, 5 and 6 ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CrewMember:
    person_id: str
    role: str  # worker, guardian
    trade: str
    seq: int


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
class GuardianDuty:
    person_id: str
    place: str  # outside, at_work
    since: datetime
    seq: int


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
    no_residual_fire: bool
    by: str
    at: datetime
    seq: int


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
    type: str  # general, hot_work, confined_space
    state: str  # open, surveyed, issued, active, suspended, completed, accepted, void, revoked
    level: str  # hot work: special, 1, 2; else ""
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
    related: frozenset[str] = frozenset()
    supersedes: str | None = None
    crew: Mapping[str, CrewMember] = EMPTY
    measures: Mapping[str, Measure] = EMPTY
    gas: tuple[GasReading, ...] = ()
    surveyed: Stated | None = None
    nodes: tuple[NodeSignature, ...] = ()
    issue: Issue | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    foreman_check: Stated | None = None
    equipment: Mapping[str, EquipmentCheck] = EMPTY
    guardians_on: Mapping[str, GuardianDuty] = EMPTY
    handover_from: str | None = None
    handover_to: str | None = None
    guardian_said: Mapping[str, datetime] = EMPTY  # by guardian: when they last said on or off
    monitor: Stated | None = None  # a manual continuous monitor is running (text: instrument)
    signals: Mapping[str, Signal] = EMPTY  # by kind and what it is about
    segments: Mapping[str, GasSegment] = EMPTY  # by instrument, gas and point
    started: Stated | None = None
    suspensions: Mapping[str, Suspension] = EMPTY
    stopped_at: datetime | None = None  # when work last stopped, while it is stopped
    last_run_at: datetime | None = None  # last start or resume
    entered_since_run: bool = False
    inside: Mapping[str, Inside] = EMPTY
    tools_inside: Mapping[str, int] = EMPTY
    checks: tuple[Check, ...] = ()
    restoration: Restoration | None = None
    completed: Stated | None = None
    fire_watch: FireWatch | None = None
    accepted: Stated | None = None
    ended: Stated | None = None  # void or revoked, with the reason
    prints: int = 0


# ---- alarms and the rest -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Alarm:
    alarm_id: str
    code: str
    job_id: str | None
    permit_id: str | None
    raised_at: datetime
    text: str
    count: int
    seq: int
    owner: str | None = None
    acknowledged: Stated | None = None
    closed: Stated | None = None


@dataclass(frozen=True, slots=True)
class Concern:
    concern_id: str
    job_id: str | None
    permit_id: str | None
    text: str
    raised: Stated


@dataclass(frozen=True, slots=True)
class LateArrival:
    command_id: str
    job_id: str | None
    type: str
    stated: Stated
    cleared: Stated | None = None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A closed job: its number and the ids of its commands, kept so that a re-delivery is recognised."""

    job_id: str
    job_no: str
    closed_at: datetime
    permits: tuple[str, ...]
    seq: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A command that has its outcome: the hash of its client part, and when it was decided."""

    sha256: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """Rule packs (with versions) and policies that wait for a second person; stated.text is the reason."""

    proposal_id: str
    packs: tuple[str, ...]
    policies: Mapping[str, str]
    stated: Stated


@dataclass(frozen=True, slots=True)
class Board:
    site: Site | None = None
    seq: int = 0  # of the last record applied; 0 before the first
    head: str = ""  # SHA-256 of the last record's stored bytes
    decided_at: datetime | None = None
    areas: Mapping[str, Area] = EMPTY
    people: Mapping[str, Person] = EMPTY
    certificates: Mapping[str, Certificate] = EMPTY
    contractors: Mapping[str, Contractor] = EMPTY
    instruments: Mapping[str, Instrument] = EMPTY
    recorders: Mapping[str, Recorder] = EMPTY
    isolation_points: Mapping[str, IsolationPoint] = EMPTY
    calendar: Calendar = field(default_factory=Calendar)
    roster: tuple[Shift, ...] = ()
    policies: Mapping[str, str] = EMPTY
    proposed: Proposal | None = None  # the newest proposal of packs and policies, until it is released
    released: Stated | None = None  # the last release
    wind: Mapping[str, Wind] = EMPTY  # by area id, "" for the whole site
    emergencies: Mapping[str, Emergency] = EMPTY  # by area id, "" for the whole site
    jobs: Mapping[str, Job] = EMPTY
    permits: Mapping[str, Permit] = EMPTY
    alarms: Mapping[str, Alarm] = EMPTY
    concerns: Mapping[str, Concern] = EMPTY
    late_arrivals: Mapping[str, LateArrival] = EMPTY
    tombstones: Mapping[str, Tombstone] = EMPTY
    counters: Mapping[str, int] = EMPTY  # "2026-11-20" -> numbers given that day
    seen: Mapping[str, Mapping[str, Seen]] = EMPTY  # by job id, or a bucket of the site's own commands
