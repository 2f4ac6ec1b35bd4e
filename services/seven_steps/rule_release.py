"""Changing what binds on a site: one person proposes packs and policies with a reason, another releases them.

A proposal is judged when it is made and again when it is released: every pack is installed and can be used, the packs
fit each other, and nothing is looser than a law. What is refused changes nothing: the running packs stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from services.seven_steps import codes, roles
from services.seven_steps.board import Board, Proposal
from services.seven_steps.event import event, stated, text_of
from services.seven_steps.gate import Case
from services.seven_steps.rules import LOWER, Misfit, Number, Pack, Rules, check_together, loosened
from services.seven_steps.signatures import MEANS
from services.seven_steps.spec import ACT, RECORD, SITE, CommandSpec, Decision, Refused

Data = Mapping[str, Any]
#: Policies are numbers; one outside these bounds is a slip of the pen (the largest: a year in minutes).
POLICY_MIN, POLICY_MAX = Decimal(0), Decimal(525_600)
#: Numbers that choose: whole, up to this; the means are signatures.MEANS.
CHOICES: Mapping[str, int] = {"yes/no": 1, "means": len(MEANS) - 1}
RELEASERS = frozenset({roles.ADMIN, roles.HSE})


# ---- decide --------------------------------------------------------------------------------------------------------


def set_policies(case: Case) -> Decision:
    """First set-up only, by the service that begins the site; from then on two people change them."""
    board = case.board
    if board.policies or board.jobs or board.tombstones or board.released is not None:
        return Refused(codes.WRONG_STATE, about=case.command.site_id, have=":begun", need=":rules_released")
    policies = case.command.payload["policies"]
    return _unfit_policies(policies, case.rules) or (event(case, "policies.set", policies=policies),)


def propose_rules(case: Case) -> Decision:
    payload = case.command.payload
    packs, policies = _refs(case.rules, payload.get("packs")), dict(payload.get("policies", {}))
    removed = tuple(payload.get("policies_removed", ()))
    unfit = _unfit(case, packs, policies, removed)
    if unfit is not None:
        return unfit
    proposal_id = f"rules-{case.board.seq + 1}"
    data = {"proposal_id": proposal_id, "packs": list(packs), "policies": policies, "reason": payload["reason"]}
    return (event(case, "rules.proposed", **data, policies_removed=list(removed)),)


def release_rules(case: Case) -> Decision:
    """By another person than proposed it; judged again, for packs may have come or gone since."""
    proposal = case.board.proposed
    if proposal is None or proposal.proposal_id != case.command.payload["proposal_id"]:
        have = ":none" if proposal is None else proposal.proposal_id
        return Refused(
            codes.WRONG_STATE,
            about=case.command.payload["proposal_id"],
            have=have,
            need=":proposal",
            who=(roles.ADMIN,),
        )
    if case.actor == proposal.stated.by:
        who = tuple(sorted(RELEASERS))
        return Refused(codes.WRONG_STATE, about=case.actor, have=":own_proposal", need=":another_person", who=who)
    unfit = _unfit(case, proposal.packs, proposal.policies, proposal.removed)
    if unfit is not None:
        return unfit
    data = {"proposal_id": proposal.proposal_id, "packs": list(proposal.packs), "policies": dict(proposal.policies)}
    removed = list(proposal.removed)
    return (event(case, "rules.released", **data, policies_removed=removed, proposed_by=proposal.stated.by),)


def _refs(rules: Rules, names: list[str] | None) -> tuple[str, ...]:
    """With their versions; of a bare id the newest installed; the site's own where none are named."""
    if not names:
        return rules.refs
    if not any(name.partition("@")[0] == "site-policy" for name in names):
        names = [*names, "site-policy"]
    return tuple(name if "@" in name else _newest(rules, name) for name in names)


def _newest(rules: Rules, pack_id: str) -> str:
    found = [ref for ref in (*rules.shelf, *rules.broken) if ref.partition("@")[0] == pack_id]
    return max(found, key=lambda ref: int(ref.partition("@")[2] or 0), default=pack_id)


