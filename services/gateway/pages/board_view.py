"""The board of a site: areas down, states across, one card per ticket; alarms oldest first with their owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import Any

from services.gateway.pages import area_plan
from services.gateway.pages.board_filters import BoardFilter
from services.gateway.pages.line import ENDED, FAR, OPEN, GateView, line_of
from services.gateway.pages.reasons import see_verdicts
from services.gateway.pages.render import View, url
from services.rulebook import rulebook
from services.seven_steps import judge as judging
from services.seven_steps.board import Alarm
from services.seven_steps.board_job import Job
from services.seven_steps.board_site import Emergency
from services.seven_steps.board_ticket import Permit
from services.seven_steps.gate import Boundary, Verdict
from services.seven_steps.rules import Rules

COLUMNS = ("preparing", "issued", "active", "halted")
COLUMN_OF = {
    "open": "preparing", "surveyed": "preparing", "issued": "issued", "active": "active",
    "suspended": "halted", "completed": "halted", "accepted": "halted",
}  # fmt: skip
LOOKS = {"issued": "iss", "active": "act", "suspended": "sus", "completed": "", "accepted": ""}
CARDS_PER_CELL_MAX = 20
#: Tickets in preparation whose gates are judged for the board; beyond that the card shows the state alone.
JUDGED_MAX = 200
JUDGED_STATES = frozenset({"open", "surveyed", "issued"})
ALARMS_SHOWN_MAX = 100
#: How long before its end a countdown warns: what holds for half an hour, and what holds for hours.
SHORT_SOON, LONG_SOON = timedelta(minutes=5), timedelta(minutes=30)


@dataclass(frozen=True)
class Deadline:
    """What runs out next: the ticket, its gas test, the 2-hour record, the time to start.

    soon_s: how long before, in seconds, it is warned of; left: the time left when the page was made, in words
    """

    kind: str
    until: datetime
    soon_s: int
    left: str


@dataclass(frozen=True)
class Card:
    key: str
    href: str
    type: str
    no: str
    work: str
    state: str
    icon: str
    fact: str
    look: str
    deadline: Deadline | None = None


@dataclass
class Cell:
    cards: list[Card] = field(default_factory=list)
    more: int = 0


@dataclass(frozen=True)
class Row:
    area_id: str
    name: str
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class AlarmRow:
    alarm_id: str
    code: str
    what: str
    about: str
    href: str
    acknowledged: bool
    owner_name: str
    raised_at: datetime
    age: str
    count: int
    job_id: str | None
    permit_id: str | None


def rules_for(view: View) -> Rules:
    return rulebook(view.board.site.packs) if view.board.site else rulebook()


def judge_for(view: View, job: Job) -> Any:
    """The gates of a boundary, for this job, on the site's clock, now."""
    rules = rules_for(view)

    def judge(boundary: Boundary, permit: Permit | None) -> tuple[Verdict, ...]:
        return judging.judge(view.board, boundary, job, permit, view.now, rules)

    return judge


def live_permits(view: View) -> list[Permit]:
    jobs = view.board.jobs
    permits = view.board.permits.values()
    live = [one for one in permits if one.state not in ENDED and one.job_id in jobs]
    return [one for one in live if jobs[one.job_id].state != "closed"]


#: What may stand in a cell: how urgent it is, its id, the job, and the ticket if there is one.
Entry = tuple[float, str, Job, Permit | None]


def board_data(view: View, wanted: BoardFilter) -> dict[str, Any]:
    """What the board and its live part show. Names are asked for by the caller after this (`view.know_names`)."""
    jobs = view.board.jobs
    permits = [one for one in live_permits(view) if wanted.fits(jobs[one.job_id], one)]
    cells: dict[tuple[str, str], list[Entry]] = {}
    for one in permits:
        urgency = (one.valid_to or one.planned_to).timestamp()
        entry = (urgency, one.permit_id, jobs[one.job_id], one)
        cells.setdefault((one.area_id, COLUMN_OF[one.state]), []).append(entry)
    for job in jobs.values():
        if _shown_as_job(view, job) and wanted.fits(job):
            column = "halted" if job.state == "reviewed" else "preparing"
            waiting = (job.created.at.timestamp(), job.job_id, job, None)
            cells.setdefault((job.area_id, column), []).append(waiting)
    totals = {column: sum(len(found) for (_, of), found in cells.items() if of == column) for column in COLUMNS}
    for alarm in _open_alarms(view):
        view.people.see(alarm.owner)
    return {"columns": COLUMNS, "cells": _cells(view, cells), "totals": totals, "asked": wanted, "permits": permits}


