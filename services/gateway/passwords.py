"""Passwords and one-time codes: argon2id for what people choose, SHA-256 for what we draw with enough entropy."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

PASSWORD_CHARS_MIN = 8  # ASVS 5.0 6.2.1
PASSWORD_CHARS_MAX = 128
CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # spoken and typed: no 0/O, 1/I/L
CODE_CHARS = 10  # 31^10: about 49 bits, and CODE_TRIES_MAX tries
TOKEN_BYTES = 32

_HASHER = PasswordHasher()  # argon2id, RFC 9106 low-memory profile (64 MiB, 3 passes, 4 lanes)
#: Verified when there is no such account, so that both answers take as long.
_NOBODY = _HASHER.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def password_fits(stored: str | None, password: str) -> bool:
    """Takes as long for an account that does not exist or has no password yet (`stored` None)."""
    try:
        return _HASHER.verify(stored or _NOBODY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    return _HASHER.check_needs_rehash(stored)


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_sha256(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_code() -> str:
    """A one-time code, in two groups for reading aloud, as "K7M4P-X2QRT"."""
    drawn = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_CHARS))
    return f"{drawn[:5]}-{drawn[5:]}"


def code_sha256(code: str) -> str:
    return token_sha256("".join(code.upper().split()).replace("-", ""))


def same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
