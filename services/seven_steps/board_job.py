"""A job on the board: what steps 1, 2, 3 and 7 know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.seven_steps.command import Interval
from services.seven_steps.facts import EMPTY, Stated


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
class LessonAnswer:
    """Applied to this work, or not applicable with a reason."""

    lesson_id: str
    applied: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Assessment:
    version: int
    method: str
    rows: tuple[RiskRow, ...]
    participants: tuple[str, ...]
    recorded: Stated
    acceptances: Mapping[str, Stated] = EMPTY  # role -> who accepted the residual risk, with the ALARP text
    signed: Stated | None = None
    lessons: Mapping[str, LessonAnswer] = EMPTY  # by lesson


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
    score: int | None = None  # per cent of the read-back answered right at the first try; None: nothing was asked


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
class PersonalLock:
    person_id: str
    lock_no: str
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Isolation:
    """One point that is isolated for the job. applied: also who is responsible for it, and for the locks on it."""

    point_id: str
    method: str
    lock_no: str
    tag_no: str
    applied: Stated
    verified: Stated | None = None
    removed: Stated | None = None
    locks: Mapping[str, PersonalLock] = EMPTY  # by person
    put_on: datetime | None = None  # when, at the earliest: it may be on the site before it is told


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
