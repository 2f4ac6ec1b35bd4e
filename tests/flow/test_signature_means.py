"""Means of signature: every act that signs has its policy, and a hand-over signed too weakly is a gap."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.rulebook import rulebook
from services.seven_steps.board import Board
from services.seven_steps.board_site import SignatureKey
from services.seven_steps.commands import COMMANDS
from services.seven_steps.facts import Stated
from services.seven_steps.gate import Boundary as B
from services.seven_steps.signature_gates import SIGNED
from services.seven_steps.signatures import ACTS, MEANS, SAME_ACT, is_enough
from tests.flow.standard_jobs import TICKET, ready
from tests.flow.walk import acknowledge
from tests.flow.world import World, codes


def test_every_act_that_signs_has_a_number_in_the_policy_pack_and_no_other_has() -> None:
    numbers = rulebook().packs[-1].numbers
    assert {f"means_{act}" for act in ACTS} == {name for name in numbers if name.startswith("means_")}
    signing = {spec.type for spec in COMMANDS.values() if spec.boundary in SIGNED}
    assert signing <= set(ACTS) | set(SAME_ACT)


@pytest.mark.parametrize("means", ["", "service", "photo"])
def test_what_is_no_means_of_a_person_is_never_enough(means: str) -> None:
    assert not is_enough(means, MEANS[0])


def handed_over(asked: str, means: str, owner: str = "watch2") -> World:
    w = ready("general", B.RESUME)
    crew = {"add": [{"person_id": "watch2", "role": "guardian", "trade": "guardian"}], "remove": []}
    w.permit_ok(TICKET, "lead", "change_crew", crew)
    acknowledge(w, "watch2")
    w.board = with_policy(w, {"guardian_for_general": "1", "means_take_guardian_handover": asked})
    w.permit_ok(TICKET, "watch", "offer_guardian_handover", {"to": "watch2"})
    keys = {"k": SignatureKey("k", owner, means, "", "", "", "", Stated(owner, w.now, 1))}
    w.board = replace(w.board, keys=keys)
    w.permit_ok(TICKET, "watch2", "take_guardian_handover", {"place": "at_work"}, means=means, key_id="k")
    return w


def with_policy(w: World, policies: dict[str, str]) -> Board:
    return replace(w.board, policies={**w.board.policies, **policies})


def test_a_hand_over_signed_as_the_site_asks_is_no_gap() -> None:
    assert handed_over("1", "device_key").permit(TICKET).state == "active"


def test_a_hand_over_signed_with_another_persons_key_is_a_gap() -> None:
    assert handed_over("1", "device_key", owner="watch").permit(TICKET).state == "suspended"


def test_a_hand_over_signed_too_weakly_is_kept_and_stops_the_work() -> None:
    permit = handed_over("1", "attested").permit(TICKET)
    assert (permit.state, list(permit.suspensions)) == ("suspended", ["guardian_gone"])
    assert "watch2" in permit.guardians_on


def test_a_refusal_names_the_gate_whose_policy_it_is() -> None:
    w = ready("general", B.ACCEPT)
    w.board = with_policy(w, {"means_accept": "2"})
    outcome = w.do("area", "accept", job_id=w.job.job_id, permit_id=TICKET)
    assert "G-SG-1" in codes(outcome)
    assert all("site" in r.packs for r in outcome.refusals if r.code == "G-SG-1")
