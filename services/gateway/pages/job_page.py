"""The page of a job, and of one ticket."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aiohttp import web

from services.gateway import context, problems
from services.gateway.pages import acts, board_view, job_view, suggest, trail
from services.gateway.pages.options import rules_of
from services.gateway.pages.render import View, page, texts_for_scripts, url, view_of
from services.seven_steps import codec, site_time
from services.seven_steps.board_job import Job, Seal
from services.seven_steps.board_ticket import CrewMember, Permit
from services.seven_steps.step2_to_3_crew_gates import GUARDIAN_TRADE


async def with_job(view: View, job_id: str) -> Job:
    """The job; one that has left the board is put back from the register, to be looked at. Raises NotFound."""
    live = view.board.jobs.get(job_id)
    if live is not None:
        return live
    found = await context.gateway(view.request).reading.job(job_id)
    if found is None or found["site_id"] != view.site_id:
        raise problems.NotFound("job")
    job: Job = codec.restore(Job, found["job"])
    permits = {one["permit_id"]: codec.restore(Permit, one) for one in found["permits"]}
    view.board = replace(
        view.board, jobs={**view.board.jobs, job.job_id: job}, permits={**view.board.permits, **permits}
    )
    view.people.board = view.board
    return job


def gate_asked(request: web.Request) -> int | None:
    text = request.query.get("gate", "")
    return int(text) if text in tuple("1234567") else None


async def job(request: web.Request) -> web.Response:
    view = await view_of(request)
    found = await with_job(view, request.match_info["job_id"])
    data = job_view.prepare(view, found, request.query.get("permit"), gate_asked(request))
    records = await trail.records(view, found.job_id)
    await view.know_names()
    data = job_view.finish(view, data)
    shown = records if "trail" in request.query else records[: trail.SHOWN_ON_JOB]
    more = (
        None if len(shown) == len(records) else url("sites", view.site_id, "jobs", found.job_id, trail="all") + "#trail"
    )
    area = view.board.areas.get(found.area_id)
    return page(
        request, "job.html", view=view, **data, **common(view, found), nav="board",
        trail=trail.entries(view, shown), trail_url=more, trail_total=len(records),
        area_name=view.said.pick(area.name) if area else found.area_id,
        contractor=contractor(view, found), all_acts=_all_acts(view, found, data["permit"]),
        suggestions=_suggested(view, data),
    )  # fmt: skip


def _suggested(view: View, data: dict[str, Any]) -> list[suggest.Suggestion]:
    if not context.is_simulated(view.board):
        return []
    return suggest.suggestions(view, data["job"], data["permit"], data["gate"], data["reasons"], data["passing"])


def _all_acts(view: View, found: Job, permit: Permit | None) -> list[tuple[int, list[acts.Act]]]:
    return [(step, [acts.act(view, type_, found, permit) for type_ in acts.BY_STEP[step]]) for step in range(1, 8)]


def contractor(view: View, found: Job) -> str:
    """The contractor's name, empty for the site's own people."""
    known = view.board.contractors.get(found.contractor_id or "")
    return view.said.pick(known.name) if known else ""


async def permit(request: web.Request) -> web.StreamResponse:
    """By number, as it is printed and scanned; or by id."""
    view = await view_of(request)
    asked = request.match_info["permit_no"]
    of = next((one for one in view.board.permits.values() if asked in (one.permit_no, one.permit_id)), None)
    if of is None:
        row = await context.gateway(request).reading.permit_by_no(asked)
        if row is None or row["site_id"] != view.site_id:
            raise problems.NotFound("permit")
        await with_job(view, row["job_id"])
        of = view.board.permits[row["permit_id"]]
    found = await with_job(view, of.job_id)
    data = job_view.prepare(view, found, of.permit_id, gate_asked(request))
    await view.know_names()
    data = job_view.finish(view, data)
    related = [view.board.permits[one] for one in sorted(of.related) if one in view.board.permits]
    return page(
        request, "permit.html", view=view, **data, **common(view, found, of), nav="board", related=related,
        fact=board_view.fact_of(view, of), fire_watch_until=board_view.fire_watch_until(view, of),
        suggestions=_suggested(view, data),
    )  # fmt: skip


def common(view: View, found: Job, of: Permit | None = None) -> dict[str, Any]:
    """What the parts of a job's and a ticket's page use."""
    seals = [seal for seal in found.seals if of is None or seal.permit_id in (of.permit_id, None)]
    said = view.said
    return {
        "gate_words": lambda gate: job_view.gate_words(view, gate),
        "lines_of": lambda kind: rules_of(view).listed(f"measures_{kind}"),
        "certificate_of": lambda member: certificate_of(view, member),
        "level_reason": lambda why: level_reason(view, why),
        "pdfs": [_pdf(view, seal) for seal in reversed(seals)],
        "words": texts_for_scripts(said, "live."),
    }


def _pdf(view: View, seal: Seal) -> dict[str, Any]:
    ticket = view.board.permits.get(seal.permit_id or "")
    return {
        "kind": seal.kind,
        "permit_no": ticket.permit_no if ticket else "",
        "sha256": seal.sha256,
        "level": seal.level,
        "at": seal.at,
    }


def level_reason(view: View, why: str) -> str:
    """`5.1.2 a: equipment_running` with the fact in words."""
    clause, colon, fact = why.partition(": ")
    between = view.said.t("list.colon")
    return f"{clause}{between}{view.said.word('fact', fact)}" if colon else view.said.word("fact", why)


def certificate_of(view: View, member: CrewMember) -> str:
    """The certificate that counts for a crew member's trade, with its last day; in words if there is none."""
    trade = GUARDIAN_TRADE if member.role == "guardian" else member.trade
    held = [
        c
        for c in view.board.certificates.values()
        if (c.person_id, c.trade) == (member.person_id, trade) and not c.revoked
    ]
    if not held:
        needed = trade in rules_of(view).listed("certified_trades")
        return view.said.t("words.none") if needed else view.said.t("part.not_needed")
    latest = max(held, key=lambda one: one.valid_to)
    today = site_time.site_day(view.board, view.now)
    key = "part.certificate_to" if latest.valid_to >= today else "part.certificate_expired"
    return view.said.t(key, day=latest.valid_to)
