"""A form for each command, and what became of one that was sent from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from schemas import limits
from schemas.commands.base import REGISTRY
from services.gateway import context, problems
from services.gateway.pages import (
    acts,
    board_view,
    briefing_page,
    faults,
    gas_page,
    job_view,
    plan_page,
    risk_page,
    suggest,
    trail,
)
from services.gateway.pages.controls import Builder
from services.gateway.pages.job_page import level_reason, with_job
from services.gateway.pages.offline import MAY_WAIT
from services.gateway.pages.options import FormOptions, given_values, rules_of
from services.gateway.pages.reasons import Reason, reason, reasons, see_verdicts
from services.gateway.pages.render import View, environment, page, safe_next, texts_for_scripts, url, view_of
from services.gateway.roles import may_send
from services.seven_steps import codes
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.commands import COMMANDS
from services.seven_steps.gate import Boundary, Verdict
from services.seven_steps.roles import ANYONE, SERVICE
from services.seven_steps.signature_gates import SIGNED
from services.seven_steps.signature_keys import PASSKEY, live_keys
from services.seven_steps.spec import JOB, PERMIT, SITE

#: Acts that sign what stands on the page: they name the version of the job that was looked at.
VERSIONED = frozenset({"issue", "plan", "assess", "accept", "review", "sign_node", "send_back"})
#: Acts done on site, and those for which the person proves again who he is (G-SV-3a, G-SV-3b, G-CL-1c).
ON_SITE = frozenset({"issue", "accept"})
#: The survey may say so too; no gate asks for it there.
MAY_PROVE_PRESENCE = ON_SITE | {"survey"}
#: Offered at each isolation point on the survey's page.
ISOLATION_ACTS = ("apply_isolation", "verify_isolation")
RE_AUTHENTICATED = frozenset({"issue"})
#: The others that sign at a boundary do where the site asks for it (G-SG-1).
RE_AUTHENTICATED_BY_POLICY = frozenset(boundary.value for boundary in SIGNED)
#: Forms with many rows get the whole width.
WIDE_FORMS = frozenset(
    {
        "record_risk_assessment",
        "record_plan",
        "assign_crew",
        "change_crew",
        "record_gas_test",
        "confirm_measures",
        "set_foreman_roster",
    }
)
ALARM_COMMANDS = frozenset({"acknowledge_alarm", "close_alarm"})
WITHOUT_FORM = frozenset(
    {"register_site", "expire_ticket", "enforce_standing", "raise_alarm", "record_seal", "stop_work"}
    | {"record_signal", "record_gas_segment"}
    | {"register_key"}  # the device makes the key: pages "My keys" and `/enrol`
)


async def form(request: web.Request) -> web.StreamResponse:
    type_ = request.match_info["type"]
    spec = COMMANDS.get(type_)
    if spec is None or type_ in WITHOUT_FORM or spec.roles == frozenset({SERVICE}):
        raise problems.NotFound("form")
    view = await view_of(request)
    job, permit = await subject_of(view, request.query.get("job"), request.query.get("permit"))
    if type_ in acts.APPROVED_ON_A_PAGE and permit is not None:
        return web.HTTPFound(acts.form_url(view, type_, job, permit))
    verdicts = _verdicts(view, type_, job, permit)
    see_verdicts(view.people, verdicts)
    view.people.see_all(view.board.people)
    records = await trail.records(view, job.job_id) if job and type_ == "acknowledge_briefing" else []
    briefing = briefing_page.briefing_data(view, job, records) if job and type_ == "acknowledge_briefing" else None
    assessed = job if type_ == "record_risk_assessment" else None
    start = await risk_page.start_of(view, assessed) if assessed else None
    risk = await risk_page.risk_data(view, assessed, start) if assessed else None
    await view.know_names()
    may = may_send(type_, view.roles, view.board)
    gas = gas_page.gas_data(view, job, permit) if job and permit and type_ == "record_gas_test" else None
    own = "briefing" if briefing else "gas" if gas else ""
    if type_ == "confirm_measures" and permit is not None:
        own = "survey"
    own = "risk" if risk else "plan_aid" if type_ in plan_page.AIDED else own
    given = {**_asked(request), **(start.given if start else {})}
    return page(
        request, f"{own or 'form'}.html", view=view,
        nav="new" if type_ == "create_job" else "more", type=type_, may=may,
        **subject_data(view, type_, job, permit), **field_data(view, type_, job, permit, given),
        **_way_back(view, None if spec.creates else job, permit),
        reasons=_reasons(view, verdicts), briefing=briefing, gas=gas, risk=risk,
        aid=plan_page.aid_data(view, type_, job),
        fields_from=f"{own}_fields.html" if briefing or gas else "",
        gas_words=gas_page.words_for_script(view),
        isolation_acts=[one for one in ISOLATION_ACTS if may_send(one, view.roles, view.board)],
        changed_words=briefing_page.changed_words(view, briefing) if briefing else "",
        suggestions=[] if may else _suggested(view, type_, job, permit),
    )  # fmt: skip


def subject_data(view: View, type_: str, job: Job | None, permit: Permit | None) -> dict[str, Any]:
    """What the command is about, and what is missing of it in the address."""
    spec = COMMANDS[type_]
    of_permit = spec.subject == PERMIT and type_ != "add_ticket"
    of_job = (spec.subject in (JOB, PERMIT) and not spec.creates) or type_ == "add_ticket"
    missing = (
        "form.which_permit" if of_permit and permit is None else "form.which_job" if of_job and job is None else ""
    )
    return {
        "job": job, "permit": permit, "of_permit": of_permit, "of_job": of_job, "missing_subject": missing,
        "sends_job": of_job or type_ in acts.OPTIONAL_JOB or type_ in ALARM_COMMANDS,
        "creates": {"create_job": "job_id", "add_ticket": "permit_id"}.get(type_, ""),
        "expected": job.version if job and type_ in VERSIONED else None,
        "given_type": permit.type if permit else "",
        "subjects": _subjects(view, type_, of_permit) if missing else [],
        "state_of": lambda one: board_view.shown_state(one, job),
        "state_word": lambda one: board_view.state_word(view, one, job),
        "level_reason": lambda why: level_reason(view, why),
        "replaced": job_view.replaced(view, permit),
    }  # fmt: skip


def field_data(
    view: View, type_: str, job: Job | None, permit: Permit | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The form itself: its fields, its words, and what it asks of the person besides. given: values to begin with."""
    said, spec = view.said, COMMANDS[type_]
    builder = Builder(type_, FormOptions(view, type_, job, permit), said.has, said.word)
    values = {**given_values(view, type_, job, permit), **given}
    controls = builder.controls(REGISTRY[type_, spec.version].payload, values)
    wanted = ["anyone"] if spec.roles >= ANYONE else sorted(spec.roles)
    what = f"command.{type_}.what"
    return {
        "controls": controls, "scans": any(one.scan for one in controls),
        "version": spec.version, "kind": spec.kind, "who": [said.word("role", role) for role in wanted],
        "help": said.t(what) if said.has(what) else "",
        "wants_presence": type_ in MAY_PROVE_PRESENCE, "presence_needed": type_ in ON_SITE,
        "may_wait": type_ in MAY_WAIT, "document_bytes_max": limits.DOCUMENT_BYTES_MAX,
        "passkeys": [k.key_id for k in live_keys(view.board, view.person_id) if k.means == PASSKEY],
        "wants_password": _wants_password(view, type_), "wide_form": type_ in WIDE_FORMS,
        "form_link": lambda other: acts.form_url(view, other, job, permit),
        "words": {**texts_for_scripts(said, "script."), "seen": said.t("outbox_script.seen")},
    }  # fmt: skip


