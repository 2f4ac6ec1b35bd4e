"""What the checker knows about a site, as plain values: folded by `folding.py`, asked by `oracle.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.chaos.links import Outcome

Payload = dict[str, Any]
ENDED = ("void", "revoked")


@dataclass(slots=True)
class Reading:
    gas: str
    point: str
    passed: bool
    earliest: datetime
    latest: datetime
    usable: bool  # instrument in service, calibrated and bump-tested that day; not from the future


@dataclass(slots=True)
class Ticket:
    permit_id: str
    job_id: str
    type: str
    level: str
    facts: Payload
    area_id: str
    place: str
    planned_from: datetime
    planned_to: datetime
    state: str = "open"
    links: set[str] = field(default_factory=set)
    crew: dict[str, Payload] = field(default_factory=dict)
    measures: dict[str, str] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    issued_at: datetime | None = None
    issued_by: str = ""
    foreman_at: datetime | None = None
    started: bool = False
    guardians: dict[str, str] = field(default_factory=dict)
    offered_to: str = ""
    equipment: dict[str, Payload] = field(default_factory=dict)
    monitor: bool = False
    causes: set[str] = field(default_factory=set)
    stopped_at: datetime | None = None
    stop_called: bool = False
    inside: set[str] = field(default_factory=set)
    tools: dict[str, int] = field(default_factory=dict)
    restored: Payload = field(default_factory=dict)
    completed_at: datetime | None = None
    fire_watch_at: datetime | None = None
    no_residual_fire: bool = False

    def stop(self, cause: str, at: datetime) -> None:
        """Work stops; the break counts from the first moment it stopped (reading A10.4)."""
        if self.state in ("active", "suspended"):
            self.state = "suspended"
            self.causes.add(cause)
            self.stopped_at = self.stopped_at or at

    @property
    def live(self) -> bool:
        return self.state not in ENDED


@dataclass(slots=True)
class Lock:
    """One isolation that was put on."""

    applied_by: str
    method: str
    verified_by: str = ""
    removed: bool = False
    personal: set[str] = field(default_factory=set)  # whose own lock is on it


@dataclass(slots=True)
class Work:
    """A job."""

    job_id: str
    lead: str
    area_id: str
    contractor_id: str | None
    tickets: list[str] = field(default_factory=list)
    rows: list[Payload] = field(default_factory=list)
    assessed_at: datetime | None = None
    accepted_by: set[str] = field(default_factory=set)
    covered: dict[str, set[str]] = field(default_factory=lambda: {"assess": set(), "plan": set(), "brief": set()})
    changed_at: datetime | None = None
    booking: Payload = field(default_factory=dict)
    booked_on: date | None = None
    urgent_approved: bool = False
    plan: Payload = field(default_factory=dict)
    briefing: tuple[int, str] | None = None
    acknowledged: set[str] = field(default_factory=set)
    locks: dict[str, Lock] = field(default_factory=dict)
    stop_called: bool = False
    open_alarms: dict[tuple[str, str | None], str] = field(default_factory=dict)  # one for each code and ticket
    actions: dict[str, Payload] = field(default_factory=dict)
    state: str = "live"


@dataclass(slots=True)
class Facts:
    """One site."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    policies: dict[str, str] = field(default_factory=dict)
    areas: dict[str, Payload] = field(default_factory=dict)
    people: dict[str, Payload] = field(default_factory=dict)
    certificates: dict[str, Payload] = field(default_factory=dict)
    contractors: dict[str, Payload] = field(default_factory=dict)
    instruments: dict[str, Payload] = field(default_factory=dict)
    bumped: dict[str, date] = field(default_factory=dict)
    barred: set[tuple[str, str]] = field(default_factory=set)  # person, kind of work
    calendar: Payload = field(default_factory=dict)
    shifts: list[Payload] = field(default_factory=list)
    emergencies: set[str] = field(default_factory=set)  # area ids, "" is the whole site
    works: dict[str, Work] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def number(self, key: str, default: int) -> int:
        return int(Decimal(self.policies.get(key, str(default))))

    def roles(self, person_id: str) -> set[str]:
        return set(self.people.get(person_id, {}).get("roles", ()))

    def of(self, work: Work) -> Iterable[Ticket]:
        return [self.tickets[permit_id] for permit_id in work.tickets]


def level_of(kind: str, facts: Payload, area: Payload) -> str:
    """GB 30871-2022 5.1.2: the level of hot work from the facts of the ticket and of its area."""
    if kind != "hot_work":
        return ""
    explosive = bool(facts.get("in_fire_explosion_area")) or bool(area.get("fire_explosion"))
    if facts.get("in_bund") or area.get("bund") or (explosive and facts.get("equipment_running")):
        return "special"
    return "1" if explosive or facts.get("on_pipe_rack") else "2"


def work_of(facts: Facts, outcome: Outcome) -> Work:
    """The job that an outcome's command names, itself or by its ticket."""
    job_id = outcome.client.get("job_id") or ticket_of(facts, outcome).job_id
    return facts.works[job_id]


def ticket_of(facts: Facts, outcome: Outcome) -> Ticket:
    return facts.tickets[outcome.client["permit_id"]]
