"""Checking a person's signature over a command, from the log alone: the client part, the signature, the key's facts.

All means cover the same bytes: the RFC 8785 form of the client part, which holds the command's id. A device key signs
them (ECDSA P-256, SHA-256, r || s); a passkey signs a WebAuthn assertion whose challenge is their SHA-256.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key
from webauthn import verify_authentication_response
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException

from services.seven_steps.board import Board
from services.seven_steps.board_site import SignatureKey
from services.seven_steps.canonical import canonical
from services.seven_steps.signature_keys import DEVICE_KEY, KEYED, PASSKEY

COORDINATE = 32  # bytes of r, s, x and y on P-256
ES256 = -7  # COSE


class BadSignature(Exception):
    """The signature does not hold; says why in a few words."""


def check(board: Board, client: Mapping[str, Any], signature: Mapping[str, Any]) -> None:
    """Raises BadSignature. board: as it stood when the command was decided. An attested one has nothing to check."""
    if signature["means"] not in KEYED:
        return
    key = board.keys.get(signature.get("key_id", ""))
    if key is None:
        raise BadSignature("the key is not registered")
    if key.revoked is not None:
        raise BadSignature("the key is revoked")
    if (key.person_id, key.means) != (client.get("actor"), signature["means"]):
        raise BadSignature("the key is not the actor's")
    (_check_passkey if key.means == PASSKEY else _check_device_key)(key, canonical(dict(client)), signature)


def public_key_of(text: str) -> ec.EllipticCurvePublicKey:
    """From base64url SubjectPublicKeyInfo. Raises ValueError for anything but a P-256 key."""
    key = load_der_public_key(unpadded(text))
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("not a P-256 key")
    return key


def unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sign_in_bytes(site_id: str, key_id: str, challenge: str) -> bytes:
    """What a device key signs to sign in. `purpose` is in no command, so that neither passes for the other."""
    return canonical({"purpose": "sign_in", "site_id": site_id, "key_id": key_id, "challenge": challenge})


def check_sign_in(board: Board, site_id: str, told: Mapping[str, Any]) -> str:
    """The person whose live device key signed the challenge. Raises BadSignature."""
    key = board.keys.get(told["key_id"])
    if key is None or key.revoked is not None or key.means != DEVICE_KEY:
        raise BadSignature("no live device key of this site")
    _check_device_key(key, sign_in_bytes(site_id, key.key_id, told["challenge"]), told)
    return key.person_id


def _check_device_key(key: SignatureKey, signed: bytes, signature: Mapping[str, Any]) -> None:
    try:
        value = unpadded(signature["value"])
        if len(value) != 2 * COORDINATE:
            raise BadSignature("the signature has the wrong length")
        r, s = (int.from_bytes(part, "big") for part in (value[:COORDINATE], value[COORDINATE:]))
        public_key_of(key.public_key).verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError, KeyError) as error:
        raise BadSignature("the signature does not fit the command") from error


def _check_passkey(key: SignatureKey, signed: bytes, signature: Mapping[str, Any]) -> None:
    """User presence and verification are asked of the authenticator; origin and RP id are facts on the log."""
    try:
        assertion = {
            "id": key.key_id,
            "rawId": key.key_id,
            "type": "public-key",
            "response": {
                "authenticatorData": signature["authenticator_data"],
                "clientDataJSON": signature["client_data"],
                "signature": signature["value"],
            },
        }
        verify_authentication_response(
            credential=assertion,
            expected_challenge=hashlib.sha256(signed).digest(),
            expected_rp_id=key.rp_id,
            expected_origin=key.origin,
            credential_public_key=_cose(key.public_key),
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError) as error:
        raise BadSignature("the passkey's signature does not fit the command") from error


def _cose(public_key: str) -> bytes:
    """The key in the form that WebAuthn hands over (RFC 9053, EC2 on P-256)."""
    numbers = public_key_of(public_key).public_numbers()
    x, y = (number.to_bytes(COORDINATE, "big") for number in (numbers.x, numbers.y))
    return cbor2.dumps({1: 2, 3: ES256, -1: 1, -2: x, -3: y})


def device_key_id(public_key: str) -> str:
    """The name of a device key: the SHA-256 of its public half, so that nobody chooses it."""
    return bytes_to_base64url(hashlib.sha256(unpadded(public_key)).digest())
