"""A ticket that waits for its issue: the demo's short day, played up to there, on days that are still to come."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.desk import scenario
from services.desk.client import Api
from services.desk.http_stage import HttpStage
from services.desk.player import Player
from tests.browser.hand import Demo

#: Where the ticket's area lies: within it an approver is on site.
AT_THE_PLACE = {"latitude": 30.918910, "longitude": 121.470410, "accuracy": 6}
ZONE = "Asia/Shanghai"


@dataclasses.dataclass(frozen=True)
class Prepared:
    job_id: str
    permit_id: str
    permit_no: str


def surveyed(demo: Demo, now: str) -> Prepared:
    """A surveyed general ticket whose other lines are signed. now: the site's clock (UTC); it is moved on by it."""
    found: list[Prepared] = []
    # a thread of its own: the browser's driver has this thread's loop
    thread = threading.Thread(target=lambda: found.append(asyncio.run(_played(demo, now))))
    thread.start()
    thread.join()
    return found[0]


def _later(value: Any, by: timedelta) -> Any:
    """The same, with every local time and day moved on."""
    if isinstance(value, Mapping):
        return {key: _later(inner, by) for key, inner in value.items()}
    if isinstance(value, list):
        return [_later(inner, by) for inner in value]
    if isinstance(value, str) and value.startswith("2026-10-"):
        day = date.fromisoformat(value[:10]) + by
        return day.isoformat() + value[10:]
    return value


async def _played(demo: Demo, now: str) -> Prepared:
    short = scenario.read("short")
    today = datetime.fromisoformat(now.replace("Z", "+00:00")).astimezone(ZoneInfo(ZONE)).date()
    by = today + timedelta(days=1) - date.fromisoformat(short.starts_at[:10])
    issue = next(index for index, step in enumerate(short.steps) if step.does == "issue")
    steps = tuple(
        dataclasses.replace(step, payload=_later(step.payload, by), at=_later(step.at, by))
        for step in short.steps[:issue]
    )
    script = dataclasses.replace(short, steps=steps)
    async with Api(demo.url) as api:
        people = {}
        for works_no in {*script.people, *_named(steps)}:
            people[works_no] = str((await api.sign_in(works_no, demo.password))["person_id"])
        names = scenario.Names(demo.site, ZONE, people, script)
        played = await Player(script, names, HttpStage(api, demo.site, demo.password)).play()
    permit_id = names.permit_id("general") or ""
    return Prepared(names.job_id("general") or "", permit_id, played.numbers[permit_id])


def _named(value: Any) -> set[str]:
    """Works numbers that payloads name."""
    if isinstance(value, Mapping):
        return {one for inner in value.values() for one in _named(inner)}
    if isinstance(value, (list, tuple)):
        return {one for inner in value for one in _named(inner.payload if isinstance(inner, scenario.Step) else inner)}
    return {value.removeprefix("person:")} if isinstance(value, str) and value.startswith("person:") else set()
