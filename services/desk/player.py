"""Plays a scenario on a stage, one step after the other, and holds what comes back against what must come back.

A stage is whatever takes commands and answers them: the HTTP API for the demo, the pure core in a test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from services.desk.exits import broken
from services.desk.scenario import ACKNOWLEDGE, SETTLE_ALARMS, WATCH, Names, Scenario, Step

#: How often a watched ticket is looked at before its step has failed (a stage waits a second in between).
LOOKS_MAX = 120
ACCEPTED, REFUSED, MALFORMED, NOT_ALLOWED = 200, 409, 422, 403


@dataclass(frozen=True, slots=True)
class Answer:
    """The HTTP status and JSON body, as `POST /api/commands` gives them."""

    status: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Proof:
    """How the sender shows that they are there: the guardian's code for a ticket, or the device's position."""

    permit_id: str
    guardian: str = ""
    position: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A ticket as a watch step sees it: open causes of suspension, alarm codes raised, signals as the board has them.

    signals: "kind:about" -> alive or lost
    """

    causes: frozenset[str]
    alarms: frozenset[str]
    signals: Mapping[str, str]


class Stage(Protocol):
    """Where a scenario is played."""

    async def send(
        self, who: str, body: Mapping[str, Any], *, elapsed_ms: int = 0, proof: Proof | None = None
    ) -> Answer:
        """Send a command as a person (works number)."""

    async def upload(self, who: str, content: bytes) -> None:
        """Put a document where commands can name it by its hash."""

    async def open_alarms(self, job_id: str) -> list[str]:
        """Ids of the job's alarms that are not closed."""

    async def show(self, scene: str, tickets: Mapping[str, str]) -> None:
        """Let the devices of signals.toml play a scene from now on. tickets: permit_id by name."""

    async def look(self, job_id: str, permit_id: str) -> Seen:
        """The ticket as it stands."""

    async def wait(self) -> None:
        """Let a second pass."""


@dataclass(slots=True)
class Played:
    """What happened, counted as it came back."""

    accepted: int = 0
    refused: int = 0
    malformed: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    causes: set[str] = field(default_factory=set)  # why watched work was suspended
    alarms: set[str] = field(default_factory=set)  # codes of alarms that were watched for
    numbers: dict[str, str] = field(default_factory=dict)  # id of a ticket -> its permit_no
    briefings: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # id of a job -> the briefing last given


