"""Times: UTC on the log; day, night, holiday and booking day in the site's zone (reading A10.1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.seven_steps.board import Board
from services.seven_steps.board_site import Calendar
from services.seven_steps.command import Interval

HOLIDAY, REST_DAY, NIGHT, SPECIAL_PERIOD = "holiday", "rest_day", "night", "special_period"


def parse(text: str) -> datetime:
    """An ISO 8601 time with an offset as aware UTC; raises ValueError without an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"no offset from UTC: {text}")
    return moment.astimezone(UTC)


def stamp(moment: datetime) -> str:
    """The one form of a time on the log: UTC with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def zone_of(board: Board) -> ZoneInfo:
    return ZoneInfo(board.site.zone if board.site else "UTC")


def local(board: Board, moment: datetime) -> datetime:
    return moment.astimezone(zone_of(board))


def site_day(board: Board, moment: datetime) -> str:
    """The calendar day on the site at that moment, `YYYY-MM-DD`."""
    return local(board, moment).date().isoformat()


def days_of(board: Board, moment: Interval) -> tuple[str, ...]:
    """The day or days on which something may have happened, the first first."""
    return tuple(sorted({site_day(board, moment.earliest), site_day(board, moment.latest)}))


def day_begins(board: Board, moment: datetime) -> datetime:
    """Midnight with which the site's day of that moment began, in UTC."""
    return datetime.combine(local(board, moment).date(), time(0), zone_of(board)).astimezone(UTC)


def months_after(board: Board, moment: datetime, months: int) -> datetime:
    """The same date and time of day on the site, so many months later; where there is no such date, the day after."""
    here = local(board, moment)
    year, month = divmod(here.year * 12 + here.month - 1 + months, 12)
    try:
        day = date(year, month + 1, here.day)
    except ValueError:
        day = date(year, month + 2, 1)  # only months before December are short of a day
    return datetime.combine(day, here.timetz()).astimezone(UTC)


def _at(text: str) -> time:
    return time.fromisoformat(text)


def is_night(calendar: Calendar, clock: time) -> bool:
    """`night_from` is in the night, `night_to` no longer; a night may pass midnight."""
    start, end = _at(calendar.night_from), _at(calendar.night_to)
    return start <= clock < end if start <= end else clock >= start or clock < end


def day_reasons(calendar: Calendar, day: date) -> tuple[str, ...]:
    """Why hot work on that day is upgraded (GB 30871-2022 5.1.1), in the order of alarms 40, 41, 43."""
    text = day.isoformat()
    reasons = []
    if text in calendar.holidays:
        reasons.append(HOLIDAY)
    elif day.isoweekday() in calendar.rest_days and text not in calendar.workdays:
        reasons.append(REST_DAY)
    if any(period.start <= text <= period.end for period in calendar.special_periods):
        reasons.append(SPECIAL_PERIOD)
    return tuple(reasons)


def upgrade_reasons_at(board: Board, moment: datetime) -> tuple[str, ...]:
    """Why hot work at this moment needs the upgraded approval; empty if it does not."""
    here = local(board, moment)
    night = (NIGHT,) if is_night(board.calendar, here.time()) else ()
    return day_reasons(board.calendar, here.date()) + night


def upgrade_reasons_between(board: Board, start: datetime, end: datetime) -> tuple[str, ...]:
    """The same for every moment of a window [start, end)."""
    found: list[str] = []
    for moment in _moments(board, start, end):
        found += [reason for reason in upgrade_reasons_at(board, moment) if reason not in found]
    return tuple(found)


def _moments(board: Board, start: datetime, end: datetime) -> Iterator[datetime]:
    """The start and every change of day or of day and night inside the window: between two, nothing changes."""
    yield start
    zone = zone_of(board)
    day = start.astimezone(zone).date()
    last = end.astimezone(zone).date()
    while day <= last:
        for clock in (time(0), _at(board.calendar.night_from), _at(board.calendar.night_to)):
            moment = datetime.combine(day, clock, zone).astimezone(UTC)
            if start < moment < end:
                yield moment
        day += timedelta(days=1)
