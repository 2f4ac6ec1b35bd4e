"""My keys: those that are on the log, and a new one for this device."""

from __future__ import annotations

from aiohttp import web

from services.gateway import context
from services.gateway.pages.render import page, texts_for_scripts, view_of
from services.seven_steps.signature_keys import live_keys


async def keys(request: web.Request) -> web.Response:
    view = await view_of(request)
    await view.know_names()
    return page(
        request, "keys.html", view=view, nav="more", keys=live_keys(view.board, view.person_id),
        user=context.signed_in(request).works_no, words=texts_for_scripts(view.said, "keys_script."), suggestions=[],
    )  # fmt: skip
