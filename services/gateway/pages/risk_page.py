"""The risk assessment's form: what its rows come to while they are written, what is still missing, what to start from.

A start (a template of the type of work, or an earlier job) fills the rows; what differs from it is shown on the page
while they are changed. The record says what was assessed, not where its words came from.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from services.gateway import context, problems
from services.gateway.pages.options import rules_of
from services.gateway.pages.render import View
from services.register.search import Filters
from services.seven_steps import codec, risk
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.step1_to_2_gates import lessons_for
from services.seven_steps.work_types import TYPES

EARLIER_MAX = 30
BANDS = (risk.EXTREME, risk.HIGH, risk.MEDIUM)
SCALES = ("matrix", "lec")


@dataclass(frozen=True)
class Start:
    """What the form begins with instead of what is recorded. name: of the template or the earlier job."""

    name: str
    method: str
    rows: tuple[Mapping[str, Any], ...]

    @property
    def given(self) -> dict[str, Any]:
        return {"method": self.method, "rows": list(self.rows)}


@cache
def template_of(type_: str) -> Mapping[str, Any]:
    """The assessment to start from for this type of work (assessment_templates/<type>.toml)."""
    text = files("services.gateway").joinpath("assessment_templates", f"{type_}.toml").read_text("utf-8")
    return tomllib.loads(text)


async def start_of(view: View, job: Job) -> Start | None:
    """What the address asks to start from. Raises NotFound for a template or an earlier job that there is not."""
    query = view.request.query
    if (type_ := query.get("template", "")) != "":
        if type_ not in TYPES:
            raise problems.NotFound("template")
        return _from_template(view, job, type_)
    return await _from_earlier(view, job, query["from"]) if query.get("from") else None


def _from_template(view: View, job: Job, type_: str) -> Start:
    found, lang = template_of(type_), view.said.lang
    permits = [one.permit_id for one in _tickets(view, job) if one.type == type_]
    rows = tuple(
        {
            "step": row["step"][lang], "hazard": row["hazard"], "permits": permits, "initial": row["initial"],
            "residual": row["residual"],
            "controls": [
                {"level": one["level"], "text": {"lang": lang, "text": one["text"][lang]}, "owner": job.work_lead}
                for one in row.get("controls", ())
            ],
        }
        for row in found["rows"]
    )  # fmt: skip
    return Start(view.said.t("risk.template_of", kind=view.said.word("kind", type_)), found["method"], rows)


async def _from_earlier(view: View, job: Job, job_id: str) -> Start:
    """Its rows for the tickets of the same type; who owns a control is agreed anew."""
    earlier, permits = await _earlier(view, job_id)
    if earlier.assessment is None:
        raise problems.NotFound("assessment")
    mine = {one.type: [each.permit_id for each in _tickets(view, job) if each.type == one.type]
            for one in _tickets(view, job)}  # fmt: skip
    rows = tuple(
        {
            "step": row.step, "hazard": row.hazard, "initial": dict(row.initial), "residual": dict(row.residual),
            "permits": [one for type_ in sorted({permits[p].type for p in row.permits if p in permits})
                        for one in mine.get(type_, ())],
            "controls": [dict(one) | {"owner": job.work_lead} for one in row.controls],
        }
        for row in earlier.assessment.rows
    )  # fmt: skip
    return Start(earlier.job_no, earlier.assessment.method, rows)


async def _earlier(view: View, job_id: str) -> tuple[Job, Mapping[str, Permit]]:
    live = view.board.jobs.get(job_id)
    if live is not None:
        return live, view.board.permits
    found = await context.gateway(view.request).reading.job(job_id)
    if found is None or found["site_id"] != view.site_id:
        raise problems.NotFound("job")
    restored: Job = codec.restore(Job, found["job"])
    return restored, {one["permit_id"]: codec.restore(Permit, one) for one in found["permits"]}


async def risk_data(view: View, job: Job, start: Start | None) -> dict[str, Any]:
    """What the page needs besides its form."""
    rules, tickets = rules_of(view), _tickets(view, job)
    lessons = {one.lesson_id: one for ticket in tickets for one in lessons_for(view.board, job, ticket)}
    return {
        "bounds": {s: {b: str(rules.number(f"{s}_{b}_from", view.board)) for b in BANDS} for s in SCALES},
        "wanted": [(one, rules.listed(f"hazards_{one.type}")) for one in tickets],
        "templates": sorted({one.type for one in tickets}),
        "earlier": [row for row in await _rows_earlier(view, job) if await _has_assessment(view, row)],
        "copied_from": job.copied_from or "",
        "start": start.name if start else "",
        "lessons": list(lessons.values()),
    }


async def _rows_earlier(view: View, job: Job) -> list[Mapping[str, Any]]:
    found = await context.gateway(view.request).reading.search([view.site_id], Filters(), EARLIER_MAX, 0)
    return [row for row in found["jobs"] if row["job_id"] != job.job_id]


async def _has_assessment(view: View, row: Mapping[str, Any]) -> bool:
    """The list holds jobs of which nothing is assessed yet, or which were withdrawn before."""
    try:
        earlier, _ = await _earlier(view, row["job_id"])
    except problems.NotFound:
        return False
    return earlier.assessment is not None


def _tickets(view: View, job: Job) -> list[Permit]:
    return [view.board.permits[one] for one in job.permits if one in view.board.permits]
