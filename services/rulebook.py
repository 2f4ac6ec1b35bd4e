"""Reads the rule packs (TOML) from the package and hands them to the core as values.

A pack is one file, `rule_packs/<id>@<version>.toml`; old versions stay. What can't be used is said in one line that
names the file and the key.
"""

from __future__ import annotations

import re
import tomllib
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from services.seven_steps.rules import HIGHER, LOWER, MONTHS, SECONDS, Gas, Misfit, Number, Pack, Rules, check_together

# Zones are rule data too: the pinned `tzdata` package decides, never what a machine happens to have installed, so that
# a replay on another machine finds the same days and nights (design: clocks).
zoneinfo.reset_tzpath(to=())

#: What a site gets when nobody says otherwise: the law, the standard for this kind of software, then policies.
DEFAULT_PACKS = ("gb30871-2022", "aq3064-2025", "site-policy")
POLICY = "site-policy"
LANGUAGES = ("en", "zh-CN")
UNITS = frozenset({*SECONDS, *MONTHS}) | {
    "%vol",
    "%LEL",
    "mg/m3",
    "V",
    "m",
    "m3",
    "y",
    "m/s",
    "t",
    "%",
    "kV",
    "yes/no",
    "L x S",
    "D",
    "per min",
    "means",
}
GAS_KINDS = frozenset({"combustible", "oxygen", "toxic"})
BINDS = frozenset(
    {
        "entry",
        "oxygen_equipment",
        "hot_work",
        "confined_space",
        "blind_plate",
        "height",
        "lifting",
        "temporary_power",
        "earthwork",
    }
    | {"road_break", "general", "line_breaking", "radiography", "hv_electrical"}
)
NAME = re.compile(r"[a-z0-9][a-z0-9_]*")
PACK_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


class BadPack(Exception):
    """A rule pack that can't be used: says which file, which key and why, in one line."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Every installed pack by its ref, and what is wrong with those that can't be used."""

    packs: Mapping[str, Pack]
    broken: Mapping[str, str]

    def find(self, name: str) -> Pack:
        """The pack of that ref; of a bare id the newest version. Raises BadPack."""
        ref = name if "@" in name else self._newest(name)
        if ref in self.broken:
            raise BadPack(self.broken[ref])
        if ref not in self.packs:
            raise BadPack(f"{name}: no such rule pack is installed")
        return self.packs[ref]

    def _newest(self, pack_id: str) -> str:
        found = [ref for ref in (*self.packs, *self.broken) if ref.partition("@")[0] == pack_id]
        return max(found, key=lambda ref: int(ref.partition("@")[2] or 0), default=pack_id)


@lru_cache(maxsize=1)
def installed() -> Shelf:
    """The packs of this release."""
    return read_shelf(files("services.seven_steps") / "rule_packs")


@lru_cache(maxsize=64)
def rulebook(packs: tuple[str, ...] = DEFAULT_PACKS) -> Rules:
    """The named packs, and the policy pack last. Raises BadPack."""
    return bind(packs, installed())


def bind(packs: Iterable[str], shelf: Shelf) -> Rules:
    """These packs of the shelf together. Raises BadPack if one can't be used, or they don't fit each other."""
    names = list(packs)
    if not any(name.partition("@")[0] == POLICY for name in names):
        names.append(POLICY)
    found = tuple(shelf.find(name) for name in names)
    try:
        check_together(found)
    except Misfit as misfit:
        raise BadPack(str(misfit)) from misfit
    laws = [pack for pack in found if not pack.is_policy]
    policies = [pack for pack in found if pack.is_policy]
    return Rules((*laws, *policies), shelf.packs, shelf.broken)


def read_shelf(folder: Traversable) -> Shelf:
    """Every `*.toml` of a folder; one that can't be used spoils no other."""
    packs: dict[str, Pack] = {}
    borrow: dict[str, str] = {}
    broken: dict[str, str] = {}
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".toml"):
            continue
        ref = file.name.removesuffix(".toml")
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8"))
            packs[ref] = parse_pack(data, file.name)
            if "gases_from" in data["pack"]:
                borrow[ref] = data["pack"]["gases_from"]
        except tomllib.TOMLDecodeError as error:
            broken[ref] = f"{file.name}: {error}"
        except (BadPack, OSError, UnicodeDecodeError) as error:
            broken[ref] = str(error)
    for ref, lender in borrow.items():
        if lender not in packs:
            broken[ref] = f"{ref}.toml: pack.gases_from: {lender} can't be used"
            del packs[ref]
        else:
            packs[ref] = replace(packs[ref], gases={**packs[lender].gases, **packs[ref].gases})
    return Shelf(packs, broken)


# ---- one pack ------------------------------------------------------------------------------------------------------


