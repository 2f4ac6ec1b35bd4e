"""A job walked through the pure core, written to a real log as a decider would; and a sealer beside a real decider."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

from services.documents import FileStore, open_store
from services.log import GENESIS, OUTCOMES, make_outcome, record_hash
from services.sealer.keys import seal_files
from services.sealer.process import SealingProcess
from services.sealer.sealer import Sealer, Tools
from services.seven_steps.canonical import canonical
from services.seven_steps.codec import plain
from services.seven_steps.decide import Outcome
from services.vault import open_vault
from tests.decider.stage import PARTITION, Stage
from tests.flow import walk
from tests.flow.world import PEOPLE, SITE, World

#: A rare character of a name, beyond U+FFFF.
NAMES = {"cutter": {"zh-CN": "张𬭎", "en": "Zhang Hong"}}


class WrittenWorld(World):
    """A world that keeps whole outcome bodies."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[tuple[datetime, dict[str, Any]]] = []

    def command(self, *args: Any, **kwargs: Any) -> Any:
        self.last = super().command(*args, **kwargs)
        return self.last

    def do(self, actor: str, type_: str, payload: Mapping[str, Any] | None = None, **more: Any) -> Outcome:
        if type_ == "register_site":
            payload = {**(payload or {}), "clock": "simulated"}
        outcome = super().do(actor, type_, payload, **more)
        command = self.last
        client = {
            "command_id": command.command_id, "type": type_, "version": 1, "site_id": SITE, "job_id": command.job_id,
            "permit_id": command.permit_id, "actor": actor, "payload": dict(command.payload),
        }  # fmt: skip
        body = {
            "body": 1, "verdict": outcome.verdict, "client": client, "command_sha256": command.sha256,
            "events": plain(outcome.events), "refusals": plain(outcome.refusals),
            "rule_packs": list(outcome.rule_packs),
        }  # fmt: skip
        self.bodies.append((self.now, body))
        return outcome

    def stored(self) -> list[bytes]:
        head, values = GENESIS, []
        for seq, (now, body) in enumerate(self.bodies, 1):
            values.append(
                make_outcome(
                    site_id=SITE, site_seq=seq, previous_hash=head, decided_at=now, decided_at_real=datetime.now(UTC),
                    body=canonical(body),
                )
            )  # fmt: skip
            head = record_hash(values[-1])
        return values


def walked(step: str) -> WrittenWorld:
    """The walk up to a step (`before_issue`, `active`, `closed`), recorded."""
    with mock.patch.object(walk, "World", WrittenWorld):
        world = getattr(walk, step)()
    assert isinstance(world, WrittenWorld)
    return world


@contextlib.asynccontextmanager
async def sealing(folder: Path, world: WrittenWorld) -> AsyncIterator[tuple[Stage, Sealer, FileStore]]:
    """The world on a log, a decider that decides when told, and a sealer that has folded it."""
    vault = open_vault(f"sqlite:///{folder / 'vault.db'}")
    for person in PEOPLE:
        vault.put(
            person, {"name": NAMES.get(person, {"zh-CN": f"名{person}", "en": person.title()}), "works_no": person}
        )
    stage = Stage(folder)
    for value in world.stored():
        await stage.log.append(OUTCOMES, SITE, value)
    async with stage:
        store = open_store(f"file://{folder / 'documents'}")
        process = SealingProcess(seal_files(folder / "keys"))
        sealer = Sealer(Tools(stage.log, store, vault, process, "http://localhost:8077", stage.clock))
        try:
            await sealer.open()
            yield stage, sealer, store
        finally:
            await process.close()
            vault.close()


async def run(stage: Stage, sealer: Sealer) -> None:
    """One attempt at each pending document, then the decider, then the fold, until nothing more comes of it."""
    for pending in sorted(sealer.pending.values(), key=lambda p: p.wanted.key.records_to):
        if pending.wanted.key in sealer.pending:
            await sealer.attempt(pending)
    await stage.decide()
    await follow(stage, sealer)


async def follow(stage: Stage, sealer: Sealer) -> None:
    """As `Sealer.follow` does, as far as the log goes now."""
    await sealer.catch_up(PARTITION)
