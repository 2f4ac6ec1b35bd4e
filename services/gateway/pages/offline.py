"""What a device needs to work without a network: the service worker, the manifest, the list of what waits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache

from aiohttp import web

from services.gateway import context
from services.gateway.pages import acts
from services.gateway.pages.render import View, page, texts_for_scripts, url, view_of
from services.gateway.pages.render import safe_next as safe
from services.gateway.roles import may_send
from services.gateway.static_files import ON_DEMAND, content, names, static_url
from services.gateway.texts import texts
from services.seven_steps.board_ticket import Permit

OFFLINE_PAGE = "/offline"
#: Records that a person at the place makes and that are true whenever they arrive (design 6: offline may record).
MAY_WAIT = frozenset(
    {"acknowledge_briefing", "confirm_measures", "record_gas_test", "record_bump_test", "record_wind"}
    | {"check_equipment", "guardian_on", "guardian_off", "leave", "record_found_inside", "interrupt", "suspend"}
    | {"record_check", "record_restoration", "end_fire_watch", "record_concern", "record_monitor"}
)
#: Of these, the forms fetched ahead for each ticket of a person.
AHEAD = ("acknowledge_briefing", "confirm_measures", "record_gas_test", "record_check", "interrupt", "leave")
AHEAD_MAX = 48  # below what the service worker keeps
THEME_COLOUR = "#0A4488"


def needed_ahead(view: View, tickets: Sequence[Permit]) -> list[str]:
    """Addresses that a person will need at the place without a network: their list, STOP, and the forms of their
    tickets that may wait. The most urgent first; a device keeps PAGES_MAX of sw.js."""
    site = view.site_id
    found = [url("sites", site, one) for one in ("today", "outbox", "stop", "board")]
    for ticket in tickets:
        job = view.board.jobs[ticket.job_id]
        found += [url("sites", site, "jobs", ticket.job_id), url("sites", site, "permits", ticket.permit_no)]
        # by the very address that the links have: what is kept under another is not found
        found += [acts.form_url(view, one, job, ticket) for one in AHEAD if may_send(one, view.roles, view.board)]
    return list(dict.fromkeys(found))[:AHEAD_MAX]


@cache
def _worker() -> str:
    """sw.js with the files of this release in front: another content is another release."""
    files = [static_url(name) for name in names() if name != "sw.js" and name not in ON_DEMAND]
    script = content("sw.js").decode()
    release = hashlib.sha256(json.dumps([files, script]).encode()).hexdigest()[:16]
    known = {"RELEASE": release, "FILES": files, "OFFLINE_PAGE": OFFLINE_PAGE}
    return "".join(f"const {name} = {json.dumps(value)};\n" for name, value in known.items()) + script


async def worker(_request: web.Request) -> web.Response:
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
    return web.Response(text=_worker(), content_type="text/javascript", headers=headers)


async def manifest(request: web.Request) -> web.Response:
    said = texts(context.lang(request))
    told = {
        "name": said.t("app.both_names"),
        "short_name": said.t("app.name"),
        "lang": said.lang,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#EEF0EC",
        "theme_color": THEME_COLOUR,
        "icons": [{"src": static_url("logo.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }
    return web.json_response(told, content_type="application/manifest+json")


async def nothing_kept(request: web.Request) -> web.Response:
    """Shown for a page that was never opened on this device."""
    return page(request, "offline.html")


async def outbox(request: web.Request) -> web.Response:
    """What waits on this device; the list itself is only there."""
    view = await view_of(request)
    await view.know_names()
    back = safe(request.query.get("next")) if "next" in request.query else url("sites", view.site_id, "today")
    words = texts_for_scripts(view.said, "outbox_script.")
    return page(request, "outbox.html", view=view, nav="outbox", next=back, words=words)
