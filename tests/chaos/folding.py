"""The accepted commands folded once more, from the rules and not from the product.

It reads what people asked for (the client part) and when it counted, never the product's events, with these exceptions:
ids only the decider gives (alarm ids, the hash of a briefing) are taken from where they were first stated; and the
product is believed when it says that it stopped work. That takes authority away: nothing passes here because of it but
a resume, whose rules are asked. What must stop work by what people said is stopped here without asking the product.
"""

from __future__ import annotations

from tests.chaos.facts import Facts
from tests.chaos.folding_job import OF_JOBS
from tests.chaos.folding_ticket import OF_TICKETS
from tests.chaos.links import Outcome

HANDLERS = OF_JOBS | OF_TICKETS


def apply(facts: Facts, outcome: Outcome) -> None:
    """Take in an accepted outcome; unknown types change nothing that the rules of the checker look at."""
    client = outcome.client
    handler = HANDLERS.get(client["type"])
    if handler is not None:
        handler(facts, outcome, client["payload"])


def note_stops(facts: Facts, outcome: Outcome) -> None:
    """Work that a standing condition stopped: a stream lost, a record overdue, a shift not handed over."""
    for event in outcome.body["events"]:
        if event["type"] == "permit.suspended":
            ticket = facts.tickets.get(event["data"]["permit_id"])
            if ticket is not None:
                ticket.stop(event["data"]["cause"], outcome.decided_at)


def note_alarms(facts: Facts, outcome: Outcome) -> None:
    """Alarms raised by any outcome, refused ones included: they must be closed before the review (G-CL-2)."""
    for event in outcome.body["events"]:
        data = event["data"]
        work = facts.works.get(data.get("job_id") or "")
        if event["type"] == "alarm.raised" and work is not None:
            work.open_alarms.setdefault((data["code"], data.get("permit_id")), data["alarm_id"])
