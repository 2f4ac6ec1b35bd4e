"""The words of the PDFs, one catalogue a language. A key that is missing is an error, never an empty place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("zh-CN", "en")
FOLDER = Path(__file__).parent / "text"


class MissingText(KeyError):
    """A catalogue has no such key."""


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value
    return flat


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """All texts of a language by dotted key (`row.hazards`)."""
    with (FOLDER / f"{lang}.toml").open("rb") as file:
        return _flat(tomllib.load(file))


class Words:
    """Texts in a sheet's own language first, and in the other language for the small line beneath."""

    def __init__(self, lang: str) -> None:
        if lang not in LANGUAGES:
            raise ValueError(f"no catalogue for {lang!r}")
        self.lang = lang
        chinese = lang == "zh-CN"
        self.between, self.between_names = ("；", "、") if chinese else ("; ", ", ")  # of the items of a list
        self.other_lang = next(other for other in LANGUAGES if other != lang)

    def t(self, key: str, **values: object) -> str:
        """The text in the sheet's language."""
        return _text(self.lang, key, values)

    def o(self, key: str, **values: object) -> str:
        """The text in the other language."""
        return _text(self.other_lang, key, values)

    def both(self, key: str, **values: object) -> str:
        """First language, a space, second language; for headings of narrow columns."""
        return f"{self.t(key, **values)} {self.o(key, **values)}"

    def has(self, key: str) -> bool:
        return key in catalogue(self.lang)

    def name(self, names: Mapping[str, str] | str | None) -> str:
        """A name kept per language, in the sheet's language, else in whatever there is."""
        if names is None:
            return ""
        if isinstance(names, str):
            return names
        return names.get(self.lang) or next((value for value in names.values() if value), "")

    def names(self, names: Mapping[str, str] | str | None) -> str:
        """Both forms of a name if they differ: 王建国 Wang Jianguo."""
        first = self.name(names)
        if names is None or isinstance(names, str):
            return first
        second = names.get(self.other_lang) or ""
        return f"{first} {second}" if second and second != first else first


def _text(lang: str, key: str, values: Mapping[str, object]) -> str:
    try:
        text = catalogue(lang)[key]
    except KeyError:
        raise MissingText(f"{key} is not in pdf_templates/text/{lang}.toml") from None
    return text.format(**values) if values else text
