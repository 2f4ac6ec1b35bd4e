"""The words of the pages: one catalogue per language, read from `text/<lang>/*.toml`.

A key is the path of tables joined by dots (`state.active`, `gate.G-GAS-2.title`). The files of one language are merged;
a key that stands in two files is a mistake and refused at start. Both languages must have the same keys (a test holds
them to it). Texts people wrote are never looked up here: they carry their own language.
"""

from __future__ import annotations

import logging
import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh-CN")
FALLBACK = "en"
FOLDER = Path(__file__).parent / "text"

#: A time on the log inside a value.
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")

#: Words in the source of a rule, as many as stand together.
CLAUSE_WORDS = re.compile(r"[A-Za-z]{3,}(?: [A-Za-z]{3,})*")

log = logging.getLogger(__name__)

#: An `about` of a gate's reason that is an identifier nobody reads out (a UUID).
UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


class TwiceNamed(ValueError):
    """The same key stands in two catalogue files."""


def _flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat.update(_flatten(value, f"{path}."))
        else:
            flat[path] = str(value)
    return flat


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """All texts of one language by key. Raises TwiceNamed, and KeyError for a language we do not have."""
    if lang not in LANGUAGES:
        raise KeyError(lang)
    merged: dict[str, str] = {}
    for file in sorted((FOLDER / lang).glob("*.toml")):
        for key, value in _flatten(tomllib.loads(file.read_text(encoding="utf-8"))).items():
            if key in merged:
                raise TwiceNamed(f"{key} stands twice, the second time in {lang}/{file.name}")
            merged[key] = value
    return merged


class _Kept(dict[str, object]):
    """Placeholders nobody filled stay visible instead of breaking the page."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


class Texts:
    """The texts of one language. `t(key, **values)` fills the placeholders; a missing key shows itself in ⟦ ⟧."""

    def __init__(self, lang: str) -> None:
        self.lang = lang if lang in LANGUAGES else FALLBACK
        self._texts = catalogue(self.lang)

    def has(self, key: str) -> bool:
        return key in self._texts

    def t(self, key: str, /, **values: object) -> str:
        text = self._texts.get(key)
        if text is None:
            log.warning("no text %s in %s", key, self.lang)
            return f"⟦{key}⟧"
        return text.format_map(_Kept(values)) if values else text

    def tn(self, key: str, n: int, /, **values: object) -> str:
        """The form for a number: `<key>.one` or `<key>.other`."""
        return self.t(f"{key}.one" if n == 1 else f"{key}.other", n=n, **values)

    def word(self, group: str, code: object) -> str:
        """A code's word (`state.active`); a code we have no word for is shown as it is."""
        key = f"{group}.{code}"
        return self._texts.get(key, str(code))

    def pick(self, names: Mapping[str, str] | None) -> str:
        """A name given in both languages, in this one."""
        if not names:
            return ""
        return names.get(self.lang) or names.get(FALLBACK) or next(iter(names.values()), "")

    def clause(self, source: str) -> str:
        """Where a rule stands (`GB 30871-2022 4.12; policy`): standards as they are called, the words between them in
        this language."""
        return CLAUSE_WORDS.sub(self._clause_words, source)

    def _clause_words(self, found: re.Match[str]) -> str:
        text = self._texts.get(f"clause.{found[0].lower().replace(' ', '_')}", found[0])
        return text[0].upper() + text[1:] if found[0][0].isupper() else text

    def value(self, value: str) -> str:
        """A short value of a gate's reason: looked up are every word with a leading colon (`≥ 40 :characters`) and the
        unit of every number (`≤ 30 min`)."""
        return UNIT_OF_NUMBER.sub(lambda found: self.word("unit", found[0]), self._worded(value))

    def _worded(self, value: str) -> str:
        return VALUE_WORD.sub(lambda found: self._value_word(found[1]), value)

    def _value_word(self, code: str) -> str:
        for group in VALUE_GROUPS:
            if f"{group}.{code}" in self._texts:
                return self._texts[f"{group}.{code}"]
        kind, _, rest = code.partition("_")
        group = PREFIX_GROUPS.get(kind, "")
        return self._texts.get(f"{group}.{rest}") or code.replace("_", " ")

    def about(self, about: str) -> str:
        """What a reason is about, as far as it can be said without the board: a measure line, a gas at a point."""
        gas, at, point = about.partition(" @ ")
        if at:
            return self.t("reason.gas_at", gas=self.word("gas", gas), point=self.word("point", point))
        form, slash, line = about.partition("/")
        if slash and self.has(f"measure.{form}.{line}"):
            return self.t("reason.line", no=line, text=self.t(f"measure.{form}.{line}"))
        if UUID.match(about):
            return ""
        for group in ABOUT_GROUPS:
            if self.has(f"{group}.{about}"):
                return self.t(f"{group}.{about}")
        return self._worded(about)


