"""`evolve(board, event) -> board`: never decides, never reads a clock, never fails on a recorded event."""

from __future__ import annotations

from dataclasses import replace

from services.seven_steps.board import Board, LateArrival
from services.seven_steps.commands import PROCEDURE
from services.seven_steps.event import Applier, Event, put, stated


def _late_arrival(board: Board, data: object) -> Board:
    """A record for a job that is closed, or that this site does not know: HSE clears it."""
    assert isinstance(data, dict)
    late = LateArrival(data["command_id"], data["job_id"], data["type"], stated(board, data))
    return replace(board, late_arrivals=put(board.late_arrivals, late.command_id, late))


APPLIERS: dict[tuple[str, int], Applier] = {
    key: applier for part in PROCEDURE for key, applier in part.APPLIERS.items()
} | {("late_arrival.recorded", 1): _late_arrival}


class UnknownEvent(Exception):
    """An event of a type or version that this release does not know: the reader halts, it never guesses."""


def evolve(board: Board, event: Event) -> Board:
    """The board after the event. Raises UnknownEvent for a type or version outside the closed list."""
    applier = APPLIERS.get((event.type, event.version))
    if applier is None:
        raise UnknownEvent(f"{event.type} version {event.version}")
    return applier(board, event.data)
