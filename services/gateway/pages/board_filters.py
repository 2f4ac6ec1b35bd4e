"""Which tickets a board shows: by area, type, state and text, as the address says; an unknown value filters nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from services.gateway.pages.render import View
from services.seven_steps.board import Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.work_types import TYPES

#: States of a live ticket, in the order in which it passes them.
STATES = ("open", "surveyed", "issued", "active", "suspended", "completed", "accepted")
TEXT_CHARS_MAX = 80


@dataclass(frozen=True)
class BoardFilter:
    area: str = ""
    type: str = ""
    state: str = ""
    q: str = ""

    @property
    def query(self) -> Mapping[str, str]:
        """As in the address."""
        return asdict(self)

    @property
    def narrow(self) -> bool:
        return any(self.query.values())

    def fits(self, job: Job, permit: Permit | None = None) -> bool:
        """Whether a ticket is shown; without one, whether a job that has no ticket yet is."""
        if permit is None and (self.type or self.state):
            return False
        about = permit or job
        if self.area not in ("", about.area_id):
            return False
        if permit is not None and (self.type not in ("", permit.type) or self.state not in ("", permit.state)):
            return False
        return not self.q or self.q.casefold() in _text_of(job, permit)


def _text_of(job: Job, permit: Permit | None) -> str:
    words = [job.job_no, job.title, job.place, job.equipment_tag, job.work_unit]
    words += [permit.permit_no, permit.place, permit.equipment_tag] if permit else []
    return "\n".join(words).casefold()


def asked(query: Mapping[str, str], board: Board) -> BoardFilter:
    known = {"area": board.areas, "type": TYPES, "state": STATES}
    given = {key: query.get(key, "") for key in known}
    kept = {key: value for key, value in given.items() if value in known[key]}
    return BoardFilter(**kept, q=query.get("q", "").strip()[:TEXT_CHARS_MAX])


def choices(view: View) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The lists to choose from: name in the address, the label's key, values with their words."""
    said = view.said
    rows: dict[str, tuple[str, list[tuple[str, str]]]] = {
        "area": ("board.area", [(key, said.pick(area.name)) for key, area in view.board.areas.items()]),
        "type": ("board.type", [(kind, said.t(f"kind.{kind}")) for kind in TYPES]),
        "state": ("part.state", [(state, said.t(f"state.{state}")) for state in STATES]),
    }
    return [(name, label, values) for name, (label, values) in rows.items()]


def data(view: View) -> dict[str, Any]:
    """What the filter's form shows."""
    return {"filters": choices(view), "asked": asked(view.request.query, view.board)}
