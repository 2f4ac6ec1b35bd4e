"""May this accepted command have passed? The checker's own judge, one for each site."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.chaos import at_work, before_work
from tests.chaos.conditions import Found
from tests.chaos.facts import Facts
from tests.chaos.folding import apply, note_alarms, note_stops
from tests.chaos.links import Outcome, time_of

FENCE = timedelta(seconds=10)
OF_A_REFUSAL = {"alarm.raised", "concern.recorded"}  # the only events that a refused outcome may carry

BOUNDARIES: dict[str, Callable[[Facts, Outcome], Found]] = {
    "assess": before_work.assess,
    "plan": before_work.plan,
    "brief": before_work.brief,
    "survey": before_work.survey,
    "issue": before_work.issue,
    "check_ticket": before_work.check_ticket,
    "start": at_work.start,
    "enter": at_work.enter,
    "resume": at_work.resume,
    "revalidate": at_work.revalidate,
    "complete": at_work.complete,
    "accept": at_work.accept,
    "remove_isolation": at_work.remove_isolation,
    "review": at_work.review,
}
#: Whatever grants authority: these hold 60 s from the tap.
ACTS = frozenset((*BOUNDARIES, "accept_residual_risk", "approve_urgent_booking", "sign_node"))


class Oracle:
    """Judges the outcomes of one site in their order; `see` returns what is wrong with the next one."""

    def __init__(self) -> None:
        self.facts = Facts()
        self.boundaries = 0

    def see(self, outcome: Outcome) -> list[str]:
        if not outcome.accepted:
            found = list(_refused(outcome))
            note_alarms(self.facts, outcome)
            return found
        kind = outcome.client["type"]
        found = list(_in_time(outcome)) if kind in ACTS else []
        rule = BOUNDARIES.get(kind)
        try:
            if rule is not None:
                self.boundaries += 1
                found += rule(self.facts, outcome)
            apply(self.facts, outcome)
        except (KeyError, StopIteration) as error:
            found.append(f"accepted although something it names is not there: {error!r}")
        note_stops(self.facts, outcome)
        note_alarms(self.facts, outcome)
        return found


def _refused(outcome: Outcome) -> Found:
    if not outcome.body["refusals"]:
        yield "refused without any refusal"
    for event in outcome.body["events"]:
        if event["type"] not in OF_A_REFUSAL:
            yield f"a refused command carries the event {event['type']}"
    if outcome.client["type"] == "stop_work":
        yield "stop-work was refused"


def _in_time(outcome: Outcome) -> Found:
    """No permission late: acts hold 60 s from the tap, and the append is fenced to 10 s after the decision."""
    act_by = outcome.body["gateway"].get("act_by")
    if act_by is None:
        yield "an act without act_by"
        return
    if outcome.decided_at_real > time_of(act_by):
        yield f"late act: decided {outcome.decided_at_real - time_of(act_by)} after act_by"
    if outcome.appended_at > time_of(act_by) + FENCE:
        yield f"late act: appended {outcome.appended_at - time_of(act_by)} after act_by"
