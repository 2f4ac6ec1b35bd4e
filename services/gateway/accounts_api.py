"""Signing in and out, who one is, proving it again, and acting as somebody else on a simulated site."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from aiohttp import web

from schemas import requests as wire
from services import signing
from services.gateway import context, problems
from services.gateway.accounts import (
    CHALLENGE_AGE_MAX_S,
    CODE_AGE_MAX_S,
    Locked,
    NoSuchAccount,
    Session,
    WeakPassword,
    WrongCredentials,
)
from services.gateway.accounts_db import SESSION_AGE_MAX_S
from services.gateway.bodies import checked_body
from services.gateway.limiter import Limiter
from services.gateway.middleware import is_secure, session_cookie
from services.gateway.passwords import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN
from services.seven_steps import site_time

T = TypeVar("T")

security = logging.getLogger("sevengates.security")


async def sign_in(request: web.Request) -> web.Response:
    gateway, body = context.gateway(request), await checked_body(request, wire.SignIn)
    _check_rate(request)
    try:
        token, found = await _hashing(request, gateway.accounts.sign_in, body["user"], body["password"])
    except Locked as locked:
        security.warning("sign-in as %r while locked", body["user"])
        raise problems.TooMany("sign_in_failures", locked.seconds) from None
    except WrongCredentials:
        security.warning("sign-in as %r refused", body["user"])
        raise problems.SignInRefused() from None
    return await _signed_in(request, token, found)


async def sign_in_challenge(request: web.Request) -> web.Response:
    _check_rate(request, context.gateway(request).challenges)
    challenge = await asyncio.to_thread(context.gateway(request).accounts.new_challenge)
    return web.json_response({"challenge": challenge, "valid_for_s": CHALLENGE_AGE_MAX_S})


async def sign_in_by_key(request: web.Request) -> web.Response:
    """By a device key that is live on the site's board."""
    gateway, body = context.gateway(request), await checked_body(request, wire.SignInByKey)
    _check_rate(request)
    accounts = gateway.accounts
    try:
        await asyncio.to_thread(accounts.spend_challenge, body["challenge"])
        board = await gateway.reading.board(body["site_id"])
        person_id = signing.check_sign_in(board, body["site_id"], body)
        token, found = await asyncio.to_thread(accounts.sign_in_by_key, person_id, body["site_id"])
    except (WrongCredentials, signing.BadSignature) as refused:
        security.warning("sign-in by key %r refused: %s", body["key_id"], refused)
        raise problems.SignInRefused() from None
    return await _signed_in(request, token, found)


async def sign_in_by_code(request: web.Request) -> web.Response:
    """By one-time code, once: to make a key of one's own on a handheld."""
    body = await checked_body(request, wire.SignInByCode)
    _check_rate(request)
    accounts = context.gateway(request).accounts
    try:
        token, found = await asyncio.to_thread(accounts.sign_in_by_code, body["user"], body["code"])
    except WrongCredentials:
        security.warning("one-time code for %r refused", body["user"])
        raise problems.SignInRefused() from None
    security.warning("%s signed in by a one-time code", body["user"])
    return await _signed_in(request, token, found)


async def _signed_in(request: web.Request, token: str, found: Session) -> web.Response:
    """On a shared handheld the session before it ends here: one browser, one person."""
    before = context.session(request)
    if before is not None:
        await asyncio.to_thread(context.gateway(request).accounts.sign_out, before)
    response = web.json_response({"token": token, **_told(found)})
    response.set_cookie(
        session_cookie(request),
        token,
        max_age=SESSION_AGE_MAX_S,
        httponly=True,
        samesite="Strict",
        secure=is_secure(request),
        path="/",
    )
    return response


async def sign_out(request: web.Request) -> web.Response:
    await asyncio.to_thread(context.gateway(request).accounts.sign_out, context.signed_in(request))
    response = web.json_response({})
    response.del_cookie(session_cookie(request), path="/", httponly=True, samesite="Strict", secure=is_secure(request))
    return response


async def set_password(request: web.Request) -> web.Response:
    """By one-time code: the first password and every reset."""
    body = await checked_body(request, wire.SetPassword)
    _check_rate(request)
    accounts = context.gateway(request).accounts
    try:
        await _hashing(request, accounts.set_password, body["user"], body["code"], body["password"])
    except WeakPassword:
        said = f"From {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters."
        raise problems.MalformedRequest({"password": [said]}) from None
    except WrongCredentials:
        security.warning("one-time code for %r refused", body["user"])
        raise problems.SignInRefused() from None
    return web.json_response({})


