"""How a page is made: Jinja2, one frame, texts from the catalogue, no text and no script in a template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import jinja2
from aiohttp import web

from services.gateway import context, problems
from services.gateway.pages.clock import SiteClocks
from services.gateway.pages.controls import SIDE_BY_SIDE_MAX, Control
from services.gateway.pages.formats import Formats, in_halves, unbroken
from services.gateway.pages.people import People
from services.gateway.pages.waiting import waiting
from services.gateway.static_files import needed_by, static_url
from services.gateway.texts import Texts, texts
from services.rulebook import rulebook
from services.seven_steps import site_time
from services.seven_steps.board import Board

CLOCKS: web.AppKey[SiteClocks] = web.AppKey("site_clocks")
THEMES = ("light", "dark")
THEME_COOKIE = "theme"
A_YEAR_S = 365 * 24 * 3600


@dataclass
class View:
    """What every page knows: whose it is, which site, in which language, and when."""

    request: web.Request
    said: Texts
    board: Board
    people: People
    formats: Formats
    roles: frozenset[str]
    now: datetime

    @property
    def person_id(self) -> str:
        return context.person_id(self.request) or ""

    @property
    def site_id(self) -> str:
        return context.site_id(self.request)

    def clock_or_day(self, moment: datetime | None) -> str:
        """The clock time alone if it is today on the site, else with its day."""
        same = moment is not None and site_time.site_day(self.board, moment) == site_time.site_day(self.board, self.now)
        return self.formats.clock(moment) if same else self.formats.day_clock(moment)

    async def know_names(self) -> None:
        """Ask the vault for the names of all persons seen so far, and of whoever looks at the page."""
        self.people.see(self.person_id)
        if context.is_simulated(self.board):
            self.people.see_all(self.board.people)  # the bar "act as" lists everybody
        if self.people.ids:
            self.people.names = await context.names(self.request, sorted(self.people.ids))


async def view_of(request: web.Request) -> View:
    """The view of a signed-in request. Raises problems.NotSignedIn."""
    context.signed_in(request)
    board = await context.board(request)
    said = texts(context.lang(request))
    return View(
        request,
        said,
        board,
        People(board, said),
        Formats(said, site_time.zone_of(board)),
        await context.roles(request),
        request.app[CLOCKS].now(board),
    )


#: Kinds of field that take several values, and those that get the whole width of a row.
SEVERAL = frozenset({"many", "areas", "permits", "persons", "gases", "gas_points", "trades"})
#: Kinds drawn as a group of controls: they have a legend; every other kind is one control with a label.
GROUPS = (
    frozenset(
        {"flag", "names", "document", "measures", "rows", "map", "object", "gas_plans", "contents", "fixed", "new_id"}
    )
    | SEVERAL
)
WHOLE_WIDTH = frozenset({"rows", "map", "text", "paragraph", "object", "names", *SEVERAL})


def side_by_side(control: Control) -> tuple[str, ...]:
    """The control's own kind if its choices stand side by side as answers, else nothing."""
    few = control.kind in ("choice", "choice_int") and 0 < len(control.choices) <= SIDE_BY_SIDE_MAX and control.required
    return (control.kind,) if few else ()


@cache
def environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    env = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    env.filters["unbroken"] = unbroken
    env.filters["in_halves"] = in_halves
    env.globals.update(
        static=static_url,
        needed_by=needed_by,
        url=url,
        MANY=SEVERAL,
        WIDE=WHOLE_WIDTH,
        GROUPS=GROUPS,
        side_by_side=side_by_side,
    )
    return env


def url(*parts: object, **query: object) -> str:
    """`url('sites', site_id, 'board', q='…')`: an address of ours, escaped; empty query values are left out."""
    path = "/" + "/".join(quote(str(part), safe="") for part in parts)
    asked = {key: value for key, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(asked)}" if asked else path


def theme(request: web.Request) -> str:
    kept = request.cookies.get(THEME_COOKIE, "")
    return kept if kept in THEMES else ""


