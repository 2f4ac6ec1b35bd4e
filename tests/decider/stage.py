"""A decider on a real SQLite log, step by step: commands are appended, decided when the test says so, and read back."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from services.decider.decider import Decider
from services.folding import PartitionFold, Snapshots, load
from services.log import COMMANDS, DEAD_LETTERS, OUTCOMES, Log, Record, open_log, partition_of, read_dead_letter
from services.log.records import Envelope, body_of, read_envelope
from services.log.sqlite_file import table
from services.seven_steps.canonical import canonical
from services.seven_steps.site_time import stamp

SITE = "site-a"
NAMES = {"en": "Plant A", "zh-CN": "甲厂"}


def neighbour_of(site_id: str, count: int = 8) -> str:
    """Another site in the same partition."""
    wanted = partition_of(site_id, count)
    return next(name for name in (f"n-{n}" for n in range(1000)) if partition_of(name, count) == wanted)


NEIGHBOUR = neighbour_of(SITE)
PARTITION = partition_of(SITE, 8)


class HandClock:
    """The host's clock, moved by hand: `offset` from the true time, and monotonic seconds that only the test adds."""

    def __init__(self) -> None:
        self.offset = timedelta(0)
        self.seconds = 100.0

    def real(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def monotonic(self) -> float:
        return self.seconds


def register_site(clock: str = "real", **more: Any) -> dict[str, Any]:
    return {
        "name": NAMES,
        "code": "PA",
        "zone": "Asia/Shanghai",
        "clock": clock,
        "packs": ["gb30871-2022", "aq3064-2025", "site-policy"],
        "emergency_number": "119",
        "muster_point": NAMES,
        **more,
    }


def area(area_id: str) -> dict[str, Any]:
    return {"area_id": area_id, "name": NAMES, "fire_explosion": True, "bund": False, "enriched_oxygen": False}


def person(person_id: str, *roles: str) -> dict[str, Any]:
    return {"person_id": person_id, "roles": list(roles), "trades": [], "unit": "u", "vault_sha256": "0" * 64}


def command(
    type_: str,
    payload: Mapping[str, Any],
    *,
    actor: str = "service:desk",
    site: str = SITE,
    command_id: str = "",
    gateway: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A record on `commands` as the gateway writes it."""
    client = {
        "command_id": command_id or str(uuid.uuid4()),
        "type": type_,
        "version": 1,
        "site_id": site,
        "actor": actor,
        "lang": "en",
        "payload": dict(payload),
        **more,
    }
    measured = {
        "received_at": stamp(datetime.now(UTC)),
        "age_ms": None,
        "act_by": None,
        "presence": None,
        "session": None,
        "authenticated_at": None,
        "signature": {"means": "service" if actor.startswith("service:") else "attested"},
    }
    return {"record": 1, "client": client, "gateway": measured | dict(gateway or {})}


class Stage:
    """One log, one decider of one partition."""

    def __init__(self, folder: Path, **decider: Any) -> None:
        self.folder = folder
        self.url = f"sqlite://{folder}/log.db"
        self.log: Log = open_log(self.url)
        self.clock = HandClock()
        self.handled = 0
        self.decider = self.new_decider(**decider)

    def new_decider(self, slot: int = 0, **more: Any) -> Decider:
        return Decider(self.log, slot, clock=more.pop("clock", self.clock), **more)

    async def __aenter__(self) -> Stage:
        await self.decider.assigned({PARTITION})
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.decider.stop()
        await self.log.close()

    # ---- commands --------------------------------------------------------------------------------------------------

    async def send(self, *records: Mapping[str, Any] | bytes, site: str = SITE) -> None:
        for record in records:
            value = record if isinstance(record, bytes) else canonical(record)
            key = site if isinstance(record, bytes) else record["client"]["site_id"]
            await self.log.append(COMMANDS, key, value)

    async def waiting(self) -> list[Record]:
        return await self.log.read(COMMANDS, PARTITION, self.handled)

    async def decide(self, decider: Decider | None = None) -> None:
        """Hand over all commands that wait, as one batch."""
        batch = await self.waiting()
        await (decider or self.decider).handle(PARTITION, batch)
        self.handled += len(batch)

    async def done(self, *records: Mapping[str, Any]) -> None:
        await self.send(*records)
        await self.decide()

    async def registered(self, clock: str = "real", **more: Any) -> Stage:
        await self.done(command("register_site", register_site(clock, **more)))
        return self

    # ---- what stands on the log ------------------------------------------------------------------------------------

    async def records(self) -> list[Record]:
        return await self.log.read(OUTCOMES, PARTITION, 0)

    async def outcomes(self) -> list[tuple[Envelope, dict[str, Any]]]:
        """Every record on `outcomes`, dropped by readers or not."""
        return [opened(record.value) for record in await self.records()]

    async def counted(self, site: str = SITE) -> list[dict[str, Any]]:
        """The bodies of the outcomes that readers apply."""
        found: list[dict[str, Any]] = []
        fold = PartitionFold(PARTITION)
        for record in await self.records():
            step = fold.apply(record)
            if step.body is not None and step.site_id == site:
                found.append(dict(step.body))
        return found

    async def read(self, **more: Any) -> PartitionFold:
        """What a reader that starts now folds."""
        return await load(self.log, PARTITION, **more)

    async def dead_letters(self) -> list[tuple[str, str | None]]:
        found = [read_dead_letter(record.value) for record in await self.log.read(DEAD_LETTERS, PARTITION, 0)]
        return [(letter.reason, letter.command_id) for letter in found]


def opened(value: bytes) -> tuple[Envelope, dict[str, Any]]:
    envelope = read_envelope(value)
    return envelope, json.loads(body_of(envelope, value))


def tamper(folder: Path, *statements: tuple[str, tuple[Any, ...]]) -> None:
    """Change a closed log behind everybody's back; `{outcomes}` stands for the partition's table."""
    db = sqlite3.connect(folder / "log.db")
    with db:
        for statement, values in statements:
            db.execute(statement.format(outcomes=table(OUTCOMES, PARTITION)), values)
    db.close()


def snapshots_in(folder: Path) -> Snapshots:
    from services.documents import open_store

    return Snapshots(open_store(f"file://{folder}/documents"))
