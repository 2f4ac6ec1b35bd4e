"""Histories for the register: real commands, decided by the real core, as the records they become on the log."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from services.log import Log, Record, make_outcome
from services.seven_steps import fold, site_time
from services.seven_steps.canonical import canonical, sha256_hex
from services.seven_steps.codec import plain
from services.seven_steps.command import Command
from services.seven_steps.decide import Outcome
from tests.flow import walk
from tests.flow.walk import HOT_FACTS, ticket
from tests.flow.world import DAY_TWO, HOT, JOB, PIT, World, text

PHOTO, PLAN_PDF, CLOSURE_PDF = "a1" * 32, "b2" * 32, "c3" * 32


class LoggedWorld(World):
    """A world that keeps each outcome as the value of its record. `written` counts those already on a log."""

    site = "site-a"

    def __init__(self) -> None:
        super().__init__()
        self.values: list[bytes] = []
        self.reals: list[datetime] = []
        self.ids: list[str] = []
        self.written = 0

    def command(self, actor: str, type_: str, payload: Mapping[str, Any] | None = None, **more: Any) -> Command:
        named = super().command(actor, type_, payload, **more)
        command_id = more.get("command_id") or str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.site} {self.number}"))
        return replace(named, site_id=self.site, command_id=command_id)

    def do(self, actor: str, type_: str, payload: Mapping[str, Any] | None = None, **more: Any) -> Outcome:
        command = self.command(actor, type_, payload, **more)
        outcome = self.decided(command)
        self.outcomes.append(outcome)
        body = _body(command, outcome)
        real = datetime.now(UTC)
        value = make_outcome(
            site_id=self.site,
            site_seq=self.board.seq + 1,
            previous_hash=self.board.head or "0" * 64,
            decided_at=self.now,
            decided_at_real=real,
            body=canonical(body),
        )
        applied = fold.from_body(self.board.seq + 1, sha256_hex(value), self.now, body)
        self.board = fold.apply(self.board, applied)
        self.values.append(value)
        self.reals.append(real)
        self.ids.append(command.command_id)
        return outcome

    def records(self, partition: int = 0, start: int = 0) -> list[Record]:
        """The records as they would be read from a partition of their own, `start` being the first one's offset."""
        return [
            Record("outcomes", partition, start + n, self.site.encode(), value, real)
            for n, (value, real) in enumerate(zip(self.values, self.reals, strict=True))
        ]

    async def write(self, log: Log) -> None:
        """Appends what is not on the log yet; within 10 s of deciding it, or readers drop it."""
        new = self.values[self.written :]
        await log.append_many("outcomes", [(self.site, value) for value in new])
        self.written = len(self.values)


def _body(command: Command, outcome: Outcome) -> dict[str, Any]:
    client = {
        "command_id": command.command_id,
        "type": command.type,
        "version": 1,
        "site_id": command.site_id,
        "actor": command.actor,
        "lang": "en",
        "payload": dict(command.payload),
    }
    about = {"job_id": command.job_id, "permit_id": command.permit_id}
    client |= {key: value for key, value in about.items() if value}
    gateway = {"received_at": site_time.stamp(command.decided_at_real), "signature": {"means": command.means}}
    return {
        "body": 1,
        "verdict": outcome.verdict,
        "client": client,
        "gateway": gateway,
        "command_sha256": command.sha256,
        "captured": None,
        "late": False,
        "events": [plain(event) for event in outcome.events],
        "refusals": [plain(refusal) for refusal in outcome.refusals],
        "gates": [],
        "rule_packs": list(outcome.rule_packs),
        "notes": [],
        "worker": "test",
    }


def walked(step: str) -> LoggedWorld:
    """One of the steps of the main job, with its history."""
    with mock.patch.object(walk, "World", LoggedWorld):
        return getattr(walk, step)()


def sealed() -> LoggedWorld:
    """The main job from its first command to its sealed closure, after which it has left the board."""
    w = walked("closed")
    seal = {"kind": "closure", "sha256": CLOSURE_PDF, "level": "B-B", "records_to": w.board.seq}
    w.job_ok("service:sealer", "record_seal", seal)
    return w


def eventful(seed: int, steps: int = 40, site: str = "site-a") -> LoggedWorld:
    """A site with the main job at work, on which anything happens that may, decided as it comes."""
    named = type("Named", (LoggedWorld,), {"site": site})
    with mock.patch.object(walk, "World", named):
        w = walk.active()
    dice = random.Random(seed)
    for n in range(steps):
        happening = dice.choice(HAPPENINGS)
        happening(w, dice, n)
        if dice.random() < 0.2:
            w.later(minutes=dice.choice((1, 10, 45)))
    return w


