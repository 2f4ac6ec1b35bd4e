"""Strict fields: they accept or reject, and never convert. Required unless `optional=True`.

The bytes that are hashed are those the client sent, so a field that would tidy a value up must refuse it instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from schemas import limits, words

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:-]*$"
UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
BASE64URL_PATTERN = r"^[A-Za-z0-9_-]+$"
SHA256_PATTERN = r"^[0-9a-f]{64}$"
INSTANT_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z$"
DAY_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
CLOCK_TIME_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
DECIMAL_PATTERN = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"
LANG_TAG_PATTERN = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
SITE_CODE_PATTERN = r"^[A-Z0-9]{2,6}$"
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
PACK_PATTERN = r"^[a-z0-9][a-z0-9-]*(@[1-9][0-9]{0,3})?$"
#: One line: no control characters. A text may hold line breaks and tabs. Both take time linear in the length.
LINE_PATTERN = r"^(?=[\s\S]*\S)[^\x00-\x1f\x7f]*$"
TEXT_PATTERN = r"^(?=[\s\S]*\S)[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"

Validator = Callable[[Any], Any]


class Strict(Schema):
    """Unknown fields are refused."""

    class Meta:
        unknown = RAISE


def _pattern(pattern: str, said: str) -> validate.Regexp:
    # fullmatch semantics: `$` would let a trailing line break through
    return validate.Regexp(re.compile(pattern.removesuffix("$") + r"\Z", re.DOTALL), error=said)


class _Text(fields.String):
    """A string with a pattern and a length; `json_pattern` is what JSON Schema prints."""

    json_pattern = ""
    said = "Not a valid string."
    chars_max = limits.LINE_CHARS_MAX

    def __init__(self, *, optional: bool = False, validators: Sequence[Validator] = (), **more: Any) -> None:
        checks: list[Validator] = [validate.Length(min=1, max=self.chars_max), *validators]
        if self.json_pattern:
            checks.append(_pattern(self.json_pattern, self.said))
        super().__init__(required=not optional, validate=checks, **more)

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> Any:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        return value


class Ident(_Text):
    json_pattern, said, chars_max = ID_PATTERN, "Letters, digits and . _ : - only.", limits.ID_CHARS_MAX


class Uuid(_Text):
    json_pattern, said, chars_max = UUID_PATTERN, "A UUID in lower case.", 36


class Sha256(_Text):
    json_pattern, said, chars_max = SHA256_PATTERN, "64 hexadecimal digits in lower case.", 64


class Base64Url(_Text):
    json_pattern, said, chars_max = BASE64URL_PATTERN, "Base64url without padding.", limits.SIGNATURE_CHARS_MAX


class KeyId(Base64Url):
    chars_max = limits.KEY_ID_CHARS_MAX


class Code(_Text):
    json_pattern, said, chars_max = CODE_PATTERN, "Letters, digits and _ . - only.", limits.WORD_CHARS_MAX


class PackName(_Text):
    json_pattern, said, chars_max = (
        PACK_PATTERN,
        "A rule pack, as gb30871-2022 or gb30871-2022@1.",
        limits.WORD_CHARS_MAX,
    )


class Word(_Text):
    json_pattern, said, chars_max = LINE_PATTERN, "One line with at least one letter.", limits.WORD_CHARS_MAX


class Line(_Text):
    json_pattern, said, chars_max = LINE_PATTERN, "One line with at least one letter.", limits.LINE_CHARS_MAX


class Paragraph(_Text):
    json_pattern, said, chars_max = TEXT_PATTERN, "Text without control characters.", limits.TEXT_CHARS_MAX


class LongParagraph(Paragraph):
    chars_max = limits.LONG_TEXT_CHARS_MAX


class LangTag(_Text):
    json_pattern, said, chars_max = LANG_TAG_PATTERN, "A language tag such as zh-CN.", 20


class SiteCode(_Text):
    json_pattern, said, chars_max = SITE_CODE_PATTERN, "2 to 6 capital letters or digits.", 6


class ClockTime(_Text):
    json_pattern, said, chars_max = CLOCK_TIME_PATTERN, "A time of day as 22:00.", 5


class Instant(_Text):
    """A point in time, in UTC, as 2026-11-22T08:00:00Z (up to six decimals of a second)."""

    json_pattern, said, chars_max = INSTANT_PATTERN, "A time in UTC as 2026-11-22T08:00:00Z.", 27

    def __init__(self, *, optional: bool = False) -> None:
        super().__init__(optional=optional, validators=[_is_instant], metadata={"format": "date-time"})


class Day(_Text):
    """A calendar day of the site, as 2026-11-22."""

    json_pattern, said, chars_max = DAY_PATTERN, "A day as 2026-11-22.", 10

    def __init__(self, *, optional: bool = False) -> None:
        super().__init__(optional=optional, validators=[_is_day], metadata={"format": "date"})


class Dec(_Text):
    """A decimal as a string within bounds, both included; the unit stands beside it or in the field's name."""

    json_pattern, said, chars_max = DECIMAL_PATTERN, 'A decimal as a string, as "0.45".', limits.DECIMAL_CHARS_MAX

    def __init__(self, low: str, high: str, *, optional: bool = False) -> None:
        super().__init__(
            optional=optional,
            validators=[DecimalRange(low, high)],
            metadata={"description": f"decimal from {low} to {high}"},
        )


