"""Fixed hot-work areas 固定动火区 (GB 30871-2022 3.3, 5.1.1, 5.5): where hot work needs no ticket, and until when."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from services.seven_steps import site_time
from services.seven_steps.board import Board
from services.seven_steps.board_site import Area
from services.seven_steps.rules import Rules

INSTANT = timedelta(microseconds=1)


def is_fixed(area: Area | None, start: datetime, end: datetime, board: Board, rules: Rules) -> bool:
    """Whether the area is one on every day of the window [start, end): conditions confirmed, review not too old.

    The day a year after the review is the last one (reading A10.1: good to the end of its last day).
    """
    until = last_day(area, board, rules)
    if area is None or area.fixed_hot_work is None or until is None:
        return False
    first, last = site_time.site_day(board, start), site_time.site_day(board, max(start, end - INSTANT))
    return area.fixed_hot_work.reviewed_on <= first and last <= until


def last_day(area: Area | None, board: Board, rules: Rules) -> str | None:
    """The last day on which the area is one by its last review; None: it is none."""
    years = rules.bound("fixed_area_review", board)
    if area is None or area.fixed_hot_work is None or years is None or not area.fixed_hot_work.conditions_confirmed:
        return None
    return _years_after(date.fromisoformat(area.fixed_hot_work.reviewed_on), int(years.value)).isoformat()


def _years_after(day: date, years: int) -> date:
    """The same day of a later year; of 29 February the 28th, where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