#: A word of the catalogue inside a value: a colon, then letters (never a time like 8:00).
VALUE_WORD = re.compile(r":([a-z][A-Za-z0-9_]*)")
#: The unit after a number and a space, as the rules write it.
UNIT_OF_NUMBER = re.compile(r"(?<=\d )(?:%[A-Za-z]*|[A-Za-z]+(?:/[a-z]+\d?)?)(?![\w/])")
#: Where such a word is looked up, in this order; and by its first part (`:role_hse`).
VALUE_GROUPS = ("value", "words", "state", "job_state")
PREFIX_GROUPS = {
    "level": "level", "role": "role", "trade": "trade", "fact": "fact", "hazard": "hazard", "node": "node",
    "mark": "mark", "method": "method", "cause": "cause", "kind": "gas", "alarm": "alarm", "point": "point",
    "mode": "entry_mode", "means": "means", "service": "service", "weather": "weather",
}  # fmt: skip
ABOUT_GROUPS = ("limit", "hazard", "fact")


@cache
def texts(lang: str) -> Texts:
    return Texts(lang)


Stamp = Callable[[str], str]


def reason_parts(
    lang: str, what: str, about: str = "", have: str = ":none", need: str = "", code: str = "", stamp: Stamp = str
) -> tuple[str, str]:
    """What keeps a gate shut: the fact, then what is needed (may be empty).

    `about` is a name or a number where the caller could join it. `stamp` turns a UTC time inside a value into what the
    reader's clock shows. A `what` that has no phrase falls back to the gate's own title, so that a new gate never
    answers with an empty reason; a code of another release says at least itself.
    """
    said = texts(lang)
    about, have, need = said.about(about), *(INSTANT.sub(lambda at: stamp(at[0]), said.value(v)) for v in (have, need))
    what = what or code
    values = {"about": about, "have": have or said.t("words.none"), "need": need, "limit": need.lstrip("≤≥ ")}
    if said.has(f"missing.{what}.fact"):
        more = said.t(f"missing.{what}.need", **values) if said.has(f"missing.{what}.need") else ""
        return said.t(f"missing.{what}.fact", **values), more
    wanted = said.t("reason.needed", need=need) if need else ""
    if code and said.has(f"gate.{code}.title"):
        return said.t("reason.must_hold", rule=said.t(f"gate.{code}.title")), wanted
    return said.t("reason.other", what=what.replace("_", " ")), wanted


def reason_text(lang: str, what: str, about: str = "", have: str = ":none", need: str = "", code: str = "") -> str:
    """`reason_parts` as one text, with its times in UTC."""
    between = "" if lang == "zh-CN" else " "
    return between.join(part for part in reason_parts(lang, what, about, have, need, code) if part)


def both(what: str, about: str = "", have: str = ":none", need: str = "", code: str = "") -> dict[str, str]:
    """`reason_text` in every language, as the JSON answer of a refused command carries it."""
    return {lang: reason_text(lang, what, about, have, need, code) for lang in LANGUAGES}
