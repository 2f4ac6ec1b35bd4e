"""Reading: sites, boards, jobs, tickets, trails, PDFs, search, and the guardian's presence code.

A job or ticket of a site that the session may not use answers as one that does not exist.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from schemas import words
from schemas.fields import DAY_PATTERN, UUID_PATTERN
from services.gateway import context, presence, problems
from services.gateway.documents_api import send_document
from services.register.search import Filters
from services.rulebook import rulebook
from services.seven_steps.board import Board
from services.seven_steps.ending import ending_soon

SEARCH_LIMIT_MAX = 200
TRAIL_LIMIT_MAX = 500
PAGE_DEFAULT = 100
OFFSET_MAX = 100_000
QUERY_CHARS_MAX = 200

Row = dict[str, Any]


async def sites(request: web.Request) -> web.Response:
    """The session's sites, with their names and where their chains stand."""
    session = context.signed_in(request)
    told = [await _site(request, site_id) for site_id in session.sites]
    return web.json_response({"sites": told})


async def _site(request: web.Request, site_id: str) -> Row:
    gateway = context.gateway(request)
    board, row = await context.board(request, site_id), await gateway.reading.site(site_id)
    known = board.site
    return {
        "site_id": site_id,
        "name": dict(known.name) if known else {},
        "code": known.code if known else None,
        "zone": known.zone if known else None,
        "simulated": context.is_simulated(board),
        "emergency_number": known.emergency_number if known else None,
        "site_seq": row["site_seq"] if row else 0,
        "head": row["head"] if row else None,
        "decided_at": row["decided_at"] if row else None,
        "halted": bool(row and row["halted_reason"]),
    }


async def board(request: web.Request) -> web.Response:
    """Areas, live jobs and tickets, open alarms, emergencies and who is inside."""
    gateway, site_id = context.gateway(request), context.site_id(request)
    view = await gateway.reading.board_view(site_id, _filters(request))
    if view is None:
        raise problems.NotFound("site")
    of_site = await context.board(request, site_id)
    alarms = await gateway.reading.alarms(site_id)
    inside = _inside(of_site)
    people = [row[part] for row in view["jobs"] for part in ("applicant", "work_lead")]
    people += [row["person_id"] for row in inside]
    return web.json_response(
        {
            **view,
            "site": await _site(request, site_id),
            "jobs": [_plain(row) for row in view["jobs"]],
            "permits": [_plain(row) for row in view["permits"]],
            "alarms": alarms,
            "emergencies": [_emergency(of_site, area_id) for area_id in of_site.emergencies],
            "inside": inside,
            "names": await _names(request, people),
        }
    )


async def ending(request: web.Request) -> web.Response:
    """Certificates, calibrations, delegations and reviews that end soon, or ended a short while ago; first to last."""
    of_site = await context.board(request)
    now = of_site.decided_at if context.is_simulated(of_site) and of_site.decided_at else datetime.now(UTC)
    found = ending_soon(of_site, now, rulebook(of_site.site.packs) if of_site.site else rulebook())
    names = await _names(request, (one.about for one in found if one.about in of_site.people))
    return web.json_response({"ending": [asdict(one) for one in found], "names": names})


def _inside(of_site: Board) -> list[Row]:
    return [
        {"permit_id": permit.permit_id, "permit_no": permit.permit_no, "person_id": person_id}
        for permit in of_site.permits.values()
        for person_id in permit.inside
    ]


def _emergency(of_site: Board, area_id: str) -> Row:
    """`inside`: where an emergency is declared, who is in there comes first."""
    declared = of_site.emergencies[area_id]
    here = [row for row in _inside(of_site) if area_id in ("", of_site.permits[row["permit_id"]].area_id)]
    return {"area_id": area_id or None, "reason": declared.reason, "by": declared.declared_by, "inside": here}


async def job(request: web.Request) -> web.Response:
    found = await _job(request, _uuid(request.match_info["job_id"], "job"))
    whole = found["job"]
    people = {whole["applicant"], whole["work_lead"]}
    people |= {person_id for permit in found["permits"] for person_id in (*permit["crew"], *permit["inside"])}
    return web.json_response({**found, "names": await _names(request, people)})


async def permit(request: web.Request) -> web.Response:
    row = await _permit_row(request)
    found = await _job(request, row["job_id"])
    whole = next(each for each in found["permits"] if each["permit_id"] == row["permit_id"])
    people = {*whole["crew"], *whole["inside"], *whole["guardians_on"]}
    told = {"row": row, "permit": whole, "job": found["row"], "site_id": found["site_id"]}
    return web.json_response({**told, "names": await _names(request, people)})


async def trail(request: web.Request) -> web.Response:
    """Records in the order of the chain; `next_after` asks for the page behind, null at the end."""
    row = await _permit_row(request)
    after = _number(request, "after", 0, 2**53 - 1, 0)
    limit = _number(request, "limit", 1, TRAIL_LIMIT_MAX, PAGE_DEFAULT)
    records = await context.gateway(request).reading.trail(row["permit_id"], after, limit)
    people = {record["actor"] for record in records}
    return web.json_response(
        {
            "permit_no": row["permit_no"],
            "records": records,
            "next_after": records[-1]["site_seq"] if len(records) == limit else None,
            "names": await _names(request, people),
        }
    )


