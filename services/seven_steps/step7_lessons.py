"""Step 7, lessons 经验教训: proposed by anyone, approved by HSE, then answered by whoever assesses work they fit.

A lesson names what it applies to: types of work, areas, equipment. What it leaves open fits everything. Only approved
ones are asked for (G-LSN-1); a withdrawn one is asked for no more, and the log keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.seven_steps import codes, limits, roles
from services.seven_steps.board import Board
from services.seven_steps.board_site import Lesson
from services.seven_steps.event import event, put, stated, without
from services.seven_steps.gate import Case
from services.seven_steps.spec import ACT, RECORD, SITE, CommandSpec, Decision, Refused

Data = Mapping[str, Any]


# ---- decide --------------------------------------------------------------------------------------------------------


def propose_lesson(case: Case) -> Decision:
    """Its id is given here and never again: an answer is to this text and no other."""
    if len(case.board.lessons) >= limits.LESSONS_MAX:
        return Refused(codes.LIMIT_REACHED, about="lessons", need=str(limits.LESSONS_MAX), who=(roles.HSE,))
    empty: dict[str, Any] = {"tags": [], "types": [], "areas": [], "equipment": []}
    about = {"lesson_id": f"lesson-{case.board.seq + 1}", "job_id": case.command.job_id}
    return (event(case, "lesson.proposed", **empty | dict(case.command.payload) | about),)


def publish_lesson(case: Case) -> Decision:
    return _of_lesson(case, "lesson.published", approved=False)


def withdraw_lesson(case: Case) -> Decision:
    return _of_lesson(case, "lesson.withdrawn", approved=None)


def _of_lesson(case: Case, type_: str, approved: bool | None) -> Decision:
    lesson_id = case.command.payload["lesson_id"]
    lesson = case.board.lessons.get(lesson_id)
    if lesson is None or approved not in (None, lesson.approved is not None):
        have = ":none" if lesson is None else ":approved"
        return Refused(codes.WRONG_STATE, about=lesson_id, have=have, need=":proposed_lesson")
    return (event(case, type_, **case.command.payload),)


# ---- evolve --------------------------------------------------------------------------------------------------------


def lesson_proposed(board: Board, data: Data) -> Board:
    lesson = Lesson(
        lesson_id=data["lesson_id"],
        text=data["what"]["text"],
        lang=data["what"]["lang"],
        tags=tuple(data["tags"]),
        types=frozenset(data["types"]),
        areas=frozenset(data["areas"]),
        equipment=frozenset(data["equipment"]),
        job_id=data["job_id"],
        proposed=stated(board, data),
    )
    return replace(board, lessons=put(board.lessons, lesson.lesson_id, lesson))


def lesson_published(board: Board, data: Data) -> Board:
    lesson = replace(board.lessons[data["lesson_id"]], approved=stated(board, data))
    return replace(board, lessons=put(board.lessons, lesson.lesson_id, lesson))


def lesson_withdrawn(board: Board, data: Data) -> Board:
    return replace(board, lessons=without(board.lessons, data["lesson_id"]))


APPLIERS = {
    ("lesson.proposed", 1): lesson_proposed,
    ("lesson.published", 1): lesson_published,
    ("lesson.withdrawn", 1): lesson_withdrawn,
}

HSE = frozenset({roles.HSE})

COMMANDS = (
    CommandSpec("propose_lesson", RECORD, roles.ANYONE, SITE, propose_lesson),
    CommandSpec("publish_lesson", ACT, HSE, SITE, publish_lesson),
    CommandSpec("withdraw_lesson", RECORD, HSE, SITE, withdraw_lesson),
)
