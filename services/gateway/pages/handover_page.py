"""The hand-over of a shift, area by area: what is live, how the plant stands, and the two who sign."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from services.gateway.pages import acts, board_view
from services.gateway.pages.render import View, page, texts_for_scripts, url, view_of
from services.seven_steps.board import Alarm
from services.seven_steps.board_job import Isolation
from services.seven_steps.board_site import Area, Shift, ShiftHandover
from services.seven_steps.board_ticket import Permit
from services.seven_steps.shift_handover import LIVE


@dataclass(frozen=True)
class AreaHandover:
    """One area. offer: given and not taken over yet; last: the last that both signed; due: live work, and not handed
    over for the shift that is on duty."""

    area: Area
    name: str
    permits: list[Permit]
    isolations: list[Isolation]
    alarms: list[Alarm]
    on_duty: list[Shift]
    following: Shift | None
    offer: ShiftHandover | None
    last: ShiftHandover | None
    give: acts.Act
    take: acts.Act | None


async def handover(request: web.Request) -> web.Response:
    view = await view_of(request)
    rows = [_area(view, area) for area in view.board.areas.values()]
    rows.sort(key=lambda one: (not one.permits and one.offer is None, one.name))
    for one in rows:
        view.people.see_all(shift.person_id for shift in one.on_duty)
        view.people.see(one.following.person_id if one.following else None)
        for said in (one.offer, one.last):
            view.people.see_all([said.given.by, said.accepted.by if said.accepted else ""] if said else [])
        view.people.see_all(alarm.owner for alarm in one.alarms)
    await view.know_names()
    return page(
        request, "handover.html", view=view, nav="handover", rows=rows, suggestions=[],
        state_of=board_view.shown_state, state_word=lambda one: board_view.state_word(view, one),
        fact_of=lambda one: board_view.fact_of(view, one), words=texts_for_scripts(view.said, "live."),
        alarm_row=lambda one: board_view.alarm_row(view, one),
    )  # fmt: skip


def _area(view: View, area: Area) -> AreaHandover:
    board, now, key = view.board, view.now, area.area_id
    permits = [p for p in board.permits.values() if p.area_id == key and p.state in LIVE]
    jobs = {p.job_id: board.jobs[p.job_id] for p in permits if p.job_id in board.jobs}
    ids = {p.permit_id for p in board.permits.values() if p.area_id == key}
    shifts = sorted((one for one in board.roster if one.area_id == key and one.end > now), key=lambda one: one.start)
    offer = board.shift_offers.get(key)
    here = url("sites", view.site_id, "handover")
    take = (
        acts.act(view, "accept_shift", area_id=key, handover_id=offer.handover_id, next=here)
        if offer is not None
        else None
    )
    return AreaHandover(
        area,
        view.said.pick(area.name),
        permits,
        [one for job in jobs.values() for one in job.isolations.values() if one.removed is None],
        [one for one in board.alarms.values() if one.closed is None and one.permit_id in ids],
        [one for one in shifts if one.start <= now],
        next((one for one in shifts if one.start > now), None),
        offer,
        board.shift_handovers.get(key),
        acts.act(view, "hand_over_shift", area_id=key, next=here),
        take,
    )
