"""Reading: what the gates of the plan would say of a draft (seven_steps/looking_ahead.py), in words.

For whoever writes plans; nothing is recorded, and the same gates are asked when the plan is sent.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from schemas import limits
from schemas.commands.ticket_facts import FACTS
from schemas.errors import flattened
from schemas.fields import errors_of
from schemas.plain_json import Malformed, parse_object
from schemas.requests import PlanDraft
from services.gateway import context, problems
from services.gateway.pages import plan_words
from services.gateway.pages.options import rules_of
from services.gateway.pages.render import View, view_of
from services.seven_steps import looking_ahead
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit

Draft = dict[str, Any]
#: A whole crew, or what changes of one.
CREWS: dict[str, Any] = {"crew": looking_ahead.crew_ahead, "crew_change": looking_ahead.crew_change_ahead}


async def plan_aid(request: web.Request) -> web.Response:
    """The parts that the draft has: `crew`, `crew_change` of the ticket named, `ticket` and `plan` of the job named."""
    draft = _draft(request)
    view = await view_of(request)
    job, permit = _subject(view, request)
    rules, told = rules_of(view), {}
    for part, ahead in CREWS.items():
        if part not in draft:
            continue
        if permit is None:
            raise problems.MalformedRequest({"permit_id": ["The ticket whose crew it is."]})
        crew = ahead(view.board, permit, draft[part], view.now, rules)
        await _know_whom_it_is_about(view, crew)
        told[part] = plan_words.crew(view, crew)
    if "ticket" in draft:
        told["ticket"] = _ticket(view, job, permit, draft["ticket"])
    if "plan" in draft:
        asked = (view.board, job, draft["plan"], view.now, rules)
        plan, clashes = looking_ahead.plan_ahead(*asked), looking_ahead.plan_clashes(*asked)
        told["plan"] = plan_words.plan(view, job, draft["plan"], plan, clashes)
    return web.json_response(told)


async def _know_whom_it_is_about(view: View, crew: looking_ahead.CrewAhead) -> None:
    """Only names that are said are read: the vault keeps a record of who read whose."""
    shut = [*crew.shut, *(one for member in crew.members for one in member.shut)]
    if people := {one.missing.about for one in shut} & view.board.people.keys():
        view.people.names = await context.names(view.request, sorted(people))


def _draft(request: web.Request) -> Draft:
    """Raises TooLarge and MalformedRequest."""
    given = request.query.get("draft", "")
    if len(given) > limits.PLAN_DRAFT_CHARS_MAX:
        raise problems.TooLarge("plan_draft_chars", limits.PLAN_DRAFT_CHARS_MAX)
    try:
        draft = parse_object(given.encode("utf-8", "surrogatepass"))
    except Malformed as wrong:
        raise problems.MalformedRequest(
            {f"draft.{path}".rstrip("."): said for path, said in wrong.fields.items()}
        ) from None
    found = flattened(errors_of(PlanDraft, draft), "draft")
    if found:
        raise problems.MalformedRequest(found)
    return draft


def _subject(view: View, request: web.Request) -> tuple[Job, Permit | None]:
    """The live job and ticket of this site that the address names. Raises NotFound."""
    permit_id = request.query.get("permit_id", "")
    permit = view.board.permits.get(permit_id)
    if permit_id and permit is None:
        raise problems.NotFound("permit")
    job = view.board.jobs.get(permit.job_id if permit else request.query.get("job_id", ""))
    if job is None:
        raise problems.NotFound("job")
    return job, permit


def _ticket(view: View, job: Job, permit: Permit | None, said: Draft) -> Draft:
    type_ = permit.type if permit is not None else said.get("type")
    if type_ is None:
        raise problems.MalformedRequest({"draft.ticket.type": ["The type of a new ticket."]})
    wrong = flattened(FACTS[type_]().validate(said.get("facts", {}), partial=True), "draft.ticket.facts")
    if wrong:
        raise problems.MalformedRequest(wrong)
    stated = {**({} if permit is not None else {"facts": {}}), **said, "type": type_}
    found = looking_ahead.ticket_ahead(view.board, job, permit, stated, view.now, rules_of(view))
    return plan_words.ticket(view, found)


ROUTES = (web.get("/api/sites/{site_id}/plan-aid", plan_aid),)