def _cells(view: View, found: Mapping[tuple[str, str], list[Entry]]) -> dict[tuple[str, str], Cell]:
    """The most urgent of each cell as cards; the gates of the first of all are judged."""
    judged = JUDGED_MAX
    made = {}
    for key, entries in found.items():
        cell = Cell(more=max(0, len(entries) - CARDS_PER_CELL_MAX))
        for _, _, job, permit in nsmallest(CARDS_PER_CELL_MAX, entries, key=lambda entry: entry[:2]):
            judge = permit is not None and permit.state in JUDGED_STATES and judged > 0
            judged -= judge
            cell.cards.append(_permit_card(view, permit, judge) if permit else _job_card(view, job))
        made[key] = cell
    return made


def finish(view: View, data: dict[str, Any]) -> dict[str, Any]:
    """Rows and alarms, once the names are known."""
    wanted: BoardFilter = data["asked"]
    rows = []
    for area in view.board.areas.values():
        cells = {column: data["cells"].get((area.area_id, column), Cell()) for column in COLUMNS}
        if wanted.area == area.area_id or any(cell.cards for cell in cells.values()):
            rows.append(Row(area.area_id, view.said.pick(area.name), cells))
    open_alarms = _open_alarms(view)
    return {
        **data,
        "rows": rows,
        "alarms": [alarm_row(view, alarm) for alarm in open_alarms[:ALARMS_SHOWN_MAX]],
        "alarm_count": len(open_alarms),
        "plan": area_plan.plan_of(view, data["permits"], wanted.area),
        "state_of": lambda one: shown_state(one, view.board.jobs[one.job_id]),
        "state_word": lambda one: state_word(view, one, view.board.jobs[one.job_id]),
    }


def emergency_view(view: View, emergency: Emergency) -> dict[str, Any]:
    area = view.board.areas.get(emergency.area_id or "")
    where = view.said.pick(area.name) if area else view.said.t("emergency.whole_site")
    return {
        "where": where,
        "area_id": emergency.area_id,
        "by": emergency.declared_by,
        "at": emergency.at,
        "reason": emergency.reason,
    }


def _open_alarms(view: View) -> list[Alarm]:
    return sorted((a for a in view.board.alarms.values() if a.closed is None), key=lambda alarm: alarm.raised_at)


def alarm_row(view: View, alarm: Alarm) -> AlarmRow:
    said = view.said
    permit = view.board.permits.get(alarm.permit_id or "")
    job = view.board.jobs.get(alarm.job_id or "")
    about = permit.permit_no if permit else job.job_no if job else ""
    what = said.t(f"alarm.{alarm.code}") if said.has(f"alarm.{alarm.code}") else said.t("alarm.other", code=alarm.code)
    return AlarmRow(
        alarm.alarm_id, alarm.code, what, about,
        url("sites", view.site_id, "jobs", job.job_id, permit=permit.permit_id if permit else None) if job else "",
        alarm.acknowledged is not None, view.people.name(alarm.owner), alarm.raised_at,
        view.formats.lasting(view.now - alarm.raised_at),
        alarm.count, alarm.job_id, alarm.permit_id,
    )  # fmt: skip


def _shown_as_job(view: View, job: Job) -> bool:
    """A job without a live ticket, but not over."""
    return job.state != "closed" and not any(
        view.board.permits[p].state not in ENDED for p in job.permits if p in view.board.permits
    )


def _job_card(view: View, job: Job) -> Card:
    state = view.said.word("job_state", job.state)
    href = url("sites", view.site_id, "jobs", job.job_id)
    fact = view.said.t("board.no_ticket") if not job.permits else ""
    look = "" if job.state == "reviewed" else "pre"
    return Card(job.job_id, href, "", job.job_no, job.place, state, job.state, fact, look)


def shown_state(permit: Permit, job: Job | None = None) -> str:
    """The state as it looks: a suspension by stop-work is drawn as stopped; before the survey the job's step shows."""
    if permit.state == "suspended" and "stop_work" in permit.suspensions:
        return "stopped"
    if permit.state == "open" and job is not None and job.state in ("draft", "assessed", "planned"):
        return job.state
    return permit.state


def state_word(view: View, permit: Permit, job: Job | None = None) -> str:
    shown = shown_state(permit, job)
    return (
        view.said.t(f"job_state.{shown}")
        if shown in ("draft", "assessed", "planned")
        else view.said.t(f"state.{shown}")
    )


