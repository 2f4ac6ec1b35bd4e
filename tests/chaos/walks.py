"""Whole jobs, tap by tap, as people on a small site would do them. Independent of how a tap travels (`Hand`).

Every walk takes its own wrong turns on purpose and recovers: a step too early, a stale sample, a missing signature.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import uuid
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from tests.chaos.cast import START, ZONE, Cast, stamp

LINES = {"hot_work": 16, "confined_space": 15, "general": 6}  # GB 30871-2022 annex A
SHIFT_START = time(8, 30)
WORK_HOURS = timedelta(hours=7)
NOT_SO = (
    *("equipment_running", "in_bund", "on_pipe_rack", "outdoors"),
    *("holds_flammables", "plant_shut_cleaned"),
)  # facts of hot work that are denied
FIRE_WATCH = timedelta(minutes=61)
STALE = timedelta(minutes=31)
RESTORED = {"site_restored": True, "guards_back": True, "cleaned": True}
#: Not verified, or not by somebody else: what a survey meets whose verification was placed before the isolation.
UNVERIFIED = ("G-SD-1", "G-SV-2a")
ALARM_ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person was told: an HTTP status and its JSON."""

    status: int
    body: dict[str, Any]

    @property
    def accepted(self) -> bool:
        return self.status == 200

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(self.body.get("codes", ()))


class WalkBroke(Exception):
    """A tap that should have worked (or should have been refused) did not; the walk ends there."""


class Hand(Protocol):
    """Carries one person's tap to the site and brings back what they were told."""

    async def tap(
        self,
        who: str,
        type_: str,
        payload: dict[str, Any],
        *,
        job_id: str | None = None,
        permit_id: str | None = None,
        on_site: bool = False,
    ) -> Answer: ...

    async def open_alarms(self, who: str, job_id: str) -> list[str]: ...


@dataclass
class Walker:
    """One site's people at work, one job after the other. `now` is the site's time as last told."""

    hand: Hand
    cast: Cast
    luck: random.Random
    now: datetime = START
    jobs: int = 0
    refused: list[str] = field(default_factory=list)

    # ---- taps ----

    async def does(self, who: str, type_: str, payload: dict[str, Any] | None = None, **about: Any) -> Answer:
        """A tap that must be accepted. An act that came too late is tapped again, as a person would."""
        answer = await self.hand.tap(who, type_, payload or {}, **about)
        while "too_late" in answer.codes:
            answer = await self.hand.tap(who, type_, payload or {}, **about)
        if not answer.accepted:
            raise WalkBroke(f"{type_} by {who}: {answer.status} {answer.codes or answer.body}")
        if "decided_at" in answer.body:
            self.now = max(self.now, datetime.fromisoformat(answer.body["decided_at"]))
        return answer

    async def cannot(
        self, code: str | tuple[str, ...], who: str, type_: str, payload: dict[str, Any] | None = None, **about: Any
    ) -> None:
        """A tap that must be refused, with this code, or one of these, among the reasons."""
        answer = await self.hand.tap(who, type_, payload or {}, **about)
        while "too_late" in answer.codes:
            answer = await self.hand.tap(who, type_, payload or {}, **about)
        met = [found for found in answer.codes if found.startswith(code)]
        if answer.accepted or not met:
            raise WalkBroke(f"{type_} by {who} should meet {code}: {answer.status} {answer.codes}")
        self.refused += met

    async def register(self) -> None:
        for type_, payload in self.cast.registry():
            await self.does("admin", type_, payload)

    async def advance(self, to: datetime) -> None:
        if to > self.now:
            await self.does("admin", "advance_clock", {"to": stamp(to)})
            self.now = max(self.now, to)

    def next_workday(self) -> datetime:
        day = self.now.astimezone(ZoneInfo(ZONE)) + timedelta(days=1)
        while day.isoweekday() > 5:
            day += timedelta(days=1)
        return datetime.combine(day.date(), SHIFT_START, ZoneInfo(ZONE))

    # ---- jobs ----

    async def any_job(self) -> None:
        """The next job: mostly whole ones of the three kinds, now and then one that is dropped."""
        self.jobs += 1
        kind = self.luck.choice(("hot", "hot_and_confined", "hot_and_confined", "general", "withdrawn"))
        job = Job(self, kind, str(uuid.uuid4()))
        await job.walk()