async def permit_pdf(request: web.Request) -> web.StreamResponse:
    """The newest sealed PDF of that kind: of this ticket, or (closure) of its job."""
    kind = request.query.get("kind", "permit")
    if kind not in words.SEAL_KINDS:
        raise problems.MalformedRequest({"kind": ["One of: " + ", ".join(words.SEAL_KINDS) + "."]})
    row = await _permit_row(request)
    found = await _job(request, row["job_id"])
    mine = (row["permit_id"], None)
    sealed = [d for d in found["documents"] if d["accepted"] and d["kind"] == kind and d["permit_id"] in mine]
    if not sealed:
        raise problems.NotFound("document")
    newest = max(sealed, key=lambda document: document["site_seq"])
    return await send_document(request, newest["sha256"], f"{row['permit_no']}-{kind}")


async def search(request: web.Request) -> web.Response:
    session = context.signed_in(request)
    asked = request.query.get("site_id")
    if asked and asked not in session.sites:
        raise problems.NotFound("site")
    limit = _number(request, "limit", 1, SEARCH_LIMIT_MAX, PAGE_DEFAULT)
    offset = _number(request, "offset", 0, OFFSET_MAX, 0)
    within = [asked] if asked else list(session.sites)
    found = await context.gateway(request).reading.search(within, _filters(request), limit, offset)
    people = [row[part] for row in found["jobs"] for part in ("applicant", "work_lead")]
    return web.json_response({**found, "names": await _names(request, people)})


async def presence_code(request: web.Request) -> web.Response:
    """The digits for the approver to type: shown only to a guardian named on the ticket who is on duty there."""
    gateway, session = context.gateway(request), context.signed_in(request)
    permit_id = _uuid(request.query.get("permit_id", ""), "permit")
    for site_id in session.sites:
        of_site = await context.board(request, site_id)
        ticket = of_site.permits.get(permit_id)
        if ticket is None:
            continue
        member = ticket.crew.get(session.person_id)
        if member is None or member.role != "guardian" or session.person_id not in ticket.guardians_on:
            raise problems.NotAllowed(may=["guardian"], message="Only the ticket's guardian on duty.")
        now = datetime.now(UTC)
        key = await asyncio.to_thread(gateway.site_keys.of, site_id)
        shown = presence.code(key, permit_id, session.person_id, now)
        told = {"permit_id": permit_id, "code": shown, "seconds_left": presence.seconds_left(now)}
        return web.json_response(told)
    raise problems.NotFound("permit")


# ---- shared --------------------------------------------------------------------------------------------------------


async def _job(request: web.Request, job_id: str) -> Row:
    found = await context.gateway(request).reading.job(job_id)
    if found is None or found["site_id"] not in context.signed_in(request).sites:
        raise problems.NotFound("job")
    return found


async def _permit_row(request: web.Request) -> Row:
    row = await context.gateway(request).reading.permit_by_no(_query(request.match_info["permit_no"], "permit_no"))
    if row is None or row["site_id"] not in context.signed_in(request).sites:
        raise problems.NotFound("permit")
    return row


async def _names(request: web.Request, people: Iterable[str]) -> dict[str, str]:
    return dict(await context.names(request, sorted({person for person in people if person})))


def _plain(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "json"}


def _filters(request: web.Request) -> Filters:
    asked = {name: _query(value, name) for name, value in request.query.items() if value}
    day = asked.get("day")
    for name in ("day", "day_from", "day_to"):
        if name in asked and not _fits(DAY_PATTERN, asked[name]):
            raise problems.MalformedRequest({name: ["A day as 2026-11-22."]})
    return Filters(
        number=asked.get("number"),
        words=asked.get("q"),
        person_id=asked.get("person_id"),
        area_id=asked.get("area_id"),
        equipment_tag=asked.get("equipment_tag"),
        day_from=asked.get("day_from", day),
        day_to=asked.get("day_to", day),
        type=asked.get("type"),
        level=asked.get("level"),
        state=asked.get("state"),
    )


def _query(value: str, name: str) -> str:
    """A text of the address: bounded, and nothing a database would choke on."""
    bad = any(char < " " or "\ud800" <= char <= "\udfff" for char in value)
    if len(value) > QUERY_CHARS_MAX or bad:
        raise problems.MalformedRequest({name: [f"At most {QUERY_CHARS_MAX} characters, none of them control."]})
    return value


def _number(request: web.Request, name: str, low: int, high: int, default: int) -> int:
    given = request.query.get(name)
    if given is None:
        return default
    if not given.isascii() or not given.isdigit() or len(given) > 16 or not low <= int(given) <= high:
        raise problems.MalformedRequest({name: [f"A whole number from {low} to {high}."]})
    return int(given)


def _uuid(value: str, what: str) -> str:
    if not _fits(UUID_PATTERN, value):
        raise problems.NotFound(what)
    return value


def _fits(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern.removeprefix("^").removesuffix("$"), value) is not None


ROUTES = (
    web.get("/api/sites", sites),
    web.get("/api/sites/{site_id}/board", board),
    web.get("/api/sites/{site_id}/ending", ending),
    web.get("/api/jobs/{job_id}", job),
    web.get("/api/permits/{permit_no}", permit),
    web.get("/api/permits/{permit_no}/trail", trail),
    web.get("/api/permits/{permit_no}/permit.pdf", permit_pdf),
    web.get("/api/presence-code", presence_code),
    web.get("/api/search", search),
)
