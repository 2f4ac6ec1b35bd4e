"""/healthz (the process answers), /readyz (it can serve), /metrics (Prometheus), /api/openapi.json."""

from __future__ import annotations

import asyncio
import logging
from functools import cache
from importlib.resources import files

from aiohttp import web

from services.gateway import context
from services.gateway.metrics import CONTENT_TYPE
from services.gateway.reading import Gauges

CHECK_SECONDS_MAX = 2.0

log = logging.getLogger(__name__)


async def healthz(_: web.Request) -> web.Response:
    return web.json_response({"ok": True})


async def readyz(request: web.Request) -> web.Response:
    """Ready when the doorbell hears the log and the register answers; else 503 with what does not."""
    gateway = context.gateway(request)
    checks = {"log": gateway.doorbell.listening.is_set(), "register": await _answers(request)}
    ready = all(checks.values())
    return web.json_response({"ready": ready, **checks}, status=200 if ready else 503)


async def _answers(request: web.Request) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS_MAX):
            await context.gateway(request).reading.sites()
    except Exception:
        log.exception("the register does not answer")
        return False
    return True


async def metrics(request: web.Request) -> web.Response:
    gateway = context.gateway(request)
    kept = await asyncio.to_thread(gateway.kept_stops.all)
    gauges: Gauges = {
        "doorbell_lag_records": [({}, float(await gateway.doorbell.lag()))],
        "event_streams": [({}, float(gateway.hub.streams))],
        "kept_stops": [({}, float(len(kept)))],
        **await gateway.reading.gauges(),
    }
    page = gateway.metrics.render(gauges)
    return web.Response(body=page.encode(), headers={"Content-Type": CONTENT_TYPE})


async def openapi(_: web.Request) -> web.Response:
    return web.Response(body=_openapi(), content_type="application/json")


@cache
def _openapi() -> bytes:
    return files("schemas").joinpath("openapi.json").read_bytes()


ROUTES = (
    web.get("/healthz", healthz),
    web.get("/readyz", readyz),
    web.get("/metrics", metrics),
    web.get("/api/openapi.json", openapi),
)
