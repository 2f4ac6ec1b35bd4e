"""What jobs and tickets can be looked for by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from services.register.schema import INVOLVED, JOBS, PERMITS


@dataclass(frozen=True, slots=True)
class Filters:
    """All that are given must fit; a job fits if it does itself or one of its tickets does.

    number: the beginning of a job or permit number · words: part of the title, place or numbers · equipment_tag: part
    of a tag · day_from, day_to: `YYYY-MM-DD` in the site's zone, both included: a ticket's window touches them, or the
    job was planned or made on one · person_id: had any part in it · state: of a ticket, or of the job
    """

    number: str | None = None
    words: str | None = None
    person_id: str | None = None
    area_id: str | None = None
    equipment_tag: str | None = None
    day_from: str | None = None
    day_to: str | None = None
    type: str | None = None
    level: str | None = None
    state: str | None = None
    live: bool | None = None

    def of_permits(self) -> list[Any]:
        """Conditions on a ticket alone, for boards that list tickets."""
        columns = {"area_id": self.area_id, "type": self.type, "level": self.level, "state": self.state}
        return [PERMITS.c[name] == value for name, value in columns.items() if value]


def jobs_matching(wanted: Filters) -> list[Any]:
    """Conditions on the table of jobs."""
    found: list[Any] = []
    if wanted.number:
        number = wanted.number.strip().upper()
        found.append(_either(JOBS.c.job_no.startswith(number, autoescape=True), permit_no_starts(number)))
    if wanted.words:
        found.append(_with_words(wanted.words.strip()))
    if wanted.person_id:
        found.append(_involved(wanted.person_id))
    if wanted.area_id:
        found.append(_either(JOBS.c.area_id == wanted.area_id, PERMITS.c.area_id == wanted.area_id))
    if wanted.equipment_tag:
        tag = wanted.equipment_tag.strip()
        has = (column.icontains(tag, autoescape=True) for column in (JOBS.c.equipment_tag, PERMITS.c.equipment_tag))
        found.append(_either(*has))
    if wanted.day_from or wanted.day_to:
        found.append(_in_days(wanted.day_from or "0000-00-00", wanted.day_to or "9999-99-99"))
    if wanted.type:
        found.append(_has_permit(PERMITS.c.type == wanted.type))
    if wanted.level:
        found.append(_has_permit(PERMITS.c.level == wanted.level))
    if wanted.state:
        found.append(_either(JOBS.c.state == wanted.state, PERMITS.c.state == wanted.state))
    if wanted.live is not None:
        found.append(JOBS.c.live.is_(wanted.live))
    return found


def permit_no_starts(number: str) -> Any:
    return PERMITS.c.permit_no.startswith(number, autoescape=True)


def _either(of_job: Any, of_permit: Any) -> Any:
    return or_(of_job, _has_permit(of_permit))


def _has_permit(condition: Any) -> Any:
    same = (PERMITS.c.site_id == JOBS.c.site_id) & (PERMITS.c.job_id == JOBS.c.job_id)
    return select(PERMITS.c.permit_id).where(same, condition).exists()


def _involved(person_id: str) -> Any:
    same = (INVOLVED.c.site_id == JOBS.c.site_id) & (INVOLVED.c.job_id == JOBS.c.job_id)
    return select(INVOLVED.c.job_id).where(same, INVOLVED.c.person_id == person_id).exists()


def _with_words(words: str) -> Any:
    of_job = or_(*(c.icontains(words, autoescape=True) for c in (JOBS.c.title, JOBS.c.place, JOBS.c.job_no)))
    of_permit = or_(*(c.icontains(words, autoescape=True) for c in (PERMITS.c.place, PERMITS.c.permit_no)))
    return _either(of_job, of_permit)


def _in_days(first: str, last: str) -> Any:
    planned = JOBS.c.planned_day.between(first, last) | JOBS.c.created_day.between(first, last)
    return _either(planned, (PERMITS.c.day_from <= last) & (PERMITS.c.day_to >= first))
