"""The pure core as a stage: decide and evolve in memory, on a clock that only moves when it is told to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas import commands as wire
from services.desk.player import Answer, Proof, Seen
from services.rulebook import rulebook
from services.seven_steps import site_time
from services.seven_steps.board import Board
from services.seven_steps.canonical import canonical, sha256_hex
from services.seven_steps.command import Command, Interval, Presence
from services.seven_steps.decide import decide
from services.seven_steps.fold import Applied, apply
from services.watcher.sending import ACTOR, command_id
from tests.demo.pure_devices import PureDevices

REAL_NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SLACK = timedelta(seconds=10)
SECOND = timedelta(seconds=1)


class PureStage:
    def __init__(self, site_id: str, people: Mapping[str, str]) -> None:
        self.site_id, self.people, self.board = site_id, people, Board()
        self.rules = rulebook()
        self.real, self.idle = REAL_NOW, timedelta(0)  # idle: since the last record, on the site's clock
        self.devices = PureDevices(site_id, people, REAL_NOW)

    async def send(
        self, who: str, body: Mapping[str, Any], *, elapsed_ms: int = 0, proof: Proof | None = None
    ) -> Answer:
        return self.decided(self.people[who], body, elapsed_ms, proof)

    def decided(
        self,
        actor: str,
        body: Mapping[str, Any],
        elapsed_ms: int = 0,
        proof: Proof | None = None,
        means: str = "attested",
        captured: Interval | None = None,
    ) -> Answer:
        try:
            client = {**wire.load(body), "actor": actor}
        except wire.Malformed as wrong:
            return Answer(422, {"fields": wrong.fields})
        now = self.now
        age = timedelta(milliseconds=elapsed_ms)
        command = Command(
            command_id=body["command_id"],
            type=body["type"],
            version=body["version"],
            site_id=self.site_id,
            actor=actor,
            payload=body["payload"],
            sha256=sha256_hex(canonical(client)),
            means=means,
            decided_at_real=self.real,
            job_id=body.get("job_id"),
            permit_id=body.get("permit_id"),
            authenticated_at=self.real,
            act_by=self.real - age + timedelta(seconds=60),
            presence=self._presence(proof),
            captured=captured or Interval(now - age - SLACK, now - age),
            lang=body["lang"],
        )
        outcome = decide(self.board, command, now, self.rules)
        applied = Applied(
            self.board.seq + 1,
            "0" * 64,
            now,
            command.command_id,
            command.sha256,
            command.job_id,
            outcome.verdict,
            outcome.events,
        )
        self.board, self.idle = apply(self.board, applied), timedelta(0)
        if outcome.verdict == "accepted":
            return Answer(200, {"events": [{"type": e.type, "data": dict(e.data)} for e in outcome.events]})
        codes = list(dict.fromkeys(r.code for r in outcome.refusals))
        refusals = [{k: getattr(r, k) for k in ("code", "about", "what", "have", "need")} for r in outcome.refusals]
        return Answer(409, {"codes": codes, "refusals": refusals})

    def _presence(self, proof: Proof | None) -> Presence | None:
        """As the gateway: the code counts while that guardian is on duty at the ticket, a position for its area."""
        if proof is None:
            return None
        permit = self.board.permits[proof.permit_id]
        if proof.position is not None:
            return Presence("position", permit.area_id, self.real)
        on_duty = self.people[proof.guardian] in permit.guardians_on
        return Presence("code", proof.permit_id, self.real) if on_duty else None

    async def upload(self, who: str, content: bytes) -> None:
        """The core knows documents by their hash alone."""

    async def open_alarms(self, job_id: str) -> list[str]:
        return [a.alarm_id for a in self.board.alarms.values() if a.job_id == job_id and a.closed is None]

    # ---- devices -----------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return (self.board.decided_at or REAL_NOW) + self.idle

    async def show(self, scene: str, tickets: Mapping[str, str]) -> None:
        self.devices.show(scene, tickets)

    async def look(self, job_id: str, permit_id: str) -> Seen:
        permit = self.board.permits[permit_id]
        causes = {one.cause for one in permit.suspensions.values() if one.cleared is None}
        codes = {alarm.code for alarm in self.board.alarms.values() if alarm.permit_id == permit_id}
        return Seen(
            frozenset(causes), frozenset(codes), {name: signal.state for name, signal in permit.signals.items()}
        )

    async def wait(self) -> None:
        """A second: devices send, the watcher looks, what it says is decided."""
        self.real, self.idle = self.real + SECOND, self.idle + SECOND
        self.devices.say(self.real)
        for change in self.devices.noticed(self.board, self.now, self.real, self.rules):
            at = self.now - (self.real - change.at)
            body = {"command_id": command_id(change), "type": change.kind, "version": 1, "site_id": self.site_id}
            body |= {"lang": "en", "payload": dict(change.payload)}
            body |= {"job_id": change.permit.job_id, "permit_id": change.permit.permit_id}
            answer = self.decided(ACTOR, body, means="service", captured=Interval(at, at))
            assert answer.status == 200, (change, answer)

    def at(self, local_utc: str) -> None:
        self.board = replace(self.board, decided_at=site_time.parse(local_utc))
