"""What stands before every handler, outermost first: errors, host, session, forgery, who may."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from schemas import limits
from services.documents import errors as document_errors
from services.gateway import context, problems
from services.gateway.roles import LOCAL, PERSON, PUBLIC, SESSION, SITE, endpoint_matrix
from services.log.errors import AppendRefused, LogError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SESSION_COOKIE = "sevengates_session"
SECURE_SESSION_COOKIE = "__Host-sevengates_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOCAL_ADDRESSES = frozenset({"127.0.0.1", "::1"})
PROBES = frozenset({"/healthz", "/readyz"})  # asked by an address rather than by a name
API = "/api/"

# Scripts and styles come from our own files only; nothing inline, nobody frames us.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(self), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=31536000"

ProblemPage = Callable[[web.Request, problems.Problem], Awaitable[web.StreamResponse]]
BY_COOKIE = web.RequestKey("by_cookie", bool)
PROBLEM_PAGE: web.AppKey[ProblemPage] = web.AppKey("problem_page")

log = logging.getLogger(__name__)
security = logging.getLogger("sevengates.security")


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error becomes a named answer; only what nobody foresaw is a 500, with a reference to the traceback."""
    try:
        return await handler(request)
    except Exception as error:
        problem = problem_of(error)
        if isinstance(problem, problems.Broken):
            log.exception("%s %s broke, reference %s", request.method, request.path, problem.more["reference"])
        context.gateway(request).metrics.count("problems_total", error=problem.error)
        return await _drawn(request, problem)


async def _drawn(request: web.Request, problem: problems.Problem) -> web.StreamResponse:
    """As a page for whoever reads pages, else as JSON; a page that cannot be drawn does not hide the problem."""
    page = request.app.get(PROBLEM_PAGE)
    if page is not None and not request.path.startswith(API) and "text/html" in request.headers.get("Accept", ""):
        try:
            return await page(request, problem)
        except Exception:
            log.exception("the page of %s could not be drawn", problem.error)
    return web.json_response(problem.body(), status=problem.status, headers=problem.headers)


def problem_of(error: Exception) -> problems.Problem:
    """The named answer for an error. Redirects and other plain answers pass through."""
    if isinstance(error, problems.Problem):
        return error
    if isinstance(error, web.HTTPException):
        return _http_problem(error)
    if isinstance(error, document_errors.DocumentError):
        return _document_problem(error)
    if isinstance(error, AppendRefused):
        return problems.NotServing("log")
    if isinstance(error, LogError):
        return problems.NotServing("log")
    return problems.Broken(problems.new_reference())


def _http_problem(error: web.HTTPException) -> problems.Problem:
    if error.status < 400:
        raise error
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return problems.TooLarge("body_bytes", limits.COMMAND_BYTES_MAX)
    allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    problem = problems.Problem(headers=allow)
    problem.status, problem.error = error.status, error.reason.lower().replace(" ", "_")
    return problem


def _document_problem(error: document_errors.DocumentError) -> problems.Problem:
    if isinstance(error, document_errors.TooLarge):
        return problems.TooLarge("document_bytes", error.limit)
    if isinstance(error, document_errors.UnknownType):
        return problems.WrongMediaType(error.accepted)
    if isinstance(error, (document_errors.NoSuchDocument, document_errors.BadName)):
        return problems.NotFound("document")
    if isinstance(error, document_errors.Corrupt):
        log.error("%s", error)
        return problems.Broken(problems.new_reference())
    return problems.MalformedRequest({"": [str(error)]})


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer just before it begins, streams and redirects too."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    if is_secure(request):
        response.headers.setdefault("Strict-Transport-Security", HSTS)
    response.headers.pop("Server", None)


def is_secure(request: web.Request) -> bool:
    return request.secure or context.gateway(request).settings.url.startswith("https:")


def session_cookie(request: web.Request) -> str:
    return SECURE_SESSION_COOKIE if is_secure(request) else SESSION_COOKIE


@web.middleware
async def check_host(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A name that is not ours is a rebinding attack or a mistake in a proxy."""
    if request.path not in PROBES:
        settings = context.gateway(request).settings
        allowed = {"localhost", *LOCAL_ADDRESSES, settings.host, urlsplit(settings.url).hostname}
        if _hostname(request.host) not in allowed:
            raise problems.WrongHost()
    return await handler(request)


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


@web.middleware
async def load_session(request: web.Request, handler: Handler) -> web.StreamResponse:
    """By cookie for browsers, by bearer token for programs."""
    accounts = context.gateway(request).accounts
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else ""
    by_cookie = not token
    token = token or request.cookies.get(session_cookie(request), "")
    if token and not request.path.startswith("/static/"):
        found = await asyncio.to_thread(accounts.session_of, token)
        if found is not None:
            request[context.SESSION] = found
            request[BY_COOKIE] = by_cookie
    return await handler(request)


@web.middleware
async def check_forgery(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A cookie travels by itself: a changing request must also carry what only our own pages know."""
    if request.method not in SAFE_METHODS:
        origin = request.headers.get("Origin")
        if origin and origin != "null" and urlsplit(origin).netloc.lower() != request.host.lower():
            raise problems.Forged()
        found = context.session(request)
        if found is not None and request[BY_COOKIE] and request.headers.get(CSRF_HEADER) != found.csrf:
            security.warning("%s: a request without the token of its page", found.works_no)
            raise problems.Forged()
    return await handler(request)


@web.middleware
async def check_who(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The endpoint's row of the matrix. Pages have no row: they ask for the session themselves."""
    route = request.match_info.route.resource
    if route is None:
        return await handler(request)
    method = "GET" if request.method == "HEAD" else request.method
    who = endpoint_matrix().get((method, route.canonical))
    if who == LOCAL:
        _only_local(request)
    elif who is not None and who != PUBLIC:
        context.signed_in(request)
        if who not in (SESSION, SITE):
            await _only_roles(request, who)
        elif who == SITE:
            context.site_id(request)
    elif who is None and route.canonical.startswith(API):
        raise problems.NotFound()
    return await handler(request)


def _only_local(request: web.Request) -> None:
    if request.remote not in LOCAL_ADDRESSES or "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        raise problems.NotAllowed(message="Only from this machine.")


async def _only_roles(request: web.Request, who: str | frozenset[str]) -> None:
    """On the site of the address, else on the session's own site. Handlers of an object ask about its site again."""
    held = await context.roles(request)
    if who == PERSON:
        known = (await context.board(request)).people
        if context.signed_in(request).person_id not in known:
            raise problems.NotAllowed(message="Not registered on this site.")
    elif not held & frozenset(who):
        security.warning("%s may not use %s", context.signed_in(request).works_no, request.path)
        raise problems.NotAllowed(may=frozenset(who))


MIDDLEWARES = (answer_problems, check_host, load_session, check_forgery, check_who)
