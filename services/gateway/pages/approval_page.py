"""The approval of one ticket: everything that is approved on one page, then the act. And the list of what waits.

There is no approving from the list and no approving of several: a signature covers one page that was open.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from services.gateway import problems
from services.gateway.pages import (
    acts,
    approval_view,
    board_view,
    clash_rows,
    form_page,
    job_page,
    job_view,
    ticket_diff,
    trail,
)
from services.gateway.pages import waiting as waits
from services.gateway.pages.options import rules_of
from services.gateway.pages.reasons import reasons
from services.gateway.pages.render import View, environment, page, texts_for_scripts, url, view_of
from services.gateway.roles import may_send
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.step2_to_3_level_gates import grade_needed

#: States in which a ticket can still be approved.
BEFORE_ISSUE = frozenset({"open", "surveyed"})


async def waiting(request: web.Request) -> web.Response:
    """What waits for me, what is to begin first first. Each is opened: nothing is approved from here."""
    view = await view_of(request)
    rows = waits.waiting(view.board, view.person_id, view.roles, view.now, rules_of(view))
    shut = {one.permit.permit_id: board_view.first_shut(view, one.job, one.permit) for one in rows}
    view.people.see_all(one.job.work_lead for one in rows)
    await view.know_names()
    return page(
        request, "to_approve.html", view=view, nav="approve", rows=rows, shut=shut, suggestions=[],
        areas={key: view.said.pick(area.name) for key, area in view.board.areas.items()},
        words=texts_for_scripts(view.said, "live."),
    )  # fmt: skip


def ticket(view: View, permit_no: str) -> tuple[Permit, Job]:
    """The live ticket by number or id, with its job. Raises NotFound: what has left the board is not approved."""
    found = next((p for p in view.board.permits.values() if permit_no in (p.permit_no, p.permit_id)), None)
    job = view.board.jobs.get(found.job_id) if found else None
    if found is None or job is None:
        raise problems.NotFound("permit")
    return found, job


async def approve(request: web.Request) -> web.Response:
    view = await view_of(request)
    permit, job = ticket(view, request.match_info["permit_no"])
    before = view.board.permits.get(permit.supersedes or "")
    data = job_view.prepare(view, job, permit.permit_id, None)
    issue, start = approval_view.verdicts_of(view, job, permit)
    if before is not None:
        ticket_diff.see(view, before)
    await view.know_names()
    data = job_view.finish(view, data)
    shut = [one for one in issue if not one.open and one.gate.blocks]
    found = reasons(view.board, view.people, view.formats, shut)
    changes = ticket_diff.compared(view, before, permit) if before else []
    shown = approval_view.shown_parts(job, permit)
    marked = approval_view.index(issue, start, approval_view.soon(view, permit), shown)
    parts = marked if permit.state in BEFORE_ISSUE else approval_view.unmarked(shown)
    return page(
        request, "approval.html", view=view, nav="approve",
        **{**data, **job_page.common(view, job, permit), **_act(view, job, permit), "reasons": found},
        parts_index=parts, shown={one.name for one in parts},
        mark_words=lambda part: _mark_words(view, part),
        gate_state="shut" if found else "ready", held=sum(one.open for one in issue), of=len(issue),
        related=[view.board.permits[one] for one in sorted(permit.related) if one in view.board.permits],
        clashes=clash_rows.of_ticket(view, permit), photos=approval_view.photos(permit),
        before=before, changes=[one for one in changes if one.changed],
        same=[one for one in changes if not one.changed],
        ends_in=lambda member: approval_view.certificate_ends(view, member), suggestions=[],
        contractor=job_page.contractor(view, job), live_words=texts_for_scripts(view.said, "live."),
        area_name=view.said.pick(view.board.areas[permit.area_id].name) if permit.area_id in view.board.areas else "",
    )  # fmt: skip


def _mark_words(view: View, part: approval_view.Part) -> str:
    if part.mark == approval_view.UNMARKED:
        return ""
    key = f"approve.mark.{part.mark}"
    return view.said.tn(key, part.n) if part.n else view.said.t(key)


def _act(view: View, job: Job, permit: Permit) -> dict[str, Any]:
    """The form of the act that this person may do on this ticket now; without one, why not."""
    rules, board = rules_of(view), view.board
    mine = waits.for_person(board, view.person_id, view.roles, permit, view.now, rules)
    type_ = mine.act if mine else waits.ISSUE
    case = waits.looked_at(board, job, permit, view.now, rules)
    given = {"node": mine.node} if mine and mine.node else {}
    form = {
        **form_page.subject_data(view, type_, job, permit),
        **form_page.field_data(view, type_, job, permit, given),
    }
    here = url("sites", view.site_id, "approve", permit.permit_no)
    back = acts.act(view, "send_back", job, permit, next=here)
    return {
        **form, "type": type_, "may": may_send(type_, view.roles, board), "mine": mine, "expected": job.version,
        "grade": view.said.word("role", grade_needed(case)), "next": here,
        "decidable": permit.state in BEFORE_ISSUE and job.stop is None,
        "send_back": back if permit.state in BEFORE_ISSUE else None,
    }  # fmt: skip


async def meanwhile(request: web.Request) -> web.Response:
    """What was recorded about the ticket's job since the page was made: who and when."""
    view = await view_of(request)
    _, job = ticket(view, request.match_info["permit_no"])
    since = request.query.get("since", "")
    found = await trail.accepted_since(view, job.job_id, int(since) if since.isdigit() else view.board.seq)
    await view.know_names()
    said = view.said
    html = environment().get_template("meanwhile.html").render(
        t=said.t, tn=said.tn, word=said.word, fmt=view.formats, name=view.people.name,
        entries=trail.entries(view, found),
    )  # fmt: skip
    return web.Response(text=html, content_type="text/html", headers={"Cache-Control": "no-store"})
