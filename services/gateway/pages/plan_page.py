"""The aids beside a plan's forms: which form has which, and the gas plan proposed for each ticket of the job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.gateway.pages.options import rules_of
from services.gateway.pages.render import View
from services.seven_steps import looking_ahead
from services.seven_steps.board_job import Job

#: What of a plan each form writes (static/plan_aid.js).
AIDED: Mapping[str, str] = {
    "assign_crew": "crew", "add_ticket": "ticket", "amend_ticket": "ticket", "replace_ticket": "ticket",
    "record_plan": "plan", "change_crew": "crew_change",
}  # fmt: skip


@dataclass(frozen=True)
class Proposal:
    """kinds: each kind of gas with the gases to choose from; gases: where there is no choice; points: in words."""

    permit_id: str
    kinds: tuple[tuple[str, tuple[str, ...]], ...]
    gases: tuple[str, ...]
    points: tuple[str, ...]


def aid_data(view: View, type_: str, job: Job | None) -> dict[str, Any] | None:
    """None for a form without aids."""
    if type_ not in AIDED:
        return None
    proposals = _proposals(view, job) if type_ == "record_plan" and job is not None else []
    return {"of": AIDED[type_], "proposals": proposals}


def _proposals(view: View, job: Job) -> list[Proposal]:
    rules, found = rules_of(view), []
    for permit in (view.board.permits[key] for key in job.permits if key in view.board.permits):
        told = looking_ahead.gas_proposal(view.board, job, permit, view.now, rules)
        only = tuple(gases[0] for gases in told.kinds.values() if len(gases) == 1)
        found.append(Proposal(permit.permit_id, tuple(told.kinds.items()), only, told.points))
    return found