def _wants_password(view: View, type_: str) -> bool:
    if type_ in RE_AUTHENTICATED or type_ not in RE_AUTHENTICATED_BY_POLICY:
        return type_ in RE_AUTHENTICATED
    return bool(rules_of(view).number("reauthentication_to_sign", view.board))


def _way_back(view: View, job: Job | None, permit: Permit | None) -> dict[str, Any]:
    """Where the person came from, and is led back to once the command is accepted; a page may name itself."""
    if view.request.query.get("next"):
        back = safe_next(view.request.query["next"])
        return {"back": back, "next": back, "back_word": view.said.t("form.back")}
    if job is not None and job.job_id in view.board.jobs:
        back = url("sites", view.site_id, "jobs", job.job_id, permit=permit.permit_id if permit else None)
        return {"back": back, "next": back, "back_word": permit.permit_no if permit else job.job_no}
    back = url("sites", view.site_id, "board")
    return {"back": back, "next": back, "back_word": view.said.t("nav.board")}


def _reasons(view: View, verdicts: Sequence[Verdict]) -> list[Reason]:
    shut = [verdict for verdict in verdicts if not verdict.open and verdict.gate.blocks]
    return reasons(view.board, view.people, view.formats, shut)


async def subject_of(view: View, job_id: str | None, permit_id: str | None) -> tuple[Job | None, Permit | None]:
    """The job and ticket named in the address. Raises NotFound for ids that are not of this site."""
    permit = view.board.permits.get(permit_id or "")
    if permit_id and permit is None:
        raise problems.NotFound("permit")
    found = permit.job_id if permit else job_id
    job = await with_job(view, found) if found else None
    return job, permit


def _asked(request: web.Request) -> dict[str, Any]:
    """Values of single fields given in the address (`?person_id=…`)."""
    return {
        key: value
        for key, value in request.query.items()
        if key not in ("job", "permit", "lang", "done", "no", "next", "template", "from") and value
    }


