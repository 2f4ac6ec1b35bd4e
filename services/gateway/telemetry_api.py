"""Telemetry in: checked, stamped with the real time at which each thing was so, appended to the topic `telemetry`.

A person's handheld speaks of that person only. Gas values and recorder states come from a device account: an account
whose person has the role `device`, made by the administrator like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from schemas import telemetry as wire
from services.gateway import context, problems
from services.gateway.bodies import checked_body
from services.log.topics import TELEMETRY
from services.seven_steps import roles, site_time
from services.seven_steps.canonical import canonical

SEND_S_MAX = 5.0
RECORD_VERSION = 1
OF_DEVICES = ("gas", "video")


async def receive(request: web.Request) -> web.Response:
    """202: the log has it. Nothing is decided by it, so there is no answer to wait for."""
    received = datetime.now(UTC)
    body = await checked_body(request, wire.Batch)
    gateway, session = context.gateway(request), context.signed_in(request)
    site_id = body["site_id"]
    if site_id not in session.sites:
        raise problems.NotAllowed(message="This account may not use that site.")
    wait_s = gateway.telemetry.wait_s(session.works_no)
    if wait_s:
        raise problems.TooMany(gateway.telemetry.name, wait_s)
    gateway.telemetry.mark(session.works_no)
    held = await context.roles(request, site_id)
    if session.person_id not in (await context.board(request, site_id)).people:
        raise problems.NotAllowed(message="Not registered on this site.")
    if any(body.get(kind) for kind in OF_DEVICES) and roles.DEVICE not in held:
        raise problems.NotAllowed(may=frozenset({roles.DEVICE}))
    items = list(_items(body, session.person_id, received))
    record = canonical({"telemetry": RECORD_VERSION, "site_id": site_id, "from": session.person_id, "items": items})
    try:
        async with asyncio.timeout(SEND_S_MAX):
            await gateway.log.append(TELEMETRY, site_id, record)
    except TimeoutError:
        raise problems.NotServing("log") from None
    return web.json_response({"taken": len(items)}, status=202)


def _items(body: Mapping[str, Any], person_id: str, received: datetime) -> Iterator[dict[str, Any]]:
    """Each with its kind, and `at`: real time, by our clock and the device's monotonic one."""
    for kind, about in (("heartbeats", "heartbeat"), ("positions", "position"), ("gas", "gas"), ("video", "video")):
        for item in body.get(kind, ()):
            at = received - timedelta(milliseconds=item["elapsed_ms"])
            more = {name: value for name, value in item.items() if name != "elapsed_ms"}
            person = {"person_id": person_id} if about in ("heartbeat", "position") else {}
            yield {"kind": about, "at": site_time.stamp(at), **person, **more}


ROUTES = (web.post("/api/telemetry", receive),)
