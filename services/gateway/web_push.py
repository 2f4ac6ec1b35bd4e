"""Web Push: a message that only the browser which subscribed can read, and who sends it.

Encryption is RFC 8291 (one record of `aes128gcm`, RFC 8188), the sender's word RFC 8292 (VAPID: a JWT signed ES256).
The push service in between learns that there is a message, not what it says.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.signing import COORDINATE, unpadded

KEY_FILE = "push-key.pem"
POINT_BYTES = 65  # an uncompressed point of P-256
AUTH_BYTES = 16  # RFC 8291, 3.2
SALT_BYTES = 16
RECORD_BYTES = 4096  # one record holds the whole message
#: What fits: a push service takes one record, with its mark of the last one and its tag (RFC 8291, 4).
MESSAGE_BYTES_MAX = RECORD_BYTES - SALT_BYTES - 4 - 1 - POINT_BYTES - 1 - 16
LAST_RECORD = b"\x02"
TOKEN_S = 12 * 3600  # RFC 8292, 2: at most 24 h


class BadSubscription(ValueError):
    """The browser's keys cannot be used."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """What a browser gave when it subscribed. p256dh, auth: base64url, as in PushSubscription.toJSON()."""

    endpoint: str
    p256dh: str
    auth: str


def encrypt(message: bytes, to: Recipient, random: Callable[[int], bytes] = os.urandom) -> bytes:
    """The body of the request. Raises BadSubscription, and ValueError for a message above MESSAGE_BYTES_MAX."""
    return encrypt_with(message, to, ec.generate_private_key(ec.SECP256R1()), random(SALT_BYTES))


def encrypt_with(message: bytes, to: Recipient, ours: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """With the one-time key and the salt given (RFC 8291 appendix A has an example)."""
    if len(message) > MESSAGE_BYTES_MAX:
        raise ValueError(f"{len(message)} bytes, at most {MESSAGE_BYTES_MAX}")
    theirs, auth = keys_of(to)
    shared = ours.exchange(ec.ECDH(), theirs)
    their_point, our_point = point(theirs), point(ours.public_key())
    secret = _hkdf(auth, shared, b"WebPush: info\x00" + their_point + our_point, 32)
    key = _hkdf(salt, secret, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _hkdf(salt, secret, b"Content-Encoding: nonce\x00", 12)
    head = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(our_point)]) + our_point
    return head + AESGCM(key).encrypt(nonce, message + LAST_RECORD, None)


def keys_of(to: Recipient) -> tuple[ec.EllipticCurvePublicKey, bytes]:
    """The browser's public key and its secret. Raises BadSubscription."""
    try:
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpadded(to.p256dh))
        auth = unpadded(to.auth)
    except ValueError as error:
        raise BadSubscription("p256dh or auth is no key") from error
    if len(auth) != AUTH_BYTES:
        raise BadSubscription("auth has the wrong length")
    return theirs, auth


def load_key(folder: Path) -> ec.EllipticCurvePrivateKey:
    """The key that names this installation to push services: a file only this user may read, made when missing."""
    path = folder / KEY_FILE
    if not path.exists():
        _make(path)
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError(f"{path}: not a P-256 key")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)  # of two gateways that start at once, the first one's key stays
    except FileExistsError:
        pass
    temporary.unlink()


def authorization(key: ec.EllipticCurvePrivateKey, endpoint: str, subject: str, now_s: float) -> str:
    """The header's value: who sends (subject: a mailto: or https: address), to which push service, until when."""
    at = urlsplit(endpoint)
    claims = {"aud": f"{at.scheme}://{at.netloc}", "exp": int(now_s) + TOKEN_S, "sub": subject}
    signed = f"{_json({'typ': 'JWT', 'alg': 'ES256'})}.{_json(claims)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = r.to_bytes(COORDINATE, "big") + s.to_bytes(COORDINATE, "big")
    return f"vapid t={signed}.{base64url(signature)}, k={public_text(key)}"


def public_text(key: ec.EllipticCurvePrivateKey) -> str:
    """The public half, as `applicationServerKey` of a browser wants it."""
    return base64url(point(key.public_key()))


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _json(value: object) -> str:
    return base64url(json.dumps(value, separators=(",", ":")).encode())


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
