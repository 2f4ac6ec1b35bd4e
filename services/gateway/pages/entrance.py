"""Before one is in: sign-in, the language, the theme, and where `/` leads."""

from __future__ import annotations

from aiohttp import web

from services.gateway import context, problems
from services.gateway.pages.render import THEME_COOKIE, THEMES, page, remember, safe_next, texts_for_scripts, url
from services.gateway.passwords import PASSWORD_CHARS_MIN
from services.gateway.texts import LANGUAGES, texts

WORKS_NO_CHARS_MAX = 64


async def root(request: web.Request) -> web.StreamResponse:
    session = context.session(request)
    if session is None:
        return web.HTTPFound(url("sign-in"))
    return web.HTTPFound(url("sites", session.site_id, "board"))


async def sign_in(request: web.Request) -> web.StreamResponse:
    if context.session(request) is not None:
        return web.HTTPFound(safe_next(request.query.get("next")))
    return _entrance(request, safe_next(request.query.get("next")))


async def change_person(request: web.Request) -> web.StreamResponse:
    """A shared handheld: whose key is on this device, and their PIN. The session before ends when the next begins."""
    return _entrance(request, "")


def _entrance(request: web.Request, next_: str) -> web.Response:
    """`user` is a works number, as a badge's QR says it."""
    words = texts_for_scripts(texts(context.lang(request)), "signin_script.")
    user = request.query.get("user", "")[:WORKS_NO_CHARS_MAX]
    return page(request, "sign_in.html", next=next_, words=words, user=user)


async def enrol(request: web.Request) -> web.StreamResponse:
    """For whoever holds a badge and a one-time code of an administrator: a key of their own on this handheld."""
    said = texts(context.lang(request))
    words = texts_for_scripts(said, "keys_script.") | texts_for_scripts(said, "enrol_script.")
    user = request.query.get("user", "")[:WORKS_NO_CHARS_MAX]
    return page(request, "enrol.html", words=words, user=user)


async def set_password(request: web.Request) -> web.StreamResponse:
    """For whoever holds a one-time code of an administrator: the first password, and every reset."""
    words = texts_for_scripts(texts(context.lang(request)), "setpassword_script.")
    user = request.query.get("user", "")[:WORKS_NO_CHARS_MAX]
    return page(request, "set_password.html", words=words, user=user, chars_min=PASSWORD_CHARS_MIN)


async def language(request: web.Request) -> web.StreamResponse:
    """Remember the language of the pages on this device, and go back."""
    asked = request.match_info["lang"]
    if asked not in LANGUAGES:
        raise problems.NotFound("language")
    response = web.HTTPFound(safe_next(request.query.get("next")))
    remember(response, request, context.LANG_COOKIE, asked)
    return response


async def theme(request: web.Request) -> web.StreamResponse:
    """Light, dark, or (auto) as the system has it."""
    asked = request.match_info["theme"]
    response = web.HTTPFound(safe_next(request.query.get("next")))
    if asked in THEMES:
        remember(response, request, THEME_COOKIE, asked)
    else:
        response.del_cookie(THEME_COOKIE, path="/")
    return response


async def short_job(request: web.Request) -> web.StreamResponse:
    return web.HTTPFound(url("sites", context.site_id(request), "jobs", request.match_info["job_id"]))


async def short_permit(request: web.Request) -> web.StreamResponse:
    """What the QR of a printed permit leads to."""
    return web.HTTPFound(url("sites", context.site_id(request), "permits", request.match_info["permit_no"]))