def _common(request: web.Request, said: Texts) -> dict[str, Any]:
    return {
        "t": said.t, "tn": said.tn, "word": said.word, "pick": said.pick, "lang": said.lang, "theme": theme(request),
        "csrf": context.csrf_token(request), "here": request.path_qs,
        "words_for": lambda prefix: texts_for_scripts(said, prefix),
        "view": None, "simulated": False, "nav": "", "fields_from": "",
        "job": None, "permit": None, "fmt": None, "name": None, "done": "",
    }  # fmt: skip


def _done(request: web.Request, said: Texts) -> str:
    """What was just recorded, if the address says so: shown on the page that the person is led back to."""
    type_, number = request.query.get("done", ""), request.query.get("no", "")
    known = said.has(f"command.{type_}.title") and number.isdigit()
    return said.t("done.recorded", what=said.t(f"command.{type_}.title"), no=number) if known else ""


def _open_alarms(board: Board) -> int:
    return sum(alarm.closed is None for alarm in board.alarms.values())


def _to_approve(view: View) -> int:
    """How many tickets wait for this person."""
    rules = rulebook(view.board.site.packs) if view.board.site else rulebook()
    return len(waiting(view.board, view.person_id, view.roles, view.now, rules))


def everybody(view: View) -> list[tuple[str, str]]:
    """Everyone on the site with their roles, to choose whom to act as."""
    rows = [(one, f"{view.people.name(one)} · {view.people.roles(one)}") for one in view.board.people]
    return sorted(rows, key=lambda row: row[1])


def page(
    request: web.Request, template: str, *, status: int = 200, view: View | None = None, **data: Any
) -> web.Response:
    """A whole page. With a view: the frame of a signed-in person on a site."""
    said = view.said if view else texts(context.lang(request))
    known = _common(request, said)
    if view:
        known.update(
            view=view, board=view.board, fmt=view.formats, name=view.people.name, roles=view.roles, now=view.now,
            site_id=view.site_id, simulated=context.is_simulated(view.board), suggestions=[],
            everybody=everybody(view) if context.is_simulated(view.board) else [],
            alarm_count=_open_alarms(view.board), done=_done(request, said), to_approve=_to_approve(view),
        )  # fmt: skip
    known.update(data)
    html = environment().get_template(template).render(known)
    response = web.Response(text=html, content_type="text/html", status=status)
    response.enable_compression()  # the session's cookie is SameSite=Strict: no other site can ask and measure
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = said.lang
    if view:
        response.headers["X-Sevengates-Person"] = view.person_id  # whose page it is: for the device that keeps it
    return response


async def problem_page(request: web.Request, problem: problems.Problem) -> web.StreamResponse:
    """A Problem as a page: 401 leads to the sign-in, the others say what happened and what to do."""
    if isinstance(problem, problems.NotSignedIn):
        return web.HTTPFound(url("sign-in", next=request.path_qs))
    said = texts(context.lang(request))
    may = [said.word("role", role) for role in problem.more.get("may", ())]
    session = context.session(request)
    response = page(
        request, "problem.html", status=problem.status, status_no=problem.status, problem=problem.body(), may=may,
        stop_at=url("sites", session.site_id, "stop") if session else "",
    )  # fmt: skip
    response.headers.update(problem.headers)
    return response


def remember(response: web.StreamResponse, request: web.Request, cookie: str, value: str) -> None:
    response.set_cookie(cookie, value, max_age=A_YEAR_S, path="/", samesite="Lax", secure=request.secure, httponly=True)


def safe_next(asked: str | None) -> str:
    """Only a path of ours: never another host."""
    return asked if asked and asked.startswith("/") and not asked.startswith(("//", "/\\")) else "/"


def texts_for_scripts(said: Texts, prefix: str = "script.") -> Mapping[str, str]:
    """The words a module needs, so that no text stands in code."""
    from services.gateway.texts import catalogue

    return {key.removeprefix(prefix): value for key, value in catalogue(said.lang).items() if key.startswith(prefix)}
