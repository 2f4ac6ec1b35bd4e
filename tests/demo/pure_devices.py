"""Devices and a watcher in memory: batches of a script as the gateway takes them, and what the watcher would send."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from schemas import telemetry as wire
from services.desk import signal_script
from services.gateway.telemetry_api import _items
from services.seven_steps.board import Board
from services.seven_steps.rules import Rules
from services.watcher.changes import Change, Look, changes
from services.watcher.streams import SiteStreams


@dataclass
class PureDevices:
    """since: we have been listening; people: person_id by works number."""

    site_id: str
    people: Mapping[str, str]
    since: datetime
    streams: SiteStreams = field(default_factory=SiteStreams)
    script: signal_script.Script = field(default_factory=signal_script.demo_script)
    scene: str = ""
    second: int = 0
    tickets: Mapping[str, str] = field(default_factory=dict)

    def show(self, scene: str, tickets: Mapping[str, str]) -> None:
        self.scene, self.second, self.tickets = scene, 0, tickets

    def say(self, real: datetime) -> None:
        """One second of the scene."""
        if not self.scene:
            return
        due = signal_script.batches(self.script, self.scene, Decimal(self.second), self.site_id, self.tickets)
        self.second += 1
        for who, batch in due.items():
            for item in _items(wire.Batch().load(batch), self.people[who], real):
                self.streams.take(item)

    def noticed(self, board: Board, now: datetime, real: datetime, rules: Rules) -> Iterator[Change]:
        """What the watcher would send; a segment that was sent is begun anew, as there."""
        for change in list(changes(Look(board, now, real, rules, self.streams, self.since))):
            if change.segment is not None:
                self.streams.segments.pop(change.segment, None)
            yield change
