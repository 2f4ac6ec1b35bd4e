"""Why a job does not go on: the next gate of each of its tickets, with every reason it is shut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from services.gateway.texts import both
from services.rulebook import rulebook
from services.seven_steps.board import Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.gate import SEVEN_GATES, Boundary
from services.seven_steps.judge import judge

#: The boundary that comes next, by the state of the job while it is prepared, and then of the ticket.
OF_JOB = {"draft": Boundary.ASSESS, "assessed": Boundary.PLAN, "planned": Boundary.BRIEF}
OF_TICKET = {
    "open": Boundary.SURVEY,
    "surveyed": Boundary.ISSUE,
    "issued": Boundary.START,
    "suspended": Boundary.RESUME,
    "completed": Boundary.ACCEPT,
}


def shut_gates(board: Board, job_id: str, lang: str) -> Iterator[Mapping[str, str]]:
    """One row for each reason: ticket, gate 1 to 7, boundary, code, what is missing, source, who can supply it."""
    job = board.jobs.get(job_id)
    if job is None:
        return
    now = datetime.now(UTC)
    if board.site is not None and board.site.clock == "simulated" and board.decided_at is not None:
        now = board.decided_at
    rules = rulebook(board.site.packs) if board.site else rulebook()
    for permit_id in job.permits:
        permit = board.permits[permit_id]
        boundary = next_boundary(job, permit)
        if boundary is None:
            continue
        for verdict in judge(board, boundary, job, permit, now, rules):
            for missing in verdict.missing:
                said = both(missing.what, missing.about, missing.have, missing.need, verdict.gate.id)
                yield {
                    "ticket": permit.permit_no,
                    "gate": f"{_number(boundary)} {boundary.value}",
                    "code": verdict.gate.id,
                    "missing": said[lang],
                    "source": verdict.gate.source,
                    "who": " ".join(missing.who),
                }


def next_boundary(job: Job, permit: Permit) -> Boundary | None:
    """None while work runs, and when the ticket is over."""
    return OF_JOB.get(job.state) or OF_TICKET.get(permit.state)


def _number(boundary: Boundary) -> int:
    return next(number for number, boundaries in SEVEN_GATES.items() if boundary in boundaries)
