"""The pure core as a stage: decide and evolve in memory, on a clock that only moves when it is told to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas import commands as wire
from services.desk.player import Answer, Proof
from services.rulebook import rulebook
from services.seven_steps import site_time
from services.seven_steps.board import Board
from services.seven_steps.canonical import canonical, sha256_hex
from services.seven_steps.command import Command, Interval, Presence
from services.seven_steps.decide import decide
from services.seven_steps.fold import Applied, apply

REAL_NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SLACK = timedelta(seconds=10)


class PureStage:
    def __init__(self, site_id: str, people: Mapping[str, str]) -> None:
        self.site_id, self.people, self.board = site_id, people, Board()
        self.rules = rulebook()

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
    ) -> Answer:
        try:
            client = {**wire.load(body), "actor": actor}
        except wire.Malformed as wrong:
            return Answer(422, {"fields": wrong.fields})
        now = self.board.decided_at or REAL_NOW
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
            decided_at_real=REAL_NOW,
            job_id=body.get("job_id"),
            permit_id=body.get("permit_id"),
            authenticated_at=REAL_NOW,
            act_by=REAL_NOW - age + timedelta(seconds=60),
            presence=self._presence(proof),
            captured=Interval(now - age - SLACK, now - age),
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
        self.board = apply(self.board, applied)
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
            return Presence("position", permit.area_id, REAL_NOW)
        on_duty = self.people[proof.guardian] in permit.guardians_on
        return Presence("code", proof.permit_id, REAL_NOW) if on_duty else None

    async def upload(self, who: str, content: bytes) -> None:
        """The core knows documents by their hash alone."""

    async def open_alarms(self, job_id: str) -> list[str]:
        return [a.alarm_id for a in self.board.alarms.values() if a.job_id == job_id and a.closed is None]

    def at(self, local_utc: str) -> None:
        self.board = replace(self.board, decided_at=site_time.parse(local_utc))
