"""Every boundary that is signed: by means as strong as the site asks, by somebody who has just proved who they are.

Where the signatures stand that a boundary rests on: lines of the form at the issue, the foreman's check at the start.
"""

from __future__ import annotations

from collections.abc import Iterator

from services.seven_steps import limits, roles
from services.seven_steps.gate import Boundary, Case, Gate, Missing
from services.seven_steps.signatures import asked_of, is_enough, proved_lately
from services.seven_steps.step4_to_5_gates import nodes_required, valid_signature

B = Boundary
SIGNED = frozenset({B.ASSESS, B.PLAN, B.BRIEF, B.SURVEY, B.ISSUE, B.START, B.ACCEPT, B.REVIEW})


def _weak(means: str, asked: str, about: str, who: tuple[str, ...]) -> Missing:
    have = f":means_{means}" if means else ":none"
    return Missing("means", about=about, have=have, need=f":means_{asked}", who=who)


def _earlier(case: Case) -> Iterator[Missing]:
    """Signatures on record; one that is not there at all is another gate's to name."""
    permit = case.permit
    if permit is not None and case.command.type == B.ISSUE:
        asked = asked_of(case, "sign_node")
        for node in nodes_required(case):
            signature = valid_signature(case, node)
            if signature is not None and not is_enough(signature.means, asked):
                yield _weak(signature.means, asked, f":node_{node}", (signature.by,))
    if permit is not None and case.command.type == B.START and permit.foreman_check is not None:
        asked, check = asked_of(case, "check_ticket"), permit.foreman_check
        if not is_enough(check.means, asked):
            yield _weak(check.means, asked, f":role_{roles.SHIFT_FOREMAN}", (check.by,))


def signed_too_weakly(case: Case) -> tuple[Missing, ...]:
    """What is on record, and, of who signs now, means and identity; that of an issue is G-SV-3b's to ask."""
    found, act = list(_earlier(case)), case.command.type
    if not case.actor:
        return tuple(found)  # a page that only looks
    asked = asked_of(case, act)
    if not is_enough(case.command.means, asked):
        found.append(_weak(case.command.means, asked, case.actor, (case.actor,)))
    again = act != B.ISSUE and case.rules.number("reauthentication_to_sign", case.board)
    if again and not proved_lately(case):
        minutes = int(limits.REAUTHENTICATED_WITHIN.total_seconds() // 60)
        found.append(Missing("identity", about=case.actor, need=f"≤ {minutes} min", who=(case.actor,)))
    return tuple(found)


def signature_record(case: Case) -> tuple[int, ...]:
    permit = case.permit
    if permit is None:
        return ()
    if case.command.type == B.ISSUE:
        signed = (valid_signature(case, node) for node in nodes_required(case))
        return tuple(sorted(one.seq for one in signed if one is not None))
    return (permit.foreman_check.seq,) if case.command.type == B.START and permit.foreman_check else ()


GATES = (Gate("G-SG-1", 1, SIGNED, "Policy (Electronic Signature Law 13)", signed_too_weakly, signature_record),)
