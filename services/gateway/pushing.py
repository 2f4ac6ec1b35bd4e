"""Waking devices by Web Push when a stop, an emergency, or an alarm that a person owns is on the log.

Best effort beside the live pages: what a push service loses, or what happened while no gateway ran, is not sent again.
A gateway calls no address but those of the push services that the settings name.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from services.gateway import alerts, web_push
from services.gateway.doorbell import Rang
from services.gateway.metrics import Metrics
from services.gateway.reach_store import ReachStore, Subscriber
from services.gateway.reading import Reading
from services.gateway.texts import texts
from services.settings import Settings
from services.seven_steps.board import Board

REGISTER_WAIT_S_MAX = 5.0
SEND_S_MAX = 10.0
AT_ONCE = 20
KEPT_BY_SERVICE_S = 3600  # how long a push service keeps it for a device that it can't reach
TOPIC_CHARS = 32  # RFC 8030, 5.4: a newer message about the same replaces one not delivered yet
#: The subscription is over (RFC 8030, 7.3).
GONE = frozenset({404, 410})
LOOPBACK = frozenset({"127.0.0.1", "localhost"})

log = logging.getLogger(__name__)


class NotAPushService(ValueError):
    """The address is not one of the push services that may be called from here."""


class Pusher:
    def __init__(self, settings: Settings, store: ReachStore, reading: Reading, metrics: Metrics) -> None:
        self._settings, self._store, self._reading, self._metrics = settings, store, reading, metrics
        self._rang: asyncio.Queue[Rang] = asyncio.Queue()
        self._told: dict[str, int] = {}  # site -> seq up to which its alerts were sent
        self._key = web_push.load_key(settings.keys) if self.on else None

    @property
    def on(self) -> bool:
        return bool(self._hosts)

    @property
    def public_key(self) -> str:
        """What a browser needs to subscribe; empty when push is switched off here."""
        return web_push.public_text(self._key) if self._key else ""

    @property
    def _hosts(self) -> tuple[str, ...]:
        named = (one.strip().lower() for one in self._settings.push_hosts.split(","))
        return tuple(one for one in named if one not in ("", "none"))

    def check(self, to: web_push.Recipient) -> None:
        """Raises NotAPushService for an address that must not be called, BadSubscription for keys that are none."""
        at = urlsplit(to.endpoint)
        host = (at.hostname or "").lower()
        encrypted = at.scheme == "https" or (at.scheme == "http" and host in LOOPBACK)
        if not encrypted or at.username or not any(fnmatchcase(host, one) for one in self._hosts):
            raise NotAPushService(host)
        web_push.keys_of(to)

    def ring(self, rang: Rang) -> None:
        """Called by the doorbell for every outcome."""
        if self.on and alerts.TELLING & set(rang.events):
            self._rang.put_nowait(rang)

    async def run(self) -> None:
        """For ever: tell of each once the register shows it."""
        limit = aiohttp.TCPConnector(limit=AT_ONCE)
        timeout = aiohttp.ClientTimeout(total=SEND_S_MAX)
        async with aiohttp.ClientSession(connector=limit, timeout=timeout) as http:
            while True:
                rang = await self._rang.get()
                try:
                    await self._reading.reached(rang.site_id, rang.site_seq, REGISTER_WAIT_S_MAX)
                    await self._tell(http, rang)
                except Exception:
                    log.exception("devices of %s could not be woken for record %d", rang.site_id, rang.site_seq)

    async def _tell(self, http: aiohttp.ClientSession, rang: Rang) -> None:
        board = await self._reading.board(rang.site_id)
        after = max(self._told.get(rang.site_id, 0), rang.site_seq - 1)
        found = alerts.told_since(board, after)
        self._told[rang.site_id] = max(after, board.seq)
        if not found:
            return
        devices = await asyncio.to_thread(self._store.subscribers, rang.site_id)
        sends = [
            self._send(http, device, alert.alert_id, message(rang.site_id, board, alert, device.lang))
            for alert, to in found
            for device in devices
            if device.person_id != alert.by and (to is None or device.person_id in to)
        ]
        await asyncio.gather(*sends)

    async def _send(self, http: aiohttp.ClientSession, to: Subscriber, alert_id: str, said: dict[str, Any]) -> None:
        try:
            self.check(to.recipient)
            body = web_push.encrypt(json.dumps(said, ensure_ascii=False).encode(), to.recipient)
            async with http.post(
                to.recipient.endpoint, data=body, headers=self._headers(to, alert_id), allow_redirects=False
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as trouble:
            log.warning("a device could not be woken: %r", trouble)
            status = 0
        self._metrics.count("pushes_total", status=str(status))
        if status in GONE:
            await asyncio.to_thread(self._store.unsubscribe, to.key)

    def _headers(self, to: Subscriber, alert_id: str) -> dict[str, str]:
        assert self._key is not None
        url = self._settings.url
        subject = url if url.startswith("https:") else "mailto:sevengates@localhost"
        return {
            "Authorization": web_push.authorization(self._key, to.recipient.endpoint, subject, time.time()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT_BY_SERVICE_S),
            "Urgency": "high",
            "Topic": hashlib.sha256(alert_id.encode()).hexdigest()[:TOPIC_CHARS],
        }


def message(site_id: str, board: Board, alert: alerts.Alert, lang: str) -> dict[str, Any]:
    """What the device shows, in its language: what and where; no names, for it stands on a locked screen."""
    said = texts(lang)
    demo = said.t("app.demo") if board.site is not None and board.site.clock == "simulated" else ""
    area = board.areas.get(alert.area_id)
    where = [alert.about, alert.place] if alert.kind != alerts.EVACUATE else []
    if alert.kind == alerts.EVACUATE:
        where = [said.pick(area.name) if area else said.t("emergency.whole_site")]
    what = said.word("alarm", alert.text) if alert.kind == alerts.ALARM else said.t(f"alerts.{alert.kind}")
    page = f"/sites/{site_id}/jobs/{alert.job_id}" if alert.job_id else f"/sites/{site_id}/board"
    return {
        "title": what,
        "body": " · ".join(one for one in (*where, demo) if one),
        "tag": alert.alert_id,
        "url": f"/sites/{site_id}/emergency" if alert.kind == alerts.EVACUATE else page,
        "loud": alert.kind in alerts.LOUD,
    }
