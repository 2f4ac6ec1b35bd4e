"""A site that exists only on paper: decides the walks' taps by the oracle and writes what a good log would hold.

With it the checker itself is tested: clean histories must pass, and each planted fault must be found. A fault is a
change of one of the seams below (`ignored` gates, the append time, the writing) or of the finished history.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.chaos.cast import START, Cast, stamp
from tests.chaos.facts import Facts
from tests.chaos.folding import apply
from tests.chaos.links import NOBODY, Outcome, canonical, sha256
from tests.chaos.oracle import ACTS, BOUNDARIES
from tests.chaos.stored import Stored
from tests.chaos.told import Tap
from tests.chaos.walks import Answer

REAL_START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STEP = timedelta(milliseconds=40)  # real time between two taps
ALARMED = {"G-RA-1": "80", "G-BR-1": "70", "G-GAS-2": "02"}


@dataclass
class PaperSite:
    """One site. `ignored` gates do not stop anything here (a refusal swallowed): that is how bad histories are made."""

    cast: Cast
    ignored: frozenset[str] = frozenset()
    commands: list[Stored] = field(default_factory=list)
    outcomes: list[Stored] = field(default_factory=list)
    taps: dict[str, Tap] = field(default_factory=dict)
    facts: Facts = field(default_factory=Facts)
    now: datetime = START
    real: datetime = REAL_START
    head: str = NOBODY
    seq: int = 0
    briefings: dict[str, int] = field(default_factory=dict)
    alarms: dict[str, str] = field(default_factory=dict)  # open alarm id -> job id

    def found(self) -> dict[str, list[Stored]]:
        return {"commands": list(self.commands), "outcomes": list(self.outcomes), "dead_letters": []}

    async def tap(
        self,
        who: str,
        type_: str,
        payload: dict[str, Any],
        *,
        job_id: str | None = None,
        permit_id: str | None = None,
        on_site: bool = False,
    ) -> Answer:
        self.real += STEP
        self.now += STEP
        client = {
            "command_id": str(uuid.uuid4()),
            "type": type_,
            "version": 1,
            "site_id": self.cast.site_id,
            "actor": self.cast.id_of(who),
            "payload": payload,
        }
        client |= {key: value for key, value in (("job_id", job_id), ("permit_id", permit_id)) if value is not None}
        gateway: dict[str, Any] = {
            "received_at": stamp(self.real),
            "act_by": stamp(self.real + timedelta(seconds=60)) if type_ in ACTS else None,
            "authenticated_at": stamp(REAL_START),
            "presence": {"kind": "position", "place": self.cast.area, "checked_at": stamp(self.real)}
            if on_site
            else None,
        }
        self._append(self.commands, "commands", canonical({"record": 1, "client": client, "gateway": gateway}))
        self.taps[client["command_id"]] = Tap(client["command_id"], self.real, client)
        return self.decide(client, gateway)

    async def open_alarms(self, who: str, job_id: str) -> list[str]:
        return [alarm_id for alarm_id, about in self.alarms.items() if about == job_id]

    def decide(self, client: dict[str, Any], gateway: dict[str, Any], delay: timedelta = timedelta(0)) -> Answer:
        """Decide now, append `delay` later."""
        captured = [stamp(self.now - timedelta(seconds=11)), stamp(self.now - timedelta(seconds=1))]
        body: dict[str, Any] = {
            "body": 1,
            "client": client,
            "gateway": gateway,
            "captured": captured,
            "command_sha256": sha256(canonical(client)),
            "events": [],
            "refusals": [],
        }
        shut = self._shut(client, body)
        body["verdict"] = "refused" if shut else "accepted"
        body["refusals"] = [{"code": code} for code in shut]
        body["events"] = self._refused(client, shut) if shut else self._accepted(client)
        self.write(body, delay)
        answer = {"command_id": client["command_id"], "site_seq": self.seq, "decided_at": stamp(self.now)}
        told = Answer(409, answer | {"codes": shut}) if shut else Answer(200, answer | {"events": body["events"]})
        self.taps[client["command_id"]].answers.append((told.status, told.body))
        return told

    def write(self, body: dict[str, Any], delay: timedelta = timedelta(0)) -> Stored:
        """Append an outcome record with this body as the next link."""
        line = canonical(body)
        envelope = {
            "envelope": 1,
            "site_id": self.cast.site_id,
            "site_seq": self.seq + 1,
            "previous_hash": self.head,
            "decided_at": stamp(self.now),
            "decided_at_real": stamp(self.real),
            "body_sha256": sha256(line),
        }
        stored = self._append(self.outcomes, "outcomes", canonical(envelope) + b"\n" + line, delay)
        if delay <= timedelta(seconds=10):
            self.seq, self.head = self.seq + 1, sha256(stored.value)
            if body["verdict"] == "accepted":
                apply(self.facts, self._outcome(body))
        return stored

    def _append(self, records: list[Stored], topic: str, value: bytes, delay: timedelta = timedelta(0)) -> Stored:
        at = self.real + timedelta(milliseconds=5) + delay
        records.append(Stored(topic, 0, len(records), self.cast.site_id.encode(), value, at))
        return records[-1]

    def _outcome(self, body: dict[str, Any]) -> Outcome:
        return Outcome(self.cast.site_id, self.seq + 1, 0, 0, self.now, self.real, self.real, "", body)

    def _shut(self, client: dict[str, Any], body: dict[str, Any]) -> list[str]:
        rule = BOUNDARIES.get(client["type"])
        if rule is None:
            return []
        words = list(rule(self.facts, self._outcome(body | {"verdict": "accepted"})))
        codes = dict.fromkeys(word.split(":")[0] for word in words)
        return [code for code in codes if not {code, f"{client['type']}:{code}"} & self.ignored]

    def _accepted(self, client: dict[str, Any]) -> list[dict[str, Any]]:
        type_, payload = client["type"], client["payload"]
        if type_ == "advance_clock":
            self.now = datetime.fromisoformat(payload["to"])
        if type_ == "close_alarm":
            self.alarms.pop(payload["alarm_id"], None)
        if type_ == "give_briefing":
            version = self.briefings[client["job_id"]] = self.briefings.get(client["job_id"], 0) + 1
            content = {"job_id": client["job_id"], "version": version, "contents": payload["contents"]}
            sha = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
            return [{"type": "briefing.given", "version": 1, "data": {"version": version, "content_sha256": sha}}]
        return [{"type": f"{type_}.done", "version": 1, "data": {}}]

    def _refused(self, client: dict[str, Any], shut: list[str]) -> list[dict[str, Any]]:
        events = []
        for number, code in enumerate((ALARMED[code] for code in shut if code in ALARMED), 1):
            alarm_id = f"{self.seq + 1}-{number}"
            self.alarms[alarm_id] = client["job_id"]
            data = {
                "alarm_id": alarm_id,
                "code": code,
                "job_id": client["job_id"],
                "permit_id": client.get("permit_id"),
            }
            events.append({"type": "alarm.raised", "version": 1, "data": data})
        return events
