"""The other pages of a site: board, search, all forms, emergency, presence code, stop, legend."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from services.gateway import context, problems
from services.gateway.pages import acts, board_filters, board_view, muster, suggest
from services.gateway.pages.job_page import with_job
from services.gateway.pages.options import rules_of
from services.gateway.pages.reasons import reasons as reasons_of
from services.gateway.pages.render import View, environment, page, texts_for_scripts, url, view_of
from services.gateway.pages.today_page import tickets_of
from services.gateway.roles import may_send
from services.register.search import Filters
from services.seven_steps.ending import ending_soon

ALARM_COMMAND = "acknowledge_alarm"
QUERY_CHARS_MAX = 200
FOUND_MAX = 50
BOARD_SUGGESTIONS = 4


async def board(request: web.Request) -> web.Response:
    view, data = await _board(request)
    return page(request, "board.html", view=view, nav="board", **data, words=texts_for_scripts(view.said, "live."))


async def board_live(request: web.Request) -> web.Response:
    """The part of the board that changes, for the page that is open."""
    view, data = await _board(request)
    said = view.said
    html = environment().get_template("board_live.html").render(
        t=said.t, tn=said.tn, word=said.word, pick=said.pick, fmt=view.formats, name=view.people.name, board=view.board,
        site_id=view.site_id, **data,
    )  # fmt: skip
    return web.Response(text=html, content_type="text/html", headers={"Cache-Control": "no-store"})


async def _board(request: web.Request) -> tuple[View, dict[str, Any]]:
    view = await view_of(request)
    data = board_view.board_data(view, board_filters.asked(request.query, view.board))
    await view.know_names()
    data = board_view.finish(view, data)
    more = {
        "may_create": may_send("create_job", view.roles, view.board),
        "may_alarm": may_send(ALARM_COMMAND, view.roles, view.board),
        "suggestions": _next_on_site(view),
        "filters": board_filters.choices(view),
    }
    return view, {**data, **more}


def _next_on_site(view: View) -> list[suggest.Suggestion]:
    """On a simulated site: for each live job, who can do what is missing next."""
    if not context.is_simulated(view.board):
        return []
    found: list[suggest.Suggestion] = []
    for permit in board_view.live_permits(view):
        job = view.board.jobs.get(permit.job_id)
        gate = board_view.first_shut(view, job, permit) if job else None
        if job is None or gate is None or len(found) >= BOARD_SUGGESTIONS:
            continue
        passing, _ = acts.next_acts(view, job, permit, gate)
        missing = reasons_of(view.board, view.people, view.formats, gate.shut)
        found += suggest.suggestions(view, job, permit, gate, missing, passing)[:1]
    return found


async def search(request: web.Request) -> web.Response:
    """Jobs, live and closed, by number, words, tag, area, person or day."""
    view = await view_of(request)
    asked = {key: value.strip()[:QUERY_CHARS_MAX] for key, value in request.query.items() if value.strip()}
    filters = Filters(
        words=asked.get("q"), area_id=asked.get("area"), equipment_tag=asked.get("tag"), person_id=asked.get("person"),
        day_from=_day(asked.get("day")), day_to=_day(asked.get("day")),
    )  # fmt: skip
    found: dict[str, Any] = {"jobs": [], "more": False}
    if asked:
        found = await context.gateway(request).reading.search([view.site_id], filters, FOUND_MAX, 0)
    view.people.see_all(row["work_lead"] for row in found["jobs"])
    view.people.see_all(view.board.people)
    await view.know_names()
    areas = [(one.area_id, view.said.pick(one.name)) for one in view.board.areas.values()]
    people = sorted(((one, view.people.name(one)) for one in view.board.people), key=lambda row: row[1])
    return page(
        request,
        "search.html",
        view=view,
        nav="search",
        asked=asked,
        found=found,
        areas=areas,
        people=people,
        suggestions=[],
    )


def _day(text: str | None) -> str | None:
    return text if text and len(text) == len("2026-11-22") and text.replace("-", "").isdigit() else None


async def more(request: web.Request) -> web.Response:
    """Every form by step; what ends soon; language, theme, legend, sign out."""
    view = await view_of(request)
    audits = list(view.board.audits.values())
    endings = ending_soon(view.board, view.now, rules_of(view))
    view.people.see_all(one.about for one in endings)
    lessons = sorted(view.board.lessons.values(), key=lambda one: one.proposed.seq)
    view.people.see_all(one.proposed.by for one in lessons)
    view.people.see_all(finding.raised.by for audit in audits for finding in audit.findings.values())
    await view.know_names()
    steps = [(step, [acts.act(view, type_) for type_ in acts.BY_STEP[step]]) for step in (*range(1, 8), 0)]
    return page(
        request, "more.html", view=view, nav="more", steps=steps, suggestions=[], lessons=lessons, audits=audits,
        endings=endings,
        form_url=lambda type_, **given: acts.form_url(view, type_, **given),
        push_key=context.gateway(request).pusher.public_key,
    )  # fmt: skip


async def emergency(request: web.Request) -> web.Response:
    """Who is inside and who works where, to be accounted for; what is declared; the one act."""
    view = await view_of(request)
    area = request.query.get("area", "")
    area = area if area in view.board.areas else ""
    lists = muster.lists(view, area)
    view.people.see_all(one.declared_by for one in view.board.emergencies.values())
    await view.know_names()
    return page(
        request, "emergency.html", view=view, nav="emergency", lists=lists, area=area, suggestions=[],
        emergencies=[board_view.emergency_view(view, one) for one in view.board.emergencies.values()],
        may_end=may_send("end_emergency", view.roles, view.board),
        inside=sum(one.inside for one in lists), people=sum(len(one.people) for one in lists),
    )  # fmt: skip


async def presence(request: web.Request) -> web.Response:
    """The guardian's six digits. Only the guardian on duty of the ticket is shown them (the API checks)."""
    view = await view_of(request)
    permit = view.board.permits.get(request.match_info["permit_id"])
    if permit is None:
        raise problems.NotFound("permit")
    await view.know_names()
    return page(
        request, "presence.html", view=view, permit=permit, job=view.board.jobs.get(permit.job_id), suggestions=[],
        on_duty=view.person_id in permit.guardians_on,
    )  # fmt: skip


async def stop(request: web.Request) -> web.Response:
    """STOP: what it stops, and one target. No form, no question why, no confirmation."""
    view = await view_of(request)
    job_id = request.query.get("job")
    job = await with_job(view, job_id) if job_id else None
    await view.know_names()
    live = [one for one in view.board.jobs.values() if one.state not in ("reviewed", "closed")]
    back = url("sites", view.site_id, "jobs", job.job_id) if job else url("sites", view.site_id, "board")
    return page(
        request, "stop.html", view=view, job=job, live=live, back=back,
        tickets=tickets_of(view, job) if job else [],
        emergency_number=view.board.site.emergency_number if view.board.site else "",
        words=texts_for_scripts(view.said, "stop_script."), suggestions=[],
    )  # fmt: skip


async def legend(request: web.Request) -> web.Response:
    view = await view_of(request)
    await view.know_names()
    return page(request, "legend.html", view=view, nav="more", suggestions=[])
