"""The site's registry on the board: areas, people, certificates, instruments, calendar, and what is true of a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from services.seven_steps.command import Interval
from services.seven_steps.facts import EMPTY, Stated
from services.seven_steps.grid import Circle


@dataclass(frozen=True, slots=True)
class PlotPlan:
    """The plot plan 总平面图: a picture of the site and the edges of it on the site grid, metres."""

    sha256: str
    west_m: Decimal
    south_m: Decimal
    east_m: Decimal
    north_m: Decimal
    seq: int


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
    plot_plan: PlotPlan | None = None


@dataclass(frozen=True, slots=True)
class FixedHotWork:
    """A fixed hot-work area 固定动火区: its conditions (GB 30871-2022 5.5.2) hold, and the day it was last reviewed."""

    conditions_confirmed: bool
    reviewed_on: str


@dataclass(frozen=True, slots=True)
class Area:
    area_id: str
    name: Mapping[str, str]
    fire_explosion: bool
    bund: bool
    enriched_oxygen: bool
    seq: int
    position: Mapping[str, str] | None = None  # lat, lon, radius_m
    fixed_hot_work: FixedHotWork | None = None
    grid: Circle | None = None  # where it is on the site grid
    decks: tuple[Decimal, ...] = ()  # elevations of its solid decks, m


@dataclass(frozen=True, slots=True)
class Delegation:
    """A right to issue that its holder lets another holder use for him (AQ 3064.2-2025 5.5.3)."""

    right: str
    to: str
    start: datetime
    end: datetime
    seq: int


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
    delegations: Mapping[str, Delegation] = EMPTY  # by right


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
class BumpTest:
    passed: bool
    at: datetime
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
    bumps: Mapping[str, BumpTest] = EMPTY  # by site day: the last of that day


@dataclass(frozen=True, slots=True)
class Recorder:
    """A video recorder (GB 30871-2022 5.2.11 wants it explosion-proof)."""

    recorder_id: str
    model: str
    ex_proof: bool
    in_service: bool
    seq: int


@dataclass(frozen=True, slots=True)
class SignatureKey:
    """The public half of a key that one person signs with. public_key: SubjectPublicKeyInfo, base64url; rp_id and
    origin: of a passkey, where it was made."""

    key_id: str
    person_id: str
    means: str  # device_key, passkey
    public_key: str
    device: str
    rp_id: str
    origin: str
    registered: Stated
    revoked: Stated | None = None


@dataclass(frozen=True, slots=True)
class IsolationPoint:
    point_id: str
    tag: str
    area_id: str
    energy: str
    description: str
    seq: int


@dataclass(frozen=True, slots=True)
class ServiceOwner:
    """Who signs for a service (water, power, ...) where ground is opened (GB 30871-2022 table B.1)."""

    service: str
    owners: tuple[str, ...]
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
class ShiftHandover:
    """What the outgoing shift said of its area (given.text: the state of the plant), and who took it over."""

    area_id: str
    handover_id: str
    tickets: frozenset[str]  # live when it was given
    shift_end: datetime
    live_work: str
    given: Stated
    accepted: Stated | None = None
    until: datetime | None = None  # the end of the shift that took over


@dataclass(frozen=True, slots=True)
class Wind:
    area_id: str | None
    mean_m_s: Decimal
    gust_m_s: Decimal
    at: Interval | None
    seq: int
    weather: tuple[str, ...] | None = None  # rain, snow, dense_fog, …; None: nobody said


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was learned. types, areas, equipment: what it applies to, empty for all; job_id: where it was learned."""

    lesson_id: str
    text: str
    lang: str
    tags: tuple[str, ...]
    types: frozenset[str]
    areas: frozenset[str]
    equipment: frozenset[str]
    job_id: str | None
    proposed: Stated
    approved: Stated | None = None


@dataclass(frozen=True, slots=True)
class Emergency:
    area_id: str | None
    reason: str
    declared_by: str
    at: datetime
    seq: int