class DecimalRange:
    """A string that is a decimal between `low` and `high`. Says nothing of strings that are no decimals."""

    def __init__(self, low: str, high: str) -> None:
        self.low, self.high = Decimal(low), Decimal(high)

    def __call__(self, value: str) -> None:
        if re.fullmatch(DECIMAL_PATTERN, value) and not self.low <= Decimal(value) <= self.high:
            raise ValidationError(f"Must be from {self.low} to {self.high}.")


class Flag(fields.Boolean):
    """true or false, nothing that looks like it."""

    def __init__(self, *, optional: bool = False) -> None:
        super().__init__(required=not optional)

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Int(fields.Integer):
    """An integer within bounds, both included."""

    def __init__(self, low: int, high: int, *, optional: bool = False) -> None:
        super().__init__(strict=True, required=not optional, validate=validate.Range(min=low, max=high))


class OneOf(fields.String):
    """One word of a closed list."""

    def __init__(self, choices: Sequence[str], *, optional: bool = False, data_key: str | None = None) -> None:
        said = "One of: " + ", ".join(choices) + "."
        super().__init__(required=not optional, validate=validate.OneOf(choices, error=said), data_key=data_key)


class OneOfInt(fields.Integer):
    def __init__(self, choices: Sequence[int], *, optional: bool = False) -> None:
        super().__init__(strict=True, required=not optional, validate=validate.OneOf(choices))


class Many(fields.List[Any]):
    """A list with a named limit; `unique` refuses a value that stands in it twice."""

    def __init__(
        self, inner: fields.Field[Any], high: int, *, low: int = 0, unique: bool = False, optional: bool = False
    ) -> None:
        checks: list[Validator] = [validate.Length(min=low, max=high)]
        if unique:
            checks.append(_all_different)
        super().__init__(inner, required=not optional, validate=checks)


class MapOf(fields.Dict):
    """An object with open keys of one kind, and a limit on how many."""

    def __init__(
        self,
        keys: fields.Field[Any],
        values: fields.Field[Any],
        high: int,
        *,
        low: int = 0,
        optional: bool = False,
        data_key: str | None = None,
    ) -> None:
        checks = validate.Length(min=low, max=high)
        super().__init__(keys=keys, values=values, required=not optional, validate=checks, data_key=data_key)

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **more)  # type: ignore[no-untyped-call]
        except ValidationError as wrong:
            if not isinstance(wrong.messages, dict):
                raise
            # marshmallow files a map's errors under "key" and "value"; a path names the entry alone
            sides = {key: said.get("value", said.get("key", said)) for key, said in wrong.messages.items()}
            raise ValidationError(sides) from None


class Part(fields.Nested):
    def __init__(self, schema: type[Schema], *, optional: bool = False, nullable: bool = False) -> None:
        super().__init__(schema, required=not optional, allow_none=nullable)


def _is_instant(value: str) -> None:
    if re.fullmatch(INSTANT_PATTERN, value):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise ValidationError("There is no such time.") from None


def _is_day(value: str) -> None:
    if re.fullmatch(DAY_PATTERN, value):
        try:
            date.fromisoformat(value)
        except ValueError:
            raise ValidationError("There is no such day.") from None


def _all_different(values: list[Any]) -> None:
    if len({repr(value) for value in values}) != len(values):
        raise ValidationError("The same value stands here twice.")


# ---- shapes that many commands share -------------------------------------------------------------------------------


def grid_m(*, optional: bool = False) -> Dec:
    """Metres on the site grid, from the site's own origin."""
    return Dec("-100000", "100000", optional=optional)


def elevation_m(*, optional: bool = False) -> Dec:
    return Dec("-1000", "2000", optional=optional)


class Spot(Strict):
    """Where on the site grid work is; `error_m`: how far off that may be."""

    east_m = grid_m()
    north_m = grid_m()
    elevation_m = elevation_m(optional=True)
    error_m = Dec("0", "1000", optional=True)


class Text(Strict):
    """What a person wrote, with the language it is in; never translated silently."""

    lang = LangTag()
    text = Paragraph()


class LongText(Strict):
    lang = LangTag()
    text = LongParagraph()


class Names(Strict):
    """A name in both languages."""

    en = Line()
    zh_CN = Line(data_key="zh-CN")


class CrewMember(Strict):
    """`certificate_id`: the certificate that was shown; that of another person is no certificate."""

    person_id = Ident()
    role = OneOf(words.CREW_ROLES)
    trade = Word()
    certificate_id = Ident(optional=True)  # of the certificate this person shows


def permit_list() -> Many:
    """The tickets that an act covers: at least one."""
    return Many(Uuid(), limits.PERMITS_OF_COMMAND_MAX, low=1, unique=True)


def text(*, optional: bool = False) -> Part:
    return Part(Text, optional=optional)


def names() -> Part:
    return Part(Names)


@cache
def _instance(schema: type[Schema]) -> Schema:
    # making a schema copies all its fields, which takes longer than a load; an instance keeps nothing of a load
    return schema()


def errors_of(schema: type[Schema], value: Any) -> dict[str, Any]:
    """marshmallow's messages for a value that does not fit, empty if it does."""
    return _instance(schema).validate(value)
