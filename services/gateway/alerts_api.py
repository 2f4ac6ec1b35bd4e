"""What a page says about alerts: that it has shown some, and whether its browser wants to be woken."""

from __future__ import annotations

import asyncio

from aiohttp import web

from schemas import requests as wire
from services.gateway import alerts, context, problems, web_push
from services.gateway.bodies import checked_body
from services.gateway.pushing import NotAPushService


async def shown(request: web.Request) -> web.Response:
    """Only alerts that are running are noted."""
    body = await checked_body(request, wire.AlertsShown)
    gateway, site_id = context.gateway(request), context.site_id(request)
    board, person_id = await context.board(request), context.signed_in(request).person_id
    known = {alert.alert_id for alert in alerts.running(board)} & set(body["alerts"])
    if known and person_id in board.people:
        await asyncio.to_thread(gateway.accounts.reach.note_shown, site_id, person_id, sorted(known))
        gateway.hub.publish(site_id, "shown", {"by": person_id})
    return web.json_response({"noted": sorted(known)})


async def subscribe(request: web.Request) -> web.Response:
    body = await checked_body(request, wire.PushSubscription)
    gateway, session = context.gateway(request), context.signed_in(request)
    recipient = web_push.Recipient(body["endpoint"], body["p256dh"], body["auth"])
    try:
        gateway.pusher.check(recipient)
    except NotAPushService:
        raise problems.MalformedRequest({"endpoint": ["Not a push service that this site may call."]}) from None
    except web_push.BadSubscription:
        raise problems.MalformedRequest({"p256dh": ["Not the keys of a subscription."]}) from None
    reach, lang = gateway.accounts.reach, context.lang(request)
    await asyncio.to_thread(reach.subscribe, session.token_sha256, recipient, lang)
    return web.json_response({})


async def unsubscribe(request: web.Request) -> web.Response:
    reach, session = context.gateway(request).accounts.reach, context.signed_in(request)
    await asyncio.to_thread(reach.unsubscribe, session.token_sha256)
    return web.json_response({})


ROUTES = (
    web.post("/api/sites/{site_id}/alerts-shown", shown),
    web.post("/api/push-subscription", subscribe),
    web.delete("/api/push-subscription", unsubscribe),
)