def _permit_card(view: View, permit: Permit, judged: bool) -> Card:
    job = view.board.jobs[permit.job_id]
    shown = shown_state(permit, job)
    word, fact, icon = state_word(view, permit, job), fact_of(view, permit), shown
    look = "stop" if shown == "stopped" else LOOKS.get(permit.state, "pre")
    if job.stop is not None and permit.state not in ("suspended", "completed", "accepted"):
        look, word, icon = "stop", view.said.t("state.stopped"), "stopped"
    elif judged:
        gate = first_shut(view, job, permit)
        if gate is not None and gate.missing:
            word, icon = view.said.t("board.gate_shut", gate=gate.no, n=gate.missing), "lock"
    href = url("sites", view.site_id, "jobs", job.job_id, permit=permit.permit_id)
    due = deadline(view, permit)
    return Card(permit.permit_id, href, permit.type, permit.permit_no, permit.place, word, icon, fact, look, due)


def deadline(view: View, permit: Permit) -> Deadline | None:
    """What runs out first of a ticket that is surveyed, issued or running; None if nothing does."""
    found: list[tuple[datetime, str]] = []
    gas, _ = gas_due(view, permit)
    if gas is not None:
        found.append((gas, "record" if permit.state == "active" else "gas"))
    if permit.state in ("active", "suspended") and permit.valid_to:
        found.append((permit.valid_to, "validity"))
    if permit.state == "issued" and permit.valid_from:
        found.append((permit.valid_from + rules_for(view).duration("start_window", view.board), "start"))
    if not found:
        return None
    until, kind = min(found)
    left = until - view.now
    soon = SHORT_SOON if kind in ("gas", "start") else LONG_SOON
    lasting = view.formats.lasting(left)
    words = view.said.t("count.over_by", span=lasting) if left < timedelta() else lasting
    return Deadline(kind, until, int(soon.total_seconds()), words)


def first_shut(view: View, job: Job, permit: Permit) -> GateView | None:
    """The gate a ticket stands at."""
    gates = line_of(view.board, job, judge_for(view, job)).gates_of(permit.permit_id)
    found = next((gate for gate in gates.values() if gate.state not in (OPEN, FAR)), None)
    if found is not None:
        see_verdicts(view.people, found.shut[:1])
    return found


def fact_of(view: View, permit: Permit) -> str:
    """The one fact that decides next."""
    said, fmt = view.said, view.formats
    if permit.state == "issued" and permit.valid_from:
        by = permit.valid_from + rules_for(view).duration("start_window", view.board)
        return said.t("fact.start_by", at=view.clock_or_day(by))
    if permit.state == "active" and permit.valid_to and view.now > permit.valid_to:
        return said.t("fact.over", at=fmt.clock(permit.valid_to))
    if permit.state == "active":
        ends = said.t("fact.ends", at=view.clock_or_day(permit.valid_to))
        return said.t("fact.inside_and", n=len(permit.inside), more=ends) if permit.type == "confined_space" else ends
    if permit.state == "suspended":
        latest = max(permit.suspensions.values(), key=lambda one: one.at, default=None)
        return said.t("fact.since", what=said.word("cause", latest.cause), at=fmt.clock(latest.at)) if latest else ""
    if permit.state == "completed" and permit.completed and permit.type == "hot_work" and permit.fire_watch is None:
        return said.t("fact.fire_watch", at=fmt.clock(permit.completed.at))
    if permit.state in ("open", "surveyed"):
        return said.t("fact.planned", when=fmt.day_clock(permit.planned_from))
    return ""


def fire_watch_until(view: View, permit: Permit) -> datetime | None:
    """When the fire watch may end at the earliest."""
    if permit.type != "hot_work" or permit.completed is None or permit.fire_watch is not None:
        return None
    return permit.completed.at + rules_for(view).duration("fire_watch", view.board)


def gas_due(view: View, permit: Permit) -> tuple[datetime | None, timedelta]:
    """When the next gas test is due, and for how long one is good: 2 h in a running confined space, else 30 min."""
    rules = rules_for(view)
    sampled = [reading.sampled.earliest for reading in permit.gas if reading.sampled is not None]
    running = permit.state == "active"
    name = "gas_record_interval_confined" if running else "gas_age_before_start"
    found = rules.duration_or_none(name, view.board)
    span = found or timedelta()
    if (
        not sampled
        or found is None
        or (running and permit.type != "confined_space")
        or permit.state not in ("surveyed", "issued", "active")
    ):
        return None, span
    return max(sampled) + span, span
