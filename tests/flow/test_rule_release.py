"""What binds on a site changes by two people and a reason; what is refused leaves the running packs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.rulebook import rulebook
from services.seven_steps.board import Proposal
from services.seven_steps.decide import decide
from services.seven_steps.rules import Rules
from tests.flow import walk
from tests.flow.test_rule_packs import pack, shelf
from tests.flow.world import World, codes, text

REASON = text("the works council agreed")


def proposed(**what: Any) -> World:
    w = walk.site()
    w.ok("admin", "propose_rules", {**what, "reason": REASON})
    return w


def proposal(w: World) -> Proposal:
    assert w.board.proposed is not None
    return w.board.proposed


def test_a_release_by_another_person_binds_from_then_on() -> None:
    w = proposed(packs=["gb30871-2022", "aq3064-2025", "osha-1910"], policies={"gas_age_before_start": "20"})
    before = w.board.site
    assert before is not None and before.packs == ("gb30871-2022@1", "aq3064-2025@1", "site-policy@1")
    w.ok("hse", "release_rules", {"proposal_id": proposal(w).proposal_id})
    assert w.board.site is not None
    assert w.board.site.packs == ("gb30871-2022@1", "aq3064-2025@1", "osha-1910@1", "site-policy@1")
    assert (w.board.policies["gas_age_before_start"], w.board.proposed) == ("20", None)
    assert "osha-1910@1" in w.rules.refs


def test_a_proposal_alone_changes_nothing() -> None:
    w = proposed(policies={"fire_watch": "90"})
    assert w.rules.number("fire_watch", w.board) == 60


def test_who_proposed_it_cannot_release_it() -> None:
    w = proposed(policies={"fire_watch": "90"})
    outcome = w.do("admin", "release_rules", {"proposal_id": proposal(w).proposal_id})
    (refusal,) = outcome.refusals
    assert (refusal.code, refusal.have, refusal.need) == ("wrong_state", ":own_proposal", ":another_person")
    assert w.board.proposed is not None and not w.board.policies


@pytest.mark.parametrize("actor", ["lead", "safety", "area", "watch"])
def test_only_an_administrator_or_hse_may_release(actor: str) -> None:
    w = proposed(policies={"fire_watch": "90"})
    assert codes(w.do(actor, "release_rules", {"proposal_id": proposal(w).proposal_id})) == {"not_allowed"}


@pytest.mark.parametrize("actor", ["hse", "lead", "safety"])
def test_only_an_administrator_may_propose(actor: str) -> None:
    assert codes(walk.site().do(actor, "propose_rules", {"reason": REASON})) == {"not_allowed"}


def test_a_newer_proposal_replaces_an_older_one() -> None:
    w = proposed(policies={"fire_watch": "90"})
    old = proposal(w).proposal_id
    w.ok("admin", "propose_rules", {"policies": {"fire_watch": "45"}, "reason": REASON})
    assert codes(w.do("hse", "release_rules", {"proposal_id": old})) == {"wrong_state"}
    w.ok("hse", "release_rules", {"proposal_id": proposal(w).proposal_id})
    assert w.board.policies["fire_watch"] == "45"
    assert codes(w.do("hse", "release_rules", {"proposal_id": old})) == {"wrong_state"}


REFUSED = [
    ("a policy that loosens a law", {"policies": {"gas_age_before_start": "31"}}, "gas_age_before_start", "≤ 30 min"),
    ("a higher bound that is lowered", {"policies": {"oxygen_min": "19.4"}}, "oxygen_min", "≥ 19.5 %vol"),
    ("a number nobody has", {"policies": {"coffee": "1"}}, "coffee", ":known_policy"),
    ("what is no number", {"policies": {"fire_watch": "long"}}, "fire_watch", ":number"),
    ("a pack that is not installed", {"packs": ["gb30871-2022@9"]}, "gb30871-2022@9", ":installed_pack"),
    ("an unknown pack", {"packs": ["moon-2049"]}, "moon-2049", ":installed_pack"),
    ("no law at all", {"packs": ["site-policy"]}, "site-policy@1", ":law_pack"),
]


@pytest.mark.parametrize(("name", "what", "about", "need"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_does_not_fit_is_refused_and_the_running_packs_stay(name: str, what: Any, about: str, need: str) -> None:
    w = walk.site()
    (refusal,) = w.do("admin", "propose_rules", {**what, "reason": REASON}).refusals
    assert (refusal.about, refusal.need) == (about, need)
    assert w.board.proposed is None and w.board.site is not None
    assert w.board.site.packs == ("gb30871-2022@1", "aq3064-2025@1", "site-policy@1")


def released(w: World, **what: Any) -> World:
    w.ok("admin", "propose_rules", {**what, "reason": REASON})
    w.ok("hse", "release_rules", {"proposal_id": proposal(w).proposal_id})
    return w


def test_a_policy_that_is_taken_back_lets_the_packs_speak_again() -> None:
    w = released(walk.site(), policies={"fire_watch": "90", "start_window": "30"})
    w = released(w, policies={"start_window": "45"}, policies_removed=["fire_watch"])
    assert dict(w.board.policies) == {"start_window": "45"}
    assert w.rules.number("fire_watch", w.board) == 60


@pytest.mark.parametrize("policies", [{}, {"fire_watch": "45"}])
def test_what_is_no_policy_of_the_site_or_is_set_at_once_is_not_taken_back(policies: dict[str, str]) -> None:
    w = walk.site() if not policies else released(walk.site(), policies={"fire_watch": "90"})
    payload = {"policies": policies, "policies_removed": ["fire_watch"], "reason": REASON}
    (refusal,) = w.do("admin", "propose_rules", payload).refusals
    assert (refusal.about, refusal.need) == ("fire_watch", ":own_policy")


def test_a_policy_taken_back_before_the_release_is_not_taken_back_twice() -> None:
    w = released(walk.site(), policies={"fire_watch": "90"})
    w.ok("admin", "propose_rules", {"policies_removed": ["fire_watch"], "reason": REASON})
    w.board = replace(w.board, policies={})
    assert codes(w.do("hse", "release_rules", {"proposal_id": proposal(w).proposal_id})) == {"wrong_state"}


CHOSEN = [("means_issue", "2", True), ("means_issue", "3", False), ("means_issue", "0.5", False)]
CHOSEN += [("guardian_for_general", "1", True), ("guardian_for_general", "2", False)]


@pytest.mark.parametrize(("name", "value", "fits"), CHOSEN)
def test_a_number_that_chooses_is_one_of_its_choices(name: str, value: str, fits: bool) -> None:
    outcome = walk.site().do("admin", "propose_rules", {"policies": {name: value}, "reason": REASON})
    assert (outcome.verdict == "accepted") is fits


def test_equal_to_the_law_is_not_looser() -> None:
    walk.site().ok("admin", "propose_rules", {"policies": {"gas_age_before_start": "30"}, "reason": REASON})


def test_a_policy_in_force_must_not_loosen_a_law_that_comes() -> None:
    w = proposed(policies={"fire_watch": "20"})
    w.ok("hse", "release_rules", {"proposal_id": proposal(w).proposal_id})
    packs = ["gb30871-2022", "aq3064-2025", "osha-1910"]
    (refusal,) = w.do("admin", "propose_rules", {"packs": packs, "reason": REASON}).refusals
    assert (refusal.about, refusal.have, refusal.need) == ("fire_watch", "20", "≥ 30 min")
    assert refusal.packs == ("osha-1910@1",)


# ---- with packs of these tests -------------------------------------------------------------------------------------


def with_shelf(w: World, packs: list[str], *files: Any, broken: dict[str, str] | None = None) -> Rules:
    found = shelf(*files)
    policy = rulebook().packs[-1]
    rows = {**found.packs, policy.ref: policy}
    assert w.board.site is not None
    w.board = replace(w.board, site=replace(w.board.site, packs=tuple(packs)))
    return Rules(tuple(rows[ref] for ref in packs), rows, broken or {})


def tried(w: World, rules: Rules, actor: str, type_: str, payload: Any) -> Any:
    return decide(w.board, w.command(actor, type_, payload), w.now, rules)


def test_a_new_version_of_one_edition_does_not_loosen() -> None:
    w = walk.site()
    looser, tighter = pack(version=2, n=("31", "lower")), pack(version=3, n=("29", "lower"))
    other = pack(version=4, n=("31", "lower"))
    other["pack"]["edition"] = "amended 2027"
    rules = with_shelf(w, ["law@1", "site-policy@1"], pack(n=("30", "lower")), looser, tighter, other, pack(version=5))
    for ref, verdict in (("law@2", "refused"), ("law@3", "accepted"), ("law@4", "accepted"), ("law@5", "refused")):
        outcome = tried(w, rules, "admin", "propose_rules", {"packs": [ref], "reason": REASON})
        assert outcome.verdict == verdict, ref


def test_a_pack_that_broke_after_the_proposal_is_refused_at_release() -> None:
    w = walk.site()
    rules = with_shelf(w, ["law@1", "site-policy@1"], pack(n=("30", "lower")), pack(version=2, n=("29", "lower")))
    payload = {"packs": ["law@2"], "reason": REASON}
    (event,) = tried(w, rules, "admin", "propose_rules", payload).events
    w.board = replace(
        w.board, proposed=Proposal("rules-x", tuple(event.data["packs"]), {}, w.board.people and _said(w))
    )
    line = "law@2.toml: numbers.n.clause: is missing"
    gone = Rules(rules.packs, {k: v for k, v in rules.shelf.items() if k != "law@2"}, {"law@2": line})
    (refusal,) = tried(w, gone, "hse", "release_rules", {"proposal_id": "rules-x"}).refusals
    assert (refusal.have, refusal.need) == (line, ":usable_pack")
    assert tried(w, rules, "hse", "release_rules", {"proposal_id": "rules-x"}).verdict == "accepted"


def _said(w: World) -> Any:
    from services.seven_steps.facts import Stated

    return Stated("admin", w.now, w.board.seq)


def test_a_replay_uses_the_pack_of_the_time() -> None:
    """The version the site's record names decides, also when a newer one is installed."""
    both = shelf(pack(n=("30", "lower")), pack(version=2, n=("20", "lower")))
    from services.rulebook import bind

    w = walk.site()
    assert bind(("law@1",), both).number("n", w.board) == 30
    assert bind(("law@2",), both).number("n", w.board) == 20


def test_set_up_by_the_service_happens_once() -> None:
    w = walk.site()
    w.ok("service:desk", "set_policies", {"policies": {"fire_watch": "30"}})
    assert codes(w.do("service:desk", "set_policies", {"policies": {"fire_watch": "10"}})) == {"wrong_state"}
    assert codes(w.do("admin", "set_policies", {"policies": {"fire_watch": "10"}})) == {"not_allowed"}