def _verdicts(view: View, type_: str, job: Job | None, permit: Permit | None) -> tuple[Verdict, ...]:
    """The gates that this act would be asked, as they stand now. Those of an act on the site ask what it will say, so
    nothing can be told of them before; a job in the address is no part of it."""
    spec, boundary = COMMANDS[type_], COMMANDS[type_].boundary
    if boundary is None or job is None or spec.subject == SITE or (spec.subject == PERMIT and permit is None):
        return ()
    judge = board_view.judge_for(view, job)
    if boundary in (Boundary.ASSESS, Boundary.PLAN, Boundary.BRIEF):
        return tuple(v for p in job.permits if p in view.board.permits for v in judge(boundary, view.board.permits[p]))
    return tuple(judge(boundary, permit))


def _subjects(view: View, type_: str, of_permit: bool) -> list[tuple[str, str]]:
    """The jobs or tickets to choose from when the address names none."""
    if of_permit:
        tickets = [
            (one, view.board.jobs[one.job_id]) for one in view.board.permits.values() if one.job_id in view.board.jobs
        ]
        return [(acts.form_url(view, type_, job, one), f"{one.permit_no} · {one.place}") for one, job in tickets]
    return [(acts.form_url(view, type_, one), f"{one.job_no} · {one.title}") for one in view.board.jobs.values()]


def _suggested(view: View, type_: str, job: Job | None, permit: Permit | None) -> list[suggest.Suggestion]:
    if not context.is_simulated(view.board):
        return []
    found: dict[tuple[str, str, str], suggest.Suggestion] = {}
    person = suggest.likeliest(view, job, permit, suggest.able_to(view, type_))
    if person:
        suggest.add(view, found, person, type_, job, permit)
    return list(found.values())


# ---- what became of it ---------------------------------------------------------------------------------------------

KINDS = {
    202: "waiting",
    401: "signed_out",
    403: "not_allowed",
    408: "not_serving",
    409: "refused",
    413: "too_large",
    422: "malformed",
    429: "too_many",
    503: "not_serving",
}


def _kind(status: int, body: Mapping[str, Any]) -> str:
    return "stale_page" if body.get("error") == problems.Forged.error else KINDS.get(status, "broken")


async def _decided_meanwhile(
    view: View, job: Job | None, refusals: Sequence[Mapping[str, Any]], seq: object
) -> list[dict[str, Any]]:
    """What others recorded since the page was made (`seq`), where that is why the act came too late."""
    late = any(one.get("code") in (codes.VERSION_CONFLICT, codes.WRONG_STATE) for one in refusals)
    if job is None or not late or not str(seq).isdigit():
        return []
    return await trail.accepted_since(view, job.job_id, int(str(seq)))


async def answer(request: web.Request) -> web.Response:
    """A fragment that says, in words, what the gateway answered. Nothing is decided or stored here."""
    view = await view_of(request)
    try:
        told = json.loads(await request.read())
        status, body, type_ = int(told["status"]), dict(told["body"]), str(told["type"])
    except (ValueError, KeyError, TypeError, ConnectionResetError):  # the last: the page has gone on meanwhile
        raise problems.MalformedRequest({"": ["An answer of the gateway is expected."]}) from None
    if type_ not in COMMANDS:
        raise problems.NotFound("form")
    job, permit = view.board.jobs.get(told.get("job_id") or ""), view.board.permits.get(told.get("permit_id") or "")
    refusals = [one for one in body.get("refusals") or () if isinstance(one, dict)]
    decided = await _decided_meanwhile(view, job, refusals, told.get("seq"))
    for one in refusals:
        view.people.see_all(
            str(each) for each in (*(one.get("who") or ()), one.get("about")) if each in view.board.people
        )
    may = [str(role) for role in body.get("may") or ()]
    view.people.see_all(view.people.with_roles(may))
    await view.know_names()
    found = [
        reason(view.board, view.people, view.formats, str(one.get("code", "")), str(one.get("source", "")), one)
        for one in refusals
    ]
    said = view.said
    fragment = environment().get_template("answer.html").render(
        t=said.t, tn=said.tn, word=said.word, kind=_kind(status, body), type=type_, may_wait=type_ in MAY_WAIT,
        reasons=found,
        site_seq=body.get("site_seq"), form_link=lambda other: acts.form_url(view, other, job, permit),
        faults=faults.in_words(said, type_, dict(body.get("fields") or {})),
        may=[said.word("role", role) for role in may],
        able=[view.people.name(one) for one in view.people.with_roles(may)],
        sign_in_to=acts.form_url(view, type_, job, permit),
        reference=body.get("reference", ""), fmt=view.formats, name=view.people.name,
        meanwhile=trail.entries(view, decided),
    )  # fmt: skip
    return web.Response(text=fragment, content_type="text/html", headers={"Cache-Control": "no-store"})
