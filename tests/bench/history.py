"""Real commands to measure with: the chaos tests' job walks, decided by the pure core, as the log would carry them."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from services.decider.placing import place
from services.decider.wire import decode
from services.log import COMMANDS, Record
from services.rulebook import rulebook
from services.seven_steps.board import Board
from services.seven_steps.canonical import canonical
from services.seven_steps.command import Command
from services.seven_steps.decide import decide
from services.seven_steps.fold import Applied, apply
from tests.chaos.cast import Cast, stamp
from tests.chaos.walks import Answer, Walker

LASTING = timedelta(hours=6)  # acts of a bench are not too late when their turn comes


@dataclass
class PureHand:
    """Decides each tap at once and keeps everything: records, decisions, foldings."""

    cast: Cast
    luck: random.Random
    real: datetime = field(default_factory=lambda: datetime.now(UTC))
    board: Board = field(default_factory=Board)
    records: list[bytes] = field(default_factory=list)
    decided: list[tuple[Board, Command, datetime]] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rules = rulebook()

    async def tap(
        self,
        who: str,
        type_: str,
        payload: dict[str, Any],
        *,
        job_id: str | None = None,
        permit_id: str | None = None,
        on_site: bool = False,
        service: bool = False,
    ) -> Answer:
        client: dict[str, Any] = {
            "command_id": str(uuid.UUID(int=self.luck.getrandbits(128), version=4)),
            "type": type_,
            "version": 1,
            "site_id": self.cast.site_id,
            "actor": "service:desk" if service else self.cast.id_of(who),
            "lang": "en",
            "payload": payload,
        }
        client |= {key: value for key, value in (("job_id", job_id), ("permit_id", permit_id)) if value is not None}
        place_ = {"kind": "position", "place": self.cast.area, "checked_at": stamp(self.real)}
        gateway = {
            "received_at": stamp(self.real),
            "age_ms": None if service else [0, 10_000],
            "act_by": stamp(self.real + LASTING),
            "presence": place_ if on_site else None,
            "session": "bench",
            "authenticated_at": stamp(self.real),
            "signature": {"means": "service" if service else "attested"},
        }
        return self._decide(canonical({"record": 1, "client": client, "gateway": gateway}))

    async def open_alarms(self, who: str, job_id: str) -> list[str]:
        return [a.alarm_id for a in self.board.alarms.values() if a.job_id == job_id and a.closed is None]

    def _decide(self, value: bytes) -> Answer:
        record = Record(COMMANDS, 0, len(self.records), self.cast.site_id.encode(), value, self.real)
        now = self.board.decided_at or self.real
        command = place(decode(record), now, self.real)
        outcome = decide(self.board, command, now, self.rules)
        applied = Applied(
            site_seq=self.board.seq + 1,
            record_hash="0" * 64,
            decided_at=now,
            command_id=command.command_id,
            command_sha256=command.sha256,
            job_id=command.job_id,
            verdict=outcome.verdict,
            events=outcome.events,
        )
        self.records.append(value)
        self.decided.append((self.board, command, now))
        self.applied.append(applied)
        self.board = apply(self.board, applied)
        status = 200 if outcome.verdict == "accepted" else 409
        codes = [refusal.code for refusal in outcome.refusals]
        return Answer(status, {"codes": codes, "decided_at": stamp(self.board.decided_at or now)})


async def site_history(cast: Cast, commands: int, seed: int = 1) -> PureHand:
    """A site's first `commands` or some more: its registry and then job after job."""
    luck = random.Random(f"{cast.site_id}/{seed}")
    hand = PureHand(cast, luck)
    await hand.tap("admin", "register_site", cast.site("BENCH"), service=True)
    await hand.tap("admin", "register_person", cast.administrator(), service=True)
    walker = Walker(hand, cast, luck)
    await walker.register()
    while len(hand.records) < commands:
        await walker.any_job()
    return hand


def replayed(applied: list[Applied]) -> Board:
    board = Board()
    for record in applied:
        board = apply(board, record)
    return board
