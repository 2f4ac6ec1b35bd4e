"""What a request may ask about itself: who is signed in, for which site, in which language, and what they may do.

Handlers and pages use these functions and nothing else of the gateway's insides. Everything that waits is `async`.

    gateway(request)            the Gateway: settings, queries, log, vault, documents, accounts (see state.py)
    session(request)            the Session, or None when nobody is signed in
    signed_in(request)          the Session, or the problem 401 is raised (pages: the error handler sends to /sign-in)
    person_id(request)          the acting person's id, or None
    site_id(request)            {site_id} of the address if the session may use that site, else the session's own site
    lang(request)               "en" or "zh-CN": ?lang=, the cookie `lang`, the session, Accept-Language, "en"
    csrf_token(request)         put it in <meta name="csrf-token">; pages send it back as the header X-CSRF-Token
    await board(request)        the site's Board as the register has it (empty Board when the site has no outcome yet)
    await roles(request)        the acting person's roles on that site (frozenset, empty when not registered)
    await may(request, type)    True when one of those roles may send a command of this type
    await names(request, ids)   person_id -> name in the page's language (reads are logged by the vault)
    await submit(request, body) send a command as POST /api/commands does: Answer(status, body, headers)
    is_simulated(board)         the site's clock is simulated: show DEMO 演示 and the bar "act as"
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from services.gateway import problems
from services.gateway.accounts import Session
from services.seven_steps.board import Board

if TYPE_CHECKING:
    from services.gateway.state import Gateway

GATEWAY: web.AppKey[Gateway] = web.AppKey("gateway")
SESSION = web.RequestKey("session", Session)

LANGUAGES = ("en", "zh-CN")
LANG_COOKIE = "lang"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command was answered: the HTTP status, the JSON body, and headers (Retry-After, Location)."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        return self.status == 200


def gateway(request: web.Request) -> Gateway:
    return request.app[GATEWAY]


def session(request: web.Request) -> Session | None:
    return request.get(SESSION)


def signed_in(request: web.Request) -> Session:
    """The session of whoever sent this; raises problems.NotSignedIn (401)."""
    found = session(request)
    if found is None:
        raise problems.NotSignedIn()
    return found


def person_id(request: web.Request) -> str | None:
    found = session(request)
    return found.person_id if found else None


def site_id(request: web.Request) -> str:
    """The site this request is about. Raises NotSignedIn, or NotFound for a site the account may not use.

    A site one may not use and one that does not exist answer alike, so that nobody learns which sites there are.
    """
    found = signed_in(request)
    asked = request.match_info.get("site_id", "")
    if asked and asked not in found.sites:
        raise problems.NotFound("site")
    return asked or found.site_id


def lang(request: web.Request) -> str:
    found = session(request)
    for wanted in (request.query.get("lang"), request.cookies.get(LANG_COOKIE), found.lang if found else None):
        if wanted in LANGUAGES:
            return wanted
    return "zh-CN" if request.headers.get("Accept-Language", "").lower().startswith("zh") else "en"


def csrf_token(request: web.Request) -> str:
    found = session(request)
    return found.csrf if found else ""


async def board(request: web.Request, of_site: str | None = None) -> Board:
    return await gateway(request).reading.board(of_site or site_id(request))


async def roles(request: web.Request, of_site: str | None = None) -> frozenset[str]:
    found = signed_in(request)
    known = (await board(request, of_site)).people.get(found.person_id)
    return known.roles if known else frozenset()


async def may(request: web.Request, command_type: str) -> bool:
    from services.gateway.roles import may_send

    return may_send(command_type, await roles(request), await board(request))


async def names(request: web.Request, person_ids: Iterable[str]) -> Mapping[str, str]:
    return await gateway(request).reading.names(tuple(person_ids), lang(request), reader=person_id(request) or "")


async def submit(request: web.Request, body: Mapping[str, Any]) -> Answer:
    """Send one command for the signed-in person and wait for the register's answer (5 s, then 202).

    `body` is that of POST /api/commands. Every kind of answer comes back as an Answer, malformed and refused too;
    only 401 is raised.
    """
    from services.gateway.commanding import submit as send

    return await send(gateway(request), signed_in(request), body)


def is_simulated(of_board: Board) -> bool:
    return of_board.site is not None and of_board.site.clock == "simulated"
