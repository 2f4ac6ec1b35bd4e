"""`sevengates simulate`: plays detectors, a recorder and a handheld of a script against a running gateway.

Whatever it says goes the way of a real device: POST /api/telemetry under the device's own account, then the watcher.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from services.desk import exits, signal_script, speak
from services.desk.client import Api
from services.desk.commands_site import password_of
from services.desk.exits import not_found, usage
from services.desk.signal_script import Script
from services.settings import Settings

#: Seconds between two batches of one account (AQ 3064.3-2025 7.1: at least 30 a minute).
EVERY_S = 1.0
#: Nobody's devices are played for longer than this by one call.
SECONDS_MAX = 3600.0


class Simulator:
    """`async with Simulator(…) as devices: devices.show("gas rises")`: they send until left, at most `seconds`."""

    def __init__(
        self, api: Api, script: Script, site_id: str, tickets: Mapping[str, str], seconds: float = SECONDS_MAX
    ) -> None:
        self.api, self.script, self.site_id, self.tickets = api, script.of(tickets), site_id, tickets
        self.seconds = min(seconds, SECONDS_MAX)
        self.sent = 0
        self._scene, self._since = "", time.monotonic()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def show(self, scene: str) -> None:
        """From now on, until the next: the devices follow this scene from its first second."""
        self.script.changes(scene)
        self._scene, self._since = scene, time.monotonic()
        if self._task is None:
            self._task = asyncio.create_task(self._play())

    def check(self) -> None:
        """Raises whatever ended the sending before its time."""
        if self._task is not None and self._task.done() and not self._task.cancelled():
            self._task.result()

    async def _play(self) -> None:
        until = time.monotonic() + self.seconds
        while (begun := time.monotonic()) < until:
            second = Decimal(str(round(begun - self._since, 3)))
            due = signal_script.batches(self.script, self._scene, second, self.site_id, self.tickets)
            taken = await asyncio.gather(*(self.api.telemetry(who, batch) for who, batch in due.items()))
            self.sent += sum(taken)
            await asyncio.sleep(max(0.0, EVERY_S - (time.monotonic() - begun)))


# ---- the command ---------------------------------------------------------------------------------------------------


def run_simulate(args: argparse.Namespace, settings: Settings) -> int:
    script = _script(args.script)
    numbers = dict(_pair(text) for text in args.ticket)
    for scene in args.scene:
        script.changes(scene)
    sent = asyncio.run(_simulate(args, settings, script, numbers))
    if args.json:
        speak.data({"site": args.site, "scenes": args.scene, "items": sent})
    else:
        speak.say(f"{sent} items were sent")
    return exits.OK


def _script(path: Path | None) -> Script:
    if path is None:
        return signal_script.demo_script()
    try:
        return signal_script.read(path.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise usage(f"{path}: {problem}") from problem


def _pair(text: str) -> tuple[str, str]:
    name, sign, number = text.partition("=")
    if not (name and sign and number):
        raise usage(f"--ticket {text}: as NAME=NUMBER, with the name that the script gives the ticket")
    return name, number


async def _simulate(args: argparse.Namespace, settings: Settings, script: Script, numbers: Mapping[str, str]) -> int:
    present = script.of(numbers)
    if not present.devices:
        raise usage("no device of the script is about these tickets")
    password = password_of("the devices")
    async with Api(args.url or settings.url) as api:
        for who in present.accounts:
            await api.sign_in(who, password)
        tickets = await _tickets(api, args.site, numbers)
        async with Simulator(api, script, args.site, tickets, args.seconds * len(args.scene)) as devices:
            for scene in args.scene:
                speak.say(f"{scene}, for {args.seconds:g} s")
                devices.show(scene)
                await asyncio.sleep(args.seconds)
                devices.check()
            return devices.sent


async def _tickets(api: Api, site_id: str, numbers: Mapping[str, str]) -> dict[str, str]:
    board: Mapping[str, Any] = await api.get(f"/api/sites/{site_id}/board", api.anyone)
    ids = {row["permit_no"]: row["permit_id"] for row in board["permits"]}
    for number in numbers.values():
        if number not in ids:
            raise not_found(f"there is no live ticket {number} on {site_id}")
    return {name: ids[number] for name, number in numbers.items()}