async def one_time_code(request: web.Request) -> web.Response:
    """An administrator hands a person a code to set a new password with, or to make a key on a handheld."""
    body = await checked_body(request, wire.OneTimeCodeFor)
    gateway, session = context.gateway(request), context.signed_in(request)
    sites = await asyncio.to_thread(gateway.accounts.sites_of, body["user"])
    if session.site_id not in sites:
        raise problems.NotFound("account")
    try:
        code = await asyncio.to_thread(gateway.accounts.issue_code, body["user"])
    except NoSuchAccount:
        raise problems.NotFound("account") from None
    security.warning("%s made a one-time code for %s", session.works_no, body["user"])
    return web.json_response({"user": body["user"], "code": code, "valid_for_s": CODE_AGE_MAX_S})


async def re_authenticate(request: web.Request) -> web.Response:
    """The password again, before a signature that asks for it."""
    body = await checked_body(request, wire.ReAuthenticate)
    _check_rate(request)
    accounts, session = context.gateway(request).accounts, context.signed_in(request)
    try:
        found = await _hashing(request, accounts.re_authenticate, session, body["password"])
    except Locked as locked:
        raise problems.TooMany("sign_in_failures", locked.seconds) from None
    except WrongCredentials:
        security.warning("%s did not prove who they are", session.works_no)
        raise problems.SignInRefused() from None
    return web.json_response({"authenticated_at": _stamp(found.authenticated_at)})


async def act_as(request: web.Request) -> web.Response:
    """Simulated sites only, and only somebody registered there. One's own person ends it."""
    body = await checked_body(request, wire.ActAs)
    gateway, session = context.gateway(request), context.signed_in(request)
    site_id = body.get("site_id", session.site_id)
    if site_id not in await asyncio.to_thread(gateway.accounts.sites_of, session.works_no):
        raise problems.NotFound("site")
    board = await context.board(request, site_id)
    own = body["person_id"] == session.own_person_id
    if not own and not context.is_simulated(board):
        security.warning("%s tried to act as somebody else on a real site", session.works_no)
        raise problems.NotAllowed(message="Only on a site whose clock is simulated.")
    if not own and body["person_id"] not in board.people:
        raise problems.NotFound("person")
    found = await asyncio.to_thread(gateway.accounts.act_as, session, body["person_id"], site_id)
    return web.json_response(_told(found))


async def me(request: web.Request) -> web.Response:
    session = context.signed_in(request)
    board, names = await context.board(request), await context.names(request, [session.person_id])
    return web.json_response(
        {
            **_told(session),
            "own_person_id": session.own_person_id,
            "name": names.get(session.person_id, ""),
            "roles": sorted(await context.roles(request)),
            "simulated": context.is_simulated(board),
            "authenticated_at": _stamp(session.authenticated_at),
        }
    )


def _told(session: Session) -> dict[str, object]:
    return {
        "csrf": session.csrf,
        "user": session.works_no,
        "person_id": session.person_id,
        "site_id": session.site_id,
        "sites": list(session.sites),
        "lang": session.lang,
    }


def _stamp(moment: float) -> str:
    return site_time.stamp(datetime.fromtimestamp(moment, UTC))


async def _hashing(request: web.Request, work: Callable[..., T], *given: object) -> T:
    """In a thread, a few at once: argon2 is dear in memory too."""
    async with context.gateway(request).hashing:
        return await asyncio.to_thread(work, *given)


def _check_rate(request: web.Request, limiter: Limiter | None = None) -> None:
    """Every try counts, right or wrong: argon2 is dear on purpose."""
    limiter, address = limiter or context.gateway(request).sign_ins, request.remote or ""
    wait_s = limiter.wait_s(address)
    if wait_s:
        raise problems.TooMany(limiter.name, wait_s)
    limiter.mark(address)


ROUTES = (
    web.post("/api/sign-in", sign_in),
    web.post("/api/sign-out", sign_out),
    web.post("/api/sign-in-challenge", sign_in_challenge),
    web.post("/api/sign-in-by-key", sign_in_by_key),
    web.post("/api/sign-in-by-code", sign_in_by_code),
    web.post("/api/set-password", set_password),
    web.post("/api/one-time-codes", one_time_code),
    web.post("/api/re-authenticate", re_authenticate),
    web.post("/api/act-as", act_as),
    web.get("/api/me", me),
)
