"""What ends soon: certificates, calibrations, delegations, reviews of fixed hot-work areas.

Shown to people in time; it blocks nothing. What is replaced by a later one is not told. What has ended is told as long
after as it is told before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from services.seven_steps import fixed_areas, site_time
from services.seven_steps.board import Board
from services.seven_steps.rules import SECONDS, Rules

CERTIFICATE, CALIBRATION, DELEGATION, FIXED_AREA = "certificate", "calibration", "delegation", "fixed_area"


@dataclass(frozen=True, slots=True)
class Ending:
    """kind, id: the thing; about: the person, instrument or area; what: the trade, right or model; last_day: the last
    on which it is good, as YYYY-MM-DD of the site; days_left: 0 on that day, negative after it."""

    kind: str
    id: str
    about: str
    what: str
    last_day: str
    days_left: int


def ending_soon(board: Board, now: datetime, rules: Rules) -> tuple[Ending, ...]:
    """Everything whose last day is at most the policy's days away, before or behind; the first to end first."""
    today = date.fromisoformat(site_time.site_day(board, now))
    bound = rules.bound("expiry_warning", board)
    days = int(bound.value * SECONDS[bound.unit] / SECONDS["d"]) if bound is not None else 0
    found = (
        Ending(kind, id_, about, what, last, (date.fromisoformat(last) - today).days)
        for kind, id_, about, what, last in (
            *_certificates(board),
            *_calibrations(board),
            *_delegations(board),
            *_fixed_areas(board, rules),
        )
    )
    near = (one for one in found if -days <= one.days_left <= days)
    return tuple(sorted(near, key=lambda one: (one.last_day, one.kind, one.about, one.id)))


def _certificates(board: Board) -> Iterator[tuple[str, str, str, str, str]]:
    """The last of each person and trade, of those that were not taken away."""
    held = [c for c in board.certificates.values() if not c.revoked and c.person_id in board.people]
    for one in held:
        later = (c for c in held if (c.person_id, c.trade) == (one.person_id, one.trade) and c.valid_to > one.valid_to)
        if not any(later):
            yield CERTIFICATE, one.certificate_id, one.person_id, one.trade, one.valid_to


def _calibrations(board: Board) -> Iterator[tuple[str, str, str, str, str]]:
    for one in board.instruments.values():
        if one.in_service:
            yield CALIBRATION, one.instrument_id, one.instrument_id, one.model, one.calibration_due


def _delegations(board: Board) -> Iterator[tuple[str, str, str, str, str]]:
    for person in board.people.values():
        for right, given in person.delegations.items():
            last = site_time.site_day(board, given.end)
            yield DELEGATION, f"{person.person_id}:{right}", person.person_id, right, last


def _fixed_areas(board: Board, rules: Rules) -> Iterator[tuple[str, str, str, str, str]]:
    """The last day on which hot work there needs no ticket, unless it is reviewed again (GB 30871-2022 5.5.2)."""
    for area in board.areas.values():
        last = fixed_areas.last_day(area, board, rules)
        if last is not None:
            yield FIXED_AREA, area.area_id, area.area_id, "", last
