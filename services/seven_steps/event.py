"""An event: something that happened, as a JSON value with a type and a version; what handlers and appliers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from services.seven_steps import board_index, site_time
from services.seven_steps.board import Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.command import Interval
from services.seven_steps.facts import Stated
from services.seven_steps.gate import Case
from services.seven_steps.grid import Spot

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Event:
    type: str
    version: int
    data: Mapping[str, Any]


#: One branch of `evolve`: (board, data) -> board. Never decides, never fails on a recorded event, reads no clock.
Applier = Callable[[Board, Mapping[str, Any]], Board]
Appliers = Mapping[tuple[str, int], Applier]


def event(case: Case, type_: str, **data: Any) -> Event:
    """An event of this case: who said it, by which means, when it was captured, which job and ticket it is about."""
    about: dict[str, Any] = {
        "by": case.actor,
        "means": case.command.means,
        "captured": interval_json(case.command.captured),
    }
    if case.job is not None:
        about["job_id"] = case.job.job_id
    if case.permit is not None:
        about["permit_id"] = case.permit.permit_id
    return Event(type_, 1, about | data)


def recorded(type_: str) -> Callable[[Case], tuple[Event, ...]]:
    """A handler for a command that states a fact: the event carries the payload as it is."""

    def handler(case: Case) -> tuple[Event, ...]:
        return (event(case, type_, **case.command.payload),)

    return handler


def text_of(value: Mapping[str, str] | None) -> str:
    """The text of a {lang, text} pair; empty if there is none."""
    return value["text"] if value else ""


# ---- for appliers --------------------------------------------------------------------------------------------------


def at(board: Board) -> datetime:
    """When the record being applied was decided. The fold has set it before any event of the record."""
    assert board.decided_at is not None
    return board.decided_at


def happened(board: Board, data: Mapping[str, Any]) -> datetime:
    """When it happened, at the latest: order goes by this (design: clocks); of unknown time: when it was decided."""
    captured = interval_of(data["captured"])
    return at(board) if captured is None else min(captured.latest, at(board))


def began(board: Board, data: Mapping[str, Any]) -> datetime:
    """When it happened, at the earliest: how long something has lasted goes by this, on the safe side."""
    captured = interval_of(data["captured"])
    return at(board) if captured is None else min(captured.earliest, at(board))


def break_began(board: Board, data: Mapping[str, Any], permit: Permit) -> datetime:
    """When the ticket's work stopped, at the earliest. Told at no known time: as soon as it last began or went on."""
    since = permit.last_run_at if data["captured"] is None and permit.last_run_at is not None else began(board, data)
    return min(permit.stopped_at or at(board), since)


def put(mapping: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    return {**mapping, key: value}


def without(mapping: Mapping[K, V], key: K) -> dict[K, V]:
    return {k: v for k, v in mapping.items() if k != key}


def stated(board: Board, data: Mapping[str, Any], text: str = "") -> Stated:
    return Stated(by=data["by"], at=at(board), seq=board.seq, means=data["means"], text=text)


def change_job(board: Board, data: Mapping[str, Any], **changes: Any) -> Board:
    return put_job(board, replace(board.jobs[data["job_id"]], **changes))


def change_permit(board: Board, data: Mapping[str, Any], **changes: Any) -> Board:
    return put_permit(board, replace(board.permits[data["permit_id"]], **changes))


def put_job(board: Board, job: Job) -> Board:
    """A job, new or changed, with what is looked up by it."""
    index = board_index.with_job(board.index, board.jobs.get(job.job_id), job)
    return replace(board, jobs=put(board.jobs, job.job_id, job), index=index)


def put_permit(board: Board, permit: Permit) -> Board:
    """A ticket, new or changed, with what is looked up by it."""
    index = board_index.with_ticket(board.index, board.permits.get(permit.permit_id), permit)
    return replace(board, permits=put(board.permits, permit.permit_id, permit), index=index)


def job_of(board: Board, data: Mapping[str, Any]) -> Job:
    return board.jobs[data["job_id"]]


def permit_of(board: Board, data: Mapping[str, Any]) -> Permit:
    return board.permits[data["permit_id"]]


def decimal_or_none(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def spot_of(value: Mapping[str, str] | None) -> Spot | None:
    return None if value is None else Spot(**{name: Decimal(metres) for name, metres in value.items()})


def spot_json(spot: Spot | None) -> dict[str, str] | None:
    if spot is None:
        return None
    stated_ = {name: getattr(spot, name) for name in ("east_m", "north_m", "elevation_m", "error_m")}
    return {name: format(metres, "f") for name, metres in stated_.items() if metres is not None}


def interval_json(interval: Interval | None) -> list[str] | None:
    if interval is None:
        return None
    return [site_time.stamp(interval.earliest), site_time.stamp(interval.latest)]


def interval_of(value: list[str] | None) -> Interval | None:
    return None if value is None else Interval(site_time.parse(value[0]), site_time.parse(value[1]))
