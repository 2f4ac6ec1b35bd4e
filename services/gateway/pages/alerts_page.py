"""The part of every page that says what must be heard at once; alerts.js asks for it, again after every change."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from services.gateway import alerts, context
from services.gateway.pages import board_view
from services.gateway.pages.render import View, environment, url, view_of
from services.gateway.roles import may_send
from services.seven_steps.board_ticket import Permit

ALARMS_SHOWN_MAX = 3  # the rest is on the board


@dataclass(frozen=True)
class GasDue:
    """A gas test of a running ticket that this person has a part in."""

    permit: Permit
    due: datetime
    in_s: int


async def fragment(request: web.Request) -> web.Response:
    """GET /sites/{site_id}/alerts"""
    view = await view_of(request)
    running, mine = alerts.running(view.board), alerts.alarms_of(view.board, view.person_id)
    reaches = await _reaches(request, view, running)
    view.people.see_all(alert.by for alert in running)
    for reach in reaches.values():
        view.people.see_all((*reach.shown, *reach.missing, *reach.unknown))
    if view.people.ids:
        await view.know_names()
    said = view.said
    html = environment().get_template("alerts.html").render(
        t=said.t, tn=said.tn, word=said.word, pick=said.pick, fmt=view.formats, name=view.people.name, url=url,
        site_id=view.site_id, board=view.board, me=view.person_id, when=view.clock_or_day,
        running=[(alert, reaches[alert.alert_id]) for alert in running], alarms=mine[:ALARMS_SHOWN_MAX],
        alarms_more=max(0, len(mine) - ALARMS_SHOWN_MAX), gas=_gas_due(view), at=_real_clock(view),
        may_alarm=may_send("acknowledge_alarm", view.roles, view.board),
    )  # fmt: skip
    return web.Response(text=html, content_type="text/html", headers={"Cache-Control": "no-store"})


async def _reaches(request: web.Request, view: View, running: list[alerts.Alert]) -> dict[str, alerts.Reach]:
    if not running:
        return {}
    store = context.gateway(request).accounts.reach
    shown = await asyncio.to_thread(store.shown, view.site_id)
    signed_in = await asyncio.to_thread(store.signed_in, view.site_id)
    return {one.alert_id: alerts.reach(view.board, one, shown.get(one.alert_id, {}), signed_in) for one in running}


def _real_clock(view: View) -> object:
    """A POSIX time as the site's clock face shows it: what a device showed is noted in real time, on simulated sites
    too."""
    return lambda posix_s: view.formats.clock(datetime.fromtimestamp(posix_s, UTC))


def _gas_due(view: View) -> list[GasDue]:
    """Running tickets of this person whose next gas record has its time."""
    found = []
    for permit in board_view.live_permits(view):
        lead = view.board.jobs[permit.job_id].work_lead
        if permit.state != "active" or view.person_id not in {lead, *permit.crew, *permit.guardians_on}:
            continue
        due, _ = board_view.gas_due(view, permit)
        if due is not None:
            found.append(GasDue(permit, due, int((due - view.now).total_seconds())))
    return sorted(found, key=lambda one: one.due)
