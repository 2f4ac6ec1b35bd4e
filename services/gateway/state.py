"""What one running gateway holds: its connections and its counters. Made once, handed to every request."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

from services.documents import FileStore
from services.gateway.accounts import Accounts
from services.gateway.commanding import REFUSALS_PER_MINUTE
from services.gateway.doorbell import Doorbell, Rang
from services.gateway.kept_stops import KeptStops
from services.gateway.limiter import Limiter
from services.gateway.metrics import Metrics
from services.gateway.presence import TRIES_MAX, TRIES_WINDOW_S, SiteKeys
from services.gateway.pushing import Pusher
from services.gateway.reading import Reading
from services.gateway.sse import Hub
from services.log.interface import Log
from services.settings import Settings

PENDING_MAX = 50_000
HASHES_AT_ONCE = 4  # argon2 takes 64 MiB each
SIGN_INS_PER_MINUTE = 60  # from one address: a plant's handhelds may share one
UPLOADS_PER_MINUTE = 60
TELEMETRY_PER_MINUTE = 120  # batches of one account; AQ 3064.3-2025 7.1 wants at least 30


@dataclass
class Pending:
    """Commands that were sent and are not answered yet: a 202 rather than a 404 for whoever asks."""

    _sites: OrderedDict[str, str] = field(default_factory=OrderedDict)

    def add(self, command_id: str, site_id: str) -> None:
        self._sites[command_id] = site_id
        if len(self._sites) > PENDING_MAX:
            self._sites.popitem(last=False)

    def discard(self, command_id: str) -> None:
        self._sites.pop(command_id, None)

    def site_of(self, command_id: str) -> str | None:
        return self._sites.get(command_id)


@dataclass
class Gateway:
    settings: Settings
    log: Log
    reading: Reading
    documents: FileStore
    accounts: Accounts
    site_keys: SiteKeys
    kept_stops: KeptStops
    metrics: Metrics = field(default_factory=Metrics)
    hub: Hub = field(default_factory=Hub)
    pending: Pending = field(default_factory=Pending)
    refusals: Limiter = field(default_factory=lambda: Limiter("refusals_per_minute", REFUSALS_PER_MINUTE, 60))
    presence_tries: Limiter = field(default_factory=lambda: Limiter("presence_code_tries", TRIES_MAX, TRIES_WINDOW_S))
    sign_ins: Limiter = field(default_factory=lambda: Limiter("sign_ins_per_minute", SIGN_INS_PER_MINUTE, 60))
    challenges: Limiter = field(default_factory=lambda: Limiter("challenges_per_minute", SIGN_INS_PER_MINUTE, 60))
    uploads: Limiter = field(default_factory=lambda: Limiter("uploads_per_minute", UPLOADS_PER_MINUTE, 60))
    telemetry: Limiter = field(default_factory=lambda: Limiter("telemetry_per_minute", TELEMETRY_PER_MINUTE, 60))
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(HASHES_AT_ONCE))
    doorbell: Doorbell = field(init=False)
    pusher: Pusher = field(init=False)

    def __post_init__(self) -> None:
        self.pusher = Pusher(self.settings, self.accounts.reach, self.reading, self.metrics)
        self.doorbell = Doorbell(self.log, (self.hub.ring, self.pusher.ring, self._count))

    def _count(self, rang: Rang) -> None:
        self.metrics.count("outcomes_total", verdict=rang.verdict)
        if rang.verdict == "refused":
            self.refusals.mark(f"{rang.site_id} {rang.actor}")
