"""POST /api/commands and GET /api/commands/{command_id}."""

from __future__ import annotations

import re

from aiohttp import web

from schemas.fields import UUID_PATTERN
from services.gateway import context, problems
from services.gateway.answers import answer_of
from services.gateway.bodies import json_body

UUID = UUID_PATTERN.strip("^$")


async def post_command(request: web.Request) -> web.Response:
    answer = await context.submit(request, await json_body(request))
    return web.json_response(dict(answer.body), status=answer.status, headers=dict(answer.headers))


async def get_command(request: web.Request) -> web.Response:
    """The answer of a command of the session's sites: what its sender was told; 202 while it is on its way."""
    gateway, session = context.gateway(request), context.signed_in(request)
    command_id = request.match_info["command_id"]
    if not re.fullmatch(UUID, command_id):
        raise problems.NotFound("command")
    decided = await gateway.reading.answer(command_id)
    if decided is not None and decided.site_id in session.sites:
        answer = answer_of(decided)
        return web.json_response(dict(answer.body), status=answer.status, headers=dict(answer.headers))
    if gateway.pending.site_of(command_id) in session.sites:
        return web.json_response({"command_id": command_id, "where": request.path}, status=202)
    raise problems.NotFound("command")


ROUTES = (
    web.post("/api/commands", post_command),
    web.get("/api/commands/{command_id}", get_command),
)
