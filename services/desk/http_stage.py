"""The HTTP API as a stage for scenarios: everybody signs in with the demo's password when first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from services.desk import signal_script
from services.desk.client import Api
from services.desk.player import Answer, Proof, Seen
from services.desk.simulate import Simulator
from services.seven_steps.site_time import stamp

LOOK_S = 1.0


class HttpStage:
    """`async with`: leaving it stops the devices that play."""

    def __init__(self, api: Api, site_id: str, password: str) -> None:
        self.api, self.site_id, self._password = api, site_id, password
        self._devices: Simulator | None = None
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def send(
        self, who: str, body: Mapping[str, Any], *, elapsed_ms: int = 0, proof: Proof | None = None
    ) -> Answer:
        await self.api.sign_in_once(who, self._password)
        presence = await self._presence(proof) if proof is not None else None
        return await self.api.command(who, body, elapsed_ms=elapsed_ms, presence=presence)

    async def upload(self, who: str, content: bytes) -> None:
        await self.api.sign_in_once(who, self._password)
        await self.api.upload(who, content)

    async def open_alarms(self, job_id: str) -> list[str]:
        job = await self.api.get(f"/api/jobs/{job_id}", self.api.anyone)
        return [alarm["alarm_id"] for alarm in job["alarms"] if alarm["state"] != "closed"]

    async def _presence(self, proof: Proof) -> dict[str, Any]:
        if proof.position is not None:
            return {**proof.position, "at": stamp(datetime.now(UTC).replace(microsecond=0))}
        await self.api.sign_in_once(proof.guardian, self._password)
        shown = await self.api.get(f"/api/presence-code?permit_id={proof.permit_id}", proof.guardian)
        return {"code": shown["code"]}

    # ---- devices -----------------------------------------------------------------------------------------------

    async def show(self, scene: str, tickets: Mapping[str, str]) -> None:
        if self._devices is None:
            script = signal_script.demo_script()
            for who in script.accounts:
                await self.api.sign_in_once(who, self._password)
            self._devices = await self._open.enter_async_context(Simulator(self.api, script, self.site_id, tickets))
        self._devices.show(scene)

    async def look(self, job_id: str, permit_id: str) -> Seen:
        job = await self.api.get(f"/api/jobs/{job_id}", self.api.anyone)
        permit = next(one for one in job["permits"] if one["permit_id"] == permit_id)
        causes = {one["cause"] for one in permit["suspensions"].values() if one["cleared"] is None}
        alarms = {alarm["code"] for alarm in job["alarms"] if alarm["permit_id"] == permit_id}
        signals = {name: signal["state"] for name, signal in permit["signals"].items()}
        return Seen(frozenset(causes), frozenset(alarms), signals)

    async def wait(self) -> None:
        if self._devices is not None:
            self._devices.check()
        await asyncio.sleep(LOOK_S)