def _unfit(case: Case, refs: tuple[str, ...], policies: Mapping[str, str], removed: tuple[str, ...]) -> Refused | None:
    rules, running = case.rules, case.board.policies
    for name in removed:
        if name not in running or name in policies:
            return Refused(codes.WRONG_STATE, about=name, have=running.get(name, ":none"), need=":own_policy")
    for ref in refs:
        if ref in rules.broken:
            return Refused(codes.WRONG_STATE, about=ref, have=rules.broken[ref], need=":usable_pack", packs=(ref,))
        if ref not in rules.shelf:
            return Refused(codes.WRONG_STATE, about=ref, have=":none", need=":installed_pack")
    packs = tuple(rules.shelf[ref] for ref in refs)
    if all(pack.is_policy for pack in packs):
        return Refused(codes.WRONG_STATE, about=" ".join(refs), have=":none", need=":law_pack")
    try:
        check_together(packs)
    except Misfit as misfit:
        return Refused(codes.WRONG_STATE, about=" ".join(refs), have=str(misfit), need=":usable_pack")
    then = {**_kept(running, removed), **policies}
    return _loosening_edition(rules, packs) or _unfit_policies(then, Rules(packs, rules.shelf, rules.broken))


def _kept(policies: Mapping[str, str], removed: Iterable[str]) -> dict[str, str]:
    """What the site says of its own; of a number that is taken back the packs speak again."""
    gone = frozenset(removed)
    return {name: value for name, value in policies.items() if name not in gone}


def _loosening_edition(rules: Rules, packs: tuple[Pack, ...]) -> Refused | None:
    """A new version of the same edition corrects, it does not loosen: a law that changed has another edition line."""
    running = {pack.id: pack for pack in rules.packs if not pack.is_policy}
    for pack in packs:
        old = running.get(pack.id)
        if old is None or old.edition != pack.edition:
            continue
        for name, number in old.numbers.items():
            new = pack.numbers.get(name)
            if new is None:
                return Refused(codes.WRONG_STATE, about=name, have=":none", need=_bound_text(number), packs=(old.ref,))
            if loosened(name, new.value, [(old, number)]):
                return Refused(
                    codes.WRONG_STATE, about=name, have=str(new.value), need=_bound_text(number), packs=(old.ref,)
                )
    return None


def _unfit_policies(policies: Mapping[str, str], rules: Rules) -> Refused | None:
    """Only numbers of the rule packs, within reason, and none looser than a law's."""
    for name, value in sorted(policies.items()):
        if name not in rules.index:
            return Refused(codes.WRONG_STATE, about=name, have=":none", need=":known_policy")
        try:
            number = Decimal(value)
        except ArithmeticError:
            return Refused(codes.WRONG_STATE, about=name, have=value, need=":number")
        if not number.is_finite() or not POLICY_MIN <= number <= POLICY_MAX:
            return Refused(codes.WRONG_STATE, about=name, have=value, need=f"{POLICY_MIN} – {POLICY_MAX}")
        most = CHOICES.get(rules.index[name][0][1].unit)
        if most is not None and number not in range(most + 1):
            return Refused(codes.WRONG_STATE, about=name, have=value, need=" / ".join(map(str, range(most + 1))))
        law = loosened(name, number, rules.law(name))
        if law is not None:
            return Refused(codes.WRONG_STATE, about=name, have=value, need=_bound_text(law[1]), packs=(law[0].ref,))
    return None


def _bound_text(number: Number) -> str:
    return f"{'≤' if number.stricter == LOWER else '≥'} {number.value} {number.unit}"


# ---- evolve --------------------------------------------------------------------------------------------------------


def policies_set(board: Board, data: Data) -> Board:
    return replace(board, policies={**board.policies, **data["policies"]})


def rules_proposed(board: Board, data: Data) -> Board:
    """The newest proposal is the one that can be released; an older one is gone."""
    said = stated(board, data, text_of(data["reason"]))
    removed = tuple(data["policies_removed"])
    return replace(board, proposed=Proposal(data["proposal_id"], tuple(data["packs"]), data["policies"], said, removed))


def rules_released(board: Board, data: Data) -> Board:
    assert board.site is not None
    return replace(
        board,
        site=replace(board.site, packs=tuple(data["packs"])),
        policies={**_kept(board.policies, data["policies_removed"]), **data["policies"]},
        proposed=None,
        released=stated(board, data, data["proposal_id"]),
    )


APPLIERS = {
    ("policies.set", 1): policies_set,
    ("rules.proposed", 1): rules_proposed,
    ("rules.released", 1): rules_released,
}

COMMANDS = (
    CommandSpec("set_policies", RECORD, frozenset({roles.SERVICE}), SITE, set_policies),
    CommandSpec("propose_rules", RECORD, frozenset({roles.ADMIN}), SITE, propose_rules),
    CommandSpec("release_rules", ACT, RELEASERS, SITE, release_rules),
)
