"""A client of the gateway's HTTP API, as a handheld or another program would be one: signs in, sends, asks again.

An id is made before it is sent and never changed on a retry; 503 and 429 say that nothing was recorded, 202 that the
answer is asked for later (design 8).
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import aiohttp

from services.desk.exits import Fault, broken, not_found, refused
from services.desk.player import Answer
from services.seven_steps.site_time import stamp

ACCEPTED, CREATED, ON_ITS_WAY, SIGNED_OUT, TOO_MANY, NOT_SERVING = 200, 201, 202, 401, 429, 503
REQUEST_S = 10.0  # a client aborts a send after this (design: clocks)
ANSWER_S = 60.0  # how long a 202 or 503 is followed before it is called broken
POLL_S = 0.1
RETRY_AFTER_MAX_S = 10.0


class Api:
    """One connection pool to one gateway; many people may be signed in at once."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http: aiohttp.ClientSession | None = None
        self._tokens: dict[str, str] = {}
        self._signing_in = asyncio.Lock()
        self._page_id = f"desk-{uuid.uuid4()}"

    async def __aenter__(self) -> Self:
        # Tokens, no cookies: many people share this client.
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=REQUEST_S), cookie_jar=aiohttp.DummyCookieJar()
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.close()

    # ---- who ---------------------------------------------------------------------------------------------------

    async def sign_in(self, user: str, password: str) -> Mapping[str, Any]:
        """Sign a person in; their later requests carry the token. Raises Fault 4 for wrong credentials."""
        status, body = await self._patient("POST", "/api/sign-in", {"user": user, "password": password})
        if status != ACCEPTED:
            raise refused(f"sign-in as {user} was refused ({body.get('error', status)})")
        self._tokens[user] = body["token"]
        return body

    async def sign_in_once(self, user: str, password: str) -> None:
        """As sign_in, unless the person is signed in already."""
        async with self._signing_in:
            if user not in self._tokens:
                await self.sign_in(user, password)

    async def re_authenticate(self, user: str, password: str) -> None:
        status, body = await self._patient("POST", "/api/re-authenticate", {"password": password}, user)
        if status != ACCEPTED:
            raise refused(f"{user} could not prove who they are ({body.get('error', status)})")

    @property
    def anyone(self) -> str:
        """Somebody who is signed in, for questions that everybody may ask."""
        return next(iter(self._tokens))

    # ---- asking ------------------------------------------------------------------------------------------------

    async def get(self, path: str, user: str) -> Mapping[str, Any]:
        status, body = await self._patient("GET", path, None, user)
        if status == 404:
            raise not_found(f"{path}: not found")
        if status != ACCEPTED:
            raise broken(f"GET {path} answered {status} {body.get('error', '')}".rstrip())
        return body

    async def get_bytes(self, path: str, user: str) -> bytes:
        async with self._session().get(self.url + path, headers=self._headers(user)) as response:
            if response.status == 404:
                raise not_found(f"{path}: not found")
            if response.status != ACCEPTED:
                raise broken(f"GET {path} answered {response.status}")
            return await response.read()

    async def upload(self, user: str, content: bytes) -> str:
        """Store a document; its SHA-256 as the gateway stored it."""
        deadline = time.monotonic() + ANSWER_S
        while True:
            status, answer, headers = await self._request("POST", "/api/documents", None, user, content)
            if status == CREATED:
                return str(answer["sha256"])
            if status not in (TOO_MANY, NOT_SERVING) or time.monotonic() > deadline:
                raise broken(f"an upload was answered {status} {answer.get('error', '')}".rstrip())
            await asyncio.sleep(_retry_after(headers))

    async def telemetry(self, user: str, batch: Mapping[str, Any]) -> int:
        """How many items were taken; 0 where the gateway wants to be left alone: the next batch says it anew."""
        status, answer, _ = await self._request("POST", "/api/telemetry", batch, user)
        if status in (TOO_MANY, NOT_SERVING):
            return 0
        if status != ON_ITS_WAY:
            raise broken(f"telemetry of {user} was answered {status} {answer.get('error', '')}".rstrip())
        return int(answer["taken"])

    async def ready(self) -> bool:
        """True once the gateway can serve."""
        try:
            async with self._session().get(self.url + "/readyz") as response:
                return response.status == ACCEPTED
        except (aiohttp.ClientError, TimeoutError):
            return False

    # ---- commands ----------------------------------------------------------------------------------------------

    async def command(
        self, user: str, client: Mapping[str, Any], *, elapsed_ms: int = 0, presence: Mapping[str, Any] | None = None
    ) -> Answer:
        """Send the client part of a command and stay with it until there is an answer with a name."""
        tapped = time.monotonic() - elapsed_ms / 1000
        now = stamp(datetime.now(UTC).replace(microsecond=0))
        body = {**client, "captured": {"device_time": now, "page_id": self._page_id}}
        if presence is not None:
            body["presence"] = dict(presence)
        deadline = time.monotonic() + ANSWER_S
        while True:
            body["elapsed_ms"] = round((time.monotonic() - tapped) * 1000)
            status, answer, headers = await self._request("POST", "/api/commands", body, user)
            if status == ON_ITS_WAY:
                return await self._follow(user, answer["command_id"], deadline)
            if status not in (TOO_MANY, NOT_SERVING) or time.monotonic() > deadline:
                return Answer(status, answer)
            await asyncio.sleep(_retry_after(headers))

    async def _follow(self, user: str, command_id: str, deadline: float) -> Answer:
        while time.monotonic() < deadline:
            await asyncio.sleep(POLL_S)
            status, answer, _ = await self._request("GET", f"/api/commands/{command_id}", None, user)
            if status not in (ON_ITS_WAY, NOT_SERVING):
                return Answer(status, answer)
        raise broken(f"no answer to command {command_id} after {ANSWER_S:g} s")

    # ---- inside ------------------------------------------------------------------------------------------------

    async def _patient(
        self, method: str, path: str, body: Mapping[str, Any] | None, user: str = ""
    ) -> tuple[int, Mapping[str, Any]]:
        deadline = time.monotonic() + ANSWER_S
        while True:
            status, answer, headers = await self._request(method, path, body, user)
            if status not in (TOO_MANY, NOT_SERVING) or time.monotonic() > deadline:
                return status, answer
            await asyncio.sleep(_retry_after(headers))

    async def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None, user: str, content: bytes | None = None
    ) -> tuple[int, Mapping[str, Any], Mapping[str, str]]:
        try:
            async with self._session().request(
                method, self.url + path, json=body, data=content, headers=self._headers(user)
            ) as response:
                answer = await response.json(content_type=None)
                return response.status, answer if isinstance(answer, dict) else {"answer": answer}, response.headers
        except aiohttp.ClientConnectorError as problem:
            raise broken(f"nothing answers at {self.url} ({problem.os_error or problem})") from problem
        except (aiohttp.ClientError, ValueError) as problem:
            raise broken(f"{method} {path}: {type(problem).__name__}: {problem}") from problem

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise Fault(1, "the client is not open")
        return self._http

    def _headers(self, user: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._tokens[user]}"} if user in self._tokens else {}


def _retry_after(headers: Mapping[str, str]) -> float:
    try:
        return min(max(float(headers.get("Retry-After", "0.5")), POLL_S), RETRY_AFTER_MAX_S)
    except ValueError:
        return RETRY_AFTER_MAX_S