@dataclass
class Job:
    walker: Walker
    kind: str
    job_id: str
    permits: dict[str, str] = field(default_factory=dict)  # type -> permit id
    begins: datetime = START

    def __post_init__(self) -> None:
        self.cast = self.walker.cast
        kinds = {"hot": ["hot_work"], "hot_and_confined": ["confined_space", "hot_work"]}
        self.permits = {kind: str(uuid.uuid4()) for kind in kinds.get(self.kind, ["general"])}
        self.locked = self.kind in ("hot", "hot_and_confined")

    async def walk(self) -> None:
        await self.assess()
        if self.kind == "withdrawn":
            await self.job("lead", "withdraw_job", {"reason": text("not needed any more")})
            return
        await self.plan()
        await self.brief()
        await self.walker.advance(self.begins)
        await self.survey()
        await self.issue()
        await self.work()
        await self.hand_back()
        await self.close()

    async def job(self, who: str, type_: str, payload: dict[str, Any] | None = None) -> Answer:
        return await self.walker.does(who, type_, payload, job_id=self.job_id)

    async def each(self, who: str, type_: str, payload: dict[str, Any] | None = None, **about: Any) -> None:
        for permit_id in self.permits.values():
            await self.walker.does(who, type_, payload, job_id=self.job_id, permit_id=permit_id, **about)

    async def ticket(
        self, kind: str, who: str, type_: str, payload: dict[str, Any] | None = None, **about: Any
    ) -> Answer:
        about |= {"job_id": self.job_id, "permit_id": self.permits[kind]}
        return await self.walker.does(who, type_, payload, **about)

    async def assess(self) -> None:
        walker = self.walker
        self.begins = walker.next_workday()
        await self.job(
            "lead",
            "create_job",
            {
                "title": text(f"job {walker.jobs}"),
                "area_id": self.cast.area,
                "place": f"pit {walker.jobs}",
                "equipment_tag": f"FL-{walker.jobs:03d}",
                "work_content": text("cut a seized flange"),
                "applicant_unit": "Unit 1",
                "work_unit": "Maintenance",
                "work_lead": self.cast.id_of("lead"),
            },
        )
        for kind in self.permits:
            await self.ticket(kind, "lead", "add_ticket", self._ticket(kind))
        for kind in self.permits if len(self.permits) > 1 else ():
            for other in self.permits:
                if other != kind:
                    await self.ticket(kind, "lead", "link_tickets", {"to": self.permits[other]})
        covers = {"permits": list(self.permits.values())}
        await walker.cannot("G-RA-1", "lead", "assess", covers, job_id=self.job_id)
        await self.job("lead", "record_risk_assessment", self._risks())
        await self.job("lead", "assess", covers)

    def _ticket(self, kind: str) -> dict[str, Any]:
        hot: dict[str, Any] = {**dict.fromkeys(NOT_SO, False), "method": "grinder"}
        hot["inside_confined_space"] = "confined_space" in self.permits
        facts = {"hot_work": hot, "confined_space": {"volume_m3": "12.5", "medium": "water", "wet_or_narrow": False}}
        return {
            "type": kind,
            "facts": facts.get(kind, {}),
            "place": f"pit {self.walker.jobs}",
            "planned_from": stamp(self.begins),
            "planned_to": stamp(self.begins + WORK_HOURS),
        }

    def _risks(self) -> dict[str, Any]:
        hazards = {"hot_work": ("fire", "burn"), "confined_space": ("toxic", "oxygen"), "general": ("fall",)}
        rows = [
            {
                "step": f"{kind}: {hazard}",
                "hazard": hazard,
                "permits": [permit_id],
                "initial": {"l": 3, "s": 4},
                "controls": [{"level": "engineering", "text": text("guarded"), "owner": self.cast.id_of("lead")}],
                "residual": {"l": 2, "s": 3},
            }
            for kind, permit_id in self.permits.items()
            for hazard in hazards[kind]
        ]
        return {"method": "5x5", "rows": rows, "participants": [self.cast.id_of("lead"), self.cast.id_of("area")]}

    async def plan(self) -> None:
        day = self.begins.date().isoformat()
        await self.job("lead", "book_work", {"planned_day": day, "urgent": False})
        methods = [{"point_id": self.cast.point(n), "method": "spool_removed", "blind_required": True} for n in (1, 2)]
        gas = {
            "hot_work": {"gases": ["methane"], "points": ["outside"]},
            "confined_space": {"gases": ["methane", "oxygen", "hydrogen_sulfide"], "points": ["middle"]},
        }
        if "confined_space" in self.permits:
            gas["hot_work"] = {"gases": ["methane", "oxygen"], "points": ["middle"]}
        await self.job(
            "lead",
            "record_plan",
            {
                "method_statement": text("cut, cool, clear"),
                "emergency_plan": text("leave by the ladder, call"),
                "rescue_kit": "tripod",
                "comms_channel": "7",
                "documents": [],
                "isolations": methods if self.locked else [],
                "gas": {self.permits[kind]: gas[kind] for kind in self.permits if kind in gas},
            },
        )
        crew = [{"person_id": self.cast.id_of("grinder"), "role": "worker", "trade": "hot_work"}]
        crew.append({"person_id": self.cast.id_of("mate"), "role": "worker", "trade": "fitter"})
        crew.append({"person_id": self.cast.id_of("guardian"), "role": "guardian", "trade": "guardian"})
        await self.each("lead", "assign_crew", {"crew": crew})
        await self.job("area", "plan", {"permits": list(self.permits.values())})

    async def brief(self) -> None:
        words = {
            "hazards": "sparks",
            "measures": "wet the floor",
            "emergency": "ladder",
            "stop_work": "anyone may stop",
        }
        contents = {"en": [{"topic": topic, "text": said} for topic, said in words.items()]}
        await self.job("briefer", "give_briefing", {"place": "gate", "contents": contents})
        content = {"job_id": self.job_id, "version": 1, "contents": contents}
        sha256 = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        said = {"version": 1, "content_sha256": sha256, "lang": "en"}
        covers = {"permits": list(self.permits.values())}
        await self.job("lead", "acknowledge_briefing", said)
        await self.walker.cannot("G-BR-1", "briefer", "brief", covers, job_id=self.job_id)
        crew = ("grinder", "mate", "guardian")
        await asyncio.gather(*(self.job(who, "acknowledge_briefing", said) for who in crew))
        await self.job("briefer", "brief", covers)

    async def survey(self) -> None:
        await self.walker.does("tester", "record_bump_test", {"instrument_id": self.cast.meter, "passed": True})
        for kind in self.permits:
            lines = [{"line": str(n), "answer": "confirmed"} for n in range(1, LINES[kind])]
            lines.append({"line": str(LINES[kind]), "answer": "not_applicable"})
            await self.ticket(kind, "area", "confirm_measures", {"lines": lines})
        if self.locked:
            await self.isolate()
        for permit_id in self.permits.values():
            about = {"job_id": self.job_id, "permit_id": permit_id}
            answer = await self.walker.hand.tap("area", "survey", {}, **about)
            if any(code.startswith(UNVERIFIED) for code in answer.codes):
                await self.verify()
            if not answer.accepted:
                await self.walker.does("area", "survey", {}, **about)

    async def isolate(self) -> None:
        for number in (1, 2):
            point = {"point_id": self.cast.point(number)}
            lock = {"method": "spool_removed", "lock_no": f"L{number}", "tag_no": f"T{number}"}
            await self.job("isolator", "apply_isolation", point | lock)
            await self.job("isolator", "verify_isolation", point | {"how": text("seen")})
        first = next(iter(self.permits.values()))
        await self.walker.cannot(UNVERIFIED, "area", "survey", job_id=self.job_id, permit_id=first)
        await self.verify()

    async def verify(self) -> None:
        for number in (1, 2):
            await self.job("verifier", "verify_isolation", {"point_id": self.cast.point(number), "how": text("tried")})

    async def test_gas(self) -> None:
        values = {"methane": ("0.05", "%vol"), "oxygen": ("20.8", "%vol"), "hydrogen_sulfide": ("2", "ppm")}
        for kind in self.permits:
            gases = ["methane", "oxygen", "hydrogen_sulfide"] if kind == "confined_space" else ["methane", "oxygen"]
            point = "middle" if "confined_space" in self.permits else "outside"
            readings = [
                {"gas": gas, "point": point, "value": values[gas][0], "unit": values[gas][1]}
                for gas in (gases if "confined_space" in self.permits else gases[:1])
            ]
            await self.ticket(
                kind, "tester", "record_gas_test", {"instrument_id": self.cast.meter, "readings": readings}
            )

    async def issue(self) -> None:
        nodes = [("lead", "work_lead"), ("area", "unit"), ("safety", "safety")]
        for kind in self.permits:
            for who, node in nodes if kind == "hot_work" else nodes[:2]:
                await self.ticket(kind, who, "sign_node", {"node": node, "opinion": text("agreed")})
        if self.kind == "general":
            await self.ticket("general", "area", "issue", on_site=True)
            return
        await self.test_gas()
        await self.walker.advance(self.walker.now + STALE)
        await self.walker.cannot(
            "G-GAS-2", "safety", "issue", job_id=self.job_id, permit_id=self.permits["hot_work"], on_site=True
        )
        await self.test_gas()
        for kind in self.permits:
            await self.ticket(kind, "safety" if kind == "hot_work" else "area", "issue", on_site=True)

    async def work(self) -> None:
        if self.kind == "general":
            await self.ticket("general", "lead", "start", {"unchanged": True})
            await self.ticket("general", "mate", "stop_work", {"reason": text("ladder loose")})
            await self.job("area", "clear_stop", {"result": text("tied")})
            await self.ticket("general", "area", "resume", {"unchanged": True})
            await self.ticket("general", "lead", "complete")
            return
        await self.each("guardian", "guardian_on", {"place": "outside"})
        kinds = ("fire_extinguisher", "rescue_kit", "communication")
        items: list[dict[str, Any]] = [{"kind": kind, "ok": True, "count": 2} for kind in kinds]
        await self.each(
            "guardian", "check_equipment", {"items": [*items, {"kind": "lighting", "ok": True, "volts": 12}]}
        )
        if "confined_space" in self.permits:
            await self.ticket(
                "confined_space", "tester", "record_monitor", {"instrument_id": self.cast.meter, "running": True}
            )
        hot = {"job_id": self.job_id, "permit_id": self.permits["hot_work"]}
        await self.walker.cannot("G-HOT-5", "lead", "start", {"unchanged": True}, **hot)
        await self.ticket("hot_work", "foreman", "check_ticket")
        await self.each("lead", "start", {"unchanged": True})
        if "confined_space" in self.permits:
            await self.inside()
        await self.ticket("hot_work", "guardian", "interrupt", {"reason": text("tea")})
        await self.ticket("hot_work", "lead", "resume", {"unchanged": True})
        await self.each("lead", "complete")

    async def inside(self) -> None:
        entrants = [(who, {"person_id": self.cast.id_of(who), "tools": {"grinder": 1}}) for who in ("grinder", "mate")]
        for _who, entry in entrants:
            await self.ticket("confined_space", "guardian", "enter", entry)
        for _who, entry in entrants:
            await self.ticket("confined_space", "guardian", "leave", entry)

    async def hand_back(self) -> None:
        await self.each("lead", "record_restoration", RESTORED)
        if "hot_work" in self.permits:
            hot = {"job_id": self.job_id, "permit_id": self.permits["hot_work"], "on_site": True}
            await self.walker.cannot("G-HOT-3", "area", "accept", **hot)
            await self.walker.advance(self.walker.now + FIRE_WATCH)
            await self.ticket("hot_work", "guardian", "end_fire_watch", {"no_residual_fire": True})
        for kind in self.permits:
            await self.accept(kind)
        for number in (1, 2) if self.locked else ():
            await self.job("isolator", "remove_isolation", {"point_id": self.cast.point(number)})

    async def accept(self, kind: str) -> None:
        """A simulated clock stands still while its server is down: a record sent again may be placed before what it
        followed, a leave before the entry, a restoration before the end of the work, and does not count. It is said
        once more, as a person would who reads the refusal."""
        about = {"job_id": self.job_id, "permit_id": self.permits[kind], "on_site": True}
        answer = await self.walker.hand.tap("area", "accept", {}, **about)
        if "G-CS-2a" in answer.codes:
            for who in ("grinder", "mate"):
                await self.ticket(kind, "guardian", "leave", {"person_id": self.cast.id_of(who), "tools": {}})
        if "G-CL-1a" in answer.codes:
            await self.ticket(kind, "lead", "record_restoration", RESTORED)
        if not answer.accepted:
            await self.walker.does("area", "accept", {}, **about)

    async def close(self) -> None:
        """Alarms first; the timekeeper may raise one more while they are being closed."""
        for _ in range(ALARM_ROUNDS):
            for alarm_id in await self.walker.hand.open_alarms("hse", self.job_id):
                await self.walker.does("area", "acknowledge_alarm", {"alarm_id": alarm_id})
                await self.walker.does("hse", "close_alarm", {"alarm_id": alarm_id, "result": text("put right")})
            answer = await self.walker.hand.tap("hse", "review", {"lessons": text("none")}, job_id=self.job_id)
            if answer.accepted:
                break
            if not set(answer.codes) <= {"G-CL-2a", "too_late"}:
                raise WalkBroke(f"review: {answer.status} {answer.codes}")
        else:
            raise WalkBroke(f"alarms of job {self.job_id} do not end")
        await self.job("hse", "close_job")


def text(words: str) -> dict[str, str]:
    return {"lang": "en", "text": words}
