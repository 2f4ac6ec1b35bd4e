"""Keys that people sign with 签名密钥: registered by the person, revoked when a handheld is lost (ESL art. 13).

Only the public half is on the log: whoever reads it can check every signature without us. Whether a signature fits is
checked at the gateway and by every replay (services/signing.py); here it only matters whose key it is, and since when.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.seven_steps import codes, limits, roles
from services.seven_steps.board import Board
from services.seven_steps.board_site import SignatureKey
from services.seven_steps.event import event, put, stated, text_of
from services.seven_steps.gate import Case
from services.seven_steps.spec import ACT, RECORD, SITE, CommandSpec, Decision, Refused

Data = Mapping[str, Any]
#: Means with a key of the person's own; `attested` has none: the server checked a password.
PASSKEY, DEVICE_KEY = "passkey", "device_key"
KEYED = frozenset({PASSKEY, DEVICE_KEY})
#: Note of an accepted record whose key was no longer its author's: the fact stays, the signature counts for nothing.
KEY_NOT_VALID = "signature_key_not_valid"


def live_keys(board: Board, person_id: str) -> tuple[SignatureKey, ...]:
    return tuple(k for k in board.keys.values() if k.person_id == person_id and k.revoked is None)


def has_valid_key(case: Case) -> bool:
    """Signed without a key, or with a live key of the actor's own."""
    command = case.command
    if command.means not in KEYED:
        return True
    key = case.board.keys.get(command.key_id)
    return key is not None and key.revoked is None and (key.person_id, key.means) == (command.actor, command.means)


def unusable_key(case: Case, spec: CommandSpec) -> Refused | None:
    """An act signed with a revoked or another person's key does not happen; a record is kept, with a note."""
    if spec.kind != ACT or has_valid_key(case):
        return None
    return Refused(codes.NOT_ALLOWED, about=case.command.key_id, need=":own_live_key", what="signature_key")


# ---- decide --------------------------------------------------------------------------------------------------------


def register_key(case: Case) -> Decision:
    payload = case.command.payload
    if payload["key_id"] in case.board.keys:
        return Refused(codes.WRONG_STATE, about=payload["key_id"], have=":exists", need=":new")
    if len(live_keys(case.board, case.actor)) >= limits.KEYS_PER_PERSON_MAX:
        return Refused(codes.LIMIT_REACHED, about="keys_per_person", need=str(limits.KEYS_PER_PERSON_MAX))
    return (event(case, "key.registered", **payload, person_id=case.actor),)


def revoke_key(case: Case) -> Decision:
    """By the person, or by an administrator when a handheld is lost."""
    key = case.board.keys.get(case.command.payload["key_id"])
    if key is None or key.revoked is not None:
        return Refused(codes.WRONG_STATE, about=case.command.payload["key_id"], have=":none", need=":live_key")
    person = case.board.people[case.actor]
    if key.person_id != case.actor and roles.ADMIN not in person.roles:
        return Refused(codes.NOT_ALLOWED, about=case.actor, need="revoke_key", who=(key.person_id, roles.ADMIN))
    return (event(case, "key.revoked", **case.command.payload),)


# ---- evolve --------------------------------------------------------------------------------------------------------


def key_registered(board: Board, data: Data) -> Board:
    key = SignatureKey(
        key_id=data["key_id"],
        person_id=data["person_id"],
        means=data["means"],
        public_key=data["public_key"],
        device=data["device"],
        rp_id=data.get("rp_id", ""),
        origin=data.get("origin", ""),
        registered=stated(board, data),
    )
    return replace(board, keys=put(board.keys, key.key_id, key))


def key_revoked(board: Board, data: Data) -> Board:
    revoked = replace(board.keys[data["key_id"]], revoked=stated(board, data, text_of(data["reason"])))
    return replace(board, keys=put(board.keys, revoked.key_id, revoked))


APPLIERS = {
    ("key.registered", 1): key_registered,
    ("key.revoked", 1): key_revoked,
}

COMMANDS = (
    CommandSpec("register_key", RECORD, roles.ANYONE, SITE, register_key),
    CommandSpec("revoke_key", RECORD, roles.ANYONE, SITE, revoke_key),
)
