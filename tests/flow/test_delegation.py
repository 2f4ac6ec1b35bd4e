"""Delegation of a right to issue: only to somebody who holds it, for a time; and what a later registration keeps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.commands.registry import Delegate
from schemas.outcomes import EVENTS
from services.seven_steps import limits
from services.seven_steps.commands import COMMANDS
from services.seven_steps.gate import Boundary as B
from services.seven_steps.site_time import stamp
from services.seven_steps.work_types import ISSUERS
from tests.flow import walk
from tests.flow.standard_jobs import TICKET, ready
from tests.flow.world import JOB, World, codes, presence

SAFETY = {"roles": ["approver_safety"], "trades": [], "unit": "Unit 3", "vault_sha256": "0" * 64}


def with_deputy(w: World) -> World:
    w.ok("service:desk", "register_person", {"person_id": "deputy", **SAFETY})
    return w


def period(w: World, to: str = "deputy", right: str = "approver_safety", **lasting: float) -> dict[str, Any]:
    end = w.now + timedelta(**(lasting or {"days": 7}))
    return {"right": right, "to": to, "start": stamp(w.now), "end": stamp(end)}


REFUSED = [
    ("to somebody without the right", "safety", {"to": "area"}, "area"),
    ("to nobody the site knows", "safety", {"to": "ghost"}, "ghost"),
    ("of a right one does not hold", "safety", {"right": "approver_head", "to": "head"}, "safety"),
    ("to oneself", "safety", {"to": "safety"}, "safety"),
    ("for a time that is over", "safety", {"days": -1}, "deputy"),
]


@pytest.mark.parametrize(("name", "who", "how", "about"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_no_delegation_is_refused(name: str, who: str, how: Any, about: str) -> None:
    w = with_deputy(walk.site())
    (refusal,) = w.do(who, "delegate", period(w, **how)).refusals
    assert (refusal.code, refusal.about) == ("wrong_state", about)


def test_a_delegation_has_a_longest_time() -> None:
    w = with_deputy(walk.site())
    days = limits.DELEGATED_FOR_MAX.days
    assert codes(w.do("safety", "delegate", period(w, days=days, seconds=1))) == {"limit_reached"}
    w.ok("safety", "delegate", period(w, days=days))


def test_a_delegate_issues_for_who_asked_him_and_the_record_says_so() -> None:
    w = with_deputy(ready("hot_work", B.ISSUE))
    act = {"payload": {"on_behalf_of": "safety"}, "job_id": JOB, "permit_id": TICKET, "presence": presence("farm")}
    assert codes(w.do("deputy", "issue", **act)) == {"G-SV-4"}
    w.ok("safety", "delegate", period(w))
    outcome = w.ok("deputy", "issue", **act)
    issue = w.permit(TICKET).issue
    assert (issue.by, issue.on_behalf_of) == ("deputy", "safety")
    grade = next(v for v in outcome.gates if v.gate.id == "G-SV-4")
    assert grade.evidence == (w.board.people["safety"].delegations["approver_safety"].seq,)


def test_a_delegation_that_was_ended_or_whose_giver_lost_the_right_counts_no_more() -> None:
    act = {"payload": {"on_behalf_of": "safety"}, "job_id": JOB, "permit_id": TICKET, "presence": presence("farm")}
    w = with_deputy(ready("hot_work", B.ISSUE))
    w.ok("safety", "delegate", period(w))
    w.ok("safety", "undelegate", {"right": "approver_safety"})
    assert codes(w.do("deputy", "issue", **act)) == {"G-SV-4"}
    assert codes(w.do("safety", "undelegate", {"right": "approver_safety"})) == {"wrong_state"}
    w.ok("safety", "delegate", period(w))
    w.ok("service:desk", "register_person", {"person_id": "safety", **SAFETY, "roles": ["hse"]})
    assert codes(w.do("deputy", "issue", **act)) == {"G-SV-4"}


def test_registering_a_person_again_keeps_what_was_delegated() -> None:
    w = with_deputy(walk.site())
    w.ok("safety", "delegate", period(w))
    w.ok("service:desk", "register_person", {"person_id": "safety", **SAFETY, "unit": "Unit 4"})
    assert "approver_safety" in w.board.people["safety"].delegations


def test_every_ladder_may_delegate_clear_a_stop_and_sign_a_coordination() -> None:
    """Whoever issues power is on no other ladder (rules A10.2): what an issuer does is not only an approver's."""
    for type_ in ("delegate", "undelegate", "clear_stop", "sign_coordination", "revalidate", "issue"):
        assert COMMANDS[type_].roles >= ISSUERS, type_


def test_a_supplier_of_power_issues_for_another() -> None:
    w = ready("temporary_power", B.ISSUE)
    w.ok("service:desk", "register_person", {"person_id": "deputy", **SAFETY, "roles": ["power_auth"]})
    act = {"payload": {"on_behalf_of": "power"}, "job_id": JOB, "permit_id": TICKET, "presence": presence("farm")}
    assert codes(w.do("deputy", "issue", **act)) == {"G-SV-4"}
    w.ok("power", "delegate", period(w, right="power_auth"))
    outcome = w.ok("deputy", "issue", **act)
    assert Delegate().validate(period(w, right="power_auth")) == {}
    (issued,) = (one for one in outcome.events if one.type == "permit.issued")
    assert EVENTS[issued.type, issued.version]().validate(dict(issued.data)) == {}
