"""Today: one act first, the one whose time comes next; then my tickets with my role and the fact that decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from services.gateway.pages import acts, board_view
from services.gateway.pages.line import ENDED
from services.gateway.pages.offline import needed_ahead
from services.gateway.pages.options import rules_of
from services.gateway.pages.render import View, page, url, view_of
from services.gateway.roles import may_send
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.gate import Boundary

#: Briefed again today (G-BR-3): its predicate says who.
BRIEFED_AGAIN = "G-BR-3"
ENDED_JOB = frozenset({"reviewed", "closed"})
#: Work that a gas tester looks at: the board of a big site is not judged for one page.
TICKETS_LOOKED_AT_MAX = 200


@dataclass(frozen=True)
class Next:
    """An act that waits for this person. by: when it is due, or when the work is planned to start; None: at once.

    counts: seconds of the bar of a countdown; 0: no countdown, the time alone.
    """

    type: str
    href: str
    what: str
    where: str
    by: datetime | None = None
    counts: int = 0


async def today(request: web.Request) -> web.Response:
    """My jobs: those I lead, applied for, or am on the crew of; and what waits for me."""
    view = await view_of(request)
    mine = [(job, _part(view, job)) for job in view.board.jobs.values() if job.state not in ENDED_JOB]
    shown = [(job, part, tickets_of(view, job)) for job, part in mine if part]
    for job, _, _ in shown:
        view.people.see(job.work_lead)
        view.people.see_all(one.handover_from for one in tickets_of(view, job) if one.handover_from)
    await view.know_names()
    waiting = next_acts(
        view, [(job, ticket) for job, _, tickets in shown for ticket in tickets], [j for j, _, _ in shown]
    )
    return page(
        request, "today.html", view=view, nav="today", jobs=shown, next=waiting[:1], then=waiting[1:], suggestions=[],
        state_of=board_view.shown_state, state_word=lambda one, job: board_view.state_word(view, one, job),
        fact_of=lambda one: board_view.fact_of(view, one), clock_or_day=view.clock_or_day,
        ahead=needed_ahead(view, [ticket for _, _, tickets in shown for ticket in tickets]),
    )  # fmt: skip


async def open_code(request: web.Request) -> web.StreamResponse:
    """What was scanned or typed: a permit's number opens it, a job's its page; anything else is looked for."""
    view = await view_of(request)
    code = request.query.get("code", "").strip().upper()
    job = next((one for one in view.board.jobs.values() if code in (one.job_no, one.job_id.upper())), None)
    permit = next((one for one in view.board.permits.values() if code in (one.permit_no, one.permit_id.upper())), None)
    if permit is not None:
        return web.HTTPFound(url("sites", view.site_id, "permits", permit.permit_no))
    if job is not None:
        return web.HTTPFound(url("sites", view.site_id, "jobs", job.job_id))
    return web.HTTPFound(url("sites", view.site_id, "search", q=request.query.get("code", "").strip()))


def tickets_of(view: View, job: Job) -> list[Permit]:
    return [view.board.permits[one] for one in job.permits if one in view.board.permits]


def _part(view: View, job: Job) -> list[str]:
    """What this person is on this job, in words."""
    me, said = view.person_id, view.said
    found = [said.t("role.work_lead")] if job.work_lead == me else []
    if job.applicant == me:
        found.append(said.t("role.applicant"))
    for permit in tickets_of(view, job):
        member = permit.crew.get(me)
        if member and (word := said.t(f"crew_role.{member.role}")) not in found:
            found.append(word)
    return found


# ---- what waits for me -----------------------------------------------------------------------------------------------


def next_acts(view: View, mine: list[tuple[Job, Permit]], jobs: list[Job]) -> list[Next]:
    """At once first, then by time."""
    found = [one for job in jobs for one in _briefing(view, job)]
    for job, permit in [*mine, *_for_testers(view, mine)]:
        for of in OF_TICKET:
            found += of(view, job, permit)
    return sorted(dict.fromkeys(found), key=lambda one: (one.by is not None, one.by or view.now))


def _briefing(view: View, job: Job) -> Iterator[Next]:
    """The current version is not acknowledged, or has to be said again today."""
    briefing, me = job.briefing, view.person_id
    tickets = [one for one in tickets_of(view, job) if one.state not in ENDED]
    crew = {person for permit in tickets for person in permit.crew} | {job.work_lead}
    if briefing is None or me not in crew or not tickets:
        return
    href = acts.form_url(view, "acknowledge_briefing", job)
    start = min(one.valid_from or one.planned_from for one in tickets)
    if me not in briefing.acknowledged:
        what = view.said.t("today.briefing", version=briefing.version)
        yield Next("acknowledge_briefing", href, what, job.title, start)
    elif any(_again(view, job, one) for one in tickets):
        yield Next("acknowledge_briefing", href, view.said.t("today.briefing_again"), job.title, start)


def _again(view: View, job: Job, permit: Permit) -> bool:
    if permit.state not in ("issued", "active", "suspended"):
        return False
    boundary = Boundary.START if permit.state == "issued" else Boundary.RESUME
    shut = [v for v in board_view.judge_for(view, job)(boundary, permit) if v.gate.id == BRIEFED_AGAIN and not v.open]
    return any(missing.about == view.person_id for verdict in shut for missing in verdict.missing)


def _for_testers(view: View, mine: list[tuple[Job, Permit]]) -> list[tuple[Job, Permit]]:
    """A gas tester goes to every ticket of the site: those whose sample has a time."""
    known = {permit.permit_id for _, permit in mine}
    if "gas_tester" not in view.roles:
        return []
    live = board_view.live_permits(view)[:TICKETS_LOOKED_AT_MAX]
    return [(view.board.jobs[one.job_id], one) for one in live if one.permit_id not in known]


def _gas(view: View, job: Job, permit: Permit) -> Iterator[Next]:
    if not may_send("record_gas_test", view.roles, view.board):
        return
    href = acts.form_url(view, "record_gas_test", job, permit)
    until, span = board_view.gas_due(view, permit)
    what = view.said.t("today.gas" if permit.state == "active" else "today.gas_before_start")
    if until is not None:
        yield Next("record_gas_test", href, what, permit.place, until, int(span.total_seconds()))
    elif permit.state in ("surveyed", "issued") and job.plan and job.plan.gas.get(permit.permit_id) and not permit.gas:
        yield Next("record_gas_test", href, what, permit.place, permit.planned_from)


def _handover(view: View, job: Job, permit: Permit) -> Iterator[Next]:
    if permit.handover_to == view.person_id:
        what = view.said.t("today.handover", who=view.people.name(permit.handover_from))
        yield Next(
            "take_guardian_handover", acts.form_url(view, "take_guardian_handover", job, permit), what, permit.place
        )


def _survey(view: View, job: Job, permit: Permit) -> Iterator[Next]:
    ready = permit.state == "open" and permit.permit_id in job.briefed
    lines = rules_of(view).listed(f"measures_{permit.type}")
    if ready and may_send("confirm_measures", view.roles, view.board) and set(lines) - set(permit.measures):
        href = acts.form_url(view, "confirm_measures", job, permit)
        yield Next("confirm_measures", href, view.said.t("today.survey"), permit.place, permit.planned_from)


def _fire_watch(view: View, job: Job, permit: Permit) -> Iterator[Next]:
    until = board_view.fire_watch_until(view, permit)
    if until is not None and may_send("end_fire_watch", view.roles, view.board):
        href = acts.form_url(view, "end_fire_watch", job, permit)
        span = rules_of(view).duration("fire_watch", view.board)
        yield Next(
            "end_fire_watch", href, view.said.t("today.fire_watch"), permit.place, until, int(span.total_seconds())
        )


OF_TICKET: tuple[Callable[[View, Job, Permit], Iterator[Next]], ...] = (_handover, _gas, _survey, _fire_watch)
