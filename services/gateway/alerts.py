"""What people must hear at once, and who has not been shown it: stop-work, emergencies, the alarms of one person.

Everything here is read from the board as it stands: nothing is remembered for a page that was away, it asks again.
Who was shown an alert is the gateway's own knowledge (accounts database, `Shown` there), not the log's: it helps to
find people now, and proves nothing later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.seven_steps.board import Alarm, Board
from services.seven_steps.board_ticket import Permit

STOP, EVACUATE, ALARM = "stop", "evacuate", "alarm"
#: Never muted on any device.
LOUD = frozenset({STOP, EVACUATE})
#: Alarms that say no more than the stop or the emergency they come with.
SAID_ALREADY = frozenset({"94", "95"})
#: States in which a crew is at the place: work goes on, or was stopped and people may still be there.
AT_PLACE = frozenset({"active", "suspended"})
#: Events after which a page or a device must look again.
TELLING = frozenset({"stop_work.called", "emergency.declared", "alarm.raised"})


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to be heard. about: the job's number or the alarm's code; place: where, as it was written down."""

    alert_id: str
    kind: str
    seq: int
    at: datetime
    by: str = ""
    job_id: str = ""
    permit_id: str = ""
    area_id: str = ""
    about: str = ""
    place: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom an alert has reached. shown: person -> when (POSIX s); missing: signed in, but not shown yet; unknown: at
    work, but on no device that we know of."""

    shown: Mapping[str, float] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def running(board: Board) -> list[Alert]:
    """Stops that are not cleared and emergencies that are not over, the newest first."""
    found = [
        Alert(
            f"stop-{job.stop.seq}", STOP, job.stop.seq, job.stop.at, job.stop.by, job.job_id, "", job.area_id,
            job.job_no, job.place, job.stop.text,
        )
        for job in board.jobs.values()
        if job.stop is not None and job.state != "closed"
    ]  # fmt: skip
    found += [
        Alert(
            f"evacuate-{one.seq}", EVACUATE, one.seq, one.at, one.declared_by, area_id=one.area_id or "",
            text=one.reason,
        )
        for one in board.emergencies.values()
    ]  # fmt: skip
    return sorted(found, key=lambda alert: -alert.seq)


def alarms_of(board: Board, person_id: str) -> list[Alert]:
    """Open alarms that this person owns, or whose owner is a role they hold, and that nobody has acknowledged."""
    mine = [one for one in board.alarms.values() if one.closed is None and one.acknowledged is None]
    return [_alarm(board, one) for one in mine if person_id in owners(board, one) and one.code not in SAID_ALREADY]


def owners(board: Board, alarm: Alarm) -> frozenset[str]:
    """The person who owns it; for a role, everybody who holds it."""
    if alarm.owner in board.people:
        return frozenset({alarm.owner})
    return frozenset(one.person_id for one in board.people.values() if alarm.owner in one.roles)


def _alarm(board: Board, alarm: Alarm) -> Alert:
    permit, job = board.permits.get(alarm.permit_id or ""), board.jobs.get(alarm.job_id or "")
    about = permit.permit_no if permit else job.job_no if job else ""
    place = permit.place if permit else job.place if job else ""
    return Alert(
        f"alarm-{alarm.alarm_id}", ALARM, alarm.seq, alarm.raised_at, "", alarm.job_id or "", alarm.permit_id or "",
        "", about, place, alarm.code,
    )  # fmt: skip


def told_since(board: Board, after_seq: int) -> list[tuple[Alert, frozenset[str] | None]]:
    """Alerts of records after this one, each with the persons it is for; None: everybody."""
    found: list[tuple[Alert, frozenset[str] | None]] = [
        (alert, None) for alert in reversed(running(board)) if alert.seq > after_seq
    ]
    for alarm in board.alarms.values():
        if alarm.seq > after_seq and alarm.closed is None and alarm.code not in SAID_ALREADY:
            found.append((_alarm(board, alarm), owners(board, alarm)))
    return found


def at_work(board: Board) -> frozenset[str]:
    """Everybody on the crew of a ticket whose work goes on or was stopped, its guardians and whoever is inside."""
    return frozenset(person for permit in board.permits.values() for person in _at_place(permit))


def _at_place(permit: Permit) -> Iterable[str]:
    crew = (*permit.crew, *permit.guardians_on) if permit.state in AT_PLACE else ()
    return (*crew, *permit.inside)


def reach(board: Board, alert: Alert, shown: Mapping[str, float], signed_in: frozenset[str]) -> Reach:
    """Who has been shown it and who has not. Whoever called it knows."""
    expected = ((at_work(board) | signed_in) & board.people.keys()) - {alert.by} - shown.keys()
    return Reach(shown, tuple(sorted(expected & signed_in)), tuple(sorted(expected - signed_in)))
