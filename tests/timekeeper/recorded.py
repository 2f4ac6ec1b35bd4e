"""The walk through the pure core, recorded: its outcomes as records of a real log, on a simulated site."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from services.log import GENESIS, OUTCOMES, Log, make_outcome, record_hash
from services.seven_steps.canonical import canonical
from services.seven_steps.codec import plain
from services.seven_steps.decide import Outcome
from tests.flow import walk
from tests.flow.world import SITE, World


class RecordedWorld(World):
    """A world that keeps what a decider would have written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[tuple[datetime, dict[str, Any]]] = []

    def do(self, actor: str, type_: str, payload: Mapping[str, Any] | None = None, **more: Any) -> Outcome:
        if type_ == "register_site":
            payload = {**(payload or {}), "clock": "simulated"}
        outcome = super().do(actor, type_, payload, **more)
        command = self.last
        client = {"command_id": command.command_id, "site_id": SITE, "job_id": command.job_id}
        body = {
            "body": 1,
            "verdict": outcome.verdict,
            "client": client,
            "command_sha256": command.sha256,
            "events": plain(outcome.events),
        }
        self.written.append((self.now, body))
        return outcome

    def command(self, *args: Any, **kwargs: Any) -> Any:
        self.last = super().command(*args, **kwargs)
        return self.last

    async def write_to(self, log: Log) -> None:
        head = GENESIS
        for seq, (now, body) in enumerate(self.written, 1):
            value = make_outcome(
                site_id=SITE,
                site_seq=seq,
                previous_hash=head,
                decided_at=now,
                decided_at_real=datetime.now(UTC),
                body=canonical(body),
            )
            await log.append(OUTCOMES, SITE, value)
            head = record_hash(value)


@contextmanager
def recording(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Inside, the walk's worlds are recorded ones."""
    with monkeypatch.context() as patch:
        patch.setattr(walk, "World", RecordedWorld)
        yield
