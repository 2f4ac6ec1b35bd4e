"""Reads the rule packs (TOML) from the package and hands them to the core as values."""

from __future__ import annotations

import tomllib
import zoneinfo
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

from services.seven_steps.rules import Gas, Number, Pack, Rules

# Zones are rule data too: the pinned `tzdata` package decides, never what a machine happens to have installed, so that
# a replay on another machine finds the same days and nights (design: clocks).
zoneinfo.reset_tzpath(to=())

#: What a site gets when its first record names no packs: the law first, then policies.
DEFAULT_PACKS = ("gb30871-2022", "site-policy")


class BadPack(Exception):
    """A rule pack that can't be used: says which pack and why."""


@lru_cache(maxsize=32)
def rulebook(packs: tuple[str, ...] = DEFAULT_PACKS) -> Rules:
    """The named packs, and the policy pack last. Raises BadPack."""
    names = [name.split("@")[0] for name in packs]
    if "site-policy" not in names:
        names.append("site-policy")
    loaded = tuple(_load(name) for name in names)
    seen: set[str] = set()
    for pack in loaded:
        twice = seen & set(pack.numbers)
        if twice:
            raise BadPack(f"{pack.id}: defines {sorted(twice)} again")
        seen |= set(pack.numbers)
    return Rules(loaded)


def _load(name: str) -> Pack:
    source = files("services.seven_steps") / "rule_packs" / f"{name}.toml"
    if not source.is_file():
        raise BadPack(f"{name}: no such rule pack")
    try:
        return parse_pack(tomllib.loads(source.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, KeyError, ValueError, ArithmeticError) as error:
        raise BadPack(f"{name}: {error}") from error


def parse_pack(data: dict[str, Any]) -> Pack:
    head = data["pack"]
    return Pack(
        id=head["id"],
        version=head["version"],
        edition=head["edition"],
        is_policy=head["policy"],
        numbers={key: _number(key, row) for key, row in data.get("numbers", {}).items()},
        gases={key: _gas(row) for key, row in data.get("gases", {}).items()},
        lists={key: tuple(row) for key, row in data.get("lists", {}).items()},
    )


def _number(key: str, row: dict[str, str]) -> Number:
    if not row.get("clause"):
        raise ValueError(f"{key} has no clause")
    return Number(Decimal(row["value"]), row["unit"], row["clause"])


def _gas(row: dict[str, str]) -> Gas:
    def decimal(key: str) -> Decimal | None:
        return Decimal(row[key]) if key in row else None

    return Gas(row["kind"], row["clause"], decimal("lel"), decimal("mac"), decimal("pc_stel"), decimal("molar_mass"))
