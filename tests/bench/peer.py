"""The yardstick (ii): the `eventsourcing` package, load - decide - save of one aggregate for each command, on SQLite.

It runs with its defaults, WAL and synchronous=FULL: every save is on the disk, as with ours. Its aggregate is a job
that checks one condition and takes one event, which is less than any of our gates asks.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from tests.bench.history import PureHand


class WorkRefused(Exception):
    """The peer's one gate is shut."""


class PeerJob(Aggregate):
    """As little as a job can be."""

    @event("Created")
    def __init__(self) -> None:
        self.seen: list[str] = []

    def decide(self, command_id: str, payload: dict[str, Any]) -> None:
        if command_id in self.seen:
            raise WorkRefused(command_id)
        self.take(command_id, payload)

    @event("Taken")
    def take(self, command_id: str, payload: dict[str, Any]) -> None:
        self.seen.append(command_id)


def measure(history: PureHand, limit: int) -> dict[str, Any]:
    """Decisions a second over the commands of one site, each going to the aggregate of its job."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environ = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(Path(folder) / "peer.db")}
        app: Application[uuid.UUID] = Application(environ)
        commands = [command for _board, command, _now in history.decided][:limit]
        jobs: dict[str, uuid.UUID] = {}
        for command in commands:
            key = command.job_id or "site"
            if key not in jobs:
                job = PeerJob()
                app.save(job)
                jobs[key] = job.id
        began = time.perf_counter()
        for command in commands:
            found: PeerJob = app.repository.get(jobs[command.job_id or "site"])
            found.decide(command.command_id, dict(command.payload))
            app.save(found)
        seconds = time.perf_counter() - began
        app.close()
    return {"decisions": len(commands), "per_s": round(len(commands) / seconds)}
