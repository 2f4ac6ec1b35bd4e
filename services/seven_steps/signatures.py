"""Means of signature 签名方式: how strong each is, and which one a site asks of each act that signs (rules G-SG-1;
Electronic Signature Law art. 13, policy).

All means cover the same bytes, the RFC 8785 form of the command. A command says only means that were verified before it
reached the log: the core compares them, it verifies none.
"""

from __future__ import annotations

from services.seven_steps import limits
from services.seven_steps.board import Board
from services.seven_steps.gate import Case
from services.seven_steps.rules import Rules

#: Weakest first; a site's policy `means_<act>` is the place in this order. A service's word is no signature.
MEANS = ("attested", "device_key", "passkey")
#: Acts that sign: those that pass a boundary, and those whose signature a later boundary rests on.
ACTS = (
    *("assess", "plan", "brief", "survey", "sign_node", "issue", "check_ticket", "start"),
    *("take_guardian_handover", "accept", "review"),
)

#: Acts that have no policy of their own: closing a job passes the review's boundary again.
SAME_ACT = {"close_job": "review"}


def asked_of(case: Case, act: str) -> str:
    """The weakest means the site takes for this act."""
    return asked_in(case.rules, case.board, act)


def asked_in(rules: Rules, board: Board, act: str) -> str:
    return MEANS[int(rules.number(f"means_{SAME_ACT.get(act, act)}", board))]


def is_enough(means: str, asked: str) -> bool:
    return means in MEANS and MEANS.index(means) >= MEANS.index(asked)


def proved_lately(case: Case) -> bool:
    """Whoever signs proved who they are at most 15 minutes before, in real time, that bound included."""
    proved = case.command.authenticated_at
    return proved is not None and case.command.decided_at_real - proved <= limits.REAUTHENTICATED_WITHIN
