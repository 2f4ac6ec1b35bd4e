"""The bar "act as" of a simulated site: who can do what is missing next, taken from the gates' own `who`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.gateway.pages import acts
from services.gateway.pages.line import GateView
from services.gateway.pages.reasons import Reason
from services.gateway.pages.render import View
from services.gateway.roles import roles_for
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.roles import ANYONE

SUGGESTIONS_MAX = 6


@dataclass(frozen=True)
class Suggestion:
    person_id: str
    roles: str
    what: str
    next: str


def likeliest(view: View, job: Job | None, permit: Permit | None, able: Sequence[str]) -> str | None:
    """Of those who could, the one already named on the job or the ticket; else the first."""
    named = [*(permit.crew if permit else ()), *((job.work_lead, job.applicant) if job else ())]
    return next((one for one in named if one in able), able[0] if able else None)


def able_to(view: View, type_: str) -> list[str]:
    wanted = roles_for(type_)
    return sorted(view.board.people) if wanted >= ANYONE else view.people.with_roles(wanted)


def suggestions(
    view: View, job: Job, permit: Permit | None, gate: GateView, reasons: Iterable[Reason], passing: acts.Act | None
) -> list[Suggestion]:
    """First what supplies each missing thing, then whoever passes the gate once it is ready."""
    found: dict[tuple[str, str, str], Suggestion] = {}
    for reason in reasons:
        for type_ in reason.commands:
            may = set(able_to(view, type_))
            able = [one for one in reason.people if one in may] or sorted(may)
            subject = reason.about if reason.about in view.board.people and reason.about in able else ""
            person = subject or likeliest(view, job, permit, able)
            if person:
                more = {"point_id": reason.about} if reason.about in view.board.isolation_points else {}
                add(view, found, person, type_, job, permit, **more)
    if passing is not None and not found:
        person = likeliest(view, job, permit, able_to(view, passing.type))
        if person:
            add(view, found, person, passing.type, job, permit)
    return list(found.values())[:SUGGESTIONS_MAX]


def add(
    view: View,
    found: dict[tuple[str, str, str], Suggestion],
    person: str,
    type_: str,
    job: Job | None,
    permit: Permit | None,
    **more: object,
) -> None:
    where = f" · {permit.permit_no}" if permit else f" · {job.job_no}" if job else ""
    what = view.said.t(f"command.{type_}.title") + where
    href = acts.form_url(view, type_, job, permit, **more)
    found.setdefault((person, type_, href), Suggestion(person, view.people.roles(person), what, href))