class Player:
    def __init__(self, scenario: Scenario, names: Names, stage: Stage, say: Callable[[str], None] = lambda _: None):
        self.scenario, self.names, self.stage, self.say = scenario, names, stage, say
        self.played = Played()
        self._uploaded: set[str] = set()  # titles

    async def play(self) -> Played:
        """Every step in order; raises Fault at the first that comes out otherwise than it must."""
        for step in self.scenario.steps:
            if step.at:
                await self._move_clock(step)
            if step.say:
                self.say(f"{step.at[5:].replace('T', ' ') or ' ' * 11}  {step.say}")
            if step.does == SETTLE_ALARMS:
                await self._settle(step)
            elif step.does == WATCH:
                await self._watch(step)
            else:
                await self._do(step)
        return self.played

    async def _move_clock(self, step: Step) -> None:
        body = self.names.command("advance_clock", {"to": self.names.utc(step.at)})
        self._expect_accepted(step, await self._send(step.who, body), "advance_clock")

    async def _do(self, step: Step) -> None:
        extra = self._briefing_of(step) if step.does == ACKNOWLEDGE else None
        await self._upload(step)
        body = self.names.body(step, extra)
        proof = None
        if step.presence or step.position:
            proof = Proof(self.names.permit_id(step.on) or "", step.presence, step.position)
        answer = await self._send(step.who, body, elapsed_ms=step.tapped_s * 1000, proof=proof)
        self._compare(step, answer)
        if answer.status == ACCEPTED:
            self._remember(step, answer)

    async def _send(self, who: str, body: Mapping[str, Any], **more: Any) -> Answer:
        answer = await self.stage.send(who, body, **more)
        if answer.status == ACCEPTED:
            self.played.accepted += 1
        elif answer.status == REFUSED:
            self.played.refused += 1
            self.played.codes.update(set(answer.body.get("codes", ())))
        elif answer.status == MALFORMED:
            self.played.malformed += 1
        return answer

    async def _upload(self, step: Step) -> None:
        for title in step.documents:
            if title not in self._uploaded:
                await self.stage.upload(step.who, self.names.document(title))
                self._uploaded.add(title)

    def _briefing_of(self, step: Step) -> dict[str, Any]:
        given = self.played.briefings[self.names.job_id(step.on) or ""]
        return {"version": given["version"], "content_sha256": given["content_sha256"]}

    def _compare(self, step: Step, answer: Answer) -> None:
        if step.malformed:
            fields = answer.body.get("fields", {})
            if answer.status != MALFORMED or not any(step.malformed in path for path in fields):
                raise broken(f"{step}: expected 422 naming {step.malformed}, got {_said(answer)}")
        elif step.refused:
            codes = answer.body.get("codes", [])
            if answer.status != REFUSED or sorted(set(codes)) != sorted(step.refused):
                raise broken(f"{step}: expected a refusal by {', '.join(step.refused)}, got {_said(answer)}")
        else:
            self._expect_accepted(step, answer, step.does)

    def _expect_accepted(self, step: Step, answer: Answer, what: str) -> None:
        if answer.status != ACCEPTED:
            raise broken(f"{step}: expected {what} to be accepted, got {_said(answer)}")

    def _remember(self, step: Step, answer: Answer) -> None:
        body = answer.body
        for event in body.get("events", ()):
            if event["type"] == "ticket.added":
                self.played.numbers[event["data"]["permit_id"]] = event["data"]["permit_no"]
                if step.level and event["data"]["level"] != step.level:
                    raise broken(f"{step}: expected level {step.level}, the facts gave {event['data']['level']}")
            if event["type"] == "briefing.given":
                self.played.briefings[event["data"]["job_id"]] = event["data"]

    async def _watch(self, step: Step) -> None:
        """What devices say changes the ticket by itself: nothing is sent by a person here."""
        wanted, names = step.payload, self.names
        if "scene" in wanted:
            await self.stage.show(wanted["scene"], names.tickets())
        for _ in range(LOOKS_MAX):
            seen = await self.stage.look(names.job_id(step.on) or "", names.permit_id(step.on) or "")
            if _is_as(wanted, seen, self.names):
                self.played.causes.update(wanted.get("causes", ()))
                self.played.alarms.update(wanted.get("alarms", ()))
                for _ in range(wanted.get("and_then_s", 0)):
                    await self.stage.wait()
                return
            await self.stage.wait()
        raise broken(f"{step}: expected {dict(wanted)}, got {seen}")

    async def _settle(self, step: Step) -> None:
        """AQ 3064.2 5.9.10: each alarm has an owner, and is closed with a result."""
        job_id = self.names.job_id(step.on)
        alarms = await self.stage.open_alarms(job_id or "")
        if not alarms:
            raise broken(f"{step}: there is no open alarm to settle")
        for alarm_id in alarms:
            for type_, payload in (("acknowledge_alarm", {}), ("close_alarm", dict(step.payload))):
                body = self.names.command(type_, {"alarm_id": alarm_id, **payload})
                self._expect_accepted(step, await self._send(step.who, body), type_)


def _is_as(wanted: Mapping[str, Any], seen: Seen, names: Names) -> bool:
    signals = {names.text(name): state for name, state in wanted.get("signals", {}).items()}
    return (
        ("causes" not in wanted or seen.causes == set(wanted["causes"]))
        and seen.alarms >= set(wanted.get("alarms", ()))
        and all(seen.signals.get(name) == state for name, state in signals.items())
    )


def _said(answer: Answer) -> str:
    codes = answer.body.get("codes")
    if codes:
        wanted = "; ".join(
            f"{r['code']}: {r['what']} of {r['about']}, have {r['have']}, need {r['need']}"
            for r in answer.body.get("refusals", ())
        )
        return f"{answer.status} {', '.join(codes)} ({wanted})"
    return f"{answer.status} {dict(answer.body)}" if answer.status != ACCEPTED else "200 accepted"
