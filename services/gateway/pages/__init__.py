"""The pages: server-rendered, in two languages, for a handheld and a desktop.

`add_page_routes(app)` adds them to the gateway's application; `render_problem` draws a problem as a page.
"""

from __future__ import annotations

from aiohttp import web

from services.gateway.pages import (
    alerts_page,
    approval_page,
    entrance,
    form_page,
    handover_page,
    job_page,
    keys_page,
    offline,
    site_pages,
    today_page,
)
from services.gateway.pages.clock import SiteClocks
from services.gateway.pages.render import CLOCKS, problem_page

render_problem = problem_page

ROUTES = (
    web.get("/", entrance.root),
    web.get("/sign-in", entrance.sign_in),
    web.get("/change-person", entrance.change_person),
    web.get("/enrol", entrance.enrol),
    web.get("/set-password", entrance.set_password),
    web.get("/sw.js", offline.worker),
    web.get("/manifest.webmanifest", offline.manifest),
    web.get(offline.OFFLINE_PAGE, offline.nothing_kept),
    web.get("/sites/{site_id}/outbox", offline.outbox),
    web.get("/sites/{site_id}/keys", keys_page.keys),
    web.get("/sites/{site_id}/codes", keys_page.codes),
    web.get("/language/{lang}", entrance.language),
    web.get("/theme/{theme}", entrance.theme),
    web.get("/jobs/{job_id}", entrance.short_job),
    web.get("/permits/{permit_no}", entrance.short_permit),
    web.get("/sites/{site_id}/board", site_pages.board),
    web.get("/sites/{site_id}/board/live", site_pages.board_live),
    web.get("/sites/{site_id}/today", today_page.today),
    web.get("/sites/{site_id}/open", today_page.open_code),
    web.get("/sites/{site_id}/alerts", alerts_page.fragment),
    web.get("/sites/{site_id}/search", site_pages.search),
    web.get("/sites/{site_id}/more", site_pages.more),
    web.get("/sites/{site_id}/legend", site_pages.legend),
    web.get("/sites/{site_id}/emergency", site_pages.emergency),
    web.get("/sites/{site_id}/stop", site_pages.stop),
    web.get("/sites/{site_id}/presence/{permit_id}", site_pages.presence),
    web.get("/sites/{site_id}/jobs/{job_id}", job_page.job),
    web.get("/sites/{site_id}/permits/{permit_no}", job_page.permit),
    web.get("/sites/{site_id}/handover", handover_page.handover),
    web.get("/sites/{site_id}/approve", approval_page.waiting),
    web.get("/sites/{site_id}/approve/{permit_no}", approval_page.approve),
    web.get("/sites/{site_id}/approve/{permit_no}/meanwhile", approval_page.meanwhile),
    web.get("/sites/{site_id}/forms/{type}", form_page.form),
    web.post("/sites/{site_id}/answer", form_page.answer),
)


def add_page_routes(app: web.Application) -> None:
    app[CLOCKS] = SiteClocks()
    app.add_routes(ROUTES)
