"""The board of a site: areas down, states across, one card per ticket; alarms oldest first with their owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

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

COLUMNS = ("preparing", "issued", "active", "halted")
COLUMN_OF = {
    "open": "preparing", "surveyed": "preparing", "issued": "issued", "active": "active",
    "suspended": "halted", "completed": "halted", "accepted": "halted",
}  # fmt: skip
LOOKS = {"issued": "iss", "active": "act", "suspended": "sus", "completed": "", "accepted": ""}
CARDS_PER_CELL_MAX = 20
#: Tickets in preparation whose gates are judged for the board; beyond that the card shows the state alone.
JUDGED_MAX = 200
ALARMS_SHOWN_MAX = 100


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
    area_id: str
    column: str
    urgency: float


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


def judge_for(view: View, job: Job) -> Any:
    """The gates of a boundary, for this job, on the site's clock, now."""
    rules = rulebook(view.board.site.packs) if view.board.site else rulebook()

    def judge(boundary: Boundary, permit: Permit | None) -> tuple[Verdict, ...]:
        return judging.judge(view.board, boundary, job, permit, view.now, rules)

    return judge


def live_permits(view: View) -> list[Permit]:
    jobs = view.board.jobs
    permits = view.board.permits.values()
    live = [one for one in permits if one.state not in ENDED and one.job_id in jobs]
    return [one for one in live if jobs[one.job_id].state != "closed"]


def board_data(view: View, area: str = "") -> dict[str, Any]:
    """What the board and its live part show. Names are asked for by the caller after this (`view.know_names`)."""
    permits = [permit for permit in live_permits(view) if area in ("", permit.area_id)]
    judged = len(permits) <= JUDGED_MAX
    cards = [_permit_card(view, permit, judged) for permit in permits]
    cards += [
        _job_card(view, job)
        for job in view.board.jobs.values()
        if _shown_as_job(view, job) and area in ("", job.area_id)
    ]
    totals = {column: sum(card.column == column for card in cards) for column in COLUMNS}
    for alarm in _open_alarms(view):
        view.people.see(alarm.owner)
    for emergency in view.board.emergencies.values():
        view.people.see(emergency.declared_by)
    return {"columns": COLUMNS, "cards": cards, "totals": totals, "area": area}


def finish(view: View, data: dict[str, Any]) -> dict[str, Any]:
    """Rows, alarms and emergencies, once the names are known."""
    wanted = data["area"]
    areas = [area for area in view.board.areas.values() if wanted in ("", area.area_id)]
    rows = []
    for area in areas:
        cells = {
            column: _cell([card for card in data["cards"] if (card.area_id, card.column) == (area.area_id, column)])
            for column in COLUMNS
        }
        if wanted or any(cell.cards for cell in cells.values()):
            rows.append(Row(area.area_id, view.said.pick(area.name), cells))
    filters = [("", view.said.t("board.all_areas"))] + [
        (a.area_id, view.said.pick(a.name)) for a in view.board.areas.values()
    ]
    return {
        **data,
        "rows": rows,
        "areas_filter": filters,
        "alarms": [alarm_row(view, alarm) for alarm in _open_alarms(view)[:ALARMS_SHOWN_MAX]],
        "alarm_count": len(_open_alarms(view)),
        "emergencies": [emergency_view(view, emergency) for emergency in view.board.emergencies.values()],
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


def _cell(cards: list[Card]) -> Cell:
    cards.sort(key=lambda card: card.urgency)
    return Cell(cards[:CARDS_PER_CELL_MAX], max(0, len(cards) - CARDS_PER_CELL_MAX))


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
    column = "halted" if job.state == "reviewed" else "preparing"
    href = url("sites", view.site_id, "jobs", job.job_id)
    fact = view.said.t("board.no_ticket") if not job.permits else ""
    look = "" if column == "halted" else "pre"
    return Card(
        job.job_id,
        href,
        "",
        job.job_no,
        job.place,
        state,
        job.state,
        fact,
        look,
        job.area_id,
        column,
        job.created.at.timestamp(),
    )


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
    word, fact, urgency = (
        state_word(view, permit, job),
        fact_of(view, permit),
        (permit.valid_to or permit.planned_to).timestamp(),
    )
    icon = shown
    look = "stop" if shown == "stopped" else LOOKS.get(permit.state, "pre")
    if job.stop is not None and permit.state not in ("suspended", "completed", "accepted"):
        look, word, icon = "stop", view.said.t("state.stopped"), "stopped"
    elif judged and permit.state in ("open", "surveyed", "issued"):
        gate = first_shut(view, job, permit)
        if gate is not None and gate.missing:
            word, icon = view.said.t("board.gate_shut", gate=gate.no, n=gate.missing), "lock"
    href = url("sites", view.site_id, "jobs", job.job_id, permit=permit.permit_id)
    return Card(
        permit.permit_id,
        href,
        permit.type,
        permit.permit_no,
        permit.place,
        word,
        icon,
        fact,
        look,
        permit.area_id,
        COLUMN_OF[permit.state],
        urgency,
    )


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
        rules = rulebook(view.board.site.packs) if view.board.site else rulebook()
        by = permit.valid_from + rules.duration("start_window", view.board)
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
    rules = rulebook(view.board.site.packs) if view.board.site else rulebook()
    return permit.completed.at + rules.duration("fire_watch", view.board)


def gas_due(view: View, permit: Permit) -> tuple[datetime | None, timedelta]:
    """When the next gas test is due, and for how long one is good: 2 h in a running confined space, else 30 min."""
    rules = rulebook(view.board.site.packs) if view.board.site else rulebook()
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
