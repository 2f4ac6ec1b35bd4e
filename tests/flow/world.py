"""A small world for the pure core: commands in, boards out, no log. Time is set, never slept.

The work is the demo's: in a valve pit (a confined space) a flange is cut (hot work, first level).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.rulebook import rulebook
from services.seven_steps import board_index, fold
from services.seven_steps.board import Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.canonical import canonical, sha256_hex
from services.seven_steps.command import Command, Interval, Presence
from services.seven_steps.decide import Outcome, decide
from services.seven_steps.gate import Boundary
from services.seven_steps.judge import judge
from services.seven_steps.rules import Rules

SITE = "site-a"
JOB, HOT, PIT = (str(uuid.uuid5(uuid.NAMESPACE_URL, name)) for name in ("job", "hot", "pit"))
#: Wednesday 2026-11-18, 08:00 in Shanghai: a weekday, day shift.
DAY_ONE = datetime(2026, 11, 18, 0, 0, tzinfo=UTC)
DAY_TWO = DAY_ONE + timedelta(days=1)
RULES = rulebook()

PEOPLE: Mapping[str, tuple[str, ...]] = {
    "applicant": ("applicant",),
    "lead": ("work_lead",),
    "cutter": ("worker",),
    "mate": ("worker",),
    "watch": ("guardian",),
    "watch2": ("guardian",),
    "tester": ("gas_tester",),
    "briefer": ("briefer",),
    "isolator": ("isol_auth",),
    "verifier": ("isol_auth",),
    "area": ("area_auth", "approver_unit"),
    "dept": ("approver_dept",),
    "safety": ("approver_safety",),
    "head": ("approver_head",),
    "power": ("power_auth",),
    "foreman": ("shift_foreman",),
    "coord": ("cross_coord",),
    "hse": ("hse",),
    "admin": ("admin",),
}
TRADES = {"cutter": "hot_work", "watch": "guardian", "watch2": "guardian"}
ZERO_HASH = "0" * 64


def text(words: str) -> dict[str, str]:
    return {"lang": "en", "text": words}


class World:
    """One site, its board, and a clock that only the test moves."""

    first_rules: Rules = RULES

    def __init__(self) -> None:
        self.board = Board()
        self.now = DAY_ONE
        self.outcomes: list[Outcome] = []
        self.number = 0

    # ---- commands -------------------------------------------------------------------------------------------------

    def command(self, actor: str, type_: str, payload: Mapping[str, Any] | None = None, **more: Any) -> Command:
        self.number += 1
        client = {"n": self.number, "type": type_, "payload": dict(payload or {})}
        base = Command(
            command_id=str(uuid.uuid5(uuid.NAMESPACE_OID, str(self.number))),
            type=type_,
            version=1,
            site_id=SITE,
            actor=actor,
            payload=dict(payload or {}),
            sha256=sha256_hex(canonical(client)),
            means="service" if actor.startswith("service:") else "attested",
            decided_at_real=self.now,
            authenticated_at=self.now,
            act_by=self.now + timedelta(seconds=60),
            captured=Interval(self.now, self.now),
        )
        return replace(base, **more)

    def decided(self, command: Command) -> Outcome:
        return decide(self.board, command, self.now, self.rules)

    def do(self, actor: str, type_: str, payload: Mapping[str, Any] | None = None, **more: Any) -> Outcome:
        """Decide and fold, whatever the verdict."""
        command = self.command(actor, type_, payload, **more)
        outcome = self.decided(command)
        self.outcomes.append(outcome)
        record = fold.Applied(
            site_seq=self.board.seq + 1,
            record_hash=sha256_hex(f"{self.board.head}{command.sha256}".encode()),
            decided_at=self.now,
            command_id=command.command_id,
            command_sha256=command.sha256,
            job_id=command.job_id,
            verdict=outcome.verdict,
            events=outcome.events,
        )
        self.board = fold.apply(self.board, record)
        return outcome

    def ok(self, actor: str, type_: str, payload: Mapping[str, Any] | None = None, **more: Any) -> Outcome:
        outcome = self.do(actor, type_, payload, **more)
        assert outcome.verdict == "accepted", (
            type_,
            [(r.code, r.what, r.about, r.have, r.need) for r in outcome.refusals],
        )
        return outcome

    def job_ok(self, actor: str, type_: str, payload: Mapping[str, Any] | None = None, **more: Any) -> Outcome:
        return self.ok(actor, type_, payload, job_id=JOB, **more)

    def permit_ok(
        self, permit: str, actor: str, type_: str, payload: Mapping[str, Any] | None = None, **more: Any
    ) -> Outcome:
        return self.ok(actor, type_, payload, job_id=JOB, permit_id=permit, **more)

    def later(self, **delta: float) -> World:
        self.now += timedelta(**delta)
        return self

    @property
    def rules(self) -> Rules:
        """What binds on the site now; before its first record what that record is to name."""
        return rulebook(self.board.site.packs) if self.board.site else self.first_rules

    # ---- what stands ----------------------------------------------------------------------------------------------

    @property
    def job(self) -> Job:
        return self.board.jobs[JOB]

    def permit(self, permit_id: str = HOT) -> Permit:
        return self.board.permits[permit_id]

    def change_job(self, **changes: Any) -> World:
        self.board = replace(self.board, jobs={**self.board.jobs, JOB: replace(self.job, **changes)})
        return self

    def change_permit(self, permit_id: str, **changes: Any) -> World:
        changed = replace(self.permit(permit_id), **changes)
        self.board = replace(self.board, permits={**self.board.permits, permit_id: changed})
        return self.indexed()

    def indexed(self) -> World:
        """The board with its index made anew: a test that edits a board by hand leaves the index behind."""
        board = self.board
        made = board_index.built(board.jobs.values(), board.permits.values(), board.certificates.values())
        self.board = replace(board, index=made)
        return self

    def shut(self, boundary: Boundary, permit_id: str | None = HOT) -> set[str]:
        """Gate ids that are shut now at that boundary, as a page sees them."""
        self.indexed()
        permit = self.permit(permit_id) if permit_id else None
        verdicts = judge(self.board, boundary, self.job, permit, self.now, self.rules)
        return {v.gate.id for v in verdicts if not v.open}


def copy_of(world: World) -> World:
    """Boards are immutable: a copy of a world is cheap, and a walk is walked once."""
    other = World()
    other.__dict__.update(world.__dict__)
    other.outcomes = list(world.outcomes)
    return other


def codes(outcome: Outcome) -> set[str]:
    return {refusal.code for refusal in outcome.refusals}


def alarms(outcome: Outcome) -> set[str]:
    return {event.data["code"] for event in outcome.events if event.type == "alarm.raised"}


def presence(place: str) -> Presence:
    return Presence("code", place, DAY_ONE)
