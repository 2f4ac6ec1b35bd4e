"""The board: all that is live on one site, folded from its chain of outcomes.

Only `evolve` makes new boards. Everything here is an immutable value. `seq` in a fact is the `site_seq` of the record
that stated it: gates name their evidence by it. Times are aware UTC datetimes on the site's clock; calendar days are
`YYYY-MM-DD` strings of the site's zone; decimals are `Decimal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.seven_steps.board_audit import Audit
from services.seven_steps.board_index import Index
from services.seven_steps.board_job import Job
from services.seven_steps.board_site import (
    Area,
    Calendar,
    Certificate,
    Contractor,
    Emergency,
    Instrument,
    IsolationPoint,
    Lesson,
    Person,
    Recorder,
    ServiceOwner,
    Shift,
    ShiftHandover,
    SignatureKey,
    Site,
    Wind,
)
from services.seven_steps.board_ticket import Permit
from services.seven_steps.facts import EMPTY, Stated


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
    owner: str = ""  # a person or a role: who is in charge of it from the moment it is raised
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
    """A closed job: its number and the ids of its commands, kept so that a re-delivery is recognised.

    had_part: who had a part in the work; with area and types for a sample that is drawn after it left
    """

    job_id: str
    job_no: str
    closed_at: datetime
    permits: tuple[str, ...]
    seq: int
    area_id: str = ""
    types: frozenset[str] = frozenset()
    had_part: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Purge:
    """The last purge of a kind (documents, videos): those of every job closed until then may go."""

    what: str
    closed_to: datetime
    stated: Stated


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
    removed: tuple[str, ...] = ()  # policies of the site that are taken back


@dataclass(frozen=True, slots=True)
class Coordination:
    """What was agreed between two tickets whose work bears on each other (GB 30871-2022 4.7), and who signed it.

    clashes: rows of the matrix it was made for; agreed: measures by their word; stated.text: in people's words
    """

    permits: tuple[str, str]
    clashes: tuple[str, ...]
    agreed: tuple[str, ...]
    stated: Stated
    signatures: tuple[Stated, ...] = ()


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
    service_owners: Mapping[str, ServiceOwner] = EMPTY  # by service
    keys: Mapping[str, SignatureKey] = EMPTY  # revoked ones too: a replay checks what they signed before
    calendar: Calendar = field(default_factory=Calendar)
    roster: tuple[Shift, ...] = ()
    shift_offers: Mapping[str, ShiftHandover] = EMPTY  # by area: given, not taken over yet
    shift_handovers: Mapping[str, ShiftHandover] = EMPTY  # by area: the last that both signed
    policies: Mapping[str, str] = EMPTY
    proposed: Proposal | None = None  # the newest proposal of packs and policies, until it is released
    released: Stated | None = None  # the last release
    wind: Mapping[str, Wind] = EMPTY  # by area id, "" for the whole site
    emergencies: Mapping[str, Emergency] = EMPTY  # by area id, "" for the whole site
    jobs: Mapping[str, Job] = EMPTY
    permits: Mapping[str, Permit] = EMPTY
    coordinations: Mapping[str, Coordination] = EMPTY  # by the two ticket ids, in order
    alarms: Mapping[str, Alarm] = EMPTY
    concerns: Mapping[str, Concern] = EMPTY
    late_arrivals: Mapping[str, LateArrival] = EMPTY
    lessons: Mapping[str, Lesson] = EMPTY
    audits: Mapping[str, Audit] = EMPTY  # that are open
    purges: Mapping[str, Purge] = EMPTY  # by kind
    tombstones: Mapping[str, Tombstone] = EMPTY
    counters: Mapping[str, int] = EMPTY  # "2026-11-20" -> numbers given that day
    seen: Mapping[str, Mapping[str, Seen]] = EMPTY  # by job id, or a bucket of the site's own commands
    index: Index = field(default_factory=Index)
