"""The trail of a job: every record about it, refusals too, in words."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.gateway import context
from services.gateway.pages.reasons import about_words
from services.gateway.pages.render import View

PAGE = 200
#: Records read for one page; a job's commands are limited to 10,000, and the whole trail has its own page and API.
RECORDS_MAX = 1_000
SHOWN_ON_JOB = 25


@dataclass(frozen=True)
class Entry:
    site_seq: int
    decided_at: str
    captured: str
    actor: str
    type: str
    refused: bool
    codes: list[str]
    words: str
    late: bool
    presence: str  # how the sender was shown to be on site: code or position; empty: not
    notes: list[str]


async def records(view: View, job_id: str) -> list[dict[str, Any]]:
    """The job's outcomes, newest first. Whose names they need is noted."""
    queries = context.gateway(view.request).reading.queries
    found: list[dict[str, Any]] = []
    while len(found) < RECORDS_MAX:
        after = found[-1]["site_seq"] if found else 0
        batch = await asyncio.to_thread(queries.trail, job_id=job_id, after=after, limit=PAGE)
        found += batch
        if len(batch) < PAGE:
            break
    for record in found:
        view.people.see(record["body"]["client"].get("actor"))
        for event in record["body"]["events"]:
            view.people.see_all(
                str(event["data"][key]) for key in ("person_id", "to") if event["data"].get(key) in view.board.people
            )
    return found[::-1]


async def accepted_since(view: View, job_id: str, seq: int) -> list[dict[str, Any]]:
    """The accepted outcomes about a job after a number of the site, oldest first. Whose names they need is noted."""
    queries = context.gateway(view.request).reading.queries
    found = await asyncio.to_thread(queries.trail, job_id=job_id, after=seq, limit=PAGE)
    accepted = [record for record in found if record["body"]["verdict"] != "refused"]
    view.people.see_all(record["body"]["client"].get("actor") or "" for record in accepted)
    return accepted


def entries(view: View, found: list[dict[str, Any]]) -> list[Entry]:
    return [_entry(view, record) for record in found]


def briefing_contents(found: list[dict[str, Any]], version: int) -> dict[str, Any]:
    """What a briefing said, by language: it stands in the record that gave it, the board keeps its hash."""
    for record in found:
        for event in record["body"]["events"]:
            if event["type"] == "briefing.given" and event["data"].get("version") == version:
                return dict(event["data"].get("contents", {}))
    return {}


def _entry(view: View, record: Mapping[str, Any]) -> Entry:
    body = record["body"]
    captured = body.get("captured")
    refused = body["verdict"] == "refused"
    return Entry(
        site_seq=record["site_seq"],
        decided_at=record["decided_at"],
        captured=captured[0] if captured else "",
        actor=body["client"].get("actor", ""),
        type=body["client"]["type"],
        refused=refused,
        codes=list(dict.fromkeys(one["code"] for one in body["refusals"])),
        words="" if refused else _words(view, body),
        late=bool(body.get("late")),
        presence=(body.get("gateway", {}).get("presence") or {}).get("kind", ""),
        notes=list(body.get("notes", ())),
    )


def _words(view: View, body: Mapping[str, Any]) -> str:
    """What happened: the command, and the one thing that tells it from others of its kind."""
    said, payload = view.said, body["client"].get("payload", {})
    parts = [said.t(f"command.{body['client']['type']}.title")]
    permit = view.board.permits.get(body["client"].get("permit_id") or "")
    if permit is not None:
        parts.append(permit.permit_no)
    for key in ("person_id", "to", "point_id", "instrument_id", "area_id"):
        if payload.get(key):
            parts.append(about_words(view.board, view.people, said, str(payload[key])))
    for reading in payload.get("readings", ())[:4]:
        shown = view.formats.number(reading["value"], reading["unit"])
        parts.append(f"{said.word('gas', reading['gas'])} {said.word('point', reading['point'])} {shown}")
    for key in ("reason", "what", "result", "lessons", "alarp"):
        if isinstance(payload.get(key), Mapping) and payload[key].get("text"):
            parts.append(payload[key]["text"])
    if "cause" in payload:
        parts.append(said.word("cause", payload["cause"]))
    if "node" in payload:
        parts.append(said.word("node", payload["node"]))
    return " · ".join(parts)
