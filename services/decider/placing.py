"""Putting a command on the site's clock, before `decide` (design, section 4: clocks).

The gateway measured how old a record was when it came in, as an interval, in real time. Real time since then is known
to us. So, on the site's clock: captured = now - (decided_at_real - received_at) - age; less the time a simulated site
stood still meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from services.decider.wire import Gateway, Incoming
from services.seven_steps.command import Command, Interval
from services.seven_steps.commands import COMMANDS
from services.seven_steps.limits import LATE_AFTER
from services.seven_steps.spec import ACT, RECORD

#: An act may be decided this long after the tap (design: two classes of command).
ACT_WITHIN = timedelta(seconds=60)


#: How much time passed on the site's clock between two real moments.
Passed = Callable[[datetime, datetime], timedelta]


def all_of_it(since: datetime, until: datetime) -> timedelta:
    """On a site whose clock does not stand still."""
    return until - since


def place(incoming: Incoming, now: datetime, decided_at_real: datetime, passed: Passed = all_of_it) -> Command:
    """The command as the core sees it, at the site's `now`."""
    client, gateway = incoming.client, incoming.gateway
    return Command(
        command_id=incoming.command_id,
        type=incoming.type,
        version=client["version"],
        site_id=incoming.site_id,
        actor=client.get("actor", ""),
        payload=client["payload"],
        sha256=incoming.sha256,
        means=gateway.means,
        key_id=gateway.key_id,
        decided_at_real=decided_at_real,
        job_id=client.get("job_id"),
        permit_id=client.get("permit_id"),
        expected_version=client.get("expected_version"),
        authenticated_at=gateway.authenticated_at,
        act_by=act_by(incoming),
        presence=gateway.presence,
        captured=captured(gateway, now, decided_at_real, passed),
        late=is_late(incoming, decided_at_real),
        lang=client["lang"],
    )


def captured(gateway: Gateway, now: datetime, decided_at_real: datetime, passed: Passed) -> Interval | None:
    """When it was recorded, on the site's clock; None if its age is unknown, which is no evidence."""
    if gateway.age_ms is None:
        return None
    latest, earliest = (gateway.received_at - timedelta(milliseconds=ms) for ms in gateway.age_ms)
    return Interval(now - passed(earliest, decided_at_real), now - passed(latest, decided_at_real))


def act_by(incoming: Incoming) -> datetime | None:
    """Until when, in real time, an act may be decided. Without the gateway's word: 60 s from when it came in."""
    spec = COMMANDS.get(incoming.type)
    if spec is None or spec.kind != ACT:
        return None
    return incoming.gateway.act_by or incoming.gateway.received_at + ACT_WITHIN


def is_late(incoming: Incoming, decided_at_real: datetime) -> bool:
    """A person's record decided more than 60 s after it was captured, or came in if its age is unknown."""
    spec = COMMANDS.get(incoming.type)
    gateway = incoming.gateway
    if spec is None or spec.kind != RECORD or gateway.means == "service":
        return False
    age = timedelta(milliseconds=gateway.age_ms[0]) if gateway.age_ms else timedelta(0)
    return decided_at_real - gateway.received_at + age > LATE_AFTER
