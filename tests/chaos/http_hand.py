"""A person's handheld against the real gateway: never gives up, keeps the id, writes down what it was told.

The record of taps is written before the first send and after each answer, so that the checker can compare what people
were told with what the log says, whatever died in between.
"""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp

from tests.chaos.cast import LAT, LON, PEOPLE, Cast, stamp
from tests.chaos.told import Recorder
from tests.chaos.walks import Answer, WalkBroke

REQUEST_S = 10.0  # a client aborts a send after this and measures again
GIVE_UP_S = 180.0  # no answer with a name for so long: the system is not back in service
POLL_S, POLL_MAX_S, RETRY_S, RETRY_MAX_S = 0.1, 0.5, 0.25, 2.0
FOLLOW_S = 8.0  # after 202: ask so long, then send the same command again
PROVE_AGAIN_S = 480.0  # the password again before it is 15 minutes old
ASK_AGAIN, OTHER_BODY = 0.05, 0.02  # how often a decided command is sent again, and with another body
PASSWORD = "chaos-Password-7"


@dataclass
class Gateway:
    """The HTTP side of all people of all sites: one connection pool, one session a person."""

    url: str
    recorder: Recorder
    luck: random.Random
    look_again: bool = True  # now and then send a decided command again, or another body under its id
    #: site -> when (monotonic) the latest tap was made that has been answered from the log
    decided: dict[str, float] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    taps: int = 0

    async def __aenter__(self) -> Gateway:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=REQUEST_S))
        self._tokens: dict[str, tuple[str, float]] = {}
        self._signing_in: dict[str, asyncio.Lock] = {name: asyncio.Lock() for name in PEOPLE}
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def ready(self) -> bool:
        try:
            async with self._http.get(f"{self.url}/readyz") as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def send(self, who: str, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """One attempt. Raises ConnectionError where no answer came."""
        token = await self._token(who)
        headers = {"Authorization": f"Bearer {token}"}
        try:
            async with self._http.request(method, self.url + path, json=body, headers=headers) as response:
                answer = await response.json(content_type=None)
                self.statuses[str(response.status)] += 1
                if response.status == 401:
                    self._tokens.pop(who, None)
                return response.status, answer if isinstance(answer, dict) else {}
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            self.statuses["none"] += 1
            raise ConnectionError(type(error).__name__) from error

    async def _token(self, who: str) -> str:
        async with self._signing_in[who]:
            token, since = self._tokens.get(who, ("", 0.0))
            if token and time.monotonic() - since < PROVE_AGAIN_S:
                return token
            body = {"user": who, "password": PASSWORD}
            deadline = time.monotonic() + GIVE_UP_S
            while time.monotonic() < deadline:
                try:
                    async with self._http.post(f"{self.url}/api/sign-in", json=body) as response:
                        if response.status == 200:
                            self._tokens[who] = ((await response.json())["token"], time.monotonic())
                            return self._tokens[who][0]
                except (aiohttp.ClientError, TimeoutError, OSError):
                    pass
                await asyncio.sleep(RETRY_S)
        raise WalkBroke(f"{who} cannot sign in")


@dataclass
class HttpHand:
    """The people of one site."""

    gateway: Gateway
    cast: Cast

    async def tap(
        self,
        who: str,
        type_: str,
        payload: dict[str, Any],
        *,
        job_id: str | None = None,
        permit_id: str | None = None,
        on_site: bool = False,
    ) -> Answer:
        gateway = self.gateway
        body: dict[str, Any] = {
            "command_id": str(uuid.UUID(int=gateway.luck.getrandbits(128), version=4)),
            "type": type_,
            "version": 1,
            "site_id": self.cast.site_id,
            "lang": "en",
            "payload": payload,
            "captured": {"device_time": stamp(_now()), "page_id": f"page-{who}"},
        }
        body |= {key: value for key, value in (("job_id", job_id), ("permit_id", permit_id)) if value is not None}
        gateway.taps += 1
        gateway.recorder.write(event="tapped", at=stamp(_now()), command_id=body["command_id"], body=body)
        began = time.monotonic()
        answer = await self._until_told(who, body, on_site)
        gateway.latencies.append(time.monotonic() - began)
        if "site_seq" in answer.body:
            gateway.decided[self.cast.site_id] = max(began, gateway.decided.get(self.cast.site_id, 0.0))
            await self._look_again(who, body, on_site)
        return answer

    async def open_alarms(self, who: str, job_id: str) -> list[str]:
        deadline = time.monotonic() + GIVE_UP_S
        while time.monotonic() < deadline:
            try:
                status, job = await self.gateway.send(who, "GET", f"/api/jobs/{job_id}")
                if status == 200:
                    return [alarm["alarm_id"] for alarm in job["alarms"] if not alarm.get("closed")]
            except ConnectionError:
                pass
            await asyncio.sleep(RETRY_S)
        raise WalkBroke(f"job {job_id} cannot be read")

    async def _until_told(self, who: str, body: dict[str, Any], on_site: bool) -> Answer:
        """Send and ask until there is an answer with a name; the same id all the time."""
        began, pause = time.monotonic(), RETRY_S
        while time.monotonic() - began < GIVE_UP_S:
            answer = await self._attempt(who, body, on_site, began)
            if answer is not None and answer.status == 202:
                answer = await self._follow(who, body["command_id"])
            if answer is not None and answer.status in (200, 409, 403, 422, 413):
                return answer
            await asyncio.sleep(pause)
            pause = min(RETRY_MAX_S, pause * 1.5)
        raise WalkBroke(f"{body['type']} {body['command_id']}: no answer for {GIVE_UP_S:g} s")

    async def _attempt(self, who: str, body: dict[str, Any], on_site: bool, began: float) -> Answer | None:
        sent = body | {"elapsed_ms": round((time.monotonic() - began) * 1000)}
        if on_site:
            sent["presence"] = {"lat": LAT, "lon": LON, "accuracy_m": "5", "at": stamp(_now())}
        return await self._once(who, body["command_id"], "POST", "/api/commands", sent)

    async def _follow(self, who: str, command_id: str) -> Answer | None:
        deadline, pause = time.monotonic() + FOLLOW_S, POLL_S
        while time.monotonic() < deadline:
            await asyncio.sleep(pause)
            pause = min(POLL_MAX_S, pause * 1.5)
            answer = await self._once(who, command_id, "GET", f"/api/commands/{command_id}", None)
            if answer is not None and answer.status != 202:
                return answer
        return None

    async def _once(self, who: str, command_id: str, method: str, path: str, body: Any) -> Answer | None:
        record = self.gateway.recorder.write
        try:
            status, answer = await self.gateway.send(who, method, path, body)
        except ConnectionError as error:
            record(event="unknown", at=stamp(_now()), command_id=command_id, why=str(error))
            return None
        if status != 202:
            record(event="told", at=stamp(_now()), command_id=command_id, status=status, answer=answer)
        return Answer(status, answer)

    async def _look_again(self, who: str, body: dict[str, Any], on_site: bool) -> None:
        """As an impatient person or a bad network: the same command once more, or another one under its id."""
        luck = self.gateway.luck.random() if self.gateway.look_again else 1.0
        if luck < ASK_AGAIN:
            await self._until_told(who, body, on_site)
        elif luck < ASK_AGAIN + OTHER_BODY:
            other = body | {"lang": "zh-CN", "elapsed_ms": 0}
            try:
                status, answer = await self.gateway.send(who, "POST", "/api/commands", other)
            except ConnectionError:
                return
            if status in (200, 403) or (status == 409 and "command_id_reused" not in answer.get("codes", ())):
                raise WalkBroke(f"{body['type']}: another body under the same id was answered {status} {answer}")


def _now() -> datetime:
    return datetime.now(UTC)