def _new_job(w: LoggedWorld, dice: random.Random, n: int) -> None:
    job_id = str(uuid.UUID(int=dice.getrandbits(128), version=4))
    job = {
        "title": text(f"Job {n} 拆除阀门"),
        "area_id": dice.choice(("farm", "yard")),
        "place": f"rack {n}",
        "equipment_tag": f"P-{n}",
        "work_content": text("work"),
        "applicant_unit": "Unit 3",
        "work_unit": "Huaan",
        "work_lead": "lead",
    }
    w.do("applicant", "create_job", job, job_id=job_id)
    permit_id = str(uuid.UUID(int=dice.getrandbits(128), version=4))
    facts = HOT_FACTS | {"inside_confined_space": False}
    start = DAY_TWO + timedelta(days=dice.randrange(3))
    w.do("applicant", "add_ticket", ticket("hot_work", facts, start), job_id=job_id, permit_id=permit_id)
    if dice.random() < 0.4:
        w.do("applicant", "withdraw_job", {"reason": text("not needed")}, job_id=job_id)


def _stop(w: LoggedWorld, dice: random.Random, n: int) -> None:
    w.do(dice.choice(("cutter", "hse")), "stop_work", {"reason": text("smell")}, job_id=JOB, permit_id=HOT)


def _gas(w: LoggedWorld, dice: random.Random, n: int) -> None:
    value = dice.choice(("0.01", "0.3", "5"))
    reading = {"gas": "propane", "point": "bottom", "value": value, "unit": "%vol"}
    payload = {"instrument_id": "meter", "readings": [reading]}
    w.do("tester", "record_gas_test", payload, job_id=JOB, permit_id=dice.choice((HOT, PIT)))


def _enter_and_leave(w: LoggedWorld, dice: random.Random, n: int) -> None:
    who = {"person_id": dice.choice(("cutter", "mate", "foreman"))}
    w.do("watch", dice.choice(("enter", "leave", "record_found_inside")), who, job_id=JOB, permit_id=PIT)


def _emergency(w: LoggedWorld, dice: random.Random, n: int) -> None:
    kind, who = dice.choice((("declare_emergency", "cutter"), ("end_emergency", "hse")))
    w.do(who, kind, {"area_id": "farm", "reason": text("leak")})


def _alarm(w: LoggedWorld, dice: random.Random, n: int) -> None:
    if w.board.alarms and dice.random() < 0.7:
        alarm_id = dice.choice(sorted(w.board.alarms))
        kind = dice.choice(("acknowledge_alarm", "close_alarm"))
        payload = {"alarm_id": alarm_id} | ({"result": text("fixed")} if kind == "close_alarm" else {})
        w.do("hse", kind, payload)
        return
    w.do("service:timekeeper", "raise_alarm", {"code": "21", "what": "watch"}, job_id=JOB, permit_id=HOT)


def _registry(w: LoggedWorld, dice: random.Random, n: int) -> None:
    person = {"person_id": f"new-{n}", "roles": ["worker"], "trades": [], "unit": "U", "vault_sha256": "0" * 64}
    w.do("admin", "register_person", person)
    w.do("nobody", "register_person", person)


def _measure(w: LoggedWorld, dice: random.Random, n: int) -> None:
    line = {"line": "1", "answer": dice.choice(("confirmed", "not_in_place")), "photo_sha256": PHOTO}
    w.do("area", "confirm_measures", {"lines": [line]}, job_id=JOB, permit_id=HOT)


def _suspend_and_resume(w: LoggedWorld, dice: random.Random, n: int) -> None:
    permit = dice.choice((HOT, PIT))
    w.do("safety", "suspend", {"cause": "weather", "reason": text("wind")}, job_id=JOB, permit_id=permit)
    w.do("lead", "resume", {"unchanged": True}, job_id=JOB, permit_id=permit)


def _late_and_concern(w: LoggedWorld, dice: random.Random, n: int) -> None:
    w.do("mate", "record_concern", {"what": text("ladder is loose")}, job_id=JOB)
    gone = str(uuid.UUID(int=dice.getrandbits(128), version=4))
    w.do("cutter", "acknowledge_briefing", {"version": 1, "content_sha256": "0" * 64, "lang": "en"}, job_id=gone)
    if w.board.late_arrivals:
        late = dice.choice(sorted(w.board.late_arrivals))
        w.do("hse", "clear_late_arrival", {"late_command_id": late, "result": text("known")})


HAPPENINGS = (
    _new_job,
    _stop,
    _gas,
    _enter_and_leave,
    _emergency,
    _alarm,
    _registry,
    _measure,
    _suspend_and_resume,
    _late_and_concern,
)
