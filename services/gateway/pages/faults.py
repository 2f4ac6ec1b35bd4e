"""What is wrong with a field, in words: the schemas say it in English, for programs; people read it here.

A message that nobody foresaw is shown as it came: it is better than none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from services.gateway.texts import Texts

#: key of the text `message.<key>` -> what the schemas say (marshmallow's own words among them).
WIRE: Mapping[str, str] = {
    "required": "Missing data for required field.",
    "null": "Field may not be null.",
    "invalid_string": "Not a valid string.",
    "invalid_list": "Not a valid list.",
    "invalid_map": "Not a valid mapping type.",
    "invalid_type": "Invalid type.",
    "invalid_value": "Invalid value.",
    "integer": "Not a valid integer.",
    "boolean": "Not a valid boolean.",
    "unknown": "Unknown field.",
    "length": "Length must be between {low} and {high}.",
    "shorter": "Shorter than minimum length {low}.",
    "longer": "Longer than maximum length {high}.",
    "exactly": "Length must be {n}.",
    "one_of": "One of: {choices}.",
    "one_of_numbers": "Must be one of: {choices}.",
    "between": "Must be greater than or equal to {low} and less than or equal to {high}.",
    "at_least": "Must be greater than or equal to {low}.",
    "at_most": "Must be less than or equal to {high}.",
    "from_to": "Must be from {low} to {high}.",
    "id": "Letters, digits and . _ : - only.",
    "code": "Letters, digits and _ . - only.",
    "one_line": "One line with at least one letter.",
    "text": "Text without control characters.",
    "decimal": 'A decimal as a string, as "0.45".',
    "day": "A day as 2026-11-22.",
    "instant": "A time in UTC as 2026-11-22T08:00:00Z.",
    "clock": "A time of day as 22:00.",
    "uuid": "A UUID in lower case.",
    "sha256": "64 hexadecimal digits in lower case.",
    "base64url": "Base64url without padding.",
    "pack": "A rule pack, as gb30871-2022 or gb30871-2022@1.",
    "language": "A language tag such as zh-CN.",
    "no_such_day": "There is no such day.",
    "no_such_time": "There is no such time.",
    "twice": "The same value stands here twice.",
    "lel": "A %LEL reading needs it.",
    "measured_in": "{gas} is measured in {units}.",
    "answered_twice": "A line is answered twice.",
    "no_such_answer": "It is none of the answers.",
    "say_why": "Say why it does not apply.",
    "not_the_digits": "Not the digits on the guardian's screen now.",  # of the gateway, beside the payload
    "six_digits": "Six digits.",
    "before": "Must not be before {field}.",
    "picture": "Must be a picture.",  # of the gateway, which knows what the document is
    "more_than": "Must be more than {field}.",
    "simulated_only": "Only a simulated clock starts at a time of choice.",
    "of_passkey": "A passkey has one.",
    "needed_here": "This command needs it.",
    "not_about_one": "This command is not about one.",
}
BELOW = ("payload", "_schema")  # of a path: not a field of a form


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((key, _pattern(wire)) for key, wire in WIRE.items())


def _pattern(wire: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(wire)) + r"\Z")


def said_of(said: Texts, message: str) -> str:
    """One message of a schema in the reader's language."""
    for key, pattern in _patterns():
        found = pattern.match(message)
        if found is not None:
            words = {name: _value(said, name, value) for name, value in found.groupdict().items()}
            return said.t(f"message.{key}", **words)
    return message


def _value(said: Texts, name: str, value: str) -> str:
    spoken: Mapping[str, Callable[[str], str]] = {
        "gas": lambda one: said.word("gas", one),
        "units": lambda one: said.t("list.or").join(said.word("unit", unit) for unit in one.split(" or ")),
        "field": lambda one: said.t(f"field.{one}") if said.has(f"field.{one}") else one,
    }
    return spoken[name](value) if name in spoken else value


def where(said: Texts, type_: str, path: str) -> str:
    """The fields that a dotted path goes through, as the form names them, and the numbers of rows."""
    steps = [one for one in path.split(".") if one and one not in BELOW]
    return said.t("answer_page.within").join(dict.fromkeys(_step(said, type_, one) for one in steps))


def _step(said: Texts, type_: str, step: str) -> str:
    if step.isdigit():
        return said.t("answer_page.row", n=int(step) + 1)
    labels = (f"command.{type_}.field.{step}", f"field.{step}", f"gas.{step}")
    return next((said.t(label) for label in labels if said.has(label)), step)


def in_words(said: Texts, type_: str, fields: Mapping[str, Iterable[object]]) -> list[tuple[str, str, str]]:
    """(path, its fields in words, what is wrong) for each path of a malformed request."""
    return [
        (path, where(said, type_, path), " ".join(dict.fromkeys(said_of(said, str(one)) for one in messages)))
        for path, messages in fields.items()
    ]