def parse_pack(data: Mapping[str, Any], file: str = "pack") -> Pack:
    """A pack from its TOML. Strict: an unknown key is a slip of the pen. Raises BadPack naming file and key."""
    _only(file, "", data, {"pack", "numbers", "gases", "lists", "alarms"})
    head = _table(file, "pack", data)
    _only(file, "pack", head, {"id", "version", "edition", "policy", "gases_from"})
    pack_id = _text(file, "pack.id", head.get("id"))
    if not PACK_ID.fullmatch(pack_id):
        raise BadPack(f"{file}: pack.id: small letters, digits and - only, not {pack_id!r}")
    version = head.get("version")
    if type(version) is not int or version < 1:
        raise BadPack(f"{file}: pack.version: a whole number from 1, not {version!r}")
    if type(head.get("policy")) is not bool:
        raise BadPack(f"{file}: pack.policy: true or false, not {head.get('policy')!r}")
    if file.endswith(".toml") and file != f"{pack_id}@{version}.toml":
        raise BadPack(f"{file}: pack.id, pack.version: the file of {pack_id}@{version} is {pack_id}@{version}.toml")
    return Pack(
        id=pack_id,
        version=version,
        edition=_text(file, "pack.edition", head.get("edition")),
        is_policy=head["policy"],
        numbers={key: _number(file, key, row) for key, row in _table(file, "numbers", data, ()).items()},
        gases={key: _gas(file, key, row) for key, row in _table(file, "gases", data, ()).items()},
        lists={key: _list(file, key, row) for key, row in _table(file, "lists", data, ()).items()},
        alarms={key: _alarm(file, key, row) for key, row in _table(file, "alarms", data, ()).items()},
    )


def _table(file: str, key: str, data: Mapping[str, Any], default: Any = None) -> Mapping[str, Any]:
    found = data.get(key, {} if default is not None else None)
    if not isinstance(found, dict):
        raise BadPack(f"{file}: {key}: {'a table is missing' if found is None else 'must be a table'}")
    return found


def _only(file: str, where: str, row: Mapping[str, Any], known: set[str]) -> None:
    for key in row:
        if key not in known:
            raise BadPack(f"{file}: {where + '.' if where else ''}{key}: unknown key")


def _text(file: str, key: str, value: Any) -> str:
    if value is None or value == "":
        raise BadPack(f"{file}: {key}: is missing")
    if not isinstance(value, str) or not value.strip():
        raise BadPack(f"{file}: {key}: must be text, not {value!r}")
    return value


def _row(file: str, where: str, row: Any, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(row, dict):
        raise BadPack(f"{file}: {where}: must be a table")
    if not NAME.fullmatch(where.partition(".")[2]):
        raise BadPack(f"{file}: {where}: small letters, digits and _ only")
    _only(file, where, row, known)
    return row


def _decimal(file: str, key: str, value: Any) -> Decimal:
    try:
        number = Decimal(_text(file, key, value))
    except InvalidOperation:
        raise BadPack(f"{file}: {key}: is no number: {value!r}") from None
    if not number.is_finite() or number < 0:
        raise BadPack(f"{file}: {key}: must be a number from 0, not {value!r}")
    return number


def _one_of(file: str, key: str, value: Any, known: Iterable[str]) -> str:
    found = _text(file, key, value)
    if found not in known:
        raise BadPack(f"{file}: {key}: {found!r} is none of {', '.join(sorted(known))}")
    return found


def _both_languages(file: str, key: str, value: Any) -> Mapping[str, str]:
    texts = value if isinstance(value, dict) else {}
    _only(file, key, texts, set(LANGUAGES))
    return {lang: _text(file, f"{key}.{lang}", texts.get(lang)) for lang in LANGUAGES}


def _number(file: str, key: str, row: Any) -> Number:
    where = f"numbers.{key}"
    found = _row(file, where, row, {"value", "unit", "clause", "stricter", "binds", "text"})
    binds = found.get("binds", [])
    return Number(
        value=_decimal(file, f"{where}.value", found.get("value")),
        unit=_one_of(file, f"{where}.unit", found.get("unit"), UNITS),
        clause=_text(file, f"{where}.clause", found.get("clause")),
        stricter=_one_of(file, f"{where}.stricter", found.get("stricter"), (LOWER, HIGHER)),
        binds=frozenset(
            _one_of(file, f"{where}.binds", one, BINDS) for one in ([binds] if isinstance(binds, str) else binds)
        ),
        text=_both_languages(file, f"{where}.text", found.get("text")),
    )


def _gas(file: str, key: str, row: Any) -> Gas:
    where = f"gases.{key}"
    found = _row(file, where, row, {"kind", "clause", "lel", "mac", "pc_stel", "molar_mass"})

    def decimal(name: str) -> Decimal | None:
        return _decimal(file, f"{where}.{name}", found[name]) if name in found else None

    kind = _one_of(file, f"{where}.kind", found.get("kind"), GAS_KINDS)
    gas = Gas(
        kind,
        _text(file, f"{where}.clause", found.get("clause")),
        decimal("lel"),
        decimal("mac"),
        decimal("pc_stel"),
        decimal("molar_mass"),
    )
    if kind == "combustible" and not gas.lel:
        raise BadPack(f"{file}: {where}.lel: is missing")
    if kind == "toxic" and gas.mac is None and gas.pc_stel is None:
        raise BadPack(f"{file}: {where}.mac: is missing, and pc_stel too")
    return gas


def _list(file: str, key: str, row: Any) -> tuple[str, ...]:
    if not isinstance(row, list) or not all(isinstance(one, str) and one for one in row):
        raise BadPack(f"{file}: lists.{key}: must be a list of texts")
    return tuple(row)


def _alarm(file: str, key: str, row: Any) -> Mapping[str, str]:
    where = f"alarms.{key}"
    found = _row(file, where, row, {"clause", "text"})
    _text(file, f"{where}.clause", found.get("clause"))
    return _both_languages(file, f"{where}.text", found.get("text"))
