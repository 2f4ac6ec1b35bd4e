"""The line of a job: seven steps, seven gates, one lane per ticket; what all tickets share is drawn once.

A gate's drawing follows from what was passed (the board) and from the gates judged now:
open, shut (with the number of reasons), ready (all true, somebody must sign), fell (was open, a condition was lost),
far (an earlier gate is shut).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.seven_steps.board import Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.gate import RUN, SEVEN_GATES, Boundary, Verdict

B = Boundary

OPEN, SHUT, READY, FELL, FAR = "open", "shut", "ready", "fell", "far"
DONE, NOW, AHEAD = "done", "now", "ahead"

#: States in which a ticket has passed gates 4, 5 and 6.
STARTED = frozenset({"active", "suspended", "completed", "accepted", "void"})
COMPLETED = frozenset({"completed", "accepted"})
ENDED = frozenset({"void", "revoked"})
REVIEW_GATE = 7

#: `judge(boundary, permit)`: the verdicts of every gate of a boundary, for this job, now.
Judge = Callable[[Boundary, Permit | None], Sequence[Verdict]]


@dataclass(frozen=True)
class GateView:
    no: int
    state: str
    boundary: Boundary
    verdicts: tuple[Verdict, ...] = ()

    @property
    def missing(self) -> int:
        return sum(len(verdict.missing) for verdict in self.shut)

    @property
    def shut(self) -> list[Verdict]:
        """Those that stop the work; a gate that only alarms stops nothing."""
        return [verdict for verdict in self.verdicts if not verdict.open and verdict.gate.blocks]

    @property
    def held(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.open]


@dataclass(frozen=True)
class StepView:
    no: int
    state: str
    gate: GateView


@dataclass(frozen=True)
class Lane:
    """One ticket's way. `steps` are those after the shared ones."""

    permit: Permit | None
    steps: tuple[StepView, ...]


@dataclass(frozen=True)
class Line:
    shared: tuple[StepView, ...]
    lanes: tuple[Lane, ...] = field(default=())

    def gates_of(self, permit_id: str) -> dict[int, GateView]:
        lane = next((lane for lane in self.lanes if lane.permit and lane.permit.permit_id == permit_id), None)
        steps = self.shared + (lane.steps if lane else (self.lanes[0].steps if self.lanes else ()))
        return {step.no: step.gate for step in steps}


def passed(job: Job, permit: Permit | None) -> int:
    """How many of the seven gates a ticket (or, without one, the job) has behind it."""
    if job.state in ("reviewed", "closed"):
        return 7
    if permit is None:
        return {"draft": 0, "assessed": 1, "planned": 2, "briefed": 3}.get(job.state, 0)
    covered = (job.assessed, job.planned, job.briefed)
    for gate, tickets in enumerate(covered):
        if permit.permit_id not in tickets:
            return gate
    if permit.state == "accepted":
        return 6
    if permit.state in COMPLETED:
        return 5
    return 4 if permit.state in STARTED or permit.started else 3


def boundary_now(gate: int, permit: Permit | None) -> Boundary:
    """The boundary of this gate that a ticket stands at."""
    if gate == 4 and permit is not None:
        return {"open": B.SURVEY, "surveyed": B.ISSUE}.get(permit.state, B.START)
    if gate == 5 and permit is not None:
        return B.RESUME if permit.state == "suspended" else B.COMPLETE
    return SEVEN_GATES[gate][0]


def standing(judge: Judge, permit: Permit) -> tuple[Verdict, ...]:
    """What must hold all the time while the work runs: the gates asked at start, enter and resume alike."""
    return tuple(verdict for verdict in judge(B.RESUME, permit) if verdict.gate.at >= RUN)


def gate_view(job: Job, permit: Permit | None, no: int, judge: Judge) -> GateView:
    behind = passed(job, permit)
    at = boundary_now(no, permit)
    if no <= behind:
        return GateView(no, OPEN, at)
    if no > behind + 1 or (permit is not None and permit.state in ENDED):
        return GateView(no, FAR, at)
    if no == 5 and permit is not None:
        verdicts = tuple(judge(at, permit))
        if permit.state == "active":
            lost = tuple(verdict for verdict in standing(judge, permit) if not verdict.open and verdict.gate.blocks)
            return GateView(no, FELL, B.RESUME, lost) if lost else GateView(no, _state(verdicts), at, verdicts)
        return GateView(no, FELL, at, verdicts)
    if permit is None and no != REVIEW_GATE:
        return GateView(no, SHUT, at)  # no ticket yet: there is nothing to judge, and nothing passes
    verdicts = tuple(judge(at, None if no == REVIEW_GATE else permit))
    return GateView(no, _state(verdicts), at, verdicts)


def _state(verdicts: Sequence[Verdict]) -> str:
    return SHUT if any(not verdict.open and verdict.gate.blocks for verdict in verdicts) else READY


def _step(job: Job, permit: Permit | None, no: int, judge: Judge) -> StepView:
    behind = passed(job, permit)
    state = DONE if no <= behind else NOW if no == behind + 1 else AHEAD
    return StepView(no, state, gate_view(job, permit, no, judge))


def _shared(job: Job, tickets: Sequence[Permit], slowest: Permit, no: int, judge: Judge) -> StepView:
    """A step of the whole job: its gate is asked for every ticket that is not covered yet."""
    step = _step(job, slowest, no, judge)
    if step.gate.state not in (SHUT, READY):
        return step
    waiting = [ticket for ticket in tickets if ticket.state not in ENDED and passed(job, ticket) == no - 1]
    verdicts = tuple(verdict for ticket in waiting for verdict in judge(step.gate.boundary, ticket))
    return StepView(no, step.state, GateView(no, _state(verdicts), step.gate.boundary, verdicts))


def line_of(board: Board, job: Job, judge: Judge) -> Line:
    """Steps 1 and 2 once, when every ticket stands at the same place in them; the rest by ticket."""
    tickets = [board.permits[permit_id] for permit_id in job.permits if permit_id in board.permits]
    if not tickets:
        shared = tuple(_step(job, None, no, judge) for no in (1, 2))
        return Line(shared, (Lane(None, tuple(_step(job, None, no, judge) for no in range(3, 8))),))
    slowest = min(
        (ticket for ticket in tickets if ticket.state not in ENDED),
        key=lambda one: passed(job, one),
        default=tickets[0],
    )
    shared = tuple(_shared(job, tickets, slowest, no, judge) for no in (1, 2))
    lanes = tuple(Lane(ticket, tuple(_step(job, ticket, no, judge) for no in range(3, 8))) for ticket in tickets)
    return Line(shared, lanes)


def chosen_gate(line: Line, permit_id: str | None, wanted: int | None) -> tuple[Lane, GateView]:
    """The gate whose reasons are shown: the one asked for, else the first not open of the slowest live ticket."""
    lanes = list(line.lanes)
    lane = next((lane for lane in lanes if lane.permit and lane.permit.permit_id == permit_id), None)
    if lane is None:
        live = [one for one in lanes if one.permit and one.permit.state not in ENDED] or lanes
        lane = min(live, key=lambda one: sum(step.gate.state == OPEN for step in one.steps))
    steps = line.shared + lane.steps
    if wanted is None:
        wanted = next((step.no for step in steps if step.gate.state not in (OPEN, FAR)), 7)
    gate = next(step.gate for step in steps if step.no == wanted)
    return lane, gate
