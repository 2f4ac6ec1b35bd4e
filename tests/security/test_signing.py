"""A signature holds over exactly the command it was made for, by exactly the key on the log, or not at all."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services import signing
from services.seven_steps.board import Board
from services.seven_steps.board_site import SignatureKey
from services.seven_steps.canonical import canonical
from services.seven_steps.facts import Stated

NOW = datetime(2026, 11, 20, tzinfo=UTC)
KEY = "a2V5LW9uZQ"
RP, ORIGIN = "localhost", "http://localhost:8080"
PRIVATE, OTHER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
CLIENT = {
    "command_id": "0b8f7a2e-6a33-4f6e-9d3b-000000000001", "type": "survey", "version": 1, "site_id": "s",
    "actor": "li", "lang": "zh-CN", "payload": {"note": "已确认", "n": 3},
}  # fmt: skip


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def board(means: str, **changes: Any) -> Board:
    spki = PRIVATE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key = SignatureKey(KEY, "li", means, b64(spki), "handheld", RP, ORIGIN, Stated("li", NOW, 1))
    return Board(keys={KEY: replace(key, **changes)})


def raw(private: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    r, s = decode_dss_signature(private.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def by_device(client: dict[str, Any] = CLIENT, private: ec.EllipticCurvePrivateKey = PRIVATE) -> dict[str, str]:
    return {"means": "device_key", "key_id": KEY, "value": b64(raw(private, canonical(client)))}


def by_passkey(
    client: dict[str, Any] = CLIENT, origin: str = ORIGIN, rp: str = RP, flags: int = 0x05,
    private: ec.EllipticCurvePrivateKey = PRIVATE, type_: str = "webauthn.get",
) -> dict[str, str]:  # fmt: skip
    challenge = b64(hashlib.sha256(canonical(client)).digest())
    data = json.dumps({"type": type_, "challenge": challenge, "origin": origin}).encode()
    authenticator = hashlib.sha256(rp.encode()).digest() + bytes([flags]) + (0).to_bytes(4, "big")
    value = private.sign(authenticator + hashlib.sha256(data).digest(), ec.ECDSA(hashes.SHA256()))
    parts = {"value": b64(value), "authenticator_data": b64(authenticator), "client_data": b64(data)}
    return {"means": "passkey", "key_id": KEY, **parts}


MAKERS: dict[str, Callable[..., dict[str, str]]] = {"device_key": by_device, "passkey": by_passkey}


@pytest.mark.parametrize("means", MAKERS)
def test_a_signature_holds_over_its_command(means: str) -> None:
    signing.check(board(means), CLIENT, MAKERS[means]())


@pytest.mark.parametrize("means", MAKERS)
@pytest.mark.parametrize(
    "change",
    [{"payload": {"note": "已确认", "n": 4}}, {"payload": {"note": "未确认", "n": 3}}, {"type": "issue"},
     {"version": 2}, {"command_id": "0b8f7a2e-6a33-4f6e-9d3b-000000000002"}, {"site_id": "t"}],
    ids=str,
)  # fmt: skip
def test_it_does_not_hold_over_any_other(means: str, change: dict[str, Any]) -> None:
    with pytest.raises(signing.BadSignature):
        signing.check(board(means), CLIENT | change, MAKERS[means]())


@pytest.mark.parametrize("means", MAKERS)
@pytest.mark.parametrize(
    ("changes", "why"),
    [({"person_id": "wang"}, "not the actor's"), ({"revoked": Stated("li", NOW, 2)}, "revoked"), ({}, "does not fit")],
    ids=["another person's key", "a revoked key", "another key's signature"],
)
def test_the_key_is_the_actors_own_and_live(means: str, changes: dict[str, Any], why: str) -> None:
    signed = MAKERS[means]() if changes else MAKERS[means](private=OTHER)
    with pytest.raises(signing.BadSignature, match=why):
        signing.check(board(means, **changes), CLIENT, signed)


def test_a_key_counts_only_for_its_own_means() -> None:
    with pytest.raises(signing.BadSignature, match="not the actor's"):
        signing.check(board("passkey"), CLIENT, by_device())


def test_an_unregistered_key_signs_nothing() -> None:
    with pytest.raises(signing.BadSignature, match="not registered"):
        signing.check(Board(), CLIENT, by_device())


@pytest.mark.parametrize(
    "wrong",
    [{"origin": "https://evil.example"}, {"rp": "evil.example"}, {"flags": 0x01}, {"flags": 0x04},
     {"type_": "webauthn.create"}],
    ids=["another origin", "another site", "nobody verified", "nobody present", "not an assertion"],
)  # fmt: skip
def test_a_passkey_is_used_where_and_how_it_was_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(signing.BadSignature):
        signing.check(board("passkey"), CLIENT, by_passkey(**wrong))


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_of_another_length_is_no_signature(length: int) -> None:
    with pytest.raises(signing.BadSignature):
        signing.check(board("device_key"), CLIENT, by_device() | {"value": b64(bytes(length))})


@pytest.mark.parametrize("means", MAKERS)
@pytest.mark.parametrize("public_key", ["", "AAAA", b64(b"\x30\x00")], ids=["none", "garbage", "an empty sequence"])
def test_a_key_that_is_no_p256_key_signs_nothing(means: str, public_key: str) -> None:
    with pytest.raises(signing.BadSignature):
        signing.check(board(means, public_key=public_key), CLIENT, MAKERS[means]())


def test_an_attested_command_has_nothing_to_check() -> None:
    signing.check(Board(), CLIENT, {"means": "attested"})


# ---- signing in by key -----------------------------------------------------------------------------------------------


def signed_in(private: ec.EllipticCurvePrivateKey = PRIVATE, **told: str) -> dict[str, str]:
    body = {"site_id": "s", "key_id": KEY, "challenge": "c1"}
    return {**body, "value": b64(raw(private, signing.sign_in_bytes("s", KEY, "c1"))), **told}


def test_a_live_device_key_says_who_signs_in() -> None:
    assert signing.check_sign_in(board("device_key"), "s", signed_in()) == "li"


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (board("device_key", revoked=Stated("li", NOW, 2)), signed_in()),
        (board("passkey"), signed_in()),
        (Board(), signed_in()),
        (board("device_key"), signed_in(OTHER)),
        (board("device_key"), signed_in(challenge="c2")),
        (board("device_key"), {**signed_in(), "value": by_device()["value"]}),
    ],
    ids=["revoked", "passkey", "unknown", "another key", "another challenge", "a command's signature"],
)
def test_nothing_else_does(held: Board, told: dict[str, str]) -> None:
    with pytest.raises(signing.BadSignature):
        signing.check_sign_in(held, "s", told)
