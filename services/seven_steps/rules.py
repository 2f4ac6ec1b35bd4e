"""Rule packs as the core sees them: numbers with their clause, edition and unit; gases; lists.

A number of the law can't be changed by a site. A number of a policy pack has a default that a site's policy overrides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from services.seven_steps.board import Board


@dataclass(frozen=True, slots=True)
class Number:
    value: Decimal
    unit: str
    clause: str


@dataclass(frozen=True, slots=True)
class Gas:
    """Properties of a gas. lel is in %vol; mac and pc_stel in mg/m3 (GBZ 2.1); molar_mass in g/mol."""

    kind: str  # combustible, oxygen, toxic
    clause: str
    lel: Decimal | None = None
    mac: Decimal | None = None
    pc_stel: Decimal | None = None
    molar_mass: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Pack:
    id: str
    version: int
    edition: str
    is_policy: bool
    numbers: Mapping[str, Number]
    gases: Mapping[str, Gas]
    lists: Mapping[str, tuple[str, ...]]

    @property
    def ref(self) -> str:
        return f"{self.id}@{self.version}"


@dataclass(frozen=True, slots=True)
class Rules:
    """The packs that bind on a site, by name of the number. Two packs never define one name."""

    packs: tuple[Pack, ...]

    @property
    def refs(self) -> tuple[str, ...]:
        return tuple(pack.ref for pack in self.packs)

    def number(self, name: str, board: Board) -> Decimal:
        """The value in force on that site; KeyError for a name no pack defines."""
        for pack in self.packs:
            if name in pack.numbers:
                if pack.is_policy and name in board.policies:
                    return Decimal(board.policies[name])
                return pack.numbers[name].value
        raise KeyError(name)

    def duration(self, name: str, board: Board) -> timedelta:
        """A number whose unit is s, min, h or d, as a timedelta."""
        unit = self.source(name).unit
        seconds = {"s": 1, "min": 60, "h": 3600, "d": 86400}[unit]
        return timedelta(seconds=float(self.number(name, board) * seconds))

    def source(self, name: str) -> Number:
        for pack in self.packs:
            if name in pack.numbers:
                return pack.numbers[name]
        raise KeyError(name)

    def listed(self, name: str) -> tuple[str, ...]:
        for pack in self.packs:
            if name in pack.lists:
                return pack.lists[name]
        raise KeyError(name)

    def gas(self, name: str) -> Gas | None:
        for pack in self.packs:
            if name in pack.gases:
                return pack.gases[name]
        return None
