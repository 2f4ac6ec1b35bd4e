"""My keys: those that are on the log, and a new one for this device; and the codes that let others make theirs."""

from __future__ import annotations

from aiohttp import web

from services.gateway import context
from services.gateway.accounts import CODE_AGE_MAX_S
from services.gateway.pages.render import page, texts_for_scripts, view_of
from services.seven_steps import roles
from services.seven_steps.signature_keys import live_keys

HOUR_S = 3600


async def keys(request: web.Request) -> web.Response:
    view = await view_of(request)
    await view.know_names()
    return page(
        request, "keys.html", view=view, nav="more", keys=live_keys(view.board, view.person_id),
        user=context.signed_in(request).works_no, words=texts_for_scripts(view.said, "keys_script."), suggestions=[],
    )  # fmt: skip


async def codes(request: web.Request) -> web.Response:
    """An administrator hands out one-time codes; anybody else reads who does."""
    view = await view_of(request)
    await view.know_names()
    return page(
        request, "codes.html", view=view, nav="more", may=roles.ADMIN in view.roles,
        who=view.said.word("role", roles.ADMIN), hours=round(CODE_AGE_MAX_S / HOUR_S),
        words=texts_for_scripts(view.said, "codes_script."),
    )  # fmt: skip
