"""What the vault keeps about a person: a closed set of fields, so that nothing personal slips in unseen."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from services.seven_steps.canonical import canonical

#: Everything of one version of one person, as canonical JSON.
PERSON_BYTES_MAX = 16 * 1024
SALT_BYTES = 32
LANGUAGES = ("en", "zh-CN")
_WORDS = ("phone", "id_number", "works_no", "extension", "email", "fitness")
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: name {en, zh-CN} · certificate_numbers {certificate_id: number} · photo_sha256 names a document · the rest are words
FIELDS = frozenset({"name", "certificate_numbers", "photo_sha256", *_WORDS})


class BadFacts(ValueError):
    """The facts are not of the form above; the message names the field, never its value."""


def text_of(facts: Mapping[str, Any]) -> str:
    """The canonical JSON text of a person's facts. Raises BadFacts."""
    unknown = sorted(set(facts) - FIELDS)
    if unknown:
        raise BadFacts(f"unknown fields: {', '.join(unknown)}")
    names = facts.get("name")
    if not isinstance(names, Mapping) or not names or not set(names) <= set(LANGUAGES):
        raise BadFacts(f"name: one for each of {', '.join(LANGUAGES)}, or at least one of them")
    _words("name", names)
    _words("certificate_numbers", facts.get("certificate_numbers", {}))
    _words("", {field: facts[field] for field in _WORDS if field in facts})
    photo = facts.get("photo_sha256")
    if photo is not None and not (isinstance(photo, str) and _SHA256.fullmatch(photo)):
        raise BadFacts("photo_sha256: 64 lower-case hex digits")
    try:
        data = canonical({key: dict(value) if isinstance(value, Mapping) else value for key, value in facts.items()})
    except ValueError as error:
        raise BadFacts("the facts have no canonical form") from error
    if len(data) > PERSON_BYTES_MAX:
        raise BadFacts(f"more than {PERSON_BYTES_MAX} bytes")
    return data.decode("utf-8")


def _words(field: str, values: Any) -> None:
    if not isinstance(values, Mapping):
        raise BadFacts(f"{field}: expected names and words")
    for key, value in values.items():
        if not isinstance(value, str) or not value.strip() or "\x00" in value:
            raise BadFacts(f"{f'{field}.{key}' if field else key}: expected words")


def commitment(salt: bytes, text: str) -> str:
    """What the log holds of one version: SHA-256(salt || canonical JSON), in hex."""
    return hashlib.sha256(salt + text.encode("utf-8")).hexdigest()


def name_of(text: str, lang: str) -> str:
    """The name in a language, else in the one there is."""
    names: dict[str, str] = json.loads(text)["name"]
    return names.get(lang) or next(names[other] for other in LANGUAGES if other in names)
