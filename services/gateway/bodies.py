"""Reading the body of a request: JSON of our subset, bounded in size, depth and time."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from marshmallow import Schema

from schemas.errors import flattened
from schemas.fields import errors_of
from schemas.plain_json import Malformed, parse_object
from services.gateway import problems

JSON_TYPE = "application/json"
BODY_SECONDS_MAX = 30


async def json_body(request: web.Request) -> dict[str, Any]:
    """Raises WrongMediaType, MalformedRequest, and aiohttp's 413 beyond the application's limit."""
    if request.content_type != JSON_TYPE:
        raise problems.WrongMediaType([JSON_TYPE])
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            raw = await request.read()
    except TimeoutError:
        raise problems.SlowBody() from None
    try:
        return parse_object(raw)
    except Malformed as wrong:
        raise problems.MalformedRequest(wrong.fields) from None


async def checked_body(request: web.Request, schema: type[Schema]) -> dict[str, Any]:
    """The body if it fits the schema, as it came. Raises MalformedRequest with every wrong path."""
    body = await json_body(request)
    wrong = flattened(errors_of(schema, body))
    if wrong:
        raise problems.MalformedRequest(wrong)
    return body
