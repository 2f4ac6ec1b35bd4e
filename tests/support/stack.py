"""The real stack on a folder of its own: SQLite log, decider, register and gateway in this process, on one loop.

    async with running(tmp_path) as stack:
        await stack.set_up_site("demo", clock="simulated")
        lead = await stack.signed_in("work_lead")
        answer = await lead.send("create_job", payload, job_id=new_id())

Every role of the wire has one person (`p-<role>`) with an account (user `<role>`) on every site set up here; besides
them `nobody` (registered, no role) and `stranger` (an account of the site, not registered on it).
"""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from schemas import words
from services import settings as settings_of
from services.decider import worker as decider
from services.gateway.accounts import AccountExists
from services.gateway.app import GatewayService
from services.gateway.state import Gateway
from services.log import COMMANDS, open_log
from services.register import worker as register
from services.settings import Settings
from services.seven_steps.canonical import canonical
from services.seven_steps.site_time import stamp
from services.vault import open_vault

PASSWORD = "correct horse 9"
SERVICE = "service:test"
WAIT_S = 10.0
NAMES = {"en": "Tank farm", "zh-CN": "罐区"}
USERS = (*words.ROLES, "nobody", "stranger")


def new_id() -> str:
    return str(uuid.uuid4())


def text(said: str = "because") -> dict[str, str]:
    return {"lang": "en", "text": said}


@dataclasses.dataclass
class Answered:
    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def codes(self) -> list[str]:
        return list(self.body.get("codes", []))


@dataclasses.dataclass
class Client:
    """One signed-in program (bearer token). `person_id` is the session's own."""

    stack: Stack
    user: str
    token: str
    person_id: str
    site_id: str = "demo"

    async def request(self, method: str, path: str, **more: Any) -> Answered:
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        return await self.stack.request(method, path, headers=headers, **more)

    async def get(self, path: str, **more: Any) -> Answered:
        return await self.request("GET", path, **more)

    async def post(self, path: str, body: Any, **more: Any) -> Answered:
        return await self.request("POST", path, json=body, **more)

    def command(self, type_: str, payload: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        head = {"command_id": new_id(), "type": type_, "version": 1, "site_id": self.site_id, "lang": "en"}
        return head | {"payload": dict(payload), "elapsed_ms": 0} | more

    async def send(self, type_: str, payload: Mapping[str, Any], **more: Any) -> Answered:
        return await self.post("/api/commands", self.command(type_, payload, **more))


@dataclasses.dataclass
class Stack:
    settings: Settings
    service: GatewayService
    http: aiohttp.ClientSession
    sites: dict[str, int] = dataclasses.field(default_factory=dict)  # site -> records appended by set_up_site
    clients: dict[str, Client] = dataclasses.field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.service.port}"

    @property
    def gateway(self) -> Gateway:
        assert self.service.gateway is not None
        return self.service.gateway

    async def request(self, method: str, path: str, **more: Any) -> Answered:
        async with self.http.request(method, self.url + path, **more) as response:
            raw = await response.read()
            is_json = response.content_type == "application/json"
            return Answered(response.status, await response.json() if is_json else raw, response.headers)

    async def append(self, site_id: str, type_: str, payload: Mapping[str, Any]) -> None:
        """A command by a service, straight on the log."""
        await self.gateway.log.append(COMMANDS, site_id, service_record(site_id, type_, payload))
        self.sites[site_id] = self.sites.get(site_id, 0) + 1

    async def set_up_site(self, site_id: str, *, clock: str = "simulated", code: str = "DEMO") -> None:
        """The site, one area, and one person with an account for every role."""
        payload: dict[str, Any] = {
            "name": NAMES,
            "code": code,
            "zone": "Asia/Shanghai",
            "clock": clock,
            "packs": ["gb30871-2022", "aq3064-2025"],
            "emergency_number": "119",
            "muster_point": NAMES,
        }
        await self.append(site_id, "register_site", payload)
        area = {"area_id": "a1", "name": NAMES, "fire_explosion": True, "bund": False, "enriched_oxygen": False}
        await self.append(site_id, "register_area", area)
        vault = open_vault(self.settings.vault_url)
        for user in USERS:
            sealed = vault.put(f"p-{user}", {"name": {"en": user.title(), "zh-CN": user}, "works_no": user})
            if user != "stranger":
                roles = [user] if user in words.ROLES else []
                person = {"person_id": f"p-{user}", "roles": roles, "trades": [], "unit": "Operations"}
                await self.append(site_id, "register_person", person | {"vault_sha256": sealed})
            self._open_account(user, site_id)
        vault.close()
        assert await self.gateway.reading.reached(site_id, self.sites[site_id], WAIT_S), "the register did not follow"

    def _open_account(self, user: str, site_id: str) -> None:
        accounts = self.gateway.accounts
        try:
            accounts.create(user, f"p-{user}", [site_id], password=PASSWORD, lang="en")
        except AccountExists:
            accounts.allow_sites(user, [*accounts.sites_of(user), site_id])

    async def signed_in(self, user: str, site_id: str = "demo", *, anew: bool = False) -> Client:
        """The user's session, made once: argon2 is dear on purpose. `anew` for one that the test will change."""
        known = self.clients.get(user)
        if anew or known is None or self.gateway.accounts.session_of(known.token) is None:
            token, session = self.gateway.accounts.sign_in(user, PASSWORD)
            known = Client(self, user, token, session.person_id)
            if not anew:
                self.clients[user] = known
        return dataclasses.replace(known, site_id=site_id)


def service_record(site_id: str, type_: str, payload: Mapping[str, Any]) -> bytes:
    client = {
        "command_id": new_id(),
        "type": type_,
        "version": 1,
        "site_id": site_id,
        "actor": SERVICE,
        "lang": "en",
        "payload": dict(payload),
    }
    empty = dict.fromkeys(("age_ms", "act_by", "presence", "session", "authenticated_at"))
    measured = {**empty, "received_at": stamp(datetime.now(UTC)), "signature": {"means": "service"}}
    return canonical({"record": 1, "client": client, "gateway": measured})


@contextlib.asynccontextmanager
async def running(folder: Path, *, deciding: bool = True) -> AsyncIterator[Stack]:
    """Everything started; stopped in the opposite order. Without `deciding` commands wait on the log."""
    settings = settings_of.of_data(folder).with_(port=0)
    settings.keys.mkdir(parents=True, exist_ok=True)
    async with open_log(settings.log_url) as log:
        assert (await log.ensure_topics()).right
    parts: list[Any] = [register.make_worker(settings.log_url, settings.register_url)]
    if deciding:
        parts += decider.build(settings)
    for part in parts:
        if hasattr(part, "open"):
            part.open()
    service = GatewayService(settings)
    started: list[Any] = []
    try:
        for part in (*parts, service):
            await part.start()
            started.append(part)
        async with aiohttp.ClientSession() as http:
            yield Stack(settings, service, http)
    finally:
        for part in reversed(started):
            await part.stop()
